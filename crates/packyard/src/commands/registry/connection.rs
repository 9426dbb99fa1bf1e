//! How the server is to reach a registry: whom it trusts there, who it is to it, and by which proxy it goes.

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct ConnectionArgs {
    /// Certificate to trust for the registry, in PEM
    #[arg(long, value_name = "FILE")]
    registry_ca: Option<PathBuf>,
    /// Certificate that the server shows to the registry, in PEM, with the chain that may follow it
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// Private key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// Proxy by which the server reaches the registry, such as http://proxy.example.com:3128; a user name may stand before the host
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// File that holds the password of the proxy's user
    #[arg(long, value_name = "FILE", requires = "proxy")]
    proxy_password_file: Option<PathBuf>,
    /// Hosts that are reached without the proxy, as the variable NO_PROXY lists them
    #[arg(long, value_name = "HOSTS", requires = "proxy")]
    no_proxy: Option<String>,
}

impl ConnectionArgs {
    pub(super) fn is_given(&self) -> bool {
        self.registry_ca.is_some() || self.client_cert.is_some() || self.proxy.is_some()
    }

    /// Changes the `tls` of `/v1` by what was given.
    ///
    /// There a certificate without a key is the authority's; with one it is ours, and the authority's stands in `ca`.
    pub(super) fn set_tls(&self, tls: &mut Value) -> anyhow::Result<()> {
        let authority = self.registry_ca.as_deref().map(read).transpose()?;
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            if tls["key"].as_str().is_none_or(str::is_empty) {
                tls["ca"] = tls["certificate"].take();
            }
            tls["certificate"] = read(certificate)?.into();
            tls["key"] = read(key)?.into();
        }
        if let Some(authority) = authority {
            let place = if tls["key"].as_str().is_some_and(|key| !key.is_empty()) { "ca" } else { "certificate" };
            tls[place] = authority.into();
        }
        Ok(())
    }

    /// The `proxy` of `/v1`, if one was given.
    pub(super) fn proxy(&self) -> anyhow::Result<Option<Value>> {
        let Some(url) = &self.proxy else { return Ok(None) };
        let password = self.proxy_password_file.as_deref().map(read).transpose()?;
        let (url, username) = match password {
            // Beside a password the user has to be named too, and not in the address.
            Some(_) => without_user(url),
            None => (url.clone(), String::new()),
        };
        let password = password.unwrap_or_default();
        Ok(Some(json!({
            "url": url, "username": username, "password": password.trim_end_matches(['\r', '\n']),
            "noProxy": self.no_proxy.as_deref().unwrap_or_default(),
        })))
    }
}

/// The address, and the user that stood in it.
fn without_user(url: &str) -> (String, String) {
    let (url, login) = packyard_oci::client::split_login(url);
    (url, login.map(|(username, _)| username).unwrap_or_default())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
}
