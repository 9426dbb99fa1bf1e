//! Fetching one tag and reading what it holds: manifest, archive, and the pack or chart in it. Whatever is wrong with it is
//! that tag's own problem.

use super::convert::{Converted, convert, reason};
use super::layer::archive_layer;
use crate::charts::{of_artifact, unusable};
use crate::connect::{Connection, may_be_the_registry};
use crate::hops::told;
use crate::watched::Watched;
use crate::{Holds, Reason, SyncLimits};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use packyard_oci::client::{BlobStream, ClientError, FetchedManifest, Hop};
use packyard_oci::{Descriptor, Digest, Reference, RepoName, Tag};
use packyard_pack::helm::read_chart;
use packyard_pack::{ReadLimits, archive};
use std::io::Read;

/// What was fetched of a tag.
pub(super) enum Fetched {
    /// All of it; it is being unpacked and checked on a thread for such work, while others are fetched.
    Unpacking(BoxFuture<'static, TagRead>),
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
        Ok(Archive::Whole(archive)) => Fetched::Unpacking(pack.unpack_whole(archive)),
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

/// An archive that is to become a pack or a chart of the catalogue.
#[derive(Clone)]
struct ToUnpack {
    repository: RepoName,
    tag: Tag,
    digest: Digest,
    layer: Descriptor,
    holds: Holds,
    limits: ReadLimits,
}

impl ToUnpack {
    /// The archive is parsed while it arrives. What the parser made of it counts only when the whole stream had the
    /// digest that was asked for; and a wrong digest is said first, because it explains whatever the parser stumbled over.
    async fn unpack(&self, stream: BlobStream) -> TagRead {
        let reader = stream.into_reader();
        let pack = self.clone();
        let parse = move || {
            let mut watched = Watched::new(reader);
            let read = pack.read(&mut watched);
            match watched.failed.map_or_else(|| watched.inner.finish(), Err) {
                Ok(()) => read,
                Err(error) => failed(error),
            }
        };
        tokio::task::spawn_blocking(parse).await.unwrap_or_else(|_| unreadable(&self.digest))
    }

    fn unpack_whole(self, archive: Vec<u8>) -> BoxFuture<'static, TagRead> {
        let digest = self.digest.clone();
        let reading = tokio::task::spawn_blocking(move || self.read(&*archive));
        async move { reading.await.unwrap_or_else(|_| unreadable(&digest)) }.boxed()
    }

    /// Blocks, and takes its time.
    fn read(&self, archive: impl Read) -> TagRead {
        let read = match self.holds {
            Holds::Packs => self.read_pack(archive),
            Holds::Charts => self.read_chart(archive),
        };
        match read {
            Ok(converted) => TagRead::Pack { digest: self.digest.clone(), converted: Box::new(converted) },
            Err(reasons) => TagRead::Rejected { digest: Some(self.digest.clone()), reasons },
        }
    }

    fn read_pack(&self, archive: impl Read) -> Result<Converted, Vec<Reason>> {
        let read = archive::read(archive, &self.limits);
        let archived = read.map_err(|error| error.findings().iter().map(reason).collect::<Vec<_>>())?;
        convert(archived.pack, &self.repository, &self.tag, &self.layer)
    }

    fn read_chart(&self, archive: impl Read) -> Result<Converted, Vec<Reason>> {
        let chart = read_chart(archive, &self.limits).map_err(|error| vec![unusable(&error)])?;
        Ok(of_artifact(chart, &self.repository, &self.tag, &self.layer))
    }
}

/// Reading it panicked.
fn unreadable(digest: &Digest) -> TagRead {
    TagRead::rejected(digest, "unreadable", "reading the archive failed on our side", "please report this pack")
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
fn failed(error: ClientError) -> TagRead {
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
