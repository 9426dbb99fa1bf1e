//! Signs a request of AWS's JSON or query protocol.

use super::credentials::AwsKeys;
use crate::Digest;
use crate::client::{ClientError, Hop};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use reqsign_aws_v4::RequestSigner;
use reqsign_core::{Context, SignRequest};

const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// The headers of a signed `POST /` to `url`.
pub(super) async fn signed_headers(
    url: &reqwest::Url,
    service: &str,
    region: &str,
    keys: &AwsKeys,
    mut headers: HeaderMap,
    body: &Bytes,
    doing: &str,
) -> Result<HeaderMap, ClientError> {
    let failed = |why: String| ClientError::new(Hop::Local, doing, format!("the request cannot be signed: {why}"));
    let hash = HeaderValue::from_str(Digest::sha256(body).hex()).map_err(|e| failed(e.to_string()))?;
    headers.insert(CONTENT_SHA256, hash);
    let mut request =
        Request::builder().method(Method::POST).uri(url.as_str()).body(()).map_err(|e| failed(e.to_string()))?;
    *request.headers_mut() = headers;
    let (mut parts, ()) = request.into_parts();
    RequestSigner::new(service, region)
        .sign_request(&Context::new(), &mut parts, Some(&keys.to_reqsign()), None)
        .await
        .map_err(|e| failed(e.to_string()))?;
    // The HTTP library writes Host itself, with the same value that was signed.
    parts.headers.remove(header::HOST);
    for secret in [header::AUTHORIZATION, SECURITY_TOKEN] {
        if let Some(value) = parts.headers.get_mut(secret) {
            value.set_sensitive(true);
        }
    }
    Ok(parts.headers)
}
