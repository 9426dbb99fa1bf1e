//! Inline and attached policies. Documents are kept exactly as typed; whoever writes them has parsed them first.

use super::{Identity, holders, still_held, touch};
use crate::{AuditEntry, Error, Result, audit, on, unit};

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct InlinePolicyRow {
    pub name: String,
    pub document: String,
}

/// Everything that decides a principal's own rights.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    pub inline: Vec<InlinePolicyRow>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// `(project, ARN)` of managed policies that hold in a project only.
    pub in_projects: Vec<(String, String)>,
}

const INLINE: &str = "SELECT name, document FROM inline_policy WHERE principal = $1 ORDER BY name";
const INLINE_PUT: &str = "INSERT INTO inline_policy (principal, name, document) VALUES ($1, $2, $3)
    ON CONFLICT (principal, name) DO UPDATE SET document = excluded.document";
const INLINE_DELETE: &str = "DELETE FROM inline_policy WHERE principal = $1 AND name = $2";
const ATTACHED: &str = "SELECT arn FROM attached_policy WHERE principal = $1 ORDER BY arn";
const ATTACHED_ALL: &str = "SELECT principal, arn FROM attached_policy ORDER BY principal, arn";
const DETACH_ALL: &str = "DELETE FROM attached_policy WHERE principal = $1";
const IN_PROJECTS: &str = "SELECT project_uid, arn FROM project_role WHERE principal = $1 ORDER BY project_uid, arn";
const ATTACH: &str = "INSERT INTO attached_policy (principal, arn, attached_at) VALUES ($1, $2, $3)
    ON CONFLICT (principal, arn) DO NOTHING";
const DETACH: &str = "DELETE FROM attached_policy WHERE principal = $1 AND arn = $2";
const ATTACHMENTS: &str = "SELECT arn, COUNT(*) FROM attached_policy GROUP BY arn";

impl Identity {
    pub async fn policies(&self, principal: &str) -> Result<PolicySet> {
        let inline = on!(self.core.db, p => sqlx::query_as(INLINE).bind(principal).fetch_all(p).await?);
        let attached = on!(self.core.db, p => sqlx::query_scalar(ATTACHED).bind(principal).fetch_all(p).await?);
        let in_projects = on!(self.core.db, p => sqlx::query_as(IN_PROJECTS).bind(principal).fetch_all(p).await?);
        Ok(PolicySet { inline, attached, in_projects })
    }

    /// `(principal, ARN)` of every attached policy, for lists of principals.
    pub async fn attached_policies_of_all(&self) -> Result<Vec<(String, String)>> {
        Ok(on!(self.core.db, p => sqlx::query_as(ATTACHED_ALL).fetch_all(p).await?))
    }

    /// `Conflict` when the principal's inline documents would be longer than `at_most` characters together.
    pub async fn put_inline_policy(
        &self,
        principal: &str,
        name: &str,
        document: &str,
        at_most: usize,
        entry: AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let there: Vec<InlinePolicyRow> = sqlx::query_as(INLINE).bind(principal).fetch_all(&mut *tx).await?;
            let others: usize = there.iter().filter(|row| row.name != name).map(|row| row.document.len()).sum();
            if others + document.len() > at_most {
                return Err(Error::Conflict(format!("{} characters of inline policies", others + document.len())));
            }
            sqlx::query(INLINE_PUT).bind(principal).bind(name).bind(document).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn delete_inline_policy(&self, principal: &str, name: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            if sqlx::query(INLINE_DELETE).bind(principal).bind(name).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("policy {name}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// Attaching what is attached is no error, as in IAM. `Conflict` beyond `at_most` policies.
    pub async fn attach_policy(&self, principal: &str, arn: &str, at_most: usize, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let there: Vec<String> = sqlx::query_scalar(ATTACHED).bind(principal).fetch_all(&mut *tx).await?;
            if there.len() >= at_most && !there.iter().any(|attached| attached == arn) {
                return Err(Error::Conflict(format!("{} attached policies", there.len())));
            }
            sqlx::query(ATTACH).bind(principal).bind(arn).bind(now).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn detach_policy(&self, principal: &str, arn: &str, entry: AuditEntry) -> Result<()> {
        let (now, kept) = (self.core.now_ms(), self.kept);
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let before = holders!(tx, kept);
            if sqlx::query(DETACH).bind(principal).bind(arn).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("policy {arn}")));
            }
            still_held!(tx, kept, before);
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// These managed policies and no others. `Conflict` when those attached are no longer `seen`, by which the caller
    /// judged what changes.
    pub async fn set_attached_policies(
        &self,
        principal: &str,
        seen: &[String],
        arns: &[&str],
        entry: AuditEntry,
    ) -> Result<()> {
        let (now, kept) = (self.core.now_ms(), self.kept);
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let there: Vec<String> = sqlx::query_scalar(ATTACHED).bind(principal).fetch_all(&mut *tx).await?;
            if there != seen {
                return Err(Error::Conflict(format!("{} attached policies, not those that were seen", there.len())));
            }
            let before = holders!(tx, kept);
            sqlx::query(DETACH_ALL).bind(principal).execute(&mut *tx).await?;
            for arn in arns {
                sqlx::query(ATTACH).bind(principal).bind(*arn).bind(now).execute(&mut *tx).await?;
            }
            still_held!(tx, kept, before);
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// How many principals each managed policy is attached to.
    pub async fn attachment_counts(&self) -> Result<Vec<(String, i64)>> {
        Ok(on!(self.core.db, p => sqlx::query_as(ATTACHMENTS).fetch_all(p).await?))
    }
}
