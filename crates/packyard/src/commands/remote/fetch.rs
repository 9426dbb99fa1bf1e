//! A pack in a registry, found and read: the manifest by its digest, the archive as a stream whose size and digest are
//! checked before what was read of it counts.

use super::{PackRef, Registry, RegistryArgs, Transfers, with_hint};
use crate::commands::WrongArguments;
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use packyard_oci::client::{BlobReader, Client, ClientError, FetchedManifest, Hop};
use packyard_oci::pack_artifact::{self, PackLayer};
use packyard_oci::{Descriptor, Digest, Reference, RepoName};
use packyard_pack::archive::UnpackError;
use packyard_pack::{ArchiveError, ReadLimits};
use std::io::{self, Read};
use std::sync::Arc;

/// A pack's manifest, and what in it may be the archive.
#[derive(Debug, Clone)]
pub(crate) struct RemotePack {
    pub(crate) client: Client,
    /// `host/repository:tag` or `@digest`, in full.
    pub(crate) reference: String,
    pub(crate) repository: RepoName,
    pub(crate) manifest: FetchedManifest,
    layers: Vec<Descriptor>,
}

impl RemotePack {
    /// Logs in and looks for the pack.
    pub(crate) async fn find(args: &RegistryArgs, typed: &PackRef, printer: &Printer) -> anyhow::Result<Self> {
        let Some(reference) = typed.reference() else {
            let (base, name) = typed.repository.as_str().rsplit_once('/').unwrap_or(("", typed.repository.as_str()));
            let why = anyhow!(
                "`{typed}` names no version; add :VERSION or @DIGEST (`packyard pack list {}/{base} --name {name}` shows the versions)",
                typed.host
            );
            return Err(WrongArguments(why).into());
        };
        let registry = Registry::connect(&args.access(&args.endpoint(&typed.host)?)?, printer).await?;
        Self::find_in(&registry.client, typed, &reference).await
    }

    pub(crate) async fn find_in(client: &Client, typed: &PackRef, reference: &Reference) -> anyhow::Result<Self> {
        let places = typed.repositories();
        let mut refused = None;
        for repository in &places {
            match client.get_manifest(repository, reference).await {
                Ok(Some(manifest)) => return Self::of(client, repository, reference, manifest),
                Ok(None) => {}
                // A registry may refuse to say that something is not there; the other place may be allowed.
                Err(error) if matches!(error.hop, Hop::Permission | Hop::Path) => {
                    refused = refused.or(Some(error));
                }
                Err(error) => return Err(with_hint(error)),
            }
        }
        if let Some(error) = refused {
            return Err(with_hint(error));
        }
        let host = client.endpoint().authority();
        let separator = if matches!(reference, Reference::Tag(_)) { ':' } else { '@' };
        let tried: Vec<String> = places.iter().map(|place| format!("{host}/{place}{separator}{reference}")).collect();
        bail!("there is no {}; `packyard pack list {host}/BASE` shows what is there", tried.join(" and no "))
    }

    fn of(
        client: &Client,
        repository: &RepoName,
        reference: &Reference,
        manifest: FetchedManifest,
    ) -> anyhow::Result<Self> {
        let separator = if matches!(reference, Reference::Tag(_)) { ':' } else { '@' };
        let full = format!("{}/{repository}{separator}{reference}", client.endpoint().authority());
        let parsed = manifest.parse().with_context(|| format!("{full} cannot be understood"))?;
        let layers = match pack_artifact::find_layer(&parsed) {
            Ok(PackLayer::Found(layer)) => vec![layer.clone()],
            Ok(PackLayer::Candidates(layers)) => layers.into_iter().cloned().collect(),
            Ok(PackLayer::Empty) => bail!("{full} is an artifact without content, not a pack"),
            Err(why) => bail!("{full} is not a pack: {why}"),
        };
        Ok(Self { client: client.clone(), reference: full, repository: repository.clone(), manifest, layers })
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.manifest.digest
    }

    /// Reads the archive with `work` on a blocking thread. What `work` gives is given only when the whole layer was read
    /// and has the promised digest. Of several layers that may be the archive, the first that is one.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        transfers: &Transfers,
        limits: &ReadLimits,
        work: impl Fn(&mut dyn Read) -> Result<T, UnpackError> + Send + Sync + 'static,
    ) -> anyhow::Result<(T, Descriptor)> {
        let work = Arc::new(work);
        let mut last = None;
        for layer in &self.layers {
            let limit = limits.archive_bytes;
            if layer.size > limit {
                bail!(
                    "the archive of {} has {} bytes, more than the {limit} that a pack may have (limit pack.archive_bytes)",
                    self.reference,
                    layer.size
                );
            }
            let stream = self.client.get_blob(&self.repository, &layer.digest, Some(layer.size)).await;
            let reader = stream.map_err(with_hint)?.into_reader();
            let bar = transfers.download(&self.reference, layer.size);
            let (work, counted) = (work.clone(), bar.reads());
            let done = tokio::task::spawn_blocking(move || read_whole(reader, &counted, &*work));
            match done.await.context("the reading of the archive crashed")? {
                Ok(read) => return Ok((read, layer.clone())),
                Err(NotRead::Archive(UnpackError::Archive(error @ ArchiveError::NotAnArchive(_)))) => {
                    last = Some(anyhow!(error));
                }
                Err(NotRead::Archive(error)) => {
                    return Err(anyhow!(error).context(format!("{} cannot be read", self.reference)));
                }
                Err(NotRead::Transfer(error)) => return Err(with_hint(error)),
            }
        }
        let error = last.unwrap_or_else(|| anyhow!("it has no layer"));
        Err(error.context(format!("{} cannot be read", self.reference)))
    }
}

enum NotRead {
    Transfer(ClientError),
    Archive(UnpackError),
}

/// A broken archive whose bytes are not those that were promised is a broken transfer: that is said instead.
fn read_whole<T>(
    reader: BlobReader,
    counted: &dyn Fn(u64),
    work: &dyn Fn(&mut dyn Read) -> Result<T, UnpackError>,
) -> Result<T, NotRead> {
    let mut reader = Counted { reader, counted, failed: None };
    let result = work(&mut reader);
    if let Some(error) = reader.failed {
        return Err(NotRead::Transfer(error));
    }
    // Over a limit or unwritable: the rest of the bytes cannot change that.
    if !matches!(result, Err(UnpackError::Write { .. } | UnpackError::Archive(ArchiveError::Limit { .. }))) {
        reader.reader.finish().map_err(NotRead::Transfer)?;
    }
    result.map_err(NotRead::Archive)
}

/// Counts what is read, and keeps the transfer's error, which a parser may take for an end of the data.
struct Counted<'a> {
    reader: BlobReader,
    counted: &'a dyn Fn(u64),
    failed: Option<ClientError>,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(io::Error::other(error.to_string()));
        }
        match self.reader.read(out) {
            Ok(count) => {
                (self.counted)(count as u64);
                Ok(count)
            }
            // The client's error comes through `io::Error`, which keeps it.
            Err(error) => Err(match error.downcast::<ClientError>() {
                Ok(error) => {
                    let text = error.to_string();
                    self.failed = Some(error);
                    io::Error::other(text)
                }
                Err(error) => error,
            }),
        }
    }
}
