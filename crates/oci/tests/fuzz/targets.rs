//! One function for each parser of what a person types or a registry answers. Each takes bytes, must never panic, and asserts
//! what must hold of whatever it accepts, so a cargo-fuzz target is one line around one of them.

use packyard_oci::{Digest, ImageRef, Manifest, Reference, RepoName, Tag, pack_artifact};

/// Names, tags, digests, and references made of them: what is accepted is written as it was read, and leads nowhere else.
pub(crate) fn reference(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(name) = text.parse::<RepoName>() {
        assert_eq!(name.as_str(), text);
        assert!(name.as_str().split('/').all(|part| !matches!(part, "" | "." | "..")), "{name}");
    }
    if let Ok(tag) = text.parse::<Tag>() {
        assert_eq!(tag.as_str(), text);
        assert!(!text.contains(['/', ':', '@']) && !text.starts_with('.'), "{tag}");
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.as_str(), text);
    }
    if let Ok(reference) = text.parse::<Reference>() {
        assert_eq!(reference.to_string(), text);
    }
    if let Ok(image) = text.parse::<ImageRef>() {
        assert!(!image.host.is_empty() && !image.host.contains(['/', '@']));
        assert_eq!(image.to_string().parse(), Ok(image));
    }
}

/// The manifest of an artifact, and what in it may be a pack.
pub(crate) fn manifest(bytes: &[u8]) {
    for media_type in [None, Some("application/vnd.oci.image.manifest.v1+json"), Some("text/html")] {
        if let Ok(manifest) = Manifest::parse(media_type, bytes) {
            let _ = pack_artifact::find_layer(&manifest);
        }
    }
}
