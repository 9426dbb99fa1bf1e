//! Repositories through the ECR API: made, listed, looked for.

use super::ecr::EcrApi;
use super::endpoints::EcrService;
use super::model::Repository;
use crate::RepoName;
use crate::client::{ClientError, Hop};
use serde_json::{Value, json};

/// Whether CreateRepository made the repository or found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    New,
    Existed,
}

/// How a repository is made; what is not said is left to ECR, and to the account's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepositorySettings {
    /// `MUTABLE` or `IMMUTABLE`.
    pub tag_mutability: Option<String>,
    pub scan_on_push: bool,
    pub encryption: Option<Encryption>,
    /// AWS resource tags, in their order.
    pub tags: Vec<(String, String)>,
}

/// Encryption at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256`, `KMS` or `KMS_DSSE`.
    pub kind: String,
    /// A KMS key: id, ARN or alias.
    pub key: Option<String>,
}

impl RepositorySettings {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// ECR Public has resource tags and nothing else to choose.
    fn fits_public(&self) -> bool {
        self.tag_mutability.is_none() && !self.scan_on_push && self.encryption.is_none()
    }

    /// The input of CreateRepository.
    fn input(&self, name: &str) -> Value {
        let mut input = json!({ "repositoryName": name });
        if let Some(mutability) = &self.tag_mutability {
            input["imageTagMutability"] = mutability.as_str().into();
        }
        if self.scan_on_push {
            input["imageScanningConfiguration"] = json!({ "scanOnPush": true });
        }
        if let Some(Encryption { kind, key }) = &self.encryption {
            input["encryptionConfiguration"] = json!({ "encryptionType": kind });
            if let Some(key) = key {
                input["encryptionConfiguration"]["kmsKey"] = key.as_str().into();
            }
        }
        if !self.tags.is_empty() {
            input["tags"] = self.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        }
        input
    }
}

impl EcrApi {
    /// Creates the repository. That it exists already is success.
    pub async fn create_repository(
        &self,
        name: &RepoName,
        settings: &RepositorySettings,
    ) -> Result<Created, ClientError> {
        let doing = format!("create the repository {name}");
        let is_public = self.endpoints().service == EcrService::Public;
        if is_public && !settings.fits_public() {
            let why = "ECR Public has no tag mutability, scan on push or encryption to choose";
            return Err(ClientError::new(Hop::Local, doing, why));
        }
        // There a name is known without the alias that it begins with.
        let known_as = match name.as_str().split_once('/') {
            Some((_alias, rest)) if is_public => rest,
            _ => name.as_str(),
        };
        match self.call::<Value>("CreateRepository", settings.input(known_as), &doing).await {
            Ok(_) => Ok(Created::New),
            Err(error) if error.has_code("RepositoryAlreadyExistsException") => Ok(Created::Existed),
            Err(error) => Err(error),
        }
    }

    /// Whether the repository is there, asked with the right to list its images: the guide gives that one.
    pub async fn has_repository(&self, name: &RepoName) -> Result<bool, ClientError> {
        let doing = format!("look for the repository {name}");
        match self.call::<Value>("ListImages", json!({ "repositoryName": name, "maxResults": 1 }), &doing).await {
            Ok(_) => Ok(true),
            Err(error) if error.has_code("RepositoryNotFoundException") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All repositories of the registry, over all pages.
    pub async fn describe_repositories(&self) -> Result<Vec<Repository>, ClientError> {
        let doing = format!("list the repositories at {}", self.endpoints().ecr);
        self.pages("DescribeRepositories", json!({}), "repositories", &doing).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_sent() {
        assert_eq!(RepositorySettings::default().input("team/a"), json!({ "repositoryName": "team/a" }));
        let all = RepositorySettings {
            tag_mutability: Some("IMMUTABLE".into()),
            scan_on_push: true,
            encryption: Some(Encryption { kind: "KMS".into(), key: Some("alias/packs".into()) }),
            tags: vec![("team".into(), "platform".into())],
        };
        let expected = json!({
            "repositoryName": "team/a", "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": { "scanOnPush": true },
            "encryptionConfiguration": { "encryptionType": "KMS", "kmsKey": "alias/packs" },
            "tags": [{ "Key": "team", "Value": "platform" }],
        });
        assert_eq!(all.input("team/a"), expected);
        assert!(!all.fits_public() && RepositorySettings { tags: all.tags, ..Default::default() }.fits_public());
    }
}
