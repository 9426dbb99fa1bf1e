//! One file per verb.

mod completion;

use crate::cli::{Cli, Command};
use crate::printer::Printer;
use std::process::ExitCode;

pub(crate) async fn run(cli: Cli, _printer: &Printer) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Completion { shell } => completion::run(shell),
    }
}
