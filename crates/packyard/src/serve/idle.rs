//! Ends the reading of a connection on which no request is under way, once the server stops.
//!
//! hyper ends a connection that is between two requests by itself; one that has sent half a request's head, or nothing
//! at all, it would wait for. To such a connection the stopping server reads as ended.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// What one connection is doing.
#[derive(Debug, Default)]
pub(super) struct Activity {
    under_way: AtomicUsize,
    has_begun: AtomicBool,
    /// HTTP/2 has its own way to say goodbye, and its frames may still be on their way out after the last reply.
    is_http2: AtomicBool,
}

impl Activity {
    /// A request has begun; it ends when the guard goes.
    pub(super) fn begin(self: &Arc<Self>, version: http::Version) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        self.has_begun.store(true, Ordering::Release);
        if version == http::Version::HTTP_2 {
            self.is_http2.store(true, Ordering::Release);
        }
        UnderWay(self.clone())
    }

    /// Whether there was a request.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    fn may_end(&self) -> bool {
        self.under_way.load(Ordering::Acquire) == 0 && !self.is_http2.load(Ordering::Acquire)
    }
}

pub(super) struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A reply's body that keeps its request under way until it is sent.
pub(super) struct Sent<B> {
    pub(super) body: B,
    pub(super) _under_way: UnderWay,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Sent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The connection's bytes.
pub(super) struct Stream<S> {
    pub(super) inner: S,
    pub(super) activity: Arc<Activity>,
    pub(super) stopped: watch::Receiver<bool>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let is_over = *self.stopped.borrow() && self.activity.may_end();
        match Pin::new(&mut self.inner).poll_read(cx, buf) {
            Poll::Pending if is_over => Poll::Ready(Ok(())),
            outcome => outcome,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
