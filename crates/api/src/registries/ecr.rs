//! ECR registries.

use super::connection::{self, ProxyConfiguration, TlsConfiguration};
use super::kind::{self, Called, Kind};
use super::{OciRegistryStatus, PACK, SKIP_PACK_SYNC, TENANT, mask, metadata, secret};
use crate::error::ApiError;
use crate::meta::{MetaInput, ObjectMeta};
use crate::operation::{Operations, delete, get, post, put};
use packyard_catalog::{Auth as Credentials, Registry, RegistryKind, RegistrySpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const UID: &str = "/v1/registries/oci/{uid}/ecr";

pub(super) fn operations(all: Operations) -> Operations {
    let called = Called {
        validate: post("/v1/registries/oci/ecr/validate", "v1EcrRegistriesValidate", "Try the settings out"),
        create: post(
            "/v1/registries/oci/ecr",
            "v1EcrRegistriesCreate",
            "Register, and wait a while for the first sync",
        ),
        read: get(UID, "v1EcrRegistriesUidGet", "An ECR registry"),
        update: put(UID, "v1EcrRegistriesUidUpdate", "Change it"),
        remove: delete(UID, "v1EcrRegistriesUidDelete", "Forget it"),
    };
    kind::operations::<Ecr>(all, called)
}

#[derive(Default, Deserialize, ToSchema)]
pub(super) struct EcrRegistryInput {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: EcrSpec,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EcrSpec {
    /// `<account>.dkr.ecr.<region>.amazonaws.com`, with or without `https://`; or a registry that speaks ECR's API.
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    is_private: bool,
    /// Packs are searched below `<baseContentPath>/spectro-packs/archive`; several, separated by commas.
    #[serde(default)]
    base_content_path: String,
    /// `pack`, which is also the default; or `helm`.
    #[serde(default)]
    provider_type: String,
    #[serde(default)]
    is_sync_supported: Option<bool>,
    /// Where the endpoint's name does not say it.
    #[serde(default)]
    default_region: String,
    #[serde(default)]
    credentials: AwsCredentialsInput,
    #[serde(default)]
    tls: Option<TlsConfiguration>,
    /// Absent keeps the one that is set.
    #[serde(default)]
    #[schema(nullable = false)]
    proxy: Option<ProxyConfiguration>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AwsCredentialsInput {
    /// secret, sts or pod-identity (the server's own identity, where its operator allows it); secret when absent.
    #[serde(default)]
    credential_type: String,
    #[serde(default)]
    access_key: String,
    /// Asterisks only, or absent, keeps the stored one.
    #[serde(default)]
    secret_key: String,
    #[serde(default)]
    sts: AwsSts,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AwsSts {
    #[serde(default)]
    arn: String,
    #[serde(default)]
    external_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EcrRegistry {
    kind: &'static str,
    metadata: ObjectMeta,
    spec: EcrRegistrySpec,
    status: OciRegistryStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EcrRegistrySpec {
    endpoint: String,
    is_private: bool,
    base_content_path: String,
    provider_type: String,
    is_sync_supported: bool,
    default_region: String,
    /// Never null: clients look into it without asking.
    credentials: AwsCredentials,
    /// Only when it says something: an empty one shows as a difference in every plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<TlsConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<ProxyConfiguration>,
    scope: &'static str,
    registry_uid: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AwsCredentials {
    credential_type: &'static str,
    access_key: String,
    /// Masked.
    secret_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts: Option<AwsSts>,
}

impl AwsCredentialsInput {
    fn parse(self, is_private: bool) -> Result<Credentials, ApiError> {
        match self.credential_type.as_str() {
            "" | "secret" if !is_private && self.access_key.is_empty() => Ok(Credentials::Anonymous),
            "" | "secret" => {
                Ok(Credentials::AwsKeys { access_key: self.access_key, secret_key: secret(self.secret_key) })
            }
            "pod-identity" => Ok(Credentials::AwsServer),
            "sts" => Ok(Credentials::AwsRole {
                role_arn: self.sts.arn,
                external_id: self.sts.external_id,
                access_key: self.access_key,
                secret_key: secret(self.secret_key),
            }),
            other => {
                let text = format!(
                    "credentials.credentialType `{other}` is not supported here; use secret, sts or pod-identity"
                );
                Err(ApiError::bad_request("InvalidField", text))
            }
        }
    }
}

impl AwsCredentials {
    fn of(auth: &Credentials, has_secret: bool) -> Self {
        let secret_key = mask(has_secret);
        match auth {
            Credentials::AwsRole { role_arn, external_id, access_key, .. } => Self {
                credential_type: "sts",
                access_key: access_key.clone(),
                secret_key,
                sts: Some(AwsSts { arn: role_arn.clone(), external_id: external_id.clone() }),
            },
            Credentials::AwsKeys { access_key, .. } => {
                Self { credential_type: "secret", access_key: access_key.clone(), secret_key, sts: None }
            }
            Credentials::AwsServer => Self {
                credential_type: "pod-identity",
                access_key: String::new(),
                secret_key: String::new(),
                sts: None,
            },
            _ => Self { credential_type: "secret", access_key: String::new(), secret_key: String::new(), sts: None },
        }
    }
}

pub(super) struct Ecr;

impl Kind for Ecr {
    const KIND: RegistryKind = RegistryKind::Ecr;
    const SKIP_SYNC: Option<&'static str> = Some(SKIP_PACK_SYNC);
    type Input = EcrRegistryInput;
    type Settings = EcrSpec;
    type Reply = EcrRegistry;

    fn parts(input: EcrRegistryInput) -> (MetaInput, EcrSpec) {
        (input.metadata, input.spec)
    }

    fn parse(settings: EcrSpec, before: Option<&RegistrySpec>) -> Result<RegistrySpec, ApiError> {
        let auth = settings.credentials.parse(settings.is_private)?;
        let provider_type = if settings.provider_type.is_empty() { PACK.to_owned() } else { settings.provider_type };
        let mut spec = RegistrySpec {
            is_sync_supported: settings.is_sync_supported.unwrap_or(provider_type == PACK),
            provider_type,
            is_private: settings.is_private,
            default_region: settings.default_region,
            ..RegistrySpec::ecr(settings.endpoint, settings.base_content_path, auth)
        };
        connection::set(&mut spec, settings.tls, settings.proxy, before);
        Ok(spec)
    }

    fn reply(registry: Registry) -> EcrRegistry {
        let wanted = registry.spec.is_sync_supported;
        EcrRegistry {
            kind: "EcrRegistry",
            metadata: metadata(&registry),
            spec: EcrRegistrySpec {
                credentials: AwsCredentials::of(&registry.spec.auth, registry.has_secret),
                tls: TlsConfiguration::if_meaningful(&registry.spec),
                proxy: ProxyConfiguration::of(&registry),
                endpoint: registry.spec.endpoint,
                is_private: registry.spec.is_private,
                base_content_path: registry.spec.base_content_path,
                provider_type: registry.spec.provider_type,
                is_sync_supported: registry.spec.is_sync_supported,
                default_region: registry.spec.default_region,
                scope: TENANT,
                registry_uid: registry.uid,
            },
            status: OciRegistryStatus::of(registry.sync, wanted),
        }
    }
}
