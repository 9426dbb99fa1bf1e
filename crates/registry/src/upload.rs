//! Uploads. A session is a draft in memory, whose bytes go to an object once they are many; opening one touches neither
//! disk nor database. A crash loses unfinished sessions (clients start again) and nothing else: what was acknowledged
//! with a 201 is durable. Invariant: a session's offset is the number of bytes of its draft.
//!
//! Spec: distribution 1.1, "Pushing blobs"; the parts of the ECR API follow its model.

mod session;

pub use session::UploadId;
pub(crate) use session::Uploads;

use crate::{Error, Registry, Repository, Result};
use bytes::Bytes;
use futures_util::Stream;
use packyard_access::Caller;
use packyard_oci::{Algorithm, Digest};
use packyard_store::objects::{AppendError, Draft, ObjectKey, SealRefused, Sealed};
use packyard_store::registry::{BlobPlace, NewBlob, Placed};
use session::Session;
use std::fmt::Display;
use std::sync::Arc;

/// Bytes with the place the sender says they have.
#[derive(Debug)]
pub struct Part<S> {
    pub body: S,
    /// First byte and last, as in a Content-Range.
    pub range: Option<(u64, u64)>,
}

/// Smallest part but the last of the ECR API.
const PART_MINIMUM: u64 = 5 * 1024 * 1024;

impl Registry {
    /// Opens a session. Only its opener can use it, and only for this repository.
    pub(crate) fn start_upload(
        &self,
        caller: &Caller,
        repository: &Repository,
        algorithm: Algorithm,
    ) -> Result<UploadId> {
        let limits = &self.config().limits;
        let session = Session::new(repository.id, caller.principal.uid.clone(), Draft::new(algorithm), self.now_ms());
        self.inner.uploads.open(session, limits)
    }

    /// Bytes received so far.
    pub(crate) fn upload_offset(&self, caller: &Caller, repository: &Repository, id: &UploadId) -> Result<u64> {
        Ok(self.session(caller, repository, id)?.offset())
    }

    fn session(&self, caller: &Caller, repository: &Repository, id: &UploadId) -> Result<Arc<Session>> {
        self.inner.uploads.find(id, repository.id, &caller.principal.uid, self.now_ms())
    }

    /// Appends to a session; returns its new offset. A part that does not start at the offset is refused and changes
    /// nothing; when the body breaks off, what had arrived counts.
    pub(crate) async fn append_upload<S, E>(
        &self,
        caller: &Caller,
        repository: &Repository,
        id: &UploadId,
        part: Part<S>,
    ) -> Result<u64>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
        E: Display + Send + 'static,
    {
        let session = self.session(caller, repository, id)?;
        let (registry, id) = (self.clone(), id.clone());
        // A task of its own: when the client goes away the handler is dropped, and the draft must not be with it.
        outlive(async move { registry.append(&session, &id, part).await }).await
    }

    async fn append<S, E>(&self, session: &Session, id: &UploadId, part: Part<S>) -> Result<u64>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Display + Send,
    {
        let mut place = session.lock()?;
        let mut draft = place.take().ok_or(Error::UploadUnknown)?;
        let before = draft.size();
        if let Err(refused) = in_order(part.range, before) {
            *place = Some(draft);
            return Err(refused);
        }
        match draft.append(&self.inner.objects, part.body, self.config().limits.blob_bytes).await {
            Ok(()) => {}
            Err(AppendError::Body(error)) => {
                session.store(&mut place, draft, self.now_ms());
                return Err(Error::Body(error.to_string()));
            }
            Err(refused) => {
                self.inner.uploads.close(id);
                self.throw_away(draft).await;
                return Err(not_appended(refused));
            }
        }
        let (sent, offset) = (draft.size() - before, draft.size());
        session.store(&mut place, draft, self.now_ms());
        match part.range.map(|(first, last)| last.saturating_sub(first).saturating_add(1)) {
            Some(claimed) if claimed != sent => Err(Error::UploadLength { claimed, sent }),
            _ => Ok(offset),
        }
    }

    /// Ends a session, after appending `part` to it: checks the digest, makes the bytes durable, and shows them as a
    /// blob of the repository. Wrong bytes end the session too.
    pub(crate) async fn finish_upload<S, E>(
        &self,
        caller: &Caller,
        repository: &Arc<Repository>,
        id: &UploadId,
        expected: &Digest,
        part: Option<Part<S>>,
    ) -> Result<()>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
        E: Display + Send + 'static,
    {
        let session = self.session(caller, repository, id)?;
        let (registry, id, repository, expected) = (self.clone(), id.clone(), repository.clone(), expected.clone());
        outlive(async move {
            if let Some(part) = part {
                if session.is_untouched() {
                    session.rehash_as(expected.algorithm())?;
                }
                registry.append(&session, &id, part).await?;
            }
            let draft = session.lock()?.take().ok_or(Error::UploadUnknown)?;
            registry.inner.uploads.close(&id);
            registry.keep(&repository, draft, &expected).await
        })
        .await
    }

    /// A whole blob in one request: the shortest way in.
    pub async fn push_blob<S, E>(&self, repository: &Arc<Repository>, expected: &Digest, body: S) -> Result<()>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
        E: Display + Send + 'static,
    {
        let (registry, repository, expected) = (self.clone(), repository.clone(), expected.clone());
        outlive(async move {
            let mut draft = Draft::new(expected.algorithm());
            let limit = registry.config().limits.blob_bytes;
            match draft.append(&registry.inner.objects, body, limit).await {
                Ok(()) => registry.keep(&repository, draft, &expected).await,
                Err(refused) => {
                    registry.throw_away(draft).await;
                    Err(not_appended(refused))
                }
            }
        })
        .await
    }

    /// Ends a session without a blob.
    pub(crate) async fn cancel_upload(&self, caller: &Caller, repository: &Repository, id: &UploadId) -> Result<()> {
        let session = self.session(caller, repository, id)?;
        let draft = session.lock()?.take();
        self.inner.uploads.close(id);
        if let Some(draft) = draft {
            self.throw_away(draft).await;
        }
        Ok(())
    }

    /// Appends a part of the ECR API; returns the last byte received. Only the last part may be small, so the one
    /// before a new part is judged when that comes.
    pub async fn upload_layer_part<S, E>(
        &self,
        caller: &Caller,
        repository: &Repository,
        id: &UploadId,
        part: Part<S>,
    ) -> Result<u64>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
        E: Display + Send + 'static,
    {
        let before = self.upload_offset(caller, repository, id)?;
        let after = self.append_upload(caller, repository, id, part).await?;
        self.session(caller, repository, id)?.note_part(after.saturating_sub(before), PART_MINIMUM);
        Ok(after.saturating_sub(1))
    }

    /// Ends an upload of the ECR API.
    pub async fn complete_layer_upload(
        &self,
        caller: &Caller,
        repository: &Arc<Repository>,
        id: &UploadId,
        expected: &Digest,
    ) -> Result<()> {
        let session = self.session(caller, repository, id)?;
        if session.offset() == 0 {
            return Err(Error::UploadEmpty);
        }
        if session.has_small_part() {
            return Err(Error::PartTooSmall);
        }
        self.finish_upload(
            caller,
            repository,
            id,
            expected,
            None::<Part<futures_util::stream::Empty<Result<Bytes, String>>>>,
        )
        .await
    }

    async fn keep(&self, repository: &Repository, draft: Draft, expected: &Digest) -> Result<()> {
        // Bytes the registry has need not be made durable again.
        if draft.object().is_some()
            && draft.is(expected)
            && self.inner.blobs.link_known(repository.id, expected.as_str()).await?
        {
            self.throw_away(draft).await;
            self.inner.blob_cache.forget(&(repository.id, expected.to_string()));
            return Ok(());
        }
        let sealed = match draft.seal(&self.inner.objects, expected).await {
            Ok(sealed) => sealed,
            Err(SealRefused::Mismatch { actual }) => {
                return Err(Error::DigestMismatch { expected: expected.clone(), actual });
            }
            Err(SealRefused::Store(error)) => return Err(error.into()),
        };
        let new = NewBlob { digest: expected.as_str(), size: sealed.size, place: &sealed.place };
        let placed = self.inner.blobs.place(repository.id, &new).await;
        self.inner.blob_cache.forget(&(repository.id, expected.to_string()));
        match placed {
            Ok(Placed::New { replaced }) => {
                if let Some(damaged) = replaced {
                    self.delete_object(&damaged).await;
                }
                Ok(())
            }
            Ok(Placed::Known) => {
                self.drop_sealed(&sealed).await;
                Ok(())
            }
            Ok(Placed::NoRepository) => {
                self.drop_sealed(&sealed).await;
                self.inner.repository_cache.forget(&repository.name.to_string());
                Err(self.repository_unknown(&repository.name))
            }
            // The commit may have happened all the same: the object stays, and the collector knows what to think of it.
            Err(error) => Err(error.into()),
        }
    }

    async fn drop_sealed(&self, sealed: &Sealed) {
        if let BlobPlace::Object(key) = &sealed.place {
            self.delete_object(key).await;
        }
    }

    pub(crate) async fn delete_object(&self, key: &str) {
        let outcome = match ObjectKey::parse(key) {
            Ok(key) => self.inner.objects.delete(&key).await,
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, key, "could not delete an object; the collector will find it");
        }
    }

    async fn throw_away(&self, draft: Draft) {
        if let Err(error) = draft.discard(&self.inner.objects).await {
            tracing::warn!(%error, "could not delete an unfinished upload; the collector will find it");
        }
    }

    /// Drops the sessions nobody wrote to for long.
    pub(crate) async fn expire_uploads(&self) -> usize {
        let idle = i64::try_from(self.config().limits.upload_idle.as_millis()).unwrap_or(i64::MAX);
        let stale = self.inner.uploads.take_stale(self.now_ms().saturating_sub(idle));
        let count = stale.len();
        for draft in stale {
            self.throw_away(draft).await;
        }
        count
    }
}

fn not_appended(refused: AppendError<impl Display>) -> Error {
    match refused {
        AppendError::TooLarge(limit) => Error::BlobTooLarge(limit),
        AppendError::Store(error) => error.into(),
        AppendError::Body(error) => Error::Body(error.to_string()),
    }
}

fn in_order(range: Option<(u64, u64)>, offset: u64) -> Result<()> {
    match range {
        Some((first, last)) if first != offset || last < first => Err(Error::UploadOutOfOrder { offset }),
        _ => Ok(()),
    }
}

/// Runs to the end even when the caller is dropped.
async fn outlive<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(packyard_store::Error::from)?
}
