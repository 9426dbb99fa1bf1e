//! The log: standard error, text or JSON. Nothing is sent anywhere.

use crate::settings::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// `verbose` is how often `--verbose` was given; `RUST_LOG` wins over it.
pub(crate) fn init(format: LogFormat, verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (_, 0) => {
            "warn,packyard=info,packyard_access=info,packyard_registry=info,packyard_catalog=info,packyard_api=info,packyard_console=info"
        }
        (_, 1) => "info,packyard=debug,packyard_registry=debug,packyard_catalog=debug,packyard_oci=debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(has_colours());
    let outcome = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // A second call (a test in the same process) keeps the first subscriber.
    drop(outcome);
}

/// Colours are for people at a terminal who did not ask for none (<https://no-color.org>).
fn has_colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
