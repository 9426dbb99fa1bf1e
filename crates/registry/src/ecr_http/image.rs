//! Images: put, get, list, describe, delete, and what refers to them.

use super::call::{Call, no_paging, page_size};
use super::error::EcrError;
use super::page::cut;
use super::{identifier, input, reply};
use crate::{DeleteImage, Deleted, Error, ImageRow, PutManifest, Repository, TagStatus};
use bytes::Bytes;
use identifier::{Failure, Wanted};
use packyard_oci::{Digest, Reference, Tag, media};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Bytes of manifests one answer may hold: clients read it whole, and so do we write it.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;
/// Referrers of a page when the caller does not say.
const DEFAULT_REFERRERS: usize = 20;

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

/// One row per tag, and one per image without any. A page goes on in the middle of an image with many tags.
pub(crate) async fn list(call: &Call<'_>, input: input::ListImages) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let pager = call.pager(repository.name.as_str());
    let after = pager.after(input.next_token.as_deref())?.unwrap_or_default();
    let (digest, tag) = after.split_once('\n').unwrap_or((&after, ""));
    let limit = page_size(input.max_results);
    let mut rows = Vec::new();
    if let Some(status) = tag_status(input.filter.as_ref()) {
        if !tag.is_empty()
            && let Some(image) = call.registry.image(&repository, digest).await?
        {
            rows.extend(per_tag(image).into_iter().filter(|(_, name)| name.as_deref() > Some(tag)));
        }
        let images = call.registry.images(&repository, digest, limit + 1, status).await?;
        rows.extend(images.into_iter().flat_map(per_tag));
    }
    let (rows, last) = cut(rows, limit, |(digest, tag)| format!("{digest}\n{}", tag.as_deref().unwrap_or("")));
    let ids: Vec<Value> = rows.iter().map(|(digest, tag)| identifier::shown(Some(digest), tag.as_deref())).collect();
    let mut answer = json!({ "imageIds": ids });
    pager.put_token(&mut answer, last.as_deref());
    Ok(answer)
}

fn per_tag(image: ImageRow) -> Vec<(String, Option<String>)> {
    if image.tags.is_empty() {
        return vec![(image.digest, None)];
    }
    image.tags.into_iter().map(|tag| (image.digest.clone(), Some(tag))).collect()
}

/// Which images a filter lets through; `None` when there can be none, since every image here is active.
fn tag_status(filter: Option<&input::ImageFilter>) -> Option<TagStatus> {
    let Some(filter) = filter else { return Some(TagStatus::Any) };
    if matches!(filter.image_status.as_deref(), Some("ARCHIVED" | "ACTIVATING")) {
        return None;
    }
    Some(match filter.tag_status.as_deref() {
        Some("TAGGED") => TagStatus::Tagged,
        Some("UNTAGGED") => TagStatus::Untagged,
        _ => TagStatus::Any,
    })
}

/// One row per digest. An image asked for by name that is not there fails the whole call.
pub(crate) async fn describe(call: &Call<'_>, input: input::DescribeImages) -> Result<Value, EcrError> {
    let status = tag_status(input.filter.as_ref());
    if let Some(ids) = &input.image_ids {
        no_paging("imageIds", input.next_token.as_deref(), input.max_results)?;
        let repository = call.repository(&input.repository_name).await?;
        let details = described(call, &repository, ids, status).await?;
        return Ok(json!({ "imageDetails": details }));
    }
    let repository = call.repository(&input.repository_name).await?;
    let pager = call.pager(repository.name.as_str());
    let after = pager.after(input.next_token.as_deref())?.unwrap_or_default();
    let limit = page_size(input.max_results);
    let rows = match status {
        Some(status) => call.registry.images(&repository, &after, limit + 1, status).await?,
        None => Vec::new(),
    };
    let (rows, last) = cut(rows, limit, |image| image.digest.clone());
    let details: Vec<Value> = rows.iter().map(|image| detail(call, &repository, image)).collect();
    let mut answer = json!({ "imageDetails": details });
    pager.put_token(&mut answer, last.as_deref());
    Ok(answer)
}

async fn described(
    call: &Call<'_>,
    repository: &Repository,
    ids: &[input::ImageIdentifier],
    status: Option<TagStatus>,
) -> Result<Vec<Value>, EcrError> {
    let mut seen = BTreeSet::new();
    let mut details = Vec::with_capacity(ids.len());
    for (number, id) in (1..).zip(ids) {
        let image = one(call, repository, id, number).await?;
        let passes = match status {
            None => false,
            Some(TagStatus::Any) => true,
            Some(TagStatus::Tagged) => !image.tags.is_empty(),
            Some(TagStatus::Untagged) => image.tags.is_empty(),
        };
        if seen.insert(image.digest.clone()) && passes {
            details.push(detail(call, repository, &image));
        }
    }
    Ok(details)
}

async fn one(
    call: &Call<'_>,
    repository: &Repository,
    id: &input::ImageIdentifier,
    number: usize,
) -> Result<ImageRow, EcrError> {
    let unknown = || {
        let part = |text: Option<&str>| text.map_or_else(|| "null".to_owned(), |text| format!("'{text}'"));
        EcrError::client(
            "ImageNotFoundException",
            format!(
                "The image with imageId {{imageDigest:{}, imageTag:{}}} does not exist within the repository with name '{}' in the registry with id '{}'",
                part(id.image_digest.as_deref()),
                part(id.image_tag.as_deref()),
                repository.name,
                call.account()
            ),
        )
    };
    let digest = match (&id.image_tag, &id.image_digest) {
        (None, None) => {
            return Err(EcrError::invalid(&format!("imageIds.{number}.member"), "both tag and digest cannot be null"));
        }
        (None, Some(digest)) => digest.clone(),
        (Some(tag), wanted) => {
            let current = call.registry.tagged(repository, tag).await?;
            current.filter(|current| wanted.as_ref().is_none_or(|wanted| wanted == current)).ok_or_else(unknown)?
        }
    };
    call.registry.image(repository, &digest).await?.ok_or_else(unknown)
}

fn detail(call: &Call<'_>, repository: &Repository, image: &ImageRow) -> Value {
    let mut detail = json!({
        "registryId": call.account(),
        "repositoryName": repository.name,
        "imageDigest": image.digest,
        "imageSizeInBytes": image.image_size,
        "imagePushedAt": reply::seconds(image.pushed_at),
        "imageManifestMediaType": image.media_type,
        "imageStatus": "ACTIVE",
    });
    if !image.tags.is_empty() {
        detail["imageTags"] = json!(image.tags);
    }
    if let Some(artifact_type) = &image.artifact_type {
        detail["artifactMediaType"] = json!(artifact_type);
    }
    if let Some(subject) = &image.subject {
        detail["subjectManifestDigest"] = json!(subject);
    }
    if let Some(at) = image.pulled_at {
        detail["lastRecordedPullTime"] = reply::seconds(at);
    }
    detail
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

pub(crate) async fn referrers(call: &Call<'_>, input: input::ListImageReferrers) -> Result<Value, EcrError> {
    let subject: Digest =
        input.subject_id.image_digest.parse().map_err(|error| EcrError::invalid("subjectId.imageDigest", error))?;
    let repository = call.repository(&input.repository_name).await?;
    let filter = input.filter.unwrap_or_default();
    let types = filter.artifact_types.unwrap_or_default();
    let pager = call.pager(&format!("{} {subject} {}", repository.name, types.join(" ")));
    let after = pager.after(input.next_token.as_deref())?.unwrap_or_default();
    if matches!(filter.artifact_status.as_deref(), Some("ARCHIVED" | "ACTIVATING")) {
        return Ok(json!({ "referrers": [] }));
    }
    // The registry looks for one type; of several the page is cut down here, and may be short of its size.
    let single = match &types[..] {
        [one] => Some(one.as_str()),
        _ => None,
    };
    let limit = input.max_results.map_or(DEFAULT_REFERRERS, |rows| page_size(Some(rows)));
    let page = call.registry.referrers(&repository, &subject, single, &after, Some(limit)).await?;
    let rows: Vec<Value> = page.descriptors.iter().filter_map(|text| referrer(text, &types)).collect();
    let mut answer = json!({ "referrers": rows });
    pager.put_token(&mut answer, page.next.as_deref());
    Ok(answer)
}

fn referrer(descriptor: &str, types: &[String]) -> Option<Value> {
    let mut row: Value = serde_json::from_str(descriptor).ok()?;
    let kind = row["artifactType"].as_str();
    if !types.is_empty() && !types.iter().any(|wanted| Some(wanted.as_str()) == kind) {
        return None;
    }
    row["artifactStatus"] = json!("ACTIVE");
    Some(row)
}
