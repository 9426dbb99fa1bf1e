//! What the registry refuses, in its own terms; each face translates to its protocol. The texts are those AWS uses where
//! it has one, since clients and people search for them.

use packyard_access::Denied;
use packyard_oci::{Digest, ManifestError};
use std::io;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("The repository with name '{name}' does not exist in the registry with id '{account}'")]
    RepositoryUnknown { name: String, account: String },
    #[error("The repository with name '{name}' already exists in the registry with id '{account}'")]
    RepositoryExists { name: String, account: String },
    #[error(
        "The repository with name '{name}' in registry with id '{account}' cannot be deleted because it still contains images"
    )]
    RepositoryNotEmpty { name: String, account: String },
    #[error(transparent)]
    Denied(#[from] Denied),

    #[error("Requested image not found")]
    ManifestUnknown { reference: String },
    #[error(transparent)]
    ManifestInvalid(#[from] ManifestError),
    #[error("the manifest refers to {found} blobs and manifests; the limit manifest_references is {limit}")]
    TooManyReferences { found: usize, limit: usize },
    #[error("the manifest says that {digest} has {claimed} bytes, but it has {actual}")]
    SizeDiffers { digest: String, claimed: u64, actual: u64 },
    #[error(
        "Layers with digests '[{}]' required for pushing image into repository with name '{repository}' in the registry with id '{account}' do not exist",
        .digests.join(", ")
    )]
    BlobsMissing { digests: Vec<String>, repository: String, account: String },
    #[error(
        "Images with digests '[{}]' required for pushing image into repository with name '{repository}' in the registry with id '{account}' do not exist",
        .digests.join(", ")
    )]
    ChildrenMissing { digests: Vec<String>, repository: String, account: String },
    #[error(
        "Image with digest '{digest}' and tag '{}' already exists in the repository with name '{repository}' in registry with id '{account}'",
        .tag.as_deref().unwrap_or("null")
    )]
    ImageExists { digest: String, tag: Option<String>, repository: String, account: String },
    #[error(
        "The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because the tag is immutable."
    )]
    TagImmutable { tag: String, repository: String },
    #[error("the content has digest {actual}, not {expected}")]
    DigestMismatch { expected: Digest, actual: Digest },

    #[error("blob {0} is not in the repository")]
    BlobUnknown(Digest),
    #[error("blob {digest} is still referred to by manifest {manifest}: delete that first")]
    BlobInUse { digest: Digest, manifest: String },
    #[error("blob {0} is damaged on this server and cannot be served; push it again to mend it")]
    BlobDamaged(Digest),
    #[error("blob {digest} could not be read on this server; the log says why")]
    BlobUnreadable {
        digest: Digest,
        #[source]
        source: io::Error,
    },

    #[error("there is no such upload; it may have expired, start a new one")]
    UploadUnknown,
    #[error("another request is writing to this upload")]
    UploadBusy,
    #[error("the upload has {offset} bytes, so the next must start there")]
    UploadOutOfOrder { offset: u64 },
    #[error("the request says {claimed} bytes in its range, and sent {sent}")]
    UploadLength { claimed: u64, sent: u64 },
    #[error("the upload has no bytes yet")]
    UploadEmpty,
    #[error("Layer parts must be at least 5 MiB in size.")]
    PartTooSmall,
    #[error("there are {open} uploads open, the limit {setting} allows no more: finish, cancel or wait")]
    TooManyUploads { open: usize, setting: &'static str },
    #[error("the blob would be larger than {0} bytes, the limit blob_bytes")]
    BlobTooLarge(u64),
    #[error("the request's body ended early: {0}")]
    Body(String),

    #[error("the storage of this server is full")]
    StorageFull(#[source] packyard_store::Error),
    #[error("the storage of this server failed; the log says how")]
    Storage(#[source] packyard_store::Error),
}

impl From<packyard_store::Error> for Error {
    fn from(error: packyard_store::Error) -> Self {
        if error.is_storage_full() { Self::StorageFull(error) } else { Self::Storage(error) }
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
