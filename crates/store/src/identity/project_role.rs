//! Roles in projects: managed policies that a user holds in one project only.

use super::{Identity, touch};
use crate::{AuditEntry, Error, Result, audit, on, unit};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ProjectRoleRow {
    pub principal: String,
    pub project_uid: String,
    pub arn: String,
}

/// What a user holds in a project from now on; nothing ends the membership.
#[derive(Debug, Clone)]
pub struct ProjectRoles {
    pub principal: String,
    pub project_uid: String,
    pub arns: Vec<&'static str>,
    pub entry: AuditEntry,
}

const OF_ALL: &str = "SELECT principal, project_uid, arn FROM project_role ORDER BY principal, project_uid, arn";
const CLEAR: &str = "DELETE FROM project_role WHERE principal = $1 AND project_uid = $2";
const GIVE: &str = "INSERT INTO project_role (principal, project_uid, arn, given_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (principal, project_uid, arn) DO NOTHING";
/// Holds the row until the commit, so that nobody deletes the project meanwhile.
const CLAIM_PROJECT: &str = "UPDATE project SET updated_at = updated_at WHERE uid = $1";
const IS_USER: &str = "SELECT COUNT(*) FROM principal WHERE uid = $1 AND kind = 'user'";

impl Identity {
    /// Every role of every user in every project.
    pub async fn project_roles_of_all(&self) -> Result<Vec<ProjectRoleRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(OF_ALL).fetch_all(p).await?))
    }

    /// All of them or none. `NotFound` names the user, `NoProject` the project that is not there.
    pub async fn set_project_roles(&self, changes: &[ProjectRoles]) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            for change in changes {
                let (principal, project) = (change.principal.as_str(), change.project_uid.as_str());
                let users: i64 = sqlx::query_scalar(IS_USER).bind(principal).fetch_one(&mut *tx).await?;
                if users == 0 {
                    return Err(Error::NotFound(format!("user {principal}")));
                }
                if sqlx::query(CLAIM_PROJECT).bind(project).execute(&mut *tx).await?.rows_affected() == 0 {
                    return Err(Error::NoProject(project.to_owned()));
                }
                sqlx::query(CLEAR).bind(principal).bind(project).execute(&mut *tx).await?;
                for arn in &change.arns {
                    sqlx::query(GIVE).bind(principal).bind(project).bind(*arn).bind(now).execute(&mut *tx).await?;
                }
                audit!(tx, now, change.entry);
            }
            Ok(())
        })
    }
}
