//! Ranges of versions that no version is in. palette.md 1.2: empty bounds are open, `1.29` stands for all of 1.29.

use super::{Finding, rules};
use crate::pack::Pack;
use crate::shown::shown;
use crate::version::{LooseVersion, without_v};

pub(super) fn check(pack: &Pack, found: &mut Vec<Finding>) {
    for (index, dependency) in pack.metadata.constraints.dependencies.iter().enumerate() {
        let (min, max) = (dependency.min_version.trim(), dependency.max_version.trim());
        if !is_empty_range(min, max) {
            continue;
        }
        let place = pack.metadata.place(&format!("constraints.dependencies.{index}.minVersion"));
        let name = shown(&dependency.pack_name);
        let message = format!("no version of `{name}` is from {} up to {}", shown(min), shown(max));
        found.push(Finding::new(&rules::DEPENDENCY_RANGE, message).at(place));
    }
}

fn is_empty_range(min: &str, max: &str) -> bool {
    let is_version = |text: &str| without_v(text).starts_with(|c: char| c.is_ascii_digit());
    if !is_version(min) || !is_version(max) {
        return false;
    }
    // Of the lower bound, only as many numbers count as the upper one has.
    let core = |text: &str| without_v(text).split(['-', '+']).next().unwrap_or_default().to_owned();
    let parts = core(max).split('.').count();
    let min = if core(min).split('.').count() > parts {
        core(min).split('.').take(parts).collect::<Vec<_>>().join(".")
    } else {
        min.to_owned()
    };
    LooseVersion::new(core(max)) < LooseVersion::new(core(&min))
        || (core(max) == core(&min) && LooseVersion::new(max.to_owned()) < LooseVersion::new(min))
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
}
