//! The two engines behind one SQL text, and the macros that keep them one.
//!
//! Column rules (they are what makes one text serve both): TEXT, BIGINT (milliseconds, 0/1) and BLOB only, JSON is
//! TEXT, `$1…$n` placeholders, `CAST(SUM(..) AS BIGINT)`, no dialect functions, locks are claim-updates.

use crate::{Clock, Error, Result, Sealer, migrate};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
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
                        // The first error is the cause, also where SQLite has undone everything by itself, as on a full disk,
                        // or where the connection is gone, and with it the transaction.
                        let _ = guard.rollback().await;
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
                        let _ = guard.rollback().await;
                        Err(error)
                    }
                }
            }
        }
    };
}

/// The placeholders of several rows: `($1, $2), ($3, $4)`.
pub(crate) fn values(columns: usize, rows: usize) -> String {
    let row = |at: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("${}", at * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
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
        Self::open_with(location, PG_CONNECTIONS).await
    }

    /// With one connection only, so that it can tell whether others are there: see [`PG_ALONE`].
    pub(crate) async fn open_alone(location: &DbLocation) -> Result<Self> {
        Self::open_with(location, 1).await
    }

    async fn open_with(location: &DbLocation, pg_connections: u32) -> Result<Self> {
        let engine = match location {
            DbLocation::Sqlite(path) => sqlite(path).await?,
            DbLocation::Postgres(url) => postgres(url, pg_connections).await?,
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

/// A server that freezes in the middle of a transaction must not hold its row locks against the others: no unit of work
/// of ours is idle for so long.
const END_FROZEN: &str = "SET idle_in_transaction_session_timeout = '15s'";
/// Each connection of ours holds this lock with others, as long as it is open; any constant number will do.
const PG_PRESENT: &str = "SELECT pg_advisory_lock_shared(7226)";
/// True when no other connection of any packyard is open; none can be opened then until the transaction ends. For a
/// [`Db`] with one connection. SQLite has the lock of the data folder for this.
pub(crate) const PG_ALONE: &str = "SELECT pg_try_advisory_xact_lock(7226)";
const PG_CONNECTIONS: u32 = 16;
/// Longer than any server that is there takes to answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

async fn postgres(url: &str, connections: u32) -> Result<Engine> {
    let options = PgConnectOptions::from_str(url)?;
    // The pool would try again until its time is up and then say only that it was: one plain connection says why.
    let unreachable = |source| Error::Unreachable { place: place_of(&options), source };
    let probe = tokio::time::timeout(CONNECT_LIMIT, PgConnection::connect_with(&options));
    let probe = probe.await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
    probe.map_err(unreachable)?.close().await?;
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(CONNECT_LIMIT);
    let pool = pool.after_connect(|connection, _| {
        Box::pin(async move {
            sqlx::query(END_FROZEN).execute(&mut *connection).await?;
            sqlx::query(PG_PRESENT).execute(connection).await.map(drop)
        })
    });
    Ok(Engine::Pg(pool.connect_with(options).await?))
}

/// Where the server is and which database is meant; no name and no password.
fn place_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_default();
    match options.get_socket() {
        Some(socket) => format!("{} (database {database})", socket.display()),
        None => format!("{}:{} (database {database})", options.get_host(), options.get_port()),
    }
}

/// The file, and what stands beside it, for its owner only. SQLite gives the files it makes later the same mode.
fn keep_private(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let failed = |source| Error::Io { action: "make private", path: path.to_owned(), source };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(suffix);
            match std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
    }
    Ok(())
}

async fn sqlite(path: &Path) -> Result<Engine> {
    keep_private(path)?;
    // FULL: a commit is on disk before it is acknowledged, also when the power goes.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(512);
    // A sync writes all over the indexes: a page that changes again soon is neither read anew nor copied from the log each
    // time. Checkpoints then come with some 16 MiB of log, and flush as much as many small ones would.
    let writer = options.clone().pragma("cache_size", "-8192").pragma("wal_autocheckpoint", "4000");
    let write = SqlitePoolOptions::new().max_connections(1).before_acquire(|connection, _| {
        // SQLite ends a transaction by itself when the disk is full or fails; sqlx does not hear of it, and would refuse
        // to begin another one on this connection for ever. What was left to roll back is rolled back by now.
        let usable = !connection.is_in_transaction();
        Box::pin(async move { Ok(usable) })
    });
    let cannot_open = |source| Error::CannotOpen { path: path.to_owned(), source };
    let write = write.connect_with(writer).await.map_err(cannot_open)?;
    let read = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
    Ok(Engine::Lite { read, write })
}

/// What every table family needs; cheap to clone.
#[derive(Clone)]
pub struct Core {
    pub db: Db,
    pub sealer: Sealer,
    /// What shows whether the database's key is still the one of `sealer`: [`sealing!`](crate::sealed::sealing).
    pub(crate) canary: Arc<str>,
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
    pub async fn close(&self) {
        self.core.db.close().await;
    }
}
