//! Settings of the server: flags, then `PACKYARD_*` variables, then `packyard.toml`, then defaults; the same names
//! everywhere.

mod check;

use crate::limits::{LimitSetting, Limits, LimitsTable};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use secrecy::SecretString;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What a person typed; everything optional, so that the file and the defaults can fill in.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct ServeArgs {
    /// Settings file; `packyard.toml` in the current folder is read when it is there.
    #[arg(long, env = "PACKYARD_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the embedded database, blobs and keys; one server at a time [default: ./packyard-data]
    #[arg(long, env = "PACKYARD_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Folder of the blobs, where servers that share a PostgreSQL database share them; each has its own --data
    /// [default: DATA/blobs]
    #[arg(long, env = "PACKYARD_BLOBS", value_name = "DIR")]
    pub(crate) blobs: Option<PathBuf>,
    /// Address to listen on, for HTTP and HTTPS alike [default: 127.0.0.1:7225]
    #[arg(long, env = "PACKYARD_LISTEN", value_name = "ADDR:PORT", value_parser = check::listen)]
    #[serde(deserialize_with = "check::listen_in_file")]
    pub(crate) listen: Option<SocketAddr>,
    /// The address clients use: printed in repositoryUri, proxyEndpoint, links and commands [default on loopback: http://localhost:PORT]
    #[arg(long, env = "PACKYARD_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Host names under which the console and /v1 answer, beside the public URL's and loopback
    #[arg(long, env = "PACKYARD_ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')]
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// PostgreSQL instead of the embedded SQLite
    #[arg(long, env = "PACKYARD_DATABASE_URL", value_name = "postgres://...", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// The AWS account this registry plays [default: 000000000000]
    #[arg(long, env = "PACKYARD_ACCOUNT_ID", value_name = "12 DIGITS")]
    pub(crate) account_id: Option<String>,
    /// The AWS region this registry plays [default: us-east-1]
    #[arg(long, env = "PACKYARD_REGION", value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Addresses a registered registry may have [default: any]
    #[arg(long, env = "PACKYARD_ENDPOINT_POLICY", value_enum)]
    pub(crate) endpoint_policy: Option<EndpointPolicy>,
    /// Certificate chain (PEM); HTTPS and HTTP share the port, and HTTP is then answered to loopback peers only
    #[arg(long, env = "PACKYARD_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, env = "PACKYARD_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Make a certificate authority once in the data folder and serve HTTPS with it
    #[arg(long, env = "PACKYARD_TLS_SELF_SIGNED", num_args = 0..=1, default_missing_value = "true", value_parser = clap::builder::BoolishValueParser::new(), conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: Option<bool>,
    /// Tenant administrator's email, on the first start [default: admin@packyard.local]
    #[arg(long, env = "PACKYARD_ADMIN_EMAIL", value_name = "EMAIL")]
    pub(crate) admin_email: Option<String>,
    /// Tenant administrator's password, on the first start [default: made and shown once]
    #[arg(long, env = "PACKYARD_ADMIN_PASSWORD", hide = true, hide_env_values = true)]
    #[serde(skip)]
    pub(crate) admin_password: Option<String>,
    /// The account root's access key id, on the first start
    #[arg(long, env = "PACKYARD_ROOT_ACCESS_KEY_ID", hide = true)]
    #[serde(skip)]
    pub(crate) root_access_key_id: Option<String>,
    /// The account root's secret access key, on the first start
    #[arg(long, env = "PACKYARD_ROOT_SECRET_ACCESS_KEY", hide = true, hide_env_values = true)]
    #[serde(skip)]
    pub(crate) root_secret_access_key: Option<String>,
    /// 64 hex digits that seal stored credentials, instead of the key file in the data folder
    #[arg(long, env = "PACKYARD_SECRET_KEY", hide = true, hide_env_values = true)]
    #[serde(skip)]
    pub(crate) secret_key: Option<String>,
    /// Seconds a new registry's first synchronisation may take inside the creating request [default: 60]
    #[arg(long, env = "PACKYARD_FIRST_SYNC_WAIT", value_name = "SECONDS")]
    pub(crate) first_sync_wait: Option<u64>,
    /// Seconds between automatic synchronisations of a registry that has no interval of its own; 0 is never
    /// [default: 86400]
    #[arg(long, env = "PACKYARD_SYNC_INTERVAL", value_name = "SECONDS")]
    pub(crate) sync_interval: Option<u64>,
    /// Seconds after which an automatic synchronisation asks each known tag whether it changed, where the registry's list
    /// of tags has no digests; 0 is each time [default: 604800]
    #[arg(long, env = "PACKYARD_RECHECK_TAGS", value_name = "SECONDS")]
    pub(crate) recheck_tags: Option<u64>,
    /// Let registries of kind ECR be read with this server's own AWS identity (its environment, pod or instance), where they
    /// are registered so
    #[arg(long, env = "PACKYARD_ALLOW_SERVER_AWS_IDENTITY", num_args = 0..=1, default_missing_value = "true", value_parser = clap::builder::BoolishValueParser::new())]
    pub(crate) allow_server_aws_identity: Option<bool>,
    /// Seconds a stopping server waits for requests under way [default: 20]
    #[arg(long, env = "PACKYARD_DRAIN_WAIT", value_name = "SECONDS")]
    pub(crate) drain_wait: Option<u64>,
    /// How the log is written, on standard error [default: text]
    #[arg(long, env = "PACKYARD_LOG_FORMAT", value_enum)]
    pub(crate) log_format: Option<LogFormat>,
    /// Another value for a limit, such as blob_bytes=2GiB; repeat for several. docs/operations.md lists them all
    /// [also: PACKYARD_LIMITS=NAME=VALUE,...]
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = LimitSetting::parse)]
    #[serde(skip)]
    pub(crate) limit: Vec<LimitSetting>,
    /// The table of the settings file.
    #[arg(skip)]
    pub(crate) limits: LimitsTable,
}

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
    pub(crate) drain_wait_s: u64,
    pub(crate) log_format: LogFormat,
    pub(crate) limits: Limits,
}

const FILE: &str = "packyard.toml";

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
            drain_wait_s: args.drain_wait.unwrap_or(20),
            log_format: args.log_format.unwrap_or(LogFormat::Text),
            limits: Limits::resolve(&args.limits, &args.limit)?,
        })
    }

    fn read_file(&self) -> anyhow::Result<ServeArgs> {
        let (path, asked_for) = match &self.config {
            Some(path) => (path.as_path(), true),
            None => (Path::new(FILE), false),
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !asked_for => return Ok(ServeArgs::default()),
            Err(error) => {
                return Err(error).with_context(|| format!("could not read the settings file {}", path.display()));
            }
        };
        toml::from_str(&text).with_context(|| format!("the settings file {} is wrong", path.display()))
    }

    fn or(self, file: ServeArgs) -> ServeArgs {
        ServeArgs {
            config: self.config,
            data: self.data.or(file.data),
            blobs: self.blobs.or(file.blobs),
            listen: self.listen.or(file.listen),
            public_url: self.public_url.or(file.public_url),
            allowed_hosts: self.allowed_hosts.or(file.allowed_hosts),
            database_url: self.database_url.or(file.database_url),
            account_id: self.account_id.or(file.account_id),
            region: self.region.or(file.region),
            endpoint_policy: self.endpoint_policy.or(file.endpoint_policy),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            tls_self_signed: self.tls_self_signed.or(file.tls_self_signed),
            admin_email: self.admin_email.or(file.admin_email),
            admin_password: self.admin_password,
            root_access_key_id: self.root_access_key_id,
            root_secret_access_key: self.root_secret_access_key,
            secret_key: self.secret_key,
            first_sync_wait: self.first_sync_wait.or(file.first_sync_wait),
            sync_interval: self.sync_interval.or(file.sync_interval),
            allow_server_aws_identity: self.allow_server_aws_identity.or(file.allow_server_aws_identity),
            recheck_tags: self.recheck_tags.or(file.recheck_tags),
            drain_wait: self.drain_wait.or(file.drain_wait),
            log_format: self.log_format.or(file.log_format),
            limit: self.limit,
            limits: file.limits,
        }
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
