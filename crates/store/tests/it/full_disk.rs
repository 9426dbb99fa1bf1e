//! A disk without room. What cannot be written is refused by that name, and once there is room everything works again,
//! without a restart.

use packyard_store::{AuditEntry, Engine};
use packyard_testkit::stores;

#[tokio::test]
async fn a_full_disk_spoils_nothing_that_comes_after_it() {
    // PostgreSQL's connections end with what failed on them; only SQLite has a limit that a test can set.
    let test = stores().await.swap_remove(0);
    let Engine::Lite { write, .. } = &test.store.core.db.engine else { panic!("SQLite comes first") };
    let journal = test.store.journal();
    for round in 0..2 {
        // It cannot be less than what is there.
        sqlx::query("PRAGMA max_page_count = 1").execute(write).await.unwrap();
        let large = "x".repeat(4 << 20);
        let error = journal.fact_or("large", &large).await.unwrap_err();
        assert!(error.is_storage_full(), "round {round}: {error:?}");
        sqlx::query("PRAGMA max_page_count = 1000000").execute(write).await.unwrap();
        assert_eq!(journal.fact_or(&format!("small-{round}"), "y").await.unwrap(), "y", "round {round}");
        journal.audit(AuditEntry::new("root", "test", format!("r{round}"))).await.unwrap();
    }
    assert_eq!(journal.fact("large").await.unwrap(), None);
}
