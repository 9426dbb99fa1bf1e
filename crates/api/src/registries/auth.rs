//! How clients say what a registry knows us by, and how we tell them.

use super::connection::TlsConfiguration;
use super::{mask, secret};
use crate::error::ApiError;
use packyard_catalog::{Auth as Credentials, Registry, RegistryKind, RegistrySecrets};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
pub(super) struct RegistryAuthInput {
    /// noAuth or basic; token for Helm repositories. noAuth when absent and no user name is given.
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    username: String,
    /// Asterisks only, or absent, keeps the stored one.
    #[serde(default)]
    password: String,
    /// As the password, for the type token.
    #[serde(default)]
    token: String,
    #[serde(default)]
    tls: Option<TlsConfiguration>,
}

impl RegistryAuthInput {
    pub(super) fn tls(&self) -> Option<TlsConfiguration> {
        self.tls.clone()
    }

    pub(super) fn credentials(self, kind: RegistryKind) -> Result<Credentials, ApiError> {
        let word = match self.r#type.as_str() {
            "" if self.username.is_empty() => "noAuth",
            "" => "basic",
            word => word,
        };
        match word {
            "noAuth" => Ok(Credentials::Anonymous),
            "basic" => Ok(Credentials::Basic { username: self.username, password: secret(self.password) }),
            "token" if kind == RegistryKind::Helm => {
                Ok(Credentials::Token { username: self.username, token: secret(self.token) })
            }
            other => {
                let known = if kind == RegistryKind::Helm { "basic, token or noAuth" } else { "basic or noAuth" };
                let text = format!("auth.type `{other}` is not supported here; use {known}");
                Err(ApiError::bad_request("InvalidField", text))
            }
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RegistryAuth {
    r#type: &'static str,
    username: String,
    /// Masked, except that a Helm registry by uid shows it to who may set it.
    password: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    token: String,
    tls: TlsConfiguration,
}

impl RegistryAuth {
    pub(super) fn of(registry: &Registry) -> Self {
        Self::showing(registry, mask(registry.has_secret))
    }

    /// With the secrets themselves.
    pub(super) fn in_clear(registry: &Registry, secrets: &RegistrySecrets) -> Self {
        let clear = |secret: &SecretString| secret.expose_secret().to_owned();
        let mut auth = Self::showing(registry, secrets.login.as_ref().map(clear).unwrap_or_default());
        if let Some(key) = &secrets.client_key {
            auth.tls.show_key(clear(key));
        }
        auth
    }

    fn showing(registry: &Registry, shown: String) -> Self {
        let tls = TlsConfiguration::of(&registry.spec);
        let none = String::new;
        match &registry.spec.auth {
            Credentials::Basic { username, .. } => {
                Self { r#type: "basic", username: username.clone(), password: shown, token: none(), tls }
            }
            Credentials::Token { username, .. } => {
                Self { r#type: "token", username: username.clone(), password: none(), token: shown, tls }
            }
            _ => Self { r#type: "noAuth", username: none(), password: shown, token: none(), tls },
        }
    }
}
