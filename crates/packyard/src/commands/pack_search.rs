//! `packyard pack search`: packs in the catalogue of a server, by name.

use super::server::{Server, ServerArgs};
use crate::printer::Printer;
use clap::Args;
use packyard_pack::Layer;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::process::ExitCode;

/// The most rows that the API gives at once.
const PAGE: usize = 50;

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Part of a name; everything when left out
    name: Option<String>,
    /// Only of this layer: kernel, os, k8s, cni, csi or addon
    #[arg(long, value_name = "LAYER")]
    layer: Vec<Layer>,
    #[command(flatten)]
    server: ServerArgs,
}

/// One pack with its newest version in each registry.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    name: String,
    display_name: String,
    layer: String,
    registries: Vec<FoundIn>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FoundIn {
    name: String,
    latest_version: String,
    latest_pack_uid: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Results(Vec<Found>);

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no pack has that in its name");
        }
        let lines = self.0.iter().flat_map(|pack| {
            pack.registries.iter().map(move |place| {
                format!("{:<32}  {:<16}  {:<6}  {}", pack.name, place.latest_version, pack.layer, place.name)
            })
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

pub(crate) async fn run(args: SearchArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let layers: Vec<&str> = args.layer.iter().map(|layer| layer.as_str()).collect();
    let mut filter = json!({ "layer": layers });
    if let Some(name) = &args.name {
        filter["name"] = json!({ "contains": name, "ignoreCase": true });
    }
    let body = json!({ "filter": filter });
    let items = all_pages(&args.server.connect()?, &body).await?;
    printer.emit(&Results(items.iter().map(|item| found(&item["spec"])).collect()));
    Ok(ExitCode::SUCCESS)
}

async fn all_pages(server: &Server, body: &Value) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    loop {
        let (limit, offset) = (PAGE.to_string(), all.len().to_string());
        let query = [("limit", limit.as_str()), ("offset", offset.as_str())];
        let reply = server.call(Method::POST, "/v1/packs/search", &query, Some(body)).await?;
        let page = reply["items"].as_array().cloned().unwrap_or_default();
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

fn found(spec: &Value) -> Found {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = |registry: &Value| FoundIn {
        name: text(&registry["name"]),
        latest_version: text(&registry["latestVersion"]),
        latest_pack_uid: text(&registry["latestPackUid"]),
    };
    Found {
        name: text(&spec["name"]),
        display_name: text(&spec["displayName"]),
        layer: text(&spec["layer"]),
        registries: spec["registries"].as_array().into_iter().flatten().map(place).collect(),
    }
}
