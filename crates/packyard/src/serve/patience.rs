//! How long a client is waited for. Connections cost nothing to open, so one that says nothing, stops in the middle of a
//! request's body, or takes no byte of a reply, is closed after a while; the heads of later requests hyper watches itself.

use super::idle::Activity;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// Connections at the same time.
    pub(crate) most: usize,
    /// For the head of a request.
    pub(crate) head_wait: Duration,
    /// For the client to take a byte of a reply. A client that unpacks what it reads may pause for minutes.
    pub(crate) reply_idle: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { most: 10_000, head_wait: Duration::from_secs(30), reply_idle: Duration::from_secs(5 * 60) }
    }
}

/// A clock that runs while something is waited for.
#[derive(Debug, Default)]
struct Wait(Option<Pin<Box<Sleep>>>);

impl Wait {
    /// Ready once `most` has passed since the waiting began.
    fn poll(&mut self, most: Duration, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_or_insert_with(|| Box::pin(sleep(most))).as_mut().poll(cx)
    }

    fn is_over(&mut self) {
        self.0 = None;
    }
}

/// A connection's bytes, for as long as something comes of them.
pub(super) struct Patient<S> {
    inner: S,
    activity: Arc<Activity>,
    limits: ConnectionLimits,
    first_request: Wait,
    reply: Wait,
}

impl<S> Patient<S> {
    pub(super) fn new(inner: S, activity: Arc<Activity>, limits: ConnectionLimits) -> Self {
        Self { inner, activity, limits, first_request: Wait::default(), reply: Wait::default() }
    }

    /// What a write came to, unless the client has let us wait for too long.
    fn written<T>(&mut self, outcome: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.reply.is_over();
            return outcome;
        }
        ready!(self.reply.poll(self.limits.reply_idle, cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of the reply")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        // Between two requests, and while one is answered, silence is not ours to judge.
        if read.is_ready() || self.activity.has_begun() {
            return read;
        }
        let most = self.limits.head_wait;
        ready!(self.first_request.poll(most, cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.written(outcome, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.written(outcome, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(cx);
        self.written(outcome, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.written(outcome, cx)
    }
}

/// A request's body, which fails when it stands still while somebody reads it.
pub(super) struct Coming {
    inner: Incoming,
    most: Duration,
    piece: Wait,
}

impl Coming {
    pub(super) fn new(inner: Incoming, most: Duration) -> Self {
        Self { inner, most, piece: Wait::default() }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("nothing came for {} seconds, the limit body_idle", .0.as_secs())]
struct StandsStill(Duration);

impl Body for Coming {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            self.piece.is_over();
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let most = self.most;
        ready!(self.piece.poll(most, cx));
        Poll::Ready(Some(Err(StandsStill(most).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
