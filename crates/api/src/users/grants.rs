//! Which roles users hold, in the tenant and in projects.

use super::roles::{entity, roles_named};
use super::{LIST, directory};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Done, Payload, Reply};
use crate::error::ApiError;
use crate::meta::ObjectEntity;
use crate::operation::{Operations, get, put};
use crate::path::Path;
use axum::extract::State;
use packyard_access::iam::Membership;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

const TENANT: &str = "/v1/users/{uid}/roles";
const PROJECTS: &str = "/v1/users/{uid}/projects";
const MEMBERS: &str = "/v1/projects/{uid}/users";
const MANAGE: &str = "packyard:ManageMembers";

pub(super) fn operations(all: Operations) -> Operations {
    all.on(get(TENANT, "v1UsersUidRoles", "Roles of a user in the tenant").needs(LIST).gives::<UserRoles>(), of_user)
        .on(
            put(TENANT, "v1UsersUidRolesUpdate", "Give a user these roles in the tenant and no others")
                .needs("iam:AttachUserPolicy")
                .takes::<RoleUids>(),
            set,
        )
        .on(
            get(PROJECTS, "v1UsersProjectRoles", "Roles of a user in projects").needs(LIST).gives::<ProjectRoles>(),
            in_projects,
        )
        .on(
            put(PROJECTS, "v1UsersProjectRolesPut", "Give a user other roles in the projects that are named")
                .needs(MANAGE)
                .takes::<ProjectRolesPatch>(),
            set_in_projects,
        )
        .on(
            put(MEMBERS, "v1ProjectsUidUsersUpdate", "Give a project these members and no others")
                .needs(MANAGE)
                .takes::<ProjectUsers>(),
            set_members,
        )
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserRoles {
    roles: Vec<ObjectEntity>,
    /// Empty: nobody holds roles by a team here.
    inherited_roles: Vec<ObjectEntity>,
}

/// Uids or names of roles.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct RoleUids {
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProjectRoles {
    projects: Vec<UidRoleSummary>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UidRoleSummary {
    uid: String,
    name: String,
    roles: Vec<ObjectEntity>,
    inherited_roles: Vec<ObjectEntity>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ProjectRolesPatch {
    #[serde(default)]
    projects: Vec<ProjectRolesItem>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProjectRolesItem {
    project_uid: String,
    /// None end the membership.
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ProjectUsers {
    #[serde(default)]
    users: Vec<UserRoleMap>,
}

/// A member of a project and the uids or names of its roles there.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserRoleMap {
    user_id: String,
    #[serde(default)]
    roles: Vec<String>,
}

async fn of_user(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<UserRoles>, ApiError> {
    let known = directory::one(&state, &caller, &uid).await?;
    let roles = known.policies.iter().map(|role| entity(role)).collect();
    Ok(Reply(UserRoles { roles, inherited_roles: Vec::new() }))
}

async fn set(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<RoleUids>,
) -> Result<Done, ApiError> {
    state.access.iam(&caller).set_roles(&uid, &roles_named(&body.roles)?).await?;
    Ok(Done)
}

/// Projects that the caller may not see are left out.
async fn in_projects(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<ProjectRoles>, ApiError> {
    let known = directory::one(&state, &caller, &uid).await?;
    let summary = |project: packyard_profile::Project| {
        let roles: Vec<_> = known.roles_in(&project.uid).into_iter().map(entity).collect();
        (!roles.is_empty()).then_some(UidRoleSummary {
            uid: project.uid,
            name: project.name,
            roles,
            inherited_roles: Vec::new(),
        })
    };
    let projects = state.profiles.projects().list(&caller).await?;
    Ok(Reply(ProjectRoles { projects: projects.into_iter().filter_map(summary).collect() }))
}

async fn set_in_projects(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<ProjectRolesPatch>,
) -> Result<Done, ApiError> {
    if body.projects.is_empty() {
        // Nothing to change, but only of a user who is there.
        directory::one(&state, &caller, &uid).await?;
    }
    let mut wanted = Vec::with_capacity(body.projects.len());
    for item in body.projects {
        let roles = roles_named(&item.roles)?;
        wanted.push(Membership { user_uid: uid.clone(), project_uid: item.project_uid, roles });
    }
    state.access.iam(&caller).set_memberships(wanted).await?;
    Ok(Done)
}

async fn set_members(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<ProjectUsers>,
) -> Result<Done, ApiError> {
    let iam = state.access.iam(&caller);
    let mut wanted = BTreeMap::new();
    let members = iam.members(&uid).await?;
    // A project without members is told from one that is not there.
    state.profiles.projects().known(&uid).await?;
    for member in members {
        wanted.insert(member.user_uid, Vec::new());
    }
    for member in body.users {
        wanted.insert(member.user_id, roles_named(&member.roles)?);
    }
    let wanted = wanted.into_iter();
    let wanted = wanted.map(|(user_uid, roles)| Membership { user_uid, project_uid: uid.clone(), roles });
    iam.set_memberships(wanted.collect()).await?;
    Ok(Done)
}

/// The members of a project, for its own reply.
pub(crate) async fn members(
    state: &ApiState,
    caller: &packyard_access::Caller,
    project_uid: &str,
) -> Result<Vec<UserRoleMap>, ApiError> {
    let members = state.access.iam(caller).members(project_uid).await?;
    let roles = |member: &Membership| -> BTreeSet<&str> { member.roles.iter().map(|role| role.id).collect() };
    Ok(members
        .into_iter()
        .map(|member| UserRoleMap {
            roles: roles(&member).into_iter().map(str::to_owned).collect(),
            user_id: member.user_uid,
        })
        .collect())
}
