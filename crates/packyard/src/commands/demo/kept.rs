//! What a later run in the same folder needs to know: files that only their owner can read.

use crate::serve::{DataFolder, Server};
use crate::settings::Settings;
use anyhow::{Context, bail};
use base64::Engine as _;
use packyard_access::DEFAULT_ADMIN;
use ring::rand::{SecureRandom, SystemRandom};
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

/// The credentials of this folder. Those of a new one are made and kept before the server has them: a first start that
/// is interrupted loses nothing. A database on a server may belong to somebody, so there the server says whether this
/// is its first start; see [`after_start`].
pub(super) fn before_start(settings: &mut Settings) -> anyhow::Result<Option<Credentials>> {
    let folder = DataFolder::open(&settings.data)?;
    let known = match read::<Credentials>(folder.path(), CREDENTIALS)? {
        Some(known) => known,
        None if settings.database_url.is_some() => return Ok(None),
        None if folder.path().join("packyard.db").exists() => return Err(foreign(folder.path())),
        None => {
            let made = make(settings)?;
            write(&folder, CREDENTIALS, &made)?;
            made
        }
    };
    settings.admin_email = Some(known.admin_email.clone());
    settings.admin_password = Some(known.admin_password.clone().into());
    settings.root_access_key = Some((known.root_access_key_id.clone(), known.root_secret_access_key.clone().into()));
    Ok(Some(known))
}

pub(super) fn after_start(server: &Server, data: &Path) -> anyhow::Result<Credentials> {
    let Some(login) = &server.first_login else { return Err(foreign(data)) };
    let credentials = Credentials {
        admin_email: login.admin_email.clone(),
        admin_password: login.admin_password.expose_secret().to_owned(),
        root_access_key_id: login.root_access_key_id.clone(),
        root_secret_access_key: login.root_secret_access_key.expose_secret().to_owned(),
    };
    write(&server.folder, CREDENTIALS, &credentials)?;
    Ok(credentials)
}

fn foreign(data: &Path) -> anyhow::Error {
    anyhow::anyhow!("{} was not made by `packyard demo`: serve it with `packyard serve --data ...`", data.display())
}

fn make(settings: &Settings) -> anyhow::Result<Credentials> {
    let root = match &settings.root_access_key {
        Some((id, secret)) => Key { id: id.clone(), secret: secret.expose_secret().to_owned() },
        None => Key { id: key_id()?, secret: secret()? },
    };
    Ok(Credentials {
        admin_email: settings.admin_email.clone().unwrap_or_else(|| DEFAULT_ADMIN.to_owned()),
        admin_password: match &settings.admin_password {
            Some(password) => password.expose_secret().to_owned(),
            None => secret()?,
        },
        root_access_key_id: root.id,
        root_secret_access_key: root.secret,
    })
}

/// As the server makes them: `AKIA` and 16 characters of base 32.
fn key_id() -> anyhow::Result<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    Ok("AKIA".chars().chain(random::<16>()?.map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))).collect())
}

/// 40 characters that need no quotes in a shell.
fn secret() -> anyhow::Result<String> {
    Ok(base64::engine::general_purpose::URL_SAFE.encode(random::<30>()?))
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => bail!("the system gives no random numbers"),
    }
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
