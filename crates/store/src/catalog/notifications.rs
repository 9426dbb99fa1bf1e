//! Notifications of registered registries: their secrets, as hashes, and what they say was pushed, in the outbox.

use crate::catalog::CatalogStore;
use crate::{AuditEntry, Error, Result, audit, emit, on, unit};

/// Outbox rows of this topic say that a repository of a registered registry is worth a look; [`notified`] reads them.
pub const NOTIFICATION_TOPIC: &str = "notification";

// The columns have the name that they were made with: a better one is no reason for a migration.
const SECRET_HASH: &str = "SELECT hook_hash FROM remote_registry WHERE uid = $1";
const SET_SECRET_HASH: &str = "UPDATE remote_registry SET hook_hash = $2, hook_made = $3 WHERE uid = $1";
const RECEIVED: &str = "UPDATE remote_registry SET hook_used = $2 WHERE uid = $1";

/// Registry uid and repository of an outbox row of [`NOTIFICATION_TOPIC`].
pub fn notified(object: &str) -> (&str, &str) {
    object.split_once('/').unwrap_or((object, ""))
}

impl CatalogStore {
    /// The hash of the secret that the registry's notifications carry.
    pub async fn notification_hash(&self, uid: &str) -> Result<Option<String>> {
        let found: Option<Option<String>> =
            on!(self.core.db, p => sqlx::query_scalar(SECRET_HASH).bind(uid).fetch_optional(p).await?);
        Ok(found.flatten())
    }

    /// Another secret, or none.
    pub async fn set_notification_hash(&self, uid: &str, hash: Option<&str>, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            let changed =
                sqlx::query(SET_SECRET_HASH).bind(uid).bind(hash).bind(hash.map(|_| now)).execute(&mut *tx).await?;
            if changed.rows_affected() == 0 {
                return Err(Error::NotFound(format!("the registry {uid}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// A notification came; `repositories` are to be read.
    pub async fn note_pushes(&self, uid: &str, repositories: &[&str]) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sqlx::query(RECEIVED).bind(uid).bind(now).execute(&mut *tx).await?;
            for repository in repositories {
                emit!(tx, now, NOTIFICATION_TOPIC, format!("{uid}/{repository}"));
            }
            Ok(())
        })
    }
}
