//! Journal, facts and leases.

use packyard_store::{AuditEntry, AuditSearch, Clock, ManualClock};
use packyard_testkit::{stores, stores_at};
use std::sync::Arc;

#[tokio::test]
async fn the_audit_is_read_newest_first_in_pages() {
    for test in stores().await {
        let journal = test.store.journal();
        for n in 0..5 {
            journal
                .audit(AuditEntry::new("arn:aws:iam::000000000000:root", "registry.create", format!("r{n}")))
                .await
                .unwrap();
        }
        let first = journal.audit_page(i64::MAX, 3).await.unwrap();
        let rest = journal.audit_page(first.last().unwrap().id, 3).await.unwrap();
        let objects: Vec<_> = first.iter().chain(&rest).map(|row| row.object.as_str()).collect();
        assert_eq!(objects, ["r4", "r3", "r2", "r1", "r0"], "{}", test.engine);
    }
}

#[tokio::test]
async fn the_oldest_of_the_audit_go_first_and_only_so_many_at_once() {
    let clock = ManualClock::at(1_000);
    for test in stores_at(Arc::new(clock.clone())).await {
        let journal = test.store.journal();
        let begin = clock.now_ms();
        for n in 0..5 {
            journal.audit(AuditEntry::new("ann", "Create", format!("r{n}"))).await.unwrap();
            clock.advance_ms(10);
        }
        let left = async || {
            let rows = journal.audit_page(i64::MAX, 10).await.unwrap();
            rows.into_iter().map(|row| row.object).collect::<Vec<_>>()
        };
        assert_eq!(journal.expire_audit(begin, 10).await.unwrap(), 0, "{}", test.engine);
        assert_eq!(journal.expire_audit(begin + 30, 2).await.unwrap(), 2, "{}", test.engine);
        assert_eq!(left().await, ["r4", "r3", "r2"], "{}", test.engine);
        assert_eq!(journal.expire_audit(begin + 30, 2).await.unwrap(), 1, "{}", test.engine);
        assert_eq!(left().await, ["r4", "r3"], "{}: what is as old as the bound stays", test.engine);
    }
}

#[tokio::test]
async fn the_audit_is_searched_by_who_what_when_and_words() {
    for test in stores().await {
        let journal = test.store.journal();
        for (actor, action, object, detail) in [
            ("ann", "Create", "r1", "{\"name\":\"100%_web\"}"),
            ("bob", "Create", "r2", ""),
            ("ann", "Delete", "r1", ""),
        ] {
            journal.audit(AuditEntry::new(actor, action, object).detail(detail)).await.unwrap();
        }
        let find = async |search: AuditSearch| {
            let rows = journal.audit_search(&search).await.unwrap();
            rows.iter().map(|row| format!("{} {} {}", row.actor, row.action, row.object)).collect::<Vec<_>>()
        };
        let text = |text: &str| AuditSearch { text: text.to_owned(), ..AuditSearch::default() };
        assert_eq!(find(AuditSearch::default()).await, ["ann Delete r1", "bob Create r2", "ann Create r1"]);
        assert_eq!(
            find(AuditSearch { actor: "ann".into(), action: "Create".into(), ..text("") }).await,
            ["ann Create r1"]
        );
        assert_eq!(find(AuditSearch { object: "r2".into(), ..text("") }).await, ["bob Create r2"]);
        assert_eq!(find(text("%_WEB")).await, ["ann Create r1"], "{}: wildcards are text", test.engine);
        assert_eq!(find(text("b%b")).await, [""; 0], "{}", test.engine);
        assert_eq!(find(AuditSearch { until: 1, ..text("") }).await, [""; 0]);
        let newest = journal.audit_search(&AuditSearch { limit: 1, ..text("") }).await.unwrap();
        assert_eq!(find(AuditSearch { before: newest[0].id, ..text("") }).await.len(), 2, "{}", test.engine);
        let oldest = AuditSearch { is_oldest_first: true, ..text("") };
        let oldest_row = journal.audit_search(&AuditSearch { limit: 1, ..oldest.clone() }).await.unwrap().remove(0);
        assert_eq!(oldest_row.object, "r1", "{}", test.engine);
        let then = AuditSearch { after: oldest_row.id, ..oldest };
        assert_eq!(find(then).await, ["bob Create r2", "ann Delete r1"], "{}", test.engine);
        let names = journal.audit_names(10).await.unwrap();
        assert_eq!(names, (vec!["ann".to_owned(), "bob".to_owned()], vec!["Create".to_owned(), "Delete".to_owned()]));
    }
}

#[tokio::test]
async fn a_fact_belongs_to_whoever_set_it_first() {
    for test in stores().await {
        let journal = test.store.journal();
        assert_eq!(journal.fact("instance-id").await.unwrap(), None, "{}", test.engine);
        assert_eq!(journal.fact_or("instance-id", "a").await.unwrap(), "a");
        assert_eq!(journal.fact_or("instance-id", "b").await.unwrap(), "a");
        journal.set_fact("instance-id", "c").await.unwrap();
        assert_eq!(journal.fact("instance-id").await.unwrap().as_deref(), Some("c"));
    }
}

#[tokio::test]
async fn a_lease_has_one_holder_and_a_fence_that_grows() {
    let clock = ManualClock::at(1_000);
    for test in stores_at(Arc::new(clock.clone())).await {
        let leases = test.store.leases();
        let mine = leases.claim("sync/1", "me", 100).await.unwrap().unwrap();
        assert_eq!(leases.claim("sync/1", "you", 100).await.unwrap(), None, "{}", test.engine);
        assert!(leases.renew(&mine, 200).await.unwrap());
        clock.advance_ms(150);
        assert_eq!(leases.claim("sync/1", "you", 100).await.unwrap(), None);
        clock.advance_ms(100);
        let yours = leases.claim("sync/1", "you", 100).await.unwrap().unwrap();
        assert!(yours.fence > mine.fence);
        assert!(!leases.renew(&mine, 100).await.unwrap(), "a holder that slept past its lease must not renew it");
        assert!(leases.release(&yours).await.unwrap());
        assert!(leases.claim("sync/1", "me", 100).await.unwrap().is_some());
    }
}

/// A server that freezes in a transaction holds row locks; PostgreSQL takes them from it before anybody misses them for long.
#[tokio::test]
async fn postgresql_ends_the_transactions_of_a_server_that_froze() {
    for packyard_testkit::TestStore { store, engine, folder: _folder, .. } in stores().await {
        if let packyard_store::Engine::Pg(pool) = &store.core.db.engine {
            let show = "SHOW idle_in_transaction_session_timeout";
            let ends: String = sqlx::query_scalar(show).fetch_one(pool).await.unwrap();
            assert_eq!(ends, "15s", "{engine}");
        }
    }
}

/// A holder that was fenced off is refused by the row itself, in whichever order the two come.
#[tokio::test]
async fn a_write_under_a_lease_that_was_taken_is_refused() {
    for packyard_testkit::TestStore { store, engine, folder: _folder, .. } in stores().await {
        let (leases, catalog) = (store.leases(), store.catalog());
        let lost = leases.claim("sync/x", "frozen", -1).await.unwrap().unwrap();
        let own = leases.claim("sync/x", "other", 60_000).await.unwrap().unwrap();
        let refused = catalog.run_progress(&lost, 1, "{}").await.unwrap_err();
        assert!(matches!(refused, packyard_store::Error::Conflict(_)), "{engine}: {refused}");
        let refused = catalog.put_outcomes(&lost, 1, &[]).await.unwrap_err();
        assert!(matches!(refused, packyard_store::Error::Conflict(_)), "{engine}: {refused}");
        catalog.run_progress(&own, 1, "{}").await.unwrap();
    }
}
