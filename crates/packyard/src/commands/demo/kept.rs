//! What a later run in the same folder needs to know: files that only their owner can read.

use crate::serve::{DataFolder, Place};
use anyhow::Context;
use packyard_access::FirstLogin;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;

const CREDENTIALS: &str = "demo-credentials.json";
const AUTHOR_KEY: &str = "demo-author-key.json";
const API_KEY: &str = "demo-api-key.json";
const DONE: &str = "demo-done.json";

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Credentials {
    pub(super) admin_email: String,
    pub(super) admin_password: String,
    pub(super) root_access_key_id: String,
    pub(super) root_secret_access_key: String,
}

/// A key of the AWS kind.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: String,
}

/// Keeps what the first start made, before it counts: a first start that is interrupted loses nothing. All of it, also
/// what was given: a later run has to act as these people again.
pub(super) fn keep_credentials(folder: &DataFolder, _place: &Place<'_>, login: &FirstLogin) -> anyhow::Result<()> {
    let credentials = Credentials {
        admin_email: login.admin_email.clone(),
        admin_password: login.admin_password.expose_secret().to_owned(),
        root_access_key_id: login.root_access_key_id.clone(),
        root_secret_access_key: login.root_secret_access_key.expose_secret().to_owned(),
    };
    write(folder, CREDENTIALS, &credentials)
}

/// Those of a folder, or of a database on a server, that the demo made.
pub(super) fn credentials(data: &Path) -> anyhow::Result<Credentials> {
    read(data, CREDENTIALS)?.with_context(|| {
        format!("{} was not made by `packyard demo`: serve it with `packyard serve --data ...`", data.display())
    })
}

pub(super) fn author_key(data: &Path) -> anyhow::Result<Option<Key>> {
    read(data, AUTHOR_KEY)
}

pub(super) fn keep_author_key(folder: &DataFolder, key: &Key) -> anyhow::Result<()> {
    write(folder, AUTHOR_KEY, key)
}

pub(super) fn api_key(data: &Path) -> anyhow::Result<Option<String>> {
    read(data, API_KEY)
}

pub(super) fn keep_api_key(folder: &DataFolder, key: &str) -> anyhow::Result<()> {
    write(folder, API_KEY, &key)
}

/// Whether a run came to its end in this folder.
pub(super) fn is_done(data: &Path) -> anyhow::Result<bool> {
    Ok(read::<bool>(data, DONE)?.unwrap_or(false))
}

pub(super) fn mark_done(folder: &DataFolder) -> anyhow::Result<()> {
    write(folder, DONE, &true)
}

fn write(folder: &DataFolder, name: &str, value: &impl Serialize) -> anyhow::Result<()> {
    folder.write_private(name, &serde_json::to_vec_pretty(value)?).map(drop)
}

fn read<T: DeserializeOwned>(data: &Path, name: &str) -> anyhow::Result<Option<T>> {
    let path = data.join(name);
    match std::fs::read(&path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}
