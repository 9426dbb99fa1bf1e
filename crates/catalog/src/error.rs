//! Why a request to the catalogue was not done. HTTP-agnostic; the API and the console translate it.

use crate::{Hop, ValidateReport};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Text is complete by itself, as AWS would say it.
    #[error("{0}")]
    Denied(packyard_access::Denied),
    #[error("{what} `{id}` was not found")]
    NotFound { what: &'static str, id: String },
    #[error("a registry named `{0}` exists already; registry names are unique over all kinds. Choose another name")]
    NameTaken(String),
    /// One field of what was sent cannot be used.
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: String },
    /// Validate failed at a hop.
    #[error("{}", .0.problem().unwrap_or_default())]
    Unreachable(Box<ValidateReport>),
    #[error("could not {doing}")]
    Store {
        doing: &'static str,
        #[source]
        source: packyard_store::Error,
    },
}

impl Error {
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Where Validate stopped.
    pub fn hop(&self) -> Option<Hop> {
        match self {
            Self::Unreachable(report) => report.failed().map(|failed| failed.hop),
            _ => None,
        }
    }

    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    pub(crate) fn registry_not_found(uid: &str) -> Self {
        Self::NotFound { what: "registry", id: uid.to_owned() }
    }

    pub(crate) fn pack_not_found(uid: &str) -> Self {
        Self::NotFound { what: "pack", id: uid.to_owned() }
    }
}

/// Adds what was being done to an error of the store.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, Error>;

    /// The same for a change of a registry, which somebody else may have removed meanwhile.
    fn changing(self, registry_uid: &str, doing: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, packyard_store::Error> {
    fn doing(self, doing: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Store { doing, source })
    }

    fn changing(self, registry_uid: &str, doing: &'static str) -> Result<T, Error> {
        self.map_err(|error| match error {
            packyard_store::Error::NotFound(_) => Error::registry_not_found(registry_uid),
            source => Error::Store { doing, source },
        })
    }
}
