//! The log: standard error, text or JSON. Nothing is sent anywhere.

use crate::cli::GlobalArgs;
use crate::settings::LogFormat;
use std::io::{self, Write};
use tracing_subscriber::EnvFilter;

/// What a server says unless told otherwise.
const OF_A_SERVER: &str = "warn,packyard=info,packyard_access=info,packyard_registry=info,packyard_catalog=info,packyard_api=info,packyard_console=info";

/// `--verbose` once says what is done, twice everything; `RUST_LOG` wins over it.
pub(crate) fn init(format: LogFormat, global: &GlobalArgs) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (_, 0) => OF_A_SERVER,
        (_, 1) => "info,packyard=debug,packyard_registry=debug,packyard_catalog=debug,packyard_oci=debug",
        _ => "trace",
    };
    start(format, level, global);
}

/// The log of a verb that ends: silent unless asked for, since the verb itself says what matters.
pub(crate) fn init_of_a_verb(global: &GlobalArgs) {
    let level = match (global.quiet, global.verbose) {
        // Certificates that are not trusted are the verb's own error, with what to do about it.
        (true, _) | (_, 0) => "error,rustls_platform_verifier=off",
        (_, 1) => "info,packyard=debug,packyard_oci=debug",
        _ => "trace",
    };
    start(LogFormat::Text, level, global);
}

fn start(format: LogFormat, level: &str, global: &GlobalArgs) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Lines(std::io::stderr()))
        .with_ansi(global.color.paints(&std::io::stderr()));
    let outcome = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // A second call (a test in the same process) keeps the first subscriber.
    drop(outcome);
}

/// Each event is one line, whatever a client put into it: an ARN with a line break would else write lines of its own. The
/// subscriber hands over whole events, and has escaped all other control characters.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (line, end) = match event.split_last() {
            Some((b'\n', line)) => (line, "\n"),
            _ => (event, ""),
        };
        let mut text = Vec::with_capacity(event.len());
        for byte in line {
            match byte {
                b'\n' => text.extend_from_slice(b"\\n"),
                b'\r' => text.extend_from_slice(b"\\r"),
                byte => text.push(*byte),
            }
        }
        text.extend_from_slice(end.as_bytes());
        self.0.write_all(&text)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_line_breaks_makes_no_lines() {
        let mut out = Vec::new();
        Lines(&mut out).write_all(b"INFO refused role/x\nERROR forged\r\n").unwrap();
        Lines(&mut out).write_all(b"next\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "INFO refused role/x\\nERROR forged\\r\nnext\n");
    }
}
