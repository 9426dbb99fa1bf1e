//! Where a registry is. A person types `registry.example.com:5000/team`, `https://registry.example.com` or a
//! repository URI copied from AWS; the scheme rule of the design is applied here once: as typed, else http for
//! `localhost` and loopback addresses, https for the rest.

use crate::RepoName;
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Scheme, host and port of a registry, and the path typed after it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub scheme: Scheme,
    /// Lower case; an IPv6 address without brackets.
    host: String,
    port: Option<u16>,
    /// What was typed after the host: a prefix of repository names, never part of the URL before `/v2/`.
    pub base_path: Option<RepoName>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{typed}` is not a registry address: {reason}; expected [http://|https://]HOST[:PORT][/PATH]")]
pub struct InvalidEndpoint {
    pub typed: String,
    pub reason: String,
}

impl Endpoint {
    pub fn new(scheme: Scheme, host: &str, port: Option<u16>) -> Result<Self, InvalidEndpoint> {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let host = bare.to_ascii_lowercase();
        if !is_host(&host) {
            return Err(InvalidEndpoint { typed: host, reason: "the host is not a name or an address".into() });
        }
        let port = port.filter(|p| *p != scheme.default_port());
        Ok(Self { scheme, host, port, base_path: None })
    }

    /// The same with another scheme, e.g. for `--plain-http`.
    #[must_use]
    pub fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self.port = self.port.filter(|p| *p != scheme.default_port());
        self
    }

    /// Host name or address, without port and brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// `host[:port]` as it stands in references and in docker's config.json.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// `scheme://host[:port]`, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.authority())
    }

    /// The host as an address, when it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(typed: &str) -> Result<Self, InvalidEndpoint> {
        let bad =
            |reason: String| InvalidEndpoint { typed: without_userinfo(typed).chars().take(200).collect(), reason };
        let text = typed.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((s, rest)) if s.eq_ignore_ascii_case("http") => (Some(Scheme::Http), rest),
            Some((s, rest)) if s.eq_ignore_ascii_case("https") => (Some(Scheme::Https), rest),
            Some((s, rest)) if s.eq_ignore_ascii_case("oci") => (None, rest),
            Some((other, _)) => return Err(bad(format!("the scheme `{other}` is not http or https"))),
            None => (None, text),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(bad("credentials do not belong into the address".into()));
        }
        let (host, port) = split_port(authority).ok_or_else(|| bad("the port is not a number".into()))?;
        let scheme = scheme.unwrap_or(if is_loopback(host) { Scheme::Http } else { Scheme::Https });
        let mut endpoint = Self::new(scheme, host, port).map_err(|e| bad(e.reason))?;
        let path = path.trim_matches('/');
        let path = path.strip_suffix("/v2").unwrap_or(if path == "v2" { "" } else { path });
        if !path.is_empty() {
            endpoint.base_path = Some(path.parse().map_err(|e: crate::InvalidName| bad(e.to_string()))?);
        }
        Ok(endpoint)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())?;
        match &self.base_path {
            Some(path) => write!(f, "/{path}"),
            None => Ok(()),
        }
    }
}

/// An address as it may be shown: what stands before an `@` may hold a password, and is left out.
pub fn without_userinfo(typed: &str) -> Cow<'_, str> {
    let is_digest = |rest: &str| rest.starts_with("sha256:") || rest.starts_with("sha512:");
    let mut ends = typed.rmatch_indices('@').map(|(at, _)| at).filter(|at| !is_digest(&typed[at + 1..]));
    let Some(end) = ends.next() else { return Cow::Borrowed(typed) };
    let start = typed[..end].find("://").map_or(0, |at| at + 3);
    Cow::Owned(format!("{}...{}", &typed[..start], &typed[end..]))
}

/// `localhost`, its sub-names, and loopback addresses.
pub fn is_loopback(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Splits `host:port`, `[v6]:port`, `v6`; `None` when the port is not one.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(end) = authority.rfind(']') {
        return match authority[end + 1..].strip_prefix(':') {
            Some(port) => Some((&authority[..=end], Some(port.parse().ok()?))),
            None if authority.len() == end + 1 => Some((authority, None)),
            None => None,
        };
    }
    match authority.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Some((authority, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

/// A DNS name (with the underscores that container networks use) or an address.
fn is_host(host: &str) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return true;
    }
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    // A name that ends in a number is read as an IPv4 address by URL parsers (`127.1`, `0x7f000001`): never a name.
    let last = name.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
    host.len() <= 253 && !numeric && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(typed: &str) -> String {
        typed.parse::<Endpoint>().unwrap().to_string()
    }

    #[test]
    fn the_scheme_is_as_typed_else_by_host() {
        assert_eq!(origin("localhost:7225/base"), "http://localhost:7225/base");
        assert_eq!(origin("127.0.0.1:5000"), "http://127.0.0.1:5000");
        assert_eq!(origin("[::1]:5000"), "http://[::1]:5000");
        assert_eq!(origin("Registry.Example.com"), "https://registry.example.com");
        assert_eq!(origin("http://harbor.local/team/"), "http://harbor.local/team");
        assert_eq!(origin("https://h:443/v2/"), "https://h");
        assert_eq!(origin("https://localhost:7225"), "https://localhost:7225");
        assert_eq!(
            origin("123456789012.dkr.ecr.us-east-1.amazonaws.com/spectro-oci-registry"),
            "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/spectro-oci-registry"
        );
    }

    #[test]
    fn what_url_parsers_read_differently_is_refused() {
        for bad in [
            "",
            "https://",
            "ftp://h",
            "u:p@h",
            "h:port",
            "h:99999",
            "h/UP",
            "127.1",
            "0x7f000001",
            "2130706433",
            "h/../x",
            "a..b",
            "h h",
            "h#x",
            "h?x",
            "h\\x",
            "[::1]x",
            "::1]",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        for (typed, shown) in [
            ("https://ann:p@ss/w@h:1/team", "https://...@h:1/team"),
            ("ann:pw@h/a:1@sha256:00", "...@h/a:1@sha256:00"),
            ("h/a@sha256:00", "h/a@sha256:00"),
            ("h:1/team", "h:1/team"),
        ] {
            assert_eq!(without_userinfo(typed), shown);
        }
        let error = "http://ann:hunter2@h".parse::<Endpoint>().unwrap_err();
        assert!(error.to_string().contains("`http://...@h`") && !format!("{error:?}").contains("hunter2"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(text in "(https?://)?[a-z0-9.:\\[\\]-]{1,24}(/[a-z0-9/-]{0,12})?") {
            if let Ok(endpoint) = text.parse::<Endpoint>() {
                proptest::prop_assert_eq!(endpoint.to_string().parse::<Endpoint>(), Ok(endpoint));
            }
        }
    }
}
