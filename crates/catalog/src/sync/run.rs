//! One run over one registry: list, compare, fetch what changed, write, record.
//!
//! What ends a run without a change to the catalogue: no connection, no list, a list that is suddenly empty. What ends
//! it early but keeps what was written: too many requests, a registry that no longer answers, a lost lease, the time
//! limit. One tag that cannot be read, for whatever reason, is only that tag's outcome.
//!
//! Runs after pushes go on beside a run over the whole registry, whose lists may be older than the push: what such a run
//! began to read, the other leaves alone (`packyard_store::TagWrite::pushes`).

use super::held::Held;
use super::next::{self, Went};
use super::record::{Aim, Run, Stopped, TAKEN_OVER};
use crate::catalog::Way;
use crate::connect::Connection;
use crate::error::{Doing, Error};
use crate::stored::json;
use crate::{Catalog, RegistrySpec, SyncInterval, Trigger};
use packyard_oci::RepoName;
use packyard_store::{Lease, RegistryRow, RunEnd, RunStart, sync_lease};

const DAY_MS: i64 = 24 * 3600 * 1000;
const STOPS: &str = "the server stops";

#[derive(Debug, Clone)]
pub(crate) enum Scope {
    Whole,
    /// Repositories, because something was pushed to them. Of this very server their lists are believed when empty.
    Pushed(Vec<RepoName>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunEnded {
    Success,
    /// Nothing could be read.
    Failed,
    /// It ended before it was through.
    Stopped,
    /// Another process or task does it, or the server stops.
    Busy,
}

impl Catalog {
    /// Synchronises one registry now. Errors are of our own store; what the registry did wrong is in the record.
    pub(super) async fn run_sync(&self, uid: &str, trigger: Trigger) -> Result<RunEnded, Error> {
        let held = self.claim(&sync_lease(uid)).await.doing("claim a sync")?;
        let Some(held) = held else { return Ok(RunEnded::Busy) };
        let ended = self.run_held(uid, trigger, Scope::Whole, &held).await;
        held.release().await;
        self.sync_ended.notify_waiters();
        ended
    }

    pub(super) async fn claim(&self, lease: &str) -> packyard_store::Result<Option<Held>> {
        let (time, bell) = (self.config.limits.lease_time, self.lease_bell.clone());
        Held::claim(self.store.leases(), lease, &self.holder, time, bell).await
    }

    /// Reads repositories that were pushed to, here or by word of a notification. `held` is the lease of all such runs.
    pub(super) async fn run_push(&self, uid: &str, pushed: Vec<RepoName>, held: &Held) -> Result<RunEnded, Error> {
        let ended = self.run_held(uid, Trigger::Push, Scope::Pushed(pushed), held).await;
        self.sync_ended.notify_waiters();
        ended
    }

    async fn run_held(&self, uid: &str, trigger: Trigger, scope: Scope, held: &Held) -> Result<RunEnded, Error> {
        let store = self.packs_store();
        let row = store.registry(uid).await.doing("read a registry")?.ok_or_else(|| Error::registry_not_found(uid))?;
        let spec = crate::stored::registry(row.clone())?.spec;
        let way = self.way(uid, spec.kind).await?;
        let pushed: Vec<String> = match &scope {
            Scope::Whole => Vec::new(),
            Scope::Pushed(names) => names.iter().map(ToString::to_string).collect(),
        };
        let whole = pushed.is_empty();
        let searched = json(&pushed);
        let start = RunStart { registry_uid: uid, cause: trigger.as_str(), searched: &searched, pushed: &pushed };
        let (id, cut_off) = store.begin_run(&held.lease, start).await.doing("start a sync")?;
        if cut_off {
            tracing::warn!(registry = uid, "the sync before was cut off; starting again");
        }
        let limits = &self.config.limits;
        let aim = self.aim(&row, &spec, trigger, whole);
        let mut run = Run::new(store.clone(), &held.lease, limits, uid, id, aim);
        let (time, limit) = if whole { (limits.run_time, "run_time") } else { (limits.push_time, "push_time") };
        let mut paths = Vec::new();
        let result = match way {
            Err(unusable) => Err(Stopped::new(format!("{}: {}", unusable.field, unusable.message))),
            Ok(way) => {
                paths = way.searched();
                let walk = async {
                    match &way {
                        Way::Registry(connection) => {
                            if whole && asks_who_it_is(connection, trigger) {
                                self.recognise(&held.lease, uid, connection).await?;
                            }
                            run.walk(connection, &scope).await
                        }
                        Way::Repository(repository) => run.walk_index(repository, row.updated).await,
                    }
                };
                let result = tokio::select! {
                    done = tokio::time::timeout(time, walk) => done.unwrap_or_else(|_| {
                        Err(Stopped::new(format!("it took longer than {time:?} (limit {limit})")))
                    }),
                    () = self.stops() => Err(Stopped::new(STOPS)),
                    () = held.lost() => Err(Stopped::new(TAKEN_OVER)),
                };
                (run.counts.requests, run.counts.bytes) = way.meter().read();
                result
            }
        };
        if *self.stopping.borrow() {
            // The record stays open: the process that finds it starts again at once, since the lease is let go.
            return Ok(RunEnded::Busy);
        }
        self.end(run, &row, result, &paths).await
    }

    fn aim(&self, row: &RegistryRow, spec: &RegistrySpec, trigger: Trigger, whole: bool) -> Aim {
        let recheck_ms = i64::try_from(self.config.recheck_tags.as_millis()).unwrap_or(i64::MAX / 4);
        Aim {
            whole,
            holds: spec.holds(),
            // What was pushed to this very server is read from it, and it knows what it has.
            believes_empty: if whole { trigger == Trigger::Force } else { row.is_self != 0 },
            // What was cut off may have been asked for.
            rechecks: trigger != Trigger::Schedule || self.store.core.now_ms() - row.rechecked >= recheck_ms,
        }
    }

    /// When the next run of a registry is due after one that went like this; `None` when none is by itself.
    fn next_run_ms(&self, interval: SyncInterval, went: Went) -> Option<i64> {
        let wait = next::wait(&self.config, interval, went)?;
        Some(self.store.core.now_ms() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2))
    }

    /// The same as if one had just gone well.
    pub(crate) fn next_scheduled_ms(&self, interval: SyncInterval) -> Option<i64> {
        self.next_run_ms(interval, Went::Well)
    }

    pub(super) async fn stops(&self) {
        let mut stopping = self.stopping.subscribe();
        if stopping.wait_for(|stops| *stops).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the registry is this very server. Never by comparing addresses.
    async fn recognise(&self, lease: &Lease, uid: &str, connection: &Connection) -> Result<(), Stopped> {
        let (_, is_self) = self.probe(connection).await.map_err(|e| Stopped::from(&e))?;
        Ok(self.packs_store().set_is_self(lease, uid, is_self).await?)
    }

    async fn end(
        &self,
        mut run: Run<'_>,
        row: &RegistryRow,
        result: Result<(), Stopped>,
        paths: &[String],
    ) -> Result<RunEnded, Error> {
        let result = match run.flush().await {
            Ok(()) => result,
            Err(error) => result.and(Err(error.into())),
        };
        let stopped = result.is_err();
        let asked = result.as_ref().err().and_then(|stopped| stopped.asked);
        let (ok, message) = run.verdict(result);
        let went = match ok {
            true if run.is_all_read() => Went::Well,
            true => Went::Partly,
            false => Went::Failed { before: u32::try_from(row.failures).unwrap_or_default(), asked },
        };
        let saw_all = run.whole && run.overtaken == 0 && run.counts.tags > 0;
        let status_message =
            if ok && !saw_all { run.status_message(paths).await.doing("record a sync")? } else { message.clone() };
        // It may have been changed while the run went.
        let now = run.store.registry(run.uid).await.doing("read a registry")?;
        let interval = crate::stored::interval(now.unwrap_or_else(|| row.clone()).sync_interval);
        let end = RunEnd {
            id: run.id,
            registry_uid: run.uid,
            ok,
            message: &message,
            status_message: &status_message,
            searched: &json(&run.searched),
            near_misses: &json(&run.near_misses),
            counts: &json(&run.counts),
            whole: run.whole,
            next_run: self.next_run_ms(interval, went),
            rechecked: run.rechecks && ok && run.is_all_read(),
            keep: i64::from(self.config.limits.history_runs),
            keep_since: self.store.core.now_ms() - i64::from(self.config.limits.history_days) * DAY_MS,
        };
        tracing::info!(registry = run.uid, ok, message, counts = ?run.counts, "sync ended");
        match run.store.end_run(run.lease, end).await {
            Err(packyard_store::Error::Conflict(_)) => Ok(RunEnded::Busy),
            ended => ended.doing("record a sync").map(|()| match ok {
                true => RunEnded::Success,
                false if stopped => RunEnded::Stopped,
                false => RunEnded::Failed,
            }),
        }
    }
}

/// Which server a registry is does not change by itself: it is asked when somebody wants a sync, and once by each process.
fn asks_who_it_is(connection: &Connection, trigger: Trigger) -> bool {
    !connection.is_amazon() && (connection.is_new || trigger != Trigger::Schedule)
}
