//! Pack registries from before OCI.

use super::auth::RegistryAuth;
use super::kept::{self, KeptInput, KeptSpec, Summary};
use super::kind::{self, Called, Kind};
use super::{PACK, READ, RegistrySyncStatus, TENANT, metadata};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::Reply;
use crate::error::ApiError;
use crate::meta::{MetaInput, ObjectMeta, Page};
use crate::operation::{Operations, delete, get, post, put};
use crate::page::Query;
use axum::extract::State;
use packyard_catalog::{Registry, RegistryKind, RegistrySpec};
use serde::Serialize;
use utoipa::ToSchema;

const UID: &str = "/v1/registries/pack/{uid}";

pub(super) fn operations(all: Operations) -> Operations {
    let list_text = "Pack registries by name, and OCI registries that hold packs";
    let all = all
        .on(
            get("/v1/registries/pack", "v1RegistriesPackList", list_text)
                .needs(READ)
                .paged()
                .gives_page::<PackRegistry>(),
            list,
        )
        .on(
            get("/v1/registries/pack/summary", "v1RegistriesPackSummaryList", "Pack registries with their state")
                .needs(READ)
                .paged()
                .gives_page::<Summary>(),
            kept::summaries::<Pack>,
        );
    let called = Called {
        validate: post(
            "/v1/registries/pack/validate",
            "V1RegistriesPackValidate",
            "Whether the settings could be kept",
        ),
        create: post("/v1/registries/pack", "v1RegistriesPackCreate", "Keep a pack registry; nothing is read from it"),
        read: get(UID, "v1RegistriesPackUidGet", "A pack registry"),
        update: put(UID, "v1RegistriesPackUidUpdate", "Change it"),
        remove: delete(UID, "v1RegistriesPackUidDelete", "Forget it"),
    };
    kind::operations::<Pack>(all, called)
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

impl Kind for Pack {
    const KIND: RegistryKind = RegistryKind::Pack;
    type Input = KeptInput;
    type Settings = KeptSpec;
    type Reply = PackRegistry;

    fn parts(input: KeptInput) -> (MetaInput, KeptSpec) {
        (input.metadata, input.spec)
    }

    fn parse(settings: KeptSpec, before: Option<&RegistrySpec>) -> Result<RegistrySpec, ApiError> {
        settings.parse(Self::KIND, before)
    }

    fn reply(registry: Registry) -> PackRegistry {
        PackRegistry {
            api_version: "v1",
            kind: "PackRegistry",
            metadata: metadata(&registry),
            spec: PackRegistrySpec {
                auth: RegistryAuth::of(&registry),
                endpoint: registry.spec.endpoint,
                private: registry.spec.is_private,
                name: registry.name,
                registry_uid: registry.uid,
                scope: TENANT,
            },
            status: PackRegistryStatus { pack_sync_status: registry.sync.into() },
        }
    }

    fn name(settings: &KeptSpec) -> &str {
        &settings.name
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
