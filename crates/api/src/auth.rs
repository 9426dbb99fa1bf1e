//! Who calls, and whether they may.
//!
//! The guard stands in front of every operation and reads the credential: `ApiKey: <key>`, or `Authorization: <jwt>`
//! raw as Palette's clients send it (`Bearer <jwt>` too, for people). A console cookie is no credential here, so a page
//! elsewhere cannot ride on one.

use crate::ApiState;
use crate::error::ApiError;
use crate::operation::Right;
use crate::transport::unknown_method;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use packyard_access::{Caller, Denied, LoginError, Peer};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) state: ApiState,
    pub(crate) rights: Arc<HashMap<(Method, &'static str), Right>>,
}

pub(crate) async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let right = request.extensions().get::<MatchedPath>().and_then(|path| {
        guard.rights.iter().find(|((known, at), _)| *known == method && *at == path.as_str()).map(|(_, right)| *right)
    });
    let Some(right) = right else {
        return unknown_method(request).await.into_response();
    };
    if right == Right::Open {
        return next.run(request).await;
    }
    let caller = match authenticate(&guard.state, request.headers(), peer(request.extensions())).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    if let Right::Action(action) = right
        && let Err(denied) = guard.state.access.may_somewhere(&caller, action).await
    {
        return ApiError::from(denied).into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

async fn authenticate(state: &ApiState, headers: &HeaderMap, peer: Peer) -> Result<Caller, ApiError> {
    if let Some(key) = headers.get("apikey") {
        let key = key.to_str().map_err(|_| refused(LoginError::Wrong, Credential::ApiKey))?;
        return state.access.api_key(key.trim(), peer).await.map_err(|error| refused(error, Credential::ApiKey));
    }
    let Some(token) = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            "no credential was sent: send the header ApiKey, or Authorization with the token of /v1/auth/authenticate",
        ));
    };
    let token = token.trim();
    let raw = match token.split_once(' ') {
        Some((scheme, raw)) if scheme.eq_ignore_ascii_case("bearer") => raw.trim(),
        _ => token,
    };
    state.access.jwt(raw, peer).await.map_err(|error| refused(error, Credential::Token))
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Credential {
    ApiKey,
    Token,
}

/// What is wrong with the one credential that was sent, and where the next one comes from.
pub(crate) fn refused(error: LoginError, sent: Credential) -> ApiError {
    let code = match error {
        LoginError::Wrong => "Unauthorized",
        LoginError::Expired => "CredentialsExpired",
        other => return other.into(),
    };
    let text = match (sent, code) {
        (Credential::ApiKey, "Unauthorized") => {
            "the API key is none of this server's, or it was deleted. Make one in the console under API Keys, with `packyard api-key create` or with POST /v1/apiKeys"
        }
        (Credential::ApiKey, _) => {
            "the API key has expired. Make one in the console under API Keys, with `packyard api-key create` or with POST /v1/apiKeys"
        }
        (Credential::Token, "Unauthorized") => {
            "the token is none of this server's. Log in again with POST /v1/auth/authenticate"
        }
        (Credential::Token, _) => {
            "the token has expired, or its user's password has changed since. Log in again with POST /v1/auth/authenticate"
        }
    };
    ApiError::new(StatusCode::UNAUTHORIZED, code, text)
}

/// Where the request came from. The server always says; without it nobody's address is assumed.
pub(crate) fn peer(extensions: &http::Extensions) -> Peer {
    let nowhere = Peer { addr: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), secure: false };
    extensions.get::<Peer>().copied().unwrap_or(nowhere)
}

/// The caller that the guard let through.
pub(crate) struct Auth(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Auth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .map(Self)
            .ok_or_else(|| ApiError::internal("an open operation asked for its caller"))
    }
}

/// `ProjectUid`, which only operations on profiles look at: clients share one connection between scopes and send it
/// where it does not belong.
pub(crate) struct ProjectScope(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for ProjectScope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let uid = parts.headers.get("projectuid").and_then(|value| value.to_str().ok()).map(str::trim);
        Ok(Self(uid.filter(|uid| !uid.is_empty()).map(str::to_owned)))
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        if denied.is_unavailable() {
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", denied.to_string());
        }
        Self::new(StatusCode::FORBIDDEN, "Forbidden", denied.to_string())
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        let text = error.to_string();
        match error {
            LoginError::Throttled { retry_after_s } => {
                let mut reply = Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", text);
                reply.retry_after_s = Some(retry_after_s);
                reply
            }
            LoginError::Unavailable => Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", text),
            LoginError::Expired => Self::new(StatusCode::UNAUTHORIZED, "CredentialsExpired", text),
            LoginError::Disabled => Self::new(StatusCode::UNAUTHORIZED, "CredentialsDisabled", text),
            LoginError::OneTimePasswordExpired => Self::new(StatusCode::UNAUTHORIZED, "CredentialsExpired", text),
            LoginError::ResetRequired => Self::new(StatusCode::UNAUTHORIZED, "PasswordResetRequired", text),
            LoginError::Wrong => Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", text),
        }
    }
}
