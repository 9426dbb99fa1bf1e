//! The first start: its secrets are kept before it counts, and an interrupted one is completed.

use packyard_access::{Access, AccessConfig, Keep, OpenError, Opening};
use packyard_testkit::stores;
use secrecy::ExposeSecret;
use std::sync::Mutex;

const NO_KEEP: Keep<'static> = &|_| Ok(());

#[tokio::test]
async fn secrets_that_could_not_be_kept_are_made_again() {
    for test in stores().await {
        let fail: Keep<'_> = &|_| Err(std::io::Error::other("the disk is full"));
        let opening = Opening::Serve { alone: false, keep: fail };
        let error = Access::open_as(&test.store, AccessConfig::default(), opening).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Keep(_)), "{}: {error}", test.engine);

        let kept = Mutex::new(String::new());
        let keep: Keep<'_> = &|first| {
            *kept.lock().unwrap() = first.admin_password.expose_secret().to_owned();
            Ok(())
        };
        // The failed start's lease is still there: `alone` takes it over, others wait for its end.
        let opening = Opening::Serve { alone: true, keep };
        let (access, first) = Access::open_as(&test.store, AccessConfig::default(), opening).await.unwrap();
        let first = first.unwrap();
        assert!(first.password_is_new && first.root_key_is_new);
        assert_eq!(*kept.lock().unwrap(), first.admin_password.expose_secret());
        let password = kept.lock().unwrap().clone();
        assert!(access.login(&first.admin_email, &password, super::peer()).await.is_ok(), "{}", test.engine);
    }
}

#[tokio::test]
async fn maintenance_makes_no_installation() {
    for test in stores().await {
        let opened = Access::open_as(&test.store, AccessConfig::default(), Opening::Maintain).await;
        assert!(matches!(opened, Err(OpenError::NoInstallation)), "{}", test.engine);
        Access::open(&test.store, AccessConfig::default()).await.unwrap();
        let (_, first) = Access::open_as(&test.store, AccessConfig::default(), Opening::Maintain).await.unwrap();
        assert!(first.is_none());
    }
}

#[tokio::test]
async fn a_dead_holders_first_start_is_taken_over_at_once_by_who_is_alone() {
    for test in stores().await {
        assert!(test.store.leases().claim("first_start", "dead", i64::MAX / 2).await.unwrap().is_some());
        let opening = Opening::Serve { alone: true, keep: NO_KEEP };
        let (_, first) = Access::open_as(&test.store, AccessConfig::default(), opening).await.unwrap();
        assert!(first.is_some(), "{}", test.engine);
    }
}

#[tokio::test]
async fn what_the_operator_gave_is_told_apart_from_what_was_made_up() {
    for test in stores().await {
        let config = AccessConfig { admin_password: Some("correct horse battery".into()), ..AccessConfig::default() };
        let first = Access::open(&test.store, config).await.unwrap().1.unwrap();
        assert!(!first.password_is_new && first.root_key_is_new, "{}", test.engine);
    }
}
