//! The two engines behind one SQL text, and the macros that keep them one.
//!
//! Column rules (they are what makes one text serve both): TEXT, BIGINT (milliseconds, 0/1) and BLOB only, JSON is
//! TEXT, `$1…$n` placeholders, `CAST(SUM(..) AS BIGINT)`, no dialect functions, locks are claim-updates.

use crate::{Clock, Result, SealKey, Sealer, SystemClock, migrate};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// SQLite has one writer (`write` holds exactly one connection) and many readers; PostgreSQL one pool.
#[derive(Debug, Clone)]
pub enum Engine {
    Lite { read: SqlitePool, write: SqlitePool },
    Pg(PgPool),
}

#[derive(Debug, Clone)]
pub struct Db {
    pub engine: Engine,
}

/// Runs a read on whichever engine is there: `on!(db, pool => query.fetch_all(pool).await?)`.
#[macro_export]
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match &$db.engine {
            $crate::Engine::Lite { read: $pool, .. } => $body,
            $crate::Engine::Pg($pool) => $body,
        }
    };
}

/// Runs a unit of work in one transaction on whichever engine is there; an `Err` rolls it back.
///
/// `unit!(db, Error, |tx| { sqlx::query(SQL).execute(&mut *tx).await?; Ok(()) })` is an expression of type
/// `Result<_, Error>`, where `Error: From<sqlx::Error>`. On SQLite it begins IMMEDIATE, so the preconditions read in
/// it still hold when it writes; on PostgreSQL use claim-updates for that.
#[macro_export]
macro_rules! unit {
    ($db:expr, $err:ty, |$tx:ident| $body:block) => {
        match &$db.engine {
            $crate::Engine::Lite { write, .. } => {
                let mut guard = write.begin_with("BEGIN IMMEDIATE").await?;
                let outcome: ::std::result::Result<_, $err> = {
                    let $tx = &mut *guard;
                    async move { $body }.await
                };
                match outcome {
                    Ok(value) => guard.commit().await.map(|()| value).map_err(<$err>::from),
                    Err(error) => {
                        guard.rollback().await?;
                        Err(error)
                    }
                }
            }
            $crate::Engine::Pg(pool) => {
                let mut guard = pool.begin().await?;
                let outcome: ::std::result::Result<_, $err> = {
                    let $tx = &mut *guard;
                    async move { $body }.await
                };
                match outcome {
                    Ok(value) => guard.commit().await.map(|()| value).map_err(<$err>::from),
                    Err(error) => {
                        guard.rollback().await?;
                        Err(error)
                    }
                }
            }
        }
    };
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum DbLocation {
    /// A file; made when missing.
    Sqlite(PathBuf),
    /// `postgres://user@host/database`; a secret, since it may hold a password.
    Postgres(String),
}

impl Db {
    pub async fn open(location: &DbLocation) -> Result<Self> {
        let engine = match location {
            DbLocation::Sqlite(path) => sqlite(path).await?,
            DbLocation::Postgres(url) => {
                let options = PgConnectOptions::from_str(url)?;
                Engine::Pg(
                    PgPoolOptions::new()
                        .max_connections(16)
                        .acquire_timeout(Duration::from_secs(10))
                        .connect_with(options)
                        .await?,
                )
            }
        };
        let db = Self { engine };
        migrate::run(&db).await?;
        Ok(db)
    }

    pub async fn close(&self) {
        match &self.engine {
            Engine::Lite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Engine::Pg(pool) => pool.close().await,
        }
    }
}

async fn sqlite(path: &Path) -> Result<Engine> {
    // FULL: a commit is on disk before it is acknowledged, also when the power goes.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(512);
    let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let read = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
    Ok(Engine::Lite { read, write })
}

/// What every table family needs; cheap to clone.
#[derive(Clone)]
pub struct Core {
    pub db: Db,
    pub sealer: Sealer,
    pub clock: Arc<dyn Clock>,
    /// Rung after a transaction wrote to the outbox, so that a worker in this process need not wait for its next look.
    pub outbox_bell: Arc<Notify>,
}

impl Core {
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// The door to all families: `store.journal()`, `store.leases()`, ...
#[derive(Clone)]
pub struct Store {
    pub core: Core,
}

impl Store {
    pub async fn open(location: &DbLocation, key: SealKey) -> Result<Self> {
        Self::open_at(location, key, Arc::new(SystemClock)).await
    }

    pub async fn open_at(location: &DbLocation, key: SealKey, clock: Arc<dyn Clock>) -> Result<Self> {
        let db = Db::open(location).await?;
        Ok(Self { core: Core { db, sealer: Sealer::new(key), clock, outbox_bell: Arc::default() } })
    }

    pub async fn close(&self) {
        self.core.db.close().await;
    }
}
