//! Repositories that are made where they are missing, as the two guides make them.

use super::Registry;
use super::registry::with_hint;
use bytes::Bytes;
use packyard_oci::aws::{Created, EcrApi, RepositorySettings};
use packyard_oci::client::{BlobSource, ClientError};
use packyard_oci::pack_artifact::{self, Annotations};
use packyard_oci::{Digest, Reference, RepoName, media};

/// What became of the repository of a base path.
#[derive(Debug)]
pub(crate) enum Base {
    Made,
    There,
    /// Packs can live without it: a registry that refuses an artifact without a file is to be warned about.
    Refused(ClientError),
}

impl Registry {
    /// Makes the repository of a base path. Through the ECR API where there is one, else by an artifact without tag and
    /// file.
    pub(crate) async fn make_base(&self, base: &RepoName, settings: &RepositorySettings) -> anyhow::Result<Base> {
        if self.makes_repositories() {
            let made = self.make_repository(base, settings).await?;
            return Ok(if made { Base::Made } else { Base::There });
        }
        Ok(match self.push_base(base).await {
            Ok(true) => Base::Made,
            Ok(false) => Base::There,
            Err(error) => Base::Refused(error),
        })
    }

    /// Makes a repository through the ECR API; true when it was not there. Elsewhere the first push makes it.
    pub(crate) async fn make_repository(&self, name: &RepoName, settings: &RepositorySettings) -> anyhow::Result<bool> {
        let Some(api) = self.repository_maker() else { return Ok(false) };
        Ok(api.create_repository(name, settings).await.map_err(with_hint)? == Created::New)
    }

    /// Whether the repository of a base path is missing; asks only.
    pub(crate) async fn lacks_base(&self, base: &RepoName) -> Result<bool, ClientError> {
        if let Some(api) = &self.ecr {
            return Ok(!api.has_repository(base).await?);
        }
        // Some registries list no tags of a repository without any, and answer 404 as if it were not there.
        let there = self.client.head_manifest(base, &base_artifact().1).await?.is_some();
        Ok(!there && self.client.tags(base).await?.is_none())
    }

    /// Whether there is an API for that.
    pub(crate) fn makes_repositories(&self) -> bool {
        self.repository_maker().is_some()
    }

    fn repository_maker(&self) -> Option<&EcrApi> {
        self.ecr.as_ref().or(self.ecr_public.as_ref())
    }

    async fn push_base(&self, base: &RepoName) -> Result<bool, ClientError> {
        if !self.lacks_base(base).await? {
            return Ok(false);
        }
        let (manifest, reference) = base_artifact();
        self.push_config(base).await?;
        self.client.put_manifest(base, &reference, media::OCI_MANIFEST, manifest).await.map(|_| true)
    }

    /// The config that every pack's manifest has, into a repository that may have it.
    pub(crate) async fn push_config(&self, repository: &RepoName) -> Result<(), ClientError> {
        let (digest, source) = config();
        self.client.push_blob(repository, &digest, &source, None, None).await.map(drop)
    }

    /// The same into one that is known to be new; from a repository that has the config, it is mounted.
    pub(crate) async fn upload_config(
        &self,
        repository: &RepoName,
        from: Option<&RepoName>,
    ) -> Result<(), ClientError> {
        let (digest, source) = config();
        self.client.upload_blob(repository, &digest, &source, from, None).await.map(drop)
    }
}

fn config() -> (Digest, BlobSource) {
    (Digest::sha256(pack_artifact::CONFIG), BlobSource::Bytes(Bytes::from_static(pack_artifact::CONFIG)))
}

/// The artifact without a file that makes a base repository, and its place there.
pub(crate) fn base_artifact() -> (Bytes, Reference) {
    let manifest = Bytes::from(pack_artifact::manifest(None, &Annotations::new()));
    let reference = Reference::Digest(Digest::sha256(&manifest));
    (manifest, reference)
}
