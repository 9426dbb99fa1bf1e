//! API keys, as digests.

use crate::identity::{Identity, touch};
use crate::{AuditEntry, Error, Result, audit, on, unit};

#[derive(Clone, sqlx::FromRow)]
pub struct ApiKeyRow {
    pub uid: String,
    pub principal: String,
    pub name: String,
    pub description: String,
    /// Hex SHA-256 of the key, which itself is random enough to need no slower hash.
    pub digest: String,
    active: i64,
    pub expires_at: Option<i64>,
    pub created_at: i64,
}

impl ApiKeyRow {
    pub fn is_active(&self) -> bool {
        self.active != 0
    }
}

pub struct NewApiKey {
    pub principal: String,
    pub name: String,
    pub description: String,
    pub digest: String,
    pub expires_at: Option<i64>,
}

const API_BY_DIGEST: &str = "SELECT uid, principal, name, description, digest, active, expires_at, created_at
    FROM api_key WHERE digest = $1";
const API_BY_UID: &str = "SELECT uid, principal, name, description, digest, active, expires_at, created_at
    FROM api_key WHERE uid = $1";
const API_OF: &str = "SELECT uid, principal, name, description, digest, active, expires_at, created_at
    FROM api_key WHERE principal = $1 ORDER BY created_at, uid";
const API_ALL: &str = "SELECT uid, principal, name, description, digest, active, expires_at, created_at
    FROM api_key ORDER BY created_at, uid";
const API_COUNT: &str = "SELECT COUNT(*) FROM api_key WHERE principal = $1";
const API_INSERT: &str =
    "INSERT INTO api_key (uid, principal, name, description, digest, active, expires_at, created_at)
    VALUES ($1, $2, $3, $4, $5, 1, $6, $7)
    RETURNING uid, principal, name, description, digest, active, expires_at, created_at";
const API_UPDATE: &str = "UPDATE api_key SET name = $2, description = $3, active = $4, expires_at = $5 WHERE uid = $1";
const API_DELETE: &str = "DELETE FROM api_key WHERE uid = $1";

impl Identity {
    pub async fn api_key_with_digest(&self, digest: &str) -> Result<Option<ApiKeyRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(API_BY_DIGEST).bind(digest).fetch_optional(p).await?))
    }

    pub async fn api_key(&self, uid: &str) -> Result<Option<ApiKeyRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(API_BY_UID).bind(uid).fetch_optional(p).await?))
    }

    /// Those of one principal, or of all.
    pub async fn api_keys(&self, principal: Option<&str>) -> Result<Vec<ApiKeyRow>> {
        Ok(match principal {
            Some(principal) => {
                on!(self.core.db, p => sqlx::query_as(API_OF).bind(principal).fetch_all(p).await?)
            }
            None => on!(self.core.db, p => sqlx::query_as(API_ALL).fetch_all(p).await?),
        })
    }

    pub async fn create_api_key(&self, new: NewApiKey, at_most: i64, entry: AuditEntry) -> Result<ApiKeyRow> {
        let now = self.core.now_ms();
        let uid = crate::new_uid();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let count: i64 = sqlx::query_scalar(API_COUNT).bind(&new.principal).fetch_one(&mut *tx).await?;
            if count >= at_most {
                return Err(Error::Conflict(format!("the principal has {count} API keys already")));
            }
            let row = sqlx::query_as(API_INSERT)
                .bind(&uid)
                .bind(&new.principal)
                .bind(&new.name)
                .bind(&new.description)
                .bind(&new.digest)
                .bind(new.expires_at)
                .bind(now)
                .fetch_one(&mut *tx)
                .await?;
            audit!(tx, now, entry);
            Ok(row)
        })
    }

    pub async fn update_api_key(
        &self,
        uid: &str,
        name: &str,
        description: &str,
        active: bool,
        expires_at: Option<i64>,
        entry: AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let done = sqlx::query(API_UPDATE)
                .bind(uid)
                .bind(name)
                .bind(description)
                .bind(i64::from(active))
                .bind(expires_at)
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() == 0 {
                return Err(Error::NotFound(format!("API key {uid}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn delete_api_key(&self, uid: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            if sqlx::query(API_DELETE).bind(uid).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("API key {uid}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }
}
