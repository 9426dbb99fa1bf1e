//! The key that seals secrets: a wrong one is found when the store is opened, on both engines.

use packyard_store::identity::{AccessKeyRow, NewAccessKey, NewPrincipal, PrincipalKind};
use packyard_store::{AuditEntry, Error, LockedStore, SealKey, Store};
use packyard_testkit::stores;

async fn seal_something(store: &Store) {
    let new = NewPrincipal {
        kind: PrincipalKind::User,
        aws_id: "AIDA1".into(),
        path: "/".into(),
        name: "ada".into(),
        email: None,
        first_name: String::new(),
        last_name: String::new(),
        description: String::new(),
        trust_policy: None,
        max_session_s: 0,
        tags: Vec::new(),
    };
    let identity = store.identity();
    let user = identity.create_principal(new, AuditEntry::new("test", "iam:CreateUser", "ada")).await.unwrap();
    let sealed_secret = store.core.sealer.seal(&AccessKeyRow::place("AKIA1"), b"secret");
    let key = NewAccessKey { id: "AKIA1".into(), principal: user.uid, sealed_secret };
    identity.create_access_key(key, 2, AuditEntry::new("test", "iam:CreateAccessKey", "AKIA1")).await.unwrap();
}

#[tokio::test]
async fn another_key_does_not_open_the_store() {
    for test in stores().await {
        let opened = Store::open(&test.location, SealKey::generate()).await;
        assert!(matches!(opened, Err(Error::Unsealable)), "{}", test.engine);
    }
}

/// Two servers on one new database, each with a key of its own: the second one finds out.
#[tokio::test]
async fn the_same_key_opens_it_again_and_only_that() {
    for test in stores().await {
        let locked = LockedStore::open(&test.location).await.unwrap();
        assert!(locked.has_secrets().await.unwrap(), "{}", test.engine);
        locked.close().await;
        forget_canary(&test.store).await;
        let key = SealKey::generate();
        let locked = LockedStore::open(&test.location).await.unwrap();
        assert!(!locked.has_secrets().await.unwrap(), "{}", test.engine);
        let first = locked.unlock(key.clone()).await.unwrap();
        assert!(Store::open(&test.location, key).await.is_ok());
        assert!(matches!(Store::open(&test.location, SealKey::generate()).await, Err(Error::Unsealable)));
        first.close().await;
    }
}

/// A database of a version that wrote no canary: what it holds decides.
#[tokio::test]
async fn a_database_without_a_canary_is_known_by_what_it_holds() {
    for test in stores().await {
        seal_something(&test.store).await;
        forget_canary(&test.store).await;
        let locked = LockedStore::open(&test.location).await.unwrap();
        assert!(locked.has_secrets().await.unwrap(), "{}", test.engine);
        assert!(matches!(locked.unlock(SealKey::generate()).await, Err(Error::Unsealable)), "{}", test.engine);
        assert_eq!(test.store.journal().fact("seal-canary").await.unwrap(), None, "a wrong key leaves no canary");
    }
}

pub(crate) async fn forget_canary(store: &Store) {
    const SQL: &str = "DELETE FROM installation WHERE name = 'seal-canary'";
    match &store.core.db.engine {
        packyard_store::Engine::Lite { write, .. } => drop(sqlx::query(SQL).execute(write).await.unwrap()),
        packyard_store::Engine::Pg(pool) => drop(sqlx::query(SQL).execute(pool).await.unwrap()),
    }
}

#[tokio::test]
async fn an_unreachable_postgresql_is_named_with_the_reason() {
    // Nobody who asks for any port is given this one.
    let port = 1;
    let url = format!("postgres://packyard:hidden@127.0.0.1:{port}/packs");
    let location = packyard_store::DbLocation::Postgres(url);
    let error = LockedStore::open(&location).await.map(|_| ()).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(error.to_string().contains(&format!("127.0.0.1:{port} (database packs)")), "{error}");
    assert!(cause.contains("refused") && !format!("{error} {cause}").contains("hidden"), "{cause}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_of_sqlite_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let test = stores().await.remove(0);
    seal_something(&test.store).await;
    for name in ["packyard.db", "packyard.db-wal", "packyard.db-shm"] {
        let mode = std::fs::metadata(test.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
