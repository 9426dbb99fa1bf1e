//! IAM's error codes, with the HTTP status that botocore's service model gives them.

use crate::Denied;
use crate::policy::MalformedPolicy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IamFault {
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
    PasswordPolicyViolation,
    ServiceFailure,
    UnmodifiableEntity,
    ValidationError,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct IamError {
    pub fault: IamFault,
    message: String,
    denied: Option<Box<Denied>>,
}

impl IamError {
    pub fn new(fault: IamFault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), denied: None }
    }

    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(IamFault::NoSuchEntity, message)
    }

    /// `value` at the request's `member` breaks a rule of the service model.
    pub fn constraint(value: &str, member: &str, rule: &str) -> Self {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {rule}"
        );
        Self::new(IamFault::ValidationError, message)
    }

    /// The refusal, where a right was missing.
    pub fn denied(&self) -> Option<&Denied> {
        self.denied.as_deref()
    }

    pub fn code(&self) -> &'static str {
        match self.fault {
            IamFault::AccessDenied => "AccessDenied",
            IamFault::DeleteConflict => "DeleteConflict",
            IamFault::EntityAlreadyExists => "EntityAlreadyExists",
            IamFault::InvalidInput => "InvalidInput",
            IamFault::LimitExceeded => "LimitExceeded",
            IamFault::MalformedPolicyDocument => "MalformedPolicyDocument",
            IamFault::NoSuchEntity => "NoSuchEntity",
            IamFault::PasswordPolicyViolation => "PasswordPolicyViolation",
            IamFault::ServiceFailure => "ServiceFailure",
            IamFault::UnmodifiableEntity => "UnmodifiableEntity",
            IamFault::ValidationError => "ValidationError",
        }
    }

    pub fn status(&self) -> u16 {
        match self.fault {
            IamFault::AccessDenied => 403,
            IamFault::DeleteConflict | IamFault::EntityAlreadyExists | IamFault::LimitExceeded => 409,
            IamFault::InvalidInput
            | IamFault::MalformedPolicyDocument
            | IamFault::PasswordPolicyViolation
            | IamFault::UnmodifiableEntity
            | IamFault::ValidationError => 400,
            IamFault::NoSuchEntity => 404,
            IamFault::ServiceFailure => 500,
        }
    }
}

impl From<Denied> for IamError {
    fn from(denied: Denied) -> Self {
        let fault = if denied.is_unavailable() { IamFault::ServiceFailure } else { IamFault::AccessDenied };
        Self { denied: Some(Box::new(denied.clone())), ..Self::new(fault, denied.to_string()) }
    }
}

impl From<MalformedPolicy> for IamError {
    fn from(malformed: MalformedPolicy) -> Self {
        Self::new(IamFault::MalformedPolicyDocument, malformed.to_string())
    }
}

/// What no service has translated into IAM's words is a failure of the server.
impl From<packyard_store::Error> for IamError {
    fn from(error: packyard_store::Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "identities could not be read or written");
        Self::new(IamFault::ServiceFailure, "The server could not read or write identities. Try again.")
    }
}
