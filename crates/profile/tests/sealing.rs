//! Defaults of masked variables that an earlier version left in clear are sealed when profiles are opened, on both
//! engines.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use packyard_access::{Access, AccessConfig, Caller, Peer};
use packyard_catalog::{Catalog, CatalogConfig};
use packyard_profile::{Kind, Labels, NewProfile, Profiles, Scope, Variable};
use packyard_store::{AuditEntry, ProfileRow, ProfileSecrets, Store};
use packyard_testkit::stores;
use serde_json::json;

const EMAIL: &str = "admin@packyard.test";
const PASSWORD: &str = "correct-horse-battery-staple";
const NEEDLE: &str = "the-needle-of-the-tests";

struct World {
    store: Store,
    access: Access,
    catalog: Catalog,
    caller: Caller,
}

impl World {
    async fn on(store: Store) -> Self {
        let config = AccessConfig {
            admin_email: Some(EMAIL.to_owned()),
            admin_password: Some(PASSWORD.to_owned().into()),
            ..AccessConfig::default()
        };
        let (access, _) = Access::open(&store, config).await.unwrap();
        let catalog = Catalog::open(&store, &access, CatalogConfig::default()).await.unwrap();
        let peer = Peer { addr: "127.0.0.1:40000".parse().unwrap(), secure: false };
        let caller = access.login(EMAIL, PASSWORD, peer).await.unwrap().caller;
        Self { store, access, catalog, caller }
    }

    async fn profiles(&self) -> Profiles {
        Profiles::open(&self.store, &self.access, &self.catalog).await.unwrap()
    }

    async fn row(&self, uid: &str) -> ProfileRow {
        self.store.profiles().by_uid(uid).await.unwrap().unwrap()
    }

    /// As a version from before wrote it: the row, and one state more.
    async fn write_in_clear(&self, uid: &str, variables: &[Variable]) {
        let variables = serde_json::to_string(variables).unwrap();
        let row = ProfileRow { variables, secrets: ProfileSecrets::default(), ..self.row(uid).await };
        let entry = AuditEntry::new("tests", "packyard:UpdateProfileVariables", uid);
        self.store.profiles().replace(&row, &[], &entry).await.unwrap();
    }

    /// Row and states, as far as they rest in clear.
    async fn resting(&self, uid: &str) -> Vec<String> {
        let states = self.store.profiles().states(uid, i64::MAX, 99).await.unwrap();
        states.into_iter().map(|state| state.variables).chain([self.row(uid).await.variables]).collect()
    }
}

fn variables(default: &str) -> Vec<Variable> {
    serde_json::from_value(json!([
        { "name": "zone", "defaultValue": "a" },
        { "name": "token", "isSensitive": true, "defaultValue": default },
        { "name": "empty", "isSensitive": true },
    ]))
    .unwrap()
}

async fn made(profiles: &Profiles, caller: &Caller, name: &str, variables: Vec<Variable>) -> String {
    let new = NewProfile {
        scope: Scope::Tenant,
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        description: String::new(),
        labels: Labels::new(),
        annotations: Labels::new(),
        kind: Kind::AddOn,
        cloud: "all".to_owned(),
        packs: Vec::new(),
        variables,
        publish: false,
    };
    profiles.create(caller, new).await.unwrap()
}

#[tokio::test]
async fn what_an_earlier_version_left_in_clear_is_sealed_once() {
    for test in stores().await {
        let world = World::on(test.store).await;
        let profiles = world.profiles().await;
        let uid = made(&profiles, &world.caller, "web", variables("first")).await;
        let plain = made(&profiles, &world.caller, "plain", Vec::new()).await;
        // As after an interruption: one is done, the other is not.
        let done = made(&profiles, &world.caller, "done", variables("third")).await;
        world.write_in_clear(&uid, &variables(NEEDLE)).await;
        let before = world.row(&uid).await;
        assert!(world.resting(&uid).await.concat().contains(NEEDLE), "{}", test.engine);

        // The second time there is nothing to do; what is sealed anew would differ.
        let opened = world.profiles().await;
        let sealed = world.resting(&uid).await;
        assert!(!sealed.concat().contains(NEEDLE) && !sealed.concat().contains("first"), "{}: {sealed:?}", test.engine);
        let after = world.row(&uid).await;
        assert_eq!((after.revision, after.updated_at), (before.revision, before.updated_at), "{}", test.engine);
        assert_eq!(opened.get(&world.caller, &uid).await.unwrap().variables, variables(NEEDLE), "{}", test.engine);
        let history = opened.history(&world.caller, &uid, None, 9).await.unwrap().states;
        let kept: Vec<_> = history.iter().map(|state| state.snapshot.variables.clone()).collect();
        assert_eq!(kept, [variables(NEEDLE), variables("first")], "{}", test.engine);
        assert_eq!(opened.get(&world.caller, &plain).await.unwrap().variables, [], "{}", test.engine);
        assert_eq!(opened.get(&world.caller, &done).await.unwrap().variables, variables("third"), "{}", test.engine);
        world.profiles().await;
        assert_eq!(world.resting(&uid).await, sealed, "{}", test.engine);
    }
}

/// A server of an earlier version that runs beside this one writes the newer default, and keeps the sealed one.
#[tokio::test]
async fn what_an_older_server_writes_meanwhile_is_read_at_once_and_sealed_by_the_next_start() {
    for test in stores().await {
        let world = World::on(test.store).await;
        let profiles = world.profiles().await;
        let uid = made(&profiles, &world.caller, "web", variables("first")).await;
        let sealed = world.row(&uid).await;
        let clear = serde_json::to_string(&variables(NEEDLE)).unwrap();
        let entry = AuditEntry::new("tests", "packyard:UpdateProfileVariables", "x");
        let row = ProfileRow { variables: clear, ..sealed };
        world.store.profiles().replace(&row, &[], &entry).await.unwrap();
        assert_eq!(profiles.get(&world.caller, &uid).await.unwrap().variables, variables(NEEDLE), "{}", test.engine);
        let opened = world.profiles().await;
        assert!(!world.resting(&uid).await.concat().contains(NEEDLE), "{}", test.engine);
        assert_eq!(opened.get(&world.caller, &uid).await.unwrap().variables, variables(NEEDLE), "{}", test.engine);
    }
}

/// A start is not stopped by one row that nobody can read, and seals the others.
#[tokio::test]
async fn a_damaged_row_stops_no_start() {
    for test in stores().await {
        let world = World::on(test.store).await;
        let profiles = world.profiles().await;
        let broken = made(&profiles, &world.caller, "broken", Vec::new()).await;
        let uid = made(&profiles, &world.caller, "web", Vec::new()).await;
        let row = ProfileRow { variables: "\"isSensitive\":true and no JSON".to_owned(), ..world.row(&broken).await };
        let entry = AuditEntry::new("tests", "packyard:UpdateProfileVariables", "x");
        world.store.profiles().replace(&row, &[], &entry).await.unwrap();
        world.write_in_clear(&uid, &variables(NEEDLE)).await;
        let opened = world.profiles().await;
        assert!(!world.resting(&uid).await.concat().contains(NEEDLE), "{}", test.engine);
        assert!(opened.get(&world.caller, &broken).await.is_err(), "{}", test.engine);
    }
}
