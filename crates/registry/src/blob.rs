//! Blobs: shown per repository, stored once. A digest known to the registry is unknown in every repository that does not
//! show it, so nobody learns what others have.

use crate::{Error, Registry, Repository, Result};
use bytes::Bytes;
use packyard_oci::Digest;
use packyard_store::objects::{ObjectKey, ObjectStream};
use packyard_store::registry::{BlobPlace, BlobRow};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What is known of a blob.
#[derive(Debug)]
pub struct Blob {
    pub digest: Digest,
    pub size: u64,
    place: BlobPlace,
    fresh_at_ms: AtomicI64,
}

/// A part of a blob.
#[derive(Debug)]
pub enum BlobContent {
    Whole(Bytes),
    Stream(ObjectStream),
}

impl Registry {
    /// The blob, if the repository shows it.
    pub async fn blob(&self, repository: &Repository, digest: &Digest) -> Result<Arc<Blob>> {
        let key = (repository.id, digest.to_string());
        let cache = &self.inner.blob_cache;
        if let Some(found) = cache.get(&key) {
            return Ok(found);
        }
        let stamp = cache.stamp(&key);
        let row = self.inner.blobs.find(repository.id, digest.as_str()).await?;
        let found = Arc::new(Blob::read(row.ok_or_else(|| Error::BlobUnknown(digest.clone()))?, digest.clone()));
        let bytes = 256 + if let BlobPlace::Inline(content) = &found.place { content.len() } else { 0 };
        cache.put(key, found.clone(), bytes, stamp);
        Ok(found)
    }

    /// The same for somebody who will rely on it, as a push does that skips what is there: the collector spares the
    /// blob for a whole grace period from now.
    pub(crate) async fn blob_to_rely_on(&self, repository: &Repository, digest: &Digest) -> Result<Arc<Blob>> {
        let blob = self.blob(repository, digest).await?;
        let now = self.now_ms();
        let half_grace = i64::try_from(self.config().collector.grace.as_millis() / 2).unwrap_or(i64::MAX);
        if now - blob.fresh_at_ms.load(Ordering::Relaxed) < half_grace {
            return Ok(blob);
        }
        if !self.inner.blobs.touch(repository.id, digest.as_str()).await? {
            self.inner.blob_cache.forget(&(repository.id, digest.to_string()));
            return Err(Error::BlobUnknown(digest.clone()));
        }
        blob.fresh_at_ms.store(now, Ordering::Relaxed);
        Ok(blob)
    }

    /// Bytes `range` of a blob, which lies within its size.
    pub(crate) async fn read_blob(
        &self,
        repository: &Repository,
        blob: &Arc<Blob>,
        range: Range<u64>,
    ) -> Result<BlobContent> {
        match self.open_blob(blob, range.clone()).await {
            Ok(content) => Ok(content),
            Err(error) if lost(&error) => {
                // Memory may be behind: the blob may have been collected and pushed again under another key.
                self.inner.blob_cache.forget(&(repository.id, blob.digest.to_string()));
                let again = self.blob(repository, &blob.digest).await?;
                match self.open_blob(&again, range).await {
                    Ok(content) => Ok(content),
                    Err(error) => Err(self.damaged(repository, &again, error).await),
                }
            }
            Err(error) => Err(unreadable(&blob.digest, error)),
        }
    }

    async fn open_blob(&self, blob: &Blob, range: Range<u64>) -> io::Result<BlobContent> {
        match &blob.place {
            BlobPlace::Inline(content) => {
                let at = |offset| usize::try_from(offset).map_err(io::Error::other);
                let (start, end) = (at(range.start)?, at(range.end)?);
                if start > end || end > content.len() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(BlobContent::Whole(content.slice(start..end)))
            }
            BlobPlace::Object(key) => {
                let key = ObjectKey::parse(key).map_err(io::Error::other)?;
                Ok(BlobContent::Stream(self.inner.objects.read(&key, range).await?))
            }
        }
    }

    /// Notes that a blob's object is missing or short, so that clients are told it is not there and push it again.
    async fn damaged(&self, repository: &Repository, blob: &Blob, error: io::Error) -> Error {
        if !lost(&error) {
            return unreadable(&blob.digest, error);
        }
        tracing::error!(digest = %blob.digest, place = ?blob.place_name(), %error, "a blob is damaged; its next push mends it");
        if let BlobPlace::Object(key) = &blob.place
            && let Err(error) = self.inner.blobs.damaged(blob.digest.as_str(), key).await
        {
            tracing::error!(%error, digest = %blob.digest, "could not note that a blob is damaged");
        }
        self.inner.blob_cache.forget(&(repository.id, blob.digest.to_string()));
        Error::BlobDamaged(blob.digest.clone())
    }

    /// Whether a manifest of the repository refers to the blob.
    pub(crate) async fn blob_is_referred_to(&self, repository: &Repository, digest: &Digest) -> Result<bool> {
        Ok(self.inner.blobs.is_referred_to(repository.id, digest.as_str()).await?)
    }

    /// Shows in `repository` a blob that `source` shows; false when it does not.
    pub async fn mount(&self, repository: &Repository, source: &Repository, digest: &Digest) -> Result<bool> {
        let done = self.inner.blobs.mount(repository.id, source.id, digest.as_str()).await?;
        self.inner.blob_cache.forget(&(repository.id, digest.to_string()));
        Ok(done)
    }

    /// Removes a blob from what the repository shows.
    pub(crate) async fn delete_blob(&self, actor: &str, repository: &Repository, digest: &Digest) -> Result<()> {
        let gone = self.inner.blobs.unlink(actor, repository.id, repository.name.as_str(), digest.as_str()).await;
        self.inner.blob_cache.forget(&(repository.id, digest.to_string()));
        match gone {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::BlobUnknown(digest.clone())),
            Err(packyard_store::Error::Conflict(manifest)) => {
                Err(Error::BlobInUse { digest: digest.clone(), manifest })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Blob {
    fn read(row: BlobRow, digest: Digest) -> Self {
        Self { digest, size: row.size, place: row.place, fresh_at_ms: AtomicI64::new(row.fresh_at) }
    }

    fn place_name(&self) -> &str {
        match &self.place {
            BlobPlace::Inline(_) => "the database",
            BlobPlace::Object(key) => key,
        }
    }
}

/// The object is not there, or not all of it.
fn lost(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof)
}

fn unreadable(digest: &Digest, source: io::Error) -> Error {
    tracing::error!(%digest, error = %source, "could not read a blob");
    Error::BlobUnreadable { digest: digest.clone(), source }
}
