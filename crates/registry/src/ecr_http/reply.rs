//! Answers in awsJson 1.1: always JSON, always with a request id, never a page of HTML.

use super::error::{EcrError, Fault};
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

pub(crate) const CONTENT: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Milliseconds since the epoch as the wire has time: seconds, with a fraction.
pub(crate) fn seconds(ms: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit an f64 exactly")]
    let seconds = ms as f64 / 1000.0;
    Value::from(seconds)
}

pub(crate) fn success(request_id: &str, body: &Value) -> Response {
    response(StatusCode::OK, request_id, body, None)
}

pub(crate) fn failure(request_id: &str, operation: &str, error: &EcrError) -> Response {
    match error.fault {
        Fault::Server => {
            tracing::error!(request_id, operation, code = error.code, cause = ?error.cause, "ECR call failed");
        }
        Fault::Client => {
            tracing::info!(request_id, operation, code = error.code, message = %error.message, "ECR call refused");
        }
    }
    response(error.status(), request_id, &error.body(), Some(error.code))
}

fn response(status: StatusCode, request_id: &str, body: &Value, error: Option<&'static str>) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, CONTENT);
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(code) = error {
        headers.insert(ERROR_TYPE, HeaderValue::from_static(code));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_with_a_fraction() {
        assert_eq!(seconds(1_700_000_000_123).to_string(), "1700000000.123");
    }
}
