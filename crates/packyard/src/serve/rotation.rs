//! `packyard admin rotate-secret-key`: another key for all stored secrets.
//!
//! Refused while a server runs: it would go on with the old key. Interrupted anywhere, either the old key or the new one
//! opens everything (see [`super::secret_key`]), and the same command ends what was begun.

use super::folder::DataFolder;
use super::secret_key::{self, KeySource};
use super::{another_key, key_missing, location, no_data};
use crate::commands::WrongArguments;
use crate::settings::Settings;
use anyhow::{Context, anyhow, bail};
use packyard_store::{AuditEntry, LockedStore, SealKey, SealedCounts};
use secrecy::{ExposeSecret, SecretString};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What is asked for.
pub(crate) struct RotateKey {
    pub(crate) new_key: Option<SecretString>,
    pub(crate) keep_old_key: Option<PathBuf>,
    pub(crate) dry_run: bool,
}

/// What was done, or would be.
pub(crate) struct Rotated {
    pub(crate) secrets: SealedCounts,
    /// An earlier run had been interrupted after the secrets were sealed anew; only the rest was left to do.
    pub(crate) was_begun: bool,
    /// `None` when the key comes from the environment, where it has to be changed by hand.
    pub(crate) key_file: Option<PathBuf>,
}

const NOTHING_DONE: &str = "nothing was sealed anew";

/// Where the database stands between the two keys.
enum Stand {
    Before { old: SealKey, new: SealKey },
    After { old: SealKey, new: SealKey },
}

pub(crate) async fn rotate_secret_key(
    settings: &Settings,
    folder: &DataFolder,
    asked: &RotateKey,
) -> anyhow::Result<Rotated> {
    let given = asked.new_key.as_ref().map(|text| secret_key::parse(text.expose_secret()));
    let given = given.transpose().context("PACKYARD_NEW_SECRET_KEY is wrong")?;
    let locked = LockedStore::open_alone(&location(settings, folder)).await.context("could not open the database")?;
    let outcome = rotate(settings, folder, asked, given, &locked).await;
    locked.close().await;
    outcome
}

async fn rotate(
    settings: &Settings,
    folder: &DataFolder,
    asked: &RotateKey,
    given: Option<SealKey>,
    locked: &LockedStore,
) -> anyhow::Result<Rotated> {
    if !locked.has_secrets().await? {
        return no_data(folder.path());
    }
    let source = KeySource::of(settings);
    let key_file = (source == KeySource::File).then(|| secret_key::file(folder));
    let stand = stand(settings, folder, given, locked).await?;
    let was_begun = matches!(stand, Stand::After { .. });
    let (Stand::Before { old: in_use, .. } | Stand::After { new: in_use, .. }) = &stand;
    // Also before anything is written: what cannot be done leaves nothing behind.
    let secrets = locked.rehearse_rotation(in_use.clone()).await.context(NOTHING_DONE)?;
    if asked.dry_run {
        return Ok(Rotated { secrets, was_begun, key_file });
    }
    let (Stand::Before { old, .. } | Stand::After { old, .. }) = &stand;
    if let Some(path) = &asked.keep_old_key {
        keep(path, old)?;
    }
    if let Stand::Before { old, new } = stand {
        if source == KeySource::File {
            secret_key::write_next(folder, &new)?;
        }
        locked.rotate(old, new, audit_entry).await.context("the secrets could not be sealed anew; run this again")?;
    }
    if source == KeySource::File {
        secret_key::adopt_next(folder)?;
    }
    Ok(Rotated { secrets, was_begun, key_file })
}

/// Which of the two keys opens the database, and what the other one is.
async fn stand(
    settings: &Settings,
    folder: &DataFolder,
    given: Option<SealKey>,
    locked: &LockedStore,
) -> anyhow::Result<Stand> {
    let Some(old) = secret_key::known(settings, folder)? else { return key_missing(folder) };
    let (new, begun) = match KeySource::of(settings) {
        KeySource::Environment => {
            let variable = secret_key::VARIABLE;
            let missing = anyhow!(
                "the secret key comes from {variable}, so the new one has to be given: set PACKYARD_NEW_SECRET_KEY (`openssl rand -hex 32` makes a key), and {variable} to the same afterwards"
            );
            let given = given.ok_or(WrongArguments(missing))?;
            (given.clone(), Some(given))
        }
        KeySource::File => (given.unwrap_or_else(SealKey::generate), secret_key::next(folder)?),
    };
    if new.as_bytes() == old.as_bytes() {
        return Err(WrongArguments(anyhow!("the new secret key is the one in use; give another one")).into());
    }
    if locked.opens_with(&old).await? {
        return Ok(Stand::Before { old, new });
    }
    match begun {
        Some(new) if locked.opens_with(&new).await? => Ok(Stand::After { old, new }),
        _ => another_key(folder),
    }
}

/// Keeps the old key where it was asked for; what is there is not overwritten, except what a run before began to write.
fn keep(path: &Path, key: &SealKey) -> anyhow::Result<()> {
    let text = secret_key::text(key);
    match std::fs::read_to_string(path) {
        Ok(there) if text.starts_with(there.trim()) => {}
        Ok(_) => bail!("{} is there already; give --keep-old-key another file", path.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("could not look at {}", path.display())),
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written =
        options.open(path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.with_context(|| format!("could not keep the old key at {}", path.display()))
}

fn audit_entry(secrets: SealedCounts) -> AuditEntry {
    let detail = serde_json::json!({ "secrets": secrets }).to_string();
    AuditEntry::new("packyard", "packyard:RotateSecretKey", "secret-key").detail(detail)
}
