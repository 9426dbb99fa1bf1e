//! The inputs of the operations, read from documents that [`super::shape`] has found good.

use super::error::EcrError;
use packyard_oci::RepoName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Reads a checked document.
pub(crate) fn read<T: DeserializeOwned>(document: Map<String, Value>) -> Result<T, EcrError> {
    serde_json::from_value(Value::Object(document)).map_err(|e| EcrError::serialization(e.to_string()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateRepository {
    pub(crate) repository_name: RepoName,
    #[serde(default)]
    pub(crate) tags: Option<Vec<Tag>>,
    pub(crate) image_tag_mutability: Option<String>,
    pub(crate) image_tag_mutability_exclusion_filters: Option<Vec<ExclusionFilter>>,
    pub(crate) image_scanning_configuration: Option<ScanningConfiguration>,
    pub(crate) encryption_configuration: Option<EncryptionConfiguration>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExclusionFilter {
    pub(crate) filter: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScanningConfiguration {
    pub(crate) scan_on_push: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EncryptionConfiguration {
    pub(crate) encryption_type: String,
    pub(crate) kms_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeRepositories {
    pub(crate) repository_names: Option<Vec<RepoName>>,
    pub(crate) next_token: Option<String>,
    pub(crate) max_results: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteRepository {
    pub(crate) repository_name: RepoName,
    pub(crate) force: Option<bool>,
}

/// The input of calls that name a repository and nothing more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OneRepository {
    pub(crate) repository_name: RepoName,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GetAuthorizationToken {
    pub(crate) registry_ids: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchCheckLayerAvailability {
    pub(crate) repository_name: RepoName,
    pub(crate) layer_digests: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadLayerPart {
    pub(crate) repository_name: RepoName,
    pub(crate) upload_id: String,
    pub(crate) part_first_byte: u64,
    pub(crate) part_last_byte: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompleteLayerUpload {
    pub(crate) repository_name: RepoName,
    pub(crate) upload_id: String,
    pub(crate) layer_digests: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutImage {
    pub(crate) repository_name: RepoName,
    pub(crate) image_manifest: String,
    pub(crate) image_manifest_media_type: Option<String>,
    pub(crate) image_tag: Option<String>,
    pub(crate) image_digest: Option<String>,
}

/// How a caller names an image; either part may be nonsense, which is a failure of that image only.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageIdentifier {
    pub(crate) image_digest: Option<String>,
    pub(crate) image_tag: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchImages {
    pub(crate) repository_name: RepoName,
    pub(crate) image_ids: Vec<ImageIdentifier>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GetDownloadUrlForLayer {
    pub(crate) repository_name: RepoName,
    pub(crate) layer_digest: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageFilter {
    pub(crate) tag_status: Option<String>,
    pub(crate) image_status: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListImages {
    pub(crate) repository_name: RepoName,
    pub(crate) next_token: Option<String>,
    pub(crate) max_results: Option<i64>,
    pub(crate) filter: Option<ImageFilter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeImages {
    pub(crate) repository_name: RepoName,
    pub(crate) image_ids: Option<Vec<ImageIdentifier>>,
    pub(crate) next_token: Option<String>,
    pub(crate) max_results: Option<i64>,
    pub(crate) filter: Option<ImageFilter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetRepositoryPolicy {
    pub(crate) repository_name: RepoName,
    pub(crate) policy_text: String,
    pub(crate) force: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutImageTagMutability {
    pub(crate) repository_name: RepoName,
    pub(crate) image_tag_mutability: String,
    pub(crate) image_tag_mutability_exclusion_filters: Option<Vec<ExclusionFilter>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutImageScanningConfiguration {
    pub(crate) repository_name: RepoName,
    pub(crate) image_scanning_configuration: ScanningConfiguration,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagResource {
    pub(crate) resource_arn: String,
    pub(crate) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UntagResource {
    pub(crate) resource_arn: String,
    pub(crate) tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListTagsForResource {
    pub(crate) resource_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListImageReferrers {
    pub(crate) repository_name: RepoName,
    pub(crate) subject_id: SubjectIdentifier,
    pub(crate) filter: Option<ReferrersFilter>,
    pub(crate) next_token: Option<String>,
    pub(crate) max_results: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubjectIdentifier {
    pub(crate) image_digest: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReferrersFilter {
    pub(crate) artifact_types: Option<Vec<String>>,
    pub(crate) artifact_status: Option<String>,
}
