//! The canonical request and the string to sign. Spec: "Create a signed AWS API request", steps 1 to 3.

use super::{Signed, SignedRequest, sha256_hex};
use std::borrow::Cow;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

pub(super) fn string_to_sign(request: &SignedRequest<'_>, signed: &Signed) -> String {
    let canonical = canonical_request(request, signed);
    format!("{ALGORITHM}\n{}\n{}\n{}", signed.date, signed.scope, sha256_hex(canonical.as_bytes()))
}

pub(super) fn canonical_request(request: &SignedRequest<'_>, signed: &Signed) -> String {
    let mut out = String::with_capacity(512);
    for line in [request.method, &canonical_path(request.path), &canonical_query(request.query, signed.in_query)] {
        out.push_str(line);
        out.push('\n');
    }
    for name in &signed.headers {
        out.push_str(name);
        out.push(':');
        out.push_str(&header_value(request, name));
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&signed.headers.join(";"));
    out.push('\n');
    out.push_str(request.body_sha256);
    out
}

/// Normalised as RFC 3986 says, then each segment encoded once more than it arrived (all services but S3).
fn canonical_path(raw: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let mut out = String::with_capacity(raw.len() + 2);
    for segment in &kept {
        out.push('/');
        encode(segment.as_bytes(), &mut out);
    }
    if kept.is_empty() || raw.ends_with('/') || raw.ends_with("/.") || raw.ends_with("/..") {
        out.push('/');
    }
    out
}

/// Decoded and encoded again, so that it does not matter which characters the client chose to encode; sorted.
fn canonical_query(raw: &str, presigned: bool) -> String {
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (recode(name), recode(value)))
        .filter(|(name, _)| !(presigned && name == "X-Amz-Signature"))
        .collect();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn recode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(&decode(text), &mut out);
    out
}

pub(super) fn decode(text: &str) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode_str(text).into()
}

fn encode(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// All values of the header, trimmed, runs of spaces collapsed, joined by commas.
fn header_value(request: &SignedRequest<'_>, name: &str) -> String {
    let mut values: Vec<String> =
        request.headers.get_all(name).iter().map(|value| squeeze(&String::from_utf8_lossy(value.as_bytes()))).collect();
    if values.is_empty()
        && name == "host"
        && let Some(authority) = request.authority
    {
        values.push(authority.to_owned());
    }
    values.join(",")
}

fn squeeze(value: &str) -> String {
    value.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
