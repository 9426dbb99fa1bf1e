//! Projects: the scopes below the tenant that cluster profiles can live in.

use crate::identity::touch;
use crate::{AuditEntry, Core, Error, Result, Store, audit, on, unit};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ProjectRow {
    pub uid: String,
    pub name: String,
    pub description: String,
    /// JSON object of strings.
    pub labels: String,
    /// 1 for the project that every installation has, which cannot be deleted.
    pub is_default: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

const INSERT: &str = "INSERT INTO project (uid, name, description, labels, is_default, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ENSURE: &str = "INSERT INTO project (uid, name, description, labels, is_default, created_at, updated_at)
    SELECT $1, $2, $3, $4, 1, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM project WHERE is_default = 1)
    ON CONFLICT (name) DO NOTHING";
const UPDATE: &str = "UPDATE project SET name = $2, description = $3, labels = $4, updated_at = $5 WHERE uid = $1";
const BY_UID: &str =
    "SELECT uid, name, description, labels, is_default, created_at, updated_at FROM project WHERE uid = $1";
const ALL: &str =
    "SELECT uid, name, description, labels, is_default, created_at, updated_at FROM project ORDER BY name, uid";
const DELETE: &str = "DELETE FROM project WHERE uid = $1";
const MACROS_DELETE: &str = "DELETE FROM user_macro WHERE project_uid = $1";
const PROFILES_IN: &str = "SELECT COUNT(*) FROM profile WHERE scope = 'project' AND project_uid = $1";
const PROFILES_DELETE: &str = "DELETE FROM profile WHERE scope = 'project' AND project_uid = $1";

const MEMBERS_IN: &str = "SELECT COUNT(DISTINCT principal) FROM project_role WHERE project_uid = $1";
const MEMBERS_DELETE: &str = "DELETE FROM project_role WHERE project_uid = $1";

/// Units of work on projects.
#[derive(Clone)]
pub struct Projects {
    core: Core,
}

impl Store {
    pub fn projects(&self) -> Projects {
        Projects { core: self.core.clone() }
    }
}

impl Projects {
    /// Makes the default project unless there is one.
    pub async fn ensure_default(&self, row: &ProjectRow) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            sqlx::query(ENSURE)
                .bind(row.uid.as_str())
                .bind(row.name.as_str())
                .bind(row.description.as_str())
                .bind(row.labels.as_str())
                .bind(row.created_at)
                .bind(row.updated_at)
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
    }

    pub async fn create(&self, row: &ProjectRow, entry: &AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        let outcome = unit!(self.core.db, Error, |tx| {
            sqlx::query(INSERT)
                .bind(row.uid.as_str())
                .bind(row.name.as_str())
                .bind(row.description.as_str())
                .bind(row.labels.as_str())
                .bind(row.is_default)
                .bind(row.created_at)
                .bind(row.updated_at)
                .execute(&mut *tx)
                .await?;
            audit!(tx, now, *entry);
            Ok(())
        });
        outcome.map_err(|error| taken(error, &row.name))
    }

    pub async fn update(&self, row: &ProjectRow, entry: &AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        let outcome = unit!(self.core.db, Error, |tx| {
            let written = sqlx::query(UPDATE)
                .bind(row.uid.as_str())
                .bind(row.name.as_str())
                .bind(row.description.as_str())
                .bind(row.labels.as_str())
                .bind(row.updated_at)
                .execute(&mut *tx)
                .await?;
            if written.rows_affected() == 0 {
                return Err(Error::NotFound(format!("project {}", row.uid)));
            }
            audit!(tx, now, *entry);
            Ok(())
        });
        outcome.map_err(|error| taken(error, &row.name))
    }

    pub async fn by_uid(&self, uid: &str) -> Result<Option<ProjectRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(BY_UID).bind(uid).fetch_optional(p).await?))
    }

    pub async fn all(&self) -> Result<Vec<ProjectRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(ALL).fetch_all(p).await?))
    }

    /// Deletes a project, its row first: that waits for profiles being made in it and for roles being given in it. While
    /// there are any that is a `Conflict`, unless `with_everything` takes them along.
    pub async fn delete(&self, uid: &str, with_everything: bool, entry: &AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            if sqlx::query(DELETE).bind(uid).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("project {uid}")));
            }
            if with_everything {
                sqlx::query(PROFILES_DELETE).bind(uid).execute(&mut *tx).await?;
                sqlx::query(MEMBERS_DELETE).bind(uid).execute(&mut *tx).await?;
            }
            let profiles: i64 = sqlx::query_scalar(PROFILES_IN).bind(uid).fetch_one(&mut *tx).await?;
            let members: i64 = sqlx::query_scalar(MEMBERS_IN).bind(uid).fetch_one(&mut *tx).await?;
            if profiles + members > 0 {
                return Err(Error::Conflict(still_holds(profiles, members)));
            }
            sqlx::query(MACROS_DELETE).bind(uid).execute(&mut *tx).await?;
            audit!(tx, now, *entry);
            Ok(())
        })
    }

    /// Cluster profile versions and members of a project.
    pub async fn contents(&self, uid: &str) -> Result<(i64, i64)> {
        let profiles = on!(self.core.db, p => sqlx::query_scalar(PROFILES_IN).bind(uid).fetch_one(p).await?);
        let members = on!(self.core.db, p => sqlx::query_scalar(MEMBERS_IN).bind(uid).fetch_one(p).await?);
        Ok((profiles, members))
    }
}

fn still_holds(profiles: i64, members: i64) -> String {
    let counted = |count: i64, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let parts = [(profiles, "cluster profile version"), (members, "member")];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun)).collect();
    format!("it still holds {}", parts.join(" and "))
}

fn taken(error: Error, name: &str) -> Error {
    if error.is_unique_violation() {
        return Error::AlreadyExists(format!("project {name}"));
    }
    error
}
