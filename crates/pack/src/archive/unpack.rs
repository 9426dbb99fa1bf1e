//! Unpacking a pack's archive into a folder that was made for it (oci.md section 5, attacks 23 to 25).
//!
//! The members are those that [`super::read()`] takes, under the same rules, read in the same pass. What cannot go wrong here,
//! and why: every path is relative and without `..`; no link is ever made, so no path leads through one; every file is
//! made new, never opened; modes are 0644 and 0755 whatever the archive says. The folder must be new and the caller's
//! own, and is the caller's to remove after an error.

use super::error::ArchiveError;
use super::read::{SymbolicLink, read_onto};
use super::{ArchivedPack, is_leftover};
use crate::folder::is_executable;
use crate::limits::ReadLimits;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A pack that was unpacked.
#[derive(Debug)]
pub struct Unpacked {
    pub archived: ArchivedPack,
    /// The folder with pack.json, in the folder that was given.
    pub root: PathBuf,
    /// Files written below it.
    pub files: usize,
    /// Bytes of those files.
    pub bytes: u64,
    /// Links that lead to no file of the pack; links that do became copies of it.
    pub left_out: Vec<LeftOut>,
}

/// An entry of the archive that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Path inside the pack.
    pub path: String,
    pub target: String,
}

#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("`{}` cannot be written: {source}", .path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Reads a pack from its archive and writes its files below `folder`, which is made and must not exist.
pub fn unpack(input: impl Read, limits: &ReadLimits, folder: &Path) -> Result<Unpacked, UnpackError> {
    fs::create_dir(folder).map_err(|source| UnpackError::Write { path: folder.to_owned(), source })?;
    let mut disk = Disk {
        folder: folder.to_owned(),
        copies_left: limits.unpacked_bytes,
        limit: limits.unpacked_bytes,
        written: HashMap::new(),
        left_out: Vec::new(),
        failed: None,
    };
    let result = read_onto(input, limits, Some(&mut disk));
    if let Some((path, source)) = disk.failed.take() {
        return Err(UnpackError::Write { path, source });
    }
    let archived = result?;
    let (root, prefix) = match &archived.top_folder {
        Some(top) => (folder.join(top), format!("{top}/")),
        None => (folder.to_owned(), String::new()),
    };
    let inside = disk.written.iter().filter(|(path, _)| path.starts_with(&prefix));
    let (files, bytes) = inside.fold((0, 0), |(files, bytes), (_, size)| (files + 1, bytes + size));
    let left_out = disk
        .left_out
        .into_iter()
        .filter_map(|left| Some(LeftOut { path: left.path.strip_prefix(&prefix)?.to_owned(), target: left.target }));
    Ok(Unpacked { left_out: left_out.collect(), archived, root, files, bytes })
}

/// Where the members go.
pub(super) struct Disk {
    folder: PathBuf,
    /// Bytes that copies of files (links in the archive) may still take.
    copies_left: u64,
    limit: u64,
    /// Sizes by path in the archive.
    written: HashMap<String, u64>,
    /// By path in the archive.
    left_out: Vec<LeftOut>,
    /// The first write that failed; the reading ends with it.
    failed: Option<(PathBuf, io::Error)>,
}

impl Disk {
    pub(super) fn folder(&mut self, path: &str) -> Result<(), ArchiveError> {
        if is_leftover(path) {
            return Ok(());
        }
        let target = self.folder.join(path);
        fs::create_dir_all(&target).map_err(|error| self.fail(&target, error))
    }

    /// Writes a file while `look` reads what it wants of it.
    pub(super) fn file(
        &mut self,
        path: &str,
        executable: bool,
        body: &mut dyn Read,
        look: impl FnOnce(&mut dyn Read) -> io::Result<()>,
    ) -> Result<(), ArchiveError> {
        let target = self.folder.join(path);
        let out = create(&target, executable).map_err(|error| self.fail(&target, error))?;
        let mut tee = Tee { body, out, bytes: 0, failed: None };
        let looked = look(&mut tee);
        let rest = looked.and_then(|()| io::copy(&mut tee, &mut io::sink()));
        let (bytes, failed) = (tee.bytes, tee.failed);
        if let Some(error) = failed {
            return Err(self.fail(&target, error));
        }
        rest.map_err(ArchiveError::from_read)?;
        self.written.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// A second name of a file becomes a copy of it.
    pub(super) fn copy(&mut self, path: &str, from: &str) -> Result<(), ArchiveError> {
        let Some(size) = self.written.get(from).copied() else {
            self.left_out.push(LeftOut { path: path.to_owned(), target: from.to_owned() });
            return Ok(());
        };
        self.copies_left = self.copies_left.checked_sub(size).ok_or_else(|| ArchiveError::Limit {
            limit: "unpacked_bytes",
            value: self.limit,
            what: "its links lead to more bytes".to_owned(),
        })?;
        let (source, target) = (self.folder.join(from), self.folder.join(path));
        let copied = File::open(&source).and_then(|mut source| {
            let executable = is_executable(&source.metadata()?);
            io::copy(&mut source, &mut create(&target, executable)?)
        });
        copied.map_err(|error| self.fail(&target, error))?;
        self.written.insert(path.to_owned(), size);
        Ok(())
    }

    /// At the end, when every file is there: links become what they lead to.
    pub(super) fn links(&mut self, links: &[SymbolicLink]) -> Result<(), ArchiveError> {
        // Decided before the first copy: a link to a link leads to no file, whichever came first.
        let (to_files, others): (Vec<_>, Vec<_>) =
            links.iter().filter(|link| !is_leftover(&link.path)).partition(|l| self.written.contains_key(&l.resolved));
        for link in to_files {
            self.copy(&link.path, &link.resolved)?;
        }
        let left = others.into_iter().map(|link| LeftOut { path: link.path.clone(), target: link.target.clone() });
        self.left_out.extend(left);
        Ok(())
    }

    fn fail(&mut self, path: &Path, error: io::Error) -> ArchiveError {
        let kind = error.kind();
        self.failed.get_or_insert_with(|| (path.to_owned(), error));
        ArchiveError::Io(kind.into())
    }
}

/// A file that did not exist, in folders that may not either.
fn create(path: &Path, executable: bool) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, executable);
    options.open(path)
}

#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, executable: bool) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(if executable { 0o755 } else { 0o644 });
}

#[cfg(not(unix))]
fn set_mode(_: &mut OpenOptions, _: bool) {}

/// Writes to the file what is read, also by a reader that hides errors (a chart's).
struct Tee<'a> {
    body: &'a mut dyn Read,
    out: File,
    bytes: u64,
    failed: Option<io::Error>,
}

impl Read for Tee<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(error.kind().into());
        }
        let count = self.body.read(buf)?;
        if let Err(error) = self.out.write_all(&buf[..count]) {
            let kind = error.kind();
            self.failed = Some(error);
            return Err(kind.into());
        }
        self.bytes += count as u64;
        Ok(count)
    }
}
