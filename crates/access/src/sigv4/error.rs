//! What is wrong with a signature, as the services name it: JSON services (ECR) and query services (IAM, STS) have
//! different codes and status for the same fault.

/// A fault and the text for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignatureError {
    pub fault: SignatureFault,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureFault {
    /// Nothing that looks like a signature.
    Missing,
    /// A part of it is absent or malformed.
    Incomplete,
    /// It does not match, or it is not for this service, or not for this time.
    Mismatch,
    /// No such access key, an inactive one, or a session token that does not belong to it.
    UnknownKey,
    /// Temporary credentials past their end.
    ExpiredToken,
    /// The database could not be asked.
    Unavailable,
}

impl SignatureError {
    pub(crate) fn new(fault: SignatureFault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into() }
    }

    pub(crate) fn incomplete(message: impl Into<String>) -> Self {
        Self::new(SignatureFault::Incomplete, message)
    }

    pub(crate) fn mismatch(message: impl Into<String>) -> Self {
        Self::new(SignatureFault::Mismatch, message)
    }

    pub(crate) fn unknown_key() -> Self {
        Self::new(SignatureFault::UnknownKey, "The security token included in the request is invalid.")
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(SignatureFault::Unavailable, "The server could not look up the access key. Try again.")
    }

    /// The code of JSON services such as ECR.
    pub fn code(&self) -> &'static str {
        match self.fault {
            SignatureFault::Missing => "MissingAuthenticationTokenException",
            SignatureFault::Incomplete => "IncompleteSignatureException",
            SignatureFault::Mismatch => "InvalidSignatureException",
            SignatureFault::UnknownKey => "UnrecognizedClientException",
            SignatureFault::ExpiredToken => "ExpiredTokenException",
            SignatureFault::Unavailable => "ServerException",
        }
    }

    /// HTTP status that goes with [`SignatureError::code`].
    pub fn status(&self) -> u16 {
        match self.fault {
            SignatureFault::Unavailable => 500,
            _ => 400,
        }
    }

    /// The code of query services: IAM and STS.
    pub fn query_code(&self) -> &'static str {
        match self.fault {
            SignatureFault::Missing => "MissingAuthenticationToken",
            SignatureFault::Incomplete => "IncompleteSignature",
            SignatureFault::Mismatch => "SignatureDoesNotMatch",
            SignatureFault::UnknownKey => "InvalidClientTokenId",
            SignatureFault::ExpiredToken => "ExpiredToken",
            SignatureFault::Unavailable => "ServiceFailure",
        }
    }

    /// HTTP status that goes with [`SignatureError::query_code`].
    pub fn query_status(&self) -> u16 {
        match self.fault {
            SignatureFault::Incomplete => 400,
            SignatureFault::Unavailable => 500,
            _ => 403,
        }
    }
}
