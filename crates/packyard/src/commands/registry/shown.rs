//! Registries as the verbs show them.

use crate::commands::columns::{Columns, to_the_second};
use crate::terminal;
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// A registry with the state of its sync.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) endpoint: String,
    /// Of the last sync, or of the one under way.
    pub(super) status: String,
    pub(super) message: String,
    is_sync_supported: bool,
    /// In the catalogue, where the server says it.
    packs: Option<u64>,
    versions: Option<u64>,
    /// When the last sync began.
    last_run_time: Option<String>,
    /// When the catalogue last agreed with the registry.
    last_synced_time: Option<String>,
}

impl Row {
    pub(super) fn of(item: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let time = |value: &Value| value.as_str().map(str::to_owned);
        let (metadata, spec, status) = (&item["metadata"], &item["spec"], &item["status"]);
        let (sync, contents) = (&status["sync"], &status["contents"]);
        Self {
            uid: text(&metadata["uid"]),
            name: text(&metadata["name"]),
            kind: text(&spec["registryType"]),
            endpoint: text(&spec["endpoint"]),
            status: text(&sync["status"]),
            message: text(&sync["message"]),
            is_sync_supported: sync["isSyncSupported"].as_bool().unwrap_or(true),
            packs: contents["packs"].as_u64(),
            versions: contents["versions"].as_u64(),
            last_run_time: time(&sync["lastRunTime"]),
            last_synced_time: time(&sync["lastSyncedTime"]),
        }
    }

    /// One of `/v1/registries/helm/summary`.
    pub(super) fn of_helm(item: &Value) -> Self {
        Self { kind: "helm".to_owned(), ..Self::of(item) }
    }

    /// Where `/v1` has it.
    pub(super) fn path(&self) -> String {
        match self.kind.as_str() {
            "helm" => format!("/v1/registries/helm/{}", self.uid),
            kind => format!("/v1/registries/oci/{}/{kind}", self.uid),
        }
    }

    /// A sync is under way, or about to begin.
    pub(super) fn is_moving(&self) -> bool {
        matches!(self.status.as_str(), "Pending" | "InProgress")
    }

    /// What there is to know beside its line.
    fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> =
            self.message.lines().map(|said| format!("    {}", terminal::line(said))).collect();
        if let ("Failed", Some(at)) = (self.status.as_str(), self.last_synced_time.as_deref()) {
            remarks.push(format!("    Its packs are those of {}.", to_the_second(Some(at))));
        }
        remarks
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(std::slice::from_ref(self)).fmt(f)
    }
}

fn table(rows: &[Row]) -> String {
    let mut columns = Columns::headed(["NAME", "STATUS", "PACKS", "VERSIONS", "LAST SYNC", "KIND", "ENDPOINT"]);
    let count = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    for row in rows {
        let status = if row.is_sync_supported { row.status.as_str() } else { "Not synced" };
        let last = to_the_second(row.last_run_time.as_deref());
        let (packs, versions) = (count(row.packs), count(row.versions));
        columns.row([&row.name, status, &packs, &versions, &last, &row.kind, &row.endpoint]);
    }
    let mut lines = columns.lines();
    let mut text: Vec<String> = lines.next().into_iter().collect();
    for (line, row) in lines.zip(rows) {
        text.push(line);
        text.extend(row.remarks());
    }
    text.join("\n")
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Rows(pub(super) Vec<Row>);

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no registries are registered; `packyard registry add` registers one");
        }
        table(&self.0).fmt(f)
    }
}

/// What Validate found.
#[derive(Serialize)]
pub(super) struct Valid {
    pub(super) valid: bool,
    pub(super) notes: Vec<String>,
}

impl fmt::Display for Valid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the registry can be reached and read")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))
    }
}

/// That something was done to a registry of which there is nothing else to show.
#[derive(Serialize)]
pub(super) struct Done {
    uid: String,
    name: String,
    kind: String,
    done: &'static str,
    #[serde(skip)]
    text: String,
}

impl Done {
    /// `done` is the word for programs.
    pub(super) fn new(row: Row, done: &'static str, text: String) -> Self {
        Self { uid: row.uid, name: row.name, kind: row.kind, done, text }
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
