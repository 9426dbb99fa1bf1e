//! Console sessions. Only the digest of a token is stored, so that a copy of the database opens no session.

use super::Identity;
use crate::{AuditEntry, Error, Result, audit, on, unit};

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SessionRow {
    pub principal: String,
    /// The principal's `login_epoch` when it logged in.
    pub epoch: i64,
    pub created_at: i64,
    /// When it was last used, to within the time that its user lets pass between two notes of that.
    pub used_at: i64,
    pub expires_at: i64,
}

const INSERT: &str =
    "INSERT INTO session (digest, principal, epoch, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
/// A session of an older password does not count, whoever was faster.
const GET: &str = "SELECT session.principal, session.epoch, session.created_at,
    COALESCE(session.used_at, session.created_at) AS used_at, session.expires_at
    FROM session JOIN principal ON principal.uid = session.principal AND principal.login_epoch = session.epoch
    WHERE session.digest = $1 AND session.expires_at > $2";
/// Requests of one page come together, and perhaps late.
const USED: &str = "UPDATE session SET used_at = $2 WHERE digest = $1 AND (used_at IS NULL OR used_at < $2)";
const DELETE: &str = "DELETE FROM session WHERE digest = $1";
const SWEEP: &str = "DELETE FROM session WHERE expires_at <= $1";

impl Identity {
    /// `epoch` is the `login_epoch` under which the password was checked. Also sweeps out the expired ones.
    pub async fn create_session(
        &self,
        digest: &str,
        principal: &str,
        epoch: i64,
        expires_at: i64,
        entry: AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sqlx::query(SWEEP).bind(now).execute(&mut *tx).await?;
            sqlx::query(INSERT)
                .bind(digest)
                .bind(principal)
                .bind(epoch)
                .bind(now)
                .bind(expires_at)
                .execute(&mut *tx)
                .await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn session(&self, digest: &str) -> Result<Option<SessionRow>> {
        let now = self.core.now_ms();
        Ok(on!(self.core.db, p => sqlx::query_as(GET).bind(digest).bind(now).fetch_optional(p).await?))
    }

    /// Somebody used the session just now.
    pub async fn use_session(&self, digest: &str) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sqlx::query(USED).bind(digest).bind(now).execute(&mut *tx).await?;
            Ok(())
        })
    }

    pub async fn end_session(&self, digest: &str) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            sqlx::query(DELETE).bind(digest).execute(&mut *tx).await?;
            Ok(())
        })
    }
}
