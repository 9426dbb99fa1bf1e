//! `/v2/...` paths. Repository names have slashes, so the fixed words are looked for from the end; each segment is
//! decoded once, after the split, so an encoded slash never becomes a real one.

use super::error::OciError;
use percent_encoding::percent_decode_str;

/// What a path names; the texts are still to be parsed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    Base,
    Catalog,
    Tags { name: String },
    Manifest { name: String, reference: String },
    Blob { name: String, digest: String },
    Uploads { name: String },
    Upload { name: String, id: String },
    Referrers { name: String, digest: String },
}

/// Makes a route of a name and the last segment.
type Make = fn(String, String) -> Route;

impl Route {
    pub(super) fn parse(path: &str) -> Result<Self, OciError> {
        let rest = path.strip_prefix("/v2").unwrap_or(path).trim_start_matches('/');
        if rest.is_empty() {
            return Ok(Self::Base);
        }
        let segments: Vec<&str> = rest.split('/').collect();
        let (name, route): (&[&str], Make) = match segments.as_slice() {
            ["_catalog"] => return Ok(Self::Catalog),
            [name @ .., "tags", "list"] => return Ok(Self::Tags { name: decode_all(name)? }),
            [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => {
                return Ok(Self::Uploads { name: decode_all(name)? });
            }
            [name @ .., "blobs", "uploads", _] => (name, |name, id| Self::Upload { name, id }),
            [name @ .., "manifests", _] => (name, |name, reference| Self::Manifest { name, reference }),
            [name @ .., "blobs", _] => (name, |name, digest| Self::Blob { name, digest }),
            [name @ .., "referrers", _] => (name, |name, digest| Self::Referrers { name, digest }),
            _ => return Self::slashes_in_the_last(&segments),
        };
        let last = segments.last().copied().unwrap_or_default();
        Ok(route(decode_all(name)?, decode(last)?))
    }

    /// `manifests/a/b`: the tag or digest has a slash, and whoever reads it says what is wrong with it.
    fn slashes_in_the_last(segments: &[&str]) -> Result<Self, OciError> {
        let at = segments.iter().rposition(|segment| matches!(*segment, "manifests" | "blobs" | "referrers"));
        let at = at.filter(|at| *at > 0 && segments.len() > at + 2).ok_or_else(OciError::no_such_path)?;
        let (name, last) = (decode_all(&segments[..at])?, decode_all(&segments[at + 1..])?);
        match segments[at] {
            "manifests" => Ok(Self::Manifest { name, reference: last }),
            "referrers" => Ok(Self::Referrers { name, digest: last }),
            _ if segments[at + 1] != "uploads" => Ok(Self::Blob { name, digest: last }),
            _ => Err(OciError::no_such_path()),
        }
    }
}

fn decode(segment: &str) -> Result<String, OciError> {
    let text = percent_decode_str(segment).decode_utf8().map_err(|_| OciError::no_such_path())?;
    Ok(text.into_owned())
}

fn decode_all(segments: &[&str]) -> Result<String, OciError> {
    let parts: Result<Vec<String>, OciError> = segments.iter().map(|segment| decode(segment)).collect();
    Ok(parts?.join("/"))
}

/// The query's pairs. A `+` stays one: media types have them, spaces do not occur.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: Option<&str>) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(key, value)| (decode(key), decode(value)))
                .collect(),
        )
    }

    /// Refuses U+0000: nothing here has it in its name, and PostgreSQL takes it in no text.
    pub(super) fn printable(self) -> Result<Self, OciError> {
        match self.0.iter().find(|(_, value)| value.contains('\0')) {
            Some((name, _)) => {
                let text = format!("the parameter {name} holds the character U+0000; leave it out");
                Err(OciError::bad("UNSUPPORTED", text))
            }
            None => Ok(self),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_the_words_of_the_api_are_names() {
        let text = |s: &str| s.to_owned();
        let cases = [
            ("/v2/", Route::Base),
            ("/v2", Route::Base),
            ("/v2/_catalog", Route::Catalog),
            ("/v2/a/tags/list", Route::Tags { name: text("a") }),
            ("/v2/a/manifests/tags/list", Route::Tags { name: text("a/manifests") }),
            ("/v2/a/b/manifests/v1", Route::Manifest { name: text("a/b"), reference: text("v1") }),
            ("/v2/a/blobs/uploads/", Route::Uploads { name: text("a") }),
            ("/v2/a/blobs/uploads", Route::Uploads { name: text("a") }),
            ("/v2/blobs/uploads/blobs/uploads/x", Route::Upload { name: text("blobs/uploads"), id: text("x") }),
            ("/v2/a/blobs/sha256%3Aab", Route::Blob { name: text("a"), digest: text("sha256:ab") }),
            ("/v2/a/referrers/x", Route::Referrers { name: text("a"), digest: text("x") }),
            ("/v2/%2e%2e/manifests/x", Route::Manifest { name: text(".."), reference: text("x") }),
            ("/v2/a/manifests/x%2fy", Route::Manifest { name: text("a"), reference: text("x/y") }),
        ];
        let cases = cases.into_iter().chain([
            ("/v2/a/manifests/b/c", Route::Manifest { name: text("a"), reference: text("b/c") }),
            ("/v2/a/blobs/sha256:a/b", Route::Blob { name: text("a"), digest: text("sha256:a/b") }),
            ("/v2/a/referrers/b/c", Route::Referrers { name: text("a"), digest: text("b/c") }),
        ]);
        for (path, route) in cases {
            assert_eq!(Route::parse(path).ok(), Some(route), "{path}");
        }
        for nothing in ["/v2/a/b", "/v2/manifests/a/b", "/v2/a/blobs/uploads/x/y", "/v2/a/tags/list/x"] {
            assert!(Route::parse(nothing).is_err(), "{nothing}");
        }
        assert!(Route::parse("/v2/a/manifests/%ff").is_err());
    }

    #[test]
    fn a_plus_in_a_query_is_a_plus() {
        let query = Query::parse(Some("artifactType=application/vnd.x+json&tag=a&tag=b&n"));
        assert_eq!(query.get("artifactType"), Some("application/vnd.x+json"));
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(query.get("n"), Some(""));
        assert_eq!(query.get("last"), None);
    }
}
