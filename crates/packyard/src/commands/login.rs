//! `packyard login HOST`: checks a user name and password, or AWS keys, then stores the login where docker, ORAS and helm
//! keep theirs.

use super::WrongArguments;
use super::remote::docker_config::DockerConfig;
use super::remote::{Access, RegistryArgs, with_hint};
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use packyard_oci::client::{Client, Credentials};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::fmt;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

/// The user name of every ECR token.
const ECR_USER: &str = "AWS";

#[derive(Debug, Clone, Args)]
pub(crate) struct LoginArgs {
    /// The registry
    #[arg(value_name = "HOST[:PORT]")]
    host: String,
    /// User name; without one a host of AWS is logged in to with AWS keys
    #[arg(long, short, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// A user name and password; those of ECR end.
struct Login {
    username: String,
    password: SecretString,
    ends: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoggedIn {
    host: String,
    username: String,
    stored_in: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl fmt::Display for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "logged in to {} as {}; stored in {}", self.host, self.username, self.stored_in)?;
        match &self.expires_at {
            Some(end) => write!(f, "; good until {end}"),
            None => Ok(()),
        }
    }
}

pub(crate) async fn run(args: LoginArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let endpoint = args.registry.endpoint(&args.host)?;
    let host = endpoint.authority();
    let access = args.registry.access(&endpoint)?;
    if access.is_anonymous() {
        return Err(WrongArguments(anyhow!("there is nothing to store for --auth anonymous")).into());
    }
    let login = match &args.username {
        None if access.is_ecr() && !args.password_stdin => of_aws_keys(&access).await?,
        name => typed(name.as_deref(), &args, &access)?,
    };
    check(&access, &login, printer).await?;
    let place = DockerConfig::load()?.store(&host, &login.username, &login.password).await?;
    if !place.encrypts {
        printer.note(&format_args!(
            "the password lies in {} unencrypted; a credential helper (`credsStore`) keeps it better",
            place.name
        ));
    }
    let expires_at = login.ends.map(|end| end.to_rfc3339_opts(SecondsFormat::Secs, true));
    printer.emit(&LoggedIn { host, username: login.username, stored_in: place.name, expires_at });
    Ok(ExitCode::SUCCESS)
}

/// The token that AWS gives for this user's keys.
async fn of_aws_keys(access: &Access) -> anyhow::Result<Login> {
    let token = access.ecr_api()?.get_authorization_token().await.map_err(with_hint)?;
    Ok(Login { username: token.user, password: token.password, ends: Some(token.expires_at.into()) })
}

/// What the flags say, and a person where they do not.
fn typed(name: Option<&str>, args: &LoginArgs, access: &Access) -> anyhow::Result<Login> {
    let username = match name {
        Some(name) => name.to_owned(),
        None if access.is_ecr() => ECR_USER.to_owned(),
        None => ask("User name: ", false)?,
    };
    if username.is_empty() || username.contains(':') {
        return Err(WrongArguments(anyhow!("a user name cannot be empty or contain a colon")).into());
    }
    let password = password(args.password_stdin)?;
    Ok(Login { username, password, ends: None })
}

async fn check(access: &Access, login: &Login, printer: &Printer) -> anyhow::Result<()> {
    let credentials = Credentials::Basic { user: login.username.clone(), password: login.password.clone() };
    let client = Client::new(access.endpoint.clone(), credentials, access.options.clone())?;
    let probe = client.probe().await.map_err(with_hint)?;
    if !probe.is_registry && probe.status != 200 {
        bail!("{} answers {} to /v2/ and does not look like a registry", access.endpoint.origin(), probe.status);
    }
    if probe.status == 200 {
        let host = access.endpoint.authority();
        printer.warn(&format_args!("{host} lets anybody in, so user name and password could not be checked"));
    }
    client.ping().await.map_err(with_hint)
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
pub(crate) fn ask(prompt: &str, secret: bool) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at; give --username and --password-stdin");
    }
    let terminal = console::Term::stderr();
    terminal.write_str(prompt)?;
    let line = if secret { terminal.read_secure_line() } else { terminal.read_line() };
    Ok(line.context("could not read from the terminal")?.trim().to_owned())
}
