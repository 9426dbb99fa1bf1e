//! The one door to standard output and standard error. Data goes to standard output (text or JSON, from the same
//! value), everything else to standard error.

use crate::cli::{GlobalArgs, OutputFormat};
use crate::colour::Colour;
use crate::commands::WrongArguments;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

#[derive(Debug, Clone)]
pub(crate) struct Printer {
    format: OutputFormat,
    quiet: bool,
    colour: Colour,
    /// What is said on standard error goes into the log instead, whose lines are all of one form.
    logs: bool,
    /// Why a result did not reach standard output; shared by all copies.
    lost: Arc<OnceLock<io::Error>>,
}

impl Printer {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        Self::of(global.output, global.quiet, global.color)
    }

    fn of(format: OutputFormat, quiet: bool, colour: Colour) -> Self {
        Self { format, quiet, colour, logs: false, lost: Arc::default() }
    }

    /// For a server whose log programs read. A person at a terminal is spoken to as ever.
    #[must_use]
    pub(crate) fn logging(&self, is_wanted: bool) -> Self {
        Self { logs: is_wanted && !std::io::stderr().is_terminal(), ..self.clone() }
    }

    pub(crate) fn logs(&self) -> bool {
        self.logs
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// True where text on standard output is to be painted.
    pub(crate) fn paints(&self) -> bool {
        !self.is_json() && self.colour.paints(&std::io::stdout())
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

    /// Part of a result that grows line by line, for people; programs get one document at the end.
    pub(crate) fn text(&self, text: &dyn Display) {
        if !self.is_json() {
            self.line(text);
        }
    }

    /// One line of data on standard output.
    pub(crate) fn line(&self, text: &dyn Display) {
        self.note_loss(writeln!(std::io::stdout().lock(), "{text}"));
    }

    /// Data on standard output as it is.
    pub(crate) fn bytes(&self, data: &[u8]) {
        let mut out = std::io::stdout().lock();
        self.note_loss(out.write_all(data).and_then(|()| out.flush()));
    }

    /// A reader that went away (`| head`) is not an error of ours; a full disk is, since what is in the file is not all.
    fn note_loss(&self, outcome: io::Result<()>) {
        if let Err(error) = outcome
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            let _ = self.lost.set(error);
        }
    }

    /// The exit code of a verb that is done, unless its result went nowhere.
    pub(crate) fn finish(&self, code: ExitCode) -> ExitCode {
        let Some(error) = self.lost.get() else { return code };
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "error: the result could not be written to standard output\n  because: {error}");
        ExitCode::FAILURE
    }

    /// Says what is going on, on standard error; silent with `--quiet`.
    pub(crate) fn note(&self, text: &dyn Display) {
        if self.logs {
            tracing::info!("{text}");
        } else if !self.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// What must not be lost, on standard error, also with `--quiet`; an error says that nobody can have read it.
    pub(crate) fn say(&self, text: &dyn Display) -> std::io::Result<()> {
        // With `--quiet` the log has errors only, and would lose it.
        if self.logs && !self.quiet {
            tracing::warn!("{text}");
            return Ok(());
        }
        writeln!(std::io::stderr().lock(), "{text}")
    }

    /// Something that needs reading, also with `--quiet`.
    pub(crate) fn warn(&self, text: &dyn Display) {
        if self.logs && !self.quiet {
            tracing::warn!("{text}");
            return;
        }
        let _ = writeln!(std::io::stderr().lock(), "warning: {text}");
    }

    /// Prints an error as the result there is, a document for programs, and gives its exit code.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        if self.is_json() {
            let mut causes = error.chain().map(ToString::to_string);
            let text = causes.next().unwrap_or_default();
            self.emit_error(&text, causes.collect());
        }
        self.complain(error)
    }

    /// The command line could not be understood; what it asked for is known from its words only.
    pub(crate) fn misunderstood(error: &clap::Error) -> ExitCode {
        let words = crate::words::typed();
        let wants_json = words.iter().any(|word| word == "--output=json")
            || words.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json");
        if wants_json && error.use_stderr() {
            let printer = Self::of(OutputFormat::Json, false, Colour::Never);
            let text = error.to_string();
            printer.emit_error(text.trim().trim_start_matches("error: "), Vec::new());
        }
        let _ = error.print();
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    }

    fn emit_error(&self, text: &str, causes: Vec<String>) {
        self.line(&serde_json::json!({ "error": text, "because": causes }));
    }

    /// Says an error with its causes on standard error, and gives its exit code.
    pub(crate) fn complain(&self, error: &anyhow::Error) -> ExitCode {
        if self.logs {
            tracing::error!("{error:#}");
            return exit_code(error);
        }
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
        exit_code(error)
    }
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<WrongArguments>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}
