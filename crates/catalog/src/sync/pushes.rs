//! Following what is pushed: to this server, whose registry writes an outbox row with each change, and the repositories
//! concerned are read in the registries that are this very server; and to other registries, as their notifications say.
//!
//! One process does it at a time, under a lease that all its runs write under. Registries do not wait for each other, and
//! one that does not answer in time is left to its whole run.

use super::held::Held;
use super::lanes::Lanes;
use super::run::RunEnded;
use crate::Catalog;
use crate::error::{Doing, Error};
use crate::paths::BasePaths;
use packyard_oci::RepoName;
use packyard_store::registry::TOPIC_REPOSITORY;
use packyard_store::{Event, NOTIFICATION_TOPIC, notified};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often pushes taken by other replicas are looked for.
const OUTBOX_TICK: Duration = Duration::from_millis(400);
/// New events taken up together.
const EVENTS: usize = 500;
const OUTBOX_LEASE: &str = "catalog/outbox";

/// A run that is through: registry, repositories, and how it went.
type Ended = (String, Vec<RepoName>, Result<RunEnded, Error>);

impl Catalog {
    /// Follows pushes until the catalogue stops.
    pub(super) async fn follow_pushes(&self) {
        let journal = self.store.journal();
        while !*self.stopping.borrow() {
            if let Err(error) = self.handle_pushes().await {
                tracing::error!(error = ?error, "pushes could not be followed");
            }
            tokio::select! {
                () = journal.bell() => {}
                () = tokio::time::sleep(OUTBOX_TICK) => {}
                () = self.stops() => {}
            }
        }
    }

    /// Handles what has been pushed, until nothing is left.
    async fn handle_pushes(&self) -> Result<(), Error> {
        let store = self.packs_store();
        let mut is_quiet = true;
        for topic in [TOPIC_REPOSITORY, NOTIFICATION_TOPIC] {
            is_quiet &= store.events_of(topic, 1).await.doing("follow pushes")?.is_empty();
        }
        if is_quiet {
            return Ok(());
        }
        let held = self.claim(OUTBOX_LEASE).await.doing("follow pushes")?;
        let Some(held) = held else { return Ok(()) };
        let held = Arc::new(held);
        let mut runs = JoinSet::new();
        let handled = match store.interrupt_pushes(&held.lease).await.doing("follow pushes") {
            Ok(()) => self.handle_held(&held, &mut runs).await,
            Err(error) => Err(error),
        };
        // Runs that are still under way write under this lease.
        while runs.join_next().await.is_some() {}
        held.release().await;
        handled
    }

    async fn handle_held(&self, held: &Arc<Held>, runs: &mut JoinSet<Ended>) -> Result<(), Error> {
        let journal = self.store.journal();
        let mut lanes = Lanes::default();
        loop {
            let done = lanes.take_done();
            if !done.is_empty() {
                // Only now, since a process that dies before does it again; and before looking for new ones.
                journal.done(&done).await.doing("follow pushes")?;
            }
            self.take_up(&mut lanes).await?;
            for (uid, names) in lanes.next() {
                let (catalog, held) = (self.clone(), held.clone());
                runs.spawn(async move {
                    let ended = catalog.run_push(&uid, names.clone(), &held).await;
                    (uid, names, ended)
                });
            }
            if runs.is_empty() {
                if lanes.is_quiet() {
                    return Ok(());
                }
                continue;
            }
            tokio::select! {
                Some(ended) = runs.join_next() => {
                    if !note_ended(&mut lanes, ended)? {
                        return Ok(());
                    }
                }
                () = journal.bell() => {}
                () = tokio::time::sleep(OUTBOX_TICK) => {}
                () = held.lost() => return Ok(()),
                () = self.stops() => return Ok(()),
            }
        }
    }

    /// Takes up new events.
    async fn take_up(&self, lanes: &mut Lanes) -> Result<(), Error> {
        let limit = i64::try_from(EVENTS + lanes.under_way()).unwrap_or(i64::MAX);
        let notifications = self.packs_store().events_of(NOTIFICATION_TOPIC, limit).await.doing("follow pushes")?;
        for event in notifications.into_iter().filter(|event| !lanes.holds(event.id)).collect::<Vec<_>>() {
            let (uid, repository) = notified(&event.object);
            let (uid, repository) = (uid.to_owned(), repository.to_owned());
            lanes.add(event, &repository, &[&uid]);
        }
        let events = self.packs_store().events_of(TOPIC_REPOSITORY, limit).await.doing("follow pushes")?;
        let fresh: Vec<Event> = events.into_iter().filter(|event| !lanes.holds(event.id)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let own = self.own_registries().await?;
        for event in fresh {
            let concerned = own.iter().filter(|(_, paths)| paths.covers(&event.object));
            let uids: Vec<&str> = concerned.map(|(uid, _)| uid.as_str()).collect();
            let repository = event.object.clone();
            lanes.add(event, &repository, &uids);
        }
        Ok(())
    }

    /// The registries that are this very server and are to be kept in step, with where packs are in them.
    async fn own_registries(&self) -> Result<Vec<(String, BasePaths)>, Error> {
        let rows = self.packs_store().registries().await.doing("read the registries")?;
        let mut own = Vec::new();
        for row in rows.into_iter().filter(|row| row.is_self != 0) {
            let uid = row.uid.clone();
            if !crate::stored::registry(row)?.sync.is_sync_supported {
                continue;
            }
            match self.connection(&uid).await {
                Ok(Ok(connection)) => own.push((uid, connection.paths)),
                // Settings that cannot be used are said by the next whole run.
                Ok(Err(_)) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(own)
    }
}

/// False when what is under way is no longer known, and must be looked for anew in the outbox.
fn note_ended(lanes: &mut Lanes, ended: Result<Ended, tokio::task::JoinError>) -> Result<bool, Error> {
    let (uid, names, ended) = match ended {
        Ok(ended) => ended,
        Err(error) => {
            tracing::error!(%error, "a run after a push did not end well");
            return Ok(false);
        }
    };
    match ended {
        Ok(RunEnded::Success | RunEnded::Failed) => lanes.ended(&uid, &names, false),
        Ok(RunEnded::Stopped) => lanes.ended(&uid, &names, true),
        // The lease was lost, or the server stops: whoever is next does it again.
        Ok(RunEnded::Busy) => return Ok(false),
        // The registry was removed meanwhile.
        Err(Error::NotFound { .. } | Error::Store { source: packyard_store::Error::NotFound(_), .. }) => {
            lanes.ended(&uid, &names, true);
        }
        Err(error) => return Err(error),
    }
    Ok(true)
}
