//! Blobs coming in: HEAD and a verified stream. The stream ends with an error when size or digest are not those asked
//! for, so what was read counts only after a clean end.

use super::auth::Scope;
use super::error::{ClientError, Hop};
use super::transport::network_error;
use super::{Client, Request};
use crate::{Digest, Hasher, RepoName};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::Method;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

impl Client {
    /// The size of a blob, `None` when it is not in the repository.
    pub async fn head_blob(&self, repository: &RepoName, digest: &Digest) -> Result<Option<u64>, ClientError> {
        let mut request = self.blob_request(Method::HEAD, repository, digest, "look for")?;
        request.accept = &[200, 404];
        let reply = self.call(request).await?;
        if reply.status.as_u16() == 404 {
            return Ok(None);
        }
        reply.refuse_html()?;
        Ok(Some(reply.content_length().unwrap_or_default()))
    }

    /// The blob as a stream. `size` is what a descriptor promised; without it the limit `blob_bytes` holds.
    pub async fn get_blob(
        &self,
        repository: &RepoName,
        digest: &Digest,
        size: Option<u64>,
    ) -> Result<BlobStream, ClientError> {
        let mut request = self.blob_request(Method::GET, repository, digest, "read")?;
        request.timeout = self.options().timeouts.blob;
        let doing = request.doing.clone();
        let reply = self.call(request).await?;
        reply.refuse_html()?;
        let limit = size.unwrap_or(self.options().limits.blob_bytes);
        if let Some(length) = reply.content_length() {
            check_length(&doing, length, size, limit)?;
        }
        let url = reply.url.clone();
        let doing_io = doing.clone();
        let body =
            reply.into_response().bytes_stream().map(move |chunk| chunk.map_err(|e| network_error(&doing_io, &url, e)));
        Ok(BlobStream {
            body: Box::pin(body),
            hasher: Some(Hasher::new(digest.algorithm())),
            expected: digest.clone(),
            size,
            limit,
            read: 0,
            broke: None,
            doing,
        })
    }

    fn blob_request(
        &self,
        method: Method,
        repository: &RepoName,
        digest: &Digest,
        verb: &str,
    ) -> Result<Request, ClientError> {
        let doing = format!("{verb} the blob {}/{repository}@{digest}", self.endpoint().authority());
        self.request(method, &format!("/v2/{repository}/blobs/{digest}"), Scope::pull(repository), doing.into())
    }
}

fn check_length(doing: &str, length: u64, size: Option<u64>, limit: u64) -> Result<(), ClientError> {
    match size {
        Some(size) if length != size => {
            let seen = format!("the registry offers {length} bytes where the manifest promised {size}");
            Err(ClientError::new(Hop::Content, doing, seen))
        }
        None if length > limit => Err(ClientError::new(
            Hop::Limit,
            doing,
            format!("it has {length} bytes, more than {limit} (limit `blob_bytes`)"),
        )),
        _ => Ok(()),
    }
}

/// Bytes of a blob, verified at the end.
pub struct BlobStream {
    body: Pin<Box<dyn Stream<Item = Result<Bytes, ClientError>> + Send>>,
    /// Taken when the stream has ended.
    hasher: Option<Hasher>,
    expected: Digest,
    size: Option<u64>,
    limit: u64,
    read: u64,
    /// How the stream ended, when not well.
    broke: Option<(Hop, String)>,
    doing: Arc<str>,
}

impl BlobStream {
    /// A blocking reader over the stream, for `spawn_blocking`. Must be made inside a runtime.
    pub fn into_reader(self) -> BlobReader {
        BlobReader { stream: self, chunk: Bytes::new(), runtime: tokio::runtime::Handle::current() }
    }

    fn take_chunk(&mut self, chunk: &Bytes) -> Result<(), ClientError> {
        self.read += chunk.len() as u64;
        if self.read > self.limit {
            let error = match self.size {
                Some(size) => (Hop::Content, format!("more came than the {size} bytes that the manifest promised")),
                None => (Hop::Limit, format!("it does not end within {} bytes (limit `blob_bytes`)", self.limit)),
            };
            return Err(ClientError::new(error.0, &self.doing, error.1));
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(chunk);
        }
        Ok(())
    }

    fn check_end(&self, hasher: Hasher) -> Result<(), ClientError> {
        if let Some(size) = self.size.filter(|size| *size != self.read) {
            let seen = format!("it ended after {} of {size} bytes", self.read);
            return Err(ClientError::new(Hop::Content, &self.doing, seen));
        }
        let digest = hasher.finish();
        if digest != self.expected {
            return Err(ClientError::new(
                Hop::Content,
                &self.doing,
                format!("the bytes that came have the digest {digest}"),
            ));
        }
        Ok(())
    }
}

impl Stream for BlobStream {
    type Item = Result<Bytes, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.hasher.is_none() {
            return Poll::Ready(None);
        }
        let outcome = match std::task::ready!(self.body.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => self.take_chunk(&chunk).map(|()| Some(chunk)),
            Some(Err(error)) => Err(error),
            None => match self.hasher.take() {
                Some(hasher) => self.check_end(hasher).map(|()| None),
                None => Ok(None),
            },
        };
        if let Err(error) = &outcome {
            self.broke = Some((error.hop, error.seen.clone()));
            self.hasher = None;
        }
        Poll::Ready(outcome.transpose())
    }
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobStream({}, {} read)", self.expected, self.read)
    }
}

/// [`BlobStream`] for code that reads and blocks, such as an archive parser. Never use it on an async thread.
#[derive(Debug)]
pub struct BlobReader {
    stream: BlobStream,
    chunk: Bytes,
    runtime: tokio::runtime::Handle,
}

impl BlobReader {
    /// Reads what is left, so that the digest of the whole is checked even when a parser stopped early, or took an
    /// error for an end.
    pub fn finish(mut self) -> Result<(), ClientError> {
        while let Some(chunk) = self.runtime.block_on(self.stream.next()) {
            chunk?;
        }
        match self.stream.broke.take() {
            Some((hop, seen)) => Err(ClientError::new(hop, &self.stream.doing, seen)),
            None => Ok(()),
        }
    }
}

impl io::Read for BlobReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => return Ok(0),
            }
        }
        let n = out.len().min(self.chunk.len());
        out[..n].copy_from_slice(&self.chunk.split_to(n));
        Ok(n)
    }
}
