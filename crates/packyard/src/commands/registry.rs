//! `packyard registry`: the registries that a server keeps its catalogue in step with.

mod connection;
mod flags;
mod notifications;
mod record;
mod settings;
mod shown;
mod syncs;
mod update;

use super::server::{Server, ServerArgs};
use crate::printer::Printer;
use anyhow::bail;
use clap::Subcommand;
use flags::with_flags;
use reqwest::Method;
use serde_json::{Value, json};
pub(crate) use settings::SettingsArgs;
use shown::{Done, Row, Rows, Valid};
use std::process::ExitCode;
use std::time::Duration;
pub(crate) use update::UpdateArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// List the registered registries: what the catalogue has of them, how their last sync went, and when.
    #[command(after_help = "Examples:
  packyard registry list
  packyard registry list --output json")]
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Register a registry; returns when its first sync has ended, or after a minute.
    #[command(after_help = "Examples:
  echo $PASSWORD | packyard registry add harbor --endpoint https://harbor.example.com \\
      --base production --username robot --secret-stdin
  echo $SECRET | packyard registry add team --kind ecr --base team \\
      --endpoint 123456789012.dkr.ecr.eu-west-1.amazonaws.com \\
      --access-key AKIA... --secret-stdin
  packyard registry add stable --kind helm --endpoint https://charts.example.com/stable
  echo $PASSWORD | packyard registry add charts --provider helm --base charts \\
      --endpoint https://harbor.example.com --username robot --secret-stdin
  packyard registry add inner --endpoint https://registry.example.com \\
      --registry-ca ca.pem --client-cert server.pem --client-key server.key
  packyard registry add outer --endpoint https://registry.example.com \\
      --proxy http://ann@proxy.example.com:3128 --proxy-password-file proxy.txt \\
      --no-proxy .storage.example.com,10.0.0.0/8")]
    Add {
        /// What it is called in lists
        name: String,
        #[command(flatten)]
        settings: Box<SettingsArgs>,
        /// How often it is synchronised by itself: 15m, 6h, 1d, or `never` [default: the server's setting]
        #[arg(long, value_name = "TIME", value_parser = syncs::Interval::parse)]
        interval: Option<syncs::Interval>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Change a registry; what is not given stays as it is.
    #[command(after_help = "Examples:
  echo $PASSWORD | packyard registry update harbor --secret-stdin
  packyard registry update harbor --base production --base staging
  packyard registry update harbor --client-cert server.pem --client-key server.key
  packyard registry update harbor --proxy http://proxy.example.com:3128 --no-proxy .example.com
  packyard registry update harbor --without-proxy")]
    Update {
        /// Name or uid
        registry: String,
        #[command(flatten)]
        change: Box<UpdateArgs>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Try settings out without storing them.
    #[command(after_help = "Examples:
  echo $PASSWORD | packyard registry validate --endpoint https://harbor.example.com \\
      --base production --username robot --secret-stdin
  packyard registry validate --endpoint http://localhost:5000
  packyard registry validate --kind helm --endpoint https://charts.example.com/stable")]
    Validate {
        #[command(flatten)]
        settings: Box<SettingsArgs>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Synchronise now, and wait for the end.
    #[command(after_help = "Examples:
  packyard registry sync harbor
  packyard registry sync harbor --follow
  packyard registry sync harbor --force --no-wait
  packyard registry sync harbor --cancel")]
    Sync {
        /// Name or uid
        registry: String,
        /// Believe a list that is suddenly empty; end a sync that hangs
        #[arg(long)]
        force: bool,
        /// Do not wait
        #[arg(long)]
        no_wait: bool,
        /// Show how far it came, and at the end what became of each tag
        #[arg(long, conflicts_with = "no_wait")]
        follow: bool,
        /// End the sync under way, or one that waits, instead
        #[arg(long, conflicts_with_all = ["no_wait", "follow", "force"])]
        cancel: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show the last syncs of a registry, or one of them with its tags.
    #[command(after_help = "Examples:
  packyard registry history harbor
  packyard registry history harbor --run last --problems
  packyard registry history harbor --output json")]
    History {
        /// Name or uid
        registry: String,
        /// Show what became of the tags of this one; `last` is the newest
        #[arg(long, value_name = "ID")]
        run: Option<String>,
        /// Only tags that were not taken, or with warnings
        #[arg(long, requires = "run")]
        problems: bool,
        /// How many syncs to list
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=50))]
        limit: u8,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show or change how often a registry is synchronised by itself.
    #[command(after_help = "Examples:
  packyard registry interval harbor
  packyard registry interval harbor 15m
  packyard registry interval harbor never")]
    Interval {
        /// Name or uid
        registry: String,
        /// 15m, 6h, 1d; `never`; or `server` for the server's setting
        #[arg(value_name = "TIME", value_parser = syncs::Interval::parse)]
        interval: Option<syncs::Interval>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show where a registry's notifications go, or make the secret that they carry.
    #[command(after_help = "Examples:
  packyard registry notifications harbor
  packyard registry notifications harbor --new-secret
  packyard registry notifications harbor --off")]
    Notifications {
        /// Name or uid
        registry: String,
        /// Make a secret and show it this once; the one before ends
        #[arg(long)]
        new_secret: bool,
        /// Take no notifications any more
        #[arg(long, conflicts_with = "new_secret")]
        off: bool,
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

/// Rows of one page of `/v1`.
const PAGE: usize = 50;

pub(crate) async fn run(command: RegistryCommand, printer: &Printer) -> anyhow::Result<ExitCode> {
    match command {
        RegistryCommand::List { server } => {
            printer.emit(&Rows(rows(&server.connect()?).await?));
            Ok(ExitCode::SUCCESS)
        }
        RegistryCommand::Add { name, settings, interval, server } => {
            add(&name, &settings, interval, &server.connect()?, printer).await
        }
        RegistryCommand::Update { registry, change, server } => {
            update::run(&registry, &change, &server.connect()?, printer).await
        }
        RegistryCommand::Validate { settings, server } => {
            let spec = settings.spec()?;
            let notes = validate(&settings, &spec, &server.connect()?).await?;
            printer.emit(&Valid { valid: true, notes });
            Ok(ExitCode::SUCCESS)
        }
        RegistryCommand::Sync { registry, force, no_wait, follow, cancel, server } => {
            let server = server.connect()?;
            match (cancel, follow) {
                (true, _) => syncs::cancel(&registry, &server, printer).await,
                (false, true) => syncs::follow(&registry, force, &server, printer).await,
                (false, false) => sync(&registry, force, !no_wait, &server, printer).await,
            }
        }
        RegistryCommand::History { registry, run, problems, limit, server } => {
            let server = server.connect()?;
            syncs::history(&registry, run.as_deref(), problems, limit.into(), &server, printer).await
        }
        RegistryCommand::Interval { registry, interval, server } => {
            syncs::interval(&registry, interval, &server.connect()?, printer).await
        }
        RegistryCommand::Notifications { registry, new_secret, off, server } => {
            let server = server.connect()?;
            match (new_secret, off) {
                (true, _) => notifications::new_secret(&registry, &server, printer).await,
                (false, true) => notifications::off(&registry, &server, printer).await,
                (false, false) => notifications::show(&registry, &server, printer).await,
            }
        }
        RegistryCommand::Status { registry, server } => show(&find(&server.connect()?, &registry).await?, printer),
        RegistryCommand::Remove { registry, server } => {
            let server = server.connect()?;
            let found = find(&server, &registry).await?;
            server.call(Method::DELETE, &found.path(), &[], None).await?;
            let text = format!("{} is no longer registered", found.name);
            printer.emit(&Done::new(found, "removed", text));
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn rows(server: &Server) -> anyhow::Result<Vec<Row>> {
    let reply = server.get("/v1/registries/oci/summary", &[]).await?;
    let mut rows: Vec<Row> = reply["items"].as_array().into_iter().flatten().map(Row::of).collect();
    let mut repositories = 0;
    loop {
        let offset = repositories.to_string();
        let reply = server.get("/v1/registries/helm/summary", &[("offset", offset.as_str())]).await?;
        let page: Vec<Row> = reply["items"].as_array().into_iter().flatten().map(Row::of_helm).collect();
        repositories += page.len();
        let is_last = page.len() < PAGE;
        rows.extend(page);
        if is_last {
            break;
        }
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
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

/// What there is to know of settings that can be used.
async fn validate(settings: &SettingsArgs, spec: &Value, server: &Server) -> anyhow::Result<Vec<String>> {
    let path = format!("{}/validate", settings.kind.path());
    let reply = server.call_with_notes(Method::POST, &path, &[], Some(spec)).await;
    reply.map(|(_, notes)| notes).map_err(|error| with_flags(error, settings.kind.as_str(), settings.has_login()))
}

async fn add(
    name: &str,
    settings: &SettingsArgs,
    interval: Option<syncs::Interval>,
    server: &Server,
    printer: &Printer,
) -> anyhow::Result<ExitCode> {
    let spec = settings.spec()?;
    validate(settings, &spec, server).await?.iter().for_each(|note| printer.note(note));
    printer.note(&"valid; waiting for the first sync");
    let body = json!({ "metadata": { "name": name }, "spec": spec });
    server.call(Method::POST, settings.kind.path(), &[], Some(&body)).await?;
    let made = find(server, name).await?;
    if let Some(interval) = interval {
        syncs::set_interval(&made, interval, server).await?;
    }
    show(&made, printer)
}

async fn start(row: &Row, force: bool, server: &Server) -> anyhow::Result<()> {
    let path = format!("{}/sync", row.path());
    let force = if force { "true" } else { "false" };
    server.call(Method::POST, &path, &[("forceSync", force)], None).await.map(drop)
}

async fn sync(registry: &str, force: bool, wait: bool, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let found = find(server, registry).await?;
    start(&found, force, server).await?;
    loop {
        let row = find(server, &found.uid).await?;
        if !wait || !row.is_moving() {
            return show(&row, printer);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
