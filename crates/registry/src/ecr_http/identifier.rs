//! Image identifiers: a tag, a digest, or both; and why one of a batch failed.

use super::error::EcrError;
use super::input::ImageIdentifier;
use super::shape::is_layer_digest;
use packyard_oci::{Digest, Tag};
use serde_json::{Value, json};

/// An identifier that could name an image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Tag(Tag),
    Digest(Digest),
    Both(Tag, Digest),
    /// Well formed as AWS sees it, yet nothing a registry could hold: `md5:00`.
    Nothing,
}

/// Why one image of a batch failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Missing,
    BadDigest,
    BadTag,
    NotFound,
    TagDoesNotMatch,
    /// These indexes refer to it.
    InIndex(Vec<String>),
}

/// The grammar of tags (distribution-spec).
const TAG_PATTERN: &str = "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";

impl Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingDigestAndTag",
            Self::BadDigest => "InvalidImageDigest",
            Self::BadTag => "InvalidImageTag",
            Self::NotFound => "ImageNotFound",
            Self::TagDoesNotMatch => "ImageTagDoesNotMatchDigest",
            Self::InIndex(_) => "ImageReferencedByManifestList",
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Missing => "Invalid request parameters: both tag and digest cannot be null".into(),
            Self::BadDigest => {
                "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"
                    .into()
            }
            Self::BadTag => format!("Invalid request parameters: image tag should satisfy the regex '{TAG_PATTERN}'"),
            Self::NotFound => "Requested image not found".into(),
            Self::TagDoesNotMatch => "Requested image tag does not point to the requested image digest".into(),
            Self::InIndex(indexes) => format!("Requested image referenced by manifest list: [{}]", indexes.join(", ")),
        }
    }

    /// A row of `failures`; the identifier is shown as it was given.
    pub(crate) fn shown(&self, id: &ImageIdentifier) -> Value {
        json!({
            "imageId": shown(id.image_digest.as_deref(), id.image_tag.as_deref()),
            "failureCode": self.code(),
            "failureReason": self.reason(),
        })
    }
}

/// Reads an identifier of a batch.
pub(crate) fn parse(id: &ImageIdentifier) -> Result<Wanted, Failure> {
    let tag = id.image_tag.as_deref().map(|text| text.parse::<Tag>().map_err(|_| Failure::BadTag)).transpose()?;
    let Some(text) = id.image_digest.as_deref() else {
        return tag.map(Wanted::Tag).ok_or(Failure::Missing);
    };
    if !is_layer_digest(text) {
        return Err(Failure::BadDigest);
    }
    Ok(match (tag, text.parse()) {
        (_, Err(_)) => Wanted::Nothing,
        (None, Ok(digest)) => Wanted::Digest(digest),
        (Some(tag), Ok(digest)) => Wanted::Both(tag, digest),
    })
}

/// Reads the tag of an image to be put.
pub(crate) fn tag(text: &str) -> Result<Tag, EcrError> {
    text.parse()
        .map_err(|_| EcrError::invalid("imageTag", format_args!("must satisfy regular expression '{TAG_PATTERN}'")))
}

/// `{imageDigest, imageTag}` with the parts there are.
pub(crate) fn shown(digest: Option<&str>, tag: Option<&str>) -> Value {
    let mut id = json!({});
    if let Some(digest) = digest {
        id["imageDigest"] = json!(digest);
    }
    if let Some(tag) = tag {
        id["imageTag"] = json!(tag);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_code() {
        let id = |digest: Option<&str>, tag: Option<&str>| ImageIdentifier {
            image_digest: digest.map(Into::into),
            image_tag: tag.map(Into::into),
        };
        let digest = Digest::sha256(b"x");
        let text = Some(digest.as_str());
        assert_eq!(parse(&id(None, None)), Err(Failure::Missing));
        assert_eq!(parse(&id(Some("nonsense"), None)), Err(Failure::BadDigest));
        assert_eq!(parse(&id(text, Some("a b"))), Err(Failure::BadTag));
        assert_eq!(parse(&id(Some("md5:00"), None)), Ok(Wanted::Nothing));
        assert_eq!(parse(&id(text, None)), Ok(Wanted::Digest(digest.clone())));
        let tag: Tag = "1.0".parse().unwrap();
        assert_eq!(parse(&id(None, Some("1.0"))), Ok(Wanted::Tag(tag.clone())));
        assert_eq!(parse(&id(text, Some("1.0"))), Ok(Wanted::Both(tag, digest)));
    }
}
