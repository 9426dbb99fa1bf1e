//! API keys as the verbs show them.

use crate::commands::columns::{Columns, to_the_second};
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;

/// A key that was just made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) api_key: String,
    pub(super) expires_at: Option<String>,
}

/// Alone, so that `$(...)` and a pipe have it.
impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.api_key)
    }
}

impl Made {
    pub(super) fn what_to_do(&self) -> String {
        let until = match &self.expires_at {
            Some(end) => format!("works until {end}"),
            None => "never ends".to_owned(),
        };
        format!(
            "this key is not shown again; it {until}. Set PACKYARD_API_KEY to it, or send it as the header `ApiKey`; \
             for Terraform it is the provider's `api_key`"
        )
    }
}

/// A key without the key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) uid: String,
    pub(super) name: String,
    description: String,
    state: &'static str,
    expires_at: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) user_uid: String,
}

impl Key {
    pub(super) fn of(item: &Value, now: DateTime<Utc>) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (metadata, spec) = (&item["metadata"], &item["spec"]);
        let expiry = spec["expiry"].as_str();
        let is_over = expiry.and_then(|at| DateTime::parse_from_rfc3339(at).ok()).is_some_and(|at| at <= now);
        Self {
            uid: text(&metadata["uid"]),
            name: text(&metadata["name"]),
            description: text(&metadata["annotations"]["description"]),
            state: match (item["status"]["isActive"].as_bool(), is_over) {
                (_, true) => "expired",
                (Some(false), false) => "disabled",
                _ => "active",
            },
            expires_at: expiry.map(str::to_owned),
            created_at: metadata["creationTimestamp"].as_str().map(str::to_owned),
            user_uid: text(&spec["user"]["uid"]),
        }
    }
}

pub(super) struct Keys {
    pub(super) keys: Vec<Key>,
    /// Addresses by uid; empty where all keys are of one user.
    pub(super) owners: HashMap<String, String>,
}

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.keys.serialize(serializer)
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return f.write_str("there are no API keys; `packyard api-key create` makes one");
        }
        let is_of_one = self.keys.iter().all(|key| key.user_uid == self.keys[0].user_uid);
        let of_whom = if is_of_one { "" } else { "USER" };
        let mut columns = Columns::headed(["NAME", "STATE", "EXPIRES", "CREATED", "UID", of_whom]);
        for key in &self.keys {
            let expires = key.expires_at.as_deref().map_or_else(|| "never".to_owned(), |at| to_the_second(Some(at)));
            let created = to_the_second(key.created_at.as_deref());
            let user = if is_of_one { "" } else { self.owners.get(&key.user_uid).unwrap_or(&key.user_uid) };
            columns.row([&key.name, key.state, &expires, &created, &key.uid, user]);
        }
        columns.fmt(f)
    }
}

#[derive(Serialize)]
pub(super) struct Deleted {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) done: &'static str,
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the API key {} is deleted", self.name)
    }
}
