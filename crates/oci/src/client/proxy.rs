//! A proxy on the way to a registry: its address, its login, and the hosts that are reached without it.

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
        let bad = |why: &str| InvalidProxy::Url(format!("{why}; write http://proxy.example.com:3128"));
        let url = url.trim();
        let parsed = match url.split_once("://") {
            Some(("http" | "https", _)) => Url::parse(url).map_err(|_| bad("the proxy's address is not a URL"))?,
            Some((scheme, _)) => {
                return Err(bad(&format!("proxies of the kind `{scheme}` are not supported, only http and https")));
            }
            None => return Err(bad("the proxy's address has no http:// or https:// before it")),
        };
        if parsed.host_str().is_none_or(str::is_empty) {
            return Err(bad("the proxy's address names no host"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(bad("user name and password of the proxy do not belong into its address"));
        }
        if !matches!(parsed.path(), "" | "/") || parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(bad("the proxy's address has more than a host and a port"));
        }
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

/// A proxy's address without the login that may be in it, and that login.
pub fn split_login(url: &str) -> (String, Option<(String, Option<SecretString>)>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((login, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (username, password) = match login.split_once(':') {
        Some((username, password)) => (username, Some(SecretString::from(decoded(password)))),
        None => (login, None),
    };
    (format!("{scheme}://{host}{path}"), Some((decoded(username), password)))
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
            ("socks5://proxy:1080", "`socks5` are not supported"),
            ("proxy.example.com:3128", "no http:// or https:// before it"),
            ("http://", "is not a URL"),
            ("http://ann:secret-1@proxy:3128", "do not belong into its address"),
            ("http://proxy:3128/path", "more than a host and a port"),
        ] {
            let error = ProxyOptions::new(url, "", None, "").unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("secret-1"), "{url}: {error}");
        }
        let (url, login) = split_login("http://ann:p%40ss@proxy:3128/");
        let (username, password) = login.unwrap();
        assert_eq!((url.as_str(), username.as_str()), ("http://proxy:3128/", "ann"));
        assert_eq!(password.unwrap().expose_secret(), "p@ss");
        assert!(split_login("http://proxy:3128").1.is_none());
        let proxy = ProxyOptions::new("http://proxy", "ann", Some("secret-1".into()), "10.0.0.0/8").unwrap();
        assert_eq!(proxy.authority(), "proxy:80");
        assert!(!format!("{proxy:?}").contains("secret-1"));
    }
}
