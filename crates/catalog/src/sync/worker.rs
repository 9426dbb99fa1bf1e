//! When syncs run: those that are due, those that were cut off. What is pushed to this server is `pushes`' matter.

use crate::error::{Doing, Error};
use crate::{Catalog, Trigger};
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// How often the schedule is looked at when nobody rings.
const TICK: Duration = Duration::from_secs(1);
/// How long a stopping server waits for runs to let go of their leases.
const LET_GO: Duration = Duration::from_secs(3);

/// The registries whose syncs this process runs now, and the task of each.
type Running = HashMap<String, Id>;

impl Catalog {
    /// Runs syncs until `shutdown`; one call a process. Runs that are cut off are taken up by the next process.
    pub async fn run_workers(self, shutdown: impl Future<Output = ()> + Send) {
        let mut runs = JoinSet::new();
        let catalog = self.clone();
        let pushes = tokio::spawn(async move { catalog.follow_pushes().await });
        tokio::select! {
            () = shutdown => {}
            () = self.follow_schedule(&mut runs) => {}
        }
        self.stopping.send_replace(true);
        let let_go = async {
            while runs.join_next().await.is_some() {}
            let _ = pushes.await;
        };
        let _ = tokio::time::timeout(LET_GO, let_go).await;
    }

    async fn follow_schedule(&self, runs: &mut JoinSet<()>) {
        let mut running = Running::new();
        loop {
            if let Err(error) = self.start_due(runs, &mut running).await {
                tracing::error!(error = ?error, "the schedule of syncs could not be read");
            }
            tokio::select! {
                () = self.due_bell.notified() => {}
                () = tokio::time::sleep(TICK) => {}
                Some(ended) = runs.join_next_with_id(), if !running.is_empty() => {
                    let task = match ended {
                        Ok((task, ())) => task,
                        Err(error) => {
                            tracing::error!(%error, "a sync did not end well");
                            error.id()
                        }
                    };
                    running.retain(|_, of| *of != task);
                }
            }
        }
    }

    async fn start_due(&self, runs: &mut JoinSet<()>, running: &mut Running) -> Result<(), Error> {
        let store = self.packs_store();
        for uid in store.stranded().await.doing("look for syncs that were cut off")? {
            if !running.contains_key(&uid) {
                let now = self.store.core.now_ms();
                store.schedule(&uid, now, Trigger::Resume.as_str()).await.doing("schedule a sync")?;
            }
        }
        for due in store.due().await.doing("look for syncs that are due")? {
            if running.len() >= self.config.limits.parallel_runs.max(1) {
                break;
            }
            if running.contains_key(&due.uid) {
                continue;
            }
            let (catalog, uid) = (self.clone(), due.uid.clone());
            let run = runs.spawn(async move {
                if let Err(error) = catalog.run_sync(&due.uid, Trigger::parse(&due.cause)).await {
                    tracing::error!(registry = due.uid, error = ?error, "a sync could not run");
                }
            });
            running.insert(uid, run.id());
        }
        Ok(())
    }
}
