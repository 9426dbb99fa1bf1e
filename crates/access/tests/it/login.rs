//! Passwords: first start, registry login, console sessions, throttling.

use super::{World, peer, worlds, worlds_with};
use packyard_access::{Access, AccessConfig, LoginError, Peer, ThrottleConfig};
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;

fn from(host: u8) -> Peer {
    Peer { addr: SocketAddr::from(([198, 51, 100, host], 1)), secure: false }
}

async fn with_password(world: &World, name: &str, password: &str) {
    world.user(name, &[]).await;
    let root = world.root().await;
    world.access.iam(&root).create_login_profile(name, &SecretString::from(password), false).await.unwrap();
}

#[tokio::test]
async fn the_first_start_tells_its_secrets_once() {
    for world in worlds().await {
        assert_eq!(world.root().await.arn(), "arn:aws:iam::000000000000:root");
        let email = &world.first.admin_email;
        let session = world.access.login(email, world.first.admin_password.expose_secret(), peer()).await.unwrap();
        assert_eq!(session.caller.arn(), format!("arn:aws:iam::000000000000:user/tenant/{email}"));
        let everything = packyard_access::Target::any();
        world.access.may(&session.caller, "packyard:ManageUsers", &everything).await.unwrap();
        let (again, first) = Access::open(&world.store, AccessConfig::default()).await.unwrap();
        assert!(first.is_none());
        let (id, secret) = again.rotate_root_key().await.unwrap();
        world.clock.advance_ms(1_000);
        assert!(world.signed_in(&id, &secret, None).await.unwrap().principal.is_root());
        let old = &world.first.root_secret_access_key;
        assert!(world.signed_in(&world.first.root_access_key_id, old, None).await.is_err());
    }
}

#[tokio::test]
async fn a_given_root_key_is_the_roots_key_on_every_start() {
    for world in worlds().await {
        let given = |secret: &str| AccessConfig {
            root_access_key: Some(("AKIAGIVEN".into(), SecretString::from(secret))),
            ..AccessConfig::default()
        };
        for secret in ["first-secret", "second-secret"] {
            Access::open(&world.store, given(secret)).await.unwrap();
            world.clock.advance_ms(1_000);
            assert!(world.signed_in("AKIAGIVEN", &SecretString::from(secret), None).await.is_ok());
        }
        assert!(world.signed_in("AKIAGIVEN", &SecretString::from("first-secret"), None).await.is_err());
    }
}

#[tokio::test]
async fn bad_settings_are_refused_by_name() {
    let world = worlds().await.remove(0);
    for (config, word) in [
        (AccessConfig { account_id: "12".into(), ..AccessConfig::default() }, "12 digits"),
        (
            AccessConfig {
                root_access_key: Some(("ASIAXYZ".into(), SecretString::from("x"))),
                ..AccessConfig::default()
            },
            "temporary",
        ),
        (
            AccessConfig { admin_password: Some(SecretString::from("")), ..AccessConfig::default() },
            "minimum length of 8",
        ),
        (AccessConfig { admin_password: Some("1234567".into()), ..AccessConfig::default() }, "minimum length of 8"),
        (AccessConfig { account_id: "111111111111".into(), ..AccessConfig::default() }, "--account-id 000000000000"),
        (AccessConfig { admin_email: Some("nobody".into()), ..AccessConfig::default() }, "no @"),
    ] {
        let error = Access::open(&world.store, config).await.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_login_profile_is_the_registry_login() {
    for world in worlds().await {
        with_password(&world, "robot", "correct horse battery").await;
        let access = &world.access;
        let login = |password: &'static str| access.registry_login("robot", password, peer());
        assert_eq!(login("correct horse battery").await.unwrap().arn(), "arn:aws:iam::000000000000:user/robot");
        assert!(login("correct horse battery").await.is_ok(), "remembered");
        assert_eq!(login("wrong").await.map(|_| ()), Err(LoginError::Wrong));
        let nobody = access.registry_login("nobody", "correct horse battery", peer()).await;
        assert_eq!(nobody.map(|_| ()), Err(LoginError::Wrong));

        let root = world.root().await;
        let iam = access.iam(&root);
        let new = SecretString::from("another password");
        iam.update_login_profile("robot", Some(&new), None).await.unwrap();
        assert_eq!(login("correct horse battery").await.map(|_| ()), Err(LoginError::Wrong), "{}", world.engine);
        assert!(login("another password").await.is_ok());
        iam.set_user_disabled("robot", true).await.unwrap();
        assert_eq!(login("another password").await.map(|_| ()), Err(LoginError::Disabled));
        iam.set_user_disabled("robot", false).await.unwrap();
        iam.delete_login_profile("robot").await.unwrap();
        assert_eq!(login("another password").await.map(|_| ()), Err(LoginError::Wrong));
    }
}

#[tokio::test]
async fn a_session_ends_by_logout_time_password_and_disabling() {
    for world in worlds().await {
        let access = &world.access;
        for name in ["logout", "time", "password", "disabled"] {
            with_password(&world, name, "correct horse battery").await;
        }
        let login =
            |name: &'static str| async move { access.login(name, "correct horse battery", peer()).await.unwrap() };
        let alive = |token: SecretString| async move { access.session(token.expose_secret(), peer()).await.is_some() };
        let root = world.root().await;

        let out = login("logout").await;
        let found = access.session(out.token.expose_secret(), peer()).await.unwrap();
        assert_eq!(found.caller.arn(), out.caller.arn());
        assert!(found.csrf_is(&out.csrf) && !found.csrf_is("") && !found.csrf_is(out.token.expose_secret()));
        access.logout(out.token.expose_secret()).await;
        assert!(!alive(out.token).await);

        let password = login("password").await;
        let other = login("password").await;
        assert_ne!(password.csrf, other.csrf, "a form of one session is none of another");
        let new = SecretString::from("another password");
        access.iam(&root).update_login_profile("password", Some(&new), None).await.unwrap();
        assert!(!alive(password.token).await && !alive(other.token).await);

        let disabled = login("disabled").await;
        access.iam(&root).set_user_disabled("disabled", true).await.unwrap();
        assert!(!alive(disabled.token.clone()).await);
        access.iam(&root).set_user_disabled("disabled", false).await.unwrap();
        assert!(!alive(disabled.token).await, "enabling again does not bring sessions back");

        let time = login("time").await;
        world.clock.advance_ms(12 * 3_600_000);
        assert!(!alive(time.token).await);
        assert!(access.session("made up", peer()).await.is_none());
    }
}

#[tokio::test]
async fn the_database_holds_no_token_and_no_password() {
    let world = worlds().await.remove(0);
    with_password(&world, "ada", "correct horse battery").await;
    let session = world.access.login("ada", "correct horse battery", peer()).await.unwrap();
    let user = world.user("bob", &[]).await;
    let audit: String =
        world.store.journal().audit_page(i64::MAX, 1_000).await.unwrap().iter().map(|row| format!("{row:?}")).collect();
    let identity = world.store.identity();
    let key = identity.access_key(&user.key_id).await.unwrap().unwrap();
    let sealed = String::from_utf8_lossy(&key.secret).into_owned();
    let profile = identity.login_profile(&session.caller.principal.uid).await.unwrap().unwrap();
    assert!(profile.hash.starts_with("$argon2id$"));
    for secret in ["correct horse battery", session.token.expose_secret(), user.secret.expose_secret()] {
        assert!(!audit.contains(secret) && !sealed.contains(secret) && !profile.hash.contains(secret));
    }
    assert!(identity.session(session.token.expose_secret()).await.unwrap().is_none(), "stored by digest only");
    for action in ["iam:CreateUser", "iam:CreateLoginProfile", "iam:CreateAccessKey", "packyard:Login"] {
        assert!(audit.contains(action), "no audit row for {action}");
    }
}

#[tokio::test]
async fn guessing_is_throttled_by_name_and_address_and_others_are_not() {
    let throttle = ThrottleConfig { per_name_and_address: 3, per_address: 6, per_name: 100, window_s: 60 };
    for world in worlds_with(AccessConfig { throttle, ..AccessConfig::default() }).await {
        with_password(&world, "ada", "correct horse battery").await;
        let access = &world.access;
        for _ in 0..3 {
            assert_eq!(access.login("ada", "guess", from(1)).await.map(|_| ()), Err(LoginError::Wrong));
        }
        let right = access.registry_login("ada", "correct horse battery", from(1)).await;
        assert_eq!(right.map(|_| ()), Err(LoginError::Throttled { retry_after_s: 60 }), "both doors count together");
        assert!(access.login("ada", "correct horse battery", from(2)).await.is_ok());
        world.clock.advance_ms(60_000);
        assert!(access.login("ada", "correct horse battery", from(1)).await.is_ok());
    }
}

/// A client with many connections is not taken for somebody who guesses.
#[tokio::test]
async fn many_right_logins_at_once_are_one_check() {
    let throttle = ThrottleConfig { per_name_and_address: 3, per_address: 6, per_name: 100, window_s: 60 };
    let world = worlds_with(AccessConfig { throttle, ..AccessConfig::default() }).await.remove(0);
    with_password(&world, "ada", "correct horse battery").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let access = world.access.clone();
        tasks.spawn(async move { access.registry_login("ada", "correct horse battery", peer()).await.map(|_| ()) });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn one_changes_ones_own_password_with_the_old_one() {
    let world = worlds().await.remove(0);
    with_password(&world, "ada", "correct horse battery").await;
    let session = world.access.login("ada", "correct horse battery", peer()).await.unwrap();
    let iam = world.access.iam(&session.caller);
    let new = SecretString::from("a better password");
    let refused = iam.change_own_password("guess", &new, peer()).await.unwrap_err();
    assert_eq!(refused.code(), "AccessDenied");
    let weak = iam.change_own_password("correct horse battery", &SecretString::from("short"), peer()).await;
    assert_eq!(weak.unwrap_err().code(), "PasswordPolicyViolation");
    iam.change_own_password("correct horse battery", &new, peer()).await.unwrap();
    assert!(world.access.session(session.token.expose_secret(), peer()).await.is_none());
    assert!(world.access.login("ada", "a better password", peer()).await.is_ok());
}
