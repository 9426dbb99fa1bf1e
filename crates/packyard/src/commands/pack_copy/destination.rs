//! Where copies go: what is there already, the repositories, blobs by mount or through a file, and the proof at the end.

use super::report::{Copied, Outcome};
use crate::commands::remote::{Base, Registry, RemotePack, Transfers, with_hint};
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use futures_util::StreamExt;
use packyard_oci::aws::{ImageId, RepositorySettings};
use packyard_oci::client::{BlobSource, ClientError, Endpoint, Hop, Upload};
use packyard_oci::pack_artifact::{self, PackLayer};
use packyard_oci::{Descriptor, Digest, Manifest, Reference, RepoName, Tag};
use std::collections::HashSet;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

pub(super) struct Destination {
    pub(super) registry: Registry,
    /// `<base>/spectro-packs/archive`.
    archive: RepoName,
    force: bool,
    transfers: Transfers,
    base_is_there: bool,
    work: TempDir,
}

/// What a tag holds.
enum Current {
    Nothing,
    Same,
    Other(String),
}

impl Destination {
    pub(super) fn new(
        registry: Registry,
        endpoint: &Endpoint,
        force: bool,
        transfers: Transfers,
    ) -> anyhow::Result<Self> {
        let archive = pack_artifact::archive_repository(endpoint.base_path.as_ref())?;
        let work = tempfile::tempdir().context("could not make a temporary folder for the archives")?;
        Ok(Self { registry, archive, force, transfers, base_is_there: false, work })
    }

    /// Makes the pack be here under the tag.
    pub(super) async fn take(
        &mut self,
        pack: &RemotePack,
        tag: &Tag,
        copied: &mut Copied,
        printer: &Printer,
    ) -> anyhow::Result<Outcome> {
        let repository: RepoName = format!("{}/{}", self.archive, pack.repository.leaf()).parse()?;
        let to = format!("{}/{repository}:{tag}", self.registry.client.endpoint().authority());
        copied.to = Some(to.clone());
        let manifest = pack.manifest.parse().with_context(|| format!("{} cannot be understood", pack.reference))?;
        let current = self.current(&repository, tag, pack.digest(), &manifest).await?;
        let is_new = matches!(current, Current::Nothing) && self.made_by_push(&repository).await;
        let outcome = match current {
            Current::Same => return Ok(Outcome::Unchanged),
            Current::Other(digest) if !self.force => {
                bail!("{to} holds something else, {digest}; --force \"REASON\" replaces it")
            }
            Current::Other(_) => Outcome::Replaced,
            Current::Nothing => Outcome::Copied,
        };
        self.make_repositories(&repository, copied, printer).await?;
        let mut done = HashSet::new();
        for blob in manifest.required_blobs().filter(|blob| done.insert(blob.digest.clone())) {
            self.take_blob(pack, blob, &repository, copied).await?;
        }
        let reference = Reference::Tag(tag.clone());
        let bytes = pack.manifest.bytes.clone();
        let written = self.registry.client.put_manifest(&repository, &reference, &manifest.media_type, bytes).await;
        written.map_err(|error| explain(error, tag))?;
        if is_new {
            copied.repositories_created.push(repository.to_string());
        }
        self.verify(&repository, tag, pack.digest(), &to).await?;
        Ok(outcome)
    }

    /// Where no API makes repositories, a push makes one that is not there.
    async fn made_by_push(&self, repository: &RepoName) -> bool {
        !self.registry.makes_repositories() && matches!(self.registry.client.tags(repository).await, Ok(None))
    }

    async fn current(
        &self,
        repository: &RepoName,
        tag: &Tag,
        digest: &Digest,
        ours: &Manifest,
    ) -> anyhow::Result<Current> {
        let Some(found) = self.digest_at(repository, tag).await? else { return Ok(Current::Nothing) };
        if found == digest.as_str() {
            return Ok(Current::Same);
        }
        // The same archive under another manifest, pushed by another tool, is the same pack.
        let same = match self.registry.client.get_manifest(repository, &Reference::Tag(tag.clone())).await {
            Ok(Some(theirs)) => theirs.parse().is_ok_and(|theirs| {
                matches!((layer(&theirs), layer(ours)), (Some(theirs), Some(ours)) if theirs.digest == ours.digest)
            }),
            // ECR shows the digest to who may push; the manifest only to who may read.
            Ok(None) => false,
            Err(error) if matches!(error.hop, Hop::Permission | Hop::Content | Hop::Limit) => false,
            Err(error) => return Err(with_hint(error)),
        };
        Ok(if same { Current::Same } else { Current::Other(found) })
    }

    /// Through the ECR API where there is one: the guide's rights allow that and not the reading of manifests.
    async fn digest_at(&self, repository: &RepoName, tag: &Tag) -> anyhow::Result<Option<String>> {
        if let Some(api) = &self.registry.ecr {
            let image = api.describe_image(repository, &ImageId::tag(tag)).await.map_err(with_hint)?;
            return Ok(image.map(|image| image.image_digest));
        }
        self.registry.digest_by_head(repository, tag).await
    }

    /// As publish does: the base once and the pack's own, through the ECR API, else the base by an empty artifact.
    async fn make_repositories(
        &mut self,
        repository: &RepoName,
        copied: &mut Copied,
        printer: &Printer,
    ) -> anyhow::Result<()> {
        let settings = RepositorySettings::default();
        if !self.base_is_there {
            match self.registry.make_base(&self.archive, &settings).await? {
                Base::Made => copied.repositories_created.push(self.archive.to_string()),
                Base::There => {}
                Base::Refused(error) => {
                    printer.warn(&format_args!("the base repository {} was not made: {error}", self.archive));
                }
            }
        }
        self.base_is_there = true;
        if self.registry.make_repository(repository, &settings).await? {
            copied.repositories_created.push(repository.to_string());
        }
        Ok(())
    }

    async fn take_blob(
        &self,
        pack: &RemotePack,
        blob: &Descriptor,
        repository: &RepoName,
        copied: &mut Copied,
    ) -> anyhow::Result<()> {
        let client = &self.registry.client;
        if client.head_blob(repository, &blob.digest).await.map_err(with_hint)?.is_some() {
            copied.blobs_there += 1;
            return Ok(());
        }
        if pack.client.endpoint().origin() == client.endpoint().origin() {
            match client.mount_blob(repository, &blob.digest, &pack.repository).await {
                Ok(true) => {
                    copied.blobs_mounted += 1;
                    return Ok(());
                }
                // The registry would rather have the bytes.
                Ok(false) => {}
                Err(error) if matches!(error.hop, Hop::Permission | Hop::Rejected | Hop::Path) => {}
                Err(error) => return Err(with_hint(error)),
            }
        }
        let path = self.work.path().join("blob");
        self.fetch(pack, blob, &path).await?;
        let source = BlobSource::File { path, size: blob.size };
        let upload = self.transfers.start(&pack.reference, blob.size);
        match client.push_blob(repository, &blob.digest, &source, None, upload.progress()).await.map_err(with_hint)? {
            Upload::AlreadyThere => copied.blobs_there += 1,
            Upload::Mounted => copied.blobs_mounted += 1,
            Upload::Uploaded => {
                copied.blobs_sent += 1;
                copied.bytes_sent += blob.size;
            }
        }
        Ok(())
    }

    /// The stream ends with an error unless size and digest are those of the manifest, so the file is right.
    async fn fetch(&self, pack: &RemotePack, blob: &Descriptor, path: &std::path::Path) -> anyhow::Result<()> {
        let doing = || format!("could not write {}", path.display());
        let mut stream =
            pack.client.get_blob(&pack.repository, &blob.digest, Some(blob.size)).await.map_err(with_hint)?;
        let mut file = tokio::fs::File::create(path).await.with_context(doing)?;
        let bar = self.transfers.download(&pack.reference, blob.size);
        let counted = bar.reads();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(with_hint)?;
            counted(chunk.len() as u64);
            file.write_all(&chunk).await.with_context(doing)?;
        }
        file.flush().await.with_context(doing)
    }

    async fn verify(&self, repository: &RepoName, tag: &Tag, digest: &Digest, to: &str) -> anyhow::Result<()> {
        match self.digest_at(repository, tag).await? {
            Some(found) if found == digest.as_str() => Ok(()),
            Some(found) => {
                bail!("pushed {digest} to {to}, but {found} is there now: somebody else pushed at the same time")
            }
            None => bail!("pushed {digest} to {to}, but the registry does not have the tag"),
        }
    }
}

/// The archive's layer, where it is clear which one that is.
fn layer(manifest: &Manifest) -> Option<&Descriptor> {
    match pack_artifact::find_layer(manifest) {
        Ok(PackLayer::Found(layer)) => Some(layer),
        _ => None,
    }
}

fn explain(error: ClientError, tag: &Tag) -> anyhow::Error {
    let immutable = error.has_code("TAG_INVALID") || error.codes.iter().any(|code| code.message.contains("immutable"));
    if immutable { anyhow!("{error}; the tag {tag} may not be overwritten there") } else { with_hint(error) }
}
