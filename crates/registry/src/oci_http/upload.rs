//! `blobs/uploads/` and the sessions below it.

use super::body::{BodyStream, Unread};
use super::error::OciError;
use super::manifest::set;
use super::{Answer, Ask, CONTENT_DIGEST, parse_digest, range};
use crate::{Error, Part, Repository, UploadId};
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderName, HeaderValue, LOCATION, RANGE};
use http::{Method, StatusCode};
use packyard_oci::{Algorithm, Digest, RepoName};
use std::sync::Arc;

const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");

impl Ask {
    pub(super) async fn on_uploads(self, name: &RepoName, body: &Unread) -> Answer {
        if *self.method() != Method::POST {
            return Err(OciError::method_not_allowed("POST"));
        }
        let repository = self.repository_to_push(name, "ecr:InitiateLayerUpload").await?;
        if let Some(digest) = self.query.get("mount") {
            let digest = parse_digest(digest)?;
            if self.mount(&repository, &digest).await? {
                return Ok(created(name, &digest));
            }
            return self.open_upload(&repository, digest.algorithm());
        }
        if let Some(digest) = self.query.get("digest") {
            let digest = parse_digest(digest)?;
            self.may(name, Some(&repository), "ecr:UploadLayerPart").await?;
            self.may(name, Some(&repository), "ecr:CompleteLayerUpload").await?;
            self.registry.push_blob(&repository, &digest, self.pieces(body)).await?;
            return Ok(created(name, &digest));
        }
        let algorithm = match self.query.get("digest-algorithm") {
            Some("sha512") => Algorithm::Sha512,
            _ => Algorithm::Sha256,
        };
        self.open_upload(&repository, algorithm)
    }

    fn open_upload(&self, repository: &Repository, algorithm: Algorithm) -> Answer {
        let id = self.registry.start_upload(&self.login.caller, repository, algorithm)?;
        Ok(progress(StatusCode::ACCEPTED, &repository.name, &id, 0))
    }

    /// A blob the caller may read elsewhere (in `from`, or anywhere when the request leaves that open) becomes one of
    /// this repository. What the caller may not read is the same as what does not exist.
    async fn mount(&self, repository: &Repository, digest: &Digest) -> Result<bool, OciError> {
        let sources = match self.query.get("from").map(str::parse::<RepoName>) {
            Some(Ok(from)) => {
                self.registry.find_repository(&from).await?.map(|source| (*source).clone()).into_iter().collect()
            }
            Some(Err(_)) => Vec::new(),
            None => self.registry.repositories_with_blob(digest).await?,
        };
        for source in sources {
            if self.could(&source.name, Some(&source), "ecr:GetDownloadUrlForLayer").await
                && self.registry.mount(repository, &source, digest).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) async fn on_upload(self, name: &RepoName, id: &str, body: &Unread) -> Answer {
        let id: UploadId = id.parse()?;
        match *self.method() {
            Method::GET => {
                let repository = self.repository(name, "ecr:UploadLayerPart").await?;
                let offset = self.registry.upload_offset(&self.login.caller, &repository, &id)?;
                Ok(progress(StatusCode::NO_CONTENT, name, &id, offset))
            }
            Method::PATCH => {
                let repository = self.repository(name, "ecr:UploadLayerPart").await?;
                let part = self.part(body)?;
                let appended = self.registry.append_upload(&self.login.caller, &repository, &id, part).await;
                let offset = appended.map_err(|error| with_progress(error, name, &id))?;
                Ok(progress(StatusCode::ACCEPTED, name, &id, offset))
            }
            Method::PUT => self.finish_upload(name, &id, body).await,
            Method::DELETE => {
                let repository = self.repository(name, "ecr:InitiateLayerUpload").await?;
                self.registry.cancel_upload(&self.login.caller, &repository, &id).await?;
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                Ok(response)
            }
            _ => Err(OciError::method_not_allowed("GET, PATCH, PUT, DELETE")),
        }
    }

    async fn finish_upload(self, name: &RepoName, id: &UploadId, body: &Unread) -> Answer {
        let repository: Arc<Repository> = self.repository(name, "ecr:CompleteLayerUpload").await?;
        let digest = self.query.get("digest").ok_or_else(|| {
            OciError::bad("DIGEST_INVALID", "the PUT that ends an upload needs the blob's digest as ?digest=")
        })?;
        let digest = parse_digest(digest)?;
        let has_body = !body.is_empty();
        if has_body {
            self.may(name, Some(&repository), "ecr:UploadLayerPart").await?;
        }
        let part = if has_body || self.header(CONTENT_RANGE).is_some() { Some(self.part(body)?) } else { None };
        let done = self.registry.finish_upload(&self.login.caller, &repository, id, &digest, part).await;
        done.map_err(|error| with_progress(error, name, id))?;
        Ok(created(name, &digest))
    }

    fn pieces(&self, body: &Unread) -> BodyStream {
        body.pieces(self.registry.config().limits.body_idle)
    }

    fn part(&self, body: &Unread) -> Result<Part<BodyStream>, OciError> {
        let range = match self.header(CONTENT_RANGE) {
            None => None,
            Some(text) => Some(range::chunk(text).ok_or_else(|| {
                OciError::bad("BLOB_UPLOAD_INVALID", "the Content-Range of a chunk is <first byte>-<last byte>")
            })?),
        };
        let length = self.header(CONTENT_LENGTH).and_then(|text| text.parse::<u64>().ok());
        if let (Some((first, last)), Some(sent)) = (range, length)
            && (last - first).saturating_add(1) != sent
        {
            return Err(Error::UploadLength { claimed: (last - first).saturating_add(1), sent }.into());
        }
        Ok(Part { body: self.pieces(body), range })
    }
}

fn location(name: &RepoName, id: &UploadId) -> String {
    format!("/v2/{name}/blobs/uploads/{id}")
}

/// Where an upload stands.
fn progress(status: StatusCode, name: &RepoName, id: &UploadId, offset: u64) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    set(headers, LOCATION, &location(name, id));
    set(headers, RANGE, &format!("0-{}", offset.saturating_sub(1)));
    set(headers, UPLOAD_UUID, id.as_str());
    if status != StatusCode::NO_CONTENT {
        headers.insert(CONTENT_LENGTH, 0.into());
    }
    response
}

fn created(name: &RepoName, digest: &Digest) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    set(headers, LOCATION, &format!("/v2/{name}/blobs/{digest}"));
    set(headers, CONTENT_DIGEST, digest.as_str());
    headers.insert(CONTENT_LENGTH, 0.into());
    response
}

/// A refused chunk leaves the upload as it was; the client is told where that is.
fn with_progress(error: Error, name: &RepoName, id: &UploadId) -> OciError {
    let Error::UploadOutOfOrder { offset } = error else { return error.into() };
    let refused: OciError = Error::UploadOutOfOrder { offset }.into();
    let text = |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    refused
        .header(LOCATION, text(location(name, id)))
        .header(RANGE, text(format!("0-{}", offset.saturating_sub(1))))
        .header(UPLOAD_UUID, text(id.to_string()))
}
