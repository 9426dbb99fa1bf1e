//! Reading the index of a Helm repository: entry after entry, while it arrives.

use super::listed::Listed;
use super::repository::Repository;
use crate::Hop;
use crate::hops::{hop, sentence, told};
use packyard_oci::client::{self, ClientError, Validators, Wanted};
use packyard_pack::helm::{IndexError, IndexReader};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

pub(crate) const INDEX: &str = "index.yaml";

/// What is known of an index once it has been read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexEnd {
    /// What Helm writes behind the entries was there: the file was not cut off.
    pub(crate) is_whole: bool,
    pub(crate) validators: Validators,
}

/// Why it could not be read.
pub(crate) enum IndexFailure {
    Transport(ClientError),
    Index(IndexError),
    /// What is to be kept of it is over a limit.
    Limit {
        limit: &'static str,
        value: u64,
    },
    Panicked,
}

impl IndexFailure {
    pub(crate) fn hop(&self) -> Hop {
        match self {
            Self::Transport(error) => hop(error.hop),
            Self::Index(_) | Self::Limit { .. } | Self::Panicked => Hop::Registry,
        }
    }

    /// What was seen, without what to do.
    pub(crate) fn seen(&self) -> String {
        match self {
            Self::Transport(error) => error.seen.clone(),
            Self::Index(error) => error.to_string(),
            Self::Limit { limit, value } => {
                format!("what changed in it is over the limit {limit} = {value}, so nothing of it was taken")
            }
            Self::Panicked => "reading the index failed on our side; please report this repository".to_owned(),
        }
    }

    /// In one text, with what to do where that is known.
    pub(crate) fn told(&self, repository: &str) -> String {
        match self {
            Self::Transport(error) => told(error),
            _ => sentence(&format!("{repository}/{INDEX} cannot be used: {}", self.seen())),
        }
    }

    pub(crate) fn asked(&self) -> Option<Duration> {
        match self {
            Self::Transport(error) => error.retry_after,
            _ => None,
        }
    }

    /// Something answered, but not with an index: it may be elsewhere.
    pub(crate) fn is_elsewhere(&self) -> bool {
        match self {
            Self::Transport(error) => matches!(error.hop, client::Hop::Path | client::Hop::Protocol),
            // One that is damaged is in its place.
            Self::Index(error) => matches!(error, IndexError::NotAnIndex(_)),
            Self::Limit { .. } | Self::Panicked => false,
        }
    }
}

impl From<IndexError> for IndexFailure {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Read(error) => match error.downcast::<ClientError>() {
                Ok(error) => Self::Transport(error),
                Err(error) => Self::Index(IndexError::Read(error)),
            },
            other => Self::Index(other),
        }
    }
}

impl Repository {
    /// Gives every entry to `take`, on a thread of its own; what it made of `state` counts only when this returns well.
    /// Without an end when the index is still what `known` says: then `state` is as it was.
    pub(crate) async fn read_index<T: Send + 'static>(
        &self,
        known: &Validators,
        state: T,
        take: impl Fn(&mut T, &Listed) -> Result<(), IndexFailure> + Send + 'static,
    ) -> Result<(T, Option<IndexEnd>), IndexFailure> {
        let Some(url) = self.folder.resolve(INDEX) else { return Err(IndexFailure::Panicked) };
        let limits = self.limits.index;
        let wanted = Wanted { url: &url, what: INDEX, limit: limits.bytes, limit_name: "helm.index_bytes" };
        let reading = async {
            let download = self.downloads.get_unless(wanted, known).await.map_err(IndexFailure::Transport)?;
            let Some(download) = download else { return Ok((state, None)) };
            let validators = download.validators.clone();
            // Whoever lets go of this future ends the thread too.
            let alive = Alive::default();
            let count = Arc::new(AtomicU64::new(0));
            let reader = Counted { inner: download.into_reader(), count: count.clone(), is_alive: alive.0.clone() };
            let read = tokio::task::spawn_blocking(move || {
                let mut state = state;
                let mut index = IndexReader::new(reader, &limits);
                for entry in index.by_ref() {
                    take(&mut state, &Listed::new(entry?))?;
                }
                let is_whole = index.has_end();
                Ok((state, Some(IndexEnd { is_whole, validators })))
            });
            let read = read.await;
            self.meter.bytes(count.load(Relaxed));
            read.unwrap_or(Err(IndexFailure::Panicked))
        };
        self.meter.ask(reading).await
    }
}

/// True until it is dropped.
struct Alive(Arc<AtomicBool>);

impl Default for Alive {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}

struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
    is_alive: Arc<AtomicBool>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.is_alive.load(Relaxed) {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        let count = self.inner.read(out)?;
        self.count.fetch_add(count as u64, Relaxed);
        Ok(count)
    }
}
