//! `packyard logout HOST`: forgets the login that `packyard login`, docker or ORAS stored.

use super::WrongArguments;
use super::remote::docker_config::DockerConfig;

use crate::printer::Printer;
use clap::Args;
use packyard_oci::client::Endpoint;
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

#[derive(Debug, Clone, Args)]
pub(crate) struct LogoutArgs {
    /// The registry
    #[arg(value_name = "HOST[:PORT]")]
    host: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoggedOut {
    host: String,
    removed_from: Vec<String>,
}

impl fmt::Display for LoggedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.removed_from.as_slice() {
            [] => write!(f, "no login was stored for {}", self.host),
            places => write!(f, "logged out of {}; removed from {}", self.host, places.join(" and ")),
        }
    }
}

pub(crate) async fn run(args: LogoutArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let host = args.host.parse::<Endpoint>().map_err(|e| WrongArguments(e.into()))?.authority();
    let removed_from = DockerConfig::load()?.erase(&host).await?;
    printer.emit(&LoggedOut { host, removed_from });
    Ok(ExitCode::SUCCESS)
}
