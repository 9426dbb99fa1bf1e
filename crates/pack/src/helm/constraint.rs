//! Versions of charts and ranges of them, read as Helm reads them (github.com/Masterminds/semver v3, "Checking Version
//! Constraints"): `||` for or, a comma or a space for and, `1.2 - 1.4`, wildcards, `~` and `^`; a pre-release is meant only
//! where the range has one. The rules of Cargo, which the `semver` crate knows, are others: there `1.2.3` means `^1.2.3`.

use semver::{BuildMetadata, Prerelease, Version};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A chart's version: SemVer, also with a `v` before it and with numbers missing at its end.
pub fn chart_version(text: &str) -> Option<Version> {
    let partial = Partial::parse(text.trim())?;
    (partial.known > 0).then_some(partial.version)
}

/// A range of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    text: String,
    /// Any group, all of its comparators.
    groups: Vec<Vec<Comparator>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a range of versions such as 1.2.3, ~1.2, ^1.2 or \">=1.2 <2\"", crate::shown::shown(.0))]
pub struct InvalidConstraint(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Tilde,
    Caret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparator {
    op: Op,
    than: Partial,
}

/// A version of which the last numbers may be missing or wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Partial {
    version: Version,
    /// How many of the three numbers are given.
    known: usize,
}

impl Constraint {
    /// Every release, no pre-release: what is meant when no version is named.
    pub fn any() -> Self {
        let all = Partial { version: Version::new(0, 0, 0), known: 0 };
        Self { text: "*".to_owned(), groups: vec![vec![Comparator { op: Op::Equal, than: all }]] }
    }

    pub fn matches(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let pre_wanted = group.iter().any(|comparator| !comparator.than.version.pre.is_empty());
            (pre_wanted || version.pre.is_empty()) && group.iter().all(|comparator| comparator.matches(version))
        })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Constraint {
    type Err = InvalidConstraint;

    fn from_str(text: &str) -> Result<Self, InvalidConstraint> {
        let groups = text.split("||").map(group).collect::<Option<_>>();
        groups.map(|groups| Self { text: text.to_owned(), groups }).ok_or_else(|| InvalidConstraint(text.to_owned()))
    }
}

fn group(text: &str) -> Option<Vec<Comparator>> {
    let mut words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).peekable();
    let mut out = Vec::new();
    while let Some(word) = words.next() {
        let operator = word.len() - word.trim_start_matches(['=', '!', '<', '>', '~', '^']).len();
        let (operator, version) = word.split_at(operator);
        // The operator may stand apart: `>= 1.2`.
        let version = if version.is_empty() { words.next()? } else { version };
        if words.next_if_eq(&"-").is_some() {
            let (low, high) = (Partial::parse(version)?, Partial::parse(words.next()?)?);
            if !operator.is_empty() {
                return None;
            }
            out.push(Comparator { op: Op::GreaterEqual, than: low });
            out.push(Comparator { op: Op::LessEqual, than: high });
            continue;
        }
        out.push(Comparator { op: Op::parse(operator)?, than: Partial::parse(version)? });
    }
    (!out.is_empty()).then_some(out)
}

impl Op {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "" | "=" => Self::Equal,
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            ">=" | "=>" => Self::GreaterEqual,
            "<" => Self::Less,
            "<=" | "=<" => Self::LessEqual,
            "~" | "~>" => Self::Tilde,
            "^" => Self::Caret,
            _ => return None,
        })
    }
}

impl Partial {
    fn parse(text: &str) -> Option<Self> {
        let text = crate::version::without_v(text);
        let (rest, build) = text.split_once('+').map_or((text, ""), |(rest, build)| (rest, build));
        let (core, pre) = rest.split_once('-').map_or((rest, ""), |(core, pre)| (core, pre));
        let mut numbers = [0; 3];
        let mut known = 0;
        let mut wild = false;
        for (at, part) in core.split('.').enumerate() {
            let number = numbers.get_mut(at)?;
            wild |= matches!(part, "x" | "X" | "*");
            if !wild {
                *number = part.parse::<u64>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()))?;
                known = at + 1;
            }
        }
        let version = Version {
            pre: Prerelease::new(pre).ok()?,
            build: BuildMetadata::new(build).ok()?,
            ..Version::new(numbers[0], numbers[1], numbers[2])
        };
        Some(Self { version, known })
    }
}

impl Comparator {
    fn matches(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.than.version);
        match self.op {
            Op::Equal if self.than.known == 3 => order == Ordering::Equal,
            Op::Equal => self.same_so_far(version),
            Op::NotEqual if self.than.known == 3 => order != Ordering::Equal,
            Op::NotEqual => !self.same_so_far(version),
            Op::GreaterEqual => order != Ordering::Less,
            Op::Less => order == Ordering::Less,
            // `>11` is 12 and later, `<=11` is 11.x and earlier.
            Op::Greater if self.than.known == 3 => order == Ordering::Greater,
            Op::Greater => order == Ordering::Greater && !self.same_so_far(version),
            Op::LessEqual if self.than.known == 3 => order != Ordering::Greater,
            Op::LessEqual => order == Ordering::Less || self.same_so_far(version),
            Op::Tilde => self.is_all() || (order != Ordering::Less && self.tilde(version)),
            Op::Caret => self.is_all() || (order != Ordering::Less && self.caret(version)),
        }
    }

    fn is_all(&self) -> bool {
        self.than.known == 0
    }

    /// The numbers that are given are the version's.
    fn same_so_far(&self, version: &Version) -> bool {
        numbers(version)[..self.than.known] == numbers(&self.than.version)[..self.than.known]
    }

    /// At most the patch is another; the minor too where none is given.
    fn tilde(&self, version: &Version) -> bool {
        let fixed = self.than.known.min(2);
        numbers(version)[..fixed] == numbers(&self.than.version)[..fixed]
    }

    /// Nothing before and including the first number that is not zero is another.
    fn caret(&self, version: &Version) -> bool {
        let than = numbers(&self.than.version);
        let first = than[..self.than.known].iter().position(|number| *number > 0).unwrap_or(self.than.known - 1);
        numbers(version)[..=first] == than[..=first]
    }
}

fn numbers(version: &Version) -> [u64; 3] {
    [version.major, version.minor, version.patch]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Helm's library says of each, from its documentation.
    #[test]
    fn ranges_mean_what_they_mean_to_helm() {
        for (range, yes, no) in [
            ("*", "0.0.0 1.2.3 v2", "1.0.0-rc.1"),
            ("1.2.3", "1.2.3 v1.2.3 1.2.3+5", "1.2.4 1.3.0"),
            ("1.2", "1.2.0 1.2.9", "1.3.0 2.0.0"),
            ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.0"),
            ("1.2.x", "1.2.0 1.2.9", "1.3.0"),
            (">= 1.2.x", "1.2.0 3.0.0", "1.1.9"),
            ("<= 2.x", "2.9.9 1.0.0", "3.0.0"),
            (">11", "12.0.0", "11.1.0 11.0.0"),
            (">11.1", "11.2.0", "11.1.5"),
            ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
            ("~1", "1.0.0 1.9.0", "2.0.0"),
            ("~1.2.x", "1.2.0", "1.3.0"),
            ("^1.2.3", "1.2.3 1.9.0", "2.0.0 1.2.2"),
            ("^0.2.3", "0.2.3 0.2.9", "0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("^0.0", "0.0.5", "0.1.0"),
            ("^0", "0.9.0", "1.0.0"),
            ("1.2 - 1.4.5", "1.2.0 1.4.5", "1.4.6 1.1.0"),
            (">=1.2, <3.0.0 || >= 4.2.3", "1.2.0 2.9.0 4.2.3", "3.5.0"),
            (">= 1.2 < 3", "1.2.0", "3.0.0"),
            ("!=1.2.3", "1.2.4", "1.2.3"),
            ("!=1.2.x", "1.3.0", "1.2.4"),
            (">=1.2.3-0", "1.2.3-beta.1 1.3.0-rc.1 1.2.3", "1.2.2"),
            (">0.0.0-0", "1.0.0-rc.1 1.0.0", ""),
        ] {
            let constraint: Constraint = range.parse().unwrap();
            let matches = |text: &str| constraint.matches(&chart_version(text).unwrap());
            for version in yes.split_whitespace() {
                assert!(matches(version), "{range} {version}");
            }
            for version in no.split_whitespace() {
                assert!(!matches(version), "{range} {version}");
            }
        }
        for wrong in
            ["", " ", "latest", "1.2.3.4", ">", "1.2.3 -", ">1 - 2", "1..2", "=>>1", "1.-2", "99999999999999999999"]
        {
            assert!(wrong.parse::<Constraint>().is_err(), "{wrong}");
        }
        assert_eq!(
            (chart_version("v1.2"), chart_version("x"), chart_version("")),
            (Some(Version::new(1, 2, 0)), None, None)
        );
    }
}
