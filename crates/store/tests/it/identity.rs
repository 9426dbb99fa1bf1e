//! Principals, credentials, policies, sessions: the units of work and what they refuse.

use packyard_store::identity::{Leftover, NewAccessKey, NewApiKey, NewPrincipal, PrincipalKind, PrincipalRow};
use packyard_store::{AuditEntry, Error, ManualClock, Store};
use packyard_testkit::{stores, stores_at};
use std::sync::Arc;

fn entry() -> AuditEntry {
    AuditEntry::new("arn:aws:iam::000000000000:root", "test", "object")
}

fn new(kind: PrincipalKind, name: &str) -> NewPrincipal {
    NewPrincipal {
        kind,
        aws_id: format!("{}-{name}", kind.as_str()),
        path: "/".into(),
        name: name.into(),
        email: None,
        first_name: String::new(),
        last_name: String::new(),
        description: String::new(),
        trust_policy: None,
        max_session_s: 0,
        tags: vec![("team".into(), "packs".into())],
    }
}

async fn user(store: &Store, name: &str) -> PrincipalRow {
    store.identity().create_principal(new(PrincipalKind::User, name), entry()).await.unwrap()
}

fn key(principal: &PrincipalRow, id: &str) -> NewAccessKey {
    NewAccessKey { id: id.into(), principal: principal.uid.clone(), sealed_secret: vec![0, 1, 255] }
}

#[tokio::test]
async fn names_are_unique_within_a_kind_and_emails_everywhere() {
    for test in stores().await {
        let identity = test.store.identity();
        let ada = user(&test.store, "Ada").await;
        assert_eq!(
            (ada.kind(), ada.is_disabled(), ada.login_epoch),
            (PrincipalKind::User, false, 1),
            "{}",
            test.engine
        );
        let again = identity.create_principal(new(PrincipalKind::User, "ada"), entry()).await;
        assert!(matches!(again, Err(Error::AlreadyExists(_))));
        identity.create_principal(new(PrincipalKind::Role, "ada"), entry()).await.unwrap();
        let found = identity.principal_named(PrincipalKind::User, "ADA").await.unwrap().unwrap();
        assert_eq!(found.uid, ada.uid);
        let mailed =
            |name: &str, email: &str| NewPrincipal { email: Some(email.into()), ..new(PrincipalKind::User, name) };
        identity.create_principal(mailed("b", "B@example.org"), entry()).await.unwrap();
        let taken = identity.create_principal(mailed("c", "b@EXAMPLE.org"), entry()).await;
        assert!(matches!(taken, Err(Error::EmailTaken(_))));
        assert_eq!(identity.principal_with_email("b@example.ORG").await.unwrap().unwrap().name, "b");
        assert_eq!(identity.principal_tags(&ada.uid).await.unwrap(), [("team".to_owned(), "packs".to_owned())]);
    }
}

#[tokio::test]
async fn a_refused_unit_leaves_no_trace_and_a_done_one_an_audit_row() {
    for test in stores().await {
        let identity = test.store.identity();
        user(&test.store, "ada").await;
        let version = identity.version().await.unwrap();
        let rows = test.store.journal().audit_page(i64::MAX, 100).await.unwrap().len();
        identity.create_principal(new(PrincipalKind::User, "ada"), entry()).await.unwrap_err();
        assert_eq!(identity.version().await.unwrap(), version, "{}", test.engine);
        assert_eq!(test.store.journal().audit_page(i64::MAX, 100).await.unwrap().len(), rows);
        user(&test.store, "bob").await;
        assert!(identity.version().await.unwrap() > version);
        assert_eq!(test.store.journal().audit_page(i64::MAX, 100).await.unwrap().len(), rows + 1);
    }
}

#[tokio::test]
async fn the_quota_of_keys_holds_among_many_writers() {
    for test in stores().await {
        let ada = user(&test.store, "ada").await;
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let (identity, new) = (test.store.identity(), key(&ada, &format!("AKIA{n}")));
            tasks.spawn(async move { identity.create_access_key(new, 2, entry()).await });
        }
        let outcomes = tasks.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{}", test.engine);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::Conflict(_)))), "{outcomes:?}");
        assert_eq!(test.store.identity().access_keys(&ada.uid).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_key_belongs_to_its_principal_and_goes_with_it() {
    for test in stores().await {
        let identity = test.store.identity();
        let (ada, bob) = (user(&test.store, "ada").await, user(&test.store, "bob").await);
        identity.create_access_key(key(&ada, "AKIA1"), 2, entry()).await.unwrap();
        let taken = identity.create_access_key(key(&bob, "AKIA1"), 2, entry()).await;
        assert!(matches!(taken, Err(Error::AlreadyExists(_))), "{}", test.engine);
        let foreign = identity.delete_access_key(&bob.uid, "AKIA1", entry()).await;
        assert!(matches!(foreign, Err(Error::NotFound(_))));
        let foreign = identity.set_access_key_active(&bob.uid, "AKIA1", false, entry()).await;
        assert!(matches!(foreign, Err(Error::NotFound(_))));
        identity.set_access_key_active(&ada.uid, "AKIA1", false, entry()).await.unwrap();
        let row = identity.access_key("AKIA1").await.unwrap().unwrap();
        assert_eq!((row.is_active(), row.secret), (false, vec![0, 1, 255]));
        let left = identity.delete_principal(&ada.uid, false, entry()).await;
        assert!(matches!(left, Err(Error::Leftover(Leftover::AccessKeys))));
        identity.delete_principal(&ada.uid, true, entry()).await.unwrap();
        assert!(identity.access_key("AKIA1").await.unwrap().is_none());
        let gone = identity.delete_principal(&ada.uid, true, entry()).await;
        assert!(matches!(gone, Err(Error::NotFound(_))));
    }
}

#[tokio::test]
async fn a_session_of_an_older_password_does_not_open() {
    let clock = ManualClock::at(1_000);
    for test in stores_at(Arc::new(clock.clone())).await {
        let identity = test.store.identity();
        let ada = user(&test.store, "ada").await;
        identity.create_login_profile(&ada.uid, "hash", false, entry()).await.unwrap();
        let epoch = identity.principal(&ada.uid).await.unwrap().unwrap().login_epoch;
        let now = packyard_store::Clock::now_ms(&clock);
        identity.create_session("before", &ada.uid, epoch, now + 100, entry()).await.unwrap();
        assert_eq!(identity.session("before").await.unwrap().unwrap().principal, ada.uid);
        identity.update_login_profile(&ada.uid, "other", false, entry()).await.unwrap();
        assert!(identity.session("before").await.unwrap().is_none(), "{}", test.engine);
        // A login that had checked the old password finishes after the change.
        identity.create_session("late", &ada.uid, epoch, now + 100, entry()).await.unwrap();
        assert!(identity.session("late").await.unwrap().is_none(), "{}", test.engine);
        identity.create_session("new", &ada.uid, epoch + 1, now + 100, entry()).await.unwrap();
        assert!(identity.session("new").await.unwrap().is_some());
        clock.advance_ms(100);
        assert!(identity.session("new").await.unwrap().is_none(), "expired");
        identity.create_session("other", &ada.uid, epoch + 1, now + 900, entry()).await.unwrap();
        identity.end_session("other").await.unwrap();
        assert!(identity.session("other").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn policies_are_replaced_by_name_and_limited_together() {
    for test in stores().await {
        let identity = test.store.identity();
        let ada = user(&test.store, "ada").await;
        identity.put_inline_policy(&ada.uid, "a", "12345", 10, entry()).await.unwrap();
        identity.put_inline_policy(&ada.uid, "b", "12345", 10, entry()).await.unwrap();
        identity.put_inline_policy(&ada.uid, "b", "54321", 10, entry()).await.expect("replacing counts once");
        let over = identity.put_inline_policy(&ada.uid, "c", "1", 10, entry()).await;
        assert!(matches!(over, Err(Error::Conflict(_))), "{}", test.engine);
        identity.attach_policy(&ada.uid, "arn:x", 1, entry()).await.unwrap();
        identity.attach_policy(&ada.uid, "arn:x", 1, entry()).await.expect("again is no change");
        assert!(matches!(identity.attach_policy(&ada.uid, "arn:y", 1, entry()).await, Err(Error::Conflict(_))));
        let set = identity.policies(&ada.uid).await.unwrap();
        let inline: Vec<_> = set.inline.iter().map(|row| (row.name.as_str(), row.document.as_str())).collect();
        assert_eq!(inline, [("a", "12345"), ("b", "54321")]);
        assert_eq!(set.attached, ["arn:x"]);
        assert_eq!(identity.attachment_counts().await.unwrap(), [("arn:x".to_owned(), 1)]);
        identity.detach_policy(&ada.uid, "arn:x", entry()).await.unwrap();
        assert!(matches!(identity.detach_policy(&ada.uid, "arn:x", entry()).await, Err(Error::NotFound(_))));
    }
}

#[tokio::test]
async fn api_keys_are_found_by_digest_and_changed_whole() {
    for test in stores().await {
        let identity = test.store.identity();
        let ada = user(&test.store, "ada").await;
        let new = |name: &str| NewApiKey {
            principal: ada.uid.clone(),
            name: name.into(),
            description: String::new(),
            digest: format!("digest of {name}"),
            expires_at: Some(5),
        };
        let row = identity.create_api_key(new("ci"), 1, entry()).await.unwrap();
        assert_eq!(row.uid.len(), 24, "{}", test.engine);
        assert!(matches!(identity.create_api_key(new("more"), 1, entry()).await, Err(Error::Conflict(_))));
        assert_eq!(identity.api_key_with_digest("digest of ci").await.unwrap().unwrap().uid, row.uid);
        identity.update_api_key(&row.uid, "ci2", "d", false, None, entry()).await.unwrap();
        let changed = identity.api_key(&row.uid).await.unwrap().unwrap();
        assert_eq!((changed.name.as_str(), changed.is_active(), changed.expires_at), ("ci2", false, None));
        assert_eq!(identity.api_keys(None).await.unwrap().len(), 1);
        assert!(identity.api_keys(Some("nobody")).await.unwrap().is_empty());
        identity.delete_api_key(&row.uid, entry()).await.unwrap();
        assert!(matches!(identity.delete_api_key(&row.uid, entry()).await, Err(Error::NotFound(_))));
    }
}

#[tokio::test]
async fn users_are_listed_by_name_under_a_path() {
    for test in stores().await {
        let identity = test.store.identity();
        for (name, path) in [("carol", "/a/"), ("Bob", "/a/b/"), ("ada", "/")] {
            let new = NewPrincipal { path: path.into(), ..new(PrincipalKind::User, name) };
            identity.create_principal(new, entry()).await.unwrap();
        }
        let names = |rows: Vec<PrincipalRow>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
        let kind = PrincipalKind::User;
        assert_eq!(names(identity.principals(kind, "/", "", 10).await.unwrap()), ["ada", "Bob", "carol"]);
        assert_eq!(names(identity.principals(kind, "/", "ada", 1).await.unwrap()), ["Bob"], "{}", test.engine);
        assert_eq!(names(identity.principals(kind, "/a/", "", 10).await.unwrap()), ["Bob", "carol"]);
        assert_eq!(names(identity.principals(kind, "/A/", "", 10).await.unwrap()), Vec::<String>::new());
        assert_eq!(names(identity.principals(PrincipalKind::Role, "/", "", 10).await.unwrap()), Vec::<String>::new());
    }
}

/// As an older server left it, which knows nothing of that time.
async fn undate(store: &Store) -> packyard_store::Result<()> {
    packyard_store::unit!(store.core.db, Error, |tx| {
        sqlx::query("UPDATE login_profile SET set_at = NULL").execute(&mut *tx).await?;
        Ok(())
    })
}

#[tokio::test]
async fn a_one_time_password_without_a_date_counts_from_the_next_start() {
    let clock = ManualClock::at(1_000);
    for test in stores_at(Arc::new(clock.clone())).await {
        let identity = test.store.identity();
        let (ada, bob) = (user(&test.store, "ada").await, user(&test.store, "bob").await);
        identity.create_login_profile(&ada.uid, "hash", true, entry()).await.unwrap();
        identity.create_login_profile(&bob.uid, "hash", false, entry()).await.unwrap();
        undate(&test.store).await.unwrap();
        let set_at = async |uid: &str| identity.login_profile(uid).await.unwrap().unwrap().set_at;
        assert_eq!(set_at(&ada.uid).await, None);
        clock.advance_ms(500);
        let now = packyard_store::Clock::now_ms(&clock);
        for _ in 0..2 {
            identity.date_one_time_passwords().await.unwrap();
            assert_eq!((set_at(&ada.uid).await, set_at(&bob.uid).await), (Some(now), None), "{}", test.engine);
            clock.advance_ms(500);
        }
    }
}
