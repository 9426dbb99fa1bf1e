//! Basic authentication: `AWS` with an ECR token, or a registry login. No token endpoint, as with ECR.

use super::error::OciError;
use crate::Registry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use packyard_access::{Caller, LoginError, Peer};

/// The user name that means "the password is an ECR token".
const ECR_USER: &str = "AWS";
/// Which installation answers, for people.
const INSTANCE: HeaderName = HeaderName::from_static("packyard-instance");
/// How a server finds out that a registry is itself: it asks with a random text, and only itself can answer. The id
/// would not do, since anybody can repeat it.
const INSTANCE_CHALLENGE: HeaderName = HeaderName::from_static("packyard-instance-challenge");
const INSTANCE_PROOF: HeaderName = HeaderName::from_static("packyard-instance-proof");

/// Who asks, and with which of the two credentials.
pub(super) struct Login {
    pub(super) caller: Caller,
    /// An ECR token: then a push to a missing repository is refused, as ECR does.
    pub(super) with_ecr_token: bool,
}

pub(super) async fn login(registry: &Registry, headers: &HeaderMap, peer: Peer) -> Result<Login, OciError> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Err(challenge(
            registry,
            headers,
            "authentication is required: user AWS with an ECR token, or a registry login",
        ));
    };
    let Some((user, password)) = basic(header) else {
        return Err(challenge(registry, headers, "only Basic authentication is understood here"));
    };
    match registry.access().registry_login(&user, &password, peer).await {
        Ok(caller) => Ok(Login { caller, with_ecr_token: user == ECR_USER }),
        Err(LoginError::Expired) => {
            Err(challenge(registry, headers, "Your authorization token has expired. Reauthenticate and try again."))
        }
        Err(LoginError::Throttled { retry_after_s }) => {
            let error = OciError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TOOMANYREQUESTS",
                format!("too many wrong passwords; try again in {retry_after_s} seconds"),
            );
            Err(error.header(RETRY_AFTER, retry_after_s.into()))
        }
        Err(LoginError::Unavailable) => {
            Err(OciError::new(StatusCode::SERVICE_UNAVAILABLE, "UNKNOWN", LoginError::Unavailable.to_string()))
        }
        // Told only to whoever knows the password.
        Err(error @ (LoginError::ResetRequired | LoginError::OneTimePasswordExpired)) => {
            Err(challenge(registry, headers, &error.to_string()))
        }
        // Which of name, password and state was wrong is nobody's business.
        Err(LoginError::Wrong | LoginError::Disabled) => {
            Err(challenge(registry, headers, "the user name and the password or token do not belong together"))
        }
    }
}

fn basic(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn challenge(registry: &Registry, headers: &HeaderMap, message: &str) -> OciError {
    let config = registry.config();
    let text = format!("Basic realm=\"{}/\",service=\"ecr.amazonaws.com\"", config.public_url);
    let or_plain = || HeaderValue::from_static("Basic realm=\"packyard\",service=\"ecr.amazonaws.com\"");
    let mut error = OciError::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
        .header(WWW_AUTHENTICATE, HeaderValue::from_str(&text).unwrap_or_else(|_| or_plain()));
    if let Ok(instance) = HeaderValue::from_str(&config.instance_id) {
        error = error.header(INSTANCE, instance);
    }
    let asked = headers.get(INSTANCE_CHALLENGE).and_then(|value| value.to_str().ok());
    if let Some(asked) = asked.filter(|text| (32..=128).contains(&text.len()))
        && let Ok(proof) = HeaderValue::from_str(&registry.inner.core.instance_proof(asked))
    {
        error = error.header(INSTANCE_PROOF, proof);
    }
    error
}
