//! Settings of the server: flags, then `PACKYARD_*` variables, then `packyard.toml`, then defaults; the same names
//! everywhere.

mod args;
mod check;
mod variables;

use crate::limits::Limits;
use anyhow::bail;
use clap::ValueEnum;
use packyard_access::Network;
use secrecy::SecretString;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

pub(crate) use args::ServeArgs;
pub(crate) use variables::unknown as unknown_variables;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndpointPolicy {
    /// Loopback and private addresses too (Harbor lives there); never link-local or cloud metadata addresses.
    Any,
    /// Public addresses only.
    Public,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone)]
pub(crate) enum Tls {
    Off,
    SelfSigned,
    Files { cert: PathBuf, key: PathBuf },
}

/// Settings with nothing left open.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    /// False for the default.
    pub(crate) data_is_given: bool,
    /// `None` for the one in the data folder.
    pub(crate) blobs: Option<PathBuf>,
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<String>,
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) database_url: Option<SecretString>,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) endpoint_policy: EndpointPolicy,
    pub(crate) tls: Tls,
    pub(crate) admin_email: Option<String>,
    pub(crate) admin_password: Option<SecretString>,
    pub(crate) root_access_key: Option<(String, SecretString)>,
    pub(crate) secret_key: Option<SecretString>,
    pub(crate) first_sync_wait_s: u64,
    pub(crate) sync_interval_s: u64,
    pub(crate) recheck_tags_s: u64,
    pub(crate) allow_server_aws_identity: bool,
    pub(crate) session_idle_s: u64,
    pub(crate) one_time_password_life_s: u64,
    pub(crate) audit_retention_s: u64,
    pub(crate) drain_wait_s: u64,
    pub(crate) log_format: LogFormat,
    pub(crate) limits: Limits,
}

impl ServeArgs {
    /// Fills what was not given from the settings file and the defaults.
    pub(crate) fn resolve(self) -> anyhow::Result<Settings> {
        let file = self.read_file()?;
        let args = self.or(file);
        let account_id = args.account_id.unwrap_or_else(|| "000000000000".to_owned());
        check::account_id(&account_id)?;
        let region = args.region.unwrap_or_else(|| "us-east-1".to_owned());
        check::region(&region)?;
        if let Some(url) = &args.database_url {
            check::database_url(url)?;
        }
        if args.blobs.is_some() && args.database_url.is_none() {
            bail!("--blobs is for servers that share a database; it needs --database-url too");
        }
        let listen = args.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7225)));
        let public_url = args.public_url.as_deref().map(check::public_url).transpose()?;
        if public_url.is_none() {
            check::needs_no_public_url(listen)?;
        }
        let extra_hosts = args.allowed_hosts.unwrap_or_default();
        let extra_hosts = extra_hosts.iter().map(|host| check::allowed_host(host)).collect::<Result<_, _>>()?;
        let trusted_proxies = args.trusted_proxies.unwrap_or_default();
        let trusted_proxies =
            trusted_proxies.iter().map(|text| check::trusted_proxy(text)).collect::<Result<_, _>>()?;
        let tls = match (args.tls_cert, args.tls_key, args.tls_self_signed.unwrap_or(false)) {
            (Some(cert), Some(key), _) => Tls::Files { cert, key },
            (None, None, true) => Tls::SelfSigned,
            (None, None, false) => Tls::Off,
            _ => bail!("--tls-cert and --tls-key go together; one of them is missing"),
        };
        let root_access_key = match (args.root_access_key_id, args.root_secret_access_key) {
            (Some(id), Some(secret)) => Some((id, secret.into())),
            (None, None) => None,
            _ => bail!(
                "PACKYARD_ROOT_ACCESS_KEY_ID and PACKYARD_ROOT_SECRET_ACCESS_KEY go together; one of them is missing"
            ),
        };
        Ok(Settings {
            data_is_given: args.data.is_some(),
            blobs: args.blobs,
            data: args.data.unwrap_or_else(|| "packyard-data".into()),
            listen,
            public_url,
            extra_hosts,
            trusted_proxies,
            database_url: args.database_url.map(SecretString::from),
            account_id,
            region,
            endpoint_policy: args.endpoint_policy.unwrap_or(EndpointPolicy::Any),
            tls,
            admin_email: args.admin_email,
            admin_password: args.admin_password.map(SecretString::from),
            root_access_key,
            secret_key: args.secret_key.map(SecretString::from),
            first_sync_wait_s: args.first_sync_wait.unwrap_or(60),
            sync_interval_s: args.sync_interval.unwrap_or(86_400),
            allow_server_aws_identity: args.allow_server_aws_identity.unwrap_or(false),
            recheck_tags_s: args.recheck_tags.unwrap_or(604_800),
            session_idle_s: args.session_idle.unwrap_or(4 * 3600),
            one_time_password_life_s: args.one_time_password_life.unwrap_or(7 * 86_400),
            audit_retention_s: args.audit_retention.unwrap_or(0),
            drain_wait_s: args.drain_wait.unwrap_or(20),
            log_format: args.log_format.unwrap_or(LogFormat::Text),
            limits: Limits::resolve(&args.limits, &args.limit)?,
        })
    }
}

impl Settings {
    /// TLS with our own authority, unless TLS was asked for otherwise.
    pub(crate) fn with_tls(&mut self) {
        if matches!(self.tls, Tls::Off) {
            self.tls = Tls::SelfSigned;
        }
    }

    /// Where the server is reached, once the port is known (`--listen 127.0.0.1:0` picks a free one).
    pub(crate) fn public_url(&self, bound: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://localhost:{}", bound.port()))
    }

    /// Host names (without port; IPv6 addresses without brackets) under which the console and /v1 answer.
    pub(crate) fn allowed_hosts(&self, public_url: &str) -> Vec<String> {
        let mut hosts = vec![host_of(public_url), "localhost".into(), "127.0.0.1".into(), "::1".into()];
        hosts.extend(self.extra_hosts.iter().cloned());
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

/// The host of `scheme://host[:port]`, lower case, without the port and without the brackets of an IPv6 address.
pub(crate) fn host_of(url: &str) -> String {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_localhost_on_loopback_and_asked_for_elsewhere() {
        let settings = ServeArgs::default().resolve().unwrap();
        assert_eq!(settings.public_url("127.0.0.1:7225".parse().unwrap()), "http://localhost:7225");
        let listen = Some("0.0.0.0:7225".parse().unwrap());
        let error = ServeArgs { listen, ..ServeArgs::default() }.resolve().unwrap_err().to_string();
        assert!(error.contains("--public-url"), "{error}");
    }

    #[test]
    fn a_wrong_key_in_the_file_is_named() {
        let error = toml::from_str::<ServeArgs>("listen = \"127.0.0.1:1\"\nlissten = \"x\"").unwrap_err().to_string();
        assert!(error.contains("lissten") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn hosts_lose_their_port() {
        assert_eq!(host_of("https://Packs.example.com:8443"), "packs.example.com");
        assert_eq!(host_of("http://[::1]:7225"), "::1");
        assert_eq!(host_of("http://[::1]"), "::1");
    }
}
