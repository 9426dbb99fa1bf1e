//! Lists of registries. Clients look names up in them, so they are complete: no pages.

use super::auth::RegistryAuth;
use super::{READ, RegistrySyncStatus, TENANT, metadata};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::Reply;
use crate::error::ApiError;
use crate::meta::{Items, ObjectMeta};
use crate::operation::{Operations, get};
use crate::path::Path;
use axum::extract::State;
use packyard_catalog::Registry;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    all.on(
        get("/v1/registries/metadata", "v1RegistriesMetadata", "Uids and names of the registries of every kind")
            .needs(READ)
            .gives_items::<RegistryMetadata>(),
        names,
    )
    .on(
        get("/v1/registries/oci/summary", "v1OciRegistriesSummary", "OCI registries with the state of their sync")
            .needs(READ)
            .gives_items::<OciRegistry>(),
        summaries,
    )
    .on(
        get("/v1/registries/oci/{uid}", "v1OciRegistriesGet", "An OCI registry of either kind")
            .needs(READ)
            .gives::<OciRegistryEntity>(),
        read,
    )
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegistryMetadata {
    uid: String,
    name: String,
    kind: &'static str,
    scope: &'static str,
    is_private: bool,
    is_default: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct OciRegistry {
    metadata: ObjectMeta,
    spec: OciRegistrySpec,
    status: OciRegistryStatusSummary,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OciRegistrySpec {
    endpoint: String,
    /// basic or ecr.
    registry_type: &'static str,
    provider_type: String,
    is_private: bool,
    scope: &'static str,
    default_region: String,
    contains_spectro_manifest: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct OciRegistryStatusSummary {
    sync: RegistrySyncStatus,
    contents: Contents,
}

/// What of a registry is in the catalogue. Ours, beside Palette's fields; only lists have it, which no plan compares.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RegistryContents)]
pub(super) struct Contents {
    packs: i64,
    versions: i64,
}

impl Contents {
    pub(super) fn of(registry: &Registry) -> Self {
        Self { packs: registry.pack_count, versions: registry.version_count }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OciRegistryEntity {
    r#type: &'static str,
    endpoint: String,
    provider_type: String,
    auth: RegistryAuth,
    default_region: String,
    scope: &'static str,
}

impl From<Registry> for OciRegistry {
    fn from(registry: Registry) -> Self {
        let contents = Contents::of(&registry);
        Self {
            metadata: metadata(&registry),
            spec: OciRegistrySpec {
                endpoint: registry.spec.endpoint,
                registry_type: registry.spec.kind.as_str(),
                provider_type: registry.spec.provider_type,
                is_private: registry.spec.is_private,
                scope: TENANT,
                default_region: registry.spec.default_region,
                contains_spectro_manifest: false,
            },
            status: OciRegistryStatusSummary { sync: registry.sync.into(), contents },
        }
    }
}

async fn names(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Reply<Items<RegistryMetadata>>, ApiError> {
    let registries = state.catalog.registries(&caller).await?;
    let items = registries
        .into_iter()
        .map(|registry| RegistryMetadata {
            uid: registry.uid,
            name: registry.name,
            kind: if registry.spec.kind.is_oci() { "oci" } else { registry.spec.kind.as_str() },
            scope: TENANT,
            is_private: registry.spec.is_private,
            is_default: false,
        })
        .collect();
    Ok(Reply(Items { items }))
}

async fn summaries(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Reply<Items<OciRegistry>>, ApiError> {
    let registries = state.catalog.registries(&caller).await?;
    let oci = registries.into_iter().filter(|registry| registry.spec.kind.is_oci());
    Ok(Reply(Items { items: oci.map(OciRegistry::from).collect() }))
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<OciRegistryEntity>, ApiError> {
    let registry = state.catalog.registry(&caller, &uid).await?;
    if !registry.spec.kind.is_oci() {
        return Err(ApiError::not_found("registry", &uid));
    }
    Ok(Reply(OciRegistryEntity {
        auth: RegistryAuth::of(&registry),
        r#type: registry.spec.kind.as_str(),
        endpoint: registry.spec.endpoint,
        provider_type: registry.spec.provider_type,
        default_region: registry.spec.default_region,
        scope: TENANT,
    }))
}
