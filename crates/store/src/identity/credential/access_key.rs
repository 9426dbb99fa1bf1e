//! AWS access keys, their secrets sealed.

use crate::identity::{Identity, touch};
use crate::sealed::sealing;
use crate::{AuditEntry, Error, Result, audit, on, unit};

#[derive(Clone, sqlx::FromRow)]
pub struct AccessKeyRow {
    pub id: String,
    pub principal: String,
    /// Sealed for the place [`AccessKeyRow::place`].
    pub secret: Vec<u8>,
    active: i64,
    pub created_at: i64,
}

impl AccessKeyRow {
    pub fn is_active(&self) -> bool {
        self.active != 0
    }

    /// What the secret is sealed to.
    pub fn place(id: &str) -> String {
        format!("access_key/{id}")
    }
}

pub struct NewAccessKey {
    pub id: String,
    pub principal: String,
    pub sealed_secret: Vec<u8>,
}

const KEY: &str = "SELECT id, principal, secret, active, created_at FROM access_key WHERE id = $1";
const KEYS: &str =
    "SELECT id, principal, secret, active, created_at FROM access_key WHERE principal = $1 ORDER BY created_at, id";
const KEY_COUNT: &str = "SELECT COUNT(*) FROM access_key WHERE principal = $1";
const KEY_INSERT: &str =
    "INSERT INTO access_key (id, principal, secret, active, created_at) VALUES ($1, $2, $3, 1, $4)";
const KEY_ACTIVE: &str = "UPDATE access_key SET active = $3 WHERE id = $1 AND principal = $2";
const KEY_DELETE: &str = "DELETE FROM access_key WHERE id = $1 AND principal = $2";

impl Identity {
    pub async fn access_key(&self, id: &str) -> Result<Option<AccessKeyRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(KEY).bind(id).fetch_optional(p).await?))
    }

    pub async fn access_keys(&self, principal: &str) -> Result<Vec<AccessKeyRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(KEYS).bind(principal).fetch_all(p).await?))
    }

    /// `Conflict` when the principal has `at_most` keys already, `AlreadyExists` when the id is taken.
    pub async fn create_access_key(&self, new: NewAccessKey, at_most: i64, entry: AuditEntry) -> Result<i64> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sealing!(tx, self.core);
            touch!(tx);
            let count: i64 = sqlx::query_scalar(KEY_COUNT).bind(&new.principal).fetch_one(&mut *tx).await?;
            if count >= at_most {
                return Err(Error::Conflict(format!("the principal has {count} access keys already")));
            }
            let same: Option<AccessKeyRow> = sqlx::query_as(KEY).bind(&new.id).fetch_optional(&mut *tx).await?;
            if same.is_some() {
                return Err(Error::AlreadyExists(format!("access key {}", new.id)));
            }
            sqlx::query(KEY_INSERT)
                .bind(&new.id)
                .bind(&new.principal)
                .bind(&new.sealed_secret)
                .bind(now)
                .execute(&mut *tx)
                .await?;
            audit!(tx, now, entry);
            Ok(now)
        })
    }

    /// `NotFound` when this principal has no such key.
    pub async fn set_access_key_active(
        &self,
        principal: &str,
        id: &str,
        active: bool,
        entry: AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let done =
                sqlx::query(KEY_ACTIVE).bind(id).bind(principal).bind(i64::from(active)).execute(&mut *tx).await?;
            if done.rows_affected() == 0 {
                return Err(Error::NotFound(format!("access key {id}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn delete_access_key(&self, principal: &str, id: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            if sqlx::query(KEY_DELETE).bind(id).bind(principal).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("access key {id}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }
}
