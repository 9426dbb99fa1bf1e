//! What is linted: each pack with the findings that keep it from being read, where it cannot be.

use super::allow::Allowed;
use crate::commands::folders::{is_pack, packs_in};
use crate::commands::remote::{PackRef, RegistryArgs, RemotePack, Transfers};
use crate::commands::target::Target;
use crate::printer::Printer;
use anyhow::Context;
use packyard_oci::Reference;
use packyard_pack::archive::{self, UnpackError};
use packyard_pack::{ArchiveError, Finding, Pack, ReadLimits};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A pack as it was typed, and what is allowed in it.
pub(super) struct Input {
    target: Target,
    pub(super) allowed: Allowed,
}

/// A pack that was read, or why it is none.
pub(super) struct Read {
    pub(super) input: Input,
    pub(super) pack: Result<Pack, Vec<Finding>>,
    /// Repository and tag in a registry.
    pub(super) place: Option<(String, String)>,
}

impl Input {
    /// What was typed: a pack, or a folder of packs. A folder without any pack is taken for one that lacks its pack.json.
    pub(super) fn of(typed: &str, given: Option<&Allowed>) -> anyhow::Result<Vec<Self>> {
        // Without a slash at the end or a doubled one, so that places read as they are.
        let plain = |path: PathBuf| path.components().collect::<PathBuf>();
        let targets = match Target::of(typed)? {
            Target::Folder(path) => {
                let path = plain(path);
                let packs = if is_pack(&path) { Vec::new() } else { packs_in(&path).unwrap_or_default() };
                let folders = if packs.is_empty() { vec![path] } else { packs };
                folders.into_iter().map(Target::Folder).collect()
            }
            Target::Archive(path) => vec![Target::Archive(plain(path))],
            remote @ Target::Remote(_) => vec![remote],
        };
        targets.into_iter().map(|target| Self::new(target, given)).collect()
    }

    fn new(target: Target, given: Option<&Allowed>) -> anyhow::Result<Self> {
        let allowed = match (given, &target) {
            (Some(given), _) => given.clone(),
            (None, Target::Folder(dir)) => Allowed::beside(dir)?,
            (None, _) => Allowed::default(),
        };
        Ok(Self { target, allowed })
    }

    pub(super) fn folder(&self) -> Option<&Path> {
        if let Target::Folder(dir) = &self.target { Some(dir) } else { None }
    }

    pub(super) fn is_folder(&self) -> bool {
        self.folder().is_some()
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.target {
            Target::Folder(_) => "a folder",
            Target::Archive(_) => "an archive",
            Target::Remote(_) => "in a registry",
        }
    }

    pub(super) fn shown(&self) -> String {
        match &self.target {
            Target::Folder(path) | Target::Archive(path) => path.display().to_string(),
            Target::Remote(typed) => typed.to_string(),
        }
    }

    pub(super) async fn read(
        self,
        registry: &RegistryArgs,
        limits: ReadLimits,
        printer: &Printer,
    ) -> anyhow::Result<Read> {
        let (pack, place) = match &self.target {
            Target::Folder(dir) => {
                let dir = dir.clone();
                (blocking(move || Ok(folder(&dir, &limits))).await?, None)
            }
            Target::Archive(path) => {
                let path = path.clone();
                (blocking(move || file(&path, &limits)).await?, None)
            }
            Target::Remote(typed) => remote(typed, registry, limits, printer).await?,
        };
        Ok(Read { input: self, pack, place })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("the reading of a pack crashed")?
}

pub(super) fn folder(dir: &Path, limits: &ReadLimits) -> Result<Pack, Vec<Finding>> {
    Pack::open_with(dir, limits).map_err(|error| error.findings())
}

fn file(path: &Path, limits: &ReadLimits) -> anyhow::Result<Result<Pack, Vec<Finding>>> {
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(archive::read(file, limits).map(|read| read.pack).map_err(|error| error.findings()))
}

/// The manifest and one layer, as a stream; nothing of a layer that its manifest says is too large.
async fn remote(
    typed: &PackRef,
    registry: &RegistryArgs,
    limits: ReadLimits,
    printer: &Printer,
) -> anyhow::Result<(Result<Pack, Vec<Finding>>, Option<(String, String)>)> {
    let remote = RemotePack::find(registry, typed, printer).await?;
    let place = match typed.reference() {
        Some(Reference::Tag(tag)) => Some((remote.repository.to_string(), tag.to_string())),
        _ => None,
    };
    let work = move |input: &mut dyn std::io::Read| Ok(archive::read(input, &limits)?);
    let pack = match remote.read(&Transfers::new(printer), &limits, work).await {
        Ok((read, _)) => Ok(read.pack),
        Err(error) => Err(findings(&error).ok_or(error)?),
    };
    Ok((pack, place))
}

/// What a pack is to blame for; None where the network is.
fn findings(error: &anyhow::Error) -> Option<Vec<Finding>> {
    if let Some(UnpackError::Archive(error)) = error.downcast_ref::<UnpackError>() {
        return Some(error.findings());
    }
    error.downcast_ref::<ArchiveError>().map(ArchiveError::findings)
}
