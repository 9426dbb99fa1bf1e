//! The flags that say how a registry is reached, and what they mean together.

use super::certs;
use crate::commands::WrongArguments;
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use packyard_oci::aws::is_ecr_public;
use packyard_oci::client::{ClientOptions, Endpoint, InvalidEndpoint, RetryOptions, Scheme};
use std::path::PathBuf;

/// How the registry is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthKind {
    /// AWS credentials, exchanged for a registry token; repositories are made through the ECR API
    Ecr,
    /// User name and password as stored by `packyard login`, `oras login` or `docker login`
    Basic,
    /// No credentials
    Anonymous,
}

/// How to reach a registry and who to be there; shared by the verbs that read or write packs.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RegistryArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// How the registry is talked to [default: found out]
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Registry")]
    auth: Option<AuthKind>,
    /// AWS region, where the host name does not tell
    #[arg(long, value_name = "REGION", help_heading = "Registry")]
    region: Option<String>,
    /// Profile of the AWS configuration files, before any keys in the environment [AWS_PROFILE comes after them]
    #[arg(long, value_name = "NAME", help_heading = "Registry")]
    aws_profile: Option<String>,
    /// Address of the ECR API, where it is not the registry's own [also: AWS_ENDPOINT_URL_ECR, and
    /// AWS_ENDPOINT_URL_ECR_PUBLIC for public.ecr.aws]
    #[arg(long, value_name = "URL", help_heading = "Registry")]
    ecr_endpoint_url: Option<String>,
    /// Tries after the first, with growing waits: for lost connections, 408, 429 (as Retry-After says) and 5xx
    /// [default: 4]
    #[arg(long, value_name = "N", env = "PACKYARD_RETRIES", help_heading = "Registry")]
    retries: Option<u32>,
}

/// One registry with everything that is needed to log in to it.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) endpoint: Endpoint,
    pub(crate) options: ClientOptions,
    pub(super) auth: Option<AuthKind>,
    pub(super) region: Option<String>,
    pub(super) aws_profile: Option<String>,
    pub(super) ecr_endpoint_url: Option<String>,
}

impl RegistryArgs {
    pub(crate) fn endpoint(&self, typed: &str) -> Result<Endpoint, WrongArguments> {
        self.connection.endpoint(typed)
    }

    /// A registry and a base path in it. One word is a base path whose registry was forgotten, far more often than a host.
    pub(crate) fn place(&self, typed: &str) -> Result<Endpoint, WrongArguments> {
        let endpoint = self.endpoint(typed)?;
        if typed.contains(['/', '.', ':']) || typed == "localhost" {
            return Ok(endpoint);
        }
        Err(WrongArguments(anyhow!(
            "`{typed}` names no registry; expected HOST[:PORT]/BASE. A host of that name is written with its scheme: https://{typed}"
        )))
    }

    pub(crate) fn access(&self, endpoint: &Endpoint) -> anyhow::Result<Access> {
        let from_env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // Two services, each with a variable of its own, as for the AWS CLI.
        let of_api =
            if is_ecr_public(endpoint.host()) { "AWS_ENDPOINT_URL_ECR_PUBLIC" } else { "AWS_ENDPOINT_URL_ECR" };
        let mut options = self.connection.options(endpoint)?;
        options.retry.retries = self.retries.unwrap_or(options.retry.retries);
        Ok(Access {
            endpoint: endpoint.clone(),
            options,
            auth: self.auth,
            region: self.region.clone().or_else(|| from_env("AWS_REGION")).or_else(|| from_env("AWS_DEFAULT_REGION")),
            aws_profile: self.aws_profile.clone().filter(|name| !name.is_empty()),
            ecr_endpoint_url: self.ecr_endpoint_url.clone().filter(|url| !url.is_empty()).or_else(|| from_env(of_api)),
        })
    }
}

/// How to reach a registry.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConnectionArgs {
    /// Use http, not https
    #[arg(long, help_heading = "Registry")]
    plain_http: bool,
    /// Certificates to trust besides the system's (PEM)
    #[arg(long, value_name = "FILE", help_heading = "Registry")]
    ca_file: Option<PathBuf>,
    /// Client certificate (PEM), for a registry that wants one
    #[arg(long, value_name = "FILE", alias = "cert-file", requires = "key", help_heading = "Registry")]
    cert: Option<PathBuf>,
    /// Key of the client certificate (PEM)
    #[arg(long, value_name = "FILE", alias = "key-file", requires = "cert", help_heading = "Registry")]
    key: Option<PathBuf>,
    /// Take any certificate
    #[arg(long, help_heading = "Registry")]
    insecure: bool,
    /// Token server on another host that may be given the credentials
    #[arg(long, value_name = "HOST", help_heading = "Registry")]
    trusted_realm: Vec<String>,
}

impl ConnectionArgs {
    pub(crate) fn endpoint(&self, typed: &str) -> Result<Endpoint, WrongArguments> {
        let endpoint: Endpoint = typed.parse().map_err(|error: InvalidEndpoint| WrongArguments(error.into()))?;
        if self.plain_http && typed.trim_start().to_ascii_lowercase().starts_with("https://") {
            return Err(WrongArguments(anyhow!("`{typed}` says https and --plain-http says http")));
        }
        Ok(if self.plain_http { endpoint.with_scheme(Scheme::Http) } else { endpoint })
    }

    pub(crate) fn options(&self, endpoint: &Endpoint) -> anyhow::Result<ClientOptions> {
        let mut options = ClientOptions {
            proxies_from_env: true,
            trusted_realms: self.trusted_realm.clone(),
            retry: RetryOptions::default(),
            ..ClientOptions::default()
        };
        let given = self.cert.as_deref().zip(self.key.as_deref());
        options.tls = certs::tls(endpoint, self.ca_file.as_deref(), given)?;
        options.tls.insecure_skip_verify = self.insecure;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_contradicts_a_typed_https() {
        let plain = ConnectionArgs { plain_http: true, ..ConnectionArgs::default() };
        assert_eq!(plain.endpoint("registry.example.com/team").unwrap().origin(), "http://registry.example.com");
        assert!(plain.endpoint("https://registry.example.com/team").is_err());
    }
}
