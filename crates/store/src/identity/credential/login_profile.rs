//! Passwords, as digests.

use crate::identity::{Identity, touch};
use crate::{AuditEntry, Error, Result, audit, on, unit};

/// The password of a principal: its console login and its registry login.
#[derive(Clone, sqlx::FromRow)]
pub struct LoginProfileRow {
    /// A PHC string.
    pub hash: String,
    reset: i64,
    pub created_at: i64,
    /// When this password was set, or was made one to be changed; `None` where an older server did that.
    pub set_at: Option<i64>,
}

impl LoginProfileRow {
    pub fn reset_required(&self) -> bool {
        self.reset != 0
    }
}

const LOGIN: &str = "SELECT hash, reset, created_at, set_at FROM login_profile WHERE principal = $1";
const LOGIN_INSERT: &str =
    "INSERT INTO login_profile (principal, hash, reset, created_at, set_at) VALUES ($1, $2, $3, $4, $4)";
const LOGIN_UPDATE: &str = "UPDATE login_profile SET hash = $2, reset = $3, set_at = $4 WHERE principal = $1";
const LOGIN_DATE: &str = "UPDATE login_profile SET set_at = $1 WHERE set_at IS NULL AND reset <> 0";
const LOGIN_DELETE: &str = "DELETE FROM login_profile WHERE principal = $1";
const NEXT_EPOCH: &str = "UPDATE principal SET login_epoch = login_epoch + 1 WHERE uid = $1";
const END_SESSIONS: &str = "DELETE FROM session WHERE principal = $1";

impl Identity {
    pub async fn login_profile(&self, principal: &str) -> Result<Option<LoginProfileRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(LOGIN).bind(principal).fetch_optional(p).await?))
    }

    pub async fn create_login_profile(
        &self,
        principal: &str,
        hash: &str,
        reset: bool,
        entry: AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let there: Option<LoginProfileRow> = sqlx::query_as(LOGIN).bind(principal).fetch_optional(&mut *tx).await?;
            if there.is_some() {
                return Err(Error::AlreadyExists(format!("the login profile of principal {principal}")));
            }
            sqlx::query(LOGIN_INSERT)
                .bind(principal)
                .bind(hash)
                .bind(i64::from(reset))
                .bind(now)
                .execute(&mut *tx)
                .await?;
            sqlx::query(NEXT_EPOCH).bind(principal).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// Ends the principal's sessions: whoever knew the old password is out.
    pub async fn update_login_profile(
        &self,
        principal: &str,
        hash: &str,
        reset: bool,
        entry: AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let done = sqlx::query(LOGIN_UPDATE)
                .bind(principal)
                .bind(hash)
                .bind(i64::from(reset))
                .bind(now)
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() == 0 {
                return Err(Error::NotFound(format!("the login profile of principal {principal}")));
            }
            sqlx::query(NEXT_EPOCH).bind(principal).execute(&mut *tx).await?;
            sqlx::query(END_SESSIONS).bind(principal).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// One-time passwords of which nobody knows since when they are there count from now on.
    pub async fn date_one_time_passwords(&self) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sqlx::query(LOGIN_DATE).bind(now).execute(&mut *tx).await?;
            Ok(())
        })
    }

    pub async fn delete_login_profile(&self, principal: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            if sqlx::query(LOGIN_DELETE).bind(principal).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("the login profile of principal {principal}")));
            }
            sqlx::query(NEXT_EPOCH).bind(principal).execute(&mut *tx).await?;
            sqlx::query(END_SESSIONS).bind(principal).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }
}
