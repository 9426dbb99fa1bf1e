//! Which roles a user holds: in the tenant, where they hold for everything, and in single projects.

use super::person::{names, unmodifiable};
use super::{Iam, IamError, IamFault, keeps_admin};
use crate::policy::{ManagedPolicy, PROJECT_ADMIN, TENANT_ADMIN, managed_policy};
use packyard_store::Error;
use packyard_store::identity::ProjectRoles;
use serde_json::json;
use std::collections::BTreeSet;

const READ_PROJECTS: &str = "packyard:ReadProjects";
const MANAGE_MEMBERS: &str = "packyard:ManageMembers";

/// What a user is to hold in a project; no roles end the membership.
#[derive(Debug, Clone)]
pub struct Membership {
    pub user_uid: String,
    pub project_uid: String,
    pub roles: Vec<&'static ManagedPolicy>,
}

impl Iam<'_> {
    /// The roles of the tenant that a user has from now on.
    pub async fn set_roles(&self, uid: &str, roles: &[&'static ManagedPolicy]) -> Result<(), IamError> {
        let row = self.person("iam:AttachUserPolicy", uid).await?;
        self.may_to("iam:DetachUserPolicy", &row, None).await?;
        let before = self.store().policies(uid).await?.attached;
        let arns: BTreeSet<&str> = roles.iter().map(|role| role.arn).collect();
        for gained in arns.iter().filter(|arn| !before.iter().any(|had| had == *arn)) {
            self.may_to("iam:AttachUserPolicy", &row, Some(gained)).await?;
        }
        for lost in before.iter().filter(|arn| !arns.contains(arn.as_str())) {
            self.may_to("iam:DetachUserPolicy", &row, Some(lost)).await?;
        }
        let loses_admin = before.iter().any(|arn| arn == TENANT_ADMIN) && !arns.contains(TENANT_ADMIN);
        if loses_admin && self.is_caller(&row) {
            return Err(unmodifiable("nobody can take PackyardTenantAdmin from themselves; another administrator can"));
        }
        let before: Vec<_> = before.iter().filter_map(|arn| managed_policy(arn)).collect();
        let facts = json!({ "before": { "roles": names(&before) }, "after": { "roles": names(roles) } });
        let entry = self.audit("packyard:SetRoles", self.arn_of(&row)).detail(facts.to_string());
        let arns: Vec<&str> = arns.into_iter().collect();
        let done = self.changed(self.store().set_attached_policies(uid, &arns, entry).await);
        done.map_err(|error| keeps_admin(error, &row))
    }

    /// Who holds roles in a project, by uid.
    pub async fn members(&self, project_uid: &str) -> Result<Vec<Membership>, IamError> {
        self.access.may(self.caller, READ_PROJECTS, &self.access.project(project_uid)).await?;
        let mut members: Vec<Membership> = Vec::new();
        for row in self.store().project_roles_of_all().await?.into_iter().filter(|row| row.project_uid == project_uid) {
            match members.last_mut().filter(|member| member.user_uid == row.principal) {
                Some(member) => member.roles.extend(managed_policy(&row.arn)),
                None => members.push(Membership {
                    user_uid: row.principal,
                    project_uid: row.project_uid,
                    roles: managed_policy(&row.arn).into_iter().collect(),
                }),
            }
        }
        Ok(members)
    }

    /// All of them or none. Whoever may manage the members of a project may give any role that projects have.
    pub async fn set_memberships(&self, wanted: Vec<Membership>) -> Result<(), IamError> {
        for project in wanted.iter().map(|one| one.project_uid.as_str()).collect::<BTreeSet<_>>() {
            self.access.may(self.caller, MANAGE_MEMBERS, &self.access.project(project)).await?;
        }
        let held = self.store().project_roles_of_all().await?;
        let mut changes = Vec::with_capacity(wanted.len());
        for one in wanted {
            if let Some(role) = one.roles.iter().find(|role| !role.in_projects) {
                let text = format!("{} is a role of the whole tenant and cannot be given in one project", role.name);
                return Err(IamError::new(IamFault::ValidationError, text));
            }
            let holds = |arn: &str| held.iter().any(|row| is_of(row, &one) && row.arn == arn);
            let before: Vec<_> =
                held.iter().filter(|row| is_of(row, &one)).filter_map(|row| managed_policy(&row.arn)).collect();
            let keeps_admin = one.roles.iter().any(|role| role.arn == PROJECT_ADMIN);
            if one.user_uid == self.caller.principal.uid && holds(PROJECT_ADMIN) && !keeps_admin {
                self.may_spare_own_role().await?;
            }
            let facts = json!({
                "project": one.project_uid,
                "before": { "roles": names(&before) },
                "after": { "roles": names(&one.roles) },
            });
            let user = self.store().principal(&one.user_uid).await?;
            let object = user.map_or_else(|| one.user_uid.clone(), |row| self.arn_of(&row));
            changes.push(ProjectRoles {
                arns: one.roles.iter().map(|role| role.arn).collect(),
                entry: self.audit("packyard:SetProjectRoles", object).detail(facts.to_string()),
                principal: one.user_uid,
                project_uid: one.project_uid,
            });
        }
        self.changed(self.store().set_project_roles(&changes).await).map_err(|error| match error {
            Error::NotFound(user) => IamError::missing(format!("{user} was not found")),
            Error::NoProject(uid) => IamError::missing(format!("project {uid} was not found")),
            error => error.into(),
        })
    }

    /// Somebody who manages members everywhere does not need the role in the project.
    async fn may_spare_own_role(&self) -> Result<(), IamError> {
        if self.access.could(self.caller, MANAGE_MEMBERS, &self.access.tenant()).await {
            return Ok(());
        }
        Err(unmodifiable("nobody can take PackyardProjectAdmin from themselves; another administrator can"))
    }
}

fn is_of(row: &packyard_store::identity::ProjectRoleRow, one: &Membership) -> bool {
    row.principal == one.user_uid && row.project_uid == one.project_uid
}
