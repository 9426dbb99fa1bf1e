//! One HTTP exchange under the rules of this client: addresses are judged, redirects are followed by hand, secrets
//! stay with the origin they were meant for, bodies are bounded. Knows nothing of registries.

use super::address::AddressRefused;
use super::endpoint::{Endpoint, is_loopback};
use super::error::{ClientError, Hop};
use super::guard::{Guard, GuardedResolver, NotResolved};
use super::options::{ClientOptions, TlsOptions};
use super::payload::Payload;
use super::proxy::ProxyOptions;
use super::reply::Reply;
use super::tls;
use http::{HeaderMap, Method, StatusCode, header};
use reqwest::{Url, redirect};
use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One request. Cloned for each try.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    pub(crate) timeout: Duration,
    /// For the error: "read the tags of `a/b` at host".
    pub(crate) doing: Arc<str>,
    pub(crate) follow_redirects: bool,
}

/// A configured HTTP client with its address guard. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    /// For hosts that nobody typed or trusts: it never shows the client's certificate.
    elsewhere: reqwest::Client,
    guard: Arc<Guard>,
    pub(crate) options: Arc<ClientOptions>,
}

impl Transport {
    pub(crate) fn new(typed: &Endpoint, options: Arc<ClientOptions>) -> Result<Self, ClientError> {
        install_crypto_provider();
        let doing = format_args!("prepare a connection to {typed}");
        // As Go's clients do it: this machine is never reached by a proxy, whatever NO_PROXY forgets.
        let by_proxies = options.proxies_from_env && options.proxy.is_none() && !is_loopback(typed.host());
        let proxies = if by_proxies { proxy_hosts() } else { Vec::new() };
        let given = options.proxy.as_ref().map(ProxyOptions::host);
        let guard = Guard::new(options.endpoint_policy, typed.host(), proxies, given);
        let local = |why: String| ClientError::new(Hop::Local, doing, why);
        let client = |tls: &TlsOptions| {
            let mut builder = reqwest::Client::builder()
                .user_agent(&options.user_agent)
                .redirect(redirect::Policy::none())
                .dns_resolver(GuardedResolver(guard.clone()))
                .connect_timeout(options.timeouts.connect)
                .read_timeout(options.timeouts.idle)
                .tcp_keepalive(Duration::from_secs(30));
            match &options.proxy {
                Some(proxy) => builder = builder.proxy(proxy.for_http()),
                None if !by_proxies => builder = builder.no_proxy(),
                None => {}
            }
            let builder = tls::configured(builder, tls).map_err(local)?;
            let unusable =
                |e: reqwest::Error| local(format!("the TLS settings cannot be used: {}", innermost(&e))).with_source(e);
            builder.build().map_err(unusable)
        };
        let http = client(&options.tls)?;
        let elsewhere = match options.tls.identity_pem {
            Some(_) => client(&TlsOptions { identity_pem: None, ..options.tls.clone() })?,
            None => http.clone(),
        };
        Ok(Self { http, elsewhere, guard, options })
    }

    /// A certificate tells who we are as a password does, so it goes no further than one: to the typed host, and to
    /// those that the settings trust with the password.
    fn client_for(&self, url: &Url) -> &reqwest::Client {
        let host = url.host_str().unwrap_or_default();
        let trusted = || {
            let authority = authority_of(url);
            let mut realms = self.options.trusted_realms.iter();
            realms.any(|realm| realm.eq_ignore_ascii_case(host) || realm.eq_ignore_ascii_case(&authority))
        };
        if self.guard.is_typed(host) || trusted() { &self.http } else { &self.elsewhere }
    }

    /// Sends `call`, following redirects when it says so. Any status is an answer.
    pub(crate) async fn exchange(&self, mut call: Call) -> Result<Reply, ClientError> {
        let typed_origin = call.url.origin();
        for _ in 0..=self.options.limits.redirects {
            let reply = self.exchange_once(&call).await?;
            let Some(next) = redirect_target(&call, &reply)? else { return Ok(reply) };
            if next.origin() != call.url.origin() {
                // Never come back: a redirect to us from elsewhere does not carry them again either.
                call.headers.remove(header::AUTHORIZATION);
                call.headers.remove(header::COOKIE);
            }
            if reply.status == StatusCode::SEE_OTHER {
                call.method = Method::GET;
                call.payload = Payload::Empty;
            }
            tracing::debug!(from = %typed_origin.ascii_serialization(), to = %next.origin().ascii_serialization(), "redirected");
            call.url = next;
        }
        let limit = self.options.limits.redirects;
        Err(ClientError::new(
            Hop::Limit,
            &call.doing,
            format!("it was redirected more than {limit} times (limit `redirects`)"),
        ))
    }

    async fn exchange_once(&self, call: &Call) -> Result<Reply, ClientError> {
        let proxy = self.proxy_for(&call.url);
        self.check_addresses(call, proxy)?;
        let (body, length) = call.payload.open(&call.doing).await?;
        let mut request = self
            .client_for(&call.url)
            .request(call.method.clone(), call.url.clone())
            .headers(call.headers.clone())
            .timeout(call.timeout);
        if let Some(length) = length {
            request = request.header(header::CONTENT_LENGTH, length);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let start = Instant::now();
        let response = request.send().await.map_err(|e| self.unsent(call, e))?;
        // The path only: a query may hold the token of an upload or the signature of a download.
        let (method, ms) = (&call.method, start.elapsed().as_millis() as u64);
        tracing::debug!(%method, origin = %call.url.origin().ascii_serialization(), path = call.url.path(), status = response.status().as_u16(), ms, doing = %call.doing, "exchanged");
        if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
            && let Some(seen) = self.proxy_wants_login(proxy)
        {
            return Err(ClientError { status: Some(407), ..ClientError::new(Hop::Proxy, &call.doing, seen) });
        }
        Ok(Reply::new(response, call.doing.clone()))
    }

    /// Of hosts that are addresses; names are judged when they are resolved.
    fn check_addresses(&self, call: &Call, proxy: Option<&ProxyOptions>) -> Result<(), ClientError> {
        let refused = |hop, seen: String| ClientError::new(hop, &call.doing, seen);
        if let Some(host) = call.url.host_str() {
            self.guard.check_host(host).map_err(|why| refused(Hop::AddressPolicy, why.to_string()))?;
        }
        if let Some(proxy) = proxy {
            self.guard.check_host(proxy.host()).map_err(|why| refused(Hop::ProxyPolicy, proxy.refused(why)))?;
        }
        Ok(())
    }

    /// The proxy that was given, where it is used for `url`.
    fn proxy_for(&self, url: &Url) -> Option<&ProxyOptions> {
        self.options.proxy.as_ref().filter(|proxy| proxy.covers_url(url))
    }

    /// A reply of 407, where it is a proxy's.
    fn proxy_wants_login(&self, given: Option<&ProxyOptions>) -> Option<String> {
        let named = self.guard.proxies();
        match given {
            Some(proxy) => Some(proxy.wants_login()),
            None if named.is_empty() => None,
            None => Some(format!("the proxy {} wants another user name and password (407)", named.join(", "))),
        }
    }

    /// Why there is no reply. Where there is a proxy, it may be what failed.
    fn unsent(&self, call: &Call, error: reqwest::Error) -> ClientError {
        let connecting = error.is_connect();
        let texts: Vec<String> = causes(&error).map(|cause| words(&cause.to_string())).collect();
        let timed_out = error.is_timeout();
        let mut error = network_error(&call.doing, &call.url, error);
        if let Some(proxy) = self.proxy_for(&call.url) {
            match error.hop {
                Hop::Dns if texts.iter().any(|text| text.contains(proxy.host())) => {
                    error.hop = Hop::Proxy;
                    error.seen = format!("the name of the proxy {} does not resolve", proxy.authority());
                }
                // Its name is the only one that is resolved here.
                Hop::AddressPolicy => {
                    error.hop = Hop::ProxyPolicy;
                    error.seen = proxy.refused(&error.seen);
                }
                Hop::Tcp if connecting => {
                    error.hop = Hop::Proxy;
                    error.seen = proxy.trouble(&texts, timed_out, &authority_of(&call.url));
                    // Another try with the same login would end the same way.
                    error.status = error.seen.ends_with("(407)").then_some(407);
                }
                _ => {}
            }
            return error;
        }
        let proxies = self.guard.proxies();
        if connecting && error.hop == Hop::Tcp && !proxies.is_empty() {
            error.seen = format!("{} (the environment names the proxy {})", error.seen, proxies.join(", "));
        }
        error
    }
}

/// Where the reply redirects to, when that is to be followed.
fn redirect_target(call: &Call, reply: &Reply) -> Result<Option<Url>, ClientError> {
    if !matches!(reply.status.as_u16(), 301 | 302 | 303 | 307 | 308) || !call.follow_redirects {
        return Ok(None);
    }
    let refuse = |seen: String| Err(ClientError::new(Hop::Protocol, &call.doing, seen));
    let Some(location) = reply.header("location") else { return Ok(None) };
    let Ok(next) = call.url.join(location) else {
        return refuse("it was redirected to something that is not a URL".into());
    };
    let to = format!("{}://{}", next.scheme(), next.host_str().unwrap_or_default());
    let reading = matches!(call.method, Method::GET | Method::HEAD);
    if !matches!(next.scheme(), "http" | "https") {
        return refuse(format!("it was redirected to `{}:`, which is not http or https", next.scheme()));
    }
    if call.url.scheme() == "https" && next.scheme() == "http" {
        return refuse(format!("it was redirected from https to {to}; a connection is never made less safe"));
    }
    if !reading && next.origin() != call.url.origin() {
        return refuse(format!("a {} was redirected to {to}; content is sent only where you said", call.method));
    }
    Ok(Some(next))
}

/// Makes ring the process's crypto provider, once. Harmless when another part of the program was first.
pub fn install_crypto_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The hosts of the proxies that the environment names.
fn proxy_hosts() -> Vec<String> {
    let mut hosts: Vec<String> = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .filter_map(|text| {
            let text = if text.contains("://") { text } else { format!("http://{text}") };
            Url::parse(&text).ok()?.host_str().map(str::to_ascii_lowercase)
        })
        .collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

/// Why a request was not answered, with the hop that failed, found in the chain of causes.
pub fn network_error(doing: &str, url: &Url, error: reqwest::Error) -> ClientError {
    let authority = authority_of(url);
    let (hop, seen) = diagnose(&error, &authority);
    ClientError::new(hop, doing, seen).with_source(error.without_url())
}

/// `host:port` of a URL, for messages: paths and queries may hold secrets.
fn authority_of(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn diagnose(error: &reqwest::Error, authority: &str) -> (Hop, String) {
    for cause in causes(error) {
        if let Some(refused) = cause.downcast_ref::<AddressRefused>() {
            return (Hop::AddressPolicy, refused.to_string());
        }
        if let Some(unresolved) = cause.downcast_ref::<NotResolved>() {
            return (Hop::Dns, unresolved.to_string());
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return tls::diagnose(tls, authority);
        }
    }
    let last = innermost(error);
    match () {
        () if error.is_connect() && error.is_timeout() => (Hop::Tcp, format!("no connection to {authority} in time")),
        () if error.is_timeout() => (Hop::Timeout, format!("{authority} did not answer in time")),
        () if error.is_connect() => (Hop::Tcp, format!("no connection to {authority}: {last}")),
        () if is_broken_connection(error) => (Hop::Tcp, format!("the connection to {authority} broke: {last}")),
        () => (Hop::Protocol, format!("{authority} does not answer as a web server should: {last}")),
    }
}

/// A message that stops midway; and a connection that ends before the first one, as one does whose client certificate is
/// refused: with TLS 1.3 that is said after the handshake, and another try hears it.
const LOST: [&str; 2] = ["connection closed before message completed", "connection was not ready"];

/// A connection that was made and then lost: worth another try.
fn is_broken_connection(error: &reqwest::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    causes(error).any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        // The HTTP library's own errors have no type outside of it.
        kind.is_some_and(|kind| matches!(kind, ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof))
            || LOST.iter().any(|text| cause.to_string().contains(text))
    })
}

/// The error and what caused it, also through `io::Error`, whose `source` skips what it holds.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn StdError + 'static)| {
        let cause: &'a (dyn StdError + 'static) = *cause;
        match cause.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
            None => cause.source(),
        }
    })
}

/// The text of the last cause, which is the one that says something; without the number that the system gives it.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    words(&causes(error).last().unwrap_or(error).to_string())
}

/// The text of an error without the number that the system gives it.
fn words(text: &str) -> String {
    match text.split_once(" (os error ") {
        Some((words, _)) => words.to_lowercase(),
        None => text.to_owned(),
    }
}
