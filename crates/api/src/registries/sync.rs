//! Sync, and its status. Clients ask for the status on the path of another kind (`basic` for ECR, `pack` and `helm`
//! for OCI), so every path answers for every kind.

use super::{READ, RegistrySyncStatus, SYNC};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Accepted, Reply};
use crate::error::ApiError;
use crate::operation::{Operations, get, post};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;

pub(super) fn operations(all: Operations) -> Operations {
    let paths = [
        ("/v1/registries/oci/{uid}/basic/sync", "v1BasicOciRegistriesUidSync"),
        ("/v1/registries/oci/{uid}/ecr/sync", "v1EcrRegistriesUidSync"),
        ("/v1/registries/pack/{uid}/sync", "v1RegistriesPackUidSync"),
        ("/v1/registries/helm/{uid}/sync", "v1RegistriesHelmUidSync"),
    ];
    let all = paths.into_iter().fold(all, |all, (path, id)| {
        let operation = post(path, id, "Synchronise now, in the background").needs(SYNC).status(202);
        all.on(operation.query("forceSync", "boolean", "End one that hangs, and believe an empty list."), start)
    });
    let paths = [
        ("/v1/registries/oci/{uid}/basic/sync/status", "v1BasicOciRegistriesUidSyncStatus"),
        ("/v1/registries/oci/{uid}/ecr/sync/status", "v1EcrRegistriesUidSyncStatus"),
        ("/v1/registries/pack/{uid}/sync/status", "v1RegistriesPackUidSyncStatus"),
        ("/v1/registries/helm/{uid}/sync/status", "v1RegistriesHelmUidSyncStatus"),
    ];
    paths.into_iter().fold(all, |all, (path, id)| {
        all.on(get(path, id, "How the last sync went").needs(READ).gives::<RegistrySyncStatus>(), status)
    })
}

async fn start(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
) -> Result<Accepted, ApiError> {
    state.catalog.sync_registry(&caller, &uid, query.flag("forceSync")?).await?;
    Ok(Accepted)
}

async fn status(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<RegistrySyncStatus>, ApiError> {
    Ok(Reply(state.catalog.sync_status(&caller, &uid).await?.into()))
}
