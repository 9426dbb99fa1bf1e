//! One file per verb.

pub(crate) mod admin;
pub(crate) mod api_key;
mod columns;
mod completion;
mod demo;
mod folders;
pub(crate) mod iam;
mod local;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod pack_build;
pub(crate) mod pack_copy;
pub(crate) mod pack_diff;
pub(crate) mod pack_explain;
pub(crate) mod pack_init;
pub(crate) mod pack_inspect;
pub(crate) mod pack_lint;
pub(crate) mod pack_list;
pub(crate) mod pack_pull;
pub(crate) mod pack_search;
pub(crate) mod publish;
mod reason;
pub(crate) mod registry;
pub(crate) mod remote;
mod serve;
mod server;
mod target;

use crate::cli::{Cli, Command, PackCommand};
use crate::printer::Printer;
use std::fmt;
use std::process::ExitCode;

/// What was typed cannot be right, whatever the world is like: the exit code is that of an unknown flag, 2.
#[derive(Debug)]
pub(crate) struct WrongArguments(pub(crate) anyhow::Error);

impl fmt::Display for WrongArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for WrongArguments {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

pub(crate) async fn run(cli: Cli, printer: &Printer) -> anyhow::Result<ExitCode> {
    // Servers have a log of their own making.
    if !matches!(cli.command, Command::Serve(_) | Command::Demo(_)) {
        crate::serve::init_log_of_a_verb(&cli.global);
    }
    match cli.command {
        Command::Serve(args) => serve::run(*args, &cli.global, printer).await,
        Command::Demo(args) => demo::run(*args, &cli.global, printer).await,
        Command::Admin(command) => admin::run(*command, printer).await,
        Command::Publish(args) => publish::run(*args, printer).await,
        Command::Pack(PackCommand::Init(args)) => pack_init::run(*args, printer).await,
        Command::Pack(PackCommand::Lint(args)) => pack_lint::run(*args, printer).await,
        Command::Pack(PackCommand::Build(args)) => pack_build::run(args, printer).await,
        Command::Pack(PackCommand::Explain(args)) => pack_explain::run(&args, printer),
        Command::Pack(PackCommand::Pull(args)) => pack_pull::run(*args, printer).await,
        Command::Pack(PackCommand::Inspect(args)) => pack_inspect::run(*args, printer).await,
        Command::Pack(PackCommand::List(args)) => pack_list::run(*args, printer).await,
        Command::Pack(PackCommand::Diff(args)) => Ok(pack_diff::run(*args, printer).await),
        Command::Pack(PackCommand::Copy(args)) => pack_copy::run(*args, printer).await,
        Command::Pack(PackCommand::Search(args)) => pack_search::run(args, printer).await,
        Command::Login(args) => login::run(*args, printer).await,
        Command::Logout(args) => logout::run(args, printer).await,
        Command::Iam(args) => iam::run(*args, printer).await,
        Command::ApiKey(command) => api_key::run(command, printer).await,
        Command::Registry(command) => registry::run(command, printer).await,
        Command::Man(args) => man::run(&args, printer),
        Command::Completion { shell } => {
            completion::run(shell, printer);
            Ok(ExitCode::SUCCESS)
        }
    }
}
