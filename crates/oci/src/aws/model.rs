//! What ECR answers, as far as sync and publish need it (botocore's service model of 2015-09-21).

use crate::Digest;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// A login for `/v2`. The user is always `AWS`.
#[derive(Debug, Clone)]
pub struct AuthorizationToken {
    pub user: String,
    pub password: SecretString,
    pub expires_at: SystemTime,
    pub proxy_endpoint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    pub repository_name: String,
    #[serde(default)]
    pub repository_arn: Option<String>,
    #[serde(default)]
    pub registry_id: Option<String>,
    #[serde(default)]
    pub repository_uri: Option<String>,
}

/// A tag, a digest, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageId {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tag: Option<String>,
}

impl ImageId {
    pub fn tag(tag: &crate::Tag) -> Self {
        Self { image_digest: None, image_tag: Some(tag.to_string()) }
    }

    pub fn digest(digest: &Digest) -> Self {
        Self { image_digest: Some(digest.to_string()), image_tag: None }
    }
}

/// What a question for one image found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Image(ImageDetail),
    NoImage,
    NoRepository,
}

/// One image, with every tag it has.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageDetail {
    pub image_digest: String,
    #[serde(default)]
    pub image_tags: Vec<String>,
    #[serde(default)]
    pub image_size_in_bytes: Option<u64>,
    /// Seconds since 1970.
    #[serde(default)]
    pub image_pushed_at: Option<f64>,
    #[serde(default)]
    pub image_manifest_media_type: Option<String>,
    #[serde(default)]
    pub artifact_media_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    #[serde(default)]
    pub image_id: ImageId,
    pub image_manifest: String,
    #[serde(default)]
    pub image_manifest_media_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageFailure {
    #[serde(default)]
    pub image_id: ImageId,
    #[serde(default)]
    pub failure_code: String,
    #[serde(default)]
    pub failure_reason: String,
}

/// The answer of BatchGetImage: misses are reported one by one beside what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Images {
    #[serde(default)]
    pub images: Vec<ImageManifest>,
    #[serde(default)]
    pub failures: Vec<ImageFailure>,
}
