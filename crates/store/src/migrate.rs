//! Forward-only migrations, one text for both engines. On PostgreSQL `BLOB` reads `BYTEA`, and text is compared by
//! bytes as SQLite does it: pages of names and tags must not depend on the cluster's locale.

use crate::{Db, Engine, Error, Result, on, unit};
use sqlx::AssertSqlSafe;

/// Number `n` of the list is schema version `n + 1`. Released files are never edited; a change is a new file.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_core.sql"),
    include_str!("../migrations/0002_identity.sql"),
    include_str!("../migrations/0003_registry.sql"),
    include_str!("../migrations/0004_catalog.sql"),
    include_str!("../migrations/0005_profile.sql"),
    include_str!("../migrations/0006_pushes.sql"),
    include_str!("../migrations/0007_macros.sql"),
    include_str!("../migrations/0008_sync.sql"),
    include_str!("../migrations/0009_profile_history.sql"),
    include_str!("../migrations/0010_charts.sql"),
    include_str!("../migrations/0011_registry_connection.sql"),
    include_str!("../migrations/0012_project_roles.sql"),
    include_str!("../migrations/0013_profile_secrets.sql"),
    include_str!("../migrations/0014_login_times.sql"),
];

/// The newest schema this binary knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, written_by TEXT NOT NULL)";
const NEWEST: &str = "SELECT version, written_by FROM schema_version ORDER BY version DESC LIMIT 1";
const RECORD: &str = "INSERT INTO schema_version (version, written_by) VALUES ($1, $2)";
/// Replicas may start together on PostgreSQL; any constant number will do. SQLite has its write lock.
const PG_LOCK: &str = "SELECT pg_advisory_xact_lock(7225)";

pub(crate) async fn run(db: &Db) -> Result<()> {
    let is_pg = matches!(db.engine, Engine::Pg(_));
    if !is_pg || !table_exists(db).await {
        unit!(db, Error, |tx| {
            if is_pg {
                sqlx::query(PG_LOCK).execute(&mut *tx).await?;
            }
            sqlx::query(TABLE).execute(&mut *tx).await?;
            Ok(())
        })?;
    }
    refuse_newer(db).await?;
    unit!(db, Error, |tx| {
        if is_pg {
            sqlx::query(PG_LOCK).execute(&mut *tx).await?;
        }
        let newest: Option<(i64, String)> = sqlx::query_as(NEWEST).fetch_optional(&mut *tx).await?;
        let done = newest.map_or(0, |(version, _)| version);
        for (version, text) in (1..).zip(MIGRATIONS).filter(|(version, _)| *version > done) {
            let text = if is_pg { for_postgres(text) } else { (*text).to_owned() };
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *tx).await?;
            sqlx::query(RECORD).bind(version).bind(env!("CARGO_PKG_VERSION")).execute(&mut *tx).await?;
        }
        Ok(())
    })
}

fn for_postgres(text: &str) -> String {
    text.replace(" BLOB", " BYTEA").replace(" TEXT", " TEXT COLLATE \"C\"")
}

async fn table_exists(db: &Db) -> bool {
    async fn newest(db: &Db) -> Result<Option<(i64, String)>> {
        Ok(on!(db, pool => sqlx::query_as(NEWEST).fetch_optional(pool).await?))
    }
    newest(db).await.is_ok()
}

async fn refuse_newer(db: &Db) -> Result<()> {
    let newest: Option<(i64, String)> = on!(db, pool => sqlx::query_as(NEWEST).fetch_optional(pool).await?);
    match newest {
        Some((found, by)) if found > SCHEMA_VERSION => {
            Err(Error::SchemaTooNew { found, known: SCHEMA_VERSION, by, own: env!("CARGO_PKG_VERSION") })
        }
        _ => Ok(()),
    }
}
