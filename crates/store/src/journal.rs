//! The audit log and the outbox. Units of work of other families write to both inside their own transaction, by
//! [`audit!`](crate::audit) and [`emit!`](crate::emit).

use crate::{Core, Result, Store, on, unit};

/// Who did what to which object. `actor` is a principal's ARN; `detail` is JSON without secrets, or empty.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    pub actor: String,
    pub action: &'static str,
    pub object: String,
    pub detail: String,
}

impl AuditEntry {
    pub fn new(actor: impl Into<String>, action: &'static str, object: impl Into<String>) -> Self {
        Self { actor: actor.into(), action, object: object.into(), detail: String::new() }
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AuditRow {
    pub id: i64,
    /// Milliseconds since the epoch.
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub object: String,
    pub detail: String,
}

/// One row of the outbox: `topic` says what kind of thing changed, `object` which one.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Event {
    pub id: i64,
    pub at: i64,
    pub topic: String,
    pub object: String,
}

pub const AUDIT_INSERT: &str =
    "INSERT INTO audit (id, at, actor, action, object, detail) VALUES ($1, $2, $3, $4, $5, $6)";
pub const OUTBOX_INSERT: &str = "INSERT INTO outbox (id, at, topic, object) VALUES ($1, $2, $3, $4)";

/// Writes an audit row inside a [`unit!`](crate::unit): `audit!(tx, now_ms, entry)`.
#[macro_export]
macro_rules! audit {
    ($tx:ident, $now:expr, $entry:expr) => {{
        let entry: &$crate::AuditEntry = &$entry;
        sqlx::query($crate::sql::AUDIT_INSERT)
            .bind($crate::sequence_id($now))
            .bind($now)
            .bind(entry.actor.as_str())
            .bind(entry.action)
            .bind(entry.object.as_str())
            .bind(entry.detail.as_str())
            .execute(&mut *$tx)
            .await?
    }};
}

/// Writes an outbox row inside a [`unit!`](crate::unit): `emit!(tx, now_ms, "topic", object)`. Ring
/// `core.outbox_bell` after the commit.
#[macro_export]
macro_rules! emit {
    ($tx:ident, $now:expr, $topic:expr, $object:expr) => {
        sqlx::query($crate::sql::OUTBOX_INSERT)
            .bind($crate::sequence_id($now))
            .bind($now)
            .bind($topic)
            .bind($object)
            .execute(&mut *$tx)
            .await?
    };
}

const AUDIT_PAGE: &str =
    "SELECT id, at, actor, action, object, detail FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
const AUDIT_EXPIRE: &str = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)";
const OUTBOX_DELETE: &str = "DELETE FROM outbox WHERE id = $1";
const FACT: &str = "SELECT value FROM installation WHERE name = $1";
const FACT_SET: &str =
    "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const FACT_CLAIM: &str = "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

/// Audit, outbox, and the facts of this installation (instance id, account, ...).
#[derive(Clone)]
pub struct Journal {
    pub(crate) core: Core,
}

impl Store {
    pub fn journal(&self) -> Journal {
        Journal { core: self.core.clone() }
    }
}

impl Journal {
    /// Records something that changed no other table.
    pub async fn audit(&self, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, crate::Error, |tx| {
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// Newest first, older than row `before` (`i64::MAX` for the first page).
    pub async fn audit_page(&self, before: i64, limit: i64) -> Result<Vec<AuditRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(AUDIT_PAGE).bind(before).bind(limit).fetch_all(p).await?))
    }

    /// Removes the oldest entries from before that time, at most `limit`; how many there were.
    pub async fn expire_audit(&self, before_ms: i64, limit: i64) -> Result<u64> {
        unit!(self.core.db, crate::Error, |tx| {
            Ok(sqlx::query(AUDIT_EXPIRE).bind(before_ms).bind(limit).execute(&mut *tx).await?.rows_affected())
        })
    }

    /// These events were dealt with. Only now they go, so that a worker that dies before does the work again.
    pub async fn done(&self, events: &[Event]) -> Result<()> {
        unit!(self.core.db, crate::Error, |tx| {
            for event in events {
                sqlx::query(OUTBOX_DELETE).bind(event.id).execute(&mut *tx).await?;
            }
            Ok(())
        })
    }

    /// Waits until some transaction of this process wrote to the outbox; events of other replicas are found by looking.
    pub async fn bell(&self) {
        self.core.outbox_bell.notified().await;
    }

    pub async fn fact(&self, name: &str) -> Result<Option<String>> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(FACT).bind(name).fetch_optional(p).await?))
    }

    pub async fn set_fact(&self, name: &str, value: &str) -> Result<()> {
        unit!(self.core.db, crate::Error, |tx| {
            sqlx::query(FACT_SET).bind(name).bind(value).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// The fact's value, which becomes `value` if nobody had set it; replicas that start together agree.
    pub async fn fact_or(&self, name: &str, value: &str) -> Result<String> {
        unit!(self.core.db, crate::Error, |tx| {
            sqlx::query(FACT_CLAIM).bind(name).bind(value).execute(&mut *tx).await?;
            Ok(sqlx::query_scalar(FACT).bind(name).fetch_one(&mut *tx).await?)
        })
    }
}
