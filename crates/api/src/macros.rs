//! User macros of the tenant and of projects. Both have the same five operations.

use crate::ApiState;
use crate::auth::{Auth, ProjectScope};
use crate::body::{Done, Payload, Reply};
use crate::error::ApiError;
use crate::operation::{Operations, delete, get, patch, post, put};
use crate::path::Path;
use crate::users::tenant_uid;
use axum::extract::State;
use packyard_access::Caller;
use packyard_profile::{MacroChange, UserMacro};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const READ: &str = "packyard:ReadMacros";
const MANAGE: &str = "packyard:ManageMacros";
const TENANT: &str = "/v1/tenants/{tenantUid}/macros";
const PROJECT: &str = "/v1/projects/{uid}/macros";

const ADD: &str = "Add macros; 422 when one is there already";
const REPLACE: &str = "Replace all macros by these";
const SET: &str = "Give macros that are there new values";
const REMOVE: &str = "Delete macros by name";

pub(crate) fn operations(all: Operations) -> Operations {
    let all = all.on(
        get(
            "/v1/clusterprofiles/macros",
            "v1MacrosList",
            "Macros that a profile may use: the project's and the tenant's",
        )
        .needs(READ)
        .project_scoped()
        .gives::<Macros>(),
        visible,
    );
    let write = |operation: crate::operation::Operation| operation.needs(MANAGE).status(204).takes::<Macros>();
    let all = all
        .on(get(TENANT, "v1TenantsUidMacrosList", "Macros of the tenant").needs(READ).gives::<Macros>(), of_tenant)
        .on(write(post(TENANT, "v1TenantsUidMacrosCreate", ADD)), add_to_tenant)
        .on(write(put(TENANT, "v1TenantsUidMacrosUpdate", REPLACE)), replace_of_tenant)
        .on(write(patch(TENANT, "v1TenantsUidMacrosUpdateByMacroName", SET)), set_of_tenant)
        .on(write(delete(TENANT, "v1TenantsUidMacrosDeleteByMacroName", REMOVE)), remove_of_tenant);
    all.on(get(PROJECT, "v1ProjectsUidMacrosList", "Macros of a project").needs(READ).gives::<Macros>(), of_project)
        .on(write(post(PROJECT, "v1ProjectsUidMacrosCreate", ADD)), add_to_project)
        .on(write(put(PROJECT, "v1ProjectsUidMacrosUpdate", REPLACE)), replace_of_project)
        .on(write(patch(PROJECT, "v1ProjectsUidMacrosUpdateByMacroName", SET)), set_of_project)
        .on(write(delete(PROJECT, "v1ProjectsUidMacrosDeleteByMacroName", REMOVE)), remove_of_project)
}

#[derive(Default, Serialize, Deserialize, ToSchema)]
struct Macros {
    #[serde(default)]
    macros: Vec<Macro>,
}

#[derive(Default, Serialize, Deserialize, ToSchema)]
struct Macro {
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: String,
}

impl From<Vec<UserMacro>> for Macros {
    fn from(found: Vec<UserMacro>) -> Self {
        Self { macros: found.into_iter().map(|one| Macro { name: one.name, value: one.value }).collect() }
    }
}

impl Macros {
    fn given(self) -> Vec<UserMacro> {
        self.macros.into_iter().map(|one| UserMacro { name: one.name, value: one.value }).collect()
    }

    fn names(self) -> Vec<String> {
        self.macros.into_iter().map(|one| one.name).collect()
    }
}

async fn visible(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    ProjectScope(project): ProjectScope,
) -> Result<Reply<Macros>, ApiError> {
    Ok(Reply(state.profiles.macros().visible(&caller, project.as_deref()).await?.into()))
}

async fn of_tenant(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<Macros>, ApiError> {
    known_tenant(&state, &uid).await?;
    Ok(Reply(state.profiles.macros().list(&caller, None).await?.into()))
}

async fn of_project(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<Macros>, ApiError> {
    Ok(Reply(state.profiles.macros().list(&caller, Some(&uid)).await?.into()))
}

/// There is one tenant; another uid names nothing.
async fn known_tenant(state: &ApiState, uid: &str) -> Result<(), ApiError> {
    if tenant_uid(&state.store).await? == uid { Ok(()) } else { Err(ApiError::not_found("tenant", uid)) }
}

async fn change_tenant(state: &ApiState, caller: &Caller, uid: &str, change: MacroChange) -> Result<Done, ApiError> {
    known_tenant(state, uid).await?;
    state.profiles.macros().change(caller, None, change).await?;
    Ok(Done)
}

async fn change_project(state: &ApiState, caller: &Caller, uid: &str, change: MacroChange) -> Result<Done, ApiError> {
    state.profiles.macros().change(caller, Some(uid), change).await?;
    Ok(Done)
}

macro_rules! writers {
    ($($name:ident = $change:ident($variant:ident, $read:ident));+ $(;)?) => {
        $(async fn $name(
            State(state): State<ApiState>,
            Auth(caller): Auth,
            Path(uid): Path<String>,
            Payload(body): Payload<Macros>,
        ) -> Result<Done, ApiError> {
            $change(&state, &caller, &uid, MacroChange::$variant(body.$read())).await
        })+
    };
}
writers! {
    add_to_tenant = change_tenant(Add, given);
    replace_of_tenant = change_tenant(Replace, given);
    set_of_tenant = change_tenant(Set, given);
    remove_of_tenant = change_tenant(Remove, names);
    add_to_project = change_project(Add, given);
    replace_of_project = change_project(Replace, given);
    set_of_project = change_project(Set, given);
    remove_of_project = change_project(Remove, names);
}
