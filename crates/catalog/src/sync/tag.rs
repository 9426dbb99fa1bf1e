//! Reading one tag: manifest, archive, and the pack or chart in it. Whatever is wrong with it is that tag's own problem.

use super::convert::{Converted, convert, reason};
use crate::charts::of_artifact;
use crate::connect::{Connection, may_be_the_registry};
use crate::hops::told;
use crate::watched::Watched;
use crate::{Holds, Reason, SyncLimits};
use packyard_oci::chart_artifact::chart_layer;
use packyard_oci::client::{BlobReader, BlobStream, ClientError, FetchedManifest, Hop};
use packyard_oci::pack_artifact::{NoPackLayer, PackLayer, find_layer};
use packyard_oci::{Descriptor, Digest, Manifest, Reference, RepoName, Tag};
use packyard_pack::archive;
use packyard_pack::helm::read_chart;

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
    let found = match connection.holds {
        Holds::Packs => pack_of(&manifest, &digest),
        Holds::Charts => chart_of(&manifest, &digest),
    };
    let layer = match found {
        Ok(layer) => layer,
        Err(read) => return *read,
    };
    let most = limits.pack.archive_bytes;
    if layer.size > most {
        let text = format!("the archive has {} bytes, more than {most} (limit pack.archive_bytes)", layer.size);
        return TagRead::rejected(&digest, "too-large", text, "leave out of the pack what it does not need");
    }
    read_layer(connection, limits, repository, tag, digest, layer).await
}

const NOT_A_PACK_HINT: &str = "under spectro-packs/archive only packs are expected: one file NAME-VERSION.tar.gz a tag";
const A_CHART_HINT: &str = "to have charts in the catalogue, register the registry once more with provider type Helm; a chart inside a pack \
     is what `packyard pack init` makes of it";
const NOT_A_CHART_HINT: &str = "`helm push` puts charts there; lead the base content path to where they are, and register the registry with \
     provider type Pack for packs";

fn pack_of(manifest: &Manifest, digest: &Digest) -> Result<Descriptor, Box<TagRead>> {
    let error = match find_layer(manifest) {
        Ok(PackLayer::Found(layer)) => return Ok(layer.clone()),
        Ok(PackLayer::Empty) => return Err(Box::new(TagRead::Empty { digest: digest.clone() })),
        Ok(PackLayer::Candidates(layers)) => {
            let text = format!("{} of its layers may be the pack's archive", layers.len());
            let hint = "push one file: NAME-VERSION.tar.gz";
            return Err(Box::new(TagRead::rejected(digest, "several-layers", text, hint)));
        }
        Err(error) => error,
    };
    let hint = if chart_layer(manifest).is_ok() { A_CHART_HINT } else { NOT_A_PACK_HINT };
    Err(Box::new(TagRead::rejected(digest, no_layer_code(&error), error.to_string(), hint)))
}

fn no_layer_code(error: &NoPackLayer) -> &'static str {
    match error {
        NoPackLayer::Index => "index",
        NoPackLayer::Ambiguous(_) => "several-layers",
        NoPackLayer::OtherKind(_) => "not-a-pack",
    }
}

fn chart_of(manifest: &Manifest, digest: &Digest) -> Result<Descriptor, Box<TagRead>> {
    let refused = |text: String| Box::new(TagRead::rejected(digest, "not-a-chart", text, NOT_A_CHART_HINT));
    chart_layer(manifest).cloned().map_err(|error| refused(format!("it is no Helm chart: {error}")))
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
        let pack_limits = limits.pack;
        match connection.holds {
            Holds::Packs => {
                let read = read_archive(stream, move |reader| archive::read(reader, &pack_limits)).await?;
                let archived =
                    read.map_err(|error| ReadError::Refused(error.findings().iter().map(reason).collect()))?;
                convert(archived.pack, repository, tag, &layer).map_err(ReadError::Refused)
            }
            Holds::Charts => {
                let read = read_archive(stream, move |reader| read_chart(reader, &pack_limits)).await?;
                let chart = read.map_err(|error| ReadError::Refused(vec![crate::charts::unusable(&error)]))?;
                Ok(of_artifact(chart, repository, tag, &layer))
            }
        }
    };
    match connection.meter.ask(reading).await {
        Ok(converted) => TagRead::Pack { digest, converted: Box::new(converted) },
        Err(ReadError::Transport(error)) => failed(error),
        Err(ReadError::Refused(reasons)) => TagRead::Rejected { digest: Some(digest), reasons },
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
    Refused(Vec<Reason>),
    Panicked,
}

/// The archive is parsed while it arrives. What the parser made of it counts only when the whole stream had the digest
/// that was asked for; and a wrong digest is said first, because it explains whatever the parser stumbled over.
async fn read_archive<T: Send + 'static>(
    stream: BlobStream,
    parse: impl FnOnce(&mut Watched<BlobReader>) -> T + Send + 'static,
) -> Result<T, ReadError> {
    let reader = stream.into_reader();
    let read = move || {
        let mut watched = Watched::new(reader);
        let parsed = parse(&mut watched);
        if let Some(error) = watched.failed {
            return Err(ReadError::Transport(error));
        }
        watched.inner.finish().map_err(ReadError::Transport)?;
        Ok(parsed)
    };
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(ReadError::Panicked))
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
