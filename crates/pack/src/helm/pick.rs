//! Which of several versions is meant: Helm's rule, for index files and for the tags of a registry.

use super::constraint::{Constraint, InvalidConstraint, chart_version};
use super::index::{IndexEntry, IndexError, IndexReader};
use crate::shown::shown;
use semver::Version;
use std::cmp::Ordering;
use std::io::Read;

/// Names or versions that an error lists.
const LISTED: usize = 20;

/// Keeps the best of what it is offered: the very text that was asked for, else the newest version in its range.
#[derive(Debug)]
pub struct Pick<T> {
    exact: Option<String>,
    range: Constraint,
    best: Option<(Version, T)>,
    found_exact: bool,
}

impl<T> Pick<T> {
    /// None asks for the newest release.
    pub fn new(version: Option<&str>) -> Result<Self, InvalidConstraint> {
        let range = version.map_or_else(|| Ok(Constraint::any()), str::parse)?;
        Ok(Self { exact: version.map(str::to_owned), range, best: None, found_exact: false })
    }

    pub fn offer(&mut self, version: &str, item: impl FnOnce() -> T) {
        if self.found_exact {
            return;
        }
        let Some(parsed) = chart_version(version) else { return };
        self.found_exact = self.exact.as_deref() == Some(version);
        let newer = self.best.as_ref().is_none_or(|(best, _)| parsed.cmp_precedence(best) == Ordering::Greater);
        if self.found_exact || newer && self.range.matches(&parsed) {
            self.best = Some((parsed, item()));
        }
    }

    pub fn best(self) -> Option<T> {
        self.best.map(|(_, item)| item)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(transparent)]
    Range(#[from] InvalidConstraint),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("there is no chart `{}`{}", shown(.name), listed("; there are: ", .near))]
    NoChart { name: String, near: Vec<String> },
    #[error("chart `{}` has no version {}{}", shown(.name), wanted(.version), listed("; there are: ", .there))]
    NoVersion { name: String, version: Option<String>, there: Vec<String> },
}

fn wanted(version: &Option<String>) -> String {
    match version {
        Some(version) => format!("in the range `{}`", shown(version)),
        None => "but pre-releases; name one, or the range >0.0.0-0".to_owned(),
    }
}

fn listed(before: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() > LISTED { ", ..." } else { "" };
    let names: Vec<String> = names.iter().take(LISTED).map(|name| shown(name)).collect();
    format!("{before}{}{more}", names.join(", "))
}

/// The entry of a chart in an index; the reading ends where the list of its versions does.
pub fn find<R: Read + 'static>(
    index: IndexReader<R>,
    name: &str,
    version: Option<&str>,
) -> Result<IndexEntry, FindError> {
    let mut pick = Pick::new(version)?;
    let (mut there, mut names) = (Vec::new(), Vec::new());
    for entry in index {
        let entry = entry?;
        if entry.name != name {
            if !there.is_empty() {
                break;
            }
            if names.last() != Some(&entry.name) {
                names.push(entry.name);
            }
            continue;
        }
        let text = entry.version.clone();
        pick.offer(&text, || entry);
        if there.len() <= LISTED {
            there.push(text);
        }
    }
    let name = name.to_owned();
    match pick.best() {
        Some(entry) => Ok(entry),
        None if there.is_empty() => Err(FindError::NoChart { near: near(&name, names), name }),
        None => Err(FindError::NoVersion { name, version: version.map(str::to_owned), there }),
    }
}

/// The names that share a word with the one that is not there, or all of them where none does.
fn near(name: &str, names: Vec<String>) -> Vec<String> {
    let words: Vec<&str> = name.split(['-', '_', '.']).filter(|word| word.len() > 2).collect();
    let alike: Vec<String> =
        names.iter().filter(|other| words.iter().any(|word| other.contains(word))).cloned().collect();
    if alike.is_empty() { names } else { alike }
}
