//! Versions that are not SemVer, and names that clients cut. palette.md 1.10, numbers 2 to 4.

use super::{Finding, Rule, rules};
use crate::pack::Pack;
use crate::shown::shown;
use crate::version::without_v;

pub(super) fn check(pack: &Pack, found: &mut Vec<Finding>) {
    let metadata = &pack.metadata;
    let place = |field: &str| metadata.place(field);
    if let Some((rule, problem)) = version_rule(&metadata.version) {
        let message = format!("version `{}` {problem}", shown(&metadata.version));
        let mut finding = Finding::new(rule, message).at(place("version"));
        if let Some(better) = as_semver(&metadata.version) {
            finding = finding.hint(format!("Write `{better}`, not `{}`.", shown(&metadata.version)));
        }
        found.push(finding);
    }
    if metadata.name.contains("--") {
        let message = format!("name `{}` contains `--`", shown(&metadata.name));
        found.push(Finding::new(&rules::NAME_RESERVED, message).at(place("name")));
    }
}

/// The first reason why a version is not SemVer 2.
fn version_rule(version: &str) -> Option<(&'static Rule, &'static str)> {
    if semver::Version::parse(version).is_ok() {
        return None;
    }
    let bare = without_v(version);
    if bare != version {
        return Some((&rules::VERSION_V, "starts with `v`"));
    }
    let core = bare.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    let numbers = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match (numbers, parts.len()) {
        (true, 3) if parts.iter().any(|part| part.len() > 1 && part.starts_with('0')) => {
            Some((&rules::VERSION_ZERO, "has a number with a leading zero"))
        }
        (true, 1 | 2 | 4..) => Some((&rules::VERSION_PARTS, "is not of the form MAJOR.MINOR.PATCH")),
        _ => Some((&rules::VERSION_TEXT, "is not SemVer")),
    }
}

/// The same version as SemVer writes it, where that is only a matter of writing.
fn as_semver(version: &str) -> Option<String> {
    let bare = without_v(version);
    let (core, rest) = bare.split_at(bare.find(['-', '+']).unwrap_or(bare.len()));
    let mut numbers = Vec::new();
    for part in core.split('.') {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits = part.trim_start_matches('0');
        numbers.push(if digits.is_empty() { "0" } else { digits });
    }
    numbers.resize(numbers.len().max(3), "0");
    let better = format!("{}{rest}", numbers.join("."));
    semver::Version::parse(&better).is_ok().then_some(better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_not_to_be_semver_has_its_rule() {
        let code = |version| version_rule(version).map(|(rule, _)| rule.code);
        assert_eq!(code("1.8.7"), None);
        assert_eq!(code("2.0.2-up.4"), None);
        assert_eq!(code("0.30.0-5.5.2026"), None);
        assert_eq!(code("v1.8.7"), Some("PACK101"));
        assert_eq!(code("1.5"), Some("PACK102"));
        assert_eq!(code("26.02.0"), Some("PACK103"));
        assert_eq!(code("latest"), Some("PACK104"));
    }

    #[test]
    fn the_hint_is_about_this_version() {
        let hint = |version: &str| as_semver(version);
        assert_eq!(hint("20.09.0").as_deref(), Some("20.9.0"));
        assert_eq!(hint("v1.8.7").as_deref(), Some("1.8.7"));
        assert_eq!(hint("v1.05-rc.1").as_deref(), Some("1.5.0-rc.1"));
        assert_eq!(hint("1.5").as_deref(), Some("1.5.0"));
        assert_eq!(hint("00.1"), Some("0.1.0".to_owned()));
        for odd in ["latest", "1.2.3.4", "", "1..2", "v"] {
            assert_eq!(hint(odd), None, "{odd}");
        }
    }
}
