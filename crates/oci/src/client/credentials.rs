//! What a client shows to a registry. Secrets do not print.

use crate::aws::EcrApi;
use secrecy::SecretString;

#[derive(Debug, Clone, Default)]
pub enum Credentials {
    #[default]
    Anonymous,
    Basic {
        user: String,
        password: SecretString,
    },
    /// An OAuth2 refresh token, as docker's config.json keeps it under `identitytoken`.
    IdentityToken(SecretString),
    /// ECR: the client asks this API for a registry token and renews it before it ends.
    Ecr(EcrApi),
}

impl Credentials {
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Basic { user: user.into(), password: SecretString::from(password.into()) }
    }

    pub fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }
}
