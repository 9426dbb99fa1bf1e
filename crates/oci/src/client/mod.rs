//! A client to any OCI registry (distribution-spec 1.1). Sync reads with it, publish writes with it.
//!
//! Invariants: content is used only after its digest was checked; credentials never leave the typed origin; every
//! reply is bounded; what an error names is the hop that failed. The rules for hostile registries are in oci.md
//! section 5, attacks 21 and 22.

mod address;
mod auth;
mod blobs;
mod challenge;
mod credentials;
mod download;
mod endpoint;
mod error;
mod error_body;
mod guard;
mod harbor;
mod link;
mod listing;
mod manifests;
mod no_proxy;
mod options;
mod payload;
mod proxy;
mod reply;
mod retry;
mod tls;
mod transport;
mod upload;
mod web_folder;

pub use address::{AddressClass, AddressRefused, EndpointPolicy};
pub use blobs::{BlobReader, BlobStream};
pub use challenge::Challenge;
pub use credentials::Credentials;
pub use download::{Download, DownloadReader, Downloads, Validators, Wanted};
pub use endpoint::{Endpoint, InvalidEndpoint, Scheme, is_loopback, without_userinfo};
pub(crate) use error::NO_AWS_KEYS;
pub use error::{ClientError, Hop, RemoteCode};
pub use manifests::{FetchedManifest, ManifestHead};
pub use options::{ClientOptions, Limits, RetryOptions, Timeouts, TlsOptions};
pub use payload::{BlobSource, Progress};
pub use proxy::{InvalidProxy, ProxyOptions, split_login};
pub use tls::{UnusableIdentity, check_identity};
pub use transport::{install_crypto_provider, network_error};
pub use upload::Upload;
pub use web_folder::{NotAFolder, WebFolder};

pub(crate) use auth::form_encoded;
pub(crate) use payload::Payload;
pub(crate) use retry::with_retries;
pub(crate) use tls::configured as configured_tls;
pub(crate) use transport::{Call, Transport};

use auth::{Authorizer, Scope};
use http::{HeaderMap, Method, StatusCode, header};
use reply::Reply;
use reqwest::Url;
use std::sync::Arc;
use std::time::Duration;

const INSTANCE_CHALLENGE: header::HeaderName = header::HeaderName::from_static("packyard-instance-challenge");

/// One registry with one set of credentials. Cheap to clone; clones share connections and tokens.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    endpoint: Endpoint,
    authorizer: Authorizer,
    transport: Transport,
}

/// What a registry says to somebody unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub status: u16,
    pub challenges: Vec<Challenge>,
    /// `Packyard-Instance`: which Packyard server answers, by its own word.
    pub packyard_instance: Option<String>,
    /// `Packyard-Instance-Proof`: a Packyard server's answer to [`Client::probe_with_challenge`].
    pub packyard_proof: Option<String>,
    /// The reply has the marks of a registry: a challenge or `Docker-Distribution-Api-Version`.
    pub is_registry: bool,
}

impl Probe {
    pub fn is_ecr(&self) -> bool {
        self.challenges.iter().any(Challenge::is_ecr)
    }
}

/// One call to the registry: what [`Client::call`] needs to make it, retry it and describe it.
struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    payload: Payload,
    scope: Scope,
    timeout: Duration,
    doing: Arc<str>,
    accept: &'static [u16],
}

impl Client {
    pub fn new(endpoint: Endpoint, credentials: Credentials, options: ClientOptions) -> Result<Self, ClientError> {
        let transport = Transport::new(&endpoint, Arc::new(options))?;
        let authorizer = Authorizer::new(endpoint.clone(), credentials);
        Ok(Self(Arc::new(Inner { endpoint, authorizer, transport })))
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// Asks `GET /v2/` without credentials: is there a registry, and how does it want to be talked to?
    pub async fn probe(&self) -> Result<Probe, ClientError> {
        self.probe_with(HeaderMap::new()).await
    }

    /// The same with a random text that a Packyard server proves itself on (`Packyard-Instance-Challenge`).
    pub async fn probe_with_challenge(&self, challenge: &str) -> Result<Probe, ClientError> {
        let mut headers = HeaderMap::new();
        if let Ok(value) = http::HeaderValue::from_str(challenge) {
            headers.insert(INSTANCE_CHALLENGE, value);
        }
        self.probe_with(headers).await
    }

    async fn probe_with(&self, headers: HeaderMap) -> Result<Probe, ClientError> {
        let doing: Arc<str> = format!("reach the registry at {}", self.0.endpoint.origin()).into();
        let call = Call {
            method: Method::GET,
            url: self.url(&doing, "/v2/")?,
            headers,
            payload: Payload::Empty,
            timeout: self.options().timeouts.request,
            doing: doing.clone(),
            follow_redirects: true,
        };
        with_retries(&self.options().retry, || async {
            let reply = self.0.transport.exchange(call.clone()).await?;
            match reply.status.as_u16() {
                200 | 401 | 403 | 404 => Ok(probe_of(&reply)),
                _ => Err(reply.into_error().await),
            }
        })
        .await
    }

    /// Asks `GET /v2/` with the credentials. Good when they are.
    pub async fn ping(&self) -> Result<(), ClientError> {
        let doing: Arc<str> = format!("log in to {}", self.0.endpoint.origin()).into();
        let request = Request { accept: &[200], ..self.request(Method::GET, "/v2/", Scope::none(), doing)? };
        let reply = self.call(request).await?;
        reply.refuse_html()
    }

    /// Gets the tokens for pulls and pushes of these repositories ahead, many with one request, where the registry has
    /// a token server; to be called after [`Client::ping`], which finds that out.
    pub async fn authorize(&self, repositories: &[crate::RepoName]) {
        /// Scopes in one request: they stand in its URL.
        const AT_ONCE: usize = 20;
        let doing = format!("get tokens for {}", self.0.endpoint.origin());
        for some in repositories.chunks(AT_ONCE) {
            let scopes = some.iter().map(Scope::push);
            if let Some(scope) = scopes.reduce(Scope::and) {
                self.0.authorizer.fetch_ahead(&self.0.transport, scope, &doing).await;
            }
        }
    }

    fn options(&self) -> &ClientOptions {
        &self.0.transport.options
    }

    /// A request without body to `path` of this registry; the caller fills in the rest.
    fn request(&self, method: Method, path: &str, scope: Scope, doing: Arc<str>) -> Result<Request, ClientError> {
        Ok(Request {
            method,
            url: self.url(&doing, path)?,
            headers: HeaderMap::new(),
            payload: Payload::Empty,
            scope,
            timeout: self.options().timeouts.request,
            doing,
            accept: &[200],
        })
    }

    fn url(&self, doing: &str, path: &str) -> Result<Url, ClientError> {
        let text = format!("{}{path}", self.0.endpoint.origin());
        Url::parse(&text).map_err(|e| ClientError::new(Hop::Local, doing, format!("`{text}` is not a URL: {e}")))
    }

    /// Makes the call, with credentials when asked for them, again when that may help. The reply has a status that
    /// the request accepts.
    async fn call(&self, request: Request) -> Result<Reply, ClientError> {
        with_retries(&self.options().retry, || self.call_once(&request)).await
    }

    async fn call_once(&self, request: &Request) -> Result<Reply, ClientError> {
        let first = self.0.authorizer.known(&request.scope);
        let had_header = first.is_some();
        let reply = self.send(request, first).await?;
        if request.accept.contains(&reply.status.as_u16()) {
            return Ok(reply);
        }
        if reply.status == StatusCode::UNAUTHORIZED {
            return self.call_challenged(request, reply).await;
        }
        let error = reply.into_error().await;
        if error.hop == Hop::Auth && had_header && self.0.authorizer.renews() {
            // ECR ends tokens with 403 and no challenge.
            self.0.authorizer.forget(&request.scope);
            let challenge = [Challenge::Basic { realm: None, service: None }];
            let header =
                self.0.authorizer.answer(&self.0.transport, &challenge, &request.scope, &request.doing).await?;
            return self.accepted(request, self.send(request, header).await?).await;
        }
        Err(error)
    }

    async fn call_challenged(&self, request: &Request, reply: Reply) -> Result<Reply, ClientError> {
        if !self.is_own_origin(&reply.url) {
            // A redirect or Location led to another origin that wants credentials: it gets none.
            return Err(reply.into_error().await);
        }
        let challenges = Challenge::all(&reply.headers);
        let error = reply.into_error().await;
        self.0.authorizer.forget(&request.scope);
        let answer = self.0.authorizer.answer(&self.0.transport, &challenges, &request.scope, &request.doing).await;
        let answer = answer.map_err(|error| self.for_nobody(error))?;
        let Some(header) = answer else {
            return Err(ClientError {
                without_login: self.0.authorizer.is_anonymous(),
                ..unanswerable(error, &challenges)
            });
        };
        let reply = self.send(request, Some(header)).await?;
        self.accepted(request, reply).await.map_err(|error| self.for_nobody(error))
    }

    /// Says so where the reason is that nobody in particular asked.
    fn for_nobody(&self, mut error: ClientError) -> ClientError {
        if self.0.authorizer.is_anonymous() && matches!(error.hop, Hop::Auth | Hop::Permission) {
            error.without_login = true;
            error.seen = format!("{}; no login was given", error.seen);
        }
        error
    }

    async fn accepted(&self, request: &Request, reply: Reply) -> Result<Reply, ClientError> {
        if request.accept.contains(&reply.status.as_u16()) { Ok(reply) } else { Err(reply.into_error().await) }
    }

    async fn send(&self, request: &Request, authorization: Option<http::HeaderValue>) -> Result<Reply, ClientError> {
        let mut headers = request.headers.clone();
        if let Some(value) = authorization.filter(|_| self.is_own_origin(&request.url)) {
            headers.insert(header::AUTHORIZATION, value);
        }
        let call = Call {
            method: request.method.clone(),
            url: request.url.clone(),
            headers,
            payload: request.payload.clone(),
            timeout: request.timeout,
            doing: request.doing.clone(),
            follow_redirects: true,
        };
        self.0.transport.exchange(call).await
    }

    /// Whether `url` is the typed registry itself: the only place that gets its credentials.
    fn is_own_origin(&self, url: &Url) -> bool {
        Url::parse(&self.0.endpoint.origin()).is_ok_and(|own| own.origin() == url.origin())
    }
}

fn probe_of(reply: &Reply) -> Probe {
    let challenges = Challenge::all(&reply.headers);
    let text = |name: &str| reply.header(name).map(|v| error::quoted(v, 128));
    Probe {
        status: reply.status.as_u16(),
        is_registry: !challenges.is_empty() || reply.header("docker-distribution-api-version").is_some(),
        packyard_instance: text("packyard-instance"),
        packyard_proof: text("packyard-instance-proof"),
        challenges,
    }
}

/// A 401 that these credentials cannot answer.
fn unanswerable(mut error: ClientError, challenges: &[Challenge]) -> ClientError {
    error.hop = Hop::Auth;
    error.seen = if challenges.is_empty() {
        format!("{}, without saying how to log in (no usable WWW-Authenticate)", error.seen)
    } else {
        format!("{}: it wants a user name and password, and none were given", error.seen)
    };
    error
}
