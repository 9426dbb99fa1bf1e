//! OCI registries with basic authentication, or none.

use super::auth::{RegistryAuth, RegistryAuthInput};
use super::connection::{self, ProxyConfiguration};
use super::kind::{self, Called, Kind};
use super::{OciRegistryStatus, PACK, SKIP_PACK_SYNC, TENANT, metadata};
use crate::error::ApiError;
use crate::meta::{MetaInput, ObjectMeta};
use crate::operation::{Operations, delete, get, post, put};
use packyard_catalog::{Registry, RegistryKind, RegistrySpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const UID: &str = "/v1/registries/oci/{uid}/basic";

pub(super) fn operations(all: Operations) -> Operations {
    let called = Called {
        validate: post("/v1/registries/oci/basic/validate", "v1BasicOciRegistriesValidate", "Try the settings out"),
        create: post(
            "/v1/registries/oci/basic",
            "v1BasicOciRegistriesCreate",
            "Register, and wait a while for the first sync",
        ),
        read: get(UID, "v1BasicOciRegistriesUidGet", "A registry with basic authentication"),
        update: put(UID, "v1BasicOciRegistriesUidUpdate", "Change it"),
        remove: delete(UID, "v1BasicOciRegistriesUidDelete", "Forget it"),
    };
    kind::operations::<Basic>(all, called)
}

#[derive(Default, Deserialize, ToSchema)]
pub(super) struct BasicRegistryInput {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: BasicSpec,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BasicSpec {
    /// With or without `https://`.
    #[serde(default)]
    endpoint: String,
    /// A path before `/v2/`.
    #[serde(default)]
    base_path: String,
    /// Packs are searched below `<baseContentPath>/spectro-packs/archive`, charts anywhere below it; several, separated by
    /// commas.
    #[serde(default)]
    base_content_path: String,
    /// `pack`, which is also the default; `helm`; or `zarf`, which is kept but not synchronised.
    #[serde(default)]
    provider_type: String,
    #[serde(default)]
    is_sync_supported: Option<bool>,
    #[serde(default)]
    auth: RegistryAuthInput,
    /// Absent keeps the one that is set.
    #[serde(default)]
    #[schema(nullable = false)]
    proxy: Option<ProxyConfiguration>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BasicOciRegistry)]
pub(super) struct BasicRegistry {
    kind: &'static str,
    metadata: ObjectMeta,
    spec: BasicRegistrySpec,
    status: OciRegistryStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BasicRegistrySpec {
    endpoint: String,
    base_path: String,
    base_content_path: String,
    provider_type: String,
    is_sync_supported: bool,
    auth: RegistryAuth,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<ProxyConfiguration>,
    scope: &'static str,
    registry_uid: String,
}

pub(super) struct Basic;

impl Kind for Basic {
    const KIND: RegistryKind = RegistryKind::Basic;
    const SKIP_SYNC: Option<&'static str> = Some(SKIP_PACK_SYNC);
    type Input = BasicRegistryInput;
    type Settings = BasicSpec;
    type Reply = BasicRegistry;

    fn parts(input: BasicRegistryInput) -> (MetaInput, BasicSpec) {
        (input.metadata, input.spec)
    }

    fn parse(settings: BasicSpec, before: Option<&RegistrySpec>) -> Result<RegistrySpec, ApiError> {
        let BasicSpec { endpoint, base_path, base_content_path, auth, proxy, .. } = settings;
        let (tls, auth) = (auth.tls(), auth.credentials(Self::KIND)?);
        let provider_type = if settings.provider_type.is_empty() { PACK.to_owned() } else { settings.provider_type };
        let mut spec = RegistrySpec {
            base_path,
            is_sync_supported: settings.is_sync_supported.unwrap_or(provider_type == PACK),
            provider_type,
            ..RegistrySpec::basic(endpoint, base_content_path, auth)
        };
        connection::set(&mut spec, tls, proxy, before);
        Ok(spec)
    }

    fn reply(registry: Registry) -> BasicRegistry {
        let wanted = registry.spec.is_sync_supported;
        BasicRegistry {
            kind: "BasicOciRegistry",
            metadata: metadata(&registry),
            spec: BasicRegistrySpec {
                auth: RegistryAuth::of(&registry),
                proxy: ProxyConfiguration::of(&registry),
                endpoint: registry.spec.endpoint,
                base_path: registry.spec.base_path,
                base_content_path: registry.spec.base_content_path,
                provider_type: registry.spec.provider_type,
                is_sync_supported: registry.spec.is_sync_supported,
                scope: TENANT,
                registry_uid: registry.uid,
            },
            status: OciRegistryStatus::of(registry.sync, wanted),
        }
    }
}
