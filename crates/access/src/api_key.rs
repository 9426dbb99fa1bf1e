//! API keys of `/v1`: credentials of a principal, shown once, stored as digests.

use crate::denied::Denied;
use crate::principal::{Caller, Peer, Proof, Target};
use crate::sigv4::sha256_hex;
use crate::subjects::ApiKeyBy;
use crate::{Access, LoginError};
use chrono::{DateTime, SecondsFormat};
use packyard_oci::hex;
use packyard_store::identity::{ApiKeyRow, NewApiKey};
use packyard_store::{AuditEntry, Error, random_bytes};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// One's own keys; those of others need [`MANAGE_USERS`] too.
const MANAGE_KEYS: &str = "packyard:ManageApiKeys";
const MANAGE_USERS: &str = "packyard:ManageUsers";

/// A key as lists show it: without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub uid: String,
    pub name: String,
    pub description: String,
    pub user_uid: String,
    pub active: bool,
    pub created_at_ms: i64,
    pub expires_at_ms: Option<i64>,
}

impl ApiKey {
    /// What the audit log keeps of it.
    fn facts(&self) -> Value {
        let expires = self.expires_at_ms.and_then(DateTime::from_timestamp_millis);
        let expires = expires.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        json!({ "name": self.name, "description": self.description, "active": self.active, "expires": expires })
    }
}

impl From<&ApiKeyRow> for ApiKey {
    fn from(row: &ApiKeyRow) -> Self {
        Self {
            uid: row.uid.clone(),
            name: row.name.clone(),
            description: row.description.clone(),
            user_uid: row.principal.clone(),
            active: row.is_active(),
            created_at_ms: row.created_at,
            expires_at_ms: row.expires_at,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct NewApiKeyRequest {
    pub name: String,
    pub description: String,
    /// `None`: the caller's own.
    pub user_uid: Option<String>,
    pub expires_at_ms: Option<i64>,
}

/// What to change; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub active: Option<bool>,
    /// `Some(None)`: never expires.
    pub expires_at_ms: Option<Option<i64>>,
}

pub struct IssuedApiKey {
    pub key: ApiKey,
    /// Shown now and never again.
    pub secret: SecretString,
}

#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    #[error("{0}")]
    Denied(#[from] Denied),
    #[error("there is no API key {0}")]
    NotFound(String),
    #[error("there is no user {0}")]
    NoUser(String),
    #[error("{0}")]
    Invalid(String),
    #[error("the server could not read or write API keys; try again")]
    Unavailable(#[source] Error),
}

impl From<Error> for ApiKeyError {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict(why) => Self::Invalid(format!("{why}; delete one first")),
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "API keys could not be read or written");
                Self::Unavailable(error)
            }
        }
    }
}

impl Access {
    /// The value of an `ApiKey` header.
    pub async fn api_key(&self, key: &str, peer: Peer) -> Result<Caller, LoginError> {
        let digest = sha256_hex(key.as_bytes());
        let row = self.inner.subjects.api_key(ApiKeyBy::Digest(&digest)).await?.ok_or(LoginError::Wrong)?;
        self.caller(&row.principal, Proof::ApiKey { uid: row.uid.clone() }, None, peer).await
    }

    pub(crate) fn usable(&self, key: &ApiKeyRow) -> Result<(), LoginError> {
        if key.expires_at.is_some_and(|expires_at| expires_at <= self.now_ms()) {
            return Err(LoginError::Expired);
        }
        if key.is_active() { Ok(()) } else { Err(LoginError::Disabled) }
    }

    /// The keys the caller may manage: everybody's for those who manage users, else their own.
    pub async fn list_api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>, ApiKeyError> {
        self.may(caller, MANAGE_KEYS, &Target::any()).await?;
        let all = self.could(caller, MANAGE_USERS, &Target::any()).await;
        let owner = (!all).then_some(caller.principal.uid.as_str());
        Ok(self.inner.identity.api_keys(owner).await?.iter().map(ApiKey::from).collect())
    }

    pub async fn find_api_key(&self, caller: &Caller, uid: &str) -> Result<ApiKey, ApiKeyError> {
        Ok(ApiKey::from(&self.managed_key(caller, uid).await?))
    }

    pub async fn create_api_key(&self, caller: &Caller, new: NewApiKeyRequest) -> Result<IssuedApiKey, ApiKeyError> {
        let owner = new.user_uid.as_deref().unwrap_or(&caller.principal.uid);
        self.may_manage(caller, owner).await?;
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > 128 {
            return Err(ApiKeyError::Invalid("an API key needs a name of 1 to 128 characters".into()));
        }
        if new.expires_at_ms.is_some_and(|at| at <= self.now_ms()) {
            return Err(ApiKeyError::Invalid("the expiry of the API key is in the past".into()));
        }
        let subject = self.inner.subjects.by_uid(owner).await?.ok_or_else(|| ApiKeyError::NoUser(owner.to_owned()))?;
        let secret = SecretString::from(hex(random_bytes::<32>()));
        let row = NewApiKey {
            principal: owner.to_owned(),
            name: name.to_owned(),
            description: new.description,
            digest: sha256_hex(secret.expose_secret().as_bytes()),
            expires_at: new.expires_at_ms,
        };
        let entry = AuditEntry::new(caller.arn(), "packyard:CreateApiKey", subject.arn()).detail(name);
        let row = self.inner.identity.create_api_key(row, self.inner.config.max_api_keys_per_user, entry).await;
        self.inner.subjects.forget();
        Ok(IssuedApiKey { key: ApiKey::from(&row?), secret })
    }

    pub async fn change_api_key(&self, caller: &Caller, uid: &str, change: ApiKeyChange) -> Result<(), ApiKeyError> {
        let before = ApiKey::from(&self.managed_key(caller, uid).await?);
        let after = ApiKey {
            name: change.name.unwrap_or_else(|| before.name.clone()),
            description: change.description.unwrap_or_else(|| before.description.clone()),
            active: change.active.unwrap_or(before.active),
            expires_at_ms: change.expires_at_ms.unwrap_or(before.expires_at_ms),
            ..before.clone()
        };
        let detail = json!({ "before": before.facts(), "after": after.facts() });
        let entry = AuditEntry::new(caller.arn(), "packyard:UpdateApiKey", uid).detail(detail.to_string());
        let ApiKey { name, description, active, expires_at_ms, .. } = &after;
        let done = self.inner.identity.update_api_key(uid, name, description, *active, *expires_at_ms, entry).await;
        self.inner.subjects.forget();
        done.map_err(|error| gone(error, uid))
    }

    pub async fn delete_api_key(&self, caller: &Caller, uid: &str) -> Result<(), ApiKeyError> {
        let before = ApiKey::from(&self.managed_key(caller, uid).await?);
        let detail = json!({ "before": before.facts(), "after": null });
        let entry = AuditEntry::new(caller.arn(), "packyard:DeleteApiKey", uid).detail(detail.to_string());
        let done = self.inner.identity.delete_api_key(uid, entry).await;
        self.inner.subjects.forget();
        done.map_err(|error| gone(error, uid))
    }

    async fn managed_key(&self, caller: &Caller, uid: &str) -> Result<ApiKeyRow, ApiKeyError> {
        let row = self.inner.identity.api_key(uid).await?.ok_or_else(|| ApiKeyError::NotFound(uid.to_owned()))?;
        self.may_manage(caller, &row.principal).await?;
        Ok(row)
    }

    async fn may_manage(&self, caller: &Caller, owner: &str) -> Result<(), Denied> {
        self.may(caller, MANAGE_KEYS, &Target::any()).await?;
        if owner == caller.principal.uid {
            return Ok(());
        }
        self.may(caller, MANAGE_USERS, &Target::any()).await
    }
}

/// Somebody else deleted it meanwhile.
fn gone(error: Error, uid: &str) -> ApiKeyError {
    match error {
        Error::NotFound(_) => ApiKeyError::NotFound(uid.to_owned()),
        error => error.into(),
    }
}
