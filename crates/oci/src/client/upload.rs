//! Blobs going out: skip what is there, mount what can be mounted, else POST and one PUT (the sequence ORAS uses, and
//! the only one that works on ECR of every age). When the PUT fails on the way the registry is asked how much it has
//! (distribution-spec 1.1, "Pushing a blob in chunks"), and the rest is sent; what it does not keep is sent again whole.

use super::auth::Scope;
use super::error::{ClientError, Hop};
use super::payload::{BlobSource, Payload, Progress};
use super::retry::with_retries;
use super::{Client, Reply, Request};
use crate::{Digest, RepoName};
use http::{HeaderValue, Method, header};
use reqwest::Url;
use std::sync::{Arc, Mutex, PoisonError};

/// Blobs below this size are sent again whole: to ask costs as much.
const WORTH_RESUMING: u64 = 1 << 20;

/// How a blob came to be in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {
    AlreadyThere,
    Mounted,
    Uploaded,
}

/// One blob on its way to one repository.
struct Outgoing<'a> {
    repository: &'a RepoName,
    digest: &'a Digest,
    source: &'a BlobSource,
    progress: Option<Progress>,
    doing: Arc<str>,
}

/// The session of the try before, which may hold what was sent.
#[derive(Default)]
struct Broken(Mutex<Option<Url>>);

impl Broken {
    fn keep(&self, session: &Url) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
    }

    fn take(&self) -> Option<Url> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What a POST opened.
enum Opened {
    Mounted,
    Session(Url),
}

impl Client {
    /// Makes sure that the blob is in the repository.
    pub async fn push_blob(
        &self,
        repository: &RepoName,
        digest: &Digest,
        source: &BlobSource,
        mount_from: Option<&RepoName>,
        progress: Option<Progress>,
    ) -> Result<Upload, ClientError> {
        if self.head_blob(repository, digest).await?.is_some() {
            return Ok(Upload::AlreadyThere);
        }
        self.upload_blob(repository, digest, source, mount_from, progress).await
    }

    /// The same without asking first, for a repository that is known not to have it.
    pub async fn upload_blob(
        &self,
        repository: &RepoName,
        digest: &Digest,
        source: &BlobSource,
        mount_from: Option<&RepoName>,
        progress: Option<Progress>,
    ) -> Result<Upload, ClientError> {
        let doing = format!("upload the blob {}/{repository}@{digest}", self.endpoint().authority()).into();
        let blob = Outgoing { repository, digest, source, progress, doing };
        let broken = Broken::default();
        with_retries(&self.options().retry, || async {
            let session = broken.take();
            if let Some(session) = session
                && self.go_on(&blob, session, &broken).await?
            {
                return Ok(Upload::Uploaded);
            }
            let session = match self.open(&blob, mount_from).await? {
                Opened::Mounted if mount_from.is_some() => return Ok(Upload::Mounted),
                Opened::Mounted => return Ok(Upload::Uploaded),
                Opened::Session(session) => session,
            };
            if source.size() >= WORTH_RESUMING {
                broken.keep(&session);
            }
            self.call_once(&self.put_request(&blob, session, 0)?).await?;
            Ok(Upload::Uploaded)
        })
        .await
    }

    /// Ends the upload of a try that broke off; `false` when the blob has to be sent anew.
    async fn go_on(&self, blob: &Outgoing<'_>, session: Url, broken: &Broken) -> Result<bool, ClientError> {
        let Some((session, offset)) = self.progress_of(blob, session).await else {
            // It may be the answer that got lost.
            return Ok(self.head_blob(blob.repository, blob.digest).await?.is_some());
        };
        broken.keep(&session);
        match self.call_once(&self.put_request(blob, session, offset)?).await {
            Ok(_) => Ok(true),
            // What the registry says it has may not be what was sent.
            Err(error) if matches!(error.hop, Hop::Rejected | Hop::Path) => {
                broken.take();
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens an upload, or mounts. A registry that does not allow the mount is asked for an upload.
    async fn open(&self, blob: &Outgoing<'_>, mount_from: Option<&RepoName>) -> Result<Opened, ClientError> {
        let start = |from| self.start_request(blob.repository, blob.digest, from, blob.doing.clone());
        let reply = match self.call_once(&start(mount_from)?).await {
            Err(error) if mount_from.is_some() && matches!(error.hop, Hop::Permission | Hop::Rejected | Hop::Path) => {
                self.call_once(&start(None)?).await?
            }
            other => other?,
        };
        if reply.status.as_u16() == 201 {
            return Ok(Opened::Mounted);
        }
        upload_location(&reply).map(Opened::Session)
    }

    /// Where the upload goes on, and with which byte; `None` when it has to begin again.
    async fn progress_of(&self, blob: &Outgoing<'_>, session: Url) -> Option<(Url, u64)> {
        let mut request = self.request(Method::GET, "/v2/", Scope::push(blob.repository), blob.doing.clone()).ok()?;
        request.url = session.clone();
        request.accept = &[204];
        let reply = self.call_once(&request).await.ok()?;
        let (first, last) = reply.header("range")?.trim_start_matches("bytes=").split_once('-')?;
        // `0-0` is what registries say of an upload that has nothing.
        let last = last.parse::<u64>().ok().filter(|last| first == "0" && *last > 0 && *last < blob.source.size())?;
        let session = if reply.header("location").is_some() { upload_location(&reply).ok()? } else { session };
        tracing::debug!(doing = %blob.doing, offset = last + 1, "going on with the upload");
        Some((session, last + 1))
    }

    /// Mounts a blob that another repository of the same registry holds; `false` when the registry would rather have
    /// the bytes.
    pub async fn mount_blob(
        &self,
        repository: &RepoName,
        digest: &Digest,
        from: &RepoName,
    ) -> Result<bool, ClientError> {
        let doing = format!("mount the blob {digest} from {from} in {}/{repository}", self.endpoint().authority());
        let reply = self.call(self.start_request(repository, digest, Some(from), doing.into())?).await?;
        Ok(reply.status.as_u16() == 201)
    }

    fn start_request(
        &self,
        repository: &RepoName,
        digest: &Digest,
        mount_from: Option<&RepoName>,
        doing: Arc<str>,
    ) -> Result<Request, ClientError> {
        let (path, scope) = match mount_from {
            Some(from) => {
                let from_encoded = from.as_str().replace('/', "%2F");
                (
                    format!("/v2/{repository}/blobs/uploads/?mount={digest}&from={from_encoded}"),
                    Scope::push(repository).and(Scope::pull(from)),
                )
            }
            None => (format!("/v2/{repository}/blobs/uploads/"), Scope::push(repository)),
        };
        let mut request = self.request(Method::POST, &path, scope, doing)?;
        request.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        request.accept = &[202, 201];
        Ok(request)
    }

    /// What is missing after `offset`, with the digest that ends the upload.
    fn put_request(&self, blob: &Outgoing<'_>, session: Url, offset: u64) -> Result<Request, ClientError> {
        let size = blob.source.size();
        let mut request = self.request(Method::PUT, "/v2/", Scope::push(blob.repository), blob.doing.clone())?;
        request.url = session;
        request.url.query_pairs_mut().append_pair("digest", blob.digest.as_str());
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(crate::media::OCTET_STREAM));
        if offset > 0 && offset < size {
            let range = HeaderValue::from_str(&format!("{offset}-{}", size - 1));
            request.headers.extend(range.ok().map(|range| (header::CONTENT_RANGE, range)));
        }
        request.payload = Payload::rest_of(blob.source, offset, blob.progress.clone());
        request.timeout = self.options().timeouts.blob;
        // 204 is what a few registries of the past said.
        request.accept = &[201, 204];
        Ok(request)
    }
}

/// The upload's address. It may be on another host (which gets no credentials), but never on a less safe scheme.
fn upload_location(reply: &Reply) -> Result<Url, ClientError> {
    let location =
        reply.header("location").ok_or_else(|| reply.odd("the registry named no Location for the upload"))?;
    let mut url = reply.url.join(location).map_err(|_| reply.odd("the upload's Location is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(reply.odd(format!("the upload's Location has the scheme `{}`", url.scheme())));
    }
    if reply.url.scheme() == "https" && url.scheme() == "http" {
        if url.host_str() != reply.url.host_str() {
            let host = url.host_str().unwrap_or_default().to_owned();
            let seen = format!("the upload's Location is on plain http at {host}");
            return Err(ClientError::new(Hop::Protocol, &reply.doing, seen));
        }
        // A registry behind a TLS proxy that was not told so: the same host, reached as it was before.
        let mut repaired = reply.url.clone();
        repaired.set_path(url.path());
        repaired.set_query(url.query());
        url = repaired;
    }
    Ok(url)
}
