//! References: what stands after `manifests/` in a URL, and what a person types on a command line.

use crate::{Digest, InvalidName, RepoName, Tag};
use std::fmt;
use std::str::FromStr;

/// A tag or a digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    Tag(Tag),
    Digest(Digest),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    #[error("`{0}` is neither a tag nor a digest")]
    Reference(String),
    #[error(transparent)]
    Name(#[from] InvalidName),
    #[error("`{0}` has no host: expected HOST[:PORT]/REPOSITORY[:TAG|@DIGEST]")]
    NoHost(String),
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(raw: &str) -> Result<Self, InvalidReference> {
        let bad = || InvalidReference::Reference(raw.chars().take(140).collect());
        if raw.contains(':') {
            return raw.parse().map(Self::Digest).map_err(|_| bad());
        }
        raw.parse().map(Self::Tag).map_err(|_| bad())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// `HOST[:PORT]/REPOSITORY[:TAG|@DIGEST]`. The host is always there: no registry is the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    pub host: String,
    pub repository: RepoName,
    pub reference: Option<Reference>,
}

impl FromStr for ImageRef {
    type Err = InvalidReference;

    fn from_str(raw: &str) -> Result<Self, InvalidReference> {
        let (host, rest) = raw.split_once('/').ok_or_else(|| InvalidReference::NoHost(raw.to_owned()))?;
        if host.is_empty() || host.contains(['@', ' ']) {
            return Err(InvalidReference::NoHost(raw.to_owned()));
        }
        let (name, reference) = match rest.split_once('@') {
            Some((name, digest)) => {
                // A tag beside a digest is allowed and ignored, as docker does.
                let name = name.split_once(':').map_or(name, |(name, _)| name);
                (name, Some(digest.parse()?))
            }
            None => match rest.split_once(':') {
                Some((name, tag)) => (name, Some(tag.parse()?)),
                None => (rest, None),
            },
        };
        Ok(Self { host: host.to_owned(), repository: name.parse()?, reference })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)?;
        match &self.reference {
            Some(Reference::Tag(tag)) => write!(f, ":{tag}"),
            Some(Reference::Digest(digest)) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let digest = Digest::sha256(b"{}");
        for text in ["localhost:7225/a/b:1.0", "h/a", &format!("h:1/a@{digest}")] {
            assert_eq!(text.parse::<ImageRef>().unwrap().to_string(), text);
        }
        assert_eq!(format!("h/a:1@{digest}").parse::<ImageRef>().unwrap().to_string(), format!("h/a@{digest}"));
    }

    #[test]
    fn refuses() {
        for bad in ["nginx", "/a", "h/", "h/A", "h/a:", "h/a@sha256:1", "h/a:b:c"] {
            assert!(bad.parse::<ImageRef>().is_err(), "{bad}");
        }
    }
}
