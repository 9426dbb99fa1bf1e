//! Palette's roles are our managed policies: a name for a set of actions, attached to users.

use super::{LIST, directory};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::Reply;
use crate::error::ApiError;
use crate::meta::{DESCRIPTION, Items, ObjectEntity, ObjectMeta};
use crate::operation::{Operations, get};
use crate::path::Path;
use axum::extract::State;
use packyard_access::policy::{ManagedPolicy, managed_policies};
use packyard_profile::Labels;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    all.on(get("/v1/roles", "v1RolesList", "Roles: the managed policies").needs(LIST).gives_items::<Role>(), list)
        .on(get("/v1/roles/{uid}", "v1RolesUidGet", "A role").needs(LIST).gives::<Role>(), read)
        .on(
            get("/v1/users/{uid}/roles", "v1UsersUidRoles", "Roles of a user").needs(LIST).gives::<UserRoles>(),
            of_user,
        )
}

#[derive(Debug, Serialize, ToSchema)]
struct Role {
    metadata: ObjectMeta,
    spec: RoleSpec,
    status: RoleStatus,
}

#[derive(Debug, Serialize, ToSchema)]
struct RoleSpec {
    /// The actions that the policy allows.
    permissions: Vec<String>,
    scope: &'static str,
    r#type: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RoleStatus {
    is_enabled: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct UserRoles {
    roles: Vec<ObjectEntity>,
}

pub(super) fn entity(policy: &ManagedPolicy) -> ObjectEntity {
    ObjectEntity { uid: policy.id.to_owned(), name: policy.name.to_owned() }
}

impl From<&ManagedPolicy> for Role {
    fn from(policy: &ManagedPolicy) -> Self {
        let notes = Labels::from([(DESCRIPTION.to_owned(), policy.description.to_owned())]);
        Self {
            metadata: ObjectMeta::new(policy.id, policy.name).annotations(notes),
            spec: RoleSpec { permissions: allowed(policy.document), scope: "tenant", r#type: "system" },
            status: RoleStatus { is_enabled: true },
        }
    }
}

/// The actions of a document that is one of ours, so that it has no denials and no conditions.
fn allowed(document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let statements = document["Statement"].as_array().cloned().unwrap_or_default();
    let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    });
    actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
}

async fn list() -> Reply<Items<Role>> {
    Reply(Items { items: managed_policies().iter().map(Role::from).collect() })
}

async fn read(Path(uid): Path<String>) -> Result<Reply<Role>, ApiError> {
    let found = managed_policies().iter().find(|policy| policy.id == uid);
    found.map(|policy| Reply(Role::from(policy))).ok_or_else(|| ApiError::not_found("role", &uid))
}

async fn of_user(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<UserRoles>, ApiError> {
    let known = directory::one(&state, &caller, &uid).await?;
    Ok(Reply(UserRoles { roles: known.policies.iter().map(|policy| entity(policy)).collect() }))
}
