//! The address of a folder on a web server, such as a repository of Helm charts: what lies below it, and where a relative
//! address in one of its files leads.

use super::endpoint::{Endpoint, Scheme, is_loopback};
use reqwest::Url;

/// Scheme, server and path. Credentials are never part of it; a query is, as some servers want one with every file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebFolder {
    /// Ends in a slash.
    base: Url,
    server: Endpoint,
}

/// Why a text is no address of a folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFolder {
    #[error("it starts with https:// or http://")]
    Scheme,
    /// `oci://`, which is a registry.
    #[error("`oci://` is a registry, which has no index")]
    Registry,
    #[error("credentials do not belong into it")]
    Credentials,
    #[error("{0}")]
    Host(String),
}

impl WebFolder {
    /// `https://charts.example.com/stable`, with or without a slash at its end.
    pub fn parse(typed: &str) -> Result<Self, NotAFolder> {
        let mut base = Url::parse(typed.trim()).map_err(|_| NotAFolder::Scheme)?;
        let scheme = match base.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            "oci" => return Err(NotAFolder::Registry),
            _ => return Err(NotAFolder::Scheme),
        };
        if !base.username().is_empty() || base.password().is_some() {
            return Err(NotAFolder::Credentials);
        }
        let server = Endpoint::new(scheme, base.host_str().unwrap_or_default(), base.port())
            .map_err(|e| NotAFolder::Host(e.reason))?;
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { base, server })
    }

    /// The same for an address that may be typed without a scheme: http on this machine, https elsewhere.
    pub fn parse_lenient(typed: &str) -> Result<Self, NotAFolder> {
        let typed = typed.trim();
        if typed.contains("://") {
            return Self::parse(typed);
        }
        let host = typed.split(['/', '?']).next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let scheme = if is_loopback(name) { "http" } else { "https" };
        Self::parse(&format!("{scheme}://{typed}"))
    }

    pub fn server(&self) -> &Endpoint {
        &self.server
    }

    /// Without the query, which may be a secret, and without the slash at the end.
    pub fn shown(&self) -> String {
        let mut url = self.base.clone();
        url.set_query(None);
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// A relative address below the folder, with the folder's query, as Helm does; an absolute one as it is.
    pub fn resolve(&self, address: &str) -> Option<String> {
        let mut url = self.base.join(address).ok()?;
        if url.query().is_none() && url.origin() == self.base.origin() {
            url.set_query(self.base.query());
        }
        Some(url.into())
    }

    /// Folders of the same server in which the file may be that was looked for in this one: those above, and those that
    /// people leave out. The nearest first.
    pub fn near(&self, usual: &[&str]) -> Vec<Self> {
        let at = |path: &str| {
            let mut base = self.base.clone();
            base.set_path(path);
            Self { base, server: self.server.clone() }
        };
        let path = self.base.path();
        let below = usual.iter().map(|folder| at(&format!("{path}{folder}/")));
        let above = path.trim_end_matches('/').rmatch_indices('/').map(|(slash, _)| at(&path[..=slash]));
        let mut all: Vec<Self> = below.chain(above).filter(|other| other != self).collect();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_relative_to_the_folder_and_keep_its_query() {
        let folder = WebFolder::parse("https://charts.example.com/Stable?token=t#x").unwrap();
        assert_eq!(folder.resolve("index.yaml").unwrap(), "https://charts.example.com/Stable/index.yaml?token=t");
        assert_eq!(folder.resolve("/other/a.tgz").unwrap(), "https://charts.example.com/other/a.tgz?token=t");
        assert_eq!(folder.resolve("https://cdn.example.com/a.tgz").unwrap(), "https://cdn.example.com/a.tgz");
        assert_eq!(folder.shown(), "https://charts.example.com/Stable");
    }

    #[test]
    fn what_is_no_folder_says_why() {
        let why = |typed: &str| WebFolder::parse(typed).unwrap_err();
        assert_eq!(why("charts.example.com"), NotAFolder::Scheme);
        assert_eq!(why("oci://charts.example.com/a"), NotAFolder::Registry);
        assert_eq!(why("https://ann:secret@charts.example.com"), NotAFolder::Credentials);
        assert_eq!(WebFolder::parse_lenient("charts.example.com/a").unwrap().shown(), "https://charts.example.com/a");
        assert_eq!(WebFolder::parse_lenient("localhost:8080").unwrap().shown(), "http://localhost:8080");
    }

    #[test]
    fn the_folders_nearby_are_those_below_and_above() {
        let near = WebFolder::parse("https://h/a/b").unwrap().near(&["charts"]);
        let shown: Vec<String> = near.iter().map(WebFolder::shown).collect();
        assert_eq!(shown, ["https://h/a/b/charts", "https://h/a", "https://h"]);
    }
}
