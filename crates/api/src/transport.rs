//! What every `/v1` reply has in common, whatever the route: a request id, errors as JSON, hosts that are ours, gzip.

use crate::ApiState;
use crate::error::{ApiError, ErrorBody};
use crate::login::REFRESH;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use packyard_store::new_uid;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives errors their body and `ref`, and logs those that are ours.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let given = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let id = given.unwrap_or_else(new_uid);
    let method = request.method().clone();
    let path = shown(request.uri().path());
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        if error.status.is_server_error() {
            let source = error.source.as_deref().map(describe).unwrap_or_default();
            tracing::error!(%method, path, r#ref = id, code = error.code, source, "a management API request failed");
        }
        response = render(&error, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// A path for the log, without the token that one of them holds.
fn shown(path: &str) -> String {
    if path.starts_with(REFRESH) { format!("{REFRESH}{{token}}") } else { path.to_owned() }
}

fn render(error: &ApiError, id: &str) -> Response {
    let body = ErrorBody { code: error.code, message: &error.message, details: error.details.as_deref(), r#ref: id };
    let mut response = (error.status, axum::Json(body)).into_response();
    if let Some(seconds) = error.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An error with everything that caused it, on one line.
fn describe(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Answers 421 to a Host that is not ours, so that a page elsewhere cannot reach us by rebinding its name.
pub(crate) async fn own_hosts_only(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    match host_of(request.headers(), request.uri()) {
        Some(host) if is_allowed(host, &state.config.allowed_hosts) => next.run(request).await,
        host => {
            let host = host.unwrap_or("(none)");
            let message = format!(
                "this server does not answer to the host {host}. Use its public address, or add the host to --allowed-hosts"
            );
            ApiError::new(StatusCode::MISDIRECTED_REQUEST, "MisdirectedRequest", message).into_response()
        }
    }
}

/// The requested host, without its port.
fn host_of<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    if let Some(authority) = uri.authority() {
        return Some(authority.host());
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    Some(match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => &host[..address.len() + 2],
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    })
}

fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    is_loopback || allowed.iter().any(|own| own.eq_ignore_ascii_case(host) || own.eq_ignore_ascii_case(bare))
}

/// Every path under `/v1` that no operation has.
pub(crate) async fn unknown_endpoint(request: Request) -> ApiError {
    let path = request.uri().path();
    let message = format!("there is no endpoint {} {path}{}", request.method(), instead(path));
    ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
}

/// A path that exists, with a method it does not have. Not 404: clients would take it for a deleted object.
pub(crate) async fn unknown_method(request: Request) -> ApiError {
    let path = request.uri().path();
    let message = format!("{path} does not take {}{}", request.method(), instead(path));
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
}

fn instead(path: &str) -> String {
    crate::not_here::advice(path).map(|advice| format!(": {advice}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(text))]);
        host_of(&headers, &Uri::from_static("/v1/packs")).map(str::to_owned)
    }

    #[test]
    fn hosts_are_read_without_their_port() {
        assert_eq!(host("packs.example.com:7225").as_deref(), Some("packs.example.com"));
        assert_eq!(host("packs.example.com").as_deref(), Some("packs.example.com"));
        assert_eq!(host("[::1]:7225").as_deref(), Some("[::1]"));
        assert_eq!(host("[::1]").as_deref(), Some("[::1]"));
        let absolute = Uri::from_static("http://other.example:1/v1/packs");
        assert_eq!(host_of(&HeaderMap::new(), &absolute), Some("other.example"));
        assert_eq!(host_of(&HeaderMap::new(), &Uri::from_static("/v1")), None);
    }

    #[test]
    fn no_token_stands_in_a_path_of_the_log() {
        assert_eq!(shown("/v1/auth/refresh/eyJhbGci.x.y"), "/v1/auth/refresh/{token}");
        assert_eq!(shown("/v1/packs/5eecc89d0b150045ae661cef"), "/v1/packs/5eecc89d0b150045ae661cef");
    }

    #[test]
    fn loopback_and_listed_hosts_are_ours_and_nothing_else() {
        let listed = ["packs.example.com".to_owned()];
        for ours in
            ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]", "[::ffff:127.0.0.1]", "Packs.example.COM"]
        {
            assert!(is_allowed(ours, &listed), "{ours}");
        }
        for foreign in ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0"] {
            assert!(!is_allowed(foreign, &listed), "{foreign}");
        }
    }
}
