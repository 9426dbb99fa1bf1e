//! Layers through the API: check, upload in parts, download.

use super::call::Call;
use super::download::Grant;
use super::error::EcrError;
use super::input;
use super::shape::is_layer_digest;
use super::spool::Spool;
use crate::{Error, Part, Repository, UploadId};
use packyard_oci::{Algorithm, Digest};
use serde_json::{Value, json};
use std::sync::Arc;

/// The part size clients are advised to use: ECR's quota.
const PART_SIZE: u64 = 10 * 1024 * 1024;

/// A client that is told a layer is available will not upload it, so each one found is kept from the collector.
pub(crate) async fn check(call: &Call<'_>, input: input::BatchCheckLayerAvailability) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let (mut layers, mut failures) = (Vec::new(), Vec::new());
    for text in input.layer_digests {
        if !is_layer_digest(&text) {
            failures.push(json!({
                "layerDigest": text,
                "failureCode": "InvalidLayerDigest",
                "failureReason": "Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
            }));
            continue;
        }
        layers.push(match size(call, &repository, &text).await? {
            Some(size) => json!({ "layerDigest": text, "layerAvailability": "AVAILABLE", "layerSize": size }),
            None => json!({ "layerDigest": text, "layerAvailability": "UNAVAILABLE" }),
        });
    }
    Ok(json!({ "layers": layers, "failures": failures }))
}

async fn size(call: &Call<'_>, repository: &Repository, digest: &str) -> Result<Option<u64>, EcrError> {
    let Ok(digest) = digest.parse() else { return Ok(None) };
    match call.registry.blob_to_rely_on(repository, &digest).await {
        Ok(blob) => Ok(Some(blob.size)),
        Err(Error::BlobUnknown(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn initiate(call: &Call<'_>, input: input::OneRepository) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let id = call.registry.start_upload(&call.caller, &repository, Algorithm::Sha256)?;
    Ok(json!({ "uploadId": id.to_string(), "partSize": PART_SIZE }))
}

/// `blob` is the decoded `layerPartBlob`.
pub(crate) async fn upload(call: &Call<'_>, input: input::UploadLayerPart, blob: Spool) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let id = upload_id(&input.upload_id)?;
    let (first, last) = (input.part_first_byte, input.part_last_byte);
    let told = |error: EcrError| {
        let error = if error.code == "InvalidLayerPartException" {
            error.with("uploadId", input.upload_id.as_str())
        } else {
            return error;
        };
        error.with("registryId", call.account()).with("repositoryName", repository.name.as_str())
    };
    if last.checked_sub(first).and_then(|length| length.checked_add(1)) != Some(blob.len()) {
        let message = format!("The layer part has {} bytes, but is said to be bytes {first} to {last}", blob.len());
        return Err(told(EcrError::client("InvalidLayerPartException", message)));
    }
    let body = blob.stream().await?;
    let part = Part { body, range: Some((first, last)) };
    let received = call.registry.upload_layer_part(&call.caller, &repository, &id, part).await;
    let received = received.map_err(|error| told(error.into()))?;
    Ok(json!({
        "registryId": call.account(),
        "repositoryName": repository.name,
        "uploadId": input.upload_id,
        "lastByteReceived": received,
    }))
}

pub(crate) async fn complete(call: &Call<'_>, input: input::CompleteLayerUpload) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let id = upload_id(&input.upload_id)?;
    let wanted = &input.layer_digests[0];
    // The layer is one, so several digests can only be the same.
    if let Some(other) = input.layer_digests.iter().find(|other| !other.eq_ignore_ascii_case(wanted)) {
        return Err(invalid_layer(format!("A layer has one digest; '{wanted}' and '{other}' cannot both be it")));
    }
    let digest: Digest = wanted.parse().map_err(|_| {
        invalid_layer(format!("'{wanted}' is not the digest of a layer: expected sha256: and 64 hexadecimal digits"))
    })?;
    refuse_known(call, &repository, &id, &digest).await?;
    call.registry.complete_layer_upload(&call.caller, &repository, &id, &digest).await.map_err(
        |error| match error {
            Error::DigestMismatch { expected, actual } => {
                invalid_layer(format!("The digest of the uploaded layer is '{actual}', not '{expected}'"))
            }
            error => error.into(),
        },
    )?;
    Ok(json!({
        "registryId": call.account(),
        "repositoryName": repository.name,
        "uploadId": input.upload_id,
        "layerDigest": digest,
    }))
}

/// A layer that is there already ends its upload with an error that clients take for success.
async fn refuse_known(
    call: &Call<'_>,
    repository: &Arc<Repository>,
    id: &UploadId,
    digest: &Digest,
) -> Result<(), EcrError> {
    let empty = call.registry.upload_offset(&call.caller, repository, id)? == 0;
    if empty || size(call, repository, digest.as_str()).await?.is_none() {
        return Ok(());
    }
    call.registry.cancel_upload(&call.caller, repository, id).await?;
    Err(EcrError::client(
        "LayerAlreadyExistsException",
        format!(
            "Layer with digest '{digest}' already exists in the repository with name '{}' in the registry with id '{}'",
            repository.name,
            call.account()
        ),
    ))
}

pub(crate) async fn download_url(call: &Call<'_>, input: input::GetDownloadUrlForLayer) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let absent = || Error::BlobsMissing {
        digests: vec![input.layer_digest.clone()],
        repository: repository.name.to_string(),
        account: call.account().to_owned(),
    };
    let digest: Digest = input.layer_digest.parse().map_err(|_| absent())?;
    match call.registry.blob(&repository, &digest).await {
        Ok(_) => {}
        Err(Error::BlobUnknown(_)) => return Err(absent().into()),
        Err(error) => return Err(error.into()),
    }
    if !call.registry.blob_is_referred_to(&repository, &digest).await? {
        return Err(EcrError::client(
            "LayerInaccessibleException",
            format!(
                "The layer with digest '{digest}' in the repository with name '{}' is not available because no image refers to it",
                repository.name
            ),
        ));
    }
    let registry = call.registry;
    let grant = Grant::new(&super::download::key(registry), repository.name.clone(), digest.clone(), registry.now_ms());
    Ok(json!({ "downloadUrl": grant.url(&registry.config().public_url), "layerDigest": digest }))
}

fn upload_id(text: &str) -> Result<UploadId, EcrError> {
    text.parse().map_err(|_| Error::UploadUnknown.into())
}

fn invalid_layer(message: String) -> EcrError {
    EcrError::client("InvalidLayerException", message)
}
