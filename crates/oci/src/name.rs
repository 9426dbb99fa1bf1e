//! Repository names and tags. Grammar: distribution-spec 1.1 "Pulling manifests", with ECR's repository pattern,
//! which is the same but for allowing runs of `-` and `__` alike.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A repository name such as `team/spectro-packs/archive/nginx`: at most 255 bytes, lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName(Box<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a repository name: {reason}", shown(.name))]
pub struct InvalidName {
    pub name: String,
    pub reason: &'static str,
}

/// A tag: at most 128 bytes, `[a-zA-Z0-9_][a-zA-Z0-9._-]*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(Box<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a tag: a tag is 1 to 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`", shown(.0))]
pub struct InvalidTag(pub String);

/// Hostile text, cut and escaped for a message.
fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().count() > 80 {
        out.push('…');
    }
    out
}

/// Longest repository name the distribution-spec promises clients can use, host aside.
const NAME_LIMIT: usize = 255;
const TAG_LIMIT: usize = 128;

impl RepoName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text after the last `/`.
    pub fn leaf(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl FromStr for RepoName {
    type Err = InvalidName;

    fn from_str(raw: &str) -> Result<Self, InvalidName> {
        let bad = |reason| Err(InvalidName { name: raw.to_owned(), reason });
        if raw.is_empty() {
            return bad("it is empty");
        }
        if raw.len() > NAME_LIMIT {
            return bad("it is longer than 255 characters");
        }
        if !raw.split('/').all(is_component) {
            return bad(
                "each part between slashes is lower-case letters and digits, with single `.`, `_`, `__` or dashes between them",
            );
        }
        Ok(Self(raw.into()))
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(part: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    if !alphanumeric(first) || !alphanumeric(last) {
        return false;
    }
    bytes
        .split(|&b| alphanumeric(b))
        .filter(|separator| !separator.is_empty())
        .all(|separator| matches!(separator, b"." | b"_" | b"__") || separator.iter().all(|&b| b == b'-'))
}

impl Tag {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = InvalidTag;

    fn from_str(raw: &str) -> Result<Self, InvalidTag> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        match raw.as_bytes() {
            [first, rest @ ..]
                if raw.len() <= TAG_LIMIT
                    && word(*first)
                    && rest.iter().all(|&b| word(b) || b == b'.' || b == b'-') =>
            {
                Ok(Self(raw.into()))
            }
            _ => Err(InvalidTag(raw.to_owned())),
        }
    }
}

macro_rules! text_type {
    ($name:ident, $err:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $err;
            fn try_from(raw: String) -> Result<Self, $err> {
                raw.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0.into()
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}
text_type!(RepoName, InvalidName);
text_type!(Tag, InvalidTag);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_field_are_accepted() {
        for good in ["a", "0", "a/b", "team/spectro-packs/archive/nginx", "a--b", "a__b", "a.b_c-d", "9/1"] {
            assert!(good.parse::<RepoName>().is_ok(), "{good}");
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(256);
        for bad in [
            "", "/", "a/", "/a", "a//b", "..", "a/../b", "A", "a..b", "a___b", "-a", "a-", "a b", "%2e%2e", "_catalog",
            "a\0", &long,
        ] {
            assert!(bad.parse::<RepoName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn tags() {
        let long = "t".repeat(129);
        for good in ["latest", "1.0.0", "_x", "v1.8.7", "2.0.2-up.4", &long[..128]] {
            assert!(good.parse::<Tag>().is_ok(), "{good}");
        }
        for bad in ["", ".", "-a", "a/b", "a:b", "a b", "1.0+up", &long] {
            assert!(bad.parse::<Tag>().is_err(), "{bad}");
        }
    }
}
