//! Which token server a registry may send its clients to, and which one may be given the credentials (oci.md section 5:
//! GHSA-xf85-363p-868w, CVE-2026-12566).

use crate::client::endpoint::{Endpoint, Scheme};
use crate::client::error::{ClientError, Hop, quoted};
use reqwest::Url;

/// Registries that are known to keep their token server on another host.
const WELL_KNOWN_REALMS: [(&str, &str); 4] = [
    ("registry-1.docker.io", "auth.docker.io"),
    ("index.docker.io", "auth.docker.io"),
    ("docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
];

/// A token server that may be asked.
pub(super) struct Realm {
    pub(super) url: Url,
    /// It may be given the credentials.
    pub(super) trusted: bool,
}

impl Realm {
    /// Decides whether the token server may be asked at all, and whether it may be given the credentials.
    pub(super) fn judge(
        realm: &str,
        endpoint: &Endpoint,
        trusted_realms: &[String],
        doing: &str,
    ) -> Result<Self, ClientError> {
        let refuse = |why: &str| {
            let realm = quoted(realm, 120);
            Err(ClientError::new(Hop::Auth, doing, format!("the registry names the token server `{realm}`, {why}")))
        };
        let Ok(url) = Url::parse(realm) else { return refuse("which is not a URL") };
        let Some(host) = url.host_str().map(str::to_ascii_lowercase) else { return refuse("which has no host") };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("which has credentials in it");
        }
        let same_host = host.trim_start_matches('[').trim_end_matches(']') == endpoint.host();
        let plain_like_typed = endpoint.scheme == Scheme::Http && same_host;
        if url.scheme() != "https" && !(url.scheme() == "http" && plain_like_typed) {
            return refuse("which is neither https nor the registry's own host: tokens are not fetched there");
        }
        let authority = authority(&url);
        let known_pair = WELL_KNOWN_REALMS.contains(&(endpoint.host(), host.as_str()));
        let named = trusted_realms.iter().any(|t| t.eq_ignore_ascii_case(&authority) || t.eq_ignore_ascii_case(&host));
        Ok(Self { url, trusted: same_host || known_pair || named })
    }

    pub(super) fn authority(&self) -> String {
        authority(&self.url)
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realm(endpoint: &str, realm: &str) -> Result<bool, String> {
        let (endpoint, named) = (endpoint.parse().unwrap(), ["token.example.net".to_owned()]);
        Realm::judge(realm, &endpoint, &named, "x").map(|r| r.trusted).map_err(|e| e.seen)
    }

    #[test]
    fn credentials_go_to_the_same_host_and_to_named_ones_only() {
        assert_eq!(realm("https://r.example.com", "https://r.example.com/token"), Ok(true));
        assert_eq!(realm("https://r.example.com", "https://r.example.com:5001/auth"), Ok(true));
        assert_eq!(realm("http://localhost:5000", "http://localhost:5001/auth"), Ok(true));
        assert_eq!(realm("https://r.example.com", "https://token.example.net/t"), Ok(true));
        assert_eq!(realm("https://registry-1.docker.io", "https://auth.docker.io/token"), Ok(true));
        assert_eq!(realm("https://r.example.com", "https://evil.example.org/t"), Ok(false));
        assert_eq!(realm("https://r.example.com", "https://r.example.com.evil.org/t"), Ok(false));
    }

    #[test]
    fn realms_that_are_never_asked() {
        for bad in [
            "http://r.example.com/token",
            "http://169.254.169.254/latest",
            "https://u:p@r.example.com/",
            "file:///etc/passwd",
            "/token",
            "",
        ] {
            assert!(realm("https://r.example.com", bad).is_err(), "{bad}");
        }
        assert!(realm("http://r.example.com", "http://other.example.com/token").is_err());
    }
}
