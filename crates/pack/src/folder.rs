//! A pack as a folder: which of its files belong to the pack, and the pack they make.
//!
//! Reading a folder and archiving it use the same walk, so what lint sees of a folder is what publish sends.

use crate::archive::{ArchiveError, IGNORE_FILE, IgnoreRules, Link, RENAME, first_error, names};
use crate::assemble;
use crate::contents::{Contents, use_of};
use crate::limits::ReadLimits;
use crate::lint::{Finding, rules};
use crate::pack::Pack;
use crate::shown::shown;
use names::{Names, Taken};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("`{}` cannot be read: {source}", .path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{}` is not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("`{}` is not a name in UTF-8", .0.display())]
    NotUtf8(PathBuf),
    #[error("`{0}` is a link to a folder; put the folder itself there")]
    FolderLink(String),
    #[error("`{path}` is a link to `{target}`, which is not there")]
    BrokenLink { path: String, target: String },
    /// An entry that no pack may have.
    #[error(transparent)]
    Entry(#[from] ArchiveError),
    /// The files make no pack with an identity.
    #[error("{}", first_error(.0))]
    Invalid(Vec<Finding>),
}

impl OpenError {
    /// The same as findings, so that one list can hold all that is wrong with a pack.
    pub fn findings(&self) -> Vec<Finding> {
        let rule = match self {
            Self::Invalid(findings) => return findings.clone(),
            Self::Entry(error) => return error.findings(),
            Self::Io { .. } => &rules::UNREADABLE,
            Self::NotAFolder(_) => &rules::NO_PACK_JSON,
            Self::NotUtf8(_) => return vec![Finding::new(&rules::UNSAFE_PATH, self.to_string()).hint(RENAME)],
            Self::FolderLink(_) => &rules::UNSAFE_LINK,
            Self::BrokenLink { .. } => {
                return vec![
                    Finding::new(&rules::UNSAFE_LINK, self.to_string())
                        .hint("Remove the link, or put the file itself there."),
                ];
            }
        };
        vec![Finding::new(rule, self.to_string())]
    }
}

impl Pack {
    /// Reads the pack in a folder, under the usual limits.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(dir.as_ref(), &ReadLimits::PACK)
    }

    pub fn open_with(dir: &Path, limits: &ReadLimits) -> Result<Self, OpenError> {
        let mut contents = Contents::new(*limits);
        for file in walk(dir, IGNORE_FILE, limits)? {
            let fail = |source| OpenError::Io { path: file.source.clone(), source };
            let mut body = File::open(&file.source).map_err(fail)?.take(file.size);
            contents.take(&file.path, use_of(&file.path), file.size, &mut body).map_err(fail)?;
        }
        assemble::assemble(contents, "").map_err(OpenError::Invalid)
    }
}

/// A file that belongs to the pack.
#[derive(Debug)]
pub(crate) struct PackFile {
    /// Path inside the pack.
    pub(crate) path: String,
    /// Where its content is: for a link inside the pack, the file it leads to.
    pub(crate) source: PathBuf,
    pub(crate) size: u64,
    pub(crate) executable: bool,
}

/// The files of the folder, sorted by path, without what is ignored; `ignore_file` names it.
pub(crate) fn walk(dir: &Path, ignore_file: &str, limits: &ReadLimits) -> Result<Vec<PackFile>, OpenError> {
    let root = fs::canonicalize(dir).map_err(|source| OpenError::Io { path: dir.to_owned(), source })?;
    if !root.is_dir() {
        return Err(OpenError::NotAFolder(dir.to_owned()));
    }
    let ignore = match fs::read_to_string(root.join(ignore_file)) {
        Ok(text) => IgnoreRules::parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => IgnoreRules::parse(""),
        Err(source) => return Err(OpenError::Io { path: root.join(ignore_file), source }),
    };
    let mut walk = Walk { root, ignore, limits: *limits, names: Names::default(), bytes: 0, files: Vec::new() };
    walk.folder("")?;
    walk.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.files)
}

struct Walk {
    root: PathBuf,
    ignore: IgnoreRules,
    limits: ReadLimits,
    names: Names,
    bytes: u64,
    files: Vec<PackFile>,
}

impl Walk {
    fn folder(&mut self, inner: &str) -> Result<(), OpenError> {
        let folder = self.root.join(inner);
        let fail = |source| OpenError::Io { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| OpenError::NotUtf8(entry.path()))?;
            let path = if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
            let kind = entry.file_type().map_err(fail)?;
            if self.ignore.ignores(&path, kind.is_dir()) {
                continue;
            }
            names::normalise(&path, &self.limits)?;
            if kind.is_dir() {
                self.names.add(&path, Taken::Folder)?;
                self.folder(&path)?;
            } else {
                self.file(path, &entry.path())?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String, at: &Path) -> Result<(), OpenError> {
        self.names.add(&path, Taken::File)?;
        let source = self.resolve(&path, at)?;
        let metadata = fs::metadata(&source).map_err(|error| OpenError::Io { path: at.to_owned(), source: error })?;
        if metadata.is_dir() {
            return Err(OpenError::FolderLink(path));
        }
        if !metadata.is_file() {
            return Err(ArchiveError::SpecialFile { path, kind: "device, pipe or socket" }.into());
        }
        let size = metadata.len();
        self.within_limits(&path, size)?;
        self.files.push(PackFile { path, source, size, executable: is_executable(&metadata) });
        Ok(())
    }

    /// A link counts as the file it leads to, as long as that is in the pack's folder.
    fn resolve(&self, path: &str, at: &Path) -> Result<PathBuf, OpenError> {
        let fail = |source| OpenError::Io { path: at.to_owned(), source };
        if !fs::symlink_metadata(at).map_err(fail)?.is_symlink() {
            return Ok(at.to_owned());
        }
        let written = || fs::read_link(at).map(|to| to.to_string_lossy().into_owned()).map_err(fail);
        let target = match fs::canonicalize(at) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::BrokenLink { path: path.to_owned(), target: shown(&written()?) });
            }
            target => target.map_err(fail)?,
        };
        if !target.starts_with(&self.root) {
            let outside = ArchiveError::LinkOutside { path: path.to_owned(), link: Link::Symbolic, target: written()? };
            return Err(outside.into());
        }
        Ok(target)
    }

    fn within_limits(&mut self, path: &str, size: u64) -> Result<(), ArchiveError> {
        let limits = &self.limits;
        let over = |limit, value, what| Err(ArchiveError::Limit { limit, value, what });
        self.bytes += size;
        if size > limits.file_bytes {
            return over("file_bytes", limits.file_bytes, format!("`{}` has {size} bytes", shown(path)));
        }
        if self.bytes > limits.unpacked_bytes {
            return over("unpacked_bytes", limits.unpacked_bytes, "the folder holds more bytes".to_owned());
        }
        if self.files.len() >= limits.entries as usize {
            return over("entries", u64::from(limits.entries), "the folder holds more files".to_owned());
        }
        Ok(())
    }
}

/// By its owner; the rest of the mode does not count.
#[cfg(unix)]
pub(crate) fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
pub(crate) fn is_executable(_: &fs::Metadata) -> bool {
    false
}
