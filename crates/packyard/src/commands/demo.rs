//! `packyard demo`: the whole product in a minute. It starts a server and then does the guide's job as a user would,
//! by running this very program: each step is printed as the command one would type, and is that command.
//!
//! A run that was interrupted is resumed: credentials are kept before they are used, each step is done only where its
//! outcome is missing, and the folder is marked as done after the last one.

mod door;
mod kept;
mod sample;
mod steps;
mod summary;

use super::serve::{StopSignals, drain};
use crate::cli::GlobalArgs;
use crate::printer::Printer;
use crate::serve::{self, Server};
use crate::settings::{EndpointPolicy, LogFormat, ServeArgs, Settings};
use anyhow::{Context, bail};
use door::Door;
use std::path::Path;
use std::process::ExitCode;
use steps::Steps;
use summary::Summary;

pub(super) async fn run(args: ServeArgs, global: &GlobalArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen()?;
    let mut settings = args.resolve()?;
    check(&settings)?;
    // The steps are shown as they are done; the server's own log would stand between them.
    let log = GlobalArgs { quiet: global.verbose == 0, ..global.clone() };
    serve::init_telemetry(LogFormat::Text, &log);
    let temporary =
        tempfile::Builder::new().prefix("packyard-demo-").tempdir().context("could not make a folder for the demo")?;
    let keeps_data = settings.data_is_given;
    if !keeps_data {
        settings.data = temporary.path().join("data");
    }
    // The commands that the demo prints work from any folder.
    settings.data = std::path::absolute(&settings.data).context("where is the data folder?")?;
    settings.with_tls();
    // Hosts are kept without the brackets of an IPv6 address.
    settings.extra_hosts.extend(door::own_name(settings.listen).map(|name| name.trim_matches(['[', ']']).to_owned()));
    let mut server = tokio::select! {
        started = serve::start(&settings, kept::keep_credentials) => started?,
        _ = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    let acted = tokio::select! {
        outcome = act(&server, &settings, printer) => Some(outcome),
        _ = signals.next() => None,
    };
    if let Some(Ok(())) = acted {
        signals.next().await;
    }
    let code = drain(&mut server, &mut signals, printer).await;
    if keeps_data {
        printer.note(&format_args!("stopped; everything is kept in {}", settings.data.display()));
    } else {
        printer.note(&"stopped; the demo's data is removed");
    }
    acted.unwrap_or(Ok(())).map(|()| code)
}

/// Settings under which the demo could not keep its promises.
fn check(settings: &Settings) -> anyhow::Result<()> {
    if settings.database_url.is_some() && !settings.data_is_given {
        bail!(
            "the demo with --database-url needs --data too: without it the blobs and keys are in a temporary folder that is removed at the end, and the database would be left with rows that nothing can read"
        );
    }
    if settings.endpoint_policy == EndpointPolicy::Public {
        bail!(
            "the demo registers itself as a registry, at an address of this machine; --endpoint-policy public refuses such addresses"
        );
    }
    Ok(())
}

/// Everything a visitor would do, then the way in.
async fn act(server: &Server, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
    let credentials = kept::credentials(&settings.data)?;
    let door = Door::of(server.address, &settings.data, settings)?;
    let folder: &Path = &settings.data;
    let mut steps = Steps::new(server, &credentials, &door, folder, &settings.region, printer).await?;
    steps.run().await?;
    let summary = Summary::of(server, &door, folder, credentials.clone(), steps);
    printer.emit(&summary);
    Ok(())
}
