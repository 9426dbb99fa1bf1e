//! The record of each sync as it is written, and the status a registry shows meanwhile. It is read in
//! `catalog_run_history`.

use crate::catalog::{BUMP, CatalogStore, OutcomeRow, held};
use crate::db::values;
use crate::{Error, Lease, Result, on, sequence_id, unit};
use std::collections::HashSet;
use std::sync::LazyLock;

/// What a run starts with.
#[derive(Debug, Clone, Copy)]
pub struct RunStart<'a> {
    pub registry_uid: &'a str,
    pub cause: &'static str,
    /// JSON list of prefixes.
    pub searched: &'a str,
    /// Repositories that were pushed to and are now read; empty for a run over the whole registry. A run after pushes
    /// leaves the schedule and the status alone while it runs.
    pub pushed: &'a [String],
}

/// What a run ends with.
#[derive(Debug, Clone, Copy)]
pub struct RunEnd<'a> {
    pub id: i64,
    pub registry_uid: &'a str,
    pub ok: bool,
    /// Of the run.
    pub message: &'a str,
    /// What the registry's status says from now on.
    pub status_message: &'a str,
    pub searched: &'a str,
    pub near_misses: &'a str,
    pub counts: &'a str,
    pub whole: bool,
    /// When the next run is due, unless somebody asked for an earlier one meanwhile; `None` when none is by itself.
    pub next_run: Option<i64>,
    /// Each tag was asked whether it still has the digest that is known.
    pub rechecked: bool,
    /// Runs of this registry to keep, and since when.
    pub keep: i64,
    pub keep_since: i64,
}

const INSERT_RUN: &str =
    "INSERT INTO sync_run (id, registry_uid, cause, state, message, started, searched, near_misses, counts)
    VALUES ($1, $2, $3, 'running', '', $4, $5, '[]', '{}')";
const INTERRUPT: &str = "UPDATE sync_run SET state = 'interrupted', ended = $2, message = $3
    WHERE registry_uid = $1 AND state = 'running' AND cause <> 'push'";
const REGISTRY_EXISTS: &str = "SELECT created FROM remote_registry WHERE uid = $1";
const COUNT_PUSH: &str = "INSERT INTO pushed_repository (registry_uid, repository, runs) VALUES ($1, $2, 1)
    ON CONFLICT (registry_uid, repository) DO UPDATE SET runs = pushed_repository.runs + 1";
const INTERRUPT_PUSHES: &str = "UPDATE sync_run SET state = 'interrupted', ended = $1, message = $2
    WHERE state = 'running' AND cause = 'push'";
const SHOW_RUNNING: &str =
    "UPDATE remote_registry SET status = 'InProgress', message = '', last_run = $2, next_run = NULL,
    next_trigger = '' WHERE uid = $1";
const PROGRESS: &str = "UPDATE sync_run SET counts = $2 WHERE id = $1 AND state = 'running'";
const END_RUN: &str =
    "UPDATE sync_run SET state = $2, message = $3, ended = $4, searched = $5, near_misses = $6, counts = $7
    WHERE id = $1 AND state = 'running'";
/// `next_run` is NULL unless somebody scheduled another run while this one went. One that was asked for is waited for:
/// whoever asked is not to take the end of this run for that of theirs.
const SHOW_ENDED: &str = "UPDATE remote_registry SET
    status = CASE WHEN next_run <= $4 AND next_trigger <> 'schedule' THEN 'Pending' ELSE $2 END,
    message = $3, first_done = 1,
    last_synced = CASE WHEN $2 = 'Success' THEN $4 ELSE last_synced END,
    failures = CASE WHEN $2 = 'Success' THEN 0 ELSE failures + 1 END,
    rechecked = CASE WHEN $6 = 1 THEN $4 ELSE rechecked END,
    next_trigger = CASE WHEN next_run IS NULL THEN 'schedule' ELSE next_trigger END,
    next_run = CASE WHEN next_run IS NULL THEN $5 ELSE next_run END WHERE uid = $1";
/// One repository that agrees does not mend a registry that failed as a whole. A whole run under way says for itself
/// what it found.
const SHOW_PUSH_OK: &str = "UPDATE remote_registry SET message = $3, last_run = $2, last_synced = $2,
    next_run = CASE WHEN next_run > $4 THEN $4 ELSE next_run END WHERE uid = $1 AND status = 'Success'";
/// What could not be read after a push is left to a whole run: at once, unless the registry had failed already.
const SHOW_PUSH_FAILED: &str = "UPDATE remote_registry SET
    status = CASE WHEN status = 'Success' THEN 'Failed' ELSE status END,
    message = CASE WHEN status IN ('Success', 'Failed') THEN $2 ELSE message END,
    next_trigger = CASE WHEN next_run IS NULL THEN 'schedule' ELSE next_trigger END,
    next_run = CASE WHEN status = 'Success' THEN $3 WHEN next_run IS NULL OR next_run > $4 THEN $4 ELSE next_run END,
    last_run = CASE WHEN status IN ('Success', 'Failed') THEN $3 ELSE last_run END
    WHERE uid = $1";
/// Shown as running, but nobody holds the lease: the process that ran it went away.
const STRANDED: &str = "SELECT uid FROM remote_registry WHERE status = 'InProgress' AND NOT EXISTS
    (SELECT 1 FROM lease WHERE name = 'sync/' || remote_registry.uid AND until > $1)";
const PRUNE_OUTCOMES: &str = "DELETE FROM sync_outcome WHERE run_id IN (SELECT id FROM sync_run WHERE registry_uid = $1
    ORDER BY id DESC LIMIT 100000 OFFSET $2)";
const PRUNE_RUNS: &str = "DELETE FROM sync_run WHERE id IN (SELECT id FROM sync_run WHERE registry_uid = $1
    ORDER BY id DESC LIMIT 100000 OFFSET $2)";
/// The newest run over the whole registry stays, however old it is.
const PRUNE_OLD_OUTCOMES: &str = "DELETE FROM sync_outcome WHERE run_id IN (SELECT id FROM sync_run
    WHERE registry_uid = $1 AND started < $2 AND ended IS NOT NULL AND id <>
        (SELECT MAX(id) FROM sync_run WHERE registry_uid = $1 AND cause <> 'push'))";
const PRUNE_OLD_RUNS: &str = "DELETE FROM sync_run
    WHERE registry_uid = $1 AND started < $2 AND ended IS NOT NULL AND id <>
        (SELECT MAX(id) FROM sync_run WHERE registry_uid = $1 AND cause <> 'push')";
const OUTCOMES_AT_ONCE: usize = 16;
static PUT_OUTCOME: LazyLock<String> = LazyLock::new(|| put_outcomes(1));
static PUT_OUTCOMES: LazyLock<String> = LazyLock::new(|| put_outcomes(OUTCOMES_AT_ONCE));
/// A first sync has an outcome for each of very many tags.
fn put_outcomes(rows: usize) -> String {
    format!(
        "INSERT INTO sync_outcome (run_id, repository, tag, digest, outcome, problem, reasons, pack_uid, digest_before)
        VALUES {}
        ON CONFLICT (run_id, repository, tag) DO UPDATE SET digest = excluded.digest, outcome = excluded.outcome,
            problem = excluded.problem, reasons = excluded.reasons, pack_uid = excluded.pack_uid,
            digest_before = excluded.digest_before",
        values(9, rows)
    )
}

fn are_distinct(outcomes: &[OutcomeRow]) -> bool {
    let mut seen = HashSet::new();
    outcomes.iter().all(|row| seen.insert((row.repository.as_str(), row.tag.as_str())))
}

const CUT_OFF: &str = "the server that ran this stopped before it was done; the next run takes over";

impl CatalogStore {
    /// Opens a run under `lease` and says so in the registry's status. A run still open is one whose process went
    /// away, since its lease could be claimed: it is marked interrupted. The second value says whether there was one.
    pub async fn begin_run(&self, lease: &Lease, start: RunStart<'_>) -> Result<(i64, bool)> {
        let now = self.core.now_ms();
        let id = sequence_id(now);
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            let mut cut_off = 0;
            if start.pushed.is_empty() {
                let interrupted =
                    sqlx::query(INTERRUPT).bind(start.registry_uid).bind(now).bind(CUT_OFF).execute(&mut *tx).await?;
                cut_off = interrupted.rows_affected();
                let shown = sqlx::query(SHOW_RUNNING).bind(start.registry_uid).bind(now).execute(&mut *tx).await?;
                if shown.rows_affected() == 0 {
                    return Err(Error::NotFound(format!("the registry {}", start.registry_uid)));
                }
            } else {
                // Its row lock puts this before or after each write of a whole run.
                let _: i64 = sqlx::query_scalar(BUMP).fetch_one(&mut *tx).await?;
                let registered: Option<i64> =
                    sqlx::query_scalar(REGISTRY_EXISTS).bind(start.registry_uid).fetch_optional(&mut *tx).await?;
                if registered.is_none() {
                    return Err(Error::NotFound(format!("the registry {}", start.registry_uid)));
                }
                for repository in start.pushed {
                    sqlx::query(COUNT_PUSH)
                        .bind(start.registry_uid)
                        .bind(repository.as_str())
                        .execute(&mut *tx)
                        .await?;
                }
            }
            sqlx::query(INSERT_RUN)
                .bind(id)
                .bind(start.registry_uid)
                .bind(start.cause)
                .bind(now)
                .bind(start.searched)
                .execute(&mut *tx)
                .await?;
            Ok((id, cut_off > 0))
        })
    }

    /// Under the lease of all runs after pushes, just claimed: those still open belong to a process that went away.
    pub async fn interrupt_pushes(&self, lease: &Lease) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            sqlx::query(INTERRUPT_PUSHES).bind(now).bind(CUT_OFF).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// Registries whose run was cut off and has to be done again.
    pub async fn stranded(&self) -> Result<Vec<String>> {
        let now = self.core.now_ms();
        Ok(on!(self.core.db, p => sqlx::query_scalar(STRANDED).bind(now).fetch_all(p).await?))
    }

    pub async fn run_progress(&self, lease: &Lease, id: i64, counts: &str) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            sqlx::query(PROGRESS).bind(id).bind(counts).execute(&mut *tx).await?;
            Ok(())
        })
    }

    pub async fn put_outcomes(&self, lease: &Lease, id: i64, outcomes: &[OutcomeRow]) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            for some in outcomes.chunks(OUTCOMES_AT_ONCE) {
                // One statement takes no row twice.
                let is_full = some.len() == OUTCOMES_AT_ONCE && are_distinct(some);
                for rows in some.chunks(if is_full { OUTCOMES_AT_ONCE } else { 1 }) {
                    let mut query = sqlx::query(if is_full { PUT_OUTCOMES.as_str() } else { PUT_OUTCOME.as_str() });
                    for row in rows {
                        query = query
                            .bind(id)
                            .bind(row.repository.as_str())
                            .bind(row.tag.as_str())
                            .bind(row.digest.as_str())
                            .bind(row.outcome.as_str())
                            .bind(row.problem)
                            .bind(row.reasons.as_str())
                            .bind(row.pack_uid.as_deref())
                            .bind(row.digest_before.as_str());
                    }
                    query.execute(&mut *tx).await?;
                }
            }
            Ok(())
        })
    }

    pub async fn end_run(&self, lease: &Lease, end: RunEnd<'_>) -> Result<()> {
        let now = self.core.now_ms();
        let status = if end.ok { "Success" } else { "Failed" };
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            sqlx::query(END_RUN)
                .bind(end.id)
                .bind(if end.ok { "success" } else { "failed" })
                .bind(end.message)
                .bind(now)
                .bind(end.searched)
                .bind(end.near_misses)
                .bind(end.counts)
                .execute(&mut *tx)
                .await?;
            if end.whole {
                sqlx::query(SHOW_ENDED)
                    .bind(end.registry_uid)
                    .bind(status)
                    .bind(end.status_message)
                    .bind(now)
                    .bind(end.next_run)
                    .bind(i64::from(end.rechecked))
                    .execute(&mut *tx)
                    .await?;
            } else if end.ok {
                sqlx::query(SHOW_PUSH_OK)
                    .bind(end.registry_uid)
                    .bind(now)
                    .bind(end.status_message)
                    .bind(end.next_run)
                    .execute(&mut *tx)
                    .await?;
            } else {
                sqlx::query(SHOW_PUSH_FAILED)
                    .bind(end.registry_uid)
                    .bind(end.status_message)
                    .bind(now)
                    .bind(end.next_run)
                    .execute(&mut *tx)
                    .await?;
            }
            sqlx::query(PRUNE_OUTCOMES).bind(end.registry_uid).bind(end.keep).execute(&mut *tx).await?;
            sqlx::query(PRUNE_RUNS).bind(end.registry_uid).bind(end.keep).execute(&mut *tx).await?;
            sqlx::query(PRUNE_OLD_OUTCOMES).bind(end.registry_uid).bind(end.keep_since).execute(&mut *tx).await?;
            sqlx::query(PRUNE_OLD_RUNS).bind(end.registry_uid).bind(end.keep_since).execute(&mut *tx).await?;
            Ok(())
        })
    }
}
