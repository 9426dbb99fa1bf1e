//! The records of syncs as they are read.

use crate::catalog::CatalogStore;
use crate::{Result, on};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RunRow {
    pub id: i64,
    pub registry_uid: String,
    pub cause: String,
    pub state: String,
    pub message: String,
    pub started: i64,
    pub ended: Option<i64>,
    pub searched: String,
    pub near_misses: String,
    pub counts: String,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutcomeRow {
    pub repository: String,
    pub tag: String,
    pub digest: String,
    pub outcome: String,
    pub problem: i64,
    pub reasons: String,
    pub pack_uid: Option<String>,
    /// What the tag held before, where that was other content; else empty.
    pub digest_before: String,
}

/// The columns of [`RunRow`].
macro_rules! select_run {
    ($rest:literal) => {
        concat!(
            "SELECT id, registry_uid, cause, state, message, started, ended, searched, near_misses, counts FROM sync_run ",
            $rest
        )
    };
}

const RUNS: &str = select_run!("WHERE registry_uid = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
const RUN: &str = select_run!("WHERE id = $1");
const LAST_WHOLE: &str =
    select_run!("WHERE registry_uid = $1 AND cause <> 'push' AND ended IS NOT NULL ORDER BY id DESC LIMIT 1");
const OUTCOMES: &str =
    "SELECT repository, tag, digest, outcome, problem, reasons, pack_uid, digest_before FROM sync_outcome
    WHERE run_id = $1 AND problem >= $2 ORDER BY repository, tag LIMIT $3 OFFSET $4";

impl CatalogStore {
    /// Newest first, older than run `before` (`i64::MAX` for the first page).
    pub async fn runs(&self, registry_uid: &str, before: i64, limit: i64) -> Result<Vec<RunRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(RUNS).bind(registry_uid).bind(before).bind(limit).fetch_all(p).await?))
    }

    /// The newest run over the whole registry that has ended.
    pub async fn last_whole_run(&self, registry_uid: &str) -> Result<Option<RunRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(LAST_WHOLE).bind(registry_uid).fetch_optional(p).await?))
    }

    pub async fn run(&self, id: i64) -> Result<Option<RunRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(RUN).bind(id).fetch_optional(p).await?))
    }

    pub async fn outcomes(&self, id: i64, only_problems: bool, offset: i64, limit: i64) -> Result<Vec<OutcomeRow>> {
        let least = i64::from(only_problems);
        Ok(on!(self.core.db, p => {
            sqlx::query_as(OUTCOMES).bind(id).bind(least).bind(limit).bind(offset).fetch_all(p).await?
        }))
    }
}
