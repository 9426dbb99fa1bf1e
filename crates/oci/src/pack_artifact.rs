//! The shape in which a pack's archive travels: an image manifest with one layer.
//!
//! Written: what `oras push` of 1.0.0 writes, byte for byte, except that `org.opencontainers.image.created` is left out
//! unless a time is given, so that the same archive has the same manifest digest everywhere. Read: any manifest in
//! which one layer can be told to be the archive, whoever pushed it.

use crate::{Descriptor, Digest, Manifest, RepoName, media};
use serde::Serialize;
use std::collections::BTreeMap;

/// The config blob of ORAS 1.0.
pub const CONFIG: &[u8] = b"{}";

/// The folder, below a registry's base path, in which packs are looked for.
pub const ARCHIVE_PATH: &str = "spectro-packs/archive";

/// `<base>/spectro-packs/archive`.
pub fn archive_repository(base: Option<&RepoName>) -> Result<RepoName, crate::InvalidName> {
    match base {
        // A base that was typed with the fixed path already is taken as it was meant.
        Some(base) if base.as_str() == ARCHIVE_PATH || base.as_str().ends_with(&format!("/{ARCHIVE_PATH}")) => {
            Ok(base.clone())
        }
        Some(base) => format!("{base}/{ARCHIVE_PATH}").parse(),
        None => ARCHIVE_PATH.parse(),
    }
}

/// The archive as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveLayer {
    pub digest: Digest,
    pub size: u64,
    /// `NAME-VERSION.tar.gz`.
    pub file_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    schema_version: u8,
    media_type: &'a str,
    config: WrittenDescriptor<'a>,
    layers: Vec<WrittenDescriptor<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenDescriptor<'a> {
    media_type: &'a str,
    digest: String,
    size: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, &'a str>,
}

/// Annotations of a manifest. Sorted, so that the same ones give the same bytes.
pub type Annotations = BTreeMap<String, String>;

/// The manifest of one archive; of the empty artifact (which `oras push` without a file writes) when there is none.
pub fn manifest(layer: Option<&ArchiveLayer>, annotations: &Annotations) -> Vec<u8> {
    let config = WrittenDescriptor {
        media_type: media::ORAS_CONFIG,
        digest: Digest::sha256(CONFIG).to_string(),
        size: CONFIG.len() as u64,
        annotations: BTreeMap::new(),
    };
    let layers = layer.map(|layer| WrittenDescriptor {
        media_type: media::OCI_LAYER_TAR,
        digest: layer.digest.to_string(),
        size: layer.size,
        annotations: BTreeMap::from([(media::ANNOTATION_TITLE, layer.file_name.as_str())]),
    });
    let written = Written {
        schema_version: 2,
        media_type: media::OCI_MANIFEST,
        config,
        layers: layers.into_iter().collect(),
        annotations: annotations.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
    };
    serde_json::to_vec(&written).unwrap_or_default()
}

/// Which layer is the pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackLayer<'a> {
    Found(&'a Descriptor),
    /// An artifact without content: what creates a base repository.
    Empty,
    /// Told apart only by their bytes (gzip, tar): try them in this order.
    Candidates(Vec<&'a Descriptor>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPackLayer {
    #[error("it is an index of several manifests, not one artifact")]
    Index,
    #[error(
        "its {0} layers have nothing that says which is the pack's archive (expected one layer NAME-VERSION.tar.gz)"
    )]
    Ambiguous(usize),
    #[error("it is {0}, not a pack")]
    OtherKind(&'static str),
}

/// Finds the archive among a manifest's layers. Media types say little (ORAS 1.0 calls a `.tar.gz` a tar), so names and
/// numbers decide first.
pub fn find_layer(manifest: &Manifest) -> Result<PackLayer<'_>, NoPackLayer> {
    if manifest.is_index() {
        return Err(NoPackLayer::Index);
    }
    if let Some(kind) = manifest.config.as_ref().and_then(|c| other_kind(&c.media_type)) {
        return Err(NoPackLayer::OtherKind(kind));
    }
    let content: Vec<&Descriptor> = manifest.layers.iter().filter(|layer| !is_empty_layer(layer)).collect();
    match content.as_slice() {
        [] => return Ok(PackLayer::Empty),
        [only] => return Ok(PackLayer::Found(only)),
        _ => {}
    }
    let named: Vec<&Descriptor> = content.iter().copied().filter(|layer| has_archive_name(layer)).collect();
    match named.as_slice() {
        [one] => Ok(PackLayer::Found(one)),
        [] => {
            let typed: Vec<&Descriptor> =
                content.iter().copied().filter(|layer| is_archive_type(&layer.media_type)).collect();
            match typed.as_slice() {
                [] => Err(NoPackLayer::Ambiguous(content.len())),
                [one] => Ok(PackLayer::Found(one)),
                _ => Ok(PackLayer::Candidates(typed)),
            }
        }
        _ => Err(NoPackLayer::Ambiguous(named.len())),
    }
}

/// The empty descriptor of OCI 1.1: what newer ORAS writes as the one layer of an empty artifact.
fn is_empty_layer(layer: &Descriptor) -> bool {
    layer.media_type == media::OCI_EMPTY || layer.digest == Digest::sha256(CONFIG) && layer.size == CONFIG.len() as u64
}

fn has_archive_name(layer: &Descriptor) -> bool {
    let title = layer.annotations.get(media::ANNOTATION_TITLE).map(|t| t.to_ascii_lowercase());
    title.is_some_and(|title| [".tar.gz", ".tgz", ".tar", ".tar.zst"].iter().any(|end| title.ends_with(end)))
}

fn is_archive_type(media_type: &str) -> bool {
    matches!(
        media_type,
        media::OCI_LAYER_TAR
            | media::OCI_LAYER_TAR_GZIP
            | "application/vnd.oci.image.layer.v1.tar+zstd"
            | "application/vnd.docker.image.rootfs.diff.tar.gzip"
            | "application/gzip"
            | "application/x-gzip"
            | "application/x-tar"
            | "application/tar+gzip"
            | media::OCTET_STREAM
    )
}

/// Artifacts that live beside packs and are none.
fn other_kind(config_type: &str) -> Option<&'static str> {
    match config_type {
        media::HELM_CONFIG => Some("a Helm chart"),
        "application/vnd.zarf.config.v1+json" => Some("a Zarf package"),
        "application/vnd.dev.cosign.artifact.sig.v1+json" => Some("a signature"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer() -> ArchiveLayer {
        ArchiveLayer { digest: Digest::sha256(b"archive"), size: 7, file_name: "hello-1.0.0.tar.gz".into() }
    }

    fn parsed(text: &str) -> Manifest {
        Manifest::parse(Some(media::OCI_MANIFEST), text.as_bytes()).unwrap()
    }

    #[test]
    fn writes_what_oras_1_0_0_writes() {
        let expected = concat!(
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","#,
            r#""config":{"mediaType":"application/vnd.unknown.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"#,
            r#""layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:3ea2dcd5c1b7b93d01d8cf1b0c33a8b0a1bc0df7b3e4c4c9ffafd8ce5f2b6f0f","size":7,"#,
            r#""annotations":{"org.opencontainers.image.title":"hello-1.0.0.tar.gz"}}],"#,
            r#""annotations":{"org.opencontainers.image.created":"2026-11-23T17:30:00Z"}}"#
        )
        .replace("sha256:3ea2dcd5c1b7b93d01d8cf1b0c33a8b0a1bc0df7b3e4c4c9ffafd8ce5f2b6f0f", layer().digest.as_str());
        let created = Annotations::from([(media::ANNOTATION_CREATED.into(), "2026-11-23T17:30:00Z".into())]);
        assert_eq!(String::from_utf8(manifest(Some(&layer()), &created)).unwrap(), expected);
        let timeless = String::from_utf8(manifest(Some(&layer()), &Annotations::new())).unwrap();
        assert!(timeless.ends_with(r#""org.opencontainers.image.title":"hello-1.0.0.tar.gz"}}]}"#), "{timeless}");
        assert!(String::from_utf8(manifest(None, &Annotations::new())).unwrap().ends_with(r#""layers":[]}"#));
    }

    #[test]
    fn finds_its_own_layer() {
        let bytes = manifest(Some(&layer()), &Annotations::new());
        let parsed = Manifest::parse(None, &bytes).unwrap();
        let PackLayer::Found(found) = find_layer(&parsed).unwrap() else { panic!() };
        assert_eq!(found.digest, layer().digest);
        let empty = Manifest::parse(None, &manifest(None, &Annotations::new())).unwrap();
        assert_eq!(find_layer(&empty), Ok(PackLayer::Empty));
    }

    /// ORAS 1.1 and later: empty config, `artifactType`, and one empty layer when there is no file.
    #[test]
    fn reads_the_shapes_of_newer_oras() {
        let d = Digest::sha256(b"x");
        let e = Digest::sha256(CONFIG);
        let head = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","artifactType":"application/vnd.unknown.artifact.v1","config":{{"mediaType":"{}","digest":"{e}","size":2,"data":"e30="}},"#,
            media::OCI_MANIFEST,
            media::OCI_EMPTY
        );
        let empty = parsed(&format!(
            r#"{head}"layers":[{{"mediaType":"{}","digest":"{e}","size":2,"data":"e30="}}]}}"#,
            media::OCI_EMPTY
        ));
        assert_eq!(find_layer(&empty), Ok(PackLayer::Empty));
        let full = parsed(&format!(
            r#"{head}"layers":[{{"mediaType":"{}","digest":"{d}","size":1}}]}}"#,
            media::OCI_LAYER_TAR
        ));
        assert!(matches!(find_layer(&full), Ok(PackLayer::Found(_))));
    }

    #[test]
    fn among_several_layers_the_name_decides_then_the_type() {
        let make = |layers: &[(&str, Option<&str>)]| {
            let layers: Vec<String> = layers
                .iter()
                .enumerate()
                .map(|(i, (media_type, title))| {
                    let digest = Digest::sha256(&[i as u8]);
                    let title = title.map_or_else(String::new, |t| {
                        format!(r#","annotations":{{"{}":"{t}"}}"#, media::ANNOTATION_TITLE)
                    });
                    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":1{title}}}"#)
                })
                .collect();
            parsed(&format!(
                r#"{{"schemaVersion":2,"config":{{"mediaType":"{}","digest":"{}","size":2}},"layers":[{}]}}"#,
                media::ORAS_CONFIG,
                Digest::sha256(CONFIG),
                layers.join(",")
            ))
        };
        let readme_and_pack = make(&[("text/markdown", Some("README.md")), (media::OCI_LAYER_TAR, Some("a-1.tar.gz"))]);
        assert!(
            matches!(find_layer(&readme_and_pack), Ok(PackLayer::Found(d)) if d.media_type == media::OCI_LAYER_TAR)
        );
        let two_packs = make(&[(media::OCI_LAYER_TAR, Some("a-1.tar.gz")), (media::OCI_LAYER_TAR, Some("b-1.tgz"))]);
        assert_eq!(find_layer(&two_packs), Err(NoPackLayer::Ambiguous(2)));
        let untitled = make(&[("text/plain", None), (media::OCI_LAYER_TAR_GZIP, None)]);
        assert!(matches!(find_layer(&untitled), Ok(PackLayer::Found(d)) if d.media_type == media::OCI_LAYER_TAR_GZIP));
        let both = make(&[(media::OCI_LAYER_TAR_GZIP, None), (media::OCI_LAYER_TAR_GZIP, None)]);
        assert!(matches!(find_layer(&both), Ok(PackLayer::Candidates(c)) if c.len() == 2));
        assert_eq!(find_layer(&make(&[("text/plain", None), ("text/html", None)])), Err(NoPackLayer::Ambiguous(2)));
    }

    #[test]
    fn the_archive_path_is_added_once() {
        let name = |base: &str| archive_repository(Some(&base.parse().unwrap())).unwrap().to_string();
        assert_eq!(name("team"), "team/spectro-packs/archive");
        assert_eq!(name("team/spectro-packs/archive"), "team/spectro-packs/archive");
        assert_eq!(archive_repository(None).unwrap().as_str(), "spectro-packs/archive");
    }
}
