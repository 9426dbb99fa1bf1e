//! The proxy that a registry is reached by.

use crate::Hop;
use crate::connect::Unusable;
use packyard_oci::client::{InvalidProxy, ProxyOptions, split_login};
use secrecy::SecretString;

/// As it was given, except that a login in the address was taken out of it.
#[derive(Debug, Clone)]
pub struct ProxySpec {
    /// `http://host[:port]` or `https://host[:port]`.
    pub url: String,
    pub username: String,
    /// `None` in an update keeps the one that is stored for this proxy and user.
    pub password: Option<SecretString>,
    /// Hosts that are reached without it, as the variable NO_PROXY lists them.
    pub no_proxy: String,
}

impl ProxySpec {
    /// A login in `url` counts where none is given beside it.
    pub fn new(url: &str, username: &str, password: Option<SecretString>, no_proxy: &str) -> Self {
        let (url, login) = split_login(url.trim());
        let (username, password) = match (username, login) {
            ("", Some((username, in_url))) => (username, password.or(in_url)),
            (username, _) => (username.to_owned(), password),
        };
        Self { url, username, password, no_proxy: no_proxy.trim().to_owned() }
    }

    pub(crate) fn options(&self) -> Result<ProxyOptions, Unusable> {
        ProxyOptions::new(&self.url, &self.username, self.password.clone(), &self.no_proxy).map_err(|error| {
            let field = if matches!(error, InvalidProxy::NoProxy(_)) { "proxy.noProxy" } else { "proxy.url" };
            Unusable { field, hop: Hop::Proxy, message: error.to_string() }
        })
    }

    /// The same proxy, asked as the same user.
    pub(crate) fn is_same_login(&self, other: &Self) -> bool {
        self.url == other.url && self.username == other.username
    }
}
