//! Pushing one pack: is it there already, make the repositories, send, read back.

use super::args::Plan;
use super::prepare::Prepared;
use super::report::{Outcome, PackReport};
use crate::commands::remote::{Registry, Transfers, with_hint};
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use packyard_oci::aws::{EcrApi, ImageId};
use packyard_oci::client::{BlobSource, ClientError, Hop};
use packyard_oci::pack_artifact::{self, PackLayer};
use packyard_oci::{Digest, Reference, RepoName, media};

pub(super) struct Pusher<'a> {
    registry: Registry,
    plan: &'a Plan,
    uploads: Transfers,
    base_is_there: bool,
}

/// What the tag holds now.
enum Current {
    Nothing,
    /// The same archive; the digest is the manifest's.
    Same(Digest),
    Other,
}

impl<'a> Pusher<'a> {
    pub(super) fn new(registry: Registry, plan: &'a Plan, uploads: Transfers) -> Self {
        Self { registry, plan, uploads, base_is_there: false }
    }

    pub(super) fn reference(&self, pack: &Prepared) -> String {
        self.plan.reference(pack)
    }

    pub(super) async fn push(&mut self, pack: &Prepared, printer: &Printer) -> anyhow::Result<PackReport> {
        let repository = self.plan.repository(pack)?;
        let manifest = Bytes::from(pack_artifact::manifest(Some(&pack.layer), self.plan.created.as_deref()));
        let current = self.current(&repository, pack, &Digest::sha256(&manifest)).await?;
        if let Current::Same(digest) = current {
            return Ok(self.report(pack, Outcome::Unchanged, &digest, Vec::new()));
        }
        let created = self.make_repositories(&repository, matches!(current, Current::Nothing), printer).await?;
        self.send(&repository, pack, manifest.clone()).await?;
        let digest = Digest::sha256(&manifest);
        self.verify(&repository, pack, &digest).await?;
        let outcome = if matches!(current, Current::Other) { Outcome::Replaced } else { Outcome::Published };
        Ok(self.report(pack, outcome, &digest, created))
    }

    fn report(&self, pack: &Prepared, outcome: Outcome, digest: &Digest, created: Vec<String>) -> PackReport {
        let mut report = PackReport::of(pack, &self.reference(pack), outcome);
        report.digest = Some(digest.to_string());
        report.repositories_created = created;
        report
    }

    /// "Unchanged" means that the tag's archive is ours, whoever pushed it. With the guide's rights ECR shows only the
    /// manifest's digest and the archive's size: an equal digest is equal; another size is not. Only in between is the
    /// manifest asked for, and a refusal there means "changed".
    async fn current(&self, repository: &RepoName, pack: &Prepared, ours: &Digest) -> anyhow::Result<Current> {
        let Some(api) = &self.registry.ecr else {
            return self.current_by_manifest(repository, pack).await.map_err(with_hint);
        };
        let Some(image) = describe(api, repository, pack).await? else { return Ok(Current::Nothing) };
        if image.image_digest == ours.as_str() {
            return Ok(Current::Same(ours.clone()));
        }
        let config = pack_artifact::CONFIG.len() as u64;
        if image.image_size_in_bytes.is_some_and(|size| size != pack.layer.size && size != pack.layer.size + config) {
            return Ok(Current::Other);
        }
        match self.current_by_manifest(repository, pack).await {
            Ok(Current::Nothing) | Err(ClientError { hop: Hop::Permission, .. }) => Ok(Current::Other),
            other => other.map_err(with_hint),
        }
    }

    async fn current_by_manifest(&self, repository: &RepoName, pack: &Prepared) -> Result<Current, ClientError> {
        let reference = Reference::Tag(pack.tag.clone());
        let fetched = match self.registry.client.get_manifest(repository, &reference).await {
            Ok(Some(fetched)) => fetched,
            Ok(None) => return Ok(Current::Nothing),
            // Something is there that cannot be read: it gets replaced.
            Err(error) if matches!(error.hop, Hop::Content | Hop::Limit) => return Ok(Current::Other),
            Err(error) => return Err(error),
        };
        let same = fetched.parse().is_ok_and(|manifest| {
            matches!(pack_artifact::find_layer(&manifest), Ok(PackLayer::Found(layer)) if layer.digest == pack.layer.digest)
        });
        Ok(if same { Current::Same(fetched.digest) } else { Current::Other })
    }

    /// The base path once, and the pack's own. Gives those that were new.
    async fn make_repositories(
        &mut self,
        repository: &RepoName,
        may_be_new: bool,
        printer: &Printer,
    ) -> anyhow::Result<Vec<String>> {
        let mut created = Vec::new();
        let base = &self.plan.archive_repository;
        if !self.base_is_there && self.registry.make_base(base, printer).await? {
            created.push(base.to_string());
        }
        self.base_is_there = true;
        // Without an API the push makes it; what is created is told only when the push has succeeded.
        let is_new = may_be_new
            && match self.registry.ecr {
                Some(_) => self.registry.make_repository(repository).await?,
                None => self.is_missing(repository).await,
            };
        created.extend(is_new.then(|| repository.to_string()));
        Ok(created)
    }

    /// True only where the registry says so: one that does not give its lists to this user says nothing about it.
    async fn is_missing(&self, repository: &RepoName) -> bool {
        matches!(self.registry.client.tags(repository).await, Ok(None))
    }

    async fn send(&self, repository: &RepoName, pack: &Prepared, manifest: Bytes) -> anyhow::Result<()> {
        let client = &self.registry.client;
        let explain = |error| self.explain(error, repository, pack);
        self.registry.push_config(repository).await.map_err(explain)?;
        let source = BlobSource::File { path: pack.archive.clone(), size: pack.layer.size };
        let upload = self.uploads.start(&pack.layer.file_name, pack.layer.size);
        client.push_blob(repository, &pack.layer.digest, &source, None, upload.progress()).await.map_err(explain)?;
        drop(upload);
        let reference = Reference::Tag(pack.tag.clone());
        client.put_manifest(repository, &reference, media::OCI_MANIFEST, manifest).await.map_err(explain)?;
        Ok(())
    }

    fn explain(&self, error: ClientError, repository: &RepoName, pack: &Prepared) -> anyhow::Error {
        let immutable = error.has_code("TAG_INVALID") || error.codes.iter().any(|c| c.message.contains("immutable"));
        if immutable {
            return anyhow!("{error}; the tag {} may not be overwritten: raise the version in pack.json", pack.tag);
        }
        if error.has_code("NAME_UNKNOWN") && self.registry.ecr.is_none() {
            return anyhow!(
                "{error}; create the repositories {} and {repository} first, or give AWS keys so that this can be done for you",
                self.plan.archive_repository
            );
        }
        with_hint(error)
    }

    /// Reads back what the registry has under the tag.
    async fn verify(&self, repository: &RepoName, pack: &Prepared, digest: &Digest) -> anyhow::Result<()> {
        let reference = self.reference(pack);
        let found = match &self.registry.ecr {
            Some(api) => describe(api, repository, pack).await?.map(|image| image.image_digest),
            None => self.digest_of_tag(repository, pack).await.map_err(with_hint)?.map(|digest| digest.to_string()),
        };
        match found {
            Some(found) if found == digest.as_str() => Ok(()),
            Some(found) => bail!(
                "pushed {digest} to {reference}, but the registry now has {found} there: somebody else pushed at the same time"
            ),
            None => bail!("pushed {digest} to {reference}, but the registry does not have the tag"),
        }
    }

    async fn digest_of_tag(&self, repository: &RepoName, pack: &Prepared) -> Result<Option<Digest>, ClientError> {
        let (client, reference) = (&self.registry.client, Reference::Tag(pack.tag.clone()));
        match client.head_manifest(repository, &reference).await? {
            Some(head) if head.digest.is_some() => Ok(head.digest),
            Some(_) => Ok(client.get_manifest(repository, &reference).await?.map(|fetched| fetched.digest)),
            None => Ok(None),
        }
    }
}

async fn describe(
    api: &EcrApi,
    repository: &RepoName,
    pack: &Prepared,
) -> anyhow::Result<Option<packyard_oci::aws::ImageDetail>> {
    api.describe_image(repository, &ImageId::tag(&pack.tag))
        .await
        .map_err(with_hint)
        .context("the registry could not be asked what it has")
}
