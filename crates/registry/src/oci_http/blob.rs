//! `blobs/<digest>`.

use super::error::OciError;
use super::manifest::{lists, set};
use super::range::{Wanted, wanted};
use super::{Answer, Ask, CONTENT_DIGEST};
use crate::{Blob, BlobContent, Registry, Repository};
use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};
use http::{HeaderMap, Method, StatusCode};
use packyard_oci::{Digest, RepoName, media};

impl Ask {
    pub(super) async fn on_blob(self, name: &RepoName, digest: &Digest) -> Answer {
        match *self.method() {
            Method::GET => self.get_blob(name, digest).await,
            Method::HEAD => self.head_blob(name, digest).await,
            Method::DELETE => self.delete_blob(name, digest).await,
            _ => Err(OciError::method_not_allowed("GET, HEAD, DELETE")),
        }
    }

    async fn head_blob(self, name: &RepoName, digest: &Digest) -> Answer {
        let repository = self.repository(name, "ecr:BatchCheckLayerAvailability").await?;
        let blob = self.registry.blob_to_rely_on(&repository, digest).await?;
        Ok(described(Body::empty(), &blob, blob.size))
    }

    async fn get_blob(self, name: &RepoName, digest: &Digest) -> Answer {
        let repository = self.repository(name, "ecr:GetDownloadUrlForLayer").await?;
        content(&self.registry, &repository, digest, &self.head.headers).await
    }

    async fn delete_blob(self, name: &RepoName, digest: &Digest) -> Answer {
        let repository = self.repository(name, "ecr:BatchDeleteImage").await?;
        self.registry.delete_blob(self.actor(), &repository, digest).await?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::ACCEPTED;
        Ok(response)
    }
}

/// The blob's bytes, or those a Range asks for. Who may have them was decided before.
pub(super) async fn content(
    registry: &Registry,
    repository: &Repository,
    digest: &Digest,
    headers: &HeaderMap,
) -> Answer {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let blob = registry.blob(repository, digest).await?;
    let etag = format!("\"{digest}\"");
    let unchanged = HeaderValue::from_str(&etag)
        .is_ok_and(|etag| headers.get(IF_NONE_MATCH).is_some_and(|tags| lists(tags, &etag)));
    if unchanged {
        let mut response = described(Body::empty(), &blob, 0);
        response.headers_mut().remove(CONTENT_LENGTH);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let range = text(RANGE).filter(|_| text(IF_RANGE).is_none_or(|tag| tag == etag));
    let (status, range) = match wanted(range, blob.size) {
        Wanted::All => (StatusCode::OK, 0..blob.size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Unsatisfiable => {
            let message = format!("the blob has {} bytes; the range asks for none of them", blob.size);
            let error = OciError::new(StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", message);
            return Err(match HeaderValue::from_str(&format!("bytes */{}", blob.size)) {
                Ok(size) => error.header(CONTENT_RANGE, size),
                Err(_) => error,
            });
        }
    };
    let length = range.end - range.start;
    let body = match registry.read_blob(repository, &blob, range.clone()).await? {
        BlobContent::Whole(bytes) => Body::from(bytes),
        BlobContent::Stream(stream) => Body::from_stream(stream),
    };
    let mut response = described(body, &blob, length);
    *response.status_mut() = status;
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{}", range.start, range.end - 1, blob.size);
        set(response.headers_mut(), CONTENT_RANGE, &text);
    }
    Ok(response)
}

fn described(body: Body, blob: &Blob, length: u64) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media::OCTET_STREAM));
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    set(headers, CONTENT_DIGEST, blob.digest.as_str());
    set(headers, ETAG, &format!("\"{}\"", blob.digest));
    response
}
