//! What people ask of syncs: an end to one, another interval; and what becomes of one whose registry is removed.

use crate::fake::{Fake, Fault, Gate};
use crate::world::{World, pack, worlds};
use packyard_catalog::{Auth, Error, RegistrySpec, RunState, SyncInterval, SyncState};
use packyard_oci::Digest;
use packyard_store::{RunEnd, RunStart};
use std::time::Duration;

const NGINX: &str = "team/spectro-packs/archive/nginx";

/// A registry whose next sync hangs at the blob of 2.0.0.
async fn held(world: &World) -> (Fake, String, Gate) {
    let fake = Fake::start().await;
    fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    let registry = world.register(&fake.url()).await;
    let archive = pack("nginx", "2.0.0").tar_gz();
    fake.push(NGINX, "2.0.0", &archive);
    let gate = Gate::closed();
    let blob = format!("/blobs/{}", Digest::sha256(&archive));
    fake.fault(&blob, Fault::HeldOnce(gate.clone()));
    fake.requests();
    world.catalog.sync_registry(&world.caller, &registry.uid, false).await.unwrap();
    fake.asked(&blob).await;
    (fake, registry.uid, gate)
}

/// Waits until this process holds no run of the registry any more.
async fn let_go(world: &World, uid: &str) {
    let leases = world.store.leases();
    let free = async {
        loop {
            if let Some(lease) = leases.claim(&packyard_store::sync_lease(uid), "test", 1000).await.unwrap() {
                leases.release(&lease).await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free).await.expect(world.engine);
}

#[tokio::test]
async fn a_cancelled_run_ends_at_once_and_writes_nothing_more() {
    for world in worlds(|_| {}).await {
        let (fake, uid, gate) = held(&world).await;
        assert!(world.catalog.cancel_sync(&world.caller, &uid).await.unwrap(), "{}", world.engine);
        let run = world.last_run(&uid).await.unwrap();
        assert_eq!(run.state, RunState::Cancelled);
        assert!(run.message.contains("cancelled") && run.ended_ms.is_some(), "{}", run.message);
        let status = world.registry(&uid).await.sync;
        assert_eq!((status.status, status.message), (SyncState::Failed, run.message));
        assert!(status.next_run_ms.is_some());
        assert!(!world.catalog.cancel_sync(&world.caller, &uid).await.unwrap(), "there is nothing to cancel");

        gate.open();
        let_go(&world, &uid).await;
        assert_eq!(world.listed().await, ["nginx 1.0.0"], "{}", world.engine);
        assert_eq!(world.last_run(&uid).await.unwrap().state, RunState::Cancelled);
        fake.mend();
        assert_eq!(world.sync(&uid, false).await.counts.added, 1);
    }
}

/// Whoever asks while a run is under way waits for the one that follows, and not for this one's end.
#[tokio::test]
async fn a_sync_asked_for_meanwhile_is_waited_for() {
    for mut world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        let uid = world.register(&fake.url()).await.uid;
        // From here on the runs are this test's.
        world.stop_workers().await;
        let (store, leases) = (world.store.catalog(), world.store.leases());
        let lease =
            leases.claim(&packyard_store::sync_lease(&uid), "test", 60_000).await.unwrap().expect("nobody has it");
        let start = RunStart { registry_uid: &uid, cause: "demand", searched: "[]", pushed: &[] };

        let (id, _) = store.begin_run(&lease, start).await.unwrap();
        world.catalog.sync_registry(&world.caller, &uid, false).await.unwrap();
        store.end_run(&lease, end(&uid, id)).await.unwrap();
        assert_eq!(world.registry(&uid).await.sync.status, SyncState::Pending, "{}", world.engine);

        let (id, _) = store.begin_run(&lease, start).await.unwrap();
        store.end_run(&lease, end(&uid, id)).await.unwrap();
        assert_eq!(world.registry(&uid).await.sync.status, SyncState::Success, "{}", world.engine);
    }
}

fn end(uid: &str, id: i64) -> RunEnd<'_> {
    RunEnd {
        id,
        registry_uid: uid,
        ok: true,
        message: "",
        status_message: "",
        searched: "[]",
        near_misses: "[]",
        counts: "{}",
        whole: true,
        next_run: None,
        rechecked: false,
        keep: 10,
        keep_since: 0,
    }
}

#[tokio::test]
async fn a_registry_that_is_removed_while_it_is_read_stays_removed() {
    for world in worlds(|_| {}).await {
        let (fake, uid, gate) = held(&world).await;
        world.catalog.delete_registry(&world.caller, &uid).await.unwrap();
        gate.open();
        let_go(&world, &uid).await;
        assert!(world.listed().await.is_empty(), "{}", world.engine);
        assert!(world.catalog.registry(&world.caller, &uid).await.unwrap_err().is_not_found());
        assert!(world.catalog.sync_runs(&world.caller, &uid, None, 10).await.unwrap().is_empty());
        // The name is free again, and another registry has no part in what was.
        fake.mend();
        let again = world.register(&fake.url()).await;
        assert_ne!(again.uid, uid);
        assert_eq!(again.version_count, 2, "{}", again.sync.message);
    }
}

#[tokio::test]
async fn a_registry_has_its_own_interval() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        let uid = world.register(&fake.url()).await.uid;
        let set = async |interval| world.catalog.set_sync_interval(&world.caller, &uid, interval).await.unwrap();
        let wait_s = async || {
            let sync = world.registry(&uid).await.sync;
            sync.next_run_ms.map(|at| (at - world.store.core.now_ms()) / 1000)
        };
        assert!(wait_s().await.unwrap() > 23 * 3600, "the server's is a day");
        set(SyncInterval::Every(Duration::from_secs(600))).await;
        assert!((500..=600).contains(&wait_s().await.unwrap()), "{}", world.engine);
        assert_eq!(world.registry(&uid).await.sync.interval.seconds(), Some(600));
        world.sync(&uid, false).await;
        assert!((500..=600).contains(&wait_s().await.unwrap()), "kept by the next run");

        set(SyncInterval::Never).await;
        assert_eq!(wait_s().await, None);
        assert_eq!(world.sync(&uid, false).await.state, RunState::Success, "somebody asked");
        assert_eq!(wait_s().await, None, "{}", world.engine);
        // An edit of the spec, as Terraform makes it, leaves it alone.
        let spec = world.registry(&uid).await.spec;
        world.catalog.update_registry(&world.caller, &uid, "team-packs", spec, true).await.unwrap();
        assert_eq!(world.registry(&uid).await.sync.interval, SyncInterval::Never);
        assert_eq!(wait_s().await, None, "{}", world.engine);
        set(SyncInterval::Server).await;
        assert!(wait_s().await.unwrap() > 23 * 3600);
    }
    assert!(SyncInterval::of_seconds(Some(5)).unwrap_err().contains("one minute"));
}

#[tokio::test]
async fn old_runs_leave_the_history_and_the_newest_stays() {
    for world in worlds(|config| config.limits.history_days = 0).await {
        let fake = Fake::start().await;
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        let uid = world.register(&fake.url()).await.uid;
        let last = world.sync(&uid, false).await;
        let runs = world.catalog.sync_runs(&world.caller, &uid, None, 10).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [last.id], "{}", world.engine);
    }
}

#[tokio::test]
async fn names_are_unique_and_a_refused_registry_leaves_nothing() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        let first = world.register(&fake.url()).await;
        let spec = first.spec.clone();
        let error = world.catalog.create_registry(&world.caller, "team-packs", spec, false).await.unwrap_err();
        assert!(matches!(error, Error::NameTaken(ref name) if name == "team-packs"), "{error}");
        assert_eq!(world.catalog.registries(&world.caller).await.unwrap().len(), 1);
        assert_eq!(world.listed().await, ["nginx 1.0.0"], "{}", world.engine);
    }
}

#[tokio::test]
async fn the_servers_own_identity_is_lent_only_when_allowed_and_only_to_amazon() {
    let amazon = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    let role = || Auth::AwsRole {
        role_arn: "arn:aws:iam::123456789012:role/packs".into(),
        external_id: String::new(),
        access_key: String::new(),
        secret_key: None,
    };
    for (allowed, endpoint, says) in [
        (false, amazon, Some("--allow-server-aws-identity")),
        (true, "https://registry.example.com", Some("Amazon's endpoints only")),
        (true, "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com", Some("Amazon's endpoints only")),
        (true, amazon, None),
    ] {
        let world = crate::world::world(|config| config.server_aws_identity = allowed).await;
        for (name, auth) in [("own", Auth::AwsServer), ("role", role())] {
            let spec = RegistrySpec::ecr(endpoint, "team", auth);
            let made = world.catalog.create_registry(&world.caller, name, spec, true).await;
            match says {
                Some(says) => assert!(made.unwrap_err().to_string().contains(says), "{name} {endpoint}"),
                None => assert!(!made.unwrap().has_secret),
            }
        }
    }
}
