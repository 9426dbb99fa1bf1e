//! What the body of an error says: the codes of the protocols in the field, and which hop they blame.

use super::error::{Hop, RemoteCode, quoted};
use http::StatusCode;
use serde::Deserialize;

/// What servers in Go, and nginx, say to HTTP on a port that speaks TLS.
pub(super) fn asks_for_tls(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    ["HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port"]
        .iter()
        .any(|said| text.contains(said))
}

pub(super) fn describe(status: StatusCode, host: &str, codes: &[RemoteCode], is_html: bool, body: &[u8]) -> String {
    let number = status.as_u16();
    if is_html {
        return format!("{host} answered {number} with a web page, not as a registry does");
    }
    if codes.is_empty() {
        let text = quoted(&String::from_utf8_lossy(body), 200);
        let reason = status.canonical_reason().unwrap_or("unknown status");
        return if text.is_empty() {
            format!("{host} answered {number} {reason}")
        } else {
            format!("{host} answered {number} {reason}: {text}")
        };
    }
    let said: Vec<String> = codes
        .iter()
        .take(3)
        .map(|c| if c.message.is_empty() { c.code.clone() } else { format!("{}: {}", c.code, quoted(&c.message, 500)) })
        .collect();
    format!("{host} answered {number} {}", said.join("; "))
}

/// Error entries of a registry (`{"errors":[…]}`), of AWS's JSON protocol (`__type`), of token servers, and of AWS's
/// XML protocol.
pub(super) fn remote_codes(body: &[u8]) -> Vec<RemoteCode> {
    #[derive(Deserialize)]
    struct Entry {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        detail: Option<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct Body {
        errors: Option<Vec<Entry>>,
        #[serde(rename = "__type")]
        aws_type: Option<String>,
        #[serde(alias = "Message", alias = "error_description", alias = "details")]
        message: Option<String>,
        error: Option<String>,
    }
    if body.first() == Some(&b'<') {
        return xml_code(body).into_iter().collect();
    }
    let Ok(parsed) = serde_json::from_slice::<Body>(body) else { return Vec::new() };
    if let Some(errors) = parsed.errors {
        return errors
            .into_iter()
            .take(8)
            .map(|e| {
                let detail = e.detail.as_ref().and_then(|d| d.as_str()).map(str::to_owned);
                let message = e.message.filter(|m| !m.is_empty()).or(detail).unwrap_or_default();
                RemoteCode { code: quoted(&e.code, 80), message: quoted(&message, 1000) }
            })
            .collect();
    }
    let code = parsed.aws_type.as_deref().map(short_code).or(parsed.error.as_deref());
    code.map(|code| RemoteCode { code: quoted(code, 80), message: quoted(&parsed.message.unwrap_or_default(), 1000) })
        .into_iter()
        .collect()
}

/// `com.amazonaws.ecr#RepositoryNotFoundException:http://…` is `RepositoryNotFoundException`.
pub(super) fn short_code(text: &str) -> &str {
    let text = text.split(':').next().unwrap_or(text);
    text.rsplit('#').next().unwrap_or(text).trim()
}

/// `<ErrorResponse><Error><Code>…</Code><Message>…</Message>` of AWS's query protocol.
fn xml_code(body: &[u8]) -> Option<RemoteCode> {
    let values = crate::aws::xml_texts(body, &["Code", "Message"])?;
    let [code, message] = values.as_slice() else { return None };
    let code = code.as_deref()?;
    Some(RemoteCode { code: quoted(code, 80), message: quoted(message.as_deref().unwrap_or_default(), 1000) })
}

pub(super) fn hop_of(status: StatusCode, codes: &[RemoteCode]) -> Hop {
    let has = |names: &[&str]| codes.iter().any(|c| names.contains(&c.code.as_str()));
    let expired = codes.iter().any(|c| c.code == "DENIED" && c.message.contains("token has expired"));
    // AWS's JSON protocol answers 400 to everything, so its codes decide.
    if expired
        || has(&[
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "ExpiredTokenException",
            "MissingAuthenticationTokenException",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "MissingAuthenticationToken",
        ])
    {
        return Hop::Auth;
    }
    if has(&["AccessDeniedException", "AccessDenied"]) {
        return Hop::Permission;
    }
    if has(&["ThrottlingException", "Throttling", "RequestLimitExceeded", "TOOMANYREQUESTS"]) {
        return Hop::RateLimited;
    }
    if has(&["RepositoryNotFoundException", "ImageNotFoundException", "LayersNotFoundException"]) {
        return Hop::Path;
    }
    match status.as_u16() {
        401 => Hop::Auth,
        403 => Hop::Permission,
        404 | 410 => Hop::Path,
        408 => Hop::Timeout,
        429 => Hop::RateLimited,
        500..=599 => Hop::Server,
        400..=499 => Hop::Rejected,
        _ => Hop::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_protocols_in_the_field() {
        let code = |body: &str| remote_codes(body.as_bytes()).first().map(|c| (c.code.clone(), c.message.clone()));
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(
            code(r#"{"errors":[{"code":"NAME_UNKNOWN","message":"m","detail":{}}]}"#),
            pair("NAME_UNKNOWN", "m")
        );
        assert_eq!(
            code(r#"{"__type":"com.amazonaws#AccessDeniedException","Message":"no"}"#),
            pair("AccessDeniedException", "no")
        );
        assert_eq!(code(r#"{"error":"invalid_grant","error_description":"old"}"#), pair("invalid_grant", "old"));
        assert_eq!(
            code(
                "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: a &amp; b</Message></Error></ErrorResponse>"
            ),
            pair("AccessDenied", "User: a & b")
        );
        for nothing in ["", "[]", "not json", "{}", "<", "<a><b>"] {
            assert_eq!(code(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn an_expired_ecr_token_is_an_authentication_problem() {
        let codes = vec![RemoteCode {
            code: "DENIED".into(),
            message: "Your authorization token has expired. Reauthenticate and try again.".into(),
        }];
        assert_eq!(hop_of(StatusCode::FORBIDDEN, &codes), Hop::Auth);
        assert_eq!(hop_of(StatusCode::FORBIDDEN, &[]), Hop::Permission);
        assert_eq!(hop_of(StatusCode::BAD_REQUEST, &[]), Hop::Rejected);
    }
}
