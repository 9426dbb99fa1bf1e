//! Presigned addresses for layers: what `GetDownloadUrlForLayer` gives out, as S3's presigned URLs are on AWS. The
//! signature covers repository, digest and end of life, so the address needs no other credentials and opens nothing
//! else. It ends after [`LIFE_S`], or when the layer leaves the repository.

use crate::{Registry, oci_http};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use packyard_oci::{Digest, RepoName, hex, unhex};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use serde::Deserialize;

/// Path under which presigned layers are served; a name no repository can have.
pub(crate) const PATH: &str = "/_layers";

/// An hour, as AWS gives.
pub(crate) const LIFE_S: i64 = 3600;

/// Of the characters a repository name and a digest may have, only these need no escape in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

/// What addresses are signed with.
pub(crate) fn key(registry: &Registry) -> hmac::Key {
    registry.inner.core.sealer.derive("ECR layer download")
}

/// Serves a layer to whoever has its address.
pub(crate) async fn serve(State(registry): State<Registry>, request: Request) -> Response {
    let grant = Query::<Grant>::try_from_uri(request.uri()).ok().map(|Query(grant)| grant);
    let Some(grant) = grant.filter(|grant| grant.holds(&key(&registry), registry.now_ms())) else {
        let text = "This address was not given out by this registry, or has expired: ask GetDownloadUrlForLayer for a new one.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    };
    let (head, _) = request.into_parts();
    oci_http::serve_blob(&registry, &grant.repository, &grant.digest, &head).await
}

/// What the address says.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) repository: RepoName,
    pub(crate) digest: Digest,
    /// Seconds since the epoch.
    pub(crate) expires: i64,
    signature: String,
}

impl Grant {
    pub(crate) fn new(key: &hmac::Key, repository: RepoName, digest: Digest, now_ms: i64) -> Self {
        let mut grant = Self { repository, digest, expires: now_ms / 1000 + LIFE_S, signature: String::new() };
        grant.signature = hex(hmac::sign(key, grant.signed().as_bytes()));
        grant
    }

    /// The address, below the server's public one.
    pub(crate) fn url(&self, public_url: &str) -> String {
        format!(
            "{}{PATH}?repository={}&digest={}&expires={}&signature={}",
            public_url.trim_end_matches('/'),
            utf8_percent_encode(self.repository.as_str(), QUERY),
            utf8_percent_encode(self.digest.as_str(), QUERY),
            self.expires,
            self.signature
        )
    }

    /// True when we signed it and it has not ended.
    pub(crate) fn holds(&self, key: &hmac::Key, now_ms: i64) -> bool {
        let Some(signature) = unhex(&self.signature) else { return false };
        now_ms / 1000 < self.expires && hmac::verify(key, self.signed().as_bytes(), &signature).is_ok()
    }

    fn signed(&self) -> String {
        format!("layer\n{}\n{}\n{}", self.repository, self.digest, self.expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(url: &str) -> Grant {
        let uri: http::Uri = url.parse().unwrap();
        let Query(grant) = Query::<Grant>::try_from_uri(&uri).unwrap();
        grant
    }

    #[test]
    fn an_address_opens_one_layer_for_an_hour() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"k");
        let now = 1_700_000_000_000;
        let given = Grant::new(&key, "a/b".parse().unwrap(), Digest::sha256(b"x"), now);
        let url = given.url("http://localhost:7225/");
        assert!(url.starts_with("http://localhost:7225/_layers?repository=a%2Fb&digest=sha256%3A"), "{url}");
        let grant = query(&url);
        assert_eq!(grant, given);
        assert!(grant.holds(&key, now) && grant.holds(&key, now + LIFE_S * 1000 - 1));
        assert!(!grant.holds(&key, now + LIFE_S * 1000));
        assert!(!grant.holds(&hmac::Key::new(hmac::HMAC_SHA256, b"other"), now));
        let forged = [
            Grant { repository: "a/c".parse().unwrap(), ..grant.clone() },
            Grant { digest: Digest::sha256(b"y"), ..grant.clone() },
            Grant { expires: grant.expires + 1, ..grant.clone() },
            Grant { signature: "0".repeat(64), ..grant.clone() },
            Grant { signature: String::new(), ..grant },
        ];
        for grant in forged {
            assert!(!grant.holds(&key, now));
        }
    }
}
