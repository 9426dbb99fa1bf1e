//! ListImages and DescribeImages: by tag, and by image.

use crate::ecr_http::call::{Call, no_paging, page_size};
use crate::ecr_http::error::EcrError;
use crate::ecr_http::page::cut;
use crate::ecr_http::{identifier, input, reply};
use crate::{ImageRow, Repository, TagStatus};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
