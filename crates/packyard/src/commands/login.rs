//! `packyard login HOST`: checks a user name and password, then stores them where docker, ORAS and helm keep theirs.

use super::remote::docker_config::DockerConfig;
use super::remote::{ConnectionArgs, with_hint};
use crate::printer::Printer;
use anyhow::{Context, bail};
use clap::Args;
use packyard_oci::client::{Client, Credentials};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::fmt;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

#[derive(Debug, Clone, Args)]
pub(crate) struct LoginArgs {
    /// The registry
    #[arg(value_name = "HOST[:PORT]")]
    host: String,
    /// User name; `AWS` with a token of `aws ecr get-login-password`
    #[arg(long, short, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoggedIn {
    host: String,
    username: String,
    stored_in: String,
}

impl fmt::Display for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "logged in to {} as {}; stored in {}", self.host, self.username, self.stored_in)
    }
}

pub(crate) async fn run(args: LoginArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let endpoint = args.connection.endpoint(&args.host)?;
    let host = endpoint.authority();
    let username = match &args.username {
        Some(name) => name.clone(),
        None => ask("User name: ", false)?,
    };
    if username.is_empty() || username.contains(':') {
        bail!("a user name cannot be empty or contain a colon");
    }
    let password = password(args.password_stdin)?;
    let credentials = Credentials::Basic { user: username.clone(), password: password.clone() };
    Client::new(endpoint, credentials, args.connection.options()?)?.ping().await.map_err(with_hint)?;
    let stored_in = DockerConfig::load()?.store(&host, &username, &password).await?;
    printer.emit(&LoggedIn { host, username, stored_in });
    Ok(ExitCode::SUCCESS)
}

/// From standard input, or asked for at the terminal.
pub(crate) fn password(stdin: bool) -> anyhow::Result<SecretString> {
    let password = if stdin { from_stdin()? } else { SecretString::from(ask("Password: ", true)?) };
    if password.expose_secret().is_empty() {
        bail!("the password is empty");
    }
    Ok(password)
}

/// All of standard input, without the line end that `echo` adds.
fn from_stdin() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .context("could not read the password from standard input")?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

/// One line from the terminal, unseen when it is a secret.
fn ask(prompt: &str, secret: bool) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at; give --username and --password-stdin");
    }
    let terminal = console::Term::stderr();
    terminal.write_str(prompt)?;
    let line = if secret { terminal.read_secure_line() } else { terminal.read_line() };
    Ok(line.context("could not read from the terminal")?.trim().to_owned())
}
