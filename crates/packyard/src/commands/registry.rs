//! `packyard registry`: the registries that a server keeps its catalogue in step with.

use super::server::{Server, ServerArgs};
use crate::printer::Printer;
use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// List the registered registries with the state of their sync.
    #[command(after_help = "Examples:
  packyard registry list
  packyard registry list --output json")]
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Register a registry; returns when its first sync has ended, or after a minute.
    #[command(after_help = "Examples:
  echo $PASSWORD | packyard registry add harbor --endpoint https://harbor.example.com --base production --username robot --secret-stdin
  echo $SECRET | packyard registry add team --kind ecr --endpoint 123456789012.dkr.ecr.eu-west-1.amazonaws.com --base team --access-key AKIA... --secret-stdin")]
    Add {
        /// What it is called in lists
        name: String,
        #[command(flatten)]
        settings: Box<SettingsArgs>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Try settings out without storing them.
    #[command(after_help = "Examples:
  echo $PASSWORD | packyard registry validate --endpoint https://harbor.example.com --base production --username robot --secret-stdin
  packyard registry validate --endpoint http://localhost:5000")]
    Validate {
        #[command(flatten)]
        settings: Box<SettingsArgs>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Synchronise now, and wait for the end.
    #[command(after_help = "Examples:
  packyard registry sync harbor
  packyard registry sync harbor --force --no-wait")]
    Sync {
        /// Name or uid
        registry: String,
        /// Believe a list that is suddenly empty; end a sync that hangs
        #[arg(long)]
        force: bool,
        /// Do not wait
        #[arg(long)]
        no_wait: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show the state of the sync of one registry.
    #[command(after_help = "Examples:
  packyard registry status harbor")]
    Status {
        /// Name or uid
        registry: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Forget a registry; its packs leave the lists.
    #[command(after_help = "Examples:
  packyard registry remove harbor")]
    Remove {
        /// Name or uid
        registry: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Basic,
    Ecr,
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Ecr => "ecr",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    /// How it is logged in to
    #[arg(long, value_enum, default_value = "basic")]
    kind: Kind,
    /// Its address
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// Packs are below PATH/spectro-packs/archive; repeat for several
    #[arg(long = "base", value_name = "PATH")]
    bases: Vec<String>,
    /// User of a registry with basic authentication; none logs in as nobody
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Access key of an ECR registry
    #[arg(long, value_name = "ID")]
    access_key: Option<String>,
    /// Role to assume for an ECR registry
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// External id that the role's trust policy wants
    #[arg(long, value_name = "ID", requires = "role_arn")]
    external_id: Option<String>,
    /// Region, where the address does not say it
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Read the password or secret access key from standard input
    #[arg(long)]
    secret_stdin: bool,
    /// Certificate to trust for the registry, in PEM
    #[arg(long, value_name = "FILE")]
    registry_ca: Option<PathBuf>,
    /// Take any certificate of the registry
    #[arg(long)]
    insecure_skip_verify: bool,
}

impl SettingsArgs {
    /// The `spec` of `/v1`.
    fn spec(&self) -> anyhow::Result<Value> {
        let secret = if self.secret_stdin { secret_from_stdin()? } else { String::new() };
        let certificate = match &self.registry_ca {
            Some(path) => {
                std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?
            }
            None => String::new(),
        };
        let tls = json!({
            "enabled": true, "certificate": certificate, "insecureSkipVerify": self.insecure_skip_verify,
        });
        let mut spec = json!({
            "endpoint": self.endpoint, "baseContentPath": self.bases.join(","), "providerType": "pack",
            "isSyncSupported": true,
        });
        match self.kind {
            Kind::Basic => {
                spec["auth"] = match &self.username {
                    Some(name) => json!({ "type": "basic", "username": name, "password": secret, "tls": tls }),
                    None => json!({ "type": "noAuth", "tls": tls }),
                };
            }
            Kind::Ecr => {
                let is_private = self.access_key.is_some() || self.role_arn.is_some();
                spec["isPrivate"] = is_private.into();
                spec["defaultRegion"] = self.region.clone().unwrap_or_default().into();
                spec["tls"] = tls;
                spec["credentials"] = json!({
                    "credentialType": if self.role_arn.is_some() { "sts" } else { "secret" },
                    "accessKey": self.access_key, "secretKey": secret,
                    "sts": { "arn": self.role_arn, "externalId": self.external_id },
                });
            }
        }
        Ok(spec)
    }
}

fn secret_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .context("could not read the secret from standard input")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// One line of the list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    uid: String,
    name: String,
    kind: String,
    endpoint: String,
    status: String,
    message: String,
}

impl Row {
    fn of(item: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (metadata, spec, sync) = (&item["metadata"], &item["spec"], &item["status"]["sync"]);
        Self {
            uid: text(&metadata["uid"]),
            name: text(&metadata["name"]),
            kind: text(&spec["registryType"]),
            endpoint: text(&spec["endpoint"]),
            status: text(&sync["status"]),
            message: text(&sync["message"]),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}  {:<10}  {:<5}  {}", self.name, self.status, self.kind, self.endpoint)?;
        if self.message.is_empty() { Ok(()) } else { write!(f, "\n    {}", self.message) }
    }
}

/// What Validate found.
#[derive(Serialize)]
struct Valid {
    valid: bool,
    notes: Vec<String>,
}

impl fmt::Display for Valid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the registry can be reached and read")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Rows(Vec<Row>);

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no registries are registered; `packyard registry add` registers one");
        }
        for (n, row) in self.0.iter().enumerate() {
            write!(f, "{}{row}", if n == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

pub(crate) async fn run(command: RegistryCommand, printer: &Printer) -> anyhow::Result<ExitCode> {
    match command {
        RegistryCommand::List { server } => {
            printer.emit(&Rows(rows(&server.connect()?).await?));
            Ok(ExitCode::SUCCESS)
        }
        RegistryCommand::Add { name, settings, server } => add(&name, &settings, &server.connect()?, printer).await,
        RegistryCommand::Validate { settings, server } => {
            let path = format!("/v1/registries/oci/{}/validate", settings.kind.path());
            let spec = settings.spec()?;
            let (_, notes) = server.connect()?.call_with_notes(Method::POST, &path, &[], Some(&spec)).await?;
            printer.emit(&Valid { valid: true, notes });
            Ok(ExitCode::SUCCESS)
        }
        RegistryCommand::Sync { registry, force, no_wait, server } => {
            sync(&registry, force, !no_wait, &server.connect()?, printer).await
        }
        RegistryCommand::Status { registry, server } => show(&find(&server.connect()?, &registry).await?, printer),
        RegistryCommand::Remove { registry, server } => {
            let server = server.connect()?;
            let found = find(&server, &registry).await?;
            let path = format!("/v1/registries/oci/{}/{}", found.uid, found.kind);
            server.call(Method::DELETE, &path, &[], None).await?;
            printer.note(&format_args!("{} is no longer registered", found.name));
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn rows(server: &Server) -> anyhow::Result<Vec<Row>> {
    let reply = server.get("/v1/registries/oci/summary", &[]).await?;
    Ok(reply["items"].as_array().into_iter().flatten().map(Row::of).collect())
}

async fn find(server: &Server, name_or_uid: &str) -> anyhow::Result<Row> {
    let rows = rows(server).await?;
    let known: Vec<_> = rows.iter().map(|row| row.name.clone()).collect();
    match rows.into_iter().find(|row| row.name == name_or_uid || row.uid == name_or_uid) {
        Some(row) => Ok(row),
        None => bail!("no registry is called `{name_or_uid}`; there are: {}", known.join(", ")),
    }
}

/// A failed sync is a failed command.
fn show(row: &Row, printer: &Printer) -> anyhow::Result<ExitCode> {
    printer.emit(row);
    Ok(if row.status == "Failed" { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn add(name: &str, settings: &SettingsArgs, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let spec = settings.spec()?;
    let kind = settings.kind.path();
    let path = format!("/v1/registries/oci/{kind}/validate");
    let (_, notes) = server.call_with_notes(Method::POST, &path, &[], Some(&spec)).await?;
    notes.iter().for_each(|note| printer.note(note));
    printer.note(&"valid; waiting for the first sync");
    let body = json!({ "metadata": { "name": name }, "spec": spec });
    server.call(Method::POST, &format!("/v1/registries/oci/{kind}"), &[], Some(&body)).await?;
    show(&find(server, name).await?, printer)
}

async fn sync(registry: &str, force: bool, wait: bool, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let found = find(server, registry).await?;
    let path = format!("/v1/registries/oci/{}/{}/sync", found.uid, found.kind);
    let force = if force { "true" } else { "false" };
    server.call(Method::POST, &path, &[("forceSync", force)], None).await?;
    loop {
        let row = find(server, &found.uid).await?;
        if !wait || !matches!(row.status.as_str(), "Pending" | "InProgress") {
            return show(&row, printer);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
