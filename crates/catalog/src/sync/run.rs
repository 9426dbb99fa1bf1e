//! One run over one registry: list, compare, fetch what changed, write, record.
//!
//! What ends a run without a change to the catalogue: no connection, no list, a list that is suddenly empty. What ends
//! it early but keeps what was written: too many requests, a registry that no longer answers, a lost lease, the time
//! limit. One tag that cannot be read, for whatever reason, is only that tag's outcome.
//!
//! Runs after pushes go on beside a run over the whole registry, whose lists may be older than the push: what such a run
//! began to read, the other leaves alone (`packyard_store::TagWrite::pushes`).

use super::held::Held;
use super::record::{Run, Stopped};
use crate::connect::Connection;
use crate::error::{Doing, Error};
use crate::hops::told;
use crate::stored::json;
use crate::{Catalog, Trigger};
use packyard_oci::RepoName;
use packyard_store::{RunEnd, RunStart, sync_lease};

const STOPS: &str = "the server stops";

#[derive(Debug, Clone)]
pub(crate) enum Scope {
    Whole,
    /// Repositories of this very server, because something was pushed to them. Their lists are believed when empty.
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
        let holder = self.holder.to_string();
        let held = Held::claim(self.store.leases(), &sync_lease(uid), &holder).await.doing("claim a sync")?;
        let Some(held) = held else { return Ok(RunEnded::Busy) };
        let ended = self.run_held(uid, trigger, Scope::Whole, &held).await;
        held.release().await;
        self.sync_ended.notify_waiters();
        ended
    }

    /// Reads repositories of this very server that were pushed to. `held` is the lease of all such runs.
    pub(super) async fn run_push(&self, uid: &str, pushed: Vec<RepoName>, held: &Held) -> Result<RunEnded, Error> {
        let ended = self.run_held(uid, Trigger::Push, Scope::Pushed(pushed), held).await;
        self.sync_ended.notify_waiters();
        ended
    }

    async fn run_held(&self, uid: &str, trigger: Trigger, scope: Scope, held: &Held) -> Result<RunEnded, Error> {
        let store = self.packs_store();
        let connection = self.connection(uid).await?;
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
        let believes_empty = !whole || trigger == Trigger::Force;
        let limits = &self.config.limits;
        let mut run = Run::new(store.clone(), &held.lease, limits, uid, id, whole, believes_empty);
        let (time, limit) = if whole { (limits.run_time, "run_time") } else { (limits.push_time, "push_time") };
        let mut paths = Vec::new();
        let result = match connection {
            Err(unusable) => Err(Stopped(format!("{}: {}", unusable.field, unusable.message))),
            Ok(connection) => {
                paths = connection.paths.searched();
                let walk = async {
                    if whole {
                        self.recognise(uid, &connection).await?;
                    }
                    run.walk(&connection, &scope).await
                };
                let result = tokio::select! {
                    done = tokio::time::timeout(time, walk) => done.unwrap_or_else(|_| {
                        Err(Stopped(format!("it took longer than {time:?} (limit {limit})")))
                    }),
                    () = self.stops() => Err(Stopped(STOPS.to_owned())),
                    () = held.lost() => Err(Stopped("another process took this run over".to_owned())),
                };
                (run.counts.requests, run.counts.bytes) = connection.meter.read();
                result
            }
        };
        if *self.stopping.borrow() {
            // The record stays open: the process that finds it starts again at once, since the lease is let go.
            return Ok(RunEnded::Busy);
        }
        self.end(run, result, &paths).await
    }

    pub(super) async fn stops(&self) {
        let mut stopping = self.stopping.subscribe();
        if stopping.wait_for(|stops| *stops).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the registry is this very server. Never by comparing addresses.
    async fn recognise(&self, uid: &str, connection: &Connection) -> Result<(), Stopped> {
        let (_, is_self) = self.probe(connection).await.map_err(|e| Stopped(told(&e)))?;
        Ok(self.packs_store().set_is_self(uid, is_self).await?)
    }

    async fn end(&self, mut run: Run<'_>, result: Result<(), Stopped>, paths: &[String]) -> Result<RunEnded, Error> {
        let result = match run.flush().await {
            Ok(()) => result,
            Err(error) => result.and(Err(error.into())),
        };
        let stopped = result.is_err();
        let (ok, message) = run.verdict(result);
        let wait = if ok && run.is_all_read() {
            self.config.sync_interval
        } else {
            self.config.retry_interval.min(self.config.sync_interval)
        };
        let saw_all = run.whole && run.overtaken == 0 && run.counts.tags > 0;
        let status_message =
            if ok && !saw_all { run.status_message(paths).await.doing("record a sync")? } else { message.clone() };
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
            next_run: self.store.core.now_ms() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2),
            keep: i64::from(self.config.limits.history_runs),
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
