//! Errors as distribution-spec 1.1 writes them ("Error Codes"), with ECR's choices where it has made one.

use crate::Error;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use packyard_oci::ManifestError;
use std::error::Error as _;

/// What a client is told.
#[derive(Debug)]
pub(super) struct OciError {
    pub(super) status: StatusCode,
    code: &'static str,
    message: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl OciError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }

    #[must_use]
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "UNSUPPORTED", "the distribution API has no such path")
    }

    pub(super) fn method_not_allowed(allowed: &'static str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", format!("this path takes {allowed}"))
            .header(http::header::ALLOW, HeaderValue::from_static(allowed))
    }

    /// The text for the log: what the caller gets, since a HEAD has no body to say it in.
    pub(super) fn log_text(&self) -> (&'static str, &str) {
        (self.code, &self.message)
    }
}

impl IntoResponse for OciError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "errors": [{ "code": self.code, "message": self.message, "detail": null }] });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl From<Error> for OciError {
    fn from(error: Error) -> Self {
        if let Error::StorageFull(source) | Error::Storage(source) = &error {
            let cause = source.source().map(ToString::to_string).unwrap_or_default();
            tracing::error!(error = %source, cause, "a registry request failed");
        }
        let (status, code) = kind(&error);
        Self::new(status, code, error.to_string())
    }
}

impl From<packyard_access::Denied> for OciError {
    fn from(denied: packyard_access::Denied) -> Self {
        Error::from(denied).into()
    }
}

fn kind(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::RepositoryUnknown { .. } => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
        Error::Denied(denied) if denied.is_unavailable() => (StatusCode::SERVICE_UNAVAILABLE, "UNKNOWN"),
        Error::Denied(_) => (StatusCode::FORBIDDEN, "DENIED"),
        Error::ManifestUnknown { .. } => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
        Error::ManifestInvalid(ManifestError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"),
        Error::ManifestInvalid(_) | Error::TooManyReferences { .. } => (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"),
        Error::BlobsMissing { .. } | Error::ChildrenMissing { .. } => (StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN"),
        Error::TagImmutable { .. } => (StatusCode::BAD_REQUEST, "TAG_INVALID"),
        Error::DigestMismatch { .. } => (StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
        Error::BlobUnknown(_) => (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
        Error::BlobInUse { .. } => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
        Error::BlobDamaged(_) => (StatusCode::INTERNAL_SERVER_ERROR, "BLOB_UNKNOWN"),
        Error::UploadUnknown => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
        Error::UploadBusy => (StatusCode::CONFLICT, "BLOB_UPLOAD_INVALID"),
        Error::UploadOutOfOrder { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
        Error::UploadLength { .. } | Error::SizeDiffers { .. } => (StatusCode::BAD_REQUEST, "SIZE_INVALID"),
        Error::UploadEmpty | Error::PartTooSmall | Error::Body(_) => (StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID"),
        Error::TooManyUploads { .. } => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
        Error::BlobTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"),
        Error::RepositoryExists { .. } | Error::RepositoryNotEmpty { .. } | Error::ImageExists { .. } => {
            (StatusCode::CONFLICT, "DENIED")
        }
        Error::StorageFull(_) => (StatusCode::INSUFFICIENT_STORAGE, "UNKNOWN"),
        Error::Storage(_) | Error::BlobUnreadable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "UNKNOWN"),
    }
}
