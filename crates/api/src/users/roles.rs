//! Palette's roles are our managed policies: a name for a set of actions, attached to users.

use super::LIST;
use crate::body::Reply;
use crate::error::ApiError;
use crate::meta::{DESCRIPTION, Items, ObjectEntity, ObjectMeta};
use crate::operation::{Operations, get};
use crate::path::Path;
use packyard_access::policy::{ManagedPolicy, managed_policies};
use packyard_profile::Labels;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    all.on(get("/v1/roles", "v1RolesList", "Roles: the managed policies").needs(LIST).gives_items::<Role>(), list)
        .on(get("/v1/roles/{uid}", "v1RolesUidGet", "A role").needs(LIST).gives::<Role>(), read)
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
    /// `tenant`, or `all` for a role that can also be held in one project.
    scope: &'static str,
    r#type: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RoleStatus {
    is_enabled: bool,
}

pub(super) fn entity(policy: &ManagedPolicy) -> ObjectEntity {
    ObjectEntity { uid: policy.id.to_owned(), name: policy.name.to_owned() }
}

impl From<&ManagedPolicy> for Role {
    fn from(policy: &ManagedPolicy) -> Self {
        let notes = Labels::from([(DESCRIPTION.to_owned(), policy.description.to_owned())]);
        Self {
            metadata: ObjectMeta::new(policy.id, policy.name).annotations(notes),
            spec: RoleSpec {
                permissions: policy.actions(),
                scope: if policy.in_projects { "all" } else { "tenant" },
                r#type: "system",
            },
            status: RoleStatus { is_enabled: true },
        }
    }
}

/// Roles by uid, name or ARN, each once.
pub(super) fn roles_named(names: &[String]) -> Result<Vec<&'static ManagedPolicy>, ApiError> {
    let mut found: Vec<&'static ManagedPolicy> = Vec::with_capacity(names.len());
    for name in names {
        let is_it = |role: &&ManagedPolicy| [role.id, role.name, role.arn].contains(&name.as_str());
        let Some(role) = managed_policies().iter().find(is_it) else {
            let text = format!("there is no role `{name}`; GET /v1/roles lists them with their uids");
            return Err(ApiError::bad_request("InvalidField", text));
        };
        if !found.contains(&role) {
            found.push(role);
        }
    }
    Ok(found)
}

async fn list() -> Reply<Items<Role>> {
    Reply(Items { items: managed_policies().iter().map(Role::from).collect() })
}

async fn read(Path(uid): Path<String>) -> Result<Reply<Role>, ApiError> {
    let found = managed_policies().iter().find(|policy| policy.id == uid);
    found.map(|policy| Reply(Role::from(policy))).ok_or_else(|| ApiError::not_found("role", &uid))
}
