//! Request bodies: a client that stops sending is given up, and what must be small is read with a bound.

use super::error::OciError;
use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use http_body::Body as HttpBody;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// A request's body until somebody reads it.
pub(super) struct Unread(Mutex<Option<Body>>);

/// How much of the body of a refused request is read on, and how long.
const DRAIN_BYTES: usize = 16 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);

impl Unread {
    pub(super) fn new(body: Body) -> Self {
        Self(Mutex::new(Some(body)))
    }

    /// The body; empty the second time.
    pub(super) fn take(&self) -> Body {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// Whether there is nothing to read, by what the request's head says.
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_none_or(HttpBody::is_end_stream)
    }

    /// Reads on after a refusal, within bounds: a client that is still sending would otherwise see its connection break
    /// instead of the reason.
    pub(super) async fn drain(&self) {
        if self.is_empty() {
            return;
        }
        let mut pieces = self.take().into_data_stream();
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

/// The body's pieces; standing still for `idle` is an error.
pub(super) fn pieces(body: Body, idle: Duration) -> BodyStream {
    async fn next(body: &mut BodyDataStream, idle: Duration) -> Option<Result<Bytes, String>> {
        match timeout(idle, body.next()).await {
            Ok(piece) => piece.map(|piece| piece.map_err(|error| error.to_string())),
            Err(_) => Some(Err(format!("nothing came for {} seconds, the limit body_idle", idle.as_secs()))),
        }
    }
    Box::pin(stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        let piece = next(&mut body, idle).await?;
        // After an error there is nothing more to come.
        let body = piece.is_ok().then_some(body);
        Some((piece, body))
    }))
}

/// The whole body, at most `limit` bytes.
pub(super) async fn whole(body: Body, limit: usize, idle: Duration) -> Result<Bytes, OciError> {
    let mut pieces = pieces(body, idle);
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
