//! Base content paths, and what of a registry's repositories lies under them.
//!
//! Packs are at `<base>/spectro-packs/archive/<pack>`; the rule is the same in every registry, and hidden from most
//! who meet it, so whatever nearly fits is said with its fix.

mod charts;

use crate::{Holds, NearMiss};
use packyard_oci::RepoName;
use std::collections::{BTreeMap, BTreeSet};

/// The folder that every pack repository has between its base and its name.
pub(crate) const ARCHIVE: &str = "spectro-packs/archive";
/// More are not shown; the first ones tell the story.
const NEAR_MISSES: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
enum BasePath {
    /// `<base>/spectro-packs/archive/`, or `spectro-packs/archive/` for the empty base.
    Prefix(String),
    /// One pack's repository, named in full: for registries whose list we may not read.
    Repository(RepoName),
    /// Everything below `<base>/`, and `<base>` itself: where charts are. Empty for the whole registry.
    Tree(String),
}

/// What `baseContentPath` says: one path, or several separated by commas or line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BasePaths(Vec<BasePath>);

/// What was found under the base paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Repositories that hold packs, sorted.
    pub(crate) repositories: Vec<RepoName>,
    pub(crate) near_misses: Vec<NearMiss>,
}

impl BasePaths {
    pub(crate) fn of(holds: Holds, text: &str, endpoint_path: Option<&RepoName>) -> Result<Self, String> {
        match holds {
            Holds::Packs => Self::parse(text, endpoint_path),
            Holds::Charts => Self::parse_as(text, endpoint_path, charts::tree),
        }
    }

    /// `endpoint_path` is what was typed after the host: it stands before every base.
    pub(crate) fn parse(text: &str, endpoint_path: Option<&RepoName>) -> Result<Self, String> {
        Self::parse_as(text, endpoint_path, base_path)
    }

    fn parse_as(
        text: &str,
        endpoint_path: Option<&RepoName>,
        one: impl Fn(&str) -> Result<BasePath, String>,
    ) -> Result<Self, String> {
        let mut paths = Vec::new();
        for typed in text.split([',', '\n', '\r']).map(|part| part.trim().trim_matches('/')) {
            if typed.is_empty() {
                continue;
            }
            let whole = match endpoint_path {
                Some(before) => format!("{before}/{typed}"),
                None => typed.to_owned(),
            };
            paths.push(one(&whole)?);
        }
        if paths.is_empty() {
            paths.push(one(endpoint_path.map_or("", RepoName::as_str))?);
        }
        paths.dedup();
        Ok(Self(paths))
    }

    /// What is searched, for people: `team/spectro-packs/archive/`.
    pub(crate) fn searched(&self) -> Vec<String> {
        self.0.iter().map(BasePath::searched).collect()
    }

    /// What each path begins with: the projects of a Harbor.
    pub(crate) fn first_folders(&self) -> Vec<String> {
        // The whole registry begins with nothing.
        let first = |path: String| path.split('/').next().unwrap_or_default().to_owned();
        let folders: BTreeSet<String> = self.searched().into_iter().map(first).collect();
        folders.into_iter().collect()
    }

    /// Every path names one repository, so that nothing has to be listed.
    pub(crate) fn all_named(&self) -> Option<Vec<RepoName>> {
        self.0
            .iter()
            .map(|path| match path {
                BasePath::Prefix(_) | BasePath::Tree(_) => None,
                BasePath::Repository(name) => Some(name.clone()),
            })
            .collect()
    }

    pub(crate) fn covers(&self, repository: &str) -> bool {
        self.0.iter().any(|path| path.covers(repository))
    }

    /// The paths, as [`BasePaths::searched`] has them, under which none of `repositories` lies.
    pub(crate) fn bare(&self, repositories: &[RepoName]) -> Vec<String> {
        let is_bare = |path: &BasePath| !repositories.iter().any(|name| path.covers(name.as_str()));
        self.0.iter().filter(|path| is_bare(path)).map(BasePath::searched).collect()
    }

    /// Sorts what a registry lists into pack repositories and near misses.
    pub(crate) fn find<'a>(&self, listed: impl IntoIterator<Item = &'a str>) -> Found {
        if self.0.iter().any(|path| matches!(path, BasePath::Tree(_))) {
            return self.find_charts(listed);
        }
        let mut repositories = BTreeSet::new();
        let mut near_misses = Vec::new();
        let mut elsewhere = BTreeMap::new();
        for name in listed {
            if self.covers(name) {
                if let Ok(name) = name.parse() {
                    repositories.insert(name);
                }
                continue;
            }
            match self.near_miss(name) {
                Some(Near::Elsewhere(base)) => *elsewhere.entry(base).or_insert(0_u64) += 1,
                Some(Near::Misplaced(miss)) if near_misses.len() < NEAR_MISSES => near_misses.push(miss),
                _ => {}
            }
        }
        // Other base paths are other teams', unless there is nothing where packs were expected.
        let is_all_there =
            self.0.iter().all(|path| repositories.iter().any(|name: &RepoName| path.covers(name.as_str())));
        let elsewhere = if is_all_there { BTreeMap::new() } else { elsewhere };
        // One cause is said once: a whole base path first, single repositories after it.
        let mut near_misses: Vec<NearMiss> =
            elsewhere.into_iter().map(|(base, packs)| other_base(base, packs)).chain(near_misses).collect();
        near_misses.truncate(NEAR_MISSES);
        repositories.extend(self.0.iter().filter_map(|path| match path {
            BasePath::Repository(name) => Some(name.clone()),
            BasePath::Prefix(_) | BasePath::Tree(_) => None,
        }));
        Found { repositories: repositories.into_iter().collect(), near_misses }
    }

    fn near_miss<'a>(&self, name: &'a str) -> Option<Near<'a>> {
        let miss = |why: String, fix: String| {
            Some(Near::Misplaced(NearMiss { repository: name.to_owned(), why, fix, base: None }))
        };
        let leaf = name.rsplit('/').next().unwrap_or(name);
        for prefix in self.0.iter().filter_map(BasePath::prefix) {
            let base = prefix.strip_suffix(&format!("{ARCHIVE}/")).unwrap_or(prefix);
            // The base repository itself, which the guides create.
            if name == prefix.trim_end_matches('/') {
                return None;
            }
            if let Some(deeper) = name.strip_prefix(prefix) {
                return miss(
                    format!("It lies {} levels below `{prefix}`.", deeper.matches('/').count() + 1),
                    format!("Push the pack to `{prefix}{leaf}`."),
                );
            }
            if !base.is_empty() && name.starts_with(base) {
                return miss(
                    format!("It is under `{base}`, but not in `{prefix}`."),
                    format!("Push the pack to `{prefix}{leaf}`."),
                );
            }
        }
        let folder = name.find(ARCHIVE).filter(|at| *at == 0 || name.as_bytes().get(at - 1) == Some(&b'/'));
        match folder.map(|at| (name[..at].trim_end_matches('/'), &name[at + ARCHIVE.len()..])) {
            // The folder's own repository, which holds no pack.
            Some((_, "")) => return None,
            Some((other, pack)) if pack.starts_with('/') => return Some(Near::Elsewhere(other)),
            _ => {}
        }
        if looks_like_archive(name) {
            return miss(
                format!("Its path looks like `{ARCHIVE}`, but is spelled otherwise."),
                format!("Packs must be at `<base content path>/{ARCHIVE}/<pack>`: push it there."),
            );
        }
        None
    }
}

/// How a repository that is not searched nearly is.
enum Near<'a> {
    /// It is a pack's repository under this other base path.
    Elsewhere(&'a str),
    Misplaced(NearMiss),
}

fn other_base(base: &str, packs: u64) -> NearMiss {
    let packs = if packs == 1 { "1 pack".to_owned() } else { format!("{packs} packs") };
    let repository = if base.is_empty() { ARCHIVE.to_owned() } else { format!("{base}/{ARCHIVE}") };
    let (why, fix) = if base.is_empty() {
        (
            format!("`{ARCHIVE}`, without a base path, holds {packs}."),
            "Leave the base content path empty if they belong here.".to_owned(),
        )
    } else {
        (format!("`{base}` holds {packs}."), format!("Put `{base}` into the base content path if they belong here."))
    };
    NearMiss { repository, why, fix, base: Some(base.to_owned()) }
}

impl BasePath {
    fn searched(&self) -> String {
        match self {
            Self::Tree(prefix) if prefix.is_empty() => "/".to_owned(),
            Self::Prefix(prefix) | Self::Tree(prefix) => prefix.clone(),
            Self::Repository(name) => name.to_string(),
        }
    }

    fn covers(&self, repository: &str) -> bool {
        match self {
            Self::Prefix(prefix) => leaf_under(repository, prefix).is_some(),
            Self::Repository(name) => name.as_str() == repository,
            Self::Tree(prefix) => charts::is_in(repository, prefix),
        }
    }

    fn prefix(&self) -> Option<&str> {
        match self {
            Self::Prefix(prefix) => Some(prefix),
            Self::Repository(_) | Self::Tree(_) => None,
        }
    }
}

fn base_path(typed: &str) -> Result<BasePath, String> {
    let wrong = |e: packyard_oci::InvalidName| e.to_string();
    let marker = format!("{ARCHIVE}/");
    let named = typed.find(&marker).filter(|at| *at == 0 || typed.as_bytes().get(at - 1) == Some(&b'/'));
    if named.is_some() {
        return typed.parse().map(BasePath::Repository).map_err(wrong);
    }
    // Somebody who typed the whole folder meant the base before it.
    let base = match typed.strip_suffix(ARCHIVE) {
        Some(rest) if rest.is_empty() || rest.ends_with('/') => rest.trim_end_matches('/'),
        _ => typed,
    };
    if base.is_empty() {
        return Ok(BasePath::Prefix(marker));
    }
    let base: RepoName = base.parse().map_err(wrong)?;
    Ok(BasePath::Prefix(format!("{base}/{marker}")))
}

/// The pack's part of a repository directly under `prefix`.
fn leaf_under<'a>(repository: &'a str, prefix: &str) -> Option<&'a str> {
    repository.strip_prefix(prefix).filter(|leaf| !leaf.is_empty() && !leaf.contains('/'))
}

/// `spectro_packs/archives`, `spectropack/archive`, ...
fn looks_like_archive(name: &str) -> bool {
    let plain = |part: &str| part.replace(['-', '_', '.'], "").trim_end_matches('s').to_owned();
    name.split('/').any(|part| plain(part) == "spectropack")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> BasePaths {
        BasePaths::parse(text, None).unwrap()
    }

    #[test]
    fn one_path_several_paths_and_none() {
        assert_eq!(paths("team").searched(), ["team/spectro-packs/archive/"]);
        assert_eq!(paths(" /a/b/ , c\nd").searched().len(), 3);
        assert_eq!(paths("").searched(), ["spectro-packs/archive/"]);
        assert_eq!(paths("team/spectro-packs/archive").searched(), ["team/spectro-packs/archive/"]);
        let under = BasePaths::parse("b", Some(&"project".parse().unwrap())).unwrap();
        assert_eq!(under.searched(), ["project/b/spectro-packs/archive/"]);
        assert!(BasePaths::parse("Team", None).is_err());
    }

    #[test]
    fn a_path_without_any_repository_is_told_from_the_others() {
        let repository = "team/spectro-packs/archive/nginx".parse().unwrap();
        assert_eq!(paths("team,tea").bare(std::slice::from_ref(&repository)), ["tea/spectro-packs/archive/"]);
        assert!(paths("team,team/spectro-packs/archive/nginx").bare(std::slice::from_ref(&repository)).is_empty());
        assert_eq!(paths("team").bare(&[]), ["team/spectro-packs/archive/"]);
    }

    #[test]
    fn a_repository_named_in_full_needs_no_list() {
        let named = paths("team/spectro-packs/archive/nginx,team/spectro-packs/archive/redis");
        assert_eq!(named.all_named().unwrap().len(), 2);
        assert!(named.covers("team/spectro-packs/archive/nginx"));
        assert!(!named.covers("team/spectro-packs/archive/other"));
        assert_eq!(paths("team,team/spectro-packs/archive/nginx").all_named(), None);
    }

    #[test]
    fn packs_are_found_directly_under_the_archive_folder() {
        let found = paths("team").find([
            "team/spectro-packs/archive",
            "team/spectro-packs/archive/nginx",
            "team/spectro-packs/archive/deep/nginx",
            "unrelated",
        ]);
        assert_eq!(found.repositories, ["team/spectro-packs/archive/nginx".parse().unwrap()]);
        assert_eq!(found.near_misses.len(), 1);
        assert!(found.near_misses[0].why.contains("2 levels"), "{found:?}");
    }

    #[test]
    fn near_misses_say_how_to_mend_them() {
        let found = paths("team").find([
            "team/nginx",
            "other/spectro-packs/archive/redis",
            "teams/spectro_packs/archive/x",
            "spectro-packs/archive/y",
            "library/alpine",
        ]);
        assert!(found.repositories.is_empty());
        let fixes: Vec<_> = found.near_misses.iter().map(|m| m.fix.as_str()).collect();
        assert_eq!(fixes.len(), 4, "{found:?}");
        assert!(fixes[0].contains("Leave the base content path empty"));
        assert!(fixes[1].contains("`other`"));
        assert!(fixes[2].contains("team/spectro-packs/archive/nginx"));
        assert!(fixes[3].contains("<base content path>"));
    }

    #[test]
    fn other_base_paths_are_told_only_where_nothing_was_found() {
        let listed = ["team/spectro-packs/archive/x", "other/spectro-packs/archive/y", "team/nginx"];
        let found = paths("team").find(listed);
        let told: Vec<_> = found.near_misses.iter().map(|miss| miss.repository.as_str()).collect();
        assert_eq!(told, ["team/nginx"], "what lies beside the packs of one's own is still told");
        let told: Vec<_> = paths("tea").find(listed).near_misses.into_iter().filter_map(|miss| miss.base).collect();
        assert_eq!(told, ["other", "team"]);
        let told: Vec<_> =
            paths("team,tea").find(listed).near_misses.into_iter().filter_map(|miss| miss.base).collect();
        assert_eq!(told, ["other"], "one of the paths holds nothing: it may be mistyped");
    }

    #[test]
    fn a_mistyped_base_is_one_near_miss_however_many_packs_it_has() {
        let names: Vec<String> = (0..30).map(|at| format!("base/spectro-packs/archive/pack-{at}")).collect();
        let listed = names.iter().map(String::as_str).chain([
            "base/spectro-packs/archive",
            "spectro-packs/archive",
            "basement/x-spectro-packs/archive/y",
        ]);
        let found = paths("bas").find(listed);
        assert_eq!(found.near_misses.len(), 1, "{found:?}");
        let miss = &found.near_misses[0];
        assert_eq!(miss.why, "`base` holds 30 packs.");
        assert_eq!((miss.base.as_deref(), miss.repository.as_str()), (Some("base"), "base/spectro-packs/archive"));
    }
}
