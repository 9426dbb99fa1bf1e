//! The range of versions that a dependency names. palette.md 1.2: empty bounds are open, `1.29` stands for all of 1.29.

use crate::version::{LooseVersion, without_v};

/// From `min` up to `max`, both with everything they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange<'a> {
    pub min: &'a str,
    pub max: &'a str,
}

impl VersionRange<'_> {
    pub fn contains(&self, version: &str) -> bool {
        let (min, max) = (self.min.trim(), self.max.trim());
        let reaches = min.is_empty() || LooseVersion::new(version).cmp_release(&LooseVersion::new(min)).is_ge();
        let stays = max.is_empty()
            || LooseVersion::new(version).cmp_release(&LooseVersion::new(max)).is_le()
            || is_part_of(version, max);
        reaches && stays
    }
}

/// `1.29.5` is part of `1.29`; a bound with a pre-release stands for itself alone.
fn is_part_of(version: &str, bound: &str) -> bool {
    let (version, bound) = (without_v(version.trim()), without_v(bound));
    if bound.contains(['-', '+']) {
        return false;
    }
    let core = |text: &str| text.split(['-', '+']).next().unwrap_or_default().to_owned();
    let parts = bound.split('.').count();
    let start = core(version).split('.').take(parts).collect::<Vec<_>>().join(".");
    LooseVersion::new(start).same_release(&LooseVersion::new(bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_the_range_with_all_they_stand_for() {
        for (min, max, version) in [
            ("", "", "anything"),
            ("1.29", "", "1.29.0"),
            ("1.29", "", "v1.30.1"),
            ("", "1.29", "1.29.15"),
            ("1.28", "1.29", "1.28.0"),
            ("1.0.0", "1.0.0", "1.0.0"),
            ("", "1", "1.99.3"),
        ] {
            assert!(VersionRange { min, max }.contains(version), "{min}..{max} {version}");
        }
        for (min, max, version) in [
            ("1.29", "", "1.28.9"),
            ("", "1.29", "1.30.0"),
            ("", "1.29", "1.290.0"),
            ("", "1.0.0-rc.1", "1.0.0"),
            ("2", "3", "4.0.0"),
        ] {
            assert!(!VersionRange { min, max }.contains(version), "{min}..{max} {version}");
        }
    }
}
