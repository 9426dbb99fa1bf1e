//! Sending one pack: the repository ready, the archive, the manifest, and the tag read back.

use super::ask::{Asker, Current};
use super::places::Places;
use super::plan::Plan;
use super::prepare::Prepared;
use crate::commands::remote::{Registry, Transfers, with_hint};
use anyhow::{anyhow, bail};
use bytes::Bytes;
use packyard_oci::client::{BlobSource, ClientError};
use packyard_oci::{Digest, Reference, RepoName, media};

pub(super) struct Pusher<'a> {
    pub(super) registry: &'a Registry,
    pub(super) plan: &'a Plan,
    pub(super) places: &'a Places<'a>,
    pub(super) transfers: &'a Transfers,
}

impl Pusher<'_> {
    /// The digest that the registry has after it.
    pub(super) async fn push(&self, pack: &Prepared, current: &Current) -> anyhow::Result<Digest> {
        let repository = self.plan.repository(pack)?;
        let ready = self.places.ready(&repository, current).await?;
        let explain = |error| explain(error, self.registry, self.plan, &repository);
        self.send_archive(&repository, pack, ready.is_new).await.map_err(explain)?;
        let manifest = Bytes::from(self.plan.manifest(pack));
        let digest = Digest::sha256(&manifest);
        let reference = Reference::Tag(pack.tag.clone());
        let put = self.registry.client.put_manifest(&repository, &reference, media::OCI_MANIFEST, manifest).await;
        put.map_err(|error| if is_immutable(&error) { immutable(error, pack) } else { explain(error) })?;
        if ready.is_new {
            self.places.note_created(&repository);
        }
        self.verify(&repository, pack, &digest).await?;
        Ok(digest)
    }

    async fn send_archive(&self, repository: &RepoName, pack: &Prepared, is_new: bool) -> Result<(), ClientError> {
        let client = &self.registry.client;
        let source = BlobSource::File { path: pack.archive.clone(), size: pack.layer.size };
        let digest = &pack.layer.digest;
        if !is_new && client.head_blob(repository, digest).await?.is_some() {
            return Ok(());
        }
        let upload = self.transfers.start(&pack.layer.file_name, pack.layer.size);
        client.upload_blob(repository, digest, &source, None, upload.progress()).await.map(drop)
    }

    /// Reads back what the registry has under the tag.
    async fn verify(&self, repository: &RepoName, pack: &Prepared, digest: &Digest) -> anyhow::Result<()> {
        let reference = self.plan.reference(pack);
        let asker = Asker { registry: self.registry, plan: self.plan };
        match asker.digest(repository, pack).await? {
            Some(found) if found == digest.as_str() => Ok(()),
            Some(found) => bail!(
                "pushed {digest} to {reference}, but the registry now has {found} there: somebody else pushed at the same time"
            ),
            None => bail!("pushed {digest} to {reference}, but the registry does not have the tag"),
        }
    }
}

fn is_immutable(error: &ClientError) -> bool {
    error.has_code("TAG_INVALID") || error.codes.iter().any(|code| code.message.contains("immutable"))
}

fn immutable(error: ClientError, pack: &Prepared) -> anyhow::Error {
    anyhow!("{error}; the tag {} may not be overwritten: raise the version in pack.json", pack.tag)
}

/// The error with what a person can do about it.
pub(super) fn explain(error: ClientError, registry: &Registry, plan: &Plan, repository: &RepoName) -> anyhow::Error {
    if error.has_code("NAME_UNKNOWN") && !registry.makes_repositories() {
        return anyhow!(
            "{error}; create the repositories {} and {repository} first, or give AWS keys so that this can be done for you",
            plan.archive_repository
        );
    }
    with_hint(error)
}
