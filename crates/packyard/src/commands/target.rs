//! What a verb works on: a folder, an archive, or a pack in a registry.

use super::folders::meant_by;
use super::local::HashedFile;
use super::remote::{PackRef, RegistryArgs, RemotePack, Transfers};
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use packyard_oci::client::without_userinfo;
use packyard_pack::archive::{self, ArchivedPack, UnpackError, Unpacked};
use packyard_pack::{Pack, ReadLimits, WriteOptions};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What was typed, told apart by what is there.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Folder(PathBuf),
    Archive(PathBuf),
    Remote(PackRef),
}

/// A pack that was read, and where from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) pack: Pack,
    pub(crate) origin: Origin,
}

/// What is known of a pack besides its content.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    /// As it can be typed again.
    pub(crate) place: String,
    pub(crate) kind: &'static str,
    /// Of the manifest in a registry.
    pub(crate) digest: Option<String>,
    /// Of the archive; of a folder, that which publish would push.
    pub(crate) archive_digest: Option<String>,
    pub(crate) archive_bytes: Option<u64>,
    pub(crate) top_folder: Option<String>,
}

impl Target {
    /// What exists is that; what looks like a path must exist; the rest is a reference.
    pub(crate) fn of(typed: &str) -> anyhow::Result<Self> {
        let path = Path::new(typed);
        let shown = without_userinfo(typed);
        let shown = crate::terminal::line(&shown);
        match path.metadata() {
            Ok(about) if about.is_dir() => return Ok(Self::Folder(path.to_owned())),
            Ok(_) => match meant_by(path) {
                Some(meant) => bail!("`{shown}` is no pack: {meant}"),
                None => return Ok(Self::Archive(path.to_owned())),
            },
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(error).with_context(|| format!("`{shown}` cannot be looked at"));
            }
            Err(_) => {}
        }
        let ends = [".tar.gz", ".tgz", ".tar", ".tar.zst"];
        let is_path = typed.starts_with(['.', '/', '~']) || ends.iter().any(|end| typed.ends_with(end));
        if is_path || !starts_with_host(typed) {
            bail!("there is no file or folder `{shown}`; a pack in a registry is HOST[:PORT]/BASE/NAME:VERSION");
        }
        typed.parse().map(Self::Remote).with_context(|| format!("there is no file or folder `{shown}` either"))
    }

    /// Reads the pack without keeping anything on disk.
    pub(crate) async fn load(
        &self,
        args: &RegistryArgs,
        limits: ReadLimits,
        printer: &Printer,
    ) -> anyhow::Result<Loaded> {
        match self.clone() {
            Self::Folder(dir) => blocking(move || load_folder(&dir, &limits)).await,
            Self::Archive(file) => blocking(move || load_archive(&file, &limits)).await,
            Self::Remote(typed) => {
                let remote = RemotePack::find(args, &typed, printer).await?;
                let read = move |input: &mut dyn Read| Ok(archive::read(input, &limits)?);
                let (read, layer) = remote.read(&Transfers::new(printer), &limits, read).await?;
                Ok(loaded(read, origin_of(&remote, &layer)))
            }
        }
    }

    /// Reads the pack and gives the folder of its files; that of an archive is temporary.
    pub(crate) async fn unpack(
        &self,
        args: &RegistryArgs,
        limits: ReadLimits,
        printer: &Printer,
    ) -> anyhow::Result<OnDisk> {
        match self.clone() {
            Self::Folder(dir) => {
                let root = dir.clone();
                let loaded = blocking(move || load_folder(&dir, &limits)).await?;
                Ok(OnDisk { loaded, root, _temporary: None })
            }
            Self::Archive(file) => {
                let shown = file.display().to_string();
                let unpack = move || {
                    let opened = open(&file)?;
                    unpack_temporary(opened, &limits).with_context(|| format!("`{}` cannot be read", file.display()))
                };
                let (unpacked, folder) = blocking(unpack).await?;
                Ok(on_disk(unpacked, folder, Origin { place: shown, kind: "archive", ..Origin::default() }))
            }
            Self::Remote(typed) => {
                let remote = RemotePack::find(args, &typed, printer).await?;
                let unpack = move |input: &mut dyn Read| unpack_temporary(input, &limits);
                let ((unpacked, folder), layer) = remote.read(&Transfers::new(printer), &limits, unpack).await?;
                Ok(on_disk(unpacked, folder, origin_of(&remote, &layer)))
            }
        }
    }
}

/// As docker tells the host of a registry from a name: by a dot, a port, or `localhost`.
fn starts_with_host(typed: &str) -> bool {
    let rest = typed.split_once("://").map_or(typed, |(_, rest)| rest);
    rest.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost")
}

/// A pack with its files in a folder; the folder goes when this does, unless it was there before.
#[derive(Debug)]
pub(crate) struct OnDisk {
    pub(crate) loaded: Loaded,
    pub(crate) root: PathBuf,
    _temporary: Option<TempDir>,
}

/// Parsing and hashing are work for a blocking thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("the reading of a pack crashed")?
}

fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).with_context(|| format!("`{}` cannot be read", file.display()))
}

fn load_folder(dir: &Path, limits: &ReadLimits) -> anyhow::Result<Loaded> {
    let pack = Pack::open_with(dir, limits).map_err(|error| {
        anyhow!("{error}; `packyard pack lint {}` shows where", dir.display())
            .context(format!("`{}` is not a pack that can be read", dir.display()))
    })?;
    // What publish would push; a folder that cannot be archived is shown all the same.
    let written = archive::write(dir, io::sink(), &WriteOptions::default()).ok();
    let origin = Origin {
        place: dir.display().to_string(),
        kind: "folder",
        archive_digest: written.as_ref().map(|written| format!("sha256:{}", written.sha256)),
        archive_bytes: written.as_ref().map(|written| written.packed_bytes),
        ..Origin::default()
    };
    Ok(Loaded { pack, origin })
}

fn load_archive(file: &Path, limits: &ReadLimits) -> anyhow::Result<Loaded> {
    let unreadable = || format!("`{}` cannot be read", file.display());
    let mut hashed = HashedFile::open(file).with_context(unreadable)?;
    let read = archive::read(&mut hashed, limits).with_context(unreadable)?;
    let (digest, bytes) = hashed.finish().with_context(unreadable)?;
    let origin = Origin {
        place: file.display().to_string(),
        kind: "archive",
        archive_bytes: Some(bytes),
        archive_digest: Some(digest.to_string()),
        ..Origin::default()
    };
    Ok(loaded(read, origin))
}

fn loaded(read: ArchivedPack, origin: Origin) -> Loaded {
    Loaded { pack: read.pack, origin: Origin { top_folder: read.top_folder, ..origin } }
}

fn origin_of(remote: &RemotePack, layer: &packyard_oci::Descriptor) -> Origin {
    Origin {
        place: remote.reference.clone(),
        kind: "registry",
        digest: Some(remote.digest().to_string()),
        archive_digest: Some(layer.digest.to_string()),
        archive_bytes: Some(layer.size),
        top_folder: None,
    }
}

fn unpack_temporary(input: impl Read, limits: &ReadLimits) -> Result<(Unpacked, TempDir), UnpackError> {
    let folder = tempfile::tempdir().map_err(|source| UnpackError::Write { path: std::env::temp_dir(), source })?;
    let unpacked = archive::unpack(input, limits, &folder.path().join("pack"))?;
    Ok((unpacked, folder))
}

fn on_disk(unpacked: Unpacked, folder: TempDir, origin: Origin) -> OnDisk {
    OnDisk { root: unpacked.root, loaded: loaded(unpacked.archived, origin), _temporary: Some(folder) }
}
