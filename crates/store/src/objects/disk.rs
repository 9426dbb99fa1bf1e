//! Objects as files: `<root>/<first two of the key>/<key>`, with the 256 folders made at the start.

use super::read::ObjectStream;
use crate::{Error, Result, random_bytes};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// 32 lower-case hex digits, random.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    pub(crate) fn fresh() -> Self {
        Self(packyard_oci::hex(random_bytes::<16>()))
    }

    /// A key as the database keeps it. Anything else never becomes a path.
    pub fn parse(text: &str) -> Result<Self> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 32 && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Corrupt("an object key that is not 32 hex digits".into()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folder(&self) -> &str {
        &self.0[..2]
    }
}

/// An object that no blob claims.
#[derive(Debug, Clone)]
pub struct StrayObject {
    pub key: ObjectKey,
    pub modified: SystemTime,
    pub size: u64,
}

/// The objects of one installation.
#[derive(Debug, Clone)]
pub struct Objects {
    root: Arc<PathBuf>,
}

impl Objects {
    /// Opens the folder, making it and its 256 folders when missing.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root: PathBuf = root.into();
        let made = root.clone();
        blocking(move || make_folders(&made)).await?;
        Ok(Self { root: Arc::new(root) })
    }

    pub(super) fn folder(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(key.folder())
    }

    pub(super) fn path(&self, key: &ObjectKey) -> PathBuf {
        self.folder(key).join(key.as_str())
    }

    /// Makes an empty object. Blocks.
    pub(super) fn create(&self, key: &ObjectKey) -> Result<File> {
        let path = self.path(key);
        OpenOptions::new().write(true).create_new(true).open(&path).map_err(io_error("create", &path))
    }

    /// Makes the object's bytes and its name durable. Blocks.
    pub(super) fn commit(&self, key: &ObjectKey, file: &File) -> Result<()> {
        file.sync_all().map_err(io_error("make durable", &self.path(key)))?;
        sync_folder(&self.folder(key))
    }

    /// Streams a part of an object. A missing object is [`io::ErrorKind::NotFound`] here; one that ends early is
    /// [`io::ErrorKind::UnexpectedEof`] from the stream.
    pub async fn read(&self, key: &ObjectKey, range: Range<u64>) -> io::Result<ObjectStream> {
        ObjectStream::open(self.path(key), range).await
    }

    /// Deletes an object; one that is gone already is fine.
    pub async fn delete(&self, key: &ObjectKey) -> Result<()> {
        let path = self.path(key);
        blocking(move || match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_error("delete", &path)(e)),
            _ => Ok(()),
        })
        .await
    }

    /// The objects of one of the 256 folders, for the collector's look at what a crash left behind.
    pub async fn folder_content(&self, folder: u8) -> Result<Vec<StrayObject>> {
        let path = self.root.join(format!("{folder:02x}"));
        blocking(move || list(&path)).await
    }
}

fn list(path: &Path) -> Result<Vec<StrayObject>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(io_error("list", path))? {
        let entry = entry.map_err(io_error("list", path))?;
        let name = entry.file_name();
        let Some(key) = name.to_str().and_then(|name| ObjectKey::parse(name).ok()) else { continue };
        // It may be deleted between the two calls.
        let Ok(about) = entry.metadata() else { continue };
        let modified = about.modified().unwrap_or_else(|_| SystemTime::now());
        found.push(StrayObject { key, modified, size: about.len() });
    }
    Ok(found)
}

fn make_folders(root: &Path) -> Result<()> {
    fs::create_dir_all(root).map_err(io_error("make", root))?;
    for byte in 0..=255_u8 {
        let folder = root.join(format!("{byte:02x}"));
        match fs::create_dir(&folder) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(io_error("make", &folder)(e)),
            _ => {}
        }
    }
    sync_folder(root)
}

fn sync_folder(path: &Path) -> Result<()> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("make durable", path))
}

pub(super) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}

pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}
