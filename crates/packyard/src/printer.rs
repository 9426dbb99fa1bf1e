//! The one door to standard output and standard error. Data goes to standard output (text or JSON, from the same
//! value), everything else to standard error.

use crate::cli::{GlobalArgs, OutputFormat};
use serde::Serialize;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

#[derive(Debug, Clone)]
pub(crate) struct Printer {
    format: OutputFormat,
    quiet: bool,
}

impl Printer {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        Self { format: global.output, quiet: global.quiet }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// True where a person watches standard error: progress may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && !self.is_json() && std::io::stderr().is_terminal()
    }

    /// A result: `Display` for people, `Serialize` for programs.
    pub(crate) fn emit<T: Display + Serialize>(&self, value: &T) {
        match self.format {
            OutputFormat::Text => self.line(value),
            OutputFormat::Json => match serde_json::to_string_pretty(value) {
                Ok(json) => self.line(&json),
                Err(error) => self.note(&format_args!("could not print the result as JSON: {error}")),
            },
        }
    }

    /// One line of data on standard output.
    pub(crate) fn line(&self, text: &dyn Display) {
        // A reader that went away (`| head`) is not an error of ours.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Data on standard output as it is.
    pub(crate) fn bytes(&self, data: &[u8]) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(data).and_then(|()| out.flush());
    }

    /// Says what is going on, on standard error; silent with `--quiet`.
    pub(crate) fn note(&self, text: &dyn Display) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// Something that needs reading, also with `--quiet`.
    pub(crate) fn warn(&self, text: &dyn Display) {
        let _ = writeln!(std::io::stderr().lock(), "warning: {text}");
    }

    /// Prints an error with its causes and gives the exit code of a failure.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "error: {error}");
        let mut last = error.to_string();
        for cause in error.chain().skip(1) {
            let text = cause.to_string();
            if !last.contains(&text) {
                let _ = writeln!(err, "  because: {text}");
            }
            last = text;
        }
        ExitCode::FAILURE
    }
}
