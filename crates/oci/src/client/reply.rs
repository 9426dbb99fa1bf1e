//! A reply, read under bounds. A web page where a registry should be is recognised as such; an error is told with what
//! its body says.

use super::error::{ClientError, Hop, RemoteCode, WANTS_TLS, quoted};
use super::error_body::{asks_for_tls, describe, hop_of, remote_codes, short_code};
use super::transport::network_error;
use crate::Digest;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use reqwest::Url;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Most of an error body that is read.
const ERROR_BODY: usize = 64 * 1024;

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) url: Url,
    pub(crate) doing: Arc<str>,
    response: reqwest::Response,
}

impl Reply {
    pub(crate) fn new(mut response: reqwest::Response, doing: Arc<str>) -> Self {
        let headers = std::mem::take(response.headers_mut());
        Self { status: response.status(), url: response.url().clone(), headers, doing, response }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The Content-Type without parameters, lower case.
    pub(crate) fn media_type(&self) -> Option<String> {
        let text = self.header("content-type")?;
        Some(text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase())
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    pub(crate) fn docker_content_digest(&self) -> Option<Digest> {
        self.header("docker-content-digest")?.trim().parse().ok()
    }

    /// A protocol error of this exchange.
    pub(crate) fn odd(&self, seen: impl Into<String>) -> ClientError {
        let mut error = ClientError::new(Hop::Protocol, &self.doing, seen);
        error.status = Some(self.status.as_u16());
        error
    }

    /// Refuses a web page where content of a registry should be.
    pub(crate) fn refuse_html(&self) -> Result<(), ClientError> {
        match self.media_type().as_deref() {
            Some("text/html" | "application/xhtml+xml") => Err(self.odd(format!(
                "{} answered with a web page (Content-Type text/html), not as a registry does",
                self.url.host_str().unwrap_or_default()
            ))),
            _ => Ok(()),
        }
    }

    /// The whole body, at most `limit` bytes; `name` is the limit's name.
    pub(crate) async fn bytes(mut self, limit: usize, name: &str) -> Result<Bytes, ClientError> {
        let over = |seen: String| ClientError::new(Hop::Limit, &self.doing, seen);
        if self.content_length().is_some_and(|length| length > limit as u64) {
            return Err(over(format!("the reply is larger than {limit} bytes (limit `{name}`)")));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.response.chunk().await.map_err(|e| network_error(&self.doing, &self.url, e))? {
            if body.len() + chunk.len() > limit {
                return Err(over(format!("the reply does not end within {limit} bytes (limit `{name}`)")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    pub(crate) async fn json<T: DeserializeOwned>(self, limit: usize) -> Result<T, ClientError> {
        self.refuse_html()?;
        let (doing, status) = (self.doing.clone(), self.status);
        let body = self.bytes(limit, "reply_bytes").await?;
        serde_json::from_slice(&body).map_err(|e| {
            let start = quoted(&String::from_utf8_lossy(&body[..body.len().min(200)]), 80);
            let seen = if looks_like_html(&body) {
                "the answer is a web page, not JSON".to_owned()
            } else {
                format!("the answer is not the JSON expected ({e}); it begins `{start}`")
            };
            let mut error = ClientError::new(Hop::Protocol, &doing, seen);
            error.status = Some(status.as_u16());
            error
        })
    }

    pub(crate) fn into_response(self) -> reqwest::Response {
        self.response
    }

    /// This reply as an error, with what its body says.
    pub(crate) async fn into_error(self) -> ClientError {
        let (status, doing) = (self.status, self.doing.clone());
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let authority = self.url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let is_html = self.refuse_html().is_err();
        let retry_after = self.header("retry-after").and_then(parse_retry_after);
        // AWS names the code in a header too, which a HEAD has.
        let header_code = self.header("x-amzn-errortype").map(|text| short_code(text).to_owned());
        let body = self.bytes(ERROR_BODY, "error_body_bytes").await.unwrap_or_default();
        let mut codes = if is_html || looks_like_html(&body) { Vec::new() } else { remote_codes(&body) };
        if let (true, Some(code)) = (codes.is_empty(), header_code) {
            codes.push(RemoteCode { code, message: String::new() });
        }
        if status == StatusCode::BAD_REQUEST && asks_for_tls(&body) {
            let mut error = ClientError::new(Hop::Protocol, &doing, format!("{authority} {WANTS_TLS}"));
            error.status = Some(status.as_u16());
            return error;
        }
        let hop = hop_of(status, &codes);
        let seen = describe(status, &host, &codes, is_html || looks_like_html(&body), &body);
        let mut error = ClientError::new(hop, &doing, seen);
        error.status = Some(status.as_u16());
        error.codes = codes;
        error.retry_after = retry_after;
        error
    }
}

fn looks_like_html(body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&body[..body.len().min(256)]).trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Seconds, or an HTTP date.
fn parse_retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    Some(http_date(text)?.duration_since(SystemTime::now()).unwrap_or_default())
}

pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    let date = reqsign_core::time::Timestamp::parse_rfc2822(text.trim()).ok()?;
    Some(date.as_system_time())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_both_forms() {
        assert_eq!(parse_retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let asked = parse_retry_after("Thu, 31 Dec 2099 23:59:59 GMT").unwrap();
        assert!(asked > Duration::from_secs(86_400 * 365), "{asked:?}");
        assert_eq!(parse_retry_after("soon"), None);
    }
}
