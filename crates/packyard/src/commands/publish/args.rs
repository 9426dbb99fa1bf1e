//! What a person types, and what it means.

use super::prepare::Prepared;
use crate::commands::WrongArguments;
use crate::commands::remote::{Access, RegistryArgs};
use crate::limits::PackLimits;
use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, ValueEnum};
use packyard_oci::client::Endpoint;
use packyard_oci::{RepoName, pack_artifact};
use packyard_pack::ReadLimits;
use std::path::PathBuf;

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
    #[command(flatten)]
    limits: PackLimits,
    /// Time to note in the manifest, RFC 3339 [default: SOURCE_DATE_EPOCH, else none, so that equal folders get equal digests]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// The arguments, parsed: what every step works from.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) endpoint: Endpoint,
    /// `<base>/spectro-packs/archive`.
    pub(super) archive_repository: RepoName,
    pub(super) access: Access,
    /// RFC 3339.
    pub(super) created: Option<String>,
    pub(super) deny_warnings: bool,
    pub(super) dry_run: bool,
    pub(super) keep_going: bool,
    pub(super) limits: ReadLimits,
}

impl PublishArgs {
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        let endpoint = self.registry.endpoint(&self.to).map_err(WrongArguments)?;
        let archive_repository = pack_artifact::archive_repository(endpoint.base_path.as_ref())
            .map_err(|error| WrongArguments(error.into()))?;
        let from_env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Ok(Plan {
            archive_repository,
            access: self.registry.access(&endpoint)?,
            created: created(self.created.as_deref(), from_env("SOURCE_DATE_EPOCH").as_deref())
                .map_err(WrongArguments)?,
            deny_warnings: self.deny == Some(Deny::Warnings),
            dry_run: self.dry_run,
            keep_going: self.keep_going,
            limits: self.limits.read()?,
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
}
