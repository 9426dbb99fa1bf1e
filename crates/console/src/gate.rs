//! What every request passes and every reply carries: the host rule (421 against DNS rebinding), the Origin rule for
//! unsafe methods, and headers that keep a page to itself. No inline script, no inline style, nothing from elsewhere.

use crate::ConsoleState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::net::IpAddr;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      font-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(crate) async fn pass(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    let Some(host) = host_of(&request) else {
        return with_headers((StatusCode::BAD_REQUEST, "The request names no host.\n").into_response());
    };
    if !is_allowed(&host, &state.config.allowed_hosts) {
        let message = format!(
            "This server is not known as `{}`. Open it under the address it was started with, or name the host in --allowed-hosts.\n",
            without_port(&host)
        );
        return with_headers((StatusCode::MISDIRECTED_REQUEST, message).into_response());
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_safe && !comes_from_here(request.headers(), &host) {
        let message =
            "The request was sent by another site, so nothing was done. Open the console itself and try again.\n";
        return with_headers((StatusCode::FORBIDDEN, message).into_response());
    }
    with_headers(next.run(request).await)
}

/// The authority of the request: HTTP/2 has it in the target, HTTP/1 in a header.
fn host_of(request: &Request) -> Option<String> {
    let target = request.uri().authority().map(|authority| authority.as_str());
    let header = || request.headers().get(header::HOST)?.to_str().ok();
    target.or_else(header).map(str::to_ascii_lowercase)
}

fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(address, _)| address);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let name = without_port(host);
    let is_loopback = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Browsers send Origin with every unsafe request. Where it is absent no browser is at work, and the session's token
/// decides alone.
fn comes_from_here(headers: &HeaderMap, host: &str) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return headers.get("sec-fetch-site").is_none_or(|site| site != "cross-site");
    };
    let Ok(origin) = origin.to_str() else { return false };
    origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

fn with_headers(mut reply: Response) -> Response {
    let headers = reply.headers_mut();
    let own = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in own {
        // A reply that already has a stricter one (a logo) keeps it.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_and_loopback_hosts_are_answered() {
        let known = ["packs.example.com".to_owned()];
        for host in [
            "packs.example.com",
            "PACKS.example.com:443",
            "localhost:7225",
            "127.0.0.1:7225",
            "127.8.8.8",
            "[::1]:7225",
        ] {
            assert!(is_allowed(host, &known), "{host}");
        }
        for host in
            ["evil.example", "packs.example.com.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", ""]
        {
            assert!(!is_allowed(host, &known), "{host}");
        }
    }

    #[test]
    fn an_unsafe_request_from_another_origin_is_refused() {
        let origin = |value: &'static str| HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(value))]);
        assert!(comes_from_here(&origin("http://localhost:7225"), "localhost:7225"));
        assert!(comes_from_here(&origin("https://localhost:7225"), "localhost:7225"));
        assert!(comes_from_here(&HeaderMap::new(), "localhost:7225"));
        for other in ["http://localhost:9999", "https://evil.example", "null", "http://localhost:7225.evil.example"] {
            assert!(!comes_from_here(&origin(other), "localhost:7225"), "{other}");
        }
    }
}
