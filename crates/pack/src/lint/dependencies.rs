//! What a pack asks of other packs. palette.md 1.2: empty bounds are open, `1.29` stands for all of 1.29.

use super::{Finding, Rule, rules};
use crate::metadata::{Dependency, DependencyKind};
use crate::pack::Pack;
use crate::shown::shown;
use crate::version::{LooseVersion, without_v};
use std::collections::BTreeMap;

pub(super) fn check(pack: &Pack, others: &Versions, found: &mut Vec<Finding>) {
    unmet(pack, others, found);
    for (index, dependency) in pack.metadata.constraints.dependencies.iter().enumerate() {
        let mut note = |rule: &Rule, member: &str, message: String| {
            let place = pack.metadata.place(&format!("constraints.dependencies.{index}{member}"));
            found.push(Finding::new(rule, message).at(place));
        };
        let name = shown(&dependency.pack_name);
        match &dependency.kind {
            None => note(&rules::DEPENDENCY_TYPE, "", format!("the dependency on `{name}` has no type")),
            Some(DependencyKind::Other(word)) => {
                let message = format!("the dependency on `{name}` has the unknown type `{}`", shown(word));
                note(&rules::DEPENDENCY_TYPE, "", message);
            }
            Some(_) => {}
        }
        if dependency.pack_name.is_empty() {
            note(&rules::DEPENDENCY_NAME, "", "a dependency has no `packName`".to_owned());
        }
        let (min, max) = (dependency.min_version.trim(), dependency.max_version.trim());
        for (member, bound) in [("minVersion", min), ("maxVersion", max)] {
            if !bound.is_empty() && !is_version(bound) {
                let message =
                    format!("`{member}` of the dependency on `{name}` is `{}`, which is no version", shown(bound));
                note(&rules::DEPENDENCY_BOUND, &format!(".{member}"), message);
            }
        }
        if is_empty_range(min, max) {
            let message = format!("no version of `{name}` is from {} up to {}", shown(min), shown(max));
            note(&rules::DEPENDENCY_RANGE, ".minVersion", message);
        }
    }
}

/// Versions of packs by name, of all that are known.
pub type Versions = BTreeMap<String, Vec<String>>;

/// Dependencies that none of the known versions meets. A pack that is not known at all may be in another registry.
fn unmet(pack: &Pack, known: &Versions, found: &mut Vec<Finding>) {
    for (index, dependency) in pack.metadata.constraints.dependencies.iter().enumerate() {
        let asks = matches!(dependency.kind, Some(DependencyKind::Required | DependencyKind::Optional));
        let Some(versions) = known.get(&dependency.pack_name).filter(|versions| asks && !versions.is_empty()) else {
            continue;
        };
        if is_empty_range(&dependency.min_version, &dependency.max_version)
            || versions.iter().any(|version| is_met(dependency, version))
        {
            continue;
        }
        let mut versions: Vec<LooseVersion> =
            versions.iter().map(|version| LooseVersion::new(version.as_str())).collect();
        versions.sort();
        let newest: Vec<String> = versions.iter().rev().take(3).map(|version| shown(version.as_str())).collect();
        let message = format!(
            "no known version of `{}` is {}; the newest are {}",
            shown(&dependency.pack_name),
            range(dependency),
            newest.join(", ")
        );
        let place = pack.metadata.place(&format!("constraints.dependencies.{index}"));
        found.push(Finding::new(&rules::DEPENDENCY_UNMET, message).at(place));
    }
}

fn range(dependency: &Dependency) -> String {
    match (shown(dependency.min_version.trim()), shown(dependency.max_version.trim())) {
        (min, max) if max.is_empty() => format!("{min} or newer"),
        (min, max) if min.is_empty() => format!("{max} or older"),
        (min, max) => format!("from {min} up to {max}"),
    }
}

/// Whether a version is in the range; a bound that is no version bounds nothing.
fn is_met(dependency: &Dependency, version: &str) -> bool {
    let (min, max) = (dependency.min_version.trim(), dependency.max_version.trim());
    let above = !is_version(min) || LooseVersion::new(version).cmp_release(&LooseVersion::new(min)).is_ge();
    above && (!is_version(max) || is_up_to(version, max))
}

/// Of a version, only as many numbers count as the upper bound has.
fn is_up_to(version: &str, max: &str) -> bool {
    let (own, bound) = (core(version), core(max));
    let parts = bound.split('.').count();
    let cut = own.split('.').take(parts).collect::<Vec<_>>().join(".");
    let order = LooseVersion::new(cut).cmp_release(&LooseVersion::new(bound));
    match order {
        // `1.29` stands for all of 1.29, `1.29.0` for itself and what comes before it.
        std::cmp::Ordering::Equal => {
            own.split('.').count() > parts || LooseVersion::new(version).cmp_release(&LooseVersion::new(max)).is_le()
        }
        order => order.is_lt(),
    }
}

fn core(version: &str) -> &str {
    without_v(version).split(['-', '+']).next().unwrap_or_default()
}

/// Starts with a number and has nothing that a version does not have: no `>=`, no `x`.
fn is_version(text: &str) -> bool {
    let bare = without_v(text);
    let numbers = core(bare).split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    numbers && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_'))
}

fn is_empty_range(min: &str, max: &str) -> bool {
    let (min, max) = (min.trim(), max.trim());
    is_version(min) && is_version(max) && !is_up_to(min, max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_empty_when_its_bounds_cross() {
        for (min, max) in
            [("2.0.0", "1.9.9"), ("1.30", "1.29"), ("1.30.2", "1.29"), ("v2", "v1.5.0"), ("1.0.0", "1.0.0-rc.1")]
        {
            assert!(is_empty_range(min, max), "{min} {max}");
        }
        for (min, max) in [
            ("", "1.0"),
            ("1.0", ""),
            ("1.29.5", "1.29"),
            ("1.0.0", "1.0.0"),
            ("1.9", "1.10"),
            (">=2", "1"),
            ("1.29", "1.29.0"),
            ("1.0.0-rc.1", "1.0.0"),
        ] {
            assert!(!is_empty_range(min, max), "{min} {max}");
        }
    }

    #[test]
    fn bounds_are_versions() {
        for bound in ["1", "1.29", "v1.2.3", "2.0.2-up.4", "1.0.0+5", "26.02.0"] {
            assert!(is_version(bound), "{bound}");
        }
        for bound in ["", ">=1.2", "1.x", "latest", "1..2", "1.2 - 1.3", "v"] {
            assert!(!is_version(bound), "{bound}");
        }
    }

    #[test]
    fn versions_are_in_ranges() {
        let met = |min: &str, max: &str, version: &str| {
            let (min_version, max_version) = (min.to_owned(), max.to_owned());
            let (pack_name, layer, kind) = (String::new(), String::new(), None);
            is_met(&Dependency { pack_name, layer, kind, min_version, max_version }, version)
        };
        assert!(met("1.28", "1.29", "1.29.14") && met("1.28", "1.29", "1.28.0") && met("", "", "anything"));
        assert!(met("1.0.0", "", "v2") && met("26.02.0", "26.2", "26.2.0"));
        assert!(!met("1.28", "1.29", "1.30.0") && !met("1.28", "1.29", "1.27.9") && !met("", "1.29.0", "1.29.1"));
        assert!(!met("1.0.0", "", "1.0.0-rc.1") && met("", "1.29.0", "1.29"));
    }
}
