//! What an administrator registered: where packs come from, and with which credentials they are read.
//!
//! Text a client sent is kept byte for byte (`endpoint`, `base_content_path`): Terraform compares it with what it
//! wrote. What is derived from it (address, base paths) is parsed anew where it is used.

use crate::{ClientCertificate, ProxySpec, SyncStatus};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a registry speaks; clients choose it by the route they create it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistryKind {
    Basic,
    Ecr,
    /// A Helm repository over HTTP.
    Helm,
    /// Palette's own registry from before OCI.
    Pack,
}

impl RegistryKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Ecr => "ecr",
            Self::Helm => "helm",
            Self::Pack => "pack",
        }
    }

    pub fn is_oci(self) -> bool {
        matches!(self, Self::Basic | Self::Ecr)
    }
}

impl fmt::Display for RegistryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RegistryKind {
    type Err = String;
    fn from_str(raw: &str) -> Result<Self, String> {
        match raw {
            "basic" => Ok(Self::Basic),
            "ecr" => Ok(Self::Ecr),
            "helm" => Ok(Self::Helm),
            "pack" => Ok(Self::Pack),
            other => Err(format!("`{other}` is not a kind of registry")),
        }
    }
}

/// What is read of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Packs,
    Charts,
}

impl Holds {
    /// The word for several.
    pub fn word(self) -> &'static str {
        match self {
            Self::Packs => "packs",
            Self::Charts => "charts",
        }
    }
}

/// TLS settings as sent. When both a certificate and skip-verify are given, skip-verify wins (as in Palette).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsSpec {
    pub enabled: bool,
    /// PEM of the authority (or of the server itself) to trust beside the system's.
    pub certificate: String,
    pub ca: String,
    pub insecure_skip_verify: bool,
}

impl TlsSpec {
    /// An ECR read answers `tls` only then; anything else is a difference in every Terraform plan.
    pub fn is_meaningful(&self) -> bool {
        !self.certificate.is_empty() || !self.ca.is_empty() || self.insecure_skip_verify
    }

    /// The PEM text to trust, if any was given.
    pub fn authority(&self) -> Option<&str> {
        [self.certificate.as_str(), self.ca.as_str()].into_iter().find(|pem| !pem.trim().is_empty())
    }
}

/// How a registry knows us. A secret of `None` in an update keeps the one that is stored.
#[derive(Debug, Clone)]
pub enum Auth {
    /// `noAuth`, or an ECR registry that is not private.
    Anonymous,
    Basic {
        username: String,
        password: Option<SecretString>,
    },
    /// Of a Helm repository.
    Token {
        username: String,
        token: Option<SecretString>,
    },
    AwsKeys {
        access_key: String,
        secret_key: Option<SecretString>,
    },
    /// This server's own AWS identity (`pod-identity` of the API), where `CatalogConfig::server_aws_identity` allows it.
    AwsServer,
    /// STS. The identity that assumes the role is the key given here, else the server's own, as with [`Self::AwsServer`].
    AwsRole {
        role_arn: String,
        external_id: String,
        access_key: String,
        secret_key: Option<SecretString>,
    },
}

impl Auth {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Basic { .. } => "basic",
            Self::Token { .. } => "token",
            Self::AwsKeys { .. } => "keys",
            Self::AwsServer => "pod-identity",
            Self::AwsRole { .. } => "role",
        }
    }

    pub(crate) fn secret(&self) -> Option<&SecretString> {
        match self {
            Self::Anonymous | Self::AwsServer => None,
            Self::Basic { password: secret, .. }
            | Self::Token { token: secret, .. }
            | Self::AwsKeys { secret_key: secret, .. }
            | Self::AwsRole { secret_key: secret, .. } => secret.as_ref(),
        }
    }

    pub(crate) fn set_secret(&mut self, value: Option<SecretString>) {
        match self {
            Self::Anonymous | Self::AwsServer => {}
            Self::Basic { password: secret, .. }
            | Self::Token { token: secret, .. }
            | Self::AwsKeys { secret_key: secret, .. }
            | Self::AwsRole { secret_key: secret, .. } => *secret = value,
        }
    }
}

/// What create, update and validate take.
#[derive(Debug, Clone)]
pub struct RegistrySpec {
    pub kind: RegistryKind,
    /// With or without scheme, as sent.
    pub endpoint: String,
    /// A path before `/v2/` (`basePath`; JFrog). Basic only.
    pub base_path: String,
    /// One base path, or several separated by commas or line breaks.
    pub base_content_path: String,
    /// `pack`, `helm` or `zarf`: what is in an OCI registry.
    pub provider_type: String,
    /// What the client asked for; whether it is done, [`RegistrySpec::is_synced`] says.
    pub is_sync_supported: bool,
    pub is_private: bool,
    pub default_region: String,
    pub tls: Option<TlsSpec>,
    /// What we show to a registry that wants to know its clients.
    pub client_certificate: Option<ClientCertificate>,
    /// What the registry, and all that belongs to it, is reached by.
    pub proxy: Option<ProxySpec>,
    pub auth: Auth,
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, String)>,
}

impl RegistrySpec {
    pub fn basic(endpoint: impl Into<String>, base_content_path: impl Into<String>, auth: Auth) -> Self {
        Self::new(RegistryKind::Basic, endpoint.into(), base_content_path.into(), auth)
    }

    pub fn ecr(endpoint: impl Into<String>, base_content_path: impl Into<String>, auth: Auth) -> Self {
        Self::new(RegistryKind::Ecr, endpoint.into(), base_content_path.into(), auth)
    }

    /// A Helm repository, or a registry from before OCI, which is kept for Palette's clients.
    pub fn other(kind: RegistryKind, endpoint: impl Into<String>, auth: Auth) -> Self {
        Self { provider_type: kind.as_str().to_owned(), ..Self::new(kind, endpoint.into(), String::new(), auth) }
    }

    /// What is in it: charts in a Helm repository, and in an OCI registry of that provider.
    pub fn holds(&self) -> Holds {
        if self.kind == RegistryKind::Helm || self.provider_type == "helm" { Holds::Charts } else { Holds::Packs }
    }

    /// Whether packs or charts are read from it.
    pub fn is_synced(&self) -> bool {
        self.is_sync_supported && self.why_not_synced().is_none()
    }

    /// Why nothing can be read from such a registry, whatever the client asked for.
    pub fn why_not_synced(&self) -> Option<&'static str> {
        match (self.kind, self.provider_type.as_str()) {
            (RegistryKind::Pack, _) => Some("Packs of a registry from before OCI are kept as a reference; not synced"),
            (RegistryKind::Helm, _) | (_, "pack" | "helm") => None,
            _ => Some("Zarf packages are kept as a reference; not synced"),
        }
    }

    fn new(kind: RegistryKind, endpoint: String, base_content_path: String, auth: Auth) -> Self {
        Self {
            kind,
            endpoint,
            base_path: String::new(),
            base_content_path,
            provider_type: "pack".to_owned(),
            is_sync_supported: true,
            is_private: !matches!(auth, Auth::Anonymous),
            default_region: String::new(),
            tls: None,
            client_certificate: None,
            proxy: None,
            auth,
            labels: Vec::new(),
            annotations: Vec::new(),
        }
    }
}

/// A registered registry. Secrets are not in it: `spec` has `None` where one is stored.
#[derive(Debug, Clone)]
pub struct Registry {
    /// 24 lower-case hex digits.
    pub uid: String,
    pub name: String,
    pub spec: RegistrySpec,
    pub has_secret: bool,
    pub has_proxy_password: bool,
    /// The endpoint is this very server; pushes show within a second.
    pub is_this_server: bool,
    pub sync: SyncStatus,
    /// Packs in the catalogue whose tag is still in the registry.
    pub pack_count: i64,
    pub version_count: i64,
    pub created_ms: i64,
    pub updated_ms: i64,
}

impl Registry {
    /// Why it is never synchronised; `None` when it is.
    pub fn why_not_synced(&self) -> Option<&'static str> {
        let asked = "This registry is registered without synchronisation";
        (!self.sync.is_sync_supported).then(|| self.spec.why_not_synced().unwrap_or(asked))
    }
}
