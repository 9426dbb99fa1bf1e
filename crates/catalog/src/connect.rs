//! From a registry's settings to connections: where it is, how it is spoken to, what is searched in it.

use crate::hosts::Hosts;
use crate::near_miss::seen_from;
use crate::paths::{BasePaths, Found};
use crate::source::{AnySource, EcrSource, Harbor, Meter, OciSource};
use crate::{Auth, CatalogConfig, ClientCertificate, Holds, Hop, ProxySpec, RegistryKind, RegistrySpec};
use packyard_oci::aws::{AwsCredentials, AwsEndpoints, AwsKeys, EcrApi, EcrHost, RoleToAssume};
use packyard_oci::client::{self, Client, ClientError, ClientOptions, Credentials, Endpoint, ProxyOptions, TlsOptions};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// Everything needed to read one registry. Clones share connections and tokens.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) endpoint: Endpoint,
    pub(crate) paths: BasePaths,
    /// What its tags are read as.
    pub(crate) holds: Holds,
    pub(crate) proxy: Option<ProxyOptions>,
    pub(crate) client: Client,
    /// Of an ECR registry that is not anonymous.
    pub(crate) ecr: Option<EcrApi>,
    pub(crate) meter: Meter,
    /// Made by this run, not by an earlier one of this process.
    pub(crate) is_new: bool,
    may_only_list: Arc<AtomicBool>,
    pub(crate) harbor: Harbor,
}

/// What cannot be used before anything is called.
#[derive(Debug, Clone)]
pub(crate) struct Unusable {
    pub(crate) field: &'static str,
    pub(crate) hop: Hop,
    pub(crate) message: String,
}

impl Unusable {
    pub(crate) fn new(field: &'static str, hop: Hop, message: impl Into<String>) -> Self {
        Self { field, hop, message: message.into() }
    }
}

impl Connection {
    /// What of a registry's repositories is under the base paths; near misses as whoever typed the endpoint sees them.
    pub(crate) fn find<'a>(&self, listed: impl IntoIterator<Item = &'a str>) -> Found {
        let mut found = self.paths.find(listed);
        if let Some(before) = &self.endpoint.base_path {
            found.near_misses = found.near_misses.into_iter().map(|miss| seen_from(before.as_str(), miss)).collect();
        }
        found
    }

    pub(crate) fn new(spec: &RegistrySpec, config: &CatalogConfig, hosts: &Hosts) -> Result<Self, Unusable> {
        let endpoint = endpoint(spec)?;
        let holds = spec.holds();
        let paths = BasePaths::of(holds, &spec.base_content_path, endpoint.base_path.as_ref())
            .map_err(|e| Unusable::new("baseContentPath", Hop::Path, e))?;
        let options = options(spec, config)?;
        let local = |e: ClientError| Unusable::new("endpoint", crate::hops::hop(e.hop), e.to_string());
        let ecr = aws_credentials(spec, &endpoint, config)?
            .map(|credentials| {
                let region = Some(spec.default_region.as_str());
                EcrApi::new(AwsEndpoints::of(&endpoint, region), credentials, options.clone()).map_err(local)
            })
            .transpose()?;
        let credentials = match (&ecr, &spec.auth) {
            (Some(api), _) => Credentials::Ecr(api.clone()),
            (None, Auth::Basic { username, password }) => {
                let password = password.as_ref().map_or("", |p| p.expose_secret());
                if username.is_empty() && password.is_empty() {
                    let text = "user name and password are both empty; give them, or choose no authentication";
                    return Err(Unusable::new("auth", Hop::Credentials, text));
                }
                Credentials::basic(username.clone(), password)
            }
            _ => Credentials::Anonymous,
        };
        let proxy = options.proxy.clone();
        let client = Client::new(endpoint.clone(), credentials, options).map_err(local)?;
        let limits = &config.limits;
        let meter = Meter::new(hosts.gate(&endpoint.origin(), limits.host_parallel, limits.host_rate));
        Ok(Self {
            endpoint,
            paths,
            holds,
            proxy,
            client,
            ecr,
            meter,
            is_new: true,
            may_only_list: Arc::default(),
            harbor: Harbor::default(),
        })
    }

    /// The same with counts of its own, for another run.
    pub(crate) fn counted_anew(&self) -> Self {
        Self { meter: self.meter.anew(), is_new: false, ..self.clone() }
    }

    pub(crate) fn source(&self) -> AnySource {
        match &self.ecr {
            Some(api) => AnySource::Ecr(EcrSource {
                api: api.clone(),
                meter: self.meter.clone(),
                may_only_list: self.may_only_list.clone(),
            }),
            None => AnySource::Oci(OciSource {
                client: self.client.clone(),
                meter: self.meter.clone(),
                harbor: self.harbor.clone(),
                projects: self.paths.first_folders(),
            }),
        }
    }

    /// The registry is Amazon's own, so it cannot be this very server.
    pub(crate) fn is_amazon(&self) -> bool {
        EcrHost::parse(self.endpoint.host()).is_some()
    }

    /// `arn:aws:ecr:<region>:<account>` with `*` for what the host does not say.
    pub(crate) fn ecr_arn_prefix(&self) -> String {
        match EcrHost::parse(self.endpoint.host()) {
            Some(host) => format!("arn:{}:ecr:{}:{}", partition(&host.region), host.region, host.account_id),
            None => "arn:aws:ecr:*:*".to_owned(),
        }
    }
}

/// Connections of earlier runs, so that a push is read over an open one with a token that is still good. Kept for one
/// state of a registry's settings: an edit makes a new one.
#[derive(Clone)]
pub(crate) struct Connections<C>(Arc<Mutex<HashMap<String, (i64, C)>>>);

impl<C> Default for Connections<C> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<C: Clone> Connections<C> {
    pub(crate) fn kept(&self, uid: &str, updated_ms: i64) -> Option<C> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(uid).filter(|(of, _)| *of == updated_ms).map(|(_, connection)| connection.clone())
    }

    pub(crate) fn keep(&self, uid: &str, updated_ms: i64, connection: &C) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(uid.to_owned(), (updated_ms, connection.clone()));
    }

    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ => "aws",
    }
}

pub(crate) fn endpoint(spec: &RegistrySpec) -> Result<Endpoint, Unusable> {
    let unusable = |message: String| Unusable::new("endpoint", Hop::Endpoint, message);
    if spec.endpoint.trim().is_empty() {
        return Err(unusable(
            "it is empty; give the registry's address, such as https://harbor.example.com".to_owned(),
        ));
    }
    if !spec.base_path.trim_matches('/').is_empty() {
        return Err(Unusable::new(
            "basePath",
            Hop::Endpoint,
            "an API path before /v2/ is not supported; leave it empty and put the folder into the base content path",
        ));
    }
    spec.endpoint.parse::<Endpoint>().map_err(|e| unusable(e.to_string()))
}

pub(crate) fn options(spec: &RegistrySpec, config: &CatalogConfig) -> Result<ClientOptions, Unusable> {
    let tls = spec.tls.as_ref();
    let limits = &config.limits;
    let mut options = ClientOptions {
        tls: TlsOptions {
            ca_pem: tls.and_then(|tls| tls.authority()).map(str::to_owned),
            identity_pem: spec.client_certificate.as_ref().and_then(ClientCertificate::identity_pem),
            insecure_skip_verify: tls.is_some_and(|tls| tls.insecure_skip_verify),
        },
        endpoint_policy: config.endpoint_policy,
        proxy: spec.proxy.as_ref().map(ProxySpec::options).transpose()?,
        ..ClientOptions::default()
    };
    // The limit of a whole tag is to be the one that speaks.
    options.timeouts.blob = limits.tag_time.saturating_mul(2);
    options.limits.pages = limits.pages;
    options.limits.entries = limits.repositories.max(limits.tags_per_repository);
    options.limits.blob_bytes = limits.pack.archive_bytes;
    options.retry = config.retry;
    Ok(options)
}

fn aws_credentials(
    spec: &RegistrySpec,
    endpoint: &Endpoint,
    config: &CatalogConfig,
) -> Result<Option<AwsCredentials>, Unusable> {
    if spec.kind != RegistryKind::Ecr {
        return Ok(None);
    }
    let missing = |field, what: &str| Err(Unusable::new(field, Hop::Credentials, what.to_owned()));
    match &spec.auth {
        Auth::Anonymous => Ok(None),
        Auth::Basic { .. } | Auth::Token { .. } => {
            missing("credentials", "an ECR registry has an access key or a role, not a user name and password")
        }
        Auth::AwsKeys { access_key, secret_key } => match secret_key {
            Some(secret) if !access_key.is_empty() => Ok(Some(AwsCredentials::Keys(keys(access_key, secret)))),
            _ => missing("credentials", "access key and secret access key are both needed"),
        },
        Auth::AwsRole { role_arn, external_id, access_key, secret_key } => {
            if role_arn.is_empty() {
                return missing("credentials.sts.arn", "the ARN of the role is needed");
            }
            let role = RoleToAssume {
                role_arn: role_arn.clone(),
                external_id: (!external_id.is_empty()).then(|| external_id.clone()),
                session_name: "packyard".to_owned(),
                duration_s: None,
            };
            match secret_key {
                Some(secret) if !access_key.is_empty() => {
                    Ok(Some(AwsCredentials::Role { keys: keys(access_key, secret), role }))
                }
                _ => may_lend_identity(spec, endpoint, config)
                    .map(|()| Some(AwsCredentials::RoleOfDefaultChain { role })),
            }
        }
        Auth::AwsServer => {
            may_lend_identity(spec, endpoint, config).map(|()| Some(AwsCredentials::DefaultChain { profile: None }))
        }
    }
}

/// The server's own identity is not for everybody who may register a registry, and never for other hosts than Amazon's.
fn may_lend_identity(spec: &RegistrySpec, endpoint: &Endpoint, config: &CatalogConfig) -> Result<(), Unusable> {
    let refused = |text: &str| Err(Unusable::new("credentials", Hop::Credentials, text));
    if !config.server_aws_identity {
        return refused(
            "give an access key; this server does not lend its own AWS identity (its operator allows it with \
             --allow-server-aws-identity)",
        );
    }
    if EcrHost::parse(endpoint.host()).is_none() {
        return refused("give an access key; the server's own AWS identity is used at Amazon's endpoints only");
    }
    // Such a proxy may read what comes back: a token, or the keys of a role.
    let trusts_others = spec.tls.as_ref().is_some_and(|tls| !tls.ca.is_empty() || tls.insecure_skip_verify);
    if spec.proxy.is_some() && trusts_others {
        return refused(
            "give an access key; the server's own AWS identity is not used by a proxy with a CA of the registry's, or \
             without verification",
        );
    }
    Ok(())
}

fn keys(access_key: &str, secret: &SecretString) -> AwsKeys {
    AwsKeys::new(access_key, secret.clone())
}

/// Another call would only make it worse.
pub(crate) fn ends_the_run(error: &ClientError) -> bool {
    error.hop == client::Hop::RateLimited
}

/// The registry as a whole may be the reason; or this one content, and where the registry keeps it.
pub(crate) fn may_be_the_registry(error: &ClientError) -> bool {
    use client::Hop as H;
    matches!(
        error.hop,
        H::Local
            | H::AddressPolicy
            | H::Proxy
            | H::ProxyPolicy
            | H::Dns
            | H::Tcp
            | H::Tls
            | H::Auth
            | H::Permission
            | H::Server
            | H::Timeout
    )
}
