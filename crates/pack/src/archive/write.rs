//! The reproducible archive of a pack's folder: the same files give the same bytes anywhere.
//!
//! Invariant: nothing but names, contents and the executable bit of files goes in: sorted by path, no times, no owners, modes
//! 0644 and 0755, everything below one folder `<name>-<version>/`, ustar headers with a pax path where a name is too long,
//! gzip without name and time. The digest also depends on the compressor; a test holds it.

use super::error::ArchiveError;
use super::ignore::{HELM_IGNORE_FILE, IGNORE_FILE};
use crate::folder::{self, OpenError, PackFile};
use crate::limits::ReadLimits;
use crate::lint::Finding;
use crate::metadata::{self, Metadata};
use flate2::{Compression, GzBuilder};
use ring::digest::{Context, SHA256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// The folder in the archive; `<name>-<version>` when None.
    pub top_folder: Option<String>,
    /// gzip's level, 0 to 9.
    pub level: u32,
    pub limits: ReadLimits,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { top_folder: None, level: 6, limits: ReadLimits::PACK }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub top_folder: String,
    pub files: usize,
    /// Bytes of the files.
    pub unpacked_bytes: u64,
    /// Bytes of the archive.
    pub packed_bytes: u64,
    /// SHA-256 of the archive, 64 hex digits.
    pub sha256: String,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Folder(#[from] OpenError),
    #[error("pack.json is no pack's: {}", super::error::first_error(.0))]
    Metadata(Vec<Finding>),
    #[error("`{}` changed while it was read", .0.display())]
    Changed(PathBuf),
    #[error("`{}` cannot be read: {source}", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the archive cannot be written: {0}")]
    Write(#[source] io::Error),
}

/// Writes the archive of the pack in `dir` to `out`. One that is over the limit for archives, whose readers would refuse it,
/// is an error.
pub fn write(dir: &Path, out: impl Write, options: &WriteOptions) -> Result<Written, WriteError> {
    let files = folder::walk(dir, IGNORE_FILE, &options.limits)?;
    let top_folder = match &options.top_folder {
        Some(name) => name.clone(),
        None => top_folder(dir)?,
    };
    let written = write_files(&files, top_folder, out, options.level)?;
    let limit = options.limits.archive_bytes;
    if written.packed_bytes > limit {
        let what = format!("it has {} bytes", written.packed_bytes);
        return Err(OpenError::Entry(ArchiveError::Limit { limit: "archive_bytes", value: limit, what }).into());
    }
    Ok(written)
}

/// Writes the archive of the Helm chart in `dir` to `out`, as reproducibly, below the folder `name`. What `.helmignore` names
/// stays out; its patterns are those of .packignore but for `!` and `**`, which Helm reads otherwise or not at all.
pub fn write_chart(dir: &Path, name: &str, out: impl Write, limits: &ReadLimits) -> Result<Written, WriteError> {
    let files = folder::walk(dir, HELM_IGNORE_FILE, limits)?;
    write_files(&files, name.to_owned(), out, WriteOptions::default().level)
}

fn write_files(files: &[PackFile], top_folder: String, out: impl Write, level: u32) -> Result<Written, WriteError> {
    let hashed = Hashed { out, digest: Context::new(&SHA256), bytes: 0 };
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(hashed, Compression::new(level));
    let mut tar = Builder::new(gzip);
    for (path, file) in entries(files) {
        let path = format!("{top_folder}/{path}");
        append(&mut tar, path.trim_end_matches('/'), file)?;
    }
    let unpacked_bytes = files.iter().map(|file| file.size).sum();
    let gzip = tar.into_inner().map_err(WriteError::Write)?;
    let mut hashed = gzip.finish().map_err(WriteError::Write)?;
    hashed.flush().map_err(WriteError::Write)?;
    let sha256 = hashed.digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Written { top_folder, files: files.len(), unpacked_bytes, packed_bytes: hashed.bytes, sha256 })
}

/// Folders and files in bytewise order; the order puts each folder before what lies in it.
fn entries(files: &[PackFile]) -> BTreeMap<&str, Option<&PackFile>> {
    let mut entries = BTreeMap::from([("", None)]);
    for file in files {
        entries.extend(file.path.match_indices('/').map(|(at, _)| (&file.path[..at], None)));
    }
    entries.extend(files.iter().map(|file| (file.path.as_str(), Some(file))));
    entries
}

fn top_folder(dir: &Path) -> Result<String, WriteError> {
    let path = dir.join(metadata::FILE);
    let text = fs::read_to_string(&path).map_err(|source| WriteError::Read { path, source })?;
    let (metadata, _) = Metadata::parse(&text).map_err(WriteError::Metadata)?;
    Ok(format!("{}-{}", metadata.name, metadata.version))
}

fn append<W: Write>(tar: &mut Builder<W>, path: &str, file: Option<&PackFile>) -> Result<(), WriteError> {
    let mut header = Header::new_ustar();
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let Some(file) = file else {
        header.set_entry_type(EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        return named(tar, &mut header, &format!("{path}/"), io::empty());
    };
    header.set_entry_type(EntryType::Regular);
    header.set_mode(if file.executable { 0o755 } else { 0o644 });
    header.set_size(file.size);
    let source = File::open(&file.source).map_err(|source| WriteError::Read { path: file.source.clone(), source })?;
    let mut body = Exact { source, left: file.size, changed: false, failed: None };
    let result = named(tar, &mut header, path, &mut body);
    if let Some(source) = body.failed {
        return Err(WriteError::Read { path: file.source.clone(), source });
    }
    if body.changed || body.grew() {
        return Err(WriteError::Changed(file.source.clone()));
    }
    result
}

/// Appends under a path, with a pax record before it where ustar has no room for it.
fn named<W: Write>(tar: &mut Builder<W>, header: &mut Header, path: &str, body: impl Read) -> Result<(), WriteError> {
    if header.set_path(path).is_err() {
        tar.append_pax_extensions([("path", path.as_bytes())]).map_err(WriteError::Write)?;
        // Readers that know no pax see the end of the name, which says most.
        let tail =
            path.char_indices().map(|(at, _)| &path[at..]).find(|tail| tail.len() <= 99 && !tail.starts_with('/'));
        header.set_path(tail.unwrap_or("long")).map_err(WriteError::Write)?;
    }
    header.set_cksum();
    tar.append(header, body).map_err(WriteError::Write)
}

/// A file that must be as long as it was when the folder was walked.
struct Exact {
    source: File,
    left: u64,
    changed: bool,
    failed: Option<io::Error>,
}

impl Exact {
    fn grew(&mut self) -> bool {
        self.source.read(&mut [0]).is_ok_and(|count| count > 0)
    }
}

impl Read for &mut Exact {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        match self.source.read(&mut buf[..wanted]) {
            Ok(0) => {
                self.changed = true;
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}

/// Hashes and counts what passes.
struct Hashed<W> {
    out: W,
    digest: Context,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = self.out.write(buf)?;
        self.digest.update(&buf[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
