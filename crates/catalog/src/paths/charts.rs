//! Where charts are in a registry: anywhere below the base path, since `helm push` adds nothing but the chart's name.

use super::{BasePath, BasePaths, Found, NEAR_MISSES};
use crate::NearMiss;
use packyard_oci::RepoName;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn tree(typed: &str) -> Result<BasePath, String> {
    if typed.is_empty() {
        return Ok(BasePath::Tree(String::new()));
    }
    let base: RepoName = typed.parse().map_err(|e: packyard_oci::InvalidName| e.to_string())?;
    Ok(BasePath::Tree(format!("{base}/")))
}

/// Below `prefix`, or the repository that it names.
pub(super) fn is_in(repository: &str, prefix: &str) -> bool {
    repository.starts_with(prefix) || prefix.strip_suffix('/') == Some(repository)
}

impl BasePaths {
    pub(super) fn find_charts<'a>(&self, listed: impl IntoIterator<Item = &'a str>) -> Found {
        let mut repositories: BTreeSet<RepoName> = BTreeSet::new();
        let mut elsewhere: BTreeMap<&str, u64> = BTreeMap::new();
        for name in listed {
            if self.covers(name) {
                repositories.extend(name.parse());
            } else {
                let folder = name.split_once('/').map_or(name, |(first, _)| first);
                *elsewhere.entry(folder).or_default() += 1;
            }
        }
        // Other folders are other people's, unless there is nothing where charts were expected.
        let near_misses = if repositories.is_empty() {
            elsewhere.into_iter().take(NEAR_MISSES).map(|(folder, count)| other_folder(folder, count)).collect()
        } else {
            Vec::new()
        };
        Found { repositories: repositories.into_iter().collect(), near_misses }
    }

    /// The repositories that the paths name themselves, for registries whose list we may not read.
    pub(crate) fn named(&self) -> Vec<RepoName> {
        let name = |path: &BasePath| match path {
            BasePath::Tree(prefix) => prefix.trim_end_matches('/').parse().ok(),
            BasePath::Repository(name) => Some(name.clone()),
            BasePath::Prefix(_) => None,
        };
        self.0.iter().filter_map(name).collect()
    }
}

fn other_folder(folder: &str, count: u64) -> NearMiss {
    let holds = if count == 1 { "1 repository".to_owned() } else { format!("{count} repositories") };
    NearMiss {
        repository: folder.to_owned(),
        why: format!("`{folder}` holds {holds}."),
        fix: format!("Put `{folder}` into the base content path if the charts are there."),
        base: Some(folder.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Holds;

    fn paths(text: &str) -> BasePaths {
        BasePaths::of(Holds::Charts, text, None).unwrap()
    }

    #[test]
    fn charts_are_anywhere_below_the_base() {
        let found = paths("charts, team/web").find(["charts/a", "charts/deep/b", "team/web", "team/webs", "chart"]);
        let names: Vec<&str> = found.repositories.iter().map(RepoName::as_str).collect();
        assert_eq!(names, ["charts/a", "charts/deep/b", "team/web"]);
        assert!(found.near_misses.is_empty());
        assert_eq!(paths("").find(["a", "b/c"]).repositories.len(), 2);
        assert_eq!(paths("").searched(), ["/"]);
        let under = BasePaths::of(Holds::Charts, "", Some(&"project".parse().unwrap())).unwrap();
        assert_eq!(under.searched(), ["project/"]);
    }

    #[test]
    fn where_nothing_is_found_the_other_folders_are_told() {
        let found = paths("chart").find(["charts/a", "charts/b", "lone"]);
        let told: Vec<_> = found.near_misses.iter().map(|miss| miss.why.as_str()).collect();
        assert_eq!(told, ["`charts` holds 2 repositories.", "`lone` holds 1 repository."]);
    }

    #[test]
    fn the_base_itself_may_be_the_repository_of_a_chart() {
        assert_eq!(paths("team/web,charts").named().len(), 2);
        assert!(paths("").named().is_empty());
    }
}
