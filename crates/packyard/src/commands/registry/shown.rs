//! Registries as the verbs show them.

use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// One line of the list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) endpoint: String,
    pub(super) status: String,
    pub(super) message: String,
}

impl Row {
    pub(super) fn of(item: &Value) -> Self {
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

impl Row {
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
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}  {:<10}  {:<5}  {}", self.name, self.status, self.kind, self.endpoint)?;
        if self.message.is_empty() { Ok(()) } else { write!(f, "\n    {}", self.message) }
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

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Rows(pub(super) Vec<Row>);

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
