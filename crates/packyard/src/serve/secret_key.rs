//! The key that seals stored secrets: from the environment, or in a file of the data folder.
//!
//! A change of the key writes the new one beside the old one first, then seals the secrets anew, then puts it into the
//! old one's place. Whichever of the two files opens the database is the key, so none of these steps can be the last one.

use super::folder::DataFolder;
use super::owner;
use crate::settings::Settings;
use anyhow::{Context, bail};
use packyard_store::{LockedStore, SealKey};
use secrecy::ExposeSecret;
use std::path::PathBuf;

pub(super) const VARIABLE: &str = "PACKYARD_SECRET_KEY";
const FILE: &str = "secret.key";
/// The key that is about to be in [`FILE`].
const NEXT_FILE: &str = "secret.key.next";

/// Where the key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeySource {
    Environment,
    File,
}

impl KeySource {
    pub(super) fn of(settings: &Settings) -> Self {
        if settings.secret_key.is_some() { Self::Environment } else { Self::File }
    }
}

pub(super) fn file(folder: &DataFolder) -> PathBuf {
    folder.path().join(FILE)
}

/// [`VARIABLE`], else the key file of the data folder, if there is one.
pub(super) fn known(settings: &Settings, folder: &DataFolder) -> anyhow::Result<Option<SealKey>> {
    match &settings.secret_key {
        Some(text) => parse(text.expose_secret()).map(Some).with_context(|| format!("{VARIABLE} is wrong")),
        None => read(folder, FILE),
    }
}

/// The key that opens this database: the known one, or the one that an interrupted change left beside it, which takes its
/// place now. The known one when neither does.
pub(super) async fn opening(
    settings: &Settings,
    folder: &DataFolder,
    locked: &LockedStore,
) -> anyhow::Result<Option<SealKey>> {
    let known = known(settings, folder)?;
    if KeySource::of(settings) == KeySource::Environment {
        return Ok(known);
    }
    let opens = match &known {
        Some(key) => locked.opens_with(key).await.context("could not open the database")?,
        None => false,
    };
    match next(folder)? {
        Some(next) if !opens && locked.has_secrets().await? && locked.opens_with(&next).await? => {
            adopt_next(folder)?;
            tracing::warn!("finished a change of the secret key that was interrupted");
            Ok(Some(next))
        }
        _ => Ok(known),
    }
}

/// The key of a change that has begun and has not ended.
pub(super) fn next(folder: &DataFolder) -> anyhow::Result<Option<SealKey>> {
    read(folder, NEXT_FILE)
}

/// On disk before anything is sealed with it.
pub(super) fn write_next(folder: &DataFolder, key: &SealKey) -> anyhow::Result<()> {
    folder.write_private(NEXT_FILE, text(key).as_bytes()).map(drop)
}

/// Puts the next key into the old one's place, which ends with it.
pub(super) fn adopt_next(folder: &DataFolder) -> anyhow::Result<()> {
    folder.rename(NEXT_FILE, FILE)
}

/// Makes the key file; on disk before anything is sealed with it.
pub(super) fn make(folder: &DataFolder) -> anyhow::Result<SealKey> {
    let key = SealKey::generate();
    folder.write_private(FILE, text(&key).as_bytes())?;
    Ok(key)
}

/// What to do when the key is not the right one, or missing.
pub(super) fn advice(folder: &DataFolder) -> String {
    format!(
        "set {VARIABLE} to the key that its servers were last started with, or put that server's {FILE} back at {}",
        file(folder).display()
    )
}

pub(super) fn text(key: &SealKey) -> String {
    packyard_oci::hex(key.as_bytes())
}

pub(super) fn parse(text: &str) -> anyhow::Result<SealKey> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        bail!(
            "expected 64 hex digits (32 bytes), got {} characters; `openssl rand -hex 32` makes a key",
            text.chars().count()
        );
    }
    let key = packyard_oci::unhex(text).and_then(|bytes| bytes.try_into().ok());
    key.map(SealKey::from_bytes).context("expected hex digits only")
}

fn read(folder: &DataFolder, name: &str) -> anyhow::Result<Option<SealKey>> {
    let path = folder.path().join(name);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("could not read {}{}", path.display(), owner::whose(&path)));
        }
    };
    parse(&text).map(Some).with_context(|| format!("{} is wrong", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_64_hex_digits() {
        let key = SealKey::generate();
        assert_eq!(parse(&text(&key)).unwrap().as_bytes(), key.as_bytes());
        for bad in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
