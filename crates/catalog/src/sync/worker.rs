//! When syncs run: those that are due, those that were cut off, and one repository at a time after pushes to this server.

use super::held::Held;
use super::run::{RunEnded, Scope};
use crate::error::{Doing, Error};
use crate::{Catalog, Trigger};
use packyard_oci::RepoName;
use packyard_store::Event;
use std::collections::{BTreeSet, HashSet};
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often the schedule is looked at when nobody rings.
const TICK: Duration = Duration::from_secs(1);
/// How often pushes taken by other replicas are looked for.
const OUTBOX_TICK: Duration = Duration::from_millis(400);
/// Events handled together; several pushes to one repository need one look at it.
const EVENTS: i64 = 200;
const OUTBOX_LEASE: &str = "catalog/outbox";
/// Written by the registry in the transaction that changes a manifest or tag; the object is the repository's name.
const TOPIC: &str = "repository";
/// How long a stopping server waits for runs to let go of their leases.
const LET_GO: Duration = Duration::from_secs(3);

impl Catalog {
    /// Runs syncs until `shutdown`; one call a process. Runs that are cut off are taken up by the next process.
    pub async fn run_workers(self, shutdown: impl Future<Output = ()> + Send) {
        let mut runs = JoinSet::new();
        tokio::select! {
            () = shutdown => {}
            () = self.follow_schedule(&mut runs) => {}
            () = self.follow_pushes() => {}
        }
        self.stopping.send_replace(true);
        let _ = tokio::time::timeout(LET_GO, async { while runs.join_next().await.is_some() {} }).await;
    }

    async fn follow_schedule(&self, runs: &mut JoinSet<String>) {
        let mut running = HashSet::new();
        loop {
            if let Err(error) = self.start_due(runs, &mut running).await {
                tracing::error!(error = ?error, "the schedule of syncs could not be read");
            }
            tokio::select! {
                () = self.due_bell.notified() => {}
                () = tokio::time::sleep(TICK) => {}
                Some(ended) = runs.join_next(), if !running.is_empty() => match ended {
                    Ok(uid) => { running.remove(&uid); }
                    // A run that panicked is not known by name; its lease keeps it from running twice.
                    Err(error) => {
                        tracing::error!(%error, "a sync did not end well");
                        running.clear();
                    }
                },
            }
        }
    }

    async fn start_due(&self, runs: &mut JoinSet<String>, running: &mut HashSet<String>) -> Result<(), Error> {
        let store = self.packs_store();
        for uid in store.stranded().await.doing("look for syncs that were cut off")? {
            if !running.contains(&uid) {
                let now = self.store.core.now_ms();
                store.schedule(&uid, now, Trigger::Resume.as_str()).await.doing("schedule a sync")?;
            }
        }
        for due in store.due().await.doing("look for syncs that are due")? {
            if running.len() >= self.config.limits.parallel_runs.max(1) {
                break;
            }
            if running.insert(due.uid.clone()) {
                let catalog = self.clone();
                runs.spawn(async move {
                    if let Err(error) = catalog.run_sync(&due.uid, Trigger::parse(&due.cause), Scope::Whole).await {
                        tracing::error!(registry = due.uid, error = ?error, "a sync could not run");
                    }
                    due.uid
                });
            }
        }
        Ok(())
    }

    async fn follow_pushes(&self) {
        let journal = self.store.journal();
        loop {
            match self.handle_pushes().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!(error = ?error, "pushes could not be followed"),
            }
            let _ = tokio::time::timeout(OUTBOX_TICK, journal.bell()).await;
        }
    }

    /// Handles what has been pushed; true when there may be more.
    async fn handle_pushes(&self) -> Result<bool, Error> {
        let store = self.packs_store();
        if store.events_of(TOPIC, 1).await.doing("follow pushes")?.is_empty() {
            return Ok(false);
        }
        let held = Held::claim(self.store.leases(), OUTBOX_LEASE, &self.holder).await.doing("follow pushes")?;
        let Some(held) = held else { return Ok(false) };
        let events = store.events_of(TOPIC, EVENTS).await.doing("follow pushes")?;
        let handled = self.sync_repositories(&events).await;
        if handled.is_ok() {
            // Only now: a process that dies before does it again.
            self.store.journal().done(&events).await.doing("follow pushes")?;
        }
        held.release().await;
        handled.map(|()| !events.is_empty())
    }

    async fn sync_repositories(&self, events: &[Event]) -> Result<(), Error> {
        let names: BTreeSet<&str> = events.iter().map(|event| event.object.as_str()).collect();
        let rows = self.packs_store().registries().await.doing("read the registries")?;
        for row in rows.into_iter().filter(|row| row.is_self != 0) {
            let uid = row.uid.clone();
            let registry = crate::stored::registry(row)?;
            if !registry.sync.is_sync_supported {
                continue;
            }
            // Settings that cannot be used are said by the next whole run.
            let Ok(Ok(connection)) = self.connection(&uid).await else { continue };
            for name in names.iter().filter(|name| connection.paths.covers(name)) {
                let Ok(name) = name.parse::<RepoName>() else { continue };
                match self.run_sync(&uid, Trigger::Push, Scope::Repository(name)).await {
                    Ok(RunEnded::Success | RunEnded::Failed | RunEnded::Busy) => {}
                    Err(error) if error.is_not_found() => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}
