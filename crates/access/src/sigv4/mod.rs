//! Verifying AWS Signature Version 4, in the Authorization header and in the query (presigned).
//!
//! The canonical request is built here from what arrived, never by the code of a signer. The payload hash is always
//! that of the body that arrived; `UNSIGNED-PAYLOAD` and `STREAMING-*` are refused.

mod canonical;
mod error;
mod fields;

pub use error::{SignatureError, SignatureFault};
pub(crate) use fields::Signed;

use packyard_oci::{hex, unhex};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::principal::Peer;
use http::HeaderMap;

/// Hex SHA-256 of nothing.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A request as it arrived, before anything was decoded.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    pub method: &'a str,
    /// Raw path, percent-encoded as sent.
    pub path: &'a str,
    /// Raw query without `?`.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    /// `:authority` of an HTTP/2 request, which has no Host header.
    pub authority: Option<&'a str>,
    /// Lower-case hex SHA-256 of the body that arrived.
    pub body_sha256: &'a str,
    /// The service the signature must be for: `ecr`, `iam`, `sts`.
    pub service: &'a str,
    pub peer: Peer,
}

impl<'a> SignedRequest<'a> {
    pub fn new(parts: &'a http::request::Parts, body_sha256: &'a str, service: &'a str, peer: Peer) -> Self {
        Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or(""),
            headers: &parts.headers,
            authority: parts.uri.authority().map(http::uri::Authority::as_str),
            body_sha256,
            service,
            peer,
        }
    }
}

/// Lower-case hex SHA-256, as [`SignedRequest::body_sha256`] wants it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes))
}

/// The comparison is constant in time: ring recomputes and compares the MAC itself.
pub(crate) fn signature_is_right(request: &SignedRequest<'_>, signed: &Signed, secret: &SecretString) -> bool {
    let to_sign = canonical::string_to_sign(request, signed);
    let Some(signature) = unhex(&signed.signature) else {
        return false;
    };
    hmac::verify(&signing_key(secret, signed), to_sign.as_bytes(), &signature).is_ok()
}

fn signing_key(secret: &SecretString, signed: &Signed) -> hmac::Key {
    let mut seed = format!("AWS4{}", secret.expose_secret()).into_bytes();
    for step in [signed.scope.date.as_str(), &signed.scope.region, &signed.scope.service, "aws4_request"] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &seed), step.as_bytes());
        seed = tag.as_ref().to_vec();
    }
    hmac::Key::new(hmac::HMAC_SHA256, &seed)
}
