//! What the registry has under a pack's tag. Asks only, and with as few requests as possible: one for a pack that is
//! there unchanged.

use super::plan::Plan;
use super::prepare::Prepared;
use crate::commands::remote::{Registry, with_hint};
use crate::terminal::line;
use anyhow::Context;
use packyard_oci::aws::{EcrApi, Found, ImageId};
use packyard_oci::client::{ClientError, FetchedManifest, Hop};
use packyard_oci::pack_artifact::{self, PackLayer};
use packyard_oci::{Digest, Manifest, Reference, RepoName};

/// What the tag holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Current {
    /// Not even the repository is there; only ECR says so.
    NoRepository,
    NoTag,
    /// The same archive, whoever pushed it; the digest is the manifest's. `annotated` when it has those that were asked for.
    Same {
        digest: Digest,
        annotated: bool,
    },
    /// Something else, or what cannot be told from something else.
    Other {
        digest: Option<String>,
        unseen: bool,
    },
}

pub(super) struct Asker<'a> {
    pub(super) registry: &'a Registry,
    pub(super) plan: &'a Plan,
}

impl Asker<'_> {
    /// "Same" means that the tag's archive is ours. With the guide's rights ECR shows only the manifest's digest and the
    /// archive's size: an equal digest is equal; another size is not. Only in between is the manifest asked for.
    pub(super) async fn current(&self, repository: &RepoName, pack: &Prepared) -> anyhow::Result<Current> {
        let Some(api) = &self.registry.ecr else {
            return self.by_manifest(repository, pack).await.map_err(with_hint);
        };
        let image = match look_up(api, repository, pack).await? {
            Found::NoRepository => return Ok(Current::NoRepository),
            Found::NoImage => return Ok(Current::NoTag),
            Found::Image(image) => image,
        };
        let ours = Digest::sha256(&self.plan.manifest(pack));
        if image.image_digest == ours.as_str() {
            return Ok(Current::Same { digest: ours, annotated: true });
        }
        let other = |unseen| Current::Other { digest: Some(image.image_digest.clone()), unseen };
        let config = pack_artifact::CONFIG.len() as u64;
        if image.image_size_in_bytes.is_some_and(|size| size != pack.layer.size && size != pack.layer.size + config) {
            return Ok(other(false));
        }
        match self.by_manifest(repository, pack).await {
            Ok(Current::NoTag) => Ok(other(false)),
            Err(ClientError { hop: Hop::Permission, .. }) => Ok(other(true)),
            read => read.map_err(with_hint),
        }
    }

    async fn by_manifest(&self, repository: &RepoName, pack: &Prepared) -> Result<Current, ClientError> {
        let reference = Reference::Tag(pack.tag.clone());
        let fetched = match self.registry.client.get_manifest(repository, &reference).await {
            Ok(Some(fetched)) => fetched,
            Ok(None) => return Ok(Current::NoTag),
            // Something is there that cannot be read.
            Err(error) if matches!(error.hop, Hop::Content | Hop::Limit) => {
                return Ok(Current::Other { digest: None, unseen: false });
            }
            Err(error) => return Err(error),
        };
        Ok(self.compared(fetched, pack))
    }

    fn compared(&self, fetched: FetchedManifest, pack: &Prepared) -> Current {
        let manifest = fetched.parse().ok().filter(|manifest| {
            matches!(pack_artifact::find_layer(manifest), Ok(PackLayer::Found(layer)) if layer.digest == pack.layer.digest)
        });
        match manifest {
            Some(manifest) => Current::Same { annotated: self.is_annotated(&manifest), digest: fetched.digest },
            None => Current::Other { digest: Some(fetched.digest.to_string()), unseen: false },
        }
    }

    /// A time alone is no change; an annotation that was asked for is.
    fn is_annotated(&self, manifest: &Manifest) -> bool {
        self.plan.annotations.iter().all(|(key, value)| manifest.annotations.get(key) == Some(value))
    }

    /// What the registry has under the tag.
    pub(super) async fn digest(&self, repository: &RepoName, pack: &Prepared) -> anyhow::Result<Option<String>> {
        if let Some(api) = &self.registry.ecr {
            return Ok(match look_up(api, repository, pack).await? {
                Found::Image(image) => Some(image.image_digest),
                Found::NoImage | Found::NoRepository => None,
            });
        }
        self.registry.digest_by_head(repository, &pack.tag).await
    }

    /// True only where the registry says so: one that does not give its lists to this user says nothing about it.
    pub(super) async fn lacks(&self, repository: &RepoName, current: &Current) -> bool {
        match current {
            Current::NoRepository => true,
            Current::NoTag if self.registry.ecr.is_none() => {
                matches!(self.registry.client.tags(repository).await, Ok(None))
            }
            _ => false,
        }
    }
}

async fn look_up(api: &EcrApi, repository: &RepoName, pack: &Prepared) -> anyhow::Result<Found> {
    let found = api.find_image(repository, &ImageId::tag(&pack.tag)).await;
    let mut found = found.map_err(with_hint).context("the registry could not be asked what it has")?;
    if let Found::Image(image) = &mut found {
        // It is shown, and is whatever the other side says.
        image.image_digest = line(&image.image_digest).into_owned();
    }
    Ok(found)
}
