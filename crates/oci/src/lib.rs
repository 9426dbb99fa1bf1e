//! What travels between registries: names, digests, references, manifests (OCI distribution-spec and image-spec 1.1).
//!
//! Input is parsed once, here, into types that cannot be wrong: a [`RepoName`] is never a path, a [`Digest`] is never
//! user text in a file name. The feature `client` adds the client to any registry.

#[cfg(feature = "client")]
pub mod aws;
pub mod chart_artifact;
#[cfg(feature = "client")]
pub mod client;
mod digest;
mod hex;
mod manifest;
pub mod media;
mod name;
pub mod pack_artifact;
mod reference;
pub mod unique_keys;

pub use digest::{Algorithm, Digest, Hasher, InvalidDigest};
pub use hex::{hex, unhex};
pub use manifest::{Descriptor, MANIFEST_LIMIT, Manifest, ManifestError};
pub use name::{InvalidName, InvalidTag, RepoName, Tag};
pub use reference::{ImageRef, InvalidReference, Reference};
