//! Looking things up in the audit log.

use crate::ids::NOISE_BITS;
use crate::{AuditRow, Journal, Result, on};

/// What to look for; an empty text or an open bound takes everything.
#[derive(Debug, Clone)]
pub struct AuditSearch {
    /// A whole ARN.
    pub actor: String,
    /// A whole action.
    pub action: String,
    /// A whole object.
    pub object: String,
    /// Words that may stand anywhere in the row, in any case.
    pub text: String,
    /// Milliseconds since the epoch; `from` belongs to it, `until` does not.
    pub from: i64,
    pub until: i64,
    /// Rows older than this one.
    pub before: i64,
    /// Rows newer than this one.
    pub after: i64,
    pub is_oldest_first: bool,
    pub limit: i64,
}

impl Default for AuditSearch {
    fn default() -> Self {
        Self {
            actor: String::new(),
            action: String::new(),
            object: String::new(),
            text: String::new(),
            from: 0,
            until: i64::MAX,
            before: i64::MAX,
            after: i64::MIN,
            is_oldest_first: false,
            limit: 50,
        }
    }
}

/// Walks along the ids until the page is full. The `+` keeps SQLite from the index on `at` (where all times are asked for,
/// that is every row, to be sorted). No id is less than its time says, so the bound on the id keeps the walk out of what is
/// older than what is asked for.
macro_rules! search {
    ($way:literal) => {
        concat!(
            "SELECT id, at, actor, action, object, detail FROM audit
            WHERE id < $1 AND id > $9 AND +at >= $2 AND +at < $3 AND ($4 = '' OR actor = $4)
            AND ($5 = '' OR action = $5) AND ($6 = '' OR object = $6)
            AND ($7 = '' OR LOWER(actor) LIKE $7 ESCAPE '!' OR LOWER(action) LIKE $7 ESCAPE '!'
                OR LOWER(object) LIKE $7 ESCAPE '!' OR LOWER(detail) LIKE $7 ESCAPE '!')
            ORDER BY id ",
            $way,
            " LIMIT $8"
        )
    };
}
const NEWEST_FIRST: &str = search!("DESC");
const OLDEST_FIRST: &str = search!("ASC");
const ACTORS: &str = "SELECT DISTINCT actor FROM audit ORDER BY actor LIMIT $1";
const ACTIONS: &str = "SELECT DISTINCT action FROM audit ORDER BY action LIMIT $1";

impl Journal {
    /// Newest first, or oldest.
    pub async fn audit_search(&self, search: &AuditSearch) -> Result<Vec<AuditRow>> {
        let like = like(&search.text);
        let query = if search.is_oldest_first { OLDEST_FIRST } else { NEWEST_FIRST };
        Ok(on!(self.core.db, p => sqlx::query_as(query)
            .bind(search.before)
            .bind(search.from)
            .bind(search.until)
            .bind(search.actor.as_str())
            .bind(search.action.as_str())
            .bind(search.object.as_str())
            .bind(like.as_str())
            .bind(search.limit)
            .bind(search.after.max(first_id(search.from) - 1))
            .fetch_all(p)
            .await?))
    }

    /// Everybody and every action that the log names, each at most `limit`.
    pub async fn audit_names(&self, limit: i64) -> Result<(Vec<String>, Vec<String>)> {
        let actors = on!(self.core.db, p => sqlx::query_scalar(ACTORS).bind(limit).fetch_all(p).await?);
        let actions = on!(self.core.db, p => sqlx::query_scalar(ACTIONS).bind(limit).fetch_all(p).await?);
        Ok((actors, actions))
    }
}

/// The least id that a row of this moment can have.
fn first_id(at_ms: i64) -> i64 {
    at_ms.saturating_mul(1 << NOISE_BITS)
}

/// A pattern for the text anywhere; empty for an empty text.
fn like(text: &str) -> String {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return text;
    }
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuditEntry, Db, DbLocation, Engine, ManualClock, SealKey, Store};
    use sqlx::Row;
    use std::sync::Arc;

    async fn plan(db: &Db, query: &str) -> String {
        let Engine::Lite { read, .. } = &db.engine else { panic!("SQLite") };
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let rows = sqlx::query(explain).fetch_all(read).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("; ")
    }

    #[tokio::test]
    async fn a_page_of_a_long_log_sorts_nothing_and_begins_where_it_is_asked_to() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(1_000);
        let location = DbLocation::Sqlite(folder.path().join("packyard.db"));
        let store = Store::open_at(&location, SealKey::generate(), Arc::new(clock.clone())).await.unwrap();
        for query in [NEWEST_FIRST, OLDEST_FIRST] {
            let plan = plan(&store.core.db, query).await;
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("audit_at"), "{plan}");
        }
        let journal = store.journal();
        for object in ["a", "b", "c"] {
            journal.audit(AuditEntry::new("ann", "Create", object)).await.unwrap();
            clock.advance_ms(10);
        }
        for is_oldest_first in [false, true] {
            let search = AuditSearch { from: 1_010, until: 1_020, is_oldest_first, ..AuditSearch::default() };
            let found = journal.audit_search(&search).await.unwrap();
            assert_eq!(found.into_iter().map(|row| row.object).collect::<Vec<_>>(), ["b"]);
        }
        store.close().await;
    }
}
