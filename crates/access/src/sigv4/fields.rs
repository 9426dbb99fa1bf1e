//! The parts of a signature, read from the Authorization header or from the query.

use super::canonical::{ALGORITHM, decode};
use super::{SignatureError, SignatureFault, SignedRequest};
use http::HeaderMap;
use std::fmt;

/// Longest life of a presigned request: seven days.
const MAX_PRESIGNED_S: i64 = 604_800;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

/// A signature taken apart; nothing is verified yet.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) key_id: String,
    pub(super) scope: Scope,
    /// Lower case, in the order given.
    pub(super) headers: Vec<String>,
    pub(super) signature: String,
    /// `YYYYMMDDThhmmssZ`.
    pub(super) date: String,
    time_s: i64,
    expires_s: Option<i64>,
    pub(crate) session_token: Option<String>,
    pub(super) in_query: bool,
}

impl Signed {
    pub(crate) fn read(request: &SignedRequest<'_>) -> Result<Self, SignatureError> {
        let signed = match text(request.headers, "authorization") {
            Some(authorization) => from_header(request, authorization)?,
            None if query_value(request.query, "X-Amz-Algorithm").is_some() => from_query(request)?,
            None => {
                return Err(SignatureError::new(SignatureFault::Missing, "Request is missing Authentication Token"));
            }
        };
        signed.check_headers(request)?;
        signed.check_payload(request)?;
        Ok(signed)
    }

    /// `host` must be signed, and every `x-amz-*` header that is there.
    fn check_headers(&self, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
        let is_signed = |name: &str| self.headers.iter().any(|signed| signed == name);
        if !is_signed("host") {
            return Err(SignatureError::mismatch(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        match request.headers.keys().map(http::HeaderName::as_str).find(|n| n.starts_with("x-amz-") && !is_signed(n)) {
            Some(name) => {
                Err(SignatureError::mismatch(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")))
            }
            None => Ok(()),
        }
    }

    fn check_payload(&self, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
        match text(request.headers, "x-amz-content-sha256") {
            Some(claimed) if !claimed.eq_ignore_ascii_case(request.body_sha256) => {
                Err(SignatureError::mismatch(format!(
                    "The x-amz-content-sha256 header is '{claimed}', the body's hash is '{}'. {} takes only signed, whole bodies.",
                    request.body_sha256, request.service
                )))
            }
            _ => Ok(()),
        }
    }

    /// Service and date of the scope; any region is accepted.
    pub(crate) fn check_scope(&self, service: &str) -> Result<(), SignatureError> {
        if self.scope.service != service {
            return Err(SignatureError::mismatch(format!(
                "Credential should be scoped to correct service: '{service}'. "
            )));
        }
        if self.scope.date != self.date[..8] {
            return Err(SignatureError::mismatch(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{}'.",
                self.scope.date,
                &self.date[..8],
                self.date
            )));
        }
        Ok(())
    }

    pub(crate) fn check_time(&self, now_ms: i64, skew_s: i64) -> Result<(), SignatureError> {
        let now_s = now_ms.div_euclid(1000);
        let minutes = skew_s / 60;
        let until = self.time_s + self.expires_s.unwrap_or(skew_s);
        if now_s > until {
            let message = match self.expires_s {
                Some(_) => format!("Signature expired: {} is now earlier than {}", self.date, stamp(now_s)),
                None => format!(
                    "Signature expired: {} is now earlier than {} ({} - {minutes} min.)",
                    self.date,
                    stamp(now_s - skew_s),
                    stamp(now_s)
                ),
            };
            return Err(SignatureError::mismatch(message));
        }
        if self.time_s > now_s + skew_s {
            return Err(SignatureError::mismatch(format!(
                "Signature not yet current: {} is still later than {} ({} + {minutes} min.)",
                self.date,
                stamp(now_s + skew_s),
                stamp(now_s)
            )));
        }
        Ok(())
    }
}

fn from_header(request: &SignedRequest<'_>, authorization: &str) -> Result<Signed, SignatureError> {
    let Some(fields) = authorization.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' ')) else {
        return Err(SignatureError::incomplete(format!(
            "The Authorization header does not begin with {ALGORITHM}. Sign the request with AWS Signature Version 4."
        )));
    };
    let field = |name: &str| {
        fields.split(',').filter_map(|field| field.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| v)
    };
    let (credential, headers, signature) = (field("Credential"), field("SignedHeaders"), field("Signature"));
    let date = amz_date(request.headers);
    let (Some(credential), Some(headers), Some(signature), Some((date, time_s))) =
        (credential, headers, signature, date)
    else {
        return Err(missing_fields(credential, headers, signature, request.headers));
    };
    let (key_id, scope) = credential_scope(credential)?;
    Ok(Signed {
        key_id,
        scope,
        headers: header_names(headers),
        signature: signature.to_owned(),
        date,
        time_s,
        expires_s: None,
        session_token: text(request.headers, "x-amz-security-token").map(str::to_owned),
        in_query: false,
    })
}

fn missing_fields(
    credential: Option<&str>,
    headers: Option<&str>,
    signature: Option<&str>,
    all: &HeaderMap,
) -> SignatureError {
    let mut message = String::new();
    for (name, value) in [("Credential", credential), ("Signature", signature), ("SignedHeaders", headers)] {
        if value.is_none() {
            message.push_str(&format!("Authorization header requires '{name}' parameter. "));
        }
    }
    if amz_date(all).is_none() {
        message.push_str("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    }
    SignatureError::incomplete(message.trim_end())
}

fn from_query(request: &SignedRequest<'_>) -> Result<Signed, SignatureError> {
    let need = |name: &str| {
        query_value(request.query, name)
            .ok_or_else(|| SignatureError::incomplete(format!("AWS query-string parameters must include '{name}'. ")))
    };
    if need("X-Amz-Algorithm")? != ALGORITHM {
        return Err(SignatureError::incomplete(format!(
            "AWS query-string parameter 'X-Amz-Algorithm' must be {ALGORITHM}."
        )));
    }
    let (credential, headers) = (need("X-Amz-Credential")?, need("X-Amz-SignedHeaders")?);
    let (signature, date) = (need("X-Amz-Signature")?, need("X-Amz-Date")?);
    let time_s = basic_iso(&date).ok_or_else(|| {
        SignatureError::incomplete(format!("X-Amz-Date '{date}' is not of the form YYYYMMDDThhmmssZ."))
    })?;
    let expires = query_value(request.query, "X-Amz-Expires").unwrap_or_else(|| "900".to_owned());
    let expires_s = expires.parse().ok().filter(|s| (1..=MAX_PRESIGNED_S).contains(s)).ok_or_else(|| {
        SignatureError::incomplete(format!("X-Amz-Expires '{expires}' is not between 1 and {MAX_PRESIGNED_S} seconds."))
    })?;
    let (key_id, scope) = credential_scope(&credential)?;
    Ok(Signed {
        key_id,
        scope,
        headers: header_names(&headers),
        signature,
        date,
        time_s,
        expires_s: Some(expires_s),
        session_token: query_value(request.query, "X-Amz-Security-Token"),
        in_query: true,
    })
}

/// Longest id of an access key (IAM API, type `accessKeyIdType`).
const MAX_KEY_ID: usize = 128;

fn credential_scope(credential: &str) -> Result<(String, Scope), SignatureError> {
    let parts: Vec<&str> = credential.split('/').collect();
    let [key_id, date, region, service, "aws4_request"] = parts.as_slice() else {
        return Err(SignatureError::incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request, got '{credential}'"
        )));
    };
    if region.is_empty() {
        return Err(SignatureError::mismatch("Credential should be scoped to a valid region."));
    }
    // Ids that do not exist are remembered, so a stranger must not choose how long one is.
    if key_id.len() > MAX_KEY_ID {
        return Err(SignatureError::incomplete(format!(
            "The access key id in the Credential has {} characters; none has more than {MAX_KEY_ID}.",
            key_id.len()
        )));
    }
    let scope = Scope { date: (*date).to_owned(), region: (*region).to_owned(), service: (*service).to_owned() };
    Ok(((*key_id).to_owned(), scope))
}

fn header_names(list: &str) -> Vec<String> {
    list.split(';').map(str::to_ascii_lowercase).collect()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn query_value(query: &str, name: &str) -> Option<String> {
    let (_, value) =
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| decode(key) == name.as_bytes())?;
    String::from_utf8(decode(value).into_owned()).ok()
}

/// From `X-Amz-Date`, else `Date`, which may also be an HTTP date.
fn amz_date(headers: &HeaderMap) -> Option<(String, i64)> {
    let raw = text(headers, "x-amz-date").or_else(|| text(headers, "date"))?;
    if let Some(time_s) = basic_iso(raw) {
        return Some((raw.to_owned(), time_s));
    }
    let time_s = chrono::DateTime::parse_from_rfc2822(raw).ok()?.timestamp();
    Some((stamp(time_s), time_s))
}

/// `YYYYMMDDThhmmssZ` and nothing else: chrono alone would take blanks and short numbers, and the date of the scope is
/// compared with the first eight bytes.
fn basic_iso(text: &str) -> Option<i64> {
    let has_form = text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let time = has_form.then(|| chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok())??;
    Some(time.and_utc().timestamp())
}

fn stamp(time_s: i64) -> String {
    chrono::DateTime::from_timestamp(time_s, 0).map_or_else(String::new, |t| t.format("%Y%m%dT%H%M%SZ").to_string())
}
