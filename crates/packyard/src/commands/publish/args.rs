//! What a person types, and what it means.

use super::prepare::Prepared;
use crate::commands::WrongArguments;
use crate::limits::{self, LimitSetting};
use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, ValueEnum};
use packyard_oci::client::{ClientOptions, Endpoint, RetryOptions, Scheme};
use packyard_oci::{RepoName, pack_artifact};
use packyard_pack::ReadLimits;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    Warnings,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PublishArgs {
    /// Folders of packs, each with a pack.json
    #[arg(required = true, value_name = "DIR")]
    pub(super) dirs: Vec<PathBuf>,
    /// Registry and base path; packs go to BASE/spectro-packs/archive/NAME:VERSION
    #[arg(long, value_name = "HOST[:PORT]/BASE", env = "PACKYARD_PUBLISH_TO")]
    to: String,
    /// Check and archive only; nothing is sent
    #[arg(long)]
    dry_run: bool,
    /// Refuse packs with warnings too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Publish the packs that are sound even when others are refused
    #[arg(long)]
    keep_going: bool,
    /// Another value for a limit of packs, such as pack.archive_bytes=500MiB; docs/operations.md lists them
    /// [also: PACKYARD_LIMITS=NAME=VALUE,...]
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = LimitSetting::parse_of_packs)]
    limit: Vec<LimitSetting>,
    /// Time to note in the manifest, RFC 3339 [default: SOURCE_DATE_EPOCH, else none, so that equal folders get equal digests]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// How the registry is talked to [default: found out]
    #[arg(long, value_enum, help_heading = "Registry")]
    auth: Option<AuthKind>,
    /// AWS region, where the host name does not tell
    #[arg(long, value_name = "REGION", help_heading = "Registry")]
    region: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME", env = "AWS_PROFILE", help_heading = "Registry")]
    aws_profile: Option<String>,
    /// Address of the ECR API, where it is not the registry's own
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL_ECR", help_heading = "Registry")]
    ecr_endpoint_url: Option<String>,
}

/// How to reach a registry; shared by the verbs that do.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConnectionArgs {
    /// Use http, not https
    #[arg(long, help_heading = "Registry")]
    plain_http: bool,
    /// Certificates to trust besides the system's (PEM)
    #[arg(long, value_name = "FILE", help_heading = "Registry")]
    ca_file: Option<PathBuf>,
    /// Take any certificate
    #[arg(long, help_heading = "Registry")]
    insecure: bool,
    /// Token server on another host that may be given the credentials
    #[arg(long, value_name = "HOST", help_heading = "Registry")]
    trusted_realm: Vec<String>,
}

impl ConnectionArgs {
    pub(crate) fn endpoint(&self, typed: &str) -> anyhow::Result<Endpoint> {
        let endpoint: Endpoint = typed.parse()?;
        if self.plain_http && typed.trim_start().to_ascii_lowercase().starts_with("https://") {
            bail!("`{typed}` says https and --plain-http says http");
        }
        Ok(if self.plain_http { endpoint.with_scheme(Scheme::Http) } else { endpoint })
    }

    pub(crate) fn options(&self) -> anyhow::Result<ClientOptions> {
        let mut options = ClientOptions {
            proxies_from_env: true,
            trusted_realms: self.trusted_realm.clone(),
            retry: RetryOptions::default(),
            ..ClientOptions::default()
        };
        options.tls.insecure_skip_verify = self.insecure;
        if let Some(path) = &self.ca_file {
            let pem = std::fs::read_to_string(path)
                .with_context(|| format!("could not read the certificate file {}", path.display()))?;
            options.tls.ca_pem = Some(pem);
        }
        Ok(options)
    }
}

/// The arguments, parsed: what every step works from.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) endpoint: Endpoint,
    /// `<base>/spectro-packs/archive`.
    pub(super) archive_repository: RepoName,
    pub(super) options: ClientOptions,
    pub(super) auth: Option<AuthKind>,
    pub(super) region: Option<String>,
    pub(super) aws_profile: Option<String>,
    pub(super) ecr_endpoint_url: Option<String>,
    /// RFC 3339.
    pub(super) created: Option<String>,
    pub(super) deny_warnings: bool,
    pub(super) dry_run: bool,
    pub(super) keep_going: bool,
    pub(super) limits: ReadLimits,
}

impl PublishArgs {
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        let endpoint = self.connection.endpoint(&self.to).map_err(WrongArguments)?;
        let archive_repository = pack_artifact::archive_repository(endpoint.base_path.as_ref())
            .map_err(|error| WrongArguments(error.into()))?;
        let from_env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Ok(Plan {
            archive_repository,
            options: self.connection.options()?,
            auth: self.auth,
            region: self.region.clone().or_else(|| from_env("AWS_REGION")).or_else(|| from_env("AWS_DEFAULT_REGION")),
            aws_profile: self.aws_profile.clone().filter(|name| !name.is_empty()),
            ecr_endpoint_url: self.ecr_endpoint_url.clone().filter(|url| !url.is_empty()),
            created: created(self.created.as_deref(), from_env("SOURCE_DATE_EPOCH").as_deref())
                .map_err(WrongArguments)?,
            deny_warnings: self.deny == Some(Deny::Warnings),
            dry_run: self.dry_run,
            keep_going: self.keep_going,
            limits: limits::of_packs(&self.limit)?,
            endpoint,
        })
    }
}

impl Plan {
    pub(super) fn repository(&self, pack: &Prepared) -> Result<RepoName, packyard_oci::InvalidName> {
        format!("{}/{}", self.archive_repository, pack.name).parse()
    }

    /// `host/repository:tag`, as clients write it.
    pub(super) fn reference(&self, pack: &Prepared) -> String {
        format!("{}/{}/{}:{}", self.endpoint.authority(), self.archive_repository, pack.name, pack.tag)
    }
}

/// The time for the manifest: `--created` wins over SOURCE_DATE_EPOCH.
fn created(typed: Option<&str>, epoch: Option<&str>) -> anyhow::Result<Option<String>> {
    let text = |time: DateTime<Utc>| Some(time.to_rfc3339_opts(SecondsFormat::Secs, true));
    if let Some(typed) = typed {
        let time = DateTime::parse_from_rfc3339(typed)
            .with_context(|| format!("--created `{typed}` is not a time as in 2026-11-23T17:30:00Z"))?;
        return Ok(text(time.to_utc()));
    }
    let Some(epoch) = epoch else { return Ok(None) };
    let seconds: i64 =
        epoch.trim().parse().with_context(|| format!("SOURCE_DATE_EPOCH `{epoch}` is not a number of seconds"))?;
    let time =
        DateTime::from_timestamp(seconds, 0).with_context(|| format!("SOURCE_DATE_EPOCH `{epoch}` is out of range"))?;
    Ok(text(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_comes_from_the_flag_else_the_environment_else_nowhere() {
        assert_eq!(created(None, None).unwrap(), None);
        assert_eq!(created(None, Some("0")).unwrap().as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(
            created(Some("2026-11-23T18:30:00+01:00"), Some("0")).unwrap().as_deref(),
            Some("2026-11-23T17:30:00Z")
        );
        assert!(created(Some("yesterday"), None).is_err());
        assert!(created(None, Some("now")).is_err());
    }

    #[test]
    fn plain_http_contradicts_a_typed_https() {
        let plain = ConnectionArgs { plain_http: true, ..ConnectionArgs::default() };
        assert_eq!(plain.endpoint("registry.example.com/team").unwrap().origin(), "http://registry.example.com");
        assert!(plain.endpoint("https://registry.example.com/team").is_err());
    }
}
