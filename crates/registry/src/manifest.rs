//! Manifests: checked once when pushed, then served from memory as the bytes they are.

use crate::{Error, Registry, Repository, Result};
use bytes::Bytes;
use http::HeaderValue;
use packyard_oci::{Algorithm, Descriptor, Digest, Manifest, ManifestError, Reference, Tag};
use packyard_store::registry::{ManifestRow, NewManifest, PutOutcome, PutRefused, TagMove};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A manifest as it is served. The header values are made once.
#[derive(Debug)]
pub struct StoredManifest {
    pub digest: Digest,
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub content: Bytes,
    pub pushed_at_ms: i64,
    pub(crate) content_type: HeaderValue,
    pub(crate) digest_header: HeaderValue,
    pub(crate) etag: HeaderValue,
    /// When a pull was last recorded.
    pulled_at_ms: AtomicI64,
}

/// A manifest to push.
#[derive(Debug, Clone)]
pub struct PutManifest {
    pub content: Bytes,
    /// The request's Content-Type, or the API's imageManifestMediaType.
    pub media_type: Option<String>,
    pub tags: Vec<Tag>,
    /// What the client says the digest is.
    pub digest: Option<Digest>,
    /// Pushing what is there already is [`Error::ImageExists`] (the ECR API) instead of nothing (`/v2`).
    pub refuse_known: bool,
}

/// What was pushed.
#[derive(Debug, Clone)]
pub struct ManifestPut {
    pub digest: Digest,
    pub media_type: String,
    pub subject: Option<Digest>,
}

impl Registry {
    /// Stores a manifest and sets its tags. When this returns, both are durable.
    pub async fn put_manifest(&self, actor: &str, repository: &Repository, put: PutManifest) -> Result<ManifestPut> {
        let media_type = put.media_type.as_deref().map(|text| text.split(';').next().unwrap_or(text).trim());
        let most = self.config().limits.manifest_bytes;
        if put.content.len() > most {
            return Err(ManifestError::TooLarge(most).into());
        }
        let manifest = Manifest::parse(media_type, &put.content)?;
        let algorithm = put.digest.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
        let digest = Digest::of(algorithm, &put.content);
        if let Some(expected) = put.digest.filter(|expected| *expected != digest) {
            return Err(Error::DigestMismatch { expected, actual: digest });
        }
        let blobs = sizes(manifest.required_blobs())?;
        let children = sizes(manifest.children.iter())?;
        let (found, limit) = (blobs.len() + children.len(), self.config().limits.manifest_references);
        if found > limit {
            return Err(Error::TooManyReferences { found, limit });
        }
        let tags: Vec<TagMove<'_>> = put
            .tags
            .iter()
            .map(|tag| TagMove { name: tag.as_str(), overwrite: repository.may_overwrite(tag.as_str()) })
            .collect();
        let descriptor = manifest.subject.is_some().then(|| descriptor(&manifest, &digest, put.content.len()));
        let new = NewManifest {
            repository: repository.id,
            repository_name: repository.name.as_str(),
            digest: digest.as_str(),
            media_type: &manifest.media_type,
            artifact_type: manifest.effective_artifact_type(),
            subject: manifest.subject.as_ref().map(|d| d.digest.as_str()),
            descriptor: descriptor.as_deref(),
            content: &put.content,
            layers_size: manifest.layers.iter().fold(0, |sum, layer| layer.size.saturating_add(sum)),
            blobs: &blobs.into_iter().collect::<Vec<_>>(),
            children: &children.into_iter().collect::<Vec<_>>(),
            tags: &tags,
            refuse_known: put.refuse_known,
        };
        let outcome = self.inner.manifests.put(actor, &new).await;
        for tag in &put.tags {
            self.inner.tag_cache.forget(&(repository.id, tag.to_string()));
        }
        match outcome {
            Ok(PutOutcome::Stored | PutOutcome::Unchanged) => {
                Ok(ManifestPut { digest, media_type: manifest.media_type, subject: manifest.subject.map(|d| d.digest) })
            }
            Err(refused) => Err(self.put_refused(refused, repository, &digest, put.tags.first())),
        }
    }

    fn put_refused(&self, refused: PutRefused, repository: &Repository, digest: &Digest, tag: Option<&Tag>) -> Error {
        let (name, account) = (repository.name.to_string(), self.config().account_id.clone());
        match refused {
            PutRefused::NoRepository => {
                self.inner.repository_cache.forget(&name);
                self.repository_unknown(&repository.name)
            }
            PutRefused::BlobsMissing(digests) => Error::BlobsMissing { digests, repository: name, account },
            PutRefused::ChildrenMissing(digests) => Error::ChildrenMissing { digests, repository: name, account },
            PutRefused::SizeDiffers { digest, claimed, actual } => Error::SizeDiffers { digest, claimed, actual },
            PutRefused::Known => Error::ImageExists {
                digest: digest.to_string(),
                tag: tag.map(ToString::to_string),
                repository: name,
                account,
            },
            PutRefused::TagTaken(tag) => Error::TagImmutable { tag, repository: name },
            PutRefused::Store(error) => error.into(),
        }
    }

    /// The manifest a tag or digest names; without a word to the database when it was asked before.
    pub async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Arc<StoredManifest>> {
        let unknown = || Error::ManifestUnknown { reference: reference.to_string() };
        match reference {
            Reference::Digest(digest) => self.manifest_by_digest(repository, digest).await?.ok_or_else(unknown),
            Reference::Tag(tag) => {
                let digest = self.resolve(repository, tag).await?.ok_or_else(unknown)?;
                if let Some(found) = self.manifest_by_digest(repository, &digest).await? {
                    return Ok(found);
                }
                // The image was deleted by another replica, whose news of the tag has not come here yet.
                self.inner.tag_cache.forget(&(repository.id, tag.to_string()));
                Err(unknown())
            }
        }
    }

    async fn resolve(&self, repository: &Repository, tag: &Tag) -> Result<Option<Digest>> {
        let key = (repository.id, tag.to_string());
        let cache = &self.inner.tag_cache;
        if let Some(digest) = cache.get(&key) {
            return Ok(Some(digest));
        }
        let stamp = cache.stamp(&key);
        let Some(text) = self.inner.manifests.tagged(repository.id, tag.as_str()).await? else { return Ok(None) };
        let digest: Digest =
            text.parse().map_err(|_| packyard_store::Error::Corrupt(format!("digest of tag {tag}")))?;
        cache.put(key, digest.clone(), text.len() + tag.as_str().len(), stamp);
        Ok(Some(digest))
    }

    async fn manifest_by_digest(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<Arc<StoredManifest>>> {
        let key = (repository.id, digest.to_string());
        let cache = &self.inner.manifest_cache;
        if let Some(found) = cache.get(&key) {
            return Ok(Some(found));
        }
        let stamp = cache.stamp(&key);
        let Some(row) = self.inner.manifests.by_digest(repository.id, digest.as_str()).await? else { return Ok(None) };
        let found = Arc::new(StoredManifest::read(row, digest.clone())?);
        cache.put(key, found.clone(), found.content.len() + 512, stamp);
        Ok(Some(found))
    }

    /// Records that the image was pulled, at most once a day, in the background.
    pub fn pulled(&self, repository: &Repository, manifest: &StoredManifest) {
        let now = self.now_ms();
        let before = manifest.pulled_at_ms.load(Ordering::Relaxed);
        if now - before < DAY_MS || manifest.pulled_at_ms.swap(now, Ordering::Relaxed) != before {
            return;
        }
        let (manifests, repository, digest) = (self.inner.manifests.clone(), repository.id, manifest.digest.clone());
        tokio::spawn(async move {
            if let Err(error) = manifests.pulled(repository, digest.as_str(), now).await {
                tracing::warn!(%error, %digest, "could not record a pull");
            }
        });
    }
}

impl StoredManifest {
    fn read(row: ManifestRow, digest: Digest) -> Result<Self> {
        let header = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| packyard_store::Error::Corrupt(format!("media type of manifest {digest}")))
        };
        Ok(Self {
            content_type: header(&row.media_type)?,
            digest_header: header(digest.as_str())?,
            etag: header(&format!("\"{digest}\""))?,
            digest,
            media_type: row.media_type,
            artifact_type: row.artifact_type,
            content: row.content,
            pushed_at_ms: row.pushed_at,
            pulled_at_ms: AtomicI64::new(row.pulled_at.unwrap_or(i64::MIN / 2)),
        })
    }
}

/// Digests with the sizes that the manifest says they have, each once.
fn sizes<'a>(descriptors: impl Iterator<Item = &'a Descriptor>) -> Result<BTreeMap<&'a str, u64>> {
    let mut sizes = BTreeMap::new();
    for descriptor in descriptors {
        let digest = descriptor.digest.as_str();
        let other = *sizes.entry(digest).or_insert(descriptor.size);
        if other != descriptor.size {
            return Err(Error::SizeDiffers { digest: digest.to_owned(), claimed: descriptor.size, actual: other });
        }
    }
    Ok(sizes)
}

/// What referrers list of a manifest (distribution-spec 1.1, "Listing Referrers").
fn descriptor(manifest: &Manifest, digest: &Digest, size: usize) -> String {
    let descriptor = Descriptor {
        media_type: manifest.media_type.clone(),
        digest: digest.clone(),
        size: size as u64,
        artifact_type: manifest.effective_artifact_type().map(str::to_owned),
        annotations: manifest.annotations.clone(),
    };
    serde_json::to_string(&descriptor).unwrap_or_default()
}
