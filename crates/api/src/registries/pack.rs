//! Pack registries from before OCI.

use super::auth::RegistryAuth;
use super::kept::{self, Kept, KeptInput, KeptSpec, Summary};
use super::{MANAGE, PACK, READ, RegistrySyncStatus, TENANT, metadata};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Reply, Uid};
use crate::error::ApiError;
use crate::meta::{ObjectMeta, Page};
use crate::operation::{Operations, delete, get, post, put};
use crate::page::Query;
use axum::extract::State;
use packyard_catalog::{Registry, RegistryKind};
use serde::Serialize;
use utoipa::ToSchema;

const UID: &str = "/v1/registries/pack/{uid}";

pub(super) fn operations(all: Operations) -> Operations {
    let list_text = "Pack registries by name, and OCI registries that hold packs";
    all.on(
        get("/v1/registries/pack", "v1RegistriesPackList", list_text).needs(READ).paged().gives_page::<PackRegistry>(),
        list,
    )
    .on(
        post("/v1/registries/pack", "v1RegistriesPackCreate", "Keep a pack registry; nothing is read from it")
            .needs(MANAGE)
            .takes::<KeptInput>()
            .gives::<Uid>(),
        kept::create::<Pack>,
    )
    .on(
        get("/v1/registries/pack/summary", "v1RegistriesPackSummaryList", "Pack registries with their state")
            .needs(READ)
            .paged()
            .gives_page::<Summary>(),
        kept::summaries::<Pack>,
    )
    .on(
        post("/v1/registries/pack/validate", "V1RegistriesPackValidate", "Whether the settings could be kept")
            .needs(MANAGE)
            .status(204)
            .takes::<KeptSpec>(),
        kept::validate::<Pack>,
    )
    .on(get(UID, "v1RegistriesPackUidGet", "A pack registry").needs(READ).gives::<PackRegistry>(), kept::read::<Pack>)
    .on(put(UID, "v1RegistriesPackUidUpdate", "Change it").needs(MANAGE).takes::<KeptInput>(), kept::update::<Pack>)
    .on(delete(UID, "v1RegistriesPackUidDelete", "Forget it").needs(MANAGE), kept::remove::<Pack>)
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackRegistry {
    api_version: &'static str,
    kind: &'static str,
    metadata: ObjectMeta,
    spec: PackRegistrySpec,
    status: PackRegistryStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackRegistrySpec {
    endpoint: String,
    auth: RegistryAuth,
    private: bool,
    name: String,
    registry_uid: String,
    scope: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackRegistryStatus {
    pack_sync_status: RegistrySyncStatus,
}

pub(super) struct Pack;

impl Kept for Pack {
    const KIND: RegistryKind = RegistryKind::Pack;
    type Reply = PackRegistry;

    fn reply(registry: Registry, auth: RegistryAuth) -> PackRegistry {
        PackRegistry {
            api_version: "v1",
            kind: "PackRegistry",
            metadata: metadata(&registry),
            spec: PackRegistrySpec {
                endpoint: registry.spec.endpoint,
                auth,
                private: registry.spec.is_private,
                name: registry.name,
                registry_uid: registry.uid,
                scope: TENANT,
            },
            status: PackRegistryStatus { pack_sync_status: registry.sync.into() },
        }
    }
}

/// Those of the kind first, then OCI registries of packs: a profile's pack that names its registry and no type is looked
/// up in this list only.
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
) -> Result<Reply<Page<PackRegistry>>, ApiError> {
    let registries = state.catalog.registries(&caller).await?;
    let (mut found, others): (Vec<_>, Vec<_>) =
        registries.into_iter().partition(|registry| registry.spec.kind == Pack::KIND);
    found.extend(others.into_iter().filter(|other| other.spec.kind.is_oci() && other.spec.provider_type == PACK));
    kept::page::<Pack>(found, &query)
}
