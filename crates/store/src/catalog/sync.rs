//! What people decide about the syncs of a registry: how often they run, and that one is to end.

use crate::catalog::{CatalogStore, sync_lease};
use crate::{AuditEntry, Error, Result, audit, unit};

const SET_INTERVAL: &str = "UPDATE remote_registry SET sync_interval = $2 WHERE uid = $1";
/// What was asked for on purpose stays, and a run under way decides about the next one when it ends.
const RESCHEDULE: &str = "UPDATE remote_registry SET next_run = $2, next_trigger = 'schedule'
    WHERE uid = $1 AND status <> 'InProgress' AND next_trigger IN ('schedule', '')";
const FENCE_OFF: &str = "UPDATE lease SET until = 0, fence = fence + 1 WHERE name = $1";
const END_CANCELLED: &str = "UPDATE sync_run SET state = 'cancelled', message = $2, ended = $3
    WHERE registry_uid = $1 AND state = 'running' AND cause <> 'push'";
/// The status is that of the last run: the cancelled one, or the one before a run that had not begun.
const SHOW_CANCELLED: &str = "UPDATE remote_registry SET first_done = 1, next_run = $2, next_trigger = 'schedule',
    status = COALESCE((SELECT CASE WHEN state = 'success' THEN 'Success' ELSE 'Failed' END FROM sync_run
        WHERE registry_uid = $1 AND cause <> 'push' ORDER BY id DESC LIMIT 1), 'Failed'),
    message = COALESCE((SELECT message FROM sync_run
        WHERE registry_uid = $1 AND cause <> 'push' ORDER BY id DESC LIMIT 1), $3)
    WHERE uid = $1 AND (status = 'InProgress' OR (status = 'Pending' AND next_trigger <> 'schedule'))";

impl CatalogStore {
    /// `seconds` between syncs (`None`: the server's setting; 0: never), and when the next one is due by that.
    pub async fn set_sync_interval(
        &self,
        uid: &str,
        seconds: Option<i64>,
        next_run: Option<i64>,
        entry: AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            if sqlx::query(SET_INTERVAL).bind(uid).bind(seconds).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("the registry {uid}")));
            }
            sqlx::query(RESCHEDULE).bind(uid).bind(next_run).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// Ends the run under way, or takes back one that waits: whoever does it is fenced off, and what it wrote stays.
    /// False when there was none.
    pub async fn cancel_sync(
        &self,
        uid: &str,
        message: &str,
        next_run: Option<i64>,
        entry: AuditEntry,
    ) -> Result<bool> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sqlx::query(FENCE_OFF).bind(sync_lease(uid)).execute(&mut *tx).await?;
            sqlx::query(END_CANCELLED).bind(uid).bind(message).bind(now).execute(&mut *tx).await?;
            let shown = sqlx::query(SHOW_CANCELLED).bind(uid).bind(next_run).bind(message).execute(&mut *tx).await?;
            if shown.rows_affected() == 0 {
                return Ok(false);
            }
            audit!(tx, now, entry);
            Ok(true)
        })
    }
}
