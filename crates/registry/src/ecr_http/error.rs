//! Errors of the ECR API, as AWS writes them on the wire: awsJson 1.1, 400 for everything a client did, 500 for what
//! only we can mend. The service model sets no other status, and SDKs retry a 5xx, so a client's mistake is never one.
//!
//! Each error has two messages: [`EcrError::message`] for the caller, [`EcrError::cause`] for the log.

use http::StatusCode;
use packyard_access::{Denied, SignatureError};
use packyard_oci::{ManifestError, RepoName};
use serde_json::{Map, Value, json};
use std::fmt;

/// Whose fault it was, which is all that the status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Client,
    Server,
}

/// The body and status of a failed call.
#[derive(Debug)]
pub(crate) struct EcrError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) fault: Fault,
    /// Members some exceptions carry beside `message`.
    pub(crate) members: Vec<(&'static str, Value)>,
    /// What went wrong inside; never sent.
    pub(crate) cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl EcrError {
    pub(crate) fn client(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fault: Fault::Client, members: Vec::new(), cause: None }
    }

    /// Something that is not the caller's doing. The caller learns no more than the request id, which the log has too.
    pub(crate) fn server(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            code: "ServerException",
            message: "The registry could not do this because of a fault of its own; its log tells more under this request's id. Try again later."
                .into(),
            fault: Fault::Server,
            members: Vec::new(),
            cause: Some(cause.into()),
        }
    }

    /// No room is left on the server's disk. Callers are told, since it is what they ask its operator about.
    fn storage_full(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let message = "The storage of this server is full. Its operator has to make room; then the same works again.";
        Self { message: message.into(), ..Self::server(cause) }
    }

    /// `Invalid parameter at '…' failed to satisfy constraint: '…'`, the grammar AWS uses for every bad value.
    pub(crate) fn invalid(member: &str, constraint: impl fmt::Display) -> Self {
        Self::client(
            "InvalidParameterException",
            format!("Invalid parameter at '{member}' failed to satisfy constraint: '{constraint}'"),
        )
    }

    pub(crate) fn serialization(message: impl Into<String>) -> Self {
        Self::client("SerializationException", message)
    }

    pub(crate) fn repository_not_found(name: &RepoName, account: &str) -> Self {
        Self::client(
            "RepositoryNotFoundException",
            format!("The repository with name '{name}' does not exist in the registry with id '{account}'"),
        )
    }

    #[must_use]
    pub(crate) fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((member, value.into()));
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self.fault {
            Fault::Client => StatusCode::BAD_REQUEST,
            Fault::Server => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// `{"__type": …, "message": …}` and the exception's own members.
    pub(crate) fn body(&self) -> Value {
        let own = self.members.iter().map(|(member, value)| ((*member).to_owned(), value.clone()));
        let mut body: Map<String, Value> = own.collect();
        body.insert("__type".into(), json!(self.code));
        body.insert("message".into(), json!(self.message));
        Value::Object(body)
    }
}

impl fmt::Display for EcrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl From<packyard_store::Error> for EcrError {
    fn from(error: packyard_store::Error) -> Self {
        if error.is_storage_full() { Self::storage_full(error) } else { Self::server(error) }
    }
}

impl From<Denied> for EcrError {
    fn from(denied: Denied) -> Self {
        if denied.is_unavailable() {
            Self::server(denied)
        } else {
            Self::client("AccessDeniedException", denied.to_string())
        }
    }
}

impl From<SignatureError> for EcrError {
    fn from(error: SignatureError) -> Self {
        if error.status() == 400 { Self::client(error.code(), error.to_string()) } else { Self::server(error) }
    }
}

/// What the services refuse, in this protocol's words.
impl From<crate::Error> for EcrError {
    fn from(error: crate::Error) -> Self {
        use crate::Error as E;
        let code = match error {
            E::Denied(denied) => return denied.into(),
            E::ManifestInvalid(error) => return error.into(),
            E::SizeDiffers { .. } => return Self::invalid("ImageManifest", error),
            E::UploadOutOfOrder { offset } => return out_of_order(offset, error.to_string()),
            E::RepositoryUnknown { .. } => "RepositoryNotFoundException",
            E::RepositoryExists { .. } => "RepositoryAlreadyExistsException",
            E::RepositoryNotEmpty { .. } => "RepositoryNotEmptyException",
            E::ManifestUnknown { .. } => "ImageNotFoundException",
            E::BlobsMissing { .. } | E::BlobUnknown(_) => "LayersNotFoundException",
            E::ChildrenMissing { .. } => "ReferencedImagesNotFoundException",
            E::ImageExists { .. } => "ImageAlreadyExistsException",
            E::TagImmutable { .. } => "ImageTagAlreadyExistsException",
            E::BlobDamaged(_) => "LayerInaccessibleException",
            E::UploadUnknown => "UploadNotFoundException",
            E::UploadBusy | E::UploadLength { .. } | E::Body(_) => "InvalidLayerPartException",
            E::UploadEmpty => "EmptyUploadException",
            E::PartTooSmall => "LayerPartTooSmallException",
            E::TooManyReferences { .. } | E::BlobTooLarge(_) => "LimitExceededException",
            // Some of them end soon: SDKs wait and try again after this one.
            E::TooManyUploads { .. } => "ThrottlingException",
            E::StorageFull(cause) => return Self::storage_full(cause),
            error => return Self::server(error),
        };
        Self::client(code, error.to_string())
    }
}

fn out_of_order(offset: u64, message: String) -> EcrError {
    let error = EcrError::client("InvalidLayerPartException", message);
    // Before the first part there is no last byte, and the member is absent.
    if offset == 0 { error } else { error.with("lastValidByteReceived", offset - 1) }
}

impl From<ManifestError> for EcrError {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Syntax(_) => Self::invalid("ImageManifest", "Invalid JSON syntax"),
            ManifestError::TooLarge(limit) => {
                Self::invalid("imageManifest", format_args!("Member must have length less than or equal to {limit}"))
            }
            ManifestError::MediaTypeMismatch { inner, outer } => Self::invalid(
                "imageManifestMediaType",
                format_args!("The manifest says mediaType '{inner}', the request says '{outer}'"),
            ),
            ManifestError::NoMediaType => Self::invalid(
                "imageManifestMediaType",
                "The manifest has no mediaType, and the request does not give its type either",
            ),
            error => Self::invalid("ImageManifest", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_fault_tells_the_caller_nothing_of_its_cause() {
        let error = EcrError::server("the disk at /srv/packyard is full");
        assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!error.body().to_string().contains("/srv"));
    }

    #[test]
    fn a_full_disk_is_told_and_stays_a_fault_of_the_server() {
        let full = || {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            packyard_store::Error::Io { action: "write", path: "/srv/packyard/x".into(), source }
        };
        for error in [EcrError::from(full()), EcrError::from(crate::Error::from(full()))] {
            assert_eq!((error.status(), error.code), (StatusCode::INTERNAL_SERVER_ERROR, "ServerException"));
            let body = error.body().to_string();
            assert!(body.contains("storage of this server is full") && !body.contains("/srv"), "{body}");
        }
    }

    #[test]
    fn members_stand_beside_the_message() {
        let error = EcrError::client("InvalidLayerPartException", "m").with("lastValidByteReceived", 7);
        assert_eq!(
            error.body(),
            json!({"__type": "InvalidLayerPartException", "message": "m", "lastValidByteReceived": 7})
        );
    }
}
