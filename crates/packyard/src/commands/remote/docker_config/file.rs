//! The file as several programs share it: changed under a lock, written whole beside itself, then renamed.

use anyhow::{Context, Result};
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Changes the text of the file; an absent one is empty. Others that change it in this way wait for their turn, and
/// whoever reads it sees all of the old text or all of the new.
pub(super) fn update(path: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    // A link to a file elsewhere stays one.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let doing = || format!("could not write {}", path.display());
    let folder = path.parent().context("the path of the configuration has no folder")?;
    make_private_folder(folder).with_context(doing)?;
    let _turn = lock(folder).with_context(doing)?;
    let text = read(&path)?;
    let changed = change(&text).with_context(doing)?;
    if changed == text {
        return Ok(());
    }
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(doing)?;
    if let Ok(old) = std::fs::metadata(&path) {
        keep_mode_and_owner(file.as_file(), file.path(), &old).with_context(doing)?;
    }
    file.write_all(changed.as_bytes()).with_context(doing)?;
    file.as_file().sync_all().with_context(doing)?;
    file.persist(&path).with_context(doing)?;
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}

/// The turn of this process; it ends when the file is closed. The folder itself is locked, so that nothing is left in it.
#[cfg(unix)]
fn lock(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    match folder.lock() {
        // Some network file systems have no locks; the rename still keeps readers safe.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(folder),
        locked => locked.map(|()| folder),
    }
}

/// A folder cannot be opened there, and a file in it would be left.
#[cfg(not(unix))]
fn lock(folder: &Path) -> io::Result<PathBuf> {
    Ok(folder.to_owned())
}

#[cfg(unix)]
fn keep_mode_and_owner(file: &File, path: &Path, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    file.set_permissions(old.permissions())?;
    // Only root may, and only root has to.
    let _ = std::os::unix::fs::chown(path, Some(old.uid()), Some(old.gid()));
    Ok(())
}

#[cfg(not(unix))]
fn keep_mode_and_owner(file: &File, _path: &Path, old: &Metadata) -> io::Result<()> {
    file.set_permissions(old.permissions())
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// `config.json` of this user.
pub(super) fn default_path() -> Result<PathBuf> {
    Ok(folder()?.join("config.json"))
}

/// `$DOCKER_CONFIG`, else `~/.docker`.
pub(in super::super) fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    let home =
        std::env::home_dir().context("there is no home folder; set DOCKER_CONFIG to the folder of config.json")?;
    Ok(home.join(".docker"))
}
