//! Settings as a person gives them: typed, in a variable, or in the file.

use super::{EndpointPolicy, LogFormat, check};
use crate::limits::{LimitSetting, LimitsTable};
use crate::seconds;
use anyhow::Context;
use clap::Args;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const FILE: &str = "packyard.toml";

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
    /// Addresses or networks of reverse proxies whose X-Forwarded-For is believed, such as 10.0.0.5 or 10.0.0.0/24
    /// [default: none]
    #[arg(long, env = "PACKYARD_TRUSTED_PROXIES", value_name = "ADDR|CIDR", value_delimiter = ',')]
    pub(crate) trusted_proxies: Option<Vec<String>>,
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
    #[arg(long, env = "PACKYARD_ENDPOINT_POLICY", value_enum, value_name = "POLICY")]
    pub(crate) endpoint_policy: Option<EndpointPolicy>,
    /// Certificate chain (PEM); HTTPS and HTTP share the port, and HTTP is then answered to loopback peers only
    #[arg(long, env = "PACKYARD_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, env = "PACKYARD_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Make a certificate authority once in the data folder and serve HTTPS with it
    #[arg(long, env = "PACKYARD_TLS_SELF_SIGNED", value_name = "true|false", num_args = 0..=1, default_missing_value = "true", value_parser = clap::builder::BoolishValueParser::new(), conflicts_with = "tls_cert")]
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
    /// Time that a new registry's first synchronisation may take inside the creating request, such as 90s [default: 1m]
    #[arg(long, env = "PACKYARD_FIRST_SYNC_WAIT", value_name = "TIME", value_parser = seconds::parse)]
    #[serde(deserialize_with = "seconds::in_file")]
    pub(crate) first_sync_wait: Option<u64>,
    /// Time between automatic synchronisations of a registry that has no interval of its own, such as 15m or 6h; 0 is never
    /// [default: 1d]
    #[arg(long, env = "PACKYARD_SYNC_INTERVAL", value_name = "TIME", value_parser = seconds::parse)]
    #[serde(deserialize_with = "seconds::in_file")]
    pub(crate) sync_interval: Option<u64>,
    /// Time after which an automatic synchronisation asks each known tag whether it changed, where the registry's list of
    /// tags has no digests; 0 is each time [default: 7d]
    #[arg(long, env = "PACKYARD_RECHECK_TAGS", value_name = "TIME", value_parser = seconds::parse)]
    #[serde(deserialize_with = "seconds::in_file")]
    pub(crate) recheck_tags: Option<u64>,
    /// Let registries of kind ECR be read with this server's own AWS identity (its environment, pod or instance), where they
    /// are registered so
    #[arg(long, env = "PACKYARD_ALLOW_SERVER_AWS_IDENTITY", value_name = "true|false", num_args = 0..=1, default_missing_value = "true", value_parser = clap::builder::BoolishValueParser::new())]
    pub(crate) allow_server_aws_identity: Option<bool>,
    /// Time after which an unused session of the console ends; 0 is never, but none lasts longer than 12h [default: 4h]
    #[arg(long, env = "PACKYARD_SESSION_IDLE", value_name = "TIME", value_parser = seconds::parse)]
    #[serde(deserialize_with = "seconds::in_file")]
    pub(crate) session_idle: Option<u64>,
    /// Time in which a one-time password has to be exchanged for one's own; 0 is for ever [default: 7d]
    #[arg(long, env = "PACKYARD_ONE_TIME_PASSWORD_LIFE", value_name = "TIME", value_parser = seconds::parse)]
    #[serde(deserialize_with = "seconds::in_file")]
    pub(crate) one_time_password_life: Option<u64>,
    /// Time that entries of the audit log are kept, such as 400d; 0 is for ever [default: 0]
    #[arg(long, env = "PACKYARD_AUDIT_RETENTION", value_name = "TIME", value_parser = seconds::parse)]
    #[serde(deserialize_with = "seconds::in_file")]
    pub(crate) audit_retention: Option<u64>,
    /// Time that a stopping server waits for requests under way [default: 20s]
    #[arg(long, env = "PACKYARD_DRAIN_WAIT", value_name = "TIME", value_parser = seconds::parse)]
    #[serde(deserialize_with = "seconds::in_file")]
    pub(crate) drain_wait: Option<u64>,
    /// How the log is written, on standard error [default: text]
    #[arg(long, env = "PACKYARD_LOG_FORMAT", value_enum, value_name = "FORMAT")]
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

impl ServeArgs {
    pub(super) fn read_file(&self) -> anyhow::Result<ServeArgs> {
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

    /// What was typed, filled up from the file.
    pub(super) fn or(self, file: ServeArgs) -> ServeArgs {
        ServeArgs {
            config: self.config,
            data: self.data.or(file.data),
            blobs: self.blobs.or(file.blobs),
            listen: self.listen.or(file.listen),
            public_url: self.public_url.or(file.public_url),
            allowed_hosts: self.allowed_hosts.or(file.allowed_hosts),
            trusted_proxies: self.trusted_proxies.or(file.trusted_proxies),
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
            session_idle: self.session_idle.or(file.session_idle),
            one_time_password_life: self.one_time_password_life.or(file.one_time_password_life),
            audit_retention: self.audit_retention.or(file.audit_retention),
            drain_wait: self.drain_wait.or(file.drain_wait),
            log_format: self.log_format.or(file.log_format),
            limit: self.limit,
            limits: file.limits,
        }
    }
}
