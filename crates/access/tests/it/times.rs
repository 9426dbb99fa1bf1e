//! What ends with time: unused sessions, one-time passwords, entries of the audit log.

use super::{World, peer, worlds, worlds_with};
use packyard_access::iam::NewPerson;
use packyard_access::{AccessConfig, ChangeRefused, LoginError, Session};
use packyard_store::{AuditEntry, Clock};
use secrecy::ExposeSecret;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

async fn session(world: &World) -> Session {
    let password = world.first.admin_password.expose_secret();
    world.access.login(&world.first.admin_email, password, peer()).await.unwrap()
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_before_its_time() {
    for world in worlds().await {
        let (used, followed, left) = (session(&world).await, session(&world).await, session(&world).await);
        let access = &world.access;
        let uses = async |session: &Session| access.session(session.token.expose_secret(), peer()).await.is_some();
        let follows =
            async |session: &Session| access.session_without_use(session.token.expose_secret(), peer()).await.is_some();
        world.clock.advance_ms(3 * HOUR_MS);
        assert!(uses(&used).await && follows(&followed).await && follows(&left).await, "{}", world.engine);
        world.clock.advance_ms(HOUR_MS);
        assert!(!uses(&left).await, "{}: 4 hours after the login", world.engine);
        assert!(!follows(&followed).await, "{}: a page that asks by itself is no use", world.engine);
        world.clock.advance_ms(2 * HOUR_MS);
        assert!(uses(&used).await, "{}: 3 hours after it was used", world.engine);
        world.clock.advance_ms(3 * HOUR_MS);
        assert!(uses(&used).await);
        world.clock.advance_ms(3 * HOUR_MS);
        assert!(!uses(&used).await, "{}: 12 hours after the login", world.engine);
    }
}

#[tokio::test]
async fn unused_sessions_go_on_where_that_is_wanted() {
    let world = worlds_with(AccessConfig { session_idle_s: 0, ..AccessConfig::default() }).await.remove(0);
    let session = session(&world).await;
    world.clock.advance_ms(11 * HOUR_MS);
    assert!(world.access.session(session.token.expose_secret(), peer()).await.is_some());
}

#[tokio::test]
async fn a_one_time_password_is_good_for_its_time_only() {
    for world in worlds().await {
        let (access, root, email) = (&world.access, world.root().await, "ada@x.org");
        let new = NewPerson { email: email.into(), ..NewPerson::default() };
        let first = access.iam(&root).create_person(new).await.unwrap();
        assert_eq!(first.expires_at_ms, Some(world.clock.now_ms() + 7 * DAY_MS));
        let login = async |password: &str| access.login(email, password, peer()).await.map(|_| ());
        let password = first.password.expose_secret();
        world.clock.advance_ms(7 * DAY_MS - 1);
        assert_eq!(login(password).await, Err(LoginError::ResetRequired));
        world.clock.advance_ms(1);
        assert_eq!(login(password).await, Err(LoginError::OneTimePasswordExpired), "{}", world.engine);
        assert_eq!(login("a guess").await, Err(LoginError::Wrong), "who guesses is told nothing");
        let chosen = "a chosen password".to_owned().into();
        let refused = access.change_password(email, password, &chosen, peer()).await;
        assert_eq!(refused, Err(ChangeRefused::Old(LoginError::OneTimePasswordExpired)));

        let second = access.iam(&root).reset_password(&first.user.uid).await.unwrap();
        access.change_password(email, second.password.expose_secret(), &chosen, peer()).await.unwrap();
        world.clock.advance_ms(8 * DAY_MS);
        assert_eq!(login("a chosen password").await, Ok(()), "{}: one's own lasts", world.engine);
    }
}

#[tokio::test]
async fn the_audit_log_keeps_what_is_younger_than_the_setting() {
    let config = AccessConfig { audit_retention_s: 10 * DAY_MS / 1000, ..AccessConfig::default() };
    for world in worlds_with(config).await {
        let journal = world.store.journal();
        let objects = async || {
            world.access.expire_audit().await.unwrap();
            let rows = journal.audit_page(i64::MAX, 100).await.unwrap();
            rows.into_iter().filter(|row| row.actor == "ann").map(|row| row.object).collect::<Vec<_>>()
        };
        journal.audit(AuditEntry::new("ann", "Create", "old")).await.unwrap();
        world.clock.advance_ms(9 * DAY_MS);
        journal.audit(AuditEntry::new("ann", "Create", "new")).await.unwrap();
        assert_eq!(objects().await, ["new", "old"], "{}", world.engine);
        world.clock.advance_ms(DAY_MS + 1);
        assert_eq!(objects().await, ["new"], "{}", world.engine);
    }
}

#[tokio::test]
async fn a_login_is_in_the_audit_log_with_its_address() {
    let world = worlds().await.remove(0);
    session(&world).await;
    let rows = world.store.journal().audit_page(i64::MAX, 1).await.unwrap();
    assert_eq!((rows[0].action.as_str(), rows[0].detail.as_str()), ("packyard:Login", r#"{"address":"192.0.2.7"}"#));
}
