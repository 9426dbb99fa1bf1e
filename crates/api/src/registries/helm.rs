//! Helm repositories over HTTP.

use super::auth::RegistryAuth;
use super::connection::ProxyConfiguration;
use super::kept::{self, Kept, KeptInput, KeptSpec, Summary};
use super::{MANAGE, READ, RegistrySyncStatus, TENANT, metadata, of_kind};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Reply, Uid};
use crate::error::ApiError;
use crate::meta::ObjectMeta;
use crate::operation::{Operations, delete, get, post, put};
use crate::path::Path;
use axum::extract::State;
use packyard_access::Target;
use packyard_catalog::{Registry, RegistryKind};
use serde::Serialize;
use utoipa::ToSchema;

const UID: &str = "/v1/registries/helm/{uid}";

pub(super) fn operations(all: Operations) -> Operations {
    let list_text = "Helm repositories by name";
    all.on(
        get("/v1/registries/helm", "v1RegistriesHelmList", list_text).needs(READ).paged().gives_page::<HelmRegistry>(),
        kept::list::<Helm>,
    )
    .on(
        post(
            "/v1/registries/helm",
            "v1RegistriesHelmCreate",
            "Register a Helm repository, and wait a while for the first sync",
        )
        .needs(MANAGE)
        .takes::<KeptInput>()
        .gives::<Uid>(),
        kept::create::<Helm>,
    )
    .on(
        get("/v1/registries/helm/summary", "v1RegistriesHelmSummaryList", "Helm repositories with their state")
            .needs(READ)
            .paged()
            .gives_page::<Summary>(),
        kept::summaries::<Helm>,
    )
    .on(
        post("/v1/registries/helm/validate", "V1RegistriesHelmValidate", "Try the settings out")
            .needs(MANAGE)
            .status(204)
            .takes::<KeptSpec>(),
        kept::validate::<Helm>,
    )
    .on(get(UID, "v1RegistriesHelmUidGet", "A Helm repository").needs(READ).gives::<HelmRegistry>(), read)
    .on(put(UID, "v1RegistriesHelmUidUpdate", "Change it").needs(MANAGE).takes::<KeptInput>(), kept::update::<Helm>)
    .on(delete(UID, "v1RegistriesHelmUidDelete", "Forget it").needs(MANAGE), kept::remove::<Helm>)
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

impl Kept for Helm {
    const KIND: RegistryKind = RegistryKind::Helm;
    type Reply = HelmRegistry;

    fn reply(registry: Registry, auth: RegistryAuth) -> HelmRegistry {
        HelmRegistry {
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

/// The Terraform provider compares secrets with what it sent, so who may set them is shown them; others see masks.
async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<HelmRegistry>, ApiError> {
    let registry = of_kind(&state, &caller, &uid, Helm::KIND).await?;
    if !state.access.could(&caller, MANAGE, &Target::any()).await {
        return Ok(Reply(Helm::masked(registry)));
    }
    let auth = RegistryAuth::in_clear(&registry, &state.catalog.registry_secrets(&caller, &uid).await?);
    Ok(Reply(Helm::reply(registry, auth)))
}
