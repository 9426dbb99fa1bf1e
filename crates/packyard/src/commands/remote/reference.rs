//! What a person types for a pack in a registry, and where that may be.
//!
//! `HOST[:PORT]/BASE/spectro-packs/archive/NAME:VERSION` is the place itself. In the short form `HOST/BASE/NAME:VERSION`
//! the folder `spectro-packs/archive` is left out, as `publish --to HOST/BASE` does; what is not there is looked for where
//! it was typed, since packs also lie in other places. `@DIGEST` pins either form.

use packyard_oci::client::without_userinfo;
use packyard_oci::pack_artifact::ARCHIVE_PATH;
use packyard_oci::{Digest, Reference, RepoName, Tag};
use std::fmt;
use std::str::FromStr;

/// A typed reference; the registry has not been asked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackRef {
    /// Host with the scheme that was typed, if one was.
    pub(crate) host: String,
    /// As typed.
    pub(crate) repository: RepoName,
    pub(crate) tag: Option<Tag>,
    pub(crate) digest: Option<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{typed}` is not a reference to a pack: {why}; expected HOST[:PORT]/BASE/NAME:VERSION, or @DIGEST at its end")]
pub(crate) struct InvalidPackRef {
    typed: String,
    why: String,
}

impl FromStr for PackRef {
    type Err = InvalidPackRef;

    fn from_str(typed: &str) -> Result<Self, InvalidPackRef> {
        let bad =
            |why: String| InvalidPackRef { typed: crate::terminal::line(&without_userinfo(typed)).into_owned(), why };
        let text = typed.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme.to_ascii_lowercase()), rest),
            Some((scheme, _)) => return Err(bad(format!("the scheme `{scheme}` is not http, https or oci"))),
            None => (None, text),
        };
        let (host, path) = rest.split_once('/').ok_or_else(|| bad("it has no host and path".to_owned()))?;
        if host.is_empty() || host.contains('@') {
            return Err(bad("it does not start with a host".to_owned()));
        }
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => {
                (path, Some(digest.parse().map_err(|e: packyard_oci::InvalidDigest| bad(e.to_string()))?))
            }
            None => (path, None),
        };
        let (name, tag) = match path.split_once(':') {
            // A tag cannot hold the `+` of a version; `_` stands for it, as publish writes it.
            Some((name, tag)) => {
                let tag = tag.replace('+', "_").parse();
                (name, Some(tag.map_err(|e: packyard_oci::InvalidTag| bad(e.to_string()))?))
            }
            None => (path, None),
        };
        let repository = name.parse().map_err(|e: packyard_oci::InvalidName| bad(e.to_string()))?;
        // `oci://` says that it is a registry, not how to reach it.
        let host = match scheme.as_deref() {
            Some(scheme @ ("http" | "https")) => format!("{scheme}://{host}"),
            _ => host.to_owned(),
        };
        Ok(Self { host, repository, tag, digest })
    }
}

fn is_scheme(scheme: &str) -> bool {
    ["http", "https", "oci"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

impl PackRef {
    /// The digest wins over a tag beside it.
    pub(crate) fn reference(&self) -> Option<Reference> {
        let tag = || self.tag.clone().map(Reference::Tag);
        self.digest.clone().map(Reference::Digest).or_else(tag)
    }

    /// The repositories it may mean, the likelier first.
    pub(crate) fn repositories(&self) -> Vec<RepoName> {
        let typed = self.repository.as_str();
        let below_archive = typed.starts_with(&format!("{ARCHIVE_PATH}/"));
        if below_archive || typed.contains(&format!("/{ARCHIVE_PATH}/")) {
            return vec![self.repository.clone()];
        }
        let short = match typed.rsplit_once('/') {
            Some((base, name)) => format!("{base}/{ARCHIVE_PATH}/{name}"),
            None => format!("{ARCHIVE_PATH}/{typed}"),
        };
        short.parse().into_iter().chain([self.repository.clone()]).collect()
    }
}

impl fmt::Display for PackRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(typed: &str) -> Vec<String> {
        typed.parse::<PackRef>().unwrap().repositories().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_short_form_means_the_archive_folder_first() {
        assert_eq!(places("localhost:7225/team/hello:1.0.0"), ["team/spectro-packs/archive/hello", "team/hello"]);
        assert_eq!(places("h/hello:1"), ["spectro-packs/archive/hello", "hello"]);
        for long in ["team/spectro-packs/archive/hello", "spectro-packs/archive/hello"] {
            assert_eq!(places(&format!("https://h/{long}:1.0.0")), [long]);
        }
    }

    #[test]
    fn tag_digest_scheme_and_build_metadata() {
        let digest = Digest::sha256(b"x");
        let both: PackRef = format!("http://h:1/a/b:1.0.0@{digest}").parse().unwrap();
        assert_eq!((both.reference(), both.tag.clone()), (Some(Reference::Digest(digest)), "1.0.0".parse().ok()));
        assert_eq!(both.to_string().parse(), Ok(both));
        let plus: PackRef = "oci://h/a:1.0.0+5".parse().unwrap();
        assert_eq!(plus.to_string(), "h/a:1.0.0_5");
        assert_eq!("h/a".parse::<PackRef>().unwrap().reference(), None);
    }

    #[test]
    fn what_is_no_reference_says_why() {
        for (typed, why) in [
            ("hello", "no host"),
            ("/a:1", "does not start with a host"),
            ("user:pw@h/a:1", "`...@h/a:1` is not"),
            ("user:pw@h/a:1", "does not start with a host"),
            ("ftp://h/a", "scheme `ftp`"),
            ("h/Upper:1", "is not a repository name"),
            ("h/a:", "is not a tag"),
            ("h/a@sha256:1", "not a digest"),
            ("h/../x:1", "is not a repository name"),
        ] {
            let error = typed.parse::<PackRef>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("expected HOST"), "{typed}: {error}");
        }
    }
}
