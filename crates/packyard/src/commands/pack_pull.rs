//! `packyard pack pull`: a pack from a registry, verified while it streams, as a folder or as its archive.
//!
//! Nothing is in its place before the whole layer was read and has its digest: the files go into a folder of their own
//! beside the target, which is renamed at the end or removed.

use super::pack_build::readable_by_others;
use super::remote::{PackRef, RegistryArgs, RemotePack, Transfers};
use crate::limits::PackLimits;
use crate::printer::Printer;
use crate::terminal::{counted, line};
use anyhow::{Context, bail};
use clap::Args;
use packyard_oci::Descriptor;
use packyard_pack::archive::{self, Compression, LeftOut, UnpackError};
use packyard_pack::{ArchiveError, Metadata};
use serde::Serialize;
use std::fmt;
use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::{NamedTempFile, TempDir};

#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// HOST[:PORT]/BASE/NAME:VERSION, with or without spectro-packs/archive before NAME; @DIGEST pins it
    #[arg(value_name = "REFERENCE")]
    reference: PackRef,
    /// Folder in which NAME-VERSION/ is made
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Keep the archive as it is, NAME-VERSION.tar.gz, instead of unpacking it
    #[arg(long)]
    archive: bool,
    /// Replace what is in the place
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    limits: PackLimits,
    #[command(flatten)]
    registry: RegistryArgs,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pulled {
    reference: String,
    /// Of the manifest.
    digest: String,
    archive_digest: String,
    archive_bytes: u64,
    name: String,
    version: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Links that lead to no file of the pack.
    left_out: Vec<Left>,
}

#[derive(Debug, Serialize)]
struct Left {
    path: String,
    target: String,
}

pub(crate) async fn run(args: PullArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let pack = RemotePack::find(&args.registry, &args.reference, printer).await?;
    fs::create_dir_all(&args.out).with_context(|| format!("could not make the folder {}", args.out.display()))?;
    let transfers = Transfers::new(printer);
    let pulled = if args.archive {
        keep_archive(&pack, &args, &transfers).await?
    } else {
        unpack(&pack, &args, &transfers).await?
    };
    printer.emit(&pulled);
    Ok(ExitCode::SUCCESS)
}

async fn unpack(pack: &RemotePack, args: &PullArgs, transfers: &Transfers) -> anyhow::Result<Pulled> {
    let (out, limits) = (args.out.clone(), args.limits.read()?);
    let work = move |input: &mut dyn Read| {
        let folder = TempDir::with_prefix_in(".packyard-pull-", &out)
            .map_err(|source| UnpackError::Write { path: out.clone(), source })?;
        let unpacked = archive::unpack(input, &limits, &folder.path().join("pack"))?;
        Ok((unpacked, folder))
    };
    let ((unpacked, folder), layer) = pack.read(transfers, &args.limits.read()?, work).await?;
    let metadata = &unpacked.archived.pack.metadata;
    let target = args.out.join(format!("{}-{}", metadata.name, metadata.version));
    put_folder(&unpacked.root, &target, folder.path(), args.force)?;
    let left_out = unpacked.left_out.into_iter().map(|LeftOut { path, target }| Left { path, target }).collect();
    let mut pulled = Pulled::of(pack, &layer, metadata, &target);
    (pulled.files, pulled.bytes, pulled.left_out) = (Some(unpacked.files), Some(unpacked.bytes), left_out);
    Ok(pulled)
}

/// One rename, so that nobody ever sees half a pack. What `force` replaces is moved aside first and back on failure.
fn put_folder(root: &Path, target: &Path, aside: &Path, force: bool) -> anyhow::Result<()> {
    let doing = || format!("could not put the pack in its place, {}", target.display());
    let old = aside.join("replaced");
    let there = fs::symlink_metadata(target).is_ok();
    if there && !force {
        bail!("{} is there already; --force replaces it, --out puts the pack elsewhere", target.display());
    }
    if there {
        fs::rename(target, &old).with_context(doing)?;
    }
    let moved = fs::rename(root, target);
    if moved.is_err() && there {
        fs::rename(&old, target).with_context(doing)?;
    }
    moved.with_context(doing)
}

async fn keep_archive(pack: &RemotePack, args: &PullArgs, transfers: &Transfers) -> anyhow::Result<Pulled> {
    let (out, limits) = (args.out.clone(), args.limits.read()?);
    let work = move |input: &mut dyn Read| {
        let fail = |source| UnpackError::Write { path: out.clone(), source };
        let mut file = NamedTempFile::with_prefix_in(".packyard-pull-", &out).map_err(fail)?;
        // Read as a pack while it is written: what is no pack is refused like everywhere else.
        let mut failed = None;
        let mut tee = Tee { input, out: &mut file, failed: &mut failed };
        let read = archive::read(&mut tee, &limits);
        // The file is the whole layer, whatever the reader needed of it.
        let rest = io::copy(&mut tee, &mut io::sink());
        if let Some(source) = failed {
            return Err(fail(source));
        }
        let read = read?;
        rest.map_err(ArchiveError::Io)?;
        file.rewind().map_err(fail)?;
        Ok((read.pack.metadata, read.compression, file))
    };
    let ((metadata, compression, file), layer) = pack.read(transfers, &args.limits.read()?, work).await?;
    let ending = match compression {
        Compression::Gzip => "tar.gz",
        Compression::Zstd => "tar.zst",
        Compression::None => "tar",
    };
    let target = args.out.join(format!("{}-{}.{ending}", metadata.name, metadata.version));
    put_file(file, &target, args.force)?;
    Ok(Pulled::of(pack, &layer, &metadata, &target))
}

fn put_file(file: NamedTempFile, target: &Path, force: bool) -> anyhow::Result<()> {
    readable_by_others(&file)?;
    if fs::symlink_metadata(target).is_ok_and(|there| there.is_dir()) {
        bail!("{} is there and is a folder; --out puts the archive elsewhere", target.display());
    }
    let placed = if force { file.persist(target) } else { file.persist_noclobber(target) };
    match placed {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there already; --force replaces it, --out puts the archive elsewhere", target.display())
        }
        Err(refused) => Err(refused.error).with_context(|| format!("could not write {}", target.display())),
    }
}

/// Writes what is read.
struct Tee<'a> {
    input: &'a mut dyn Read,
    out: &'a mut NamedTempFile,
    failed: &'a mut Option<io::Error>,
}

impl Read for Tee<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(error.kind().into());
        }
        let count = self.input.read(buf)?;
        if let Err(error) = self.out.write_all(&buf[..count]) {
            let kind = error.kind();
            *self.failed = Some(error);
            return Err(kind.into());
        }
        Ok(count)
    }
}

impl Pulled {
    fn of(pack: &RemotePack, layer: &Descriptor, metadata: &Metadata, target: &Path) -> Self {
        Self {
            reference: pack.reference.clone(),
            digest: pack.digest().to_string(),
            archive_digest: layer.digest.to_string(),
            archive_bytes: layer.size,
            name: metadata.name.clone(),
            version: metadata.version.clone(),
            path: target.display().to_string(),
            files: None,
            bytes: None,
            left_out: Vec::new(),
        }
    }
}

impl fmt::Display for Pulled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10} {}", "pulled", self.path)?;
        writeln!(f, "{:<10} {}", "from", self.reference)?;
        writeln!(f, "{:<10} {}", "digest", self.digest)?;
        write!(f, "{:<10} {}, {} bytes", "archive", self.archive_digest, self.archive_bytes)?;
        if let (Some(files), Some(bytes)) = (self.files, self.bytes) {
            write!(f, "\n{:<10} {}, {bytes} bytes", "holds", counted(files, "file"))?;
        }
        for left in &self.left_out {
            let (path, target) = (line(&left.path), line(&left.target));
            write!(f, "\n{:<10} {path}, a link to `{target}`, which is no file of the pack", "left out")?;
        }
        Ok(())
    }
}
