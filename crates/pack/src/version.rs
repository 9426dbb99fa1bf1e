//! Versions as packs really have them, in one total order.
//!
//! Real packs say `v1.8.7`, `1.5`, `26.02.0`, `2.0.2-up.4`, `0.30.0-5.5.2026`. The order extends SemVer 2 section 11 to any text:
//!
//! 1. A leading `v` or `V` before a digit does not count.
//! 2. What follows the first `+` is build metadata. What follows the first `-` before it is the pre-release; the rest is the core.
//! 3. The core is split at `.`; missing parts at its end count as `0`, so `1.5` stands where `1.5.0` stands.
//! 4. Parts of digits only compare as numbers of any length (`02` is 2) and come before parts with other characters, which
//!    compare bytewise.
//! 5. A version with a pre-release comes before the one without; pre-releases compare part by part as in 4, the shorter first.
//! 6. Versions equal by all this are ordered by their text: `1.5 < 1.5.0`. Thus only equal text is equal.

use std::cmp::Ordering;
use std::fmt;

/// A version of any form; see the module for its order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LooseVersion(String);

impl LooseVersion {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Equal but for spelling: `v1.5` and `1.5.0`.
    pub(crate) fn same_release(&self, other: &Self) -> bool {
        self.cmp_release(other) == Ordering::Equal
    }

    pub fn is_prerelease(&self) -> bool {
        is_prerelease(&self.0)
    }

    /// Rules 1 to 5, spelling aside.
    pub fn cmp_release(&self, other: &Self) -> Ordering {
        compare_releases(&self.0, &other.0)
    }
}

/// The order of two versions that are only texts, for those who keep many of them.
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    compare_releases(a, b).then_with(|| a.cmp(b))
}

/// Rules 1 to 5, spelling aside.
pub fn compare_releases(a: &str, b: &str) -> Ordering {
    let (a, b) = (split(a), split(b));
    cmp_core(a.core, b.core).then_with(|| match (a.pre, b.pre) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => cmp_pre(a, b),
    })
}

/// Whether a version says that it comes before its release.
pub fn is_prerelease(version: &str) -> bool {
    split(version).pre.is_some()
}

impl Ord for LooseVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_versions(&self.0, &other.0)
    }
}

impl PartialOrd for LooseVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for LooseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for LooseVersion {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

struct Split<'a> {
    core: &'a str,
    pre: Option<&'a str>,
}

fn split(text: &str) -> Split<'_> {
    let text = without_v(text.trim());
    let text = text.split_once('+').map_or(text, |(before, _)| before);
    match text.split_once('-') {
        Some((core, pre)) => Split { core, pre: Some(pre) },
        None => Split { core: text, pre: None },
    }
}

/// `v1.2` without its `v`; `vanilla` as it is.
pub(crate) fn without_v(text: &str) -> &str {
    match text.strip_prefix(['v', 'V']) {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => text,
    }
}

fn cmp_core(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => cmp_part(a.unwrap_or("0"), b.unwrap_or("0")),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn cmp_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => cmp_part(a, b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn cmp_part(a: &str, b: &str) -> Ordering {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// The digits without leading zeros; longer is larger.
fn number(part: &str) -> Option<&str> {
    let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| part.trim_start_matches('0'))
}

#[cfg(test)]
mod tests;
