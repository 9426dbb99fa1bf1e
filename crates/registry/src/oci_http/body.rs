//! Request bodies: a client that stops sending is given up, and what must be small is read with a bound.

use super::error::OciError;
use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use http_body::Body as HttpBody;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// A request's body. Who reads it and gives up leaves the rest here, to be drained.
pub(super) struct Unread(Arc<Mutex<Option<BodyDataStream>>>);

/// How much of the body of a refused request is read on, and how long.
const DRAIN_BYTES: usize = 16 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);

impl Unread {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Some(body.into_data_stream()))))
    }

    /// Whether there is nothing to read, by what the request's head says.
    pub(super) fn is_empty(&self) -> bool {
        locked(&self.0).as_ref().is_none_or(HttpBody::is_end_stream)
    }

    /// The body's pieces; standing still for `idle` is an error. There are none the second time.
    pub(super) fn pieces(&self, idle: Duration) -> BodyStream {
        let lent = Lent { body: locked(&self.0).take(), owner: self.0.clone() };
        Box::pin(stream::unfold(lent, move |mut lent| async move {
            let body = lent.body.as_mut()?;
            let piece = match timeout(idle, body.next()).await {
                Ok(Some(Ok(piece))) => return Some((Ok(piece), lent)),
                Ok(None) => None,
                Ok(Some(Err(error))) => Some(error.to_string()),
                Err(_) => Some(format!("nothing came for {} seconds, the limit body_idle", idle.as_secs())),
            };
            // After an end or an error there is nothing more to come.
            lent.body = None;
            piece.map(|error| (Err(error), lent))
        }))
    }

    /// The whole body, at most `limit` bytes.
    pub(super) async fn whole(&self, limit: usize, idle: Duration) -> Result<Bytes, OciError> {
        let mut pieces = self.pieces(idle);
        let mut all = BytesMut::new();
        while let Some(piece) = pieces.next().await {
            let piece =
                piece.map_err(|error| OciError::bad("MANIFEST_INVALID", format!("the body ended early: {error}")))?;
            if all.len() + piece.len() > limit {
                let message = format!("the manifest is larger than {limit} bytes");
                return Err(OciError::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message));
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// Reads on after a refusal, within bounds: a client that is still sending would otherwise see its connection break
    /// instead of the reason.
    pub(super) async fn drain(&self) {
        if self.is_empty() {
            return;
        }
        let mut pieces = self.pieces(DRAIN_TIME);
        let read = async {
            let mut left = DRAIN_BYTES;
            while let Some(Ok(piece)) = pieces.next().await {
                left = left.saturating_sub(piece.len());
                if left == 0 {
                    return;
                }
            }
        };
        // Out of time is as good as out of bytes.
        let _ = timeout(DRAIN_TIME, read).await;
    }
}

pub(super) type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, String>> + Send>>;

/// The body while somebody reads it.
struct Lent {
    body: Option<BodyDataStream>,
    owner: Arc<Mutex<Option<BodyDataStream>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(rest) = self.body.take() {
            *locked(&self.owner) = Some(rest);
        }
    }
}

fn locked(body: &Mutex<Option<BodyDataStream>>) -> MutexGuard<'_, Option<BodyDataStream>> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pieces: usize) -> Unread {
        let pieces = (0..pieces).map(|n| Ok::<_, String>(Bytes::from(vec![b'x'; n + 1])));
        Unread::new(Body::from_stream(stream::iter(pieces)))
    }

    #[tokio::test]
    async fn what_a_reader_leaves_can_be_read_on() {
        let idle = Duration::from_secs(5);
        let unread = body(3);
        let mut pieces = unread.pieces(idle);
        assert_eq!(pieces.next().await.unwrap().unwrap().len(), 1);
        assert!(unread.pieces(idle).next().await.is_none(), "it is being read");
        drop(pieces);
        assert_eq!(unread.pieces(idle).next().await.unwrap().unwrap().len(), 2);
        unread.drain().await;
        assert!(unread.pieces(idle).next().await.is_none(), "all of it was read");
    }

    #[tokio::test]
    async fn what_is_larger_than_the_limit_is_refused_and_the_rest_left() {
        let unread = body(4);
        let refused = unread.whole(5, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(unread.whole(4, Duration::from_secs(5)).await.unwrap().len(), 4);
    }
}
