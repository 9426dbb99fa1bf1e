//! The arguments, parsed: what every step works from.

use super::args::{Deny, PublishArgs};
use super::prepare::Prepared;
use crate::commands::WrongArguments;
use crate::commands::remote::Access;
use anyhow::{Context, anyhow};
use chrono::{DateTime, SecondsFormat, Utc};
use packyard_oci::aws::RepositorySettings;
use packyard_oci::client::Endpoint;
use packyard_oci::pack_artifact::{self, Annotations};
use packyard_oci::{InvalidName, RepoName, Tag, media};
use packyard_pack::ReadLimits;

#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) endpoint: Endpoint,
    /// `<base>/spectro-packs/archive`.
    pub(super) archive_repository: RepoName,
    pub(super) access: Access,
    /// Those that were typed.
    pub(super) annotations: Annotations,
    /// RFC 3339.
    created: Option<String>,
    /// Instead of the version.
    pub(super) tag: Option<Tag>,
    pub(super) deny_warnings: bool,
    pub(super) dry_run: bool,
    pub(super) keep_going: bool,
    /// The reason.
    pub(super) force: Option<String>,
    pub(super) jobs: usize,
    pub(super) limits: ReadLimits,
    pub(super) creates_repositories: bool,
    pub(super) settings: RepositorySettings,
}

impl PublishArgs {
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        let wrong = |why: String| WrongArguments(anyhow!("{why}"));
        let endpoint = self.registry.place(&self.to)?;
        let archive_repository = pack_artifact::archive_repository(endpoint.base_path.as_ref())
            .map_err(|error| WrongArguments(error.into()))?;
        let from_env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let access = self.registry.access(&endpoint)?;
        Ok(Plan {
            archive_repository,
            annotations: unique(&self.annotations).map_err(wrong)?,
            created: created(self.created.as_deref(), from_env("SOURCE_DATE_EPOCH").as_deref())
                .map_err(WrongArguments)?,
            tag: self.tag.clone(),
            deny_warnings: self.deny == Some(Deny::Warnings),
            dry_run: self.dry_run,
            keep_going: self.keep_going,
            force: self.force.clone(),
            jobs: usize::from(self.jobs),
            limits: self.limits.read()?,
            creates_repositories: self.ecr.creates(),
            settings: self.ecr.settings(access.ecr_endpoints().service).map_err(wrong)?,
            access,
            endpoint,
        })
    }
}

impl Plan {
    pub(super) fn repository(&self, pack: &Prepared) -> Result<RepoName, InvalidName> {
        format!("{}/{}", self.archive_repository, pack.name).parse()
    }

    /// `host/repository:tag`, as clients write it.
    pub(super) fn reference(&self, pack: &Prepared) -> String {
        format!("{}/{}/{}:{}", self.endpoint.authority(), self.archive_repository, pack.name, pack.tag)
    }

    /// The pack's manifest: equal packs and equal arguments give equal bytes.
    pub(super) fn manifest(&self, pack: &Prepared) -> Vec<u8> {
        let mut annotations = self.annotations.clone();
        annotations.extend(self.created.clone().map(|time| (media::ANNOTATION_CREATED.to_owned(), time)));
        pack_artifact::manifest(Some(&pack.layer), &annotations)
    }
}

fn unique(typed: &[(String, String)]) -> Result<Annotations, String> {
    let mut annotations = Annotations::new();
    for (key, value) in typed {
        if annotations.insert(key.clone(), value.clone()).is_some() {
            return Err(format!("--annotation `{key}` is given twice"));
        }
    }
    Ok(annotations)
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
