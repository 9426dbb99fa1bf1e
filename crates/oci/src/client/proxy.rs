//! A proxy on the way to a registry: its address, its login, and the hosts that are reached without it.

use super::error::quoted;
use super::no_proxy::NoProxy;
use percent_encoding::percent_decode_str;
use reqwest::{Proxy, Url};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A proxy that was given for one registry. Never printed with its password.
#[derive(Clone)]
pub struct ProxyOptions {
    /// Without a login.
    url: Url,
    username: String,
    password: Option<SecretString>,
    exceptions: NoProxy,
}

/// Why a proxy cannot be used. Complete by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    #[error("{0}")]
    Url(String),
    #[error("{0}")]
    NoProxy(String),
}

impl ProxyOptions {
    /// `url` is `http://host[:port]` or `https://host[:port]`; `no_proxy` as the variable NO_PROXY has it.
    pub fn new(
        url: &str,
        username: &str,
        password: Option<SecretString>,
        no_proxy: &str,
    ) -> Result<Self, InvalidProxy> {
        let parsed = parse(url.trim())?;
        let exceptions = NoProxy::parse(no_proxy).map_err(InvalidProxy::NoProxy)?;
        Ok(Self { url: parsed, username: username.to_owned(), password, exceptions })
    }

    /// `host:port`, for messages.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host(), self.url.port_or_known_default().unwrap_or_default())
    }

    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(crate) fn has_login(&self) -> bool {
        !self.username.is_empty() || self.password.is_some()
    }

    /// Whether that host is reached by this proxy.
    pub fn covers(&self, host: &str, port: u16) -> bool {
        !self.exceptions.excepts(host, port)
    }

    pub(crate) fn covers_url(&self, url: &Url) -> bool {
        self.covers(url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
    }

    pub(crate) fn for_http(&self) -> Proxy {
        let (options, mut target) = (self.clone(), self.url.clone());
        // A host without a port or a login, which no proxy has, could not hold one; then the proxy says what it wants.
        let _ = target.set_username(&self.username);
        let _ = target.set_password(self.password.as_ref().map(|password| password.expose_secret()));
        Proxy::custom(move |url| options.covers_url(url).then(|| target.clone()))
    }

    /// That its address is none to connect to, and why.
    pub(crate) fn refused(&self, why: impl fmt::Display) -> String {
        format!("the proxy {} may not be used: {why}", self.authority())
    }

    /// What went wrong at the proxy, told by the texts of an error's causes.
    pub(crate) fn trouble(&self, causes: &[String], is_timeout: bool, target: &str) -> String {
        let (proxy, last) = (self.authority(), causes.last().map_or("", String::as_str));
        match causes.iter().find_map(|text| text.strip_prefix("tunnel error: ")) {
            Some("proxy authorization required") => self.wants_login(),
            Some("unsuccessful") => format!("the proxy {proxy} refuses to connect to {target}"),
            Some(what) if !what.starts_with("failed to create") => {
                format!("{proxy} does not answer as a proxy should: {what}")
            }
            _ if is_timeout => format!("no connection to the proxy {proxy} in time"),
            _ => format!("no connection to the proxy {proxy}: {last}"),
        }
    }

    pub(crate) fn wants_login(&self) -> String {
        let proxy = self.authority();
        if self.has_login() {
            format!("the proxy {proxy} does not take this user name and password (407)")
        } else {
            format!("the proxy {proxy} wants a user name and password (407)")
        }
    }
}

/// An address that names a host and nothing else but a port.
fn parse(text: &str) -> Result<Url, InvalidProxy> {
    let bad = |why: &str, mended: Option<String>| {
        let wanted = mended.map_or_else(|| format!("give one such as {EXAMPLE}"), |mended| format!("write {mended}"));
        Err(InvalidProxy::Url(format!("the proxy `{}` cannot be used: {why}; {wanted}", shown(text))))
    };
    // Schemes are the same in capitals (RFC 3986, section 3.1).
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => return bad("it has no http:// or https:// before it", mended("http", text)),
    };
    if !matches!(scheme.as_str(), "http" | "https") {
        let scheme = quoted(&scheme, SHOWN);
        return bad(&format!("proxies of the kind `{scheme}` are not supported, only http and https"), None);
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return bad(&format!("it is not a URL ({error})"), None),
    };
    match () {
        () if !url.username().is_empty() || url.password().is_some() => {
            bad("user name and password do not belong into the address", mended(&scheme, rest))
        }
        () if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() => {
            bad("it has more than a host and a port", mended(&scheme, rest))
        }
        () if url.port() == Some(0) => bad("nothing listens on port 0", None),
        () => Ok(url),
    }
}

const EXAMPLE: &str = "http://proxy.example.com:3128";
/// Of an address that is no such thing, what messages show.
const SHOWN: usize = 100;

/// The address as it was probably meant: host and port of `rest`, which follows the scheme.
fn mended(scheme: &str, rest: &str) -> Option<String> {
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    let text = format!("{scheme}://{host}");
    Url::parse(&text).is_ok_and(|url| url.host_str().is_some() && url.port() != Some(0)).then_some(text)
}

/// For messages: without whatever may be a login, and safe for one line.
fn shown(text: &str) -> String {
    let scheme = text.find("://").map_or("", |at| &text[..at + "://".len()]);
    let rest = text[scheme.len()..].rsplit_once('@').map_or(&text[scheme.len()..], |(_, host)| host);
    quoted(&format!("{scheme}{rest}"), SHOWN)
}

/// A proxy's address without the login that may be in it, and that login. A proxy has no path, so everything before the
/// last `@` is the login, also where a `/` in a password was not encoded, or no scheme was given.
pub fn split_login(url: &str) -> (String, Option<(String, Option<SecretString>)>) {
    let (scheme, rest) = url.split_at(url.find("://").map_or(0, |at| at + "://".len()));
    let Some((login, host)) = rest.rsplit_once('@') else { return (url.to_owned(), None) };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (username, password) = match login.split_once(':') {
        Some((username, password)) => (username, Some(SecretString::from(decoded(password)))),
        None => (login, None),
    };
    (format!("{scheme}{host}"), Some((decoded(username), password)))
}

impl fmt::Debug for ProxyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyOptions").field("authority", &self.authority()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_proxy_is_said() {
        for (url, part) in [
            ("socks5://proxy:1080", "proxies of the kind `socks5` are not supported, only http and https; give one"),
            ("ftp://ann:secret-1@proxy:21", "the proxy `ftp://proxy:21` cannot be used"),
            ("proxy.example.org:3128", "no http:// or https:// before it; write http://proxy.example.org:3128"),
            ("//proxy:3128/", "no http:// or https:// before it; write http://proxy:3128"),
            ("ann:secret-1@proxy:3128", "the proxy `proxy:3128` cannot be used"),
            ("http://", "it is not a URL (empty host); give one such as http://proxy.example.com:3128"),
            ("http://proxy:99999", "it is not a URL (invalid port number)"),
            ("http://proxy:0", "port 0"),
            ("http://ann:secret-1@proxy:3128", "do not belong into the address; write http://proxy:3128"),
            ("https://proxy:3128/path?secret-1@proxy", "more than a host and a port"),
            ("http://proxy:3128/path", "more than a host and a port; write http://proxy:3128"),
            ("\u{1b}[31mftp://proxy", "are not supported"),
        ] {
            let error = ProxyOptions::new(url, "", None, "").unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("secret-1"), "{url}: {error}");
            assert!(!error.contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn a_login_is_taken_out_of_the_address() {
        for (url, address, password) in [
            ("http://ann:p%40ss@proxy:3128/", "http://proxy:3128/", "p@ss"),
            ("http://ann:p@ss/w?#rd@proxy:3128", "http://proxy:3128", "p@ss/w?#rd"),
            ("ann:p@ss@proxy:3128", "proxy:3128", "p@ss"),
        ] {
            let (without, login) = split_login(url);
            let (username, secret) = login.unwrap();
            assert_eq!((without.as_str(), username.as_str()), (address, "ann"), "{url}");
            assert_eq!(secret.unwrap().expose_secret(), password, "{url}");
        }
        assert!(split_login("http://proxy:3128").1.is_none());
        let proxy = ProxyOptions::new("http://proxy", "ann", Some("secret-1".into()), "10.0.0.0/8").unwrap();
        assert_eq!(proxy.authority(), "proxy:80");
        assert_eq!(ProxyOptions::new("HTTPS://Proxy", "", None, "").unwrap().authority(), "proxy:443");
        assert!(!format!("{proxy:?}").contains("secret-1"));
    }
}
