//! Roles that Palette has and we have not: of workspaces, and of resources chosen by tags.
//!
//! Palette's clients read both of every user, whether or not they gave any, and give up on a user whose lists are not
//! there. So the lists are there, and empty. Giving such roles is refused like everything that is not here.

use super::{LIST, directory};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::Reply;
use crate::error::ApiError;
use crate::meta::ObjectEntity;
use crate::operation::{Operations, get};
use crate::path::Path;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    all.on(
        get("/v1/users/{uid}/resourceRoles", "v1UsersUidResourceRoles", "None: roles are not given by resource here")
            .needs(LIST)
            .gives::<ResourceRoles>(),
        of_resources,
    )
    .on(
        get("/v1/workspaces/users/{userUid}/roles", "v1UsersWorkspaceGetRoles", "None: there are no workspaces here")
            .needs(LIST)
            .gives::<WorkspaceScopeRoles>(),
        in_workspaces,
    )
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ResourceRoles {
    resource_roles: Vec<ObjectEntity>,
}

#[derive(Serialize, ToSchema)]
struct WorkspaceScopeRoles {
    projects: Vec<ObjectEntity>,
}

async fn of_resources(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<ResourceRoles>, ApiError> {
    directory::one(&state, &caller, &uid).await?;
    Ok(Reply(ResourceRoles { resource_roles: Vec::new() }))
}

async fn in_workspaces(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<WorkspaceScopeRoles>, ApiError> {
    directory::one(&state, &caller, &uid).await?;
    Ok(Reply(WorkspaceScopeRoles { projects: Vec::new() }))
}
