//! The open sessions of this process.

use crate::uuid::random_uuid;
use crate::{Error, Limits, Result};
use packyard_oci::Algorithm;
use packyard_store::objects::Draft;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// A random UUID (version 4): the form the ECR API demands. Knowing it is not enough to use the session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    fn fresh() -> Self {
        Self(random_uuid())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UploadId {
    type Err = Error;

    /// Anything of the wrong form is an upload that does not exist.
    fn from_str(text: &str) -> Result<Self> {
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        if groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Error::UploadUnknown)
        }
    }
}

pub(super) struct Session {
    repository: i64,
    owner: String,
    /// Empty while a request works on it, and after the end.
    draft: Arc<tokio::sync::Mutex<Option<Draft>>>,
    offset: AtomicU64,
    touched_at_ms: AtomicI64,
    /// The newest part of the ECR API was small, which only the last may be.
    small_part: AtomicBool,
    /// A part followed a small one.
    misplaced_part: AtomicBool,
}

impl Session {
    pub(super) fn new(repository: i64, owner: String, draft: Draft, now_ms: i64) -> Self {
        Self {
            repository,
            owner,
            draft: Arc::new(tokio::sync::Mutex::new(Some(draft))),
            offset: AtomicU64::new(0),
            touched_at_ms: AtomicI64::new(now_ms),
            small_part: AtomicBool::new(false),
            misplaced_part: AtomicBool::new(false),
        }
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset.load(Ordering::SeqCst)
    }

    pub(super) fn is_untouched(&self) -> bool {
        self.offset() == 0
    }

    /// One writer at a time; the second is told so instead of waiting.
    pub(super) fn lock(&self) -> Result<OwnedMutexGuard<Option<Draft>>> {
        self.draft.clone().try_lock_owned().map_err(|_| Error::UploadBusy)
    }

    pub(super) fn store(&self, place: &mut Option<Draft>, draft: Draft, now_ms: i64) {
        self.offset.store(draft.size(), Ordering::SeqCst);
        self.touched_at_ms.store(now_ms, Ordering::SeqCst);
        *place = Some(draft);
    }

    /// An empty draft can still be hashed by another algorithm, which saves reading it again at the end.
    pub(super) fn rehash_as(&self, algorithm: Algorithm) -> Result<()> {
        let mut place = self.lock()?;
        if place.as_ref().is_some_and(|draft| draft.size() == 0) {
            *place = Some(Draft::new(algorithm));
        }
        Ok(())
    }

    pub(super) fn note_part(&self, size: u64, minimum: u64) {
        if self.small_part.swap(size < minimum, Ordering::SeqCst) {
            self.misplaced_part.store(true, Ordering::SeqCst);
        }
    }

    pub(super) fn has_small_part(&self) -> bool {
        self.misplaced_part.load(Ordering::SeqCst)
    }
}

/// All sessions, and how many each principal has.
#[derive(Default)]
pub(crate) struct Uploads {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sessions: HashMap<UploadId, Arc<Session>>,
    owners: HashMap<String, usize>,
}

impl State {
    fn remove(&mut self, id: &UploadId) -> Option<Arc<Session>> {
        let session = self.sessions.remove(id)?;
        if let Some(count) = self.owners.get_mut(&session.owner) {
            *count -= 1;
            if *count == 0 {
                self.owners.remove(&session.owner);
            }
        }
        Some(session)
    }
}

impl Uploads {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self, session: Session, limits: &Limits) -> Result<UploadId> {
        let mut state = self.state();
        let own = state.owners.get(&session.owner).copied().unwrap_or(0);
        if own >= limits.uploads_per_principal {
            return Err(Error::TooManyUploads { open: own, setting: "uploads_per_principal" });
        }
        if state.sessions.len() >= limits.uploads {
            return Err(Error::TooManyUploads { open: state.sessions.len(), setting: "uploads" });
        }
        *state.owners.entry(session.owner.clone()).or_default() += 1;
        let id = UploadId::fresh();
        state.sessions.insert(id.clone(), Arc::new(session));
        Ok(id)
    }

    /// A session of another repository or principal does not exist for the asker.
    pub(super) fn find(&self, id: &UploadId, repository: i64, owner: &str, now_ms: i64) -> Result<Arc<Session>> {
        let state = self.state();
        let session = state.sessions.get(id).filter(|s| s.repository == repository && s.owner == owner);
        let session = session.ok_or(Error::UploadUnknown)?;
        session.touched_at_ms.store(now_ms, Ordering::SeqCst);
        Ok(session.clone())
    }

    pub(super) fn close(&self, id: &UploadId) {
        self.state().remove(id);
    }

    /// Removes the sessions that nobody touched since `before_ms` and nobody writes to now.
    pub(super) fn take_stale(&self, before_ms: i64) -> Vec<Draft> {
        let mut state = self.state();
        let is_stale = |session: &Session| session.touched_at_ms.load(Ordering::SeqCst) < before_ms;
        let stale: Vec<UploadId> =
            state.sessions.iter().filter(|(_, session)| is_stale(session)).map(|(id, _)| id.clone()).collect();
        let mut drafts = Vec::new();
        for id in stale {
            let Some(mut place) = state.sessions.get(&id).and_then(|session| session.lock().ok()) else { continue };
            drafts.extend(place.take());
            state.remove(&id);
        }
        drafts
    }
}
