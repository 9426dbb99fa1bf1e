//! Where a pack is published against what it says of itself. palette.md 1.10, number 5.

use super::{Finding, rules};
use crate::metadata::tag_of;
use crate::pack::Pack;
use crate::shown::shown;

/// Compares repository and tag with pack.json: the pack is indexed under pack.json, the tag is kept beside it.
pub fn check_reference(pack: &Pack, repository: &str, tag: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let (name, version) = (&pack.metadata.name, &pack.metadata.version);
    let leaf = repository.rsplit('/').next().unwrap_or(repository);
    if leaf != name {
        let message = format!("the repository ends in `{}`, the pack is named `{}`", shown(leaf), shown(name));
        found.push(Finding::new(&rules::REPOSITORY_DIFFERS, message));
    }
    found.extend(check_tag(version, tag));
    found
}

/// Compares the tag with the version of pack.json.
pub fn check_tag(version: &str, tag: &str) -> Option<Finding> {
    if tag == tag_of(version) {
        return None;
    }
    let message = format!("the tag is `{}`, the pack's version is `{}`", shown(tag), shown(version));
    Some(Finding::new(&rules::TAG_DIFFERS, message))
}
