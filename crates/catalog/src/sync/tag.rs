//! Reading one tag: manifest, archive, pack. Whatever is wrong with it is that tag's own problem.

use super::convert::{Converted, convert, reason};
use crate::connect::{Connection, may_be_the_registry};
use crate::hops::told;
use crate::{Reason, SyncLimits};
use packyard_oci::client::{BlobStream, ClientError, FetchedManifest, Hop};
use packyard_oci::pack_artifact::{NoPackLayer, PackLayer, find_layer};
use packyard_oci::{Descriptor, Digest, Reference, RepoName, Tag};
use packyard_pack::{ArchiveError, ArchivedPack, ReadLimits, archive};
use std::io::{self, Read};

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
    fn rejected(digest: &Digest, code: &str, reason: impl Into<String>, hint: &str) -> Self {
        let reason = Reason { code: code.to_owned(), reason: reason.into(), hint: hint.to_owned() };
        Self::Rejected { digest: Some(digest.clone()), reasons: vec![reason] }
    }
}

/// Reads `repository:tag`, which the listing says is `digest`. `known` is what the catalogue holds of it.
pub(super) async fn read_tag(
    connection: &Connection,
    limits: &SyncLimits,
    repository: &RepoName,
    tag: &Tag,
    digest: Option<&Digest>,
    known: Option<&str>,
) -> TagRead {
    if let (None, Some(known)) = (digest, known.filter(|known| !known.is_empty())) {
        // Cheaper than the manifest, and not counted as a pull where pulls are.
        let reference = Reference::Tag(tag.clone());
        match connection.meter.ask(connection.client.head_manifest(repository, &reference)).await {
            Ok(Some(head)) if head.digest.as_ref().is_some_and(|digest| digest.as_str() == known) => {
                return TagRead::Unchanged;
            }
            Ok(Some(_)) => {}
            Ok(None) => return gone(None),
            Err(error) => return failed(error),
        }
    }
    let reference = digest.map_or_else(|| Reference::Tag(tag.clone()), |digest| Reference::Digest(digest.clone()));
    let fetched = match connection.meter.ask(connection.client.get_manifest(repository, &reference)).await {
        Ok(Some(fetched)) => fetched,
        Ok(None) => return gone(digest),
        Err(error) => return failed(error),
    };
    connection.meter.bytes(fetched.bytes.len() as u64);
    if known == Some(fetched.digest.as_str()) {
        return TagRead::Unchanged;
    }
    read_manifest(connection, limits, repository, tag, fetched).await
}

async fn read_manifest(
    connection: &Connection,
    limits: &SyncLimits,
    repository: &RepoName,
    tag: &Tag,
    fetched: FetchedManifest,
) -> TagRead {
    let digest = fetched.digest.clone();
    let manifest = match fetched.parse() {
        Ok(manifest) => manifest,
        Err(error) => {
            return TagRead::rejected(
                &digest,
                "bad-manifest",
                error.to_string(),
                "push the pack again with oras or packyard",
            );
        }
    };
    let layer = match find_layer(&manifest) {
        Ok(PackLayer::Found(layer)) => layer.clone(),
        Ok(PackLayer::Empty) => return TagRead::Empty { digest },
        Ok(PackLayer::Candidates(layers)) => {
            let text = format!("{} of its layers may be the pack's archive", layers.len());
            return TagRead::rejected(&digest, "several-layers", text, "push one file: NAME-VERSION.tar.gz");
        }
        Err(error) => return TagRead::rejected(&digest, no_layer_code(&error), error.to_string(), NOT_A_PACK_HINT),
    };
    let most = limits.pack.archive_bytes;
    if layer.size > most {
        let text = format!("the archive has {} bytes, more than {most} (limit pack.archive_bytes)", layer.size);
        return TagRead::rejected(&digest, "too-large", text, "leave out of the pack what it does not need");
    }
    read_layer(connection, limits, repository, tag, digest, layer).await
}

const NOT_A_PACK_HINT: &str = "under spectro-packs/archive only packs are expected: one file NAME-VERSION.tar.gz a tag";

fn no_layer_code(error: &NoPackLayer) -> &'static str {
    match error {
        NoPackLayer::Index => "index",
        NoPackLayer::Ambiguous(_) => "several-layers",
        NoPackLayer::OtherKind(_) => "not-a-pack",
    }
}

async fn read_layer(
    connection: &Connection,
    limits: &SyncLimits,
    repository: &RepoName,
    tag: &Tag,
    digest: Digest,
    layer: Descriptor,
) -> TagRead {
    let reading = async {
        let stream = connection.client.get_blob(repository, &layer.digest, Some(layer.size)).await;
        let stream = stream.map_err(ReadError::Transport)?;
        connection.meter.bytes(layer.size);
        read_archive(stream, limits.pack).await
    };
    match connection.meter.ask(reading).await {
        Ok(archived) => match convert(archived.pack, repository, tag, &layer) {
            Ok(converted) => TagRead::Pack { digest, converted: Box::new(converted) },
            Err(reasons) => TagRead::Rejected { digest: Some(digest), reasons },
        },
        Err(ReadError::Transport(error)) => failed(error),
        Err(ReadError::Archive(error)) => {
            let reasons = error.findings().iter().map(reason).collect();
            TagRead::Rejected { digest: Some(digest), reasons }
        }
        Err(ReadError::Panicked) => TagRead::rejected(
            &digest,
            "unreadable",
            "reading the archive failed on our side",
            "please report this pack",
        ),
    }
}

enum ReadError {
    Transport(ClientError),
    Archive(ArchiveError),
    Panicked,
}

/// The archive is parsed while it arrives. What the parser made of it counts only when the whole stream had the digest
/// that was asked for; and a wrong digest is said first, because it explains whatever the parser stumbled over.
async fn read_archive(stream: BlobStream, limits: ReadLimits) -> Result<ArchivedPack, ReadError> {
    let reader = stream.into_reader();
    let parse = move || {
        let mut watched = Watched { inner: reader, failed: None };
        let parsed = archive::read(&mut watched, &limits);
        if let Some(error) = watched.failed {
            return Err(ReadError::Transport(error));
        }
        watched.inner.finish().map_err(ReadError::Transport)?;
        parsed.map_err(ReadError::Archive)
    };
    tokio::task::spawn_blocking(parse).await.unwrap_or(Err(ReadError::Panicked))
}

/// Keeps the transport's own error, which a parser would tell as a damaged archive.
struct Watched<R> {
    inner: R,
    failed: Option<ClientError>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            let kind = error.kind();
            match error.downcast::<ClientError>() {
                Ok(transport) => {
                    self.failed = Some(transport);
                    io::Error::from(kind)
                }
                Err(other) => other,
            }
        })
    }
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
