//! Fetching one tag and reading what it holds: manifest, archive, and the pack or chart in it. Whatever is wrong with it is
//! that tag's own problem.

use super::convert::Converted;
use super::layer::archive_layer;
use super::unpack::ToUnpack;
use crate::connect::{Connection, may_be_the_registry};
use crate::hops::told;
use crate::{Reason, SyncLimits};
use futures_util::StreamExt;
use packyard_oci::client::{ClientError, FetchedManifest, Hop};
use packyard_oci::{Descriptor, Digest, Reference, RepoName, Tag};

/// What was fetched of a tag.
pub(super) enum Fetched {
    /// A whole archive, to be unpacked and checked while others are fetched.
    Archive(ToUnpack, Vec<u8>),
    Read(TagRead),
}

/// What a tag turned out to be.
pub(super) enum TagRead {
    Pack {
        digest: Digest,
        converted: Box<Converted>,
    },
    /// The digest is the known one after all (it was not in the listing).
    Unchanged,
    /// An artifact without content, as `oras push` without a file makes: nothing to take, nothing wrong.
    Empty {
        digest: Digest,
    },
    /// Refused for what it is; reading it again would find the same.
    Rejected {
        digest: Option<Digest>,
        reasons: Vec<Reason>,
    },
    /// Could not be read this time.
    Failed {
        error: ClientError,
    },
}

impl TagRead {
    pub(super) fn rejected(digest: &Digest, code: &str, reason: impl Into<String>, hint: &str) -> Self {
        let reason = Reason { code: code.to_owned(), reason: reason.into(), hint: hint.to_owned() };
        Self::Rejected { digest: Some(digest.clone()), reasons: vec![reason] }
    }
}

/// Fetches `repository:tag`, which the listing says is `digest`. `known` is what the catalogue holds of it.
pub(super) async fn fetch_tag(
    connection: &Connection,
    limits: &SyncLimits,
    repository: &RepoName,
    tag: &Tag,
    digest: Option<&Digest>,
    known: Option<&str>,
) -> Fetched {
    match fetch_manifest(connection, repository, tag, digest, known).await {
        Ok(fetched) => read_manifest(connection, limits, repository, tag, fetched).await,
        Err(read) => Fetched::Read(read),
    }
}

/// The manifest, or what the tag is without one.
async fn fetch_manifest(
    connection: &Connection,
    repository: &RepoName,
    tag: &Tag,
    digest: Option<&Digest>,
    known: Option<&str>,
) -> Result<FetchedManifest, TagRead> {
    if let (None, Some(known)) = (digest, known.filter(|known| !known.is_empty())) {
        // Cheaper than the manifest, and not counted as a pull where pulls are.
        let reference = Reference::Tag(tag.clone());
        match connection.meter.ask(connection.client.head_manifest(repository, &reference)).await {
            Ok(Some(head)) if head.digest.as_ref().is_some_and(|digest| digest.as_str() == known) => {
                return Err(TagRead::Unchanged);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Err(gone(None)),
            Err(error) => return Err(failed(error)),
        }
    }
    let reference = digest.map_or_else(|| Reference::Tag(tag.clone()), |digest| Reference::Digest(digest.clone()));
    let fetched = match connection.meter.ask(connection.client.get_manifest(repository, &reference)).await {
        Ok(Some(fetched)) => fetched,
        Ok(None) => return Err(gone(digest)),
        Err(error) => return Err(failed(error)),
    };
    connection.meter.bytes(fetched.bytes.len() as u64);
    if known == Some(fetched.digest.as_str()) { Err(TagRead::Unchanged) } else { Ok(fetched) }
}

async fn read_manifest(
    connection: &Connection,
    limits: &SyncLimits,
    repository: &RepoName,
    tag: &Tag,
    fetched: FetchedManifest,
) -> Fetched {
    match archive_layer(&fetched, connection.holds, limits.pack.archive_bytes) {
        Ok(layer) => fetch_layer(connection, limits, repository, tag, fetched.digest, layer).await,
        Err(read) => Fetched::Read(*read),
    }
}

async fn fetch_layer(
    connection: &Connection,
    limits: &SyncLimits,
    repository: &RepoName,
    tag: &Tag,
    digest: Digest,
    layer: Descriptor,
) -> Fetched {
    let pack = ToUnpack {
        repository: repository.clone(),
        tag: tag.clone(),
        digest,
        layer,
        holds: connection.holds,
        limits: limits.pack,
    };
    let layer = &pack.layer;
    let fetching = async {
        let mut stream = connection.client.get_blob(repository, &layer.digest, Some(layer.size)).await?;
        connection.meter.bytes(layer.size);
        if layer.size > AT_ONCE {
            // It is unpacked as it comes, and holds its place at the registry meanwhile.
            return Ok(Archive::Unpacked(pack.unpack(stream).await));
        }
        let mut archive = Vec::with_capacity(layer.size as usize);
        while let Some(chunk) = stream.next().await {
            archive.extend_from_slice(&chunk?);
        }
        Ok(Archive::Whole(archive))
    };
    match connection.meter.ask(fetching).await {
        Ok(Archive::Whole(archive)) => Fetched::Archive(pack, archive),
        Ok(Archive::Unpacked(read)) => Fetched::Read(read),
        Err(error) => Fetched::Read(failed(error)),
    }
}

/// Archives up to this size are fetched as a whole, which spares a thread that waits for each part of them.
const AT_ONCE: u64 = 256 * 1024;

enum Archive {
    /// Its digest is the one that was asked for.
    Whole(Vec<u8>),
    Unpacked(TagRead),
}

/// Listed a moment ago, not there now.
fn gone(digest: Option<&Digest>) -> TagRead {
    let reason = Reason {
        code: "manifest-missing".to_owned(),
        reason: "the registry lists the tag, but does not have its manifest".to_owned(),
        hint: "push the pack again, or delete the tag".to_owned(),
    };
    TagRead::Rejected { digest: digest.cloned(), reasons: vec![reason] }
}

/// Content that is not what its digest says is the tag's problem and stays one until the registry is mended; so is a
/// layer that is not there. Everything else may go away by itself. No digest is kept: the next run looks again, since the
/// registry may be mended without a new push.
pub(super) fn failed(error: ClientError) -> TagRead {
    let code = match error.hop {
        Hop::Content => "digest-mismatch",
        Hop::Path => "layer-missing",
        Hop::Limit => "too-large",
        _ => return TagRead::Failed { error },
    };
    let reason = Reason { code: code.to_owned(), reason: told(&error), hint: "push the pack again".to_owned() };
    TagRead::Rejected { digest: None, reasons: vec![reason] }
}

/// The reasons that a failed reading leaves in the record.
pub(super) fn failure_reason(error: &ClientError) -> Reason {
    Reason {
        code: "not-read".to_owned(),
        reason: error.to_string(),
        hint: match error.hint().filter(|_| may_be_the_registry(error)) {
            Some(hint) => format!("the next run tries again; {hint}"),
            None => "the next run tries again".to_owned(),
        },
    }
}
