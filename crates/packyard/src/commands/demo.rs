//! `packyard demo`: the whole product in a minute. It starts a server and then does the guide's job as a user would,
//! by running this very program: each step is printed as the command one would type, and is that command.

mod sample;
mod steps;

use super::serve::{StopSignals, drain};
use crate::cli::GlobalArgs;
use crate::printer::Printer;
use crate::serve::{self, DataFolder, Server};
use crate::settings::{LogFormat, ServeArgs, Settings};
use anyhow::Context;
use packyard_access::FirstLogin;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::ExitCode;
use steps::Steps;

/// What a second run in the same folder needs to know; readable by its owner only.
#[derive(Serialize, Deserialize)]
struct Credentials {
    admin_email: String,
    admin_password: String,
    root_access_key_id: String,
    root_secret_access_key: String,
}

const CREDENTIALS_FILE: &str = "demo-credentials.json";

pub(super) async fn run(args: ServeArgs, global: &GlobalArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen()?;
    let keeps_data = args.data.is_some();
    let mut settings = args.resolve()?;
    serve::init_telemetry(LogFormat::Text, global.verbose, global.verbose == 0);
    let temporary =
        tempfile::Builder::new().prefix("packyard-demo-").tempdir().context("could not make a folder for the demo")?;
    if !keeps_data {
        settings.data = temporary.path().join("data");
    }
    settings.with_tls();
    let mut server = tokio::select! {
        started = serve::start(&settings, keep_credentials) => started?,
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

/// Everything a visitor would do, then the way in.
async fn act(server: &Server, settings: &Settings, printer: &Printer) -> anyhow::Result<()> {
    let first_run = server.first_login.is_some();
    let credentials = read_credentials(&settings.data)?.with_context(|| {
        format!(
            "{} was not made by `packyard demo`: serve it with `packyard serve --data ...`",
            settings.data.display()
        )
    })?;
    let steps = Steps { server, credentials: &credentials, folder: &settings.data, printer };
    if first_run {
        steps.first_run().await?;
    } else {
        printer.line(&"This folder has seen the demo before; nothing is done twice.\n");
    }
    printer.line(&format_args!(
        "Packyard is ready.\n\n  Console    {url}{https}\n  email      {email}\n  password   {password}\n\n  Account root, for the AWS CLI and `packyard iam`:\n  export AWS_ACCESS_KEY_ID={id}\n  export AWS_SECRET_ACCESS_KEY={secret}\n\nIn the console: Profiles, Add Cluster Profile, Add-on, Add Pack, and choose the registry `{registry}`: the pack is there.\nCtrl-C stops.",
        url = server.public_url,
        https = server.https_url.as_ref().map(|url| format!("\n             {url}  (authority: {}/tls/ca.pem)", settings.data.display())).unwrap_or_default(),
        email = credentials.admin_email,
        password = credentials.admin_password,
        id = credentials.root_access_key_id,
        secret = credentials.root_secret_access_key,
        registry = steps::REGISTRY,
    ));
    Ok(())
}

/// All of them, also those that were given: a second run has to act as these people again.
fn keep_credentials(folder: &DataFolder, _url: &str, login: &FirstLogin) -> anyhow::Result<()> {
    let credentials = Credentials {
        admin_email: login.admin_email.clone(),
        admin_password: login.admin_password.expose_secret().to_owned(),
        root_access_key_id: login.root_access_key_id.clone(),
        root_secret_access_key: login.root_secret_access_key.expose_secret().to_owned(),
    };
    folder.write_private(CREDENTIALS_FILE, &serde_json::to_vec_pretty(&credentials)?).map(drop)
}

fn read_credentials(data: &Path) -> anyhow::Result<Option<Credentials>> {
    let path = data.join(CREDENTIALS_FILE);
    match std::fs::read(&path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}
