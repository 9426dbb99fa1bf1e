//! Repositories that are made where they are missing, as the two guides make them.

use super::Registry;
use super::registry::with_hint;
use crate::printer::Printer;
use bytes::Bytes;
use packyard_oci::aws::{Created, EcrApi};
use packyard_oci::client::{BlobSource, ClientError};
use packyard_oci::{Digest, Reference, RepoName, media, pack_artifact};

impl Registry {
    /// Makes the repository of a base path; true when it was not there. Through the ECR API where there is one, else by an
    /// artifact without tag and file. Packs can live without it: a registry that refuses such an artifact is warned about.
    pub(crate) async fn make_base(&self, base: &RepoName, printer: &Printer) -> anyhow::Result<bool> {
        if self.repository_maker().is_some() {
            return self.make_repository(base).await;
        }
        Ok(self.push_base(base).await.unwrap_or_else(|error| {
            printer.warn(&format_args!("the base repository {base} was not made: {error}"));
            false
        }))
    }

    /// Makes a repository through the ECR API; true when it was not there. Elsewhere the first push makes it.
    pub(crate) async fn make_repository(&self, name: &RepoName) -> anyhow::Result<bool> {
        let Some(api) = self.repository_maker() else { return Ok(false) };
        Ok(api.create_repository(name).await.map_err(with_hint)? == Created::New)
    }

    fn repository_maker(&self) -> Option<&EcrApi> {
        self.ecr.as_ref().or(self.ecr_public.as_ref())
    }

    async fn push_base(&self, base: &RepoName) -> Result<bool, ClientError> {
        let manifest = Bytes::from(pack_artifact::manifest(None, None));
        let reference = Reference::Digest(Digest::sha256(&manifest));
        // Some registries list no tags of a repository without any, and answer 404 as if it were not there.
        if self.client.head_manifest(base, &reference).await?.is_some() || self.client.tags(base).await?.is_some() {
            return Ok(false);
        }
        self.push_config(base).await?;
        self.client.put_manifest(base, &reference, media::OCI_MANIFEST, manifest).await.map(|_| true)
    }

    /// The config that every pack's manifest has.
    pub(crate) async fn push_config(&self, repository: &RepoName) -> Result<(), ClientError> {
        let source = BlobSource::Bytes(Bytes::from_static(pack_artifact::CONFIG));
        let digest = Digest::sha256(pack_artifact::CONFIG);
        self.client.push_blob(repository, &digest, &source, None, None).await.map(drop)
    }
}
