//! Which roles a user holds: in the tenant, where they hold for everything, and in single projects.

use super::person::{names, no_person, unmodifiable};
use super::{Iam, IamError, IamFault, keeps_admin};
use crate::policy::{ManagedPolicy, PROJECT_ADMIN, TENANT_ADMIN, managed_policy};
use packyard_store::Error;
use packyard_store::identity::{PrincipalKind, PrincipalRow, ProjectRoles};
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
        let Some(row) = self.find_person(uid).await? else {
            self.may("iam:AttachUserPolicy", &self.arn(PrincipalKind::User, "/", uid)).await?;
            return Err(no_person(uid));
        };
        let before = self.store().policies(uid).await?.attached;
        let arns: BTreeSet<&str> = roles.iter().map(|role| role.arn).collect();
        self.may_change_roles(&row, &before, &arns).await?;
        let loses_admin = before.iter().any(|arn| arn == TENANT_ADMIN) && !arns.contains(TENANT_ADMIN);
        if loses_admin && self.is_caller(&row) {
            return Err(unmodifiable("nobody can take PackyardTenantAdmin from themselves; another administrator can"));
        }
        let had: Vec<_> = before.iter().filter_map(|arn| managed_policy(arn)).collect();
        let facts = json!({ "before": { "roles": names(&had) }, "after": { "roles": names(roles) } });
        let entry = self.audit("packyard:SetRoles", self.arn_of(&row)).detail(facts.to_string());
        let arns: Vec<&str> = arns.into_iter().collect();
        let done = self.changed(self.store().set_attached_policies(uid, &before, &arns, entry).await);
        done.map_err(|error| match error {
            Error::Conflict(_) => {
                unmodifiable("somebody changed the roles of this user meanwhile; look at them and try again")
            }
            error => keeps_admin(error, &row),
        })
    }

    /// Asked about each role that is given or taken, since policies may allow some of them only (`iam:PolicyARN`).
    async fn may_change_roles(&self, row: &PrincipalRow, had: &[String], has: &BTreeSet<&str>) -> Result<(), IamError> {
        let gained = has.iter().copied().filter(|arn| !had.iter().any(|had| had == arn));
        let lost = had.iter().map(String::as_str).filter(|arn| !has.contains(arn));
        let changes =
            gained.map(|arn| ("iam:AttachUserPolicy", arn)).chain(lost.map(|arn| ("iam:DetachUserPolicy", arn)));
        let mut is_same = true;
        for (action, arn) in changes {
            is_same = false;
            self.may_to(action, row, Some(arn)).await?;
        }
        if is_same {
            self.may_to("iam:AttachUserPolicy", row, None).await?;
        }
        Ok(())
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
