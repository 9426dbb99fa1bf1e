//! A lenient view of a manifest. A registry keeps the bytes it was given, since the digest is theirs; this view holds
//! what rules need. Refused: what two readers could understand differently (attacks 5 and 6 of the field: both
//! `layers` and `manifests`, a media type that contradicts the request's, duplicate keys).

use crate::{Digest, media, unique_keys};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest manifest taken, as in distribution, zot and ECR: 4 MiB.
pub const MANIFEST_LIMIT: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The manifest's own `mediaType`, else the request's, else told by its shape.
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub config: Option<Descriptor>,
    /// `layers` of an image, `blobs` of an rc2 artifact.
    pub layers: Vec<Descriptor>,
    /// `manifests` of an index.
    pub children: Vec<Descriptor>,
    pub subject: Option<Descriptor>,
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is not valid JSON: {0}")]
    Syntax(String),
    /// The limit it is over.
    #[error("the manifest is larger than {0} bytes (limit manifest_bytes)")]
    TooLarge(usize),
    #[error("the manifest says mediaType `{inner}`, the request says Content-Type `{outer}`")]
    MediaTypeMismatch { inner: String, outer: String },
    #[error("media type `{0}` is not one of a manifest")]
    UnknownMediaType(String),
    #[error("the manifest has no mediaType, and the request no Content-Type that names one")]
    NoMediaType,
    #[error("{0}")]
    Shape(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: Option<u32>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    blobs: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    #[serde(default, deserialize_with = "null_is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads `bytes`; `content_type` is the request's header, without parameters.
    pub fn parse(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_LIMIT {
            return Err(ManifestError::TooLarge(MANIFEST_LIMIT));
        }
        unique_keys::check(bytes).map_err(|e| ManifestError::Syntax(e.to_string()))?;
        let raw: Raw = serde_json::from_slice(bytes).map_err(|e| ManifestError::Syntax(e.to_string()))?;
        let media_type = media_type(content_type, &raw)?;
        let is_index = matches!(media_type.as_str(), media::OCI_INDEX | media::DOCKER_LIST);
        let is_artifact = media_type == media::OCI_ARTIFACT;
        if raw.manifests.is_some() && (raw.layers.is_some() || raw.config.is_some()) {
            return Err(ManifestError::Shape("a manifest cannot have both `layers` or `config` and `manifests`"));
        }
        if is_index && (raw.layers.is_some() || raw.config.is_some()) {
            return Err(ManifestError::Shape("an index has `manifests`, not `config` and `layers`"));
        }
        if !is_index && raw.manifests.is_some() {
            return Err(ManifestError::Shape("an image manifest has `config` and `layers`, not `manifests`"));
        }
        if !is_artifact && raw.schema_version != Some(2) {
            return Err(ManifestError::Shape("`schemaVersion` must be 2"));
        }
        if !is_index && !is_artifact && raw.config.is_none() {
            return Err(ManifestError::Shape("an image manifest needs a `config`"));
        }
        let manifest = Self {
            media_type,
            artifact_type: raw.artifact_type,
            config: raw.config,
            layers: raw.layers.or(raw.blobs).unwrap_or_default(),
            children: raw.manifests.unwrap_or_default(),
            subject: raw.subject,
            annotations: raw.annotations,
        };
        // No media type has one (RFC 6838), and PostgreSQL keeps none in a text.
        if manifest.effective_artifact_type().is_some_and(|kind| kind.contains('\0')) {
            return Err(ManifestError::Shape(
                "`artifactType`, or the config's `mediaType`, holds the character U+0000",
            ));
        }
        Ok(manifest)
    }

    pub fn is_index(&self) -> bool {
        matches!(self.media_type.as_str(), media::OCI_INDEX | media::DOCKER_LIST)
    }

    /// The type referrers show: `artifactType`, else an image's config type, else none (distribution-spec 1.1,
    /// "Listing Referrers").
    pub fn effective_artifact_type(&self) -> Option<&str> {
        self.artifact_type
            .as_deref()
            .filter(|t| !t.is_empty())
            .or_else(|| self.config.as_ref().map(|c| c.media_type.as_str()))
    }

    /// Every blob that must be in the repository for the manifest to be complete.
    pub fn required_blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers).filter(|d| !media::is_non_distributable(&d.media_type))
    }
}

fn media_type(content_type: Option<&str>, raw: &Raw) -> Result<String, ManifestError> {
    let outer = content_type.map(str::trim).filter(|t| !t.is_empty());
    let inner = raw.media_type.as_deref().filter(|t| !t.is_empty());
    let known = media::is_manifest;
    let chosen = match (inner, outer) {
        (Some(inner), Some(outer)) if inner != outer && known(outer) => {
            return Err(ManifestError::MediaTypeMismatch { inner: inner.to_owned(), outer: outer.to_owned() });
        }
        (Some(inner), _) => inner,
        (None, Some(outer)) => outer,
        (None, None) => return Err(ManifestError::NoMediaType),
    };
    if known(chosen) { Ok(chosen.to_owned()) } else { Err(ManifestError::UnknownMediaType(chosen.to_owned())) }
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORAS: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.unknown.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

    #[test]
    fn reads_what_oras_writes() {
        let manifest = Manifest::parse(Some(media::OCI_MANIFEST), ORAS.as_bytes()).unwrap();
        assert_eq!(manifest.effective_artifact_type(), Some(media::ORAS_CONFIG));
        assert_eq!(manifest.required_blobs().count(), 1);
    }

    #[test]
    fn refuses_what_two_readers_could_read_differently() {
        let cases = [
            (
                r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"layers":[]}"#,
                None,
            ),
            (r#"{"schemaVersion":2,"schemaVersion":2,"manifests":[]}"#, Some(media::OCI_INDEX)),
            (ORAS, Some(media::OCI_INDEX)),
            ("{}", None),
            ("[]", Some(media::OCI_MANIFEST)),
            ("{\"schemaVersion\":2,\"x\":NaN}", Some(media::OCI_MANIFEST)),
        ];
        for (text, content_type) in cases {
            assert!(Manifest::parse(content_type, text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(Manifest::parse(Some(media::OCI_MANIFEST), deep.as_bytes()), Err(ManifestError::Syntax(_))));
    }
}
