//! Settings of a client: TLS, time-outs, limits, retries and the addresses it may reach. Every limit has a name, and
//! running over it is an error that says the name.

use super::address::EndpointPolicy;
use super::proxy::ProxyOptions;
use secrecy::SecretString;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct ClientOptions {
    pub tls: TlsOptions,
    pub timeouts: Timeouts,
    pub limits: Limits,
    pub retry: RetryOptions,
    /// Addresses the typed endpoint may have.
    pub endpoint_policy: EndpointPolicy,
    /// Use HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, except for loopback hosts. For a person's command line, never for a server.
    pub proxies_from_env: bool,
    /// A proxy that was given for this registry; the environment's are not used then.
    pub proxy: Option<ProxyOptions>,
    /// Other origins that may be given the credentials in exchange for a token (`auth.example.com[:port]`).
    pub trusted_realms: Vec<String>,
    pub user_agent: String,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            tls: TlsOptions::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            retry: RetryOptions::default(),
            endpoint_policy: EndpointPolicy::Any,
            proxies_from_env: false,
            proxy: None,
            trusted_realms: Vec::new(),
            user_agent: concat!("packyard/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// PEM certificates to trust besides the system's.
    pub ca_pem: Option<String>,
    /// The client's own certificate chain and its key, in one PEM text; shown to servers that ask for one.
    pub identity_pem: Option<SecretString>,
    /// Take any certificate. Wins over `ca_pem`.
    pub insecure_skip_verify: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    /// Longest silence while a body is read.
    pub idle: Duration,
    /// Whole exchange, for everything but blobs.
    pub request: Duration,
    /// Whole exchange, for a blob.
    pub blob: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            request: Duration::from_secs(120),
            blob: Duration::from_secs(3600),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub manifest_bytes: usize,
    /// One page of tags, repositories or referrers, one token or API reply.
    pub reply_bytes: usize,
    pub pages: usize,
    /// Entries over all pages.
    pub entries: usize,
    pub redirects: usize,
    /// Downloads of blobs whose size nobody promised.
    pub blob_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: crate::MANIFEST_LIMIT,
            reply_bytes: 4 * 1024 * 1024,
            pages: 1_000,
            entries: 200_000,
            redirects: 5,
            blob_bytes: 1 << 30,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct RetryOptions {
    /// Tries after the first.
    pub retries: u32,
    /// Longest wait before the first retry; doubles each time. A random part, up to a half, is left out.
    pub first_wait: Duration,
    pub longest_wait: Duration,
    /// A longer Retry-After ends the call with a rate-limit error instead of waiting.
    pub longest_retry_after: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            retries: 4,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(5),
            longest_retry_after: Duration::from_secs(30),
        }
    }
}
