//! What a principal proves itself with: a password, access keys (secrets sealed), API keys (digests only).

use super::{Identity, touch};
use crate::sealed::sealing;
use crate::{AuditEntry, Error, Result, audit, on, unit};

/// The password of a principal: its console login and its registry login.
#[derive(Clone, sqlx::FromRow)]
pub struct LoginProfileRow {
    /// A PHC string.
    pub hash: String,
    reset: i64,
    pub created_at: i64,
}

impl LoginProfileRow {
    pub fn reset_required(&self) -> bool {
        self.reset != 0
    }
}

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

const LOGIN: &str = "SELECT hash, reset, created_at FROM login_profile WHERE principal = $1";
const LOGIN_INSERT: &str = "INSERT INTO login_profile (principal, hash, reset, created_at) VALUES ($1, $2, $3, $4)";
const LOGIN_UPDATE: &str = "UPDATE login_profile SET hash = $2, reset = $3 WHERE principal = $1";
const LOGIN_DELETE: &str = "DELETE FROM login_profile WHERE principal = $1";
const NEXT_EPOCH: &str = "UPDATE principal SET login_epoch = login_epoch + 1 WHERE uid = $1";
const END_SESSIONS: &str = "DELETE FROM session WHERE principal = $1";

const KEY: &str = "SELECT id, principal, secret, active, created_at FROM access_key WHERE id = $1";
const KEYS: &str =
    "SELECT id, principal, secret, active, created_at FROM access_key WHERE principal = $1 ORDER BY created_at, id";
const KEY_COUNT: &str = "SELECT COUNT(*) FROM access_key WHERE principal = $1";
const KEY_INSERT: &str =
    "INSERT INTO access_key (id, principal, secret, active, created_at) VALUES ($1, $2, $3, 1, $4)";
const KEY_ACTIVE: &str = "UPDATE access_key SET active = $3 WHERE id = $1 AND principal = $2";
const KEY_DELETE: &str = "DELETE FROM access_key WHERE id = $1 AND principal = $2";

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

/// Passwords.
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
            let done =
                sqlx::query(LOGIN_UPDATE).bind(principal).bind(hash).bind(i64::from(reset)).execute(&mut *tx).await?;
            if done.rows_affected() == 0 {
                return Err(Error::NotFound(format!("the login profile of principal {principal}")));
            }
            sqlx::query(NEXT_EPOCH).bind(principal).execute(&mut *tx).await?;
            sqlx::query(END_SESSIONS).bind(principal).execute(&mut *tx).await?;
            audit!(tx, now, entry);
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

/// Access keys.
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

/// API keys.
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
