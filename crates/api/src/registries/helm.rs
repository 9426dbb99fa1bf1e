//! Helm repositories over HTTP.

use super::auth::RegistryAuth;
use super::connection::ProxyConfiguration;
use super::kept::{self, KeptInput, KeptSpec, Summary};
use super::kind::{self, Called, Kind};
use super::{MANAGE, READ, RegistrySyncStatus, TENANT, metadata};
use crate::ApiState;
use crate::error::ApiError;
use crate::meta::{MetaInput, ObjectMeta};
use crate::operation::{Operations, delete, get, post, put};
use packyard_access::{Caller, Target};
use packyard_catalog::{Registry, RegistryKind, RegistrySpec, WantedChart};
use serde::Serialize;
use utoipa::ToSchema;

const UID: &str = "/v1/registries/helm/{uid}";

pub(super) fn operations(all: Operations) -> Operations {
    let list_text = "Helm repositories by name";
    let all = all
        .on(
            get("/v1/registries/helm", "v1RegistriesHelmList", list_text)
                .needs(READ)
                .paged()
                .gives_page::<HelmRegistry>(),
            kept::list::<Helm>,
        )
        .on(
            get("/v1/registries/helm/summary", "v1RegistriesHelmSummaryList", "Helm repositories with their state")
                .needs(READ)
                .paged()
                .gives_page::<Summary>(),
            kept::summaries::<Helm>,
        );
    let called = Called {
        validate: post("/v1/registries/helm/validate", "V1RegistriesHelmValidate", "Try the settings out"),
        create: post(
            "/v1/registries/helm",
            "v1RegistriesHelmCreate",
            "Register a Helm repository, and wait a while for the first sync",
        ),
        read: get(UID, "v1RegistriesHelmUidGet", "A Helm repository"),
        update: put(UID, "v1RegistriesHelmUidUpdate", "Change it"),
        remove: delete(UID, "v1RegistriesHelmUidDelete", "Forget it"),
    };
    kind::operations::<Helm>(all, called)
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HelmRegistry {
    api_version: &'static str,
    kind: &'static str,
    metadata: ObjectMeta,
    spec: HelmRegistrySpec,
    status: HelmRegistryStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HelmRegistrySpec {
    endpoint: String,
    auth: RegistryAuth,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<ProxyConfiguration>,
    is_private: bool,
    name: String,
    registry_uid: String,
    scope: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HelmRegistryStatus {
    helm_sync_status: RegistrySyncStatus,
}

pub(super) struct Helm;

impl Kind for Helm {
    const KIND: RegistryKind = RegistryKind::Helm;
    type Input = KeptInput;
    type Settings = KeptSpec;
    type Reply = HelmRegistry;

    fn parts(input: KeptInput) -> (MetaInput, KeptSpec) {
        (input.metadata, input.spec)
    }

    fn parse(settings: KeptSpec, before: Option<&RegistrySpec>) -> Result<RegistrySpec, ApiError> {
        settings.parse(Self::KIND, before)
    }

    fn reply(registry: Registry) -> HelmRegistry {
        let auth = RegistryAuth::of(&registry);
        HelmRegistry::new(registry, auth)
    }

    /// The Terraform provider compares secrets with what it sent, so who may set them is shown them; others see masks.
    async fn reply_to(state: &ApiState, caller: &Caller, registry: Registry) -> Result<HelmRegistry, ApiError> {
        if !state.access.could(caller, MANAGE, &Target::any()).await {
            return Ok(Self::reply(registry));
        }
        let secrets = state.catalog.registry_secrets(caller, &registry.uid).await?;
        let auth = RegistryAuth::in_clear(&registry, &secrets);
        Ok(HelmRegistry::new(registry, auth))
    }

    fn name(settings: &KeptSpec) -> &str {
        &settings.name
    }

    fn wanted_charts(settings: &KeptSpec) -> Vec<WantedChart> {
        settings.wanted_charts()
    }
}

impl HelmRegistry {
    fn new(registry: Registry, auth: RegistryAuth) -> Self {
        Self {
            api_version: "v1",
            kind: "HelmRegistry",
            metadata: metadata(&registry),
            spec: HelmRegistrySpec {
                proxy: ProxyConfiguration::of(&registry),
                endpoint: registry.spec.endpoint,
                auth,
                is_private: registry.spec.is_private,
                name: registry.name,
                registry_uid: registry.uid,
                scope: TENANT,
            },
            status: HelmRegistryStatus { helm_sync_status: registry.sync.into() },
        }
    }
}
