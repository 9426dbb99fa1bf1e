//! Parts that objects of every kind share.

use chrono::{DateTime, SecondsFormat, Utc};
use packyard_profile::Labels;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// RFC 3339, UTC, as clients parse it.
pub(crate) fn time(ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time that a client sent. Go's clients send the year 1 for "none".
pub(crate) fn given_time_ms(text: &str) -> Result<Option<i64>, chrono::ParseError> {
    let at = DateTime::parse_from_rfc3339(text)?.timestamp_millis();
    Ok((at > 0).then_some(at))
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectMeta {
    pub(crate) name: String,
    pub(crate) uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    pub(crate) labels: Option<Labels>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    pub(crate) annotations: Option<Labels>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) creation_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified_timestamp: Option<String>,
}

impl ObjectMeta {
    pub(crate) fn new(uid: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uid: uid.into(), name: name.into(), ..Self::default() }
    }

    #[must_use]
    pub(crate) fn times(mut self, created_ms: i64, updated_ms: i64) -> Self {
        self.creation_timestamp = Some(time(created_ms));
        self.last_modified_timestamp = Some(time(updated_ms));
        self
    }

    #[must_use]
    pub(crate) fn labels(mut self, labels: Labels) -> Self {
        self.labels = Some(labels);
        self
    }

    #[must_use]
    pub(crate) fn annotations(mut self, annotations: Labels) -> Self {
        self.annotations = Some(annotations);
        self
    }
}

/// Metadata as clients send it. Timestamps are read-only and ignored; a uid in a path wins over the one in here.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct MetaInput {
    #[serde(default)]
    pub(crate) name: String,
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    #[serde(default)]
    pub(crate) labels: Option<Labels>,
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    #[serde(default)]
    pub(crate) annotations: Option<Labels>,
}

pub(crate) const DESCRIPTION: &str = "description";
pub(crate) const SCOPE: &str = "scope";
pub(crate) const PROJECT_UID: &str = "projectUid";

impl MetaInput {
    /// The description, which travels as an annotation.
    pub(crate) fn description(&self) -> Option<String> {
        self.annotations.as_ref()?.get(DESCRIPTION).cloned()
    }

    /// Annotations that are the client's own: without those that we derive.
    pub(crate) fn own_annotations(&self) -> Option<Labels> {
        let mut own = self.annotations.clone()?;
        own.retain(|key, _| !matches!(key.as_str(), DESCRIPTION | SCOPE | PROJECT_UID));
        Some(own)
    }
}

/// uid and name, where a list needs no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ObjectEntity {
    pub(crate) uid: String,
    pub(crate) name: String,
}

/// An object that another one holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ObjectReference {
    kind: &'static str,
    name: String,
    uid: String,
}

impl ObjectReference {
    pub(crate) fn of_manifests(pack: &packyard_profile::PackRef) -> Vec<Self> {
        let manifests = pack.manifests.iter();
        manifests
            .map(|manifest| Self { kind: "manifest", name: manifest.name.clone(), uid: manifest.uid.clone() })
            .collect()
    }
}

/// A whole list, without pages.
#[derive(Debug, Serialize)]
pub(crate) struct Items<T> {
    pub(crate) items: Vec<T>,
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) listmeta: crate::page::ListMeta,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_and_the_year_one_is_none() {
        assert_eq!(time(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(given_time_ms("0001-01-01T00:00:00.000Z").expect("a time"), None);
        assert_eq!(given_time_ms("2023-11-14T22:13:20.123Z").expect("a time"), Some(1_700_000_000_123));
        assert!(given_time_ms("tomorrow").is_err());
    }
}
