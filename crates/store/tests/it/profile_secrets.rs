//! What is secret in a profile: sealed in its row and in each state of its history, and reached by a new key.

use crate::keys::forget_canary;
use crate::profile::{entry, profile};
use packyard_store::{
    AuditEntry, Error, LockedStore, ProfileRow, ProfileSecrets, SealKey, SealedCounts, Store, VariablesAt, VariablesOf,
    VariablesSealed, on,
};
use packyard_testkit::stores;

const NEEDLE: &str = "the-needle-of-the-tests";

fn secret(text: &str) -> ProfileSecrets {
    ProfileSecrets::new(text.to_owned())
}

async fn made(store: &Store, name: &str, secrets: &str) -> ProfileRow {
    let row = ProfileRow { secrets: secret(secrets), ..profile(name, "1.0.0", "") };
    store.profiles().create(&row, &[], &entry()).await.unwrap();
    row
}

/// All values of a column of bytes.
async fn raw(store: &Store, select: &'static str) -> Vec<Vec<u8>> {
    on!(store.core.db, p => sqlx::query_scalar(select).fetch_all(p).await.unwrap())
}

#[tokio::test]
async fn secrets_rest_sealed_to_their_row_and_come_back() {
    for test in stores().await {
        let profiles = test.store.profiles();
        let row = made(&test.store, "web", NEEDLE).await;
        let other = made(&test.store, "plain", "").await;
        assert_eq!(profiles.by_uid(&row.uid).await.unwrap().unwrap(), row, "{}", test.engine);
        assert!(profiles.by_uid(&other.uid).await.unwrap().unwrap().secrets.is_empty(), "{}", test.engine);
        assert_eq!(profiles.states(&row.uid, i64::MAX, 9).await.unwrap()[0].secrets, row.secrets);
        for select in [
            "SELECT secrets FROM profile WHERE secrets IS NOT NULL",
            "SELECT secrets FROM profile_state WHERE secrets IS NOT NULL",
        ] {
            let resting = raw(&test.store, select).await;
            let shows = |bytes: &[u8]| bytes.windows(NEEDLE.len()).any(|part| part == NEEDLE.as_bytes());
            assert!(resting.len() == 1 && !shows(&resting[0]), "{}: {select}", test.engine);
        }
        assert!(!format!("{row:?}").contains(NEEDLE));
        move_secrets(&test.store).await.unwrap();
        let moved = profiles.by_uid(&other.uid).await;
        assert!(matches!(moved, Err(Error::Unsealable)), "{}: {moved:?}", test.engine);
    }
}

async fn move_secrets(store: &Store) -> Result<(), Error> {
    const SQL: &str = "UPDATE profile SET secrets = (SELECT secrets FROM profile WHERE name = 'web')";
    packyard_store::unit!(store.core.db, Error, |tx| {
        sqlx::query(SQL).execute(&mut *tx).await?;
        Ok(())
    })
}

#[tokio::test]
async fn another_secret_is_another_state_and_the_same_is_none() {
    for test in stores().await {
        let profiles = test.store.profiles();
        let mut row = made(&test.store, "web", "first").await;
        for (secrets, states) in [("first", 1), ("second", 2), ("second", 2), ("", 3), ("", 3), ("first", 4)] {
            row.secrets = secret(secrets);
            profiles.replace(&row, &[], &entry()).await.unwrap();
            row.revision += 1;
            let kept = profiles.states(&row.uid, i64::MAX, 9).await.unwrap();
            assert_eq!((kept.len(), kept[0].secrets.expose()), (states, secrets), "{}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_new_key_reaches_them_and_a_process_with_the_old_one_writes_none() {
    for test in stores().await {
        forget_canary(&test.store).await;
        test.store.close().await;
        let (old, new) = (SealKey::generate(), SealKey::generate());
        let store = Store::open(&test.location, old.clone()).await.unwrap();
        let row = made(&store, "web", NEEDLE).await;
        if test.engine == "PostgreSQL" {
            store.close().await;
        }
        let locked = LockedStore::open_alone(&test.location).await.unwrap();
        let audit =
            |counts: SealedCounts| AuditEntry::new("test", "packyard:RotateSecretKey", counts.total().to_string());
        let counts = locked.rotate(old, new.clone(), audit).await.unwrap();
        assert_eq!(counts, SealedCounts { profile_secrets: 2, ..SealedCounts::default() }, "{}", test.engine);
        locked.close().await;
        if test.engine != "PostgreSQL" {
            let late = store.profiles().replace(&row, &[], &entry()).await;
            assert!(matches!(late, Err(Error::KeyChanged)), "{late:?}");
            let bare = ProfileRow { secrets: secret(""), ..row.clone() };
            store.profiles().replace(&bare, &[], &entry()).await.expect("what has no secrets needs no key");
        }
        let store = Store::open(&test.location, new).await.unwrap();
        let states = store.profiles().states(&row.uid, i64::MAX, 9).await.unwrap();
        assert_eq!(states.last().unwrap().secrets.expose(), NEEDLE, "{}", test.engine);
    }
}

/// Rows from before: found page by page, sealed once, and left alone where somebody was faster.
#[tokio::test]
async fn what_rests_in_clear_is_found_and_sealed_unless_it_was_written_meanwhile() {
    for test in stores().await {
        let profiles = test.store.profiles();
        for n in 0..3 {
            let clear = format!("[\"marked {n}\"]");
            let row = ProfileRow { variables: clear, ..profile(&format!("web{n}"), "1.0.0", "") };
            profiles.create(&row, &[], &entry()).await.unwrap();
        }
        made(&test.store, "other", "").await;
        for of in [VariablesOf::Versions, VariablesOf::States] {
            let found = profiles.variables_holding(of, "marked", &VariablesAt::default()).await.unwrap();
            assert_eq!(found.len(), 3, "{}: {found:?}", test.engine);
            let rest = profiles.variables_holding(of, "marked", &found[0].at).await.unwrap();
            let places =
                |rows: &[packyard_store::VariablesRow]| rows.iter().map(|row| row.at.clone()).collect::<Vec<_>>();
            assert_eq!(places(&rest), places(&found[1..]), "{}", test.engine);
            let sealed: Vec<VariablesSealed> = found
                .into_iter()
                .map(|row| VariablesSealed { row, variables: "[]".to_owned(), secrets: secret(NEEDLE) })
                .collect();
            assert_eq!(profiles.seal_variables(of, &sealed[..1]).await.unwrap(), 1, "{}", test.engine);
            assert_eq!(profiles.seal_variables(of, &sealed).await.unwrap(), 2, "{}: the first is done", test.engine);
            assert!(profiles.variables_holding(of, "marked", &VariablesAt::default()).await.unwrap().is_empty());
            let uid = &sealed[0].row.at.uid;
            let read = profiles.by_uid(uid).await.unwrap().unwrap();
            assert_eq!((read.secrets.expose(), read.revision), (NEEDLE, 1), "{}: nobody is overtaken", test.engine);
        }
        // Kept over a crash, until what is free in the file has been written anew.
        let mark = || async { test.store.journal().fact("clear-replaced").await.unwrap().is_some() };
        assert!(mark().await, "{}", test.engine);
        profiles.forget_replaced().await.unwrap();
        assert!(!mark().await, "{}", test.engine);
        profiles.forget_replaced().await.unwrap();
    }
}
