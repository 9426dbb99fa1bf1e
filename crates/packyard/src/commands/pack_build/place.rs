//! Where archives go, and how they get there.

use super::Waiting;
use super::report::{Built, Outcome};
use anyhow::{Context, bail};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Puts the archive in its place; a file that is there stays unless it is the same or `force` is given.
pub(super) fn place(waiting: Waiting, force: bool) -> Built {
    let Waiting { pack, file, target } = waiting;
    let same = same_bytes(&target, file.path(), pack.layer.size);
    let outcome = match same {
        Ok(true) => Ok(Outcome::Unchanged),
        _ => persist(file, &target, force).map(|()| Outcome::Built),
    };
    let mut built = Built::of(&pack, &target);
    match outcome {
        Ok(outcome) => built.outcome = outcome,
        Err(error) => built.fail(format!("{error:#}")),
    }
    built
}

fn persist(file: NamedTempFile, target: &Path, force: bool) -> anyhow::Result<()> {
    readable_by_others(&file)?;
    if fs::symlink_metadata(target).is_ok_and(|there| !there.is_file()) {
        bail!("{} is there and is not a plain file; give another --out", target.display());
    }
    if force {
        file.persist(target).map_err(|e| e.error).with_context(|| format!("could not write {}", target.display()))?;
        return Ok(());
    }
    match file.persist_noclobber(target) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there with other content; --force overwrites it", target.display())
        }
        Err(refused) => Err(refused.error).with_context(|| format!("could not write {}", target.display())),
    }
}

/// A temporary file is its owner's only; an archive is an ordinary file.
#[cfg(unix)]
pub(crate) fn readable_by_others(file: &NamedTempFile) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::Permissions::from_mode(0o644);
    file.as_file().set_permissions(permissions).with_context(|| format!("could not share {}", file.path().display()))
}

#[cfg(not(unix))]
pub(crate) fn readable_by_others(_: &NamedTempFile) -> anyhow::Result<()> {
    Ok(())
}

fn same_bytes(a: &Path, b: &Path, size: u64) -> io::Result<bool> {
    let there = fs::symlink_metadata(a)?;
    if !there.is_file() || there.len() != size {
        return Ok(false);
    }
    crate::commands::local::same_content(a, b)
}

pub(super) fn is_folder(out: &Path) -> bool {
    out.is_dir() || out.as_os_str().to_string_lossy().ends_with('/')
}

pub(super) fn parent_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Whether `folder`, which may not exist yet, is the pack's folder or below it.
pub(super) fn lies_in(folder: &Path, pack: &Path) -> bool {
    let Ok(pack) = fs::canonicalize(pack) else { return false };
    let mut there = folder.to_owned();
    loop {
        if let Ok(real) = fs::canonicalize(&there) {
            return real.starts_with(&pack);
        }
        if !there.pop() || there.as_os_str().is_empty() {
            return fs::canonicalize(".").is_ok_and(|real| real.starts_with(&pack));
        }
    }
}
