//! Errors of opening and of logging in. Signatures, policies and IAM have their own, beside their code.

/// Why a login, a token or a key was refused. Says nothing about whether the name exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    #[error("the name and the password, token or key do not belong together")]
    Wrong,
    #[error("the token or key has expired")]
    Expired,
    #[error("too many wrong passwords; try again in {retry_after_s} seconds")]
    Throttled { retry_after_s: u64 },
    /// The password is right, and is good for nothing but choosing another.
    #[error("the password must be changed first: log in at the console and choose a new one")]
    ResetRequired,
    /// The same, and the time to choose another is over.
    #[error("the one-time password has expired; ask an administrator for another one")]
    OneTimePasswordExpired,
    #[error("the user or key is disabled")]
    Disabled,
    #[error("the server could not look up the credentials; try again")]
    Unavailable,
}

impl From<packyard_store::Error> for LoginError {
    fn from(error: packyard_store::Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "credentials could not be looked up");
        Self::Unavailable
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}")]
    Config(String),
    #[error("could not read or write the identities")]
    Store(#[from] packyard_store::Error),
    /// Asked to maintain what was never begun.
    #[error("no first start was made here")]
    NoInstallation,
    #[error("could not keep the first start's credentials")]
    Keep(#[source] std::io::Error),
    #[error("could not hash the administrator's password")]
    Password,
}
