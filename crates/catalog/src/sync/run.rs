//! One run over one registry: list, compare, fetch what changed, write, record.
//!
//! What ends a run without a change to the catalogue: no connection, no list, a list that is suddenly empty. What ends
//! it early but keeps what was written: too many requests, a lost lease, the time limit.

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
    /// One repository of this very server, because something was pushed to it. Its list is believed when empty.
    Repository(RepoName),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunEnded {
    Success,
    Failed,
    /// Another process or task does it.
    Busy,
}

impl Catalog {
    /// Synchronises one registry now. Errors are of our own store; what the registry did wrong is in the record.
    pub(crate) async fn run_sync(&self, uid: &str, trigger: Trigger, scope: Scope) -> Result<RunEnded, Error> {
        let lease = match &scope {
            Scope::Whole => sync_lease(uid),
            Scope::Repository(name) => format!("{}/{name}", sync_lease(uid)),
        };
        let holder = self.holder.to_string();
        let held = Held::claim(self.store.leases(), &lease, &holder).await.doing("claim a sync")?;
        let Some(held) = held else { return Ok(RunEnded::Busy) };
        let ended = self.run_held(uid, trigger, scope, &held).await;
        held.release().await;
        self.sync_ended.notify_waiters();
        ended
    }

    async fn run_held(&self, uid: &str, trigger: Trigger, scope: Scope, held: &Held) -> Result<RunEnded, Error> {
        let store = self.packs_store();
        let connection = self.connection(uid).await?;
        let whole = matches!(scope, Scope::Whole);
        let start = RunStart { registry_uid: uid, cause: trigger.as_str(), searched: "[]", whole };
        let (id, cut_off) = store.begin_run(&held.lease, start).await.doing("start a sync")?;
        if cut_off {
            tracing::warn!(registry = uid, "the sync before was cut off; starting again");
        }
        let believes_empty = !whole || trigger == Trigger::Force;
        let mut run = Run::new(store.clone(), &held.lease, &self.config.limits, uid, id, believes_empty);
        let result = match connection {
            Err(unusable) => Err(Stopped(format!("{}: {}", unusable.field, unusable.message))),
            Ok(connection) => {
                let walk = async {
                    if whole {
                        self.recognise(uid, &connection).await?;
                    }
                    run.walk(&connection, &scope).await
                };
                let result = tokio::select! {
                    done = tokio::time::timeout(self.config.limits.run_time, walk) => done.unwrap_or_else(|_| {
                        Err(Stopped(format!("it took longer than {:?} (limit run_time)", self.config.limits.run_time)))
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
        self.end(run, result, whole).await
    }

    async fn stops(&self) {
        let mut stopping = self.stopping.subscribe();
        if stopping.wait_for(|stops| *stops).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the registry is this very server. Never by comparing addresses.
    async fn recognise(&self, uid: &str, connection: &Connection) -> Result<(), Stopped> {
        connection.meter.request();
        let probe = connection.client.probe().await.map_err(|e| Stopped(told(&e)))?;
        let is_self = probe.packyard_instance.as_deref() == Some(self.config.instance_id.as_str());
        Ok(self.packs_store().set_is_self(uid, is_self).await?)
    }

    async fn end(&self, mut run: Run<'_>, result: Result<(), Stopped>, whole: bool) -> Result<RunEnded, Error> {
        let result = match run.flush().await {
            Ok(()) => result,
            Err(error) => result.and(Err(error.into())),
        };
        let (ok, message) = run.verdict(result);
        let wait = if ok && run.not_read == 0 {
            self.config.sync_interval
        } else {
            self.config.retry_interval.min(self.config.sync_interval)
        };
        let end = RunEnd {
            id: run.id,
            registry_uid: run.uid,
            ok,
            message: &message,
            searched: &json(&run.searched),
            near_misses: &json(&run.near_misses),
            counts: &json(&run.counts),
            whole,
            next_run: self.store.core.now_ms() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2),
            keep: i64::from(self.config.limits.history_runs),
        };
        tracing::info!(registry = run.uid, ok, message, counts = ?run.counts, "sync ended");
        match run.store.end_run(run.lease, end).await {
            Err(packyard_store::Error::Conflict(_)) => Ok(RunEnded::Busy),
            ended => ended.doing("record a sync").map(|()| if ok { RunEnded::Success } else { RunEnded::Failed }),
        }
    }
}
