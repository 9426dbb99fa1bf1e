//! `packyard`: hosts, publishes and composes packs. This crate is the command line, the settings, the wiring and the
//! printing; every rule lives in a library crate below it (see ARCHITECTURE.md).
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::bare_urls,
    reason = "the documentation of an argument is its help, where brackets are no links"
)]

mod cli;
mod colour;
mod commands;
mod limits;
mod printer;
mod seconds;
mod serve;
mod settings;
mod terminal;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match cli::Cli::from_words() {
        Ok(cli) => cli,
        Err(error) => return printer::Printer::misunderstood(&error),
    };
    let printer = printer::Printer::new(&cli.global);
    // One crypto provider for everything that speaks TLS; a second install (in the same process) is harmless.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return printer.fail(&anyhow::Error::new(error).context("could not start the async runtime")),
    };
    let outcome = runtime.block_on(commands::run(cli, &printer));
    // Blocking work left over (a hash, a password check) must not delay the exit of a command that is done.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => printer.finish(code),
        Err(error) => printer.fail(&error),
    }
}
