//! Blobs going out: skip what is there, mount what can be mounted, else POST and one PUT (the sequence ORAS uses, and
//! the only one that works on ECR of every age). The whole sequence is repeated when the PUT fails on the way.

use super::auth::Scope;
use super::error::{ClientError, Hop};
use super::payload::{BlobSource, Payload, Progress};
use super::retry::with_retries;
use super::{Client, Reply, Request};
use crate::{Digest, RepoName};
use http::{HeaderValue, Method, header};
use reqwest::Url;
use std::sync::Arc;

/// How a blob came to be in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {
    AlreadyThere,
    Mounted,
    Uploaded,
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
        let doing: Arc<str> = format!("upload the blob {}/{repository}@{digest}", self.endpoint().authority()).into();
        with_retries(&self.options().retry, || async {
            let reply = self.call_once(&self.start_request(repository, digest, mount_from, doing.clone())?).await?;
            if reply.status.as_u16() == 201 {
                return Ok(if mount_from.is_some() { Upload::Mounted } else { Upload::Uploaded });
            }
            let put = self.put_request(&reply, repository, digest, source, progress.clone(), doing.clone())?;
            self.call_once(&put).await?;
            Ok(Upload::Uploaded)
        })
        .await
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

    fn put_request(
        &self,
        started: &Reply,
        repository: &RepoName,
        digest: &Digest,
        source: &BlobSource,
        progress: Option<Progress>,
        doing: Arc<str>,
    ) -> Result<Request, ClientError> {
        let url = self.upload_location(started, digest)?;
        let mut request = self.request(Method::PUT, "/v2/", Scope::push(repository), doing)?;
        request.url = url;
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(crate::media::OCTET_STREAM));
        request.payload = Payload::of(source, progress);
        request.timeout = self.options().timeouts.blob;
        // 204 is what a few registries of the past said.
        request.accept = &[201, 204];
        Ok(request)
    }

    /// The upload's address with the digest added. It may be on another host (which gets no credentials), but never on
    /// a less safe scheme.
    fn upload_location(&self, started: &Reply, digest: &Digest) -> Result<Url, ClientError> {
        let location =
            started.header("location").ok_or_else(|| started.odd("the registry named no Location for the upload"))?;
        let mut url = started.url.join(location).map_err(|_| started.odd("the upload's Location is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(started.odd(format!("the upload's Location has the scheme `{}`", url.scheme())));
        }
        if started.url.scheme() == "https" && url.scheme() == "http" {
            if url.host_str() != started.url.host_str() {
                let host = url.host_str().unwrap_or_default().to_owned();
                return Err(ClientError::new(
                    Hop::Protocol,
                    &started.doing,
                    format!("the upload's Location is on plain http at {host}"),
                ));
            }
            // A registry behind a TLS proxy that was not told so: the same host, reached as it was before.
            let mut repaired = started.url.clone();
            repaired.set_path(url.path());
            repaired.set_query(url.query());
            url = repaired;
        }
        url.query_pairs_mut().append_pair("digest", digest.as_str());
        Ok(url)
    }
}
