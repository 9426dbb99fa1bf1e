//! Another key for what rests sealed, and processes that still have the old one.

use crate::keys::forget_canary;
use packyard_store::{AuditEntry, Error, LockedStore, MacroRow, MacroWrite, SealKey, SealedCounts, Store};
use packyard_testkit::{TestStore, stores};

fn entry(counts: SealedCounts) -> AuditEntry {
    AuditEntry::new("test", "packyard:RotateSecretKey", "secret-key").detail(counts.total().to_string())
}

async fn write_macro(store: &Store, value: &str) -> packyard_store::Result<()> {
    let row = MacroRow { name: "token".into(), value: value.into() };
    store.user_macros().write("", MacroWrite::Replace(&[row]), |_| AuditEntry::new("test", "SetMacro", "token")).await
}

/// A store with a key that the test knows.
async fn with_key(test: &TestStore, key: &SealKey) -> Store {
    forget_canary(&test.store).await;
    test.store.close().await;
    Store::open(&test.location, key.clone()).await.unwrap()
}

#[tokio::test]
async fn a_process_that_has_the_old_key_writes_no_secret_with_it() {
    for test in stores().await {
        let (old, new) = (SealKey::generate(), SealKey::generate());
        let store = with_key(&test, &old).await;
        write_macro(&store, "first").await.unwrap();
        let locked = LockedStore::open_alone(&test.location).await.unwrap();
        let rotated = locked.rotate(old.clone(), new.clone(), entry).await;
        if test.engine == "PostgreSQL" {
            // It is seen from anywhere, and nothing is changed.
            assert!(matches!(rotated, Err(Error::InUse)), "{rotated:?}");
            assert!(matches!(locked.rehearse_rotation(old.clone()).await, Err(Error::InUse)));
            write_macro(&store, "second").await.unwrap();
            store.close().await;
            assert_eq!(locked.rotate(old, new, entry).await.unwrap().total(), 1);
            continue;
        }
        assert_eq!(rotated.unwrap(), SealedCounts { macros: 1, ..SealedCounts::default() });
        assert!(matches!(write_macro(&store, "lost").await, Err(Error::KeyChanged)));
        assert!(matches!(store.user_macros().all("").await, Err(Error::Unsealable)));
        let store = Store::open(&test.location, new).await.unwrap();
        assert_eq!(store.user_macros().all("").await.unwrap()[0].value, "first");
        let row = store.journal().audit_page(i64::MAX, 1).await.unwrap().remove(0);
        assert_eq!((row.action.as_str(), row.detail.as_str()), ("packyard:RotateSecretKey", "1"));
    }
}

#[tokio::test]
async fn a_wrong_key_and_a_damaged_secret_change_nothing() {
    for test in stores().await {
        let (old, new) = (SealKey::generate(), SealKey::generate());
        let store = with_key(&test, &old).await;
        write_macro(&store, "first").await.unwrap();
        store.close().await;
        let locked = LockedStore::open_alone(&test.location).await.unwrap();
        let wrong = locked.rotate(SealKey::generate(), new.clone(), entry).await;
        assert!(matches!(wrong, Err(Error::Unsealable)), "{}: {wrong:?}", test.engine);
        assert!(locked.opens_with(&old).await.unwrap() && !locked.opens_with(&new).await.unwrap());
        assert_eq!(locked.rehearse_rotation(old.clone()).await.unwrap().total(), 1);
        locked.close().await;

        let store = Store::open(&test.location, old.clone()).await.unwrap();
        damage(&store).await;
        store.close().await;
        let locked = LockedStore::open_alone(&test.location).await.unwrap();
        for outcome in [locked.rehearse_rotation(old.clone()).await, locked.rotate(old.clone(), new, entry).await] {
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains("the secret of macro token does not open"), "{}: {error}", test.engine);
        }
        assert!(locked.opens_with(&old).await.unwrap(), "{}", test.engine);
    }
}

async fn damage(store: &Store) {
    const SQL: &str = "UPDATE user_macro SET value = $1";
    let value = b"damaged".as_slice();
    match &store.core.db.engine {
        packyard_store::Engine::Lite { write, .. } => drop(sqlx::query(SQL).bind(value).execute(write).await.unwrap()),
        packyard_store::Engine::Pg(pool) => drop(sqlx::query(SQL).bind(value).execute(pool).await.unwrap()),
    }
}
