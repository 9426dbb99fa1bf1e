//! `packyard pack list`: packs and versions under a base path of any registry.

use super::remote::{Registry, RegistryArgs, Transfers, with_hint};
use crate::printer::Printer;
use crate::terminal::{counted, folded};
use anyhow::{anyhow, bail};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use packyard_oci::client::{ClientError, Endpoint, Hop, InvalidEndpoint};
use packyard_oci::pack_artifact::{ARCHIVE_PATH, archive_repository};
use packyard_oci::{RepoName, Tag};
use packyard_pack::LooseVersion;
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

/// Repositories whose tags are asked for at the same time.
const PARALLEL: usize = 8;
/// Repositories elsewhere that are named where nothing was found.
const NAMED: usize = 3;
/// Column at which versions start.
const INDENT: usize = 34;

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Registry and base path; packs are looked for in BASE/spectro-packs/archive
    #[arg(value_name = "HOST[:PORT]/BASE", value_parser = address)]
    place: String,
    /// Only the pack of this name; needs no right to list repositories
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    /// Tags that are no versions too, such as `latest`
    #[arg(long)]
    all_tags: bool,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// What cannot be an address is a wrong argument.
fn address(typed: &str) -> Result<String, InvalidEndpoint> {
    typed.parse::<Endpoint>().map(|_| typed.to_owned())
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    registry: String,
    /// `<base>/spectro-packs/archive`.
    repository: RepoName,
    packs: Vec<Pack>,
}

#[derive(Debug, Serialize)]
struct Pack {
    name: String,
    repository: RepoName,
    /// Newest first.
    versions: Vec<Version>,
}

#[derive(Debug, Serialize)]
struct Version {
    tag: Tag,
    /// Where the registry tells it along with the tags, as ECR does.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

pub(crate) async fn run(args: ListArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let endpoint = args.registry.place(&args.place)?;
    let archive = archive_repository(endpoint.base_path.as_ref())?;
    let registry = Registry::connect(&args.registry.access(&endpoint)?, printer).await?;
    let spinner = Transfers::new(printer).spin(&format!("listing {}", args.place));
    let repositories = if args.name.is_empty() {
        let found = find(&registry, &endpoint, &archive).await?;
        if found.packs.is_empty() {
            printer.note(&found.nothing(&endpoint, &archive));
        }
        found.packs
    } else {
        args.name.iter().map(|name| format!("{archive}/{name}").parse()).collect::<Result<Vec<RepoName>, _>>()?
    };
    let asked_for = !args.name.is_empty();
    let read = stream::iter(repositories).map(|repository| versions(&registry, repository, args.all_tags, asked_for));
    let packs: Vec<Option<Pack>> = read.buffered(PARALLEL).try_collect().await?;
    drop(spinner);
    let mut packs: Vec<Pack> = packs.into_iter().flatten().collect();
    packs.sort_by(|a, b| a.name.cmp(&b.name));
    printer.emit(&Listed { registry: endpoint.origin(), repository: archive, packs });
    Ok(ExitCode::SUCCESS)
}

/// Repositories below the base path, told apart.
#[derive(Debug, Default)]
struct Found {
    packs: Vec<RepoName>,
    /// Below the base path, but not where packs are.
    elsewhere: Vec<RepoName>,
}

async fn find(registry: &Registry, endpoint: &Endpoint, archive: &RepoName) -> anyhow::Result<Found> {
    let base = endpoint.base_path.as_ref().map(|base| format!("{base}/")).unwrap_or_default();
    let below_base = |name: &RepoName| name.as_str().starts_with(&base);
    let all: Vec<RepoName> = match &registry.ecr {
        Some(api) => {
            let listed = api.describe_repositories().await.map_err(|error| refused(error, endpoint))?;
            let names = listed.into_iter().filter_map(|repository| repository.repository_name.parse().ok());
            names.filter(below_base).collect()
        }
        None => registry.client.catalog(below_base).await.map_err(|error| refused(error, endpoint))?,
    };
    let prefix = format!("{archive}/");
    let mut found = Found::default();
    for name in all {
        match name.as_str().strip_prefix(&prefix) {
            Some(leaf) if !leaf.contains('/') => found.packs.push(name),
            _ if name == *archive => {}
            _ => found.elsewhere.push(name),
        }
    }
    Ok(found)
}

/// The list of repositories is often for administrators only (Harbor), or not offered at all; the tags of one pack are not.
fn refused(error: ClientError, endpoint: &Endpoint) -> anyhow::Error {
    if !matches!(error.hop, Hop::Auth | Hop::Permission | Hop::Path | Hop::Rejected) {
        return with_hint(error);
    }
    let place = endpoint.to_string();
    anyhow!(
        "{error}; these credentials may not list the repositories of {}, which many registries keep for administrators. \
         Name the packs instead: `packyard pack list {place} --name NAME`",
        endpoint.authority()
    )
}

impl Found {
    fn nothing(&self, endpoint: &Endpoint, archive: &RepoName) -> String {
        let host = endpoint.authority();
        let mut text = format!("there are no packs under {host}/{archive}");
        if !self.elsewhere.is_empty() {
            let named: Vec<String> = self.elsewhere.iter().take(NAMED).map(ToString::to_string).collect();
            let more = if self.elsewhere.len() > NAMED { ", ..." } else { "" };
            text.push_str(&format!(
                "; {host} has {}{more}, but packs are looked for in BASE/{ARCHIVE_PATH}/NAME",
                named.join(", ")
            ));
        }
        text
    }
}

/// The pack in a repository; none where the repository has gone since it was listed.
async fn versions(
    registry: &Registry,
    repository: RepoName,
    all_tags: bool,
    asked_for: bool,
) -> anyhow::Result<Option<Pack>> {
    let Some(mut versions) = tags(registry, &repository).await? else {
        if asked_for {
            bail!(
                "there is no pack `{}`: {}/{repository} is not there",
                repository.leaf(),
                registry.client.endpoint().authority()
            );
        }
        return Ok(None);
    };
    versions.retain(|version| all_tags || is_version(&version.tag));
    versions.sort_by_key(|version| std::cmp::Reverse(LooseVersion::new(version.tag.as_str())));
    Ok(Some(Pack { name: repository.leaf().to_owned(), repository, versions }))
}

/// The versions in one repository; none where it is not there.
pub(super) async fn versions_in(registry: &Registry, repository: &RepoName) -> anyhow::Result<Vec<String>> {
    let tags = tags(registry, repository).await?.unwrap_or_default().into_iter().map(|version| version.tag);
    Ok(tags.filter(is_version).map(|tag| tag.to_string()).collect())
}

async fn tags(registry: &Registry, repository: &RepoName) -> anyhow::Result<Option<Vec<Version>>> {
    let Some(api) = &registry.ecr else {
        let tags = registry.client.tags(repository).await.map_err(with_hint)?;
        return Ok(tags.map(|tags| tags.into_iter().map(|tag| Version { tag, digest: None }).collect()));
    };
    match api.list_images(repository).await {
        Ok(images) => {
            let version = |image: packyard_oci::aws::ImageId| {
                Some(Version { tag: image.image_tag?.parse().ok()?, digest: image.image_digest })
            };
            Ok(Some(images.into_iter().filter_map(version).collect()))
        }
        Err(error) if error.has_code("RepositoryNotFoundException") => Ok(None),
        Err(error) => Err(with_hint(error)),
    }
}

/// `1.0.0`, `v1.8.7`; not `latest`, and not the tags that registries keep signatures under.
fn is_version(tag: &Tag) -> bool {
    let text = tag.as_str();
    text.strip_prefix(['v', 'V']).unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pack in &self.packs {
            let versions: Vec<&str> = pack.versions.iter().map(|version| version.tag.as_str()).collect();
            let versions = if versions.is_empty() { "no versions".to_owned() } else { versions.join(", ") };
            writeln!(f, "{:<32}  {}", pack.name, folded(&versions, INDENT, INDENT))?;
        }
        let count: usize = self.packs.iter().map(|pack| pack.versions.len()).sum();
        write!(f, "{}, {}", counted(self.packs.len(), "pack"), counted(count, "version"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_tags() {
        for (tag, is) in [("1.0.0", true), ("v1.8.7", true), ("26.02.0", true), ("latest", false), ("vanilla", false)] {
            assert_eq!(is_version(&tag.parse().unwrap()), is, "{tag}");
        }
        assert!(!is_version(&format!("sha256-{}.sig", "0".repeat(64)).parse().unwrap()));
    }
}
