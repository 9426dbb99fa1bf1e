//! Answers challenges: Basic, Bearer with a token server, ECR tokens. What was learned from one challenge is used for
//! the calls after it. Credentials go to the typed origin, and to a token server only when it is on the same host or
//! named by the settings.

mod realm;
mod scope;

pub(crate) use scope::Scope;

use super::challenge::Challenge;
use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::error::{ClientError, Hop};
use super::payload::Payload;
use super::transport::{Call, Transport};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use realm::Realm;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Authorizer {
    endpoint: Endpoint,
    credentials: Credentials,
    learned: Mutex<Learned>,
    /// One renewal of an ECR token at a time.
    ecr_turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Learned {
    scheme: Option<Scheme>,
    /// Where the last Bearer challenge sent us: realm and service.
    token_server: Option<(String, Option<String>)>,
    tokens: HashMap<Scope, Token>,
    ecr: Option<Token>,
}

impl Learned {
    /// The token for the very scope, else one that was fetched for more.
    fn token(&self, scope: &Scope) -> Option<HeaderValue> {
        let exact = self.tokens.get(scope).and_then(Token::usable);
        exact.or_else(|| {
            let mut wider = self.tokens.iter().filter(|(held, _)| held.covers(scope));
            wider.find_map(|(_, token)| token.usable())
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer,
}

#[derive(Debug, Clone)]
struct Token {
    header: HeaderValue,
    ends: Instant,
}

impl Token {
    fn usable(&self) -> Option<HeaderValue> {
        (self.ends > Instant::now()).then(|| self.header.clone())
    }
}

/// Docker's token specification: a reply without `expires_in` means 60 seconds.
const DEFAULT_TOKEN_LIFE: u64 = 60;
/// A token is not used in its last seconds: the call has to arrive with it.
const TOKEN_MARGIN: Duration = Duration::from_secs(10);
/// ECR tokens live for hours; they are renewed this long before.
const ECR_MARGIN: Duration = Duration::from_secs(300);

impl Authorizer {
    pub(crate) fn new(endpoint: Endpoint, credentials: Credentials) -> Self {
        Self { endpoint, credentials, learned: Mutex::default(), ecr_turn: tokio::sync::Mutex::default() }
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What earlier challenges taught: the header for `scope`, if it is known without asking.
    pub(crate) fn known(&self, scope: &Scope) -> Option<HeaderValue> {
        let learned = self.learned();
        match learned.scheme? {
            Scheme::Basic => match &self.credentials {
                Credentials::Basic { user, password } => Some(basic_header(user, password)),
                Credentials::Ecr(_) => learned.ecr.as_ref()?.usable(),
                Credentials::Anonymous | Credentials::IdentityToken(_) => None,
            },
            Scheme::Bearer => learned.token(scope),
        }
    }

    /// Forgets the token that was just refused.
    pub(crate) fn forget(&self, scope: &Scope) {
        let mut learned = self.learned();
        learned.tokens.retain(|held, _| held != scope && !held.covers(scope));
        learned.ecr = None;
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.credentials.is_anonymous()
    }

    /// Fetches one token for several repositories, where the registry has a token server and has named it. That is for
    /// speed only: what the token server does not grant is asked for again when it is needed.
    pub(crate) async fn fetch_ahead(&self, transport: &Transport, scope: Scope, doing: &str) {
        let server = self.learned().token_server.clone();
        let Some((realm, service)) = server else { return };
        if let Ok(token) = self.fetch_token(transport, &realm, service.as_deref(), None, &scope, doing).await {
            self.learned().tokens.insert(scope, token);
        }
    }

    /// True when a refused token may be renewed: ECR's expire while in use.
    pub(crate) fn renews(&self) -> bool {
        matches!(self.credentials, Credentials::Ecr(_))
    }

    /// The header that answers `challenges`; `None` when there is nothing to answer with.
    pub(crate) async fn answer(
        &self,
        transport: &Transport,
        challenges: &[Challenge],
        scope: &Scope,
        doing: &str,
    ) -> Result<Option<HeaderValue>, ClientError> {
        let bearer = challenges.iter().find_map(|c| match c {
            Challenge::Bearer { realm, service, scope } => Some((realm, service, scope)),
            Challenge::Basic { .. } => None,
        });
        let basic = challenges.iter().any(|c| matches!(c, Challenge::Basic { .. }));
        if let Some((realm, service, asked)) = bearer {
            let token = self.fetch_token(transport, realm, service.as_deref(), asked.as_deref(), scope, doing).await?;
            let mut learned = self.learned();
            learned.scheme = Some(Scheme::Bearer);
            learned.token_server = Some((realm.clone(), service.clone()));
            learned.tokens.insert(scope.clone(), token.clone());
            return Ok(Some(token.header));
        }
        if !basic {
            return Ok(None);
        }
        let header = match &self.credentials {
            Credentials::Basic { user, password } => Some(basic_header(user, password)),
            Credentials::Ecr(api) => Some(self.ecr_header(api).await?),
            Credentials::Anonymous | Credentials::IdentityToken(_) => None,
        };
        self.learned().scheme = Some(Scheme::Basic);
        Ok(header)
    }

    async fn ecr_header(&self, api: &crate::aws::EcrApi) -> Result<HeaderValue, ClientError> {
        let _turn = self.ecr_turn.lock().await;
        if let Some(header) = self.learned().ecr.as_ref().and_then(Token::usable) {
            return Ok(header);
        }
        let token = api.get_authorization_token().await?;
        let header = basic_header(&token.user, &token.password);
        let life = token.expires_at.duration_since(std::time::SystemTime::now()).unwrap_or_default();
        let ends = Instant::now() + life.saturating_sub(ECR_MARGIN);
        self.learned().ecr = Some(Token { header: header.clone(), ends });
        Ok(header)
    }

    async fn fetch_token(
        &self,
        transport: &Transport,
        realm: &str,
        service: Option<&str>,
        asked: Option<&str>,
        scope: &Scope,
        doing: &str,
    ) -> Result<Token, ClientError> {
        let realm = Realm::judge(realm, &self.endpoint, &transport.options.trusted_realms, doing)?;
        let scope = if scope.as_str().is_empty() { asked.unwrap_or_default() } else { scope.as_str() };
        let basic = match &self.credentials {
            _ if !realm.trusted => None,
            Credentials::Basic { user, password } => Some(basic_header(user, password)),
            // ECR Public has a token server, which takes the token of its API as a password.
            Credentials::Ecr(api) => Some(self.ecr_header(api).await?),
            Credentials::Anonymous | Credentials::IdentityToken(_) => None,
        };
        let call = self.token_call(transport, &realm, service, scope, basic);
        let reply = transport.exchange(call).await?;
        if !reply.status.is_success() {
            let mut error = reply.into_error().await;
            if matches!(error.hop, Hop::Permission | Hop::Rejected | Hop::Path) {
                error.hop = Hop::Auth;
            }
            if !realm.trusted && !self.credentials.is_anonymous() {
                let authority = realm.authority();
                error.seen = format!(
                    "{}; the credentials were not sent there because {authority} is not {}; name it a trusted realm if it belongs to the registry",
                    error.seen,
                    self.endpoint.host()
                );
            }
            return Err(error);
        }
        let odd = |seen: &str| {
            ClientError::new(Hop::Auth, doing, format!("the token server at {} {seen}", realm.authority()))
        };
        let body: TokenReply = reply.json(transport.options.limits.reply_bytes).await?;
        let token = body.token.or(body.access_token).ok_or_else(|| odd("answered without a token"))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| odd("answered with a token that cannot be sent"))?;
        header.set_sensitive(true);
        let life = Duration::from_secs(body.expires_in.unwrap_or(DEFAULT_TOKEN_LIFE).min(86_400));
        Ok(Token { header, ends: Instant::now() + life.saturating_sub(TOKEN_MARGIN) })
    }

    fn token_call(
        &self,
        transport: &Transport,
        realm: &Realm,
        service: Option<&str>,
        scope: &str,
        basic: Option<HeaderValue>,
    ) -> Call {
        let mut url = realm.url.clone();
        let mut headers = HeaderMap::new();
        let (mut method, mut payload) = (Method::GET, Payload::Empty);
        let mut query: Vec<(&str, &str)> = service.map(|s| ("service", s)).into_iter().collect();
        query.extend(scope.split(' ').filter(|s| !s.is_empty()).map(|s| ("scope", s)));
        match &self.credentials {
            Credentials::IdentityToken(refresh) if realm.trusted => {
                method = Method::POST;
                query.retain(|(name, _)| *name != "scope");
                let mut form = vec![("grant_type", "refresh_token"), ("client_id", "packyard"), ("scope", scope)];
                form.extend(&query);
                form.push(("refresh_token", refresh.expose_secret()));
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                payload = Payload::Bytes(Bytes::from(form_encoded(&form)));
            }
            _ => {
                url.query_pairs_mut().extend_pairs(query);
                headers.extend(basic.map(|basic| (header::AUTHORIZATION, basic)));
            }
        }
        let doing = format!("get a token from {}", realm.authority()).into();
        Call {
            method,
            url,
            headers,
            payload,
            timeout: transport.options.timeouts.request,
            doing,
            follow_redirects: false,
        }
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct TokenReply {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

pub(crate) fn basic_header(user: &str, password: &SecretString) -> HeaderValue {
    let text = format!("Basic {}", BASE64.encode(format!("{user}:{}", password.expose_secret())));
    // Base64 is always a legal header value; the fallback is there for the type only.
    let mut header = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Basic"));
    header.set_sensitive(true);
    header
}

/// All but RFC 3986's unreserved characters.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn form_encoded(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, FORM).to_string();
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let header = basic_header("u", &SecretString::from("hunter2"));
        assert!(!format!("{header:?} {:?}", Credentials::basic("u", "hunter2")).contains("hunter2"));
    }
}
