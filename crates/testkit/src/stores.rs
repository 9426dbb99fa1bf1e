//! The same store test on both engines: `for store in stores().await { ... }`.

use crate::{postgres, skip};
use packyard_store::{Clock, DbLocation, SealKey, Store, SystemClock};
use std::sync::Arc;
use tempfile::TempDir;

/// A fresh store; its database goes with it.
pub struct TestStore {
    pub engine: &'static str,
    pub store: Store,
    /// For opening it again.
    pub location: DbLocation,
    /// A folder beside the database, for blobs.
    pub folder: TempDir,
}

/// One store on SQLite and one on PostgreSQL (skipped by name where PostgreSQL is not installed).
pub async fn stores() -> Vec<TestStore> {
    stores_at(Arc::new(SystemClock)).await
}

pub async fn stores_at(clock: Arc<dyn Clock>) -> Vec<TestStore> {
    let mut out = Vec::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let location = DbLocation::Sqlite(folder.path().join("packyard.db"));
    out.push(open("SQLite", &location, folder, clock.clone()).await);
    match tokio_free_fresh_database() {
        Some(url) => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            out.push(open("PostgreSQL", &DbLocation::Postgres(url), folder, clock).await);
        }
        None => skip("store tests on PostgreSQL", "initdb and postgres are not installed (Debian: postgresql)"),
    }
    out
}

/// The URL of a fresh PostgreSQL database for the test of that name, or `None` (said by name) where there is none.
pub fn postgres_or_skip(test: &str) -> Option<String> {
    let url = tokio_free_fresh_database();
    if url.is_none() {
        skip(test, "initdb and postgres are not installed (Debian: postgresql)");
    }
    url
}

/// Starting a cluster blocks for a second or two; tests can bear that.
fn tokio_free_fresh_database() -> Option<String> {
    std::thread::spawn(postgres::fresh_database).join().expect("PostgreSQL starts")
}

async fn open(engine: &'static str, location: &DbLocation, folder: TempDir, clock: Arc<dyn Clock>) -> TestStore {
    let store = Store::open_at(location, SealKey::generate(), clock).await.expect("a fresh store opens");
    TestStore { engine, store, location: location.clone(), folder }
}
