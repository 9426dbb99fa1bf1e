//! Where a registry tells this server that something was pushed to it.

use super::find;
use super::shown::Done;
use crate::commands::server::Server;
use crate::printer::Printer;
use anyhow::bail;
use reqwest::Method;
use std::process::ExitCode;

pub(super) async fn show(name: &str, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let row = find(server, name).await?;
    if row.kind == "helm" {
        bail!(
            "{0} is a Helm repository, which sends none; `packyard registry interval {0} TIME` has it read sooner",
            row.name
        );
    }
    let settings = server.get(&format!("/v1/registries/oci/{}/notifications", row.uid), &[]).await?;
    if printer.is_json() {
        printer.line(&format_args!("{settings:#}"));
        return Ok(ExitCode::SUCCESS);
    }
    printer.line(&settings["url"].as_str().unwrap_or_default());
    match (settings["isEnabled"].as_bool(), settings["lastReceivedTime"].as_str()) {
        (Some(true), Some(at)) => printer.note(&format_args!("the last notification came at {at}")),
        (Some(true), None) => printer.note(&"no notification has come yet"),
        _ => printer.note(&format_args!("off; `packyard registry notifications {name} --new-secret` turns them on")),
    }
    Ok(ExitCode::SUCCESS)
}

/// Turns them on, or gives them another secret.
pub(super) async fn new_secret(name: &str, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let row = find(server, name).await?;
    let path = format!("/v1/registries/oci/{}/notifications/secret", row.uid);
    let made = server.call(Method::POST, &path, &[], None).await?;
    if printer.is_json() {
        printer.line(&format_args!("{made:#}"));
        return Ok(ExitCode::SUCCESS);
    }
    for (label, key) in [("URL", "url"), ("Header", "header"), ("Secret", "secret")] {
        printer.line(&format_args!("{label:<7} {}", made[key].as_str().unwrap_or_default()));
    }
    printer.note(&"the secret is not shown again; senders that can set no other header send it as Authorization");
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn off(name: &str, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let row = find(server, name).await?;
    server.call(Method::DELETE, &format!("/v1/registries/oci/{}/notifications", row.uid), &[], None).await?;
    let text = format!("{} takes no notifications any more", row.name);
    printer.emit(&Done::new(row, "off", text));
    Ok(ExitCode::SUCCESS)
}
