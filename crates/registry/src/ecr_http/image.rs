//! Images: put, get, list, describe, delete, and what refers to them.

mod list;
mod referrers;

use super::call::Call;
use super::error::EcrError;
use super::{identifier, input};
use crate::{DeleteImage, Deleted, Error, PutManifest, Repository};
use bytes::Bytes;
use identifier::{Failure, Wanted};
use packyard_oci::{Digest, Reference, Tag, media};
use serde_json::{Value, json};

pub(crate) use list::{describe, list};
pub(crate) use referrers::referrers;

/// Bytes of manifests one answer may hold: clients read it whole, and so do we write it.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

pub(crate) async fn put(call: &Call<'_>, input: input::PutImage) -> Result<Value, EcrError> {
    let tag = input.image_tag.as_deref().map(identifier::tag).transpose()?;
    let repository = call.repository(&input.repository_name).await?;
    let digest = match &input.image_digest {
        None => None,
        // What is no digest at all matches no manifest.
        Some(text) => Some(text.parse().map_err(|_| does_not_match(text, &input.image_manifest))?),
    };
    // `/v2` takes a Content-Type that means nothing for none; here the caller names the type on purpose.
    if let Some(text) = input.image_manifest_media_type.as_deref().filter(|text| !media::is_manifest(text)) {
        return Err(EcrError::invalid(
            "imageManifestMediaType",
            format_args!("'{text}' is not the type of a manifest"),
        ));
    }
    let put = PutManifest {
        content: Bytes::from(input.image_manifest.clone()),
        media_type: input.image_manifest_media_type,
        tags: tag.iter().cloned().collect(),
        digest,
        refuse_known: true,
    };
    let done = call.registry.put_manifest(call.actor(), &repository, put).await.map_err(|error| match error {
        Error::DigestMismatch { expected, .. } => does_not_match(expected.as_str(), &input.image_manifest),
        error => error.into(),
    })?;
    let id = identifier::shown(Some(done.digest.as_str()), tag.as_ref().map(Tag::as_str));
    Ok(json!({ "image": shown(call, &repository, id, &input.image_manifest, &done.media_type) }))
}

fn does_not_match(given: &str, manifest: &str) -> EcrError {
    let actual = Digest::sha256(manifest.as_bytes());
    EcrError::client(
        "ImageDigestDoesNotMatchException",
        format!("The digest of the image manifest is '{actual}', not '{given}'"),
    )
}

pub(crate) async fn get(call: &Call<'_>, input: input::BatchImages) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let (mut images, mut failures, mut bytes) = (Vec::new(), Vec::new(), 0);
    for id in input.image_ids {
        match found(call, &repository, &id).await? {
            Err(failure) => failures.push(failure.shown(&id)),
            Ok(manifest) => {
                bytes += manifest.content.len();
                if bytes > ANSWER_LIMIT {
                    return Err(EcrError::client(
                        "LimitExceededException",
                        format!("The manifests asked for have more than {ANSWER_LIMIT} bytes; ask for fewer at once"),
                    ));
                }
                call.registry.pulled(&repository, &manifest);
                let id = identifier::shown(Some(manifest.digest.as_str()), id.image_tag.as_deref());
                let text = String::from_utf8_lossy(&manifest.content);
                images.push(shown(call, &repository, id, &text, &manifest.media_type));
            }
        }
    }
    Ok(json!({ "images": images, "failures": failures }))
}

/// The manifest of an image, or why there is none.
async fn found(
    call: &Call<'_>,
    repository: &Repository,
    id: &input::ImageIdentifier,
) -> Result<Result<std::sync::Arc<crate::StoredManifest>, Failure>, EcrError> {
    let reference = match identifier::parse(id) {
        Err(failure) => return Ok(Err(failure)),
        Ok(Wanted::Tag(tag)) => Reference::Tag(tag),
        Ok(Wanted::Digest(digest)) => Reference::Digest(digest),
        Ok(Wanted::Both(tag, digest)) => match call.registry.tagged(repository, tag.as_str()).await? {
            None => return Ok(Err(Failure::NotFound)),
            Some(current) if current != digest.as_str() => return Ok(Err(Failure::TagDoesNotMatch)),
            Some(_) => Reference::Digest(digest),
        },
        Ok(Wanted::Nothing) => return Ok(Err(Failure::NotFound)),
    };
    match call.registry.manifest(repository, &reference).await {
        Ok(manifest) => Ok(Ok(manifest)),
        Err(Error::ManifestUnknown { .. }) => Ok(Err(Failure::NotFound)),
        Err(error) => Err(error.into()),
    }
}

fn shown(call: &Call<'_>, repository: &Repository, id: Value, manifest: &str, media_type: &str) -> Value {
    json!({
        "registryId": call.account(),
        "repositoryName": repository.name,
        "imageId": id,
        "imageManifest": manifest,
        "imageManifestMediaType": media_type,
    })
}

/// Each image has its own outcome; the call itself succeeds.
pub(crate) async fn delete(call: &Call<'_>, input: input::BatchImages) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let (mut asked, mut targets, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for id in input.image_ids {
        match identifier::parse(&id) {
            Err(failure) => failures.push(failure.shown(&id)),
            Ok(Wanted::Nothing) => failures.push(Failure::NotFound.shown(&id)),
            Ok(_) => {
                let target = crate::ImageId { digest: id.image_digest.clone(), tag: id.image_tag.clone() };
                targets.push(DeleteImage { id: target, with_last_tag: true, spare_children: true });
                asked.push(id);
            }
        }
    }
    let outcomes = match targets[..] {
        [] => Vec::new(),
        _ => call.registry.delete_images(call.actor(), &repository, &targets).await?,
    };
    let mut gone = Vec::new();
    for (id, outcome) in asked.iter().zip(outcomes) {
        match outcome {
            Deleted::Gone(ids) => {
                gone.extend(ids.iter().map(|id| identifier::shown(id.digest.as_deref(), id.tag.as_deref())));
            }
            Deleted::Unknown => failures.push(Failure::NotFound.shown(id)),
            Deleted::Mismatch => failures.push(Failure::TagDoesNotMatch.shown(id)),
            Deleted::ReferredBy(indexes) => failures.push(Failure::InIndex(indexes).shown(id)),
        }
    }
    Ok(json!({ "imageIds": gone, "failures": failures }))
}
