//! When a registry is synchronised next, and the lease under which that is done.

use crate::catalog::CatalogStore;
use crate::{AuditEntry, Error, Result, audit, on, unit};

/// A registry whose next run is due.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DueRow {
    pub uid: String,
    pub cause: String,
}

const SCHEDULE: &str = "UPDATE remote_registry SET next_run = $2, next_trigger = $3,
    status = CASE WHEN status = 'InProgress' THEN status ELSE 'Pending' END WHERE uid = $1";
const DUE: &str =
    "SELECT uid, next_trigger AS cause FROM remote_registry WHERE next_run <= $1 ORDER BY next_run LIMIT 100";
const BREAK_LEASE: &str = "UPDATE lease SET until = 0, fence = fence + 1 WHERE name = $1 AND until > $2";
const EVENTS: &str = "SELECT id, at, topic, object FROM outbox WHERE topic = $1 ORDER BY id LIMIT $2";

/// The lease of the sync of a registry.
pub fn sync_lease(registry_uid: &str) -> String {
    format!("sync/{registry_uid}")
}

impl CatalogStore {
    /// Makes the next run due at `at`. False when the registry is gone.
    pub async fn schedule(&self, uid: &str, at: i64, cause: &'static str) -> Result<bool> {
        unit!(self.core.db, Error, |tx| {
            Ok(sqlx::query(SCHEDULE).bind(uid).bind(at).bind(cause).execute(&mut *tx).await?.rows_affected() == 1)
        })
    }

    /// Ends the lease of a run that hangs: its holder is fenced off, and the next claim succeeds.
    pub async fn break_lease(&self, name: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sqlx::query(BREAK_LEASE).bind(name).bind(now).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn due(&self) -> Result<Vec<DueRow>> {
        let now = self.core.now_ms();
        Ok(on!(self.core.db, p => sqlx::query_as(DUE).bind(now).fetch_all(p).await?))
    }

    /// The oldest outbox rows of one topic; others are other workers'.
    pub async fn events_of(&self, topic: &str, limit: i64) -> Result<Vec<crate::Event>> {
        Ok(on!(self.core.db, p => sqlx::query_as(EVENTS).bind(topic).bind(limit).fetch_all(p).await?))
    }
}
