//! What people ask of the syncs of a registry: one now, an end to one, another interval, the history.

use crate::error::{Doing, Error};
use crate::stored::parse_json;
use crate::{Catalog, Outcome, RunState, SyncInterval, SyncRun, SyncState, SyncStatus, TagOutcome, Trigger};
use packyard_access::Caller;
use packyard_store::{AuditEntry, RunRow, sync_lease};

/// Of a run that somebody ended; who it was is in the audit log.
const CANCELLED: &str = "The sync was cancelled; what it had read until then is kept.";

impl Catalog {
    /// Asks for a sync now, in the background. `force` ends one that hangs, and believes a list that is empty.
    pub async fn sync_registry(&self, caller: &Caller, uid: &str, force: bool) -> Result<(), Error> {
        self.may(caller, "packyard:SyncRegistries").await?;
        let found = self.find_registry(uid).await?;
        if let Some(why) = found.why_not_synced() {
            return Err(Error::invalid("isSyncSupported", why));
        }
        let store = self.packs_store();
        let now = self.store.core.now_ms();
        let running_ms = found.sync.last_run_ms.map_or(0, |started| now - started);
        let hangs = found.sync.status == SyncState::InProgress && i128::from(running_ms) > self.force_after_ms();
        if force && hangs {
            let entry = AuditEntry::new(caller.arn(), "RestartSync", &found.name);
            store.break_lease(&sync_lease(uid), entry).await.doing("end a sync that hangs")?;
        }
        let trigger = if force { Trigger::Force } else { Trigger::Demand };
        store.schedule(uid, now, trigger.as_str()).await.doing("schedule a sync")?;
        let entry = AuditEntry::new(caller.arn(), "SyncRegistry", &found.name);
        self.store.journal().audit(entry).await.doing("record who asked for a sync")?;
        self.due_bell.notify_one();
        Ok(())
    }

    pub async fn sync_status(&self, caller: &Caller, uid: &str) -> Result<SyncStatus, Error> {
        Ok(self.registry(caller, uid).await?.sync)
    }

    /// Newest first; `before` is the id of the last run of the page before.
    pub async fn sync_runs(
        &self,
        caller: &Caller,
        uid: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SyncRun>, Error> {
        self.may(caller, "packyard:ReadRegistries").await?;
        let store = self.packs_store();
        let rows = store.runs(uid, before.unwrap_or(i64::MAX), i64::from(limit)).await.doing("read the history")?;
        Ok(rows.into_iter().map(run).collect())
    }

    pub async fn sync_run(&self, caller: &Caller, uid: &str, run_id: i64) -> Result<SyncRun, Error> {
        self.may(caller, "packyard:ReadRegistries").await?;
        self.run_of(uid, run_id).await
    }

    async fn run_of(&self, uid: &str, run_id: i64) -> Result<SyncRun, Error> {
        let found = self.packs_store().run(run_id).await.doing("read the history")?;
        let found = found.filter(|run| run.registry_uid == uid).map(run);
        found.ok_or_else(|| Error::NotFound { what: "sync run", id: run_id.to_string() })
    }

    /// What became of the tags of a run; tags that were as before and have no problem are only counted.
    pub async fn sync_outcomes(
        &self,
        caller: &Caller,
        uid: &str,
        run_id: i64,
        only_problems: bool,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<TagOutcome>, Error> {
        self.may(caller, "packyard:ReadRegistries").await?;
        let store = self.packs_store();
        self.run_of(uid, run_id).await?;
        let (offset, limit) = (i64::from(offset), i64::from(limit));
        let rows = store.outcomes(run_id, only_problems, offset, limit).await.doing("read the history")?;
        let outcomes = rows.into_iter().map(|row| TagOutcome {
            reasons: parse_json(&row.reasons),
            outcome: Outcome::parse(&row.outcome),
            repository: row.repository,
            tag: row.tag,
            digest: row.digest,
            pack_uid: row.pack_uid,
            digest_before: Some(row.digest_before).filter(|digest| !digest.is_empty()),
        });
        Ok(outcomes.collect())
    }

    /// Ends the sync under way, or takes back one that waits. False when there is none.
    pub async fn cancel_sync(&self, caller: &Caller, uid: &str) -> Result<bool, Error> {
        self.may(caller, "packyard:SyncRegistries").await?;
        let found = self.find_registry(uid).await?;
        let entry = AuditEntry::new(caller.arn(), "CancelSync", &found.name);
        let next = self.next_scheduled_ms(found.sync.interval);
        let cancelled = self.packs_store().cancel_sync(uid, CANCELLED, next, entry).await.doing("cancel a sync")?;
        self.lease_bell.notify_waiters();
        self.sync_ended.notify_waiters();
        Ok(cancelled)
    }

    /// How often the registry is synchronised by itself.
    pub async fn set_sync_interval(&self, caller: &Caller, uid: &str, interval: SyncInterval) -> Result<(), Error> {
        self.may(caller, "packyard:ManageRegistries").await?;
        let found = self.find_registry(uid).await?;
        if let Some(why) = found.why_not_synced().filter(|_| interval != SyncInterval::Server) {
            return Err(Error::invalid("intervalSeconds", why));
        }
        let seconds = interval.seconds().map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        let entry = AuditEntry::new(caller.arn(), "SetSyncInterval", &found.name)
            .detail(serde_json::json!({ "before": found.sync.interval.seconds(), "after": seconds }).to_string());
        let next = self.next_scheduled_ms(interval).filter(|_| found.sync.is_sync_supported);
        let store = self.packs_store();
        store.set_sync_interval(uid, seconds, next, entry).await.changing(uid, "set the interval of a registry")
    }

    /// The server's setting; `None` when it synchronises nothing by itself.
    pub fn server_sync_interval(&self) -> Option<std::time::Duration> {
        SyncInterval::Server.time(self.config.sync_interval)
    }

    fn force_after_ms(&self) -> i128 {
        i128::try_from(self.config.force_after.as_millis()).unwrap_or(i128::MAX)
    }
}

fn run(row: RunRow) -> SyncRun {
    SyncRun {
        id: row.id,
        trigger: Trigger::parse(&row.cause),
        state: RunState::parse(&row.state),
        message: row.message,
        started_ms: row.started,
        ended_ms: row.ended,
        searched: parse_json(&row.searched),
        near_misses: parse_json(&row.near_misses),
        counts: parse_json(&row.counts),
        registry_uid: row.registry_uid,
    }
}
