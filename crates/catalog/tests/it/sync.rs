//! What a sync brings, keeps and drops.

use crate::fake::{Fake, Fault};
use crate::world::{pack, world, worlds};
use packyard_catalog::{
    Auth, EndpointPolicy, Outcome, PackQuery, PackState, RegistrySpec, RunState, SyncState, Trigger, Wait,
};
use packyard_store::{RunStart, sync_lease};
use std::time::Duration;

const NGINX: &str = "team/spectro-packs/archive/nginx";

#[tokio::test]
async fn the_first_sync_is_done_when_create_returns() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        let archive = pack("nginx", "1.2.3").tar_gz();
        let digest = fake.push(NGINX, "1.2.3", &archive);
        fake.push_manifest("team/spectro-packs/archive", "latest", r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.unknown.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#);
        let registry = world.register(&fake.url()).await;
        assert_eq!(registry.sync.status, SyncState::Success, "{}: {}", world.engine, registry.sync.message);
        assert_eq!((registry.pack_count, registry.version_count), (1, 1));
        assert!(registry.sync.last_synced_ms.is_some() && registry.sync.next_run_ms.is_some());
        let packs = world.packs(packyard_catalog::Filter::everything()).await;
        let found = &packs[0];
        assert_eq!(found.row.digest, digest.as_str());
        assert_eq!(found.row.size, archive.len() as u64);
        assert_eq!(found.row.registry_name, "team-packs");
        assert_eq!(found.row.uid.len(), 24);
        assert!(found.values.starts_with("pack:\n  namespace: nginx\n"));
        assert!(found.readme.as_deref().unwrap().contains("zebrafish"));
        assert_eq!(found.content.manifests[0].path, "manifests/app.yaml");
        assert_eq!(found.metadata["layer"], "addon");
    }
}

#[tokio::test]
async fn only_changed_digests_are_fetched_and_the_uid_stays() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        for version in ["1.0.0", "1.1.0"] {
            fake.push(NGINX, version, &pack("nginx", version).tar_gz());
        }
        let registry = world.register(&fake.url()).await;
        let before = world.packs(packyard_catalog::Filter::everything()).await;
        fake.requests();

        let run = world.sync(&registry.uid, false).await;
        let requests = fake.requests();
        assert_eq!((run.state, run.trigger), (RunState::Success, Trigger::Demand));
        assert_eq!((run.counts.tags, run.counts.unchanged, run.counts.added), (2, 2, 0));
        assert!(!requests.iter().any(|r| r.contains("/blobs/") || r.starts_with("GET") && r.contains("/manifests/")));

        fake.push(NGINX, "1.1.0", &pack("nginx", "1.1.0").file("values.yaml", "pack: {}\nnew: 1\n").tar_gz());
        let run = world.sync(&registry.uid, false).await;
        assert_eq!((run.counts.updated, run.counts.unchanged), (1, 1));
        assert_eq!(fake.requests().iter().filter(|r| r.contains("/blobs/")).count(), 1);
        let after = world.packs(packyard_catalog::Filter::everything()).await;
        assert_eq!(after[0].row.uid, before[0].row.uid);
        assert!(after[0].values.contains("new: 1"));
    }
}

#[tokio::test]
async fn a_tag_that_left_takes_its_pack_from_the_lists_but_not_from_its_uid() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        for version in ["1.0.0", "1.1.0"] {
            fake.push(NGINX, version, &pack("nginx", version).tar_gz());
        }
        let registry = world.register(&fake.url()).await;
        let gone = world.packs(packyard_catalog::Filter::everything()).await[1].row.uid.clone();
        fake.delete(NGINX, "1.0.0");
        let run = world.sync(&registry.uid, false).await;
        assert_eq!(run.counts.deleted, 1);
        assert_eq!(world.listed().await, ["nginx 1.1.0"], "{}", world.engine);
        let detail = world.catalog.pack(&world.caller, &gone).await.unwrap();
        assert_eq!((detail.row.state, detail.row.is_gone), (PackState::Deleted, true));
        assert_eq!(detail.row.registry_uid, registry.uid);
        assert!(detail.values.contains("1.0.0"));

        // It comes back under the same uid.
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        world.sync(&registry.uid, false).await;
        assert_eq!(world.catalog.pack(&world.caller, &gone).await.unwrap().row.state, PackState::Active);

        world.catalog.delete_registry(&world.caller, &registry.uid).await.unwrap();
        assert!(world.listed().await.is_empty());
        assert!(world.catalog.pack(&world.caller, &gone).await.unwrap().row.is_gone);
        assert!(world.catalog.registry(&world.caller, &registry.uid).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn a_list_that_is_suddenly_empty_is_believed_only_by_a_forced_sync() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        let registry = world.register(&fake.url()).await;
        fake.delete_everything();
        let run = world.sync(&registry.uid, false).await;
        assert_eq!(run.state, RunState::Failed);
        assert!(run.message.contains("Force sync"), "{}", run.message);
        assert_eq!(world.listed().await, ["nginx 1.0.0"]);
        assert_eq!(world.sync(&registry.uid, true).await.state, RunState::Success);
        assert!(world.listed().await.is_empty(), "{}", world.engine);
    }
}

#[tokio::test]
async fn one_name_and_version_under_two_tags_is_held_by_the_right_one() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        let archive = pack("nginx", "1.0.0").tar_gz();
        fake.push(NGINX, "latest", &archive);
        let registry = world.register(&fake.url()).await;
        let first = world.packs(packyard_catalog::Filter::everything()).await[0].row.clone();
        assert_eq!((first.tag.as_str(), first.warnings), ("latest", 1));

        fake.push(NGINX, "1.0.0", &archive);
        world.sync(&registry.uid, false).await;
        let row = world.packs(packyard_catalog::Filter::everything()).await[0].row.clone();
        assert_eq!((row.tag.as_str(), row.uid.as_str()), ("1.0.0", first.uid.as_str()));

        // The right tag leaves; the other one takes its place in the same run.
        fake.delete(NGINX, "1.0.0");
        world.sync(&registry.uid, false).await;
        let rows = world.packs(packyard_catalog::Filter::everything()).await;
        assert_eq!(rows.len(), 1, "{}", world.engine);
        assert_eq!((rows[0].row.tag.as_str(), rows[0].row.uid.as_str()), ("latest", first.uid.as_str()));

        // A moving tag leaves the version it held.
        fake.push(NGINX, "latest", &pack("nginx", "2.0.0").tar_gz());
        world.sync(&registry.uid, false).await;
        assert_eq!(world.listed().await, ["nginx 2.0.0"]);
    }
}

#[tokio::test]
async fn reads_wait_for_a_first_sync_that_outlasts_create_and_a_page_does_not() {
    let world = world(|config| {
        config.first_sync_wait = Duration::from_millis(50);
    })
    .await;
    let fake = Fake::start().await;
    fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    fake.fault("/blobs/", Fault::Hangs);
    let registry = world.register(&fake.url()).await;
    assert!(matches!(registry.sync.status, SyncState::Pending | SyncState::InProgress));
    // A page that waited would do so for `read_wait`, which is longer.
    let page = tokio::time::timeout(Duration::from_secs(15), world.listed());
    assert!(page.await.expect("a page does not wait").is_empty());
    let waits = {
        let (catalog, caller) = (world.catalog.clone(), world.caller.clone());
        tokio::spawn(async move {
            let query = PackQuery { wait: Wait::FirstSync, ..PackQuery::default() };
            catalog.packs(&caller, &query).await.unwrap().total
        })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waits.is_finished());
    world.catalog.delete_registry(&world.caller, &registry.uid).await.unwrap();
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), waits).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_run_whose_process_died_is_shown_as_interrupted_and_done_again() {
    for mut world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        let registry = world.register(&fake.url()).await;
        world.stop_workers().await;
        // A process that claims, starts, and is never heard of again.
        let leases = world.store.leases();
        let lease = leases.claim(&sync_lease(&registry.uid), "dead", 300).await.unwrap().unwrap();
        let start = RunStart { registry_uid: &registry.uid, cause: "demand", searched: "[]", pushed: &[] };
        world.store.catalog().begin_run(&lease, start).await.unwrap();
        assert_eq!(world.registry(&registry.uid).await.sync.status, SyncState::InProgress);

        world.catalog = world.reopened().await;
        world.start_workers();
        let resumed = async {
            loop {
                let runs = world.catalog.sync_runs(&world.caller, &registry.uid, None, 10).await.unwrap();
                if runs[0].trigger == Trigger::Resume && runs[0].ended_ms.is_some() {
                    return runs;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let runs = tokio::time::timeout(Duration::from_secs(20), resumed).await.expect(world.engine);
        assert_eq!((runs[0].state, runs[1].state), (RunState::Success, RunState::Interrupted));
        assert_eq!(world.registry(&registry.uid).await.sync.status, SyncState::Success);
    }
}

#[tokio::test]
async fn addresses_are_held_to_the_endpoint_policy() {
    let world = world(|config| config.endpoint_policy = EndpointPolicy::Public).await;
    let fake = Fake::start().await;
    fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    let registry = world.register(&fake.url()).await;
    assert_eq!(registry.sync.status, SyncState::Failed);
    assert!(registry.sync.message.contains("127.0.0.1"), "{}", registry.sync.message);
    assert!(fake.requests().is_empty());

    let world = crate::world::world(|_| {}).await;
    for (n, metadata) in
        ["http://169.254.169.254", "http://[fe80::1]", "http://[::ffff:169.254.169.254]"].iter().enumerate()
    {
        let spec = RegistrySpec::basic(*metadata, "team", Auth::Anonymous);
        let registry = world.register_as(&format!("metadata-{n}"), spec).await;
        assert_eq!(registry.sync.status, SyncState::Failed, "{metadata}");
    }
}

#[tokio::test]
async fn a_stored_secret_stays_with_its_address_and_user() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fake.wants_login("dXNlcjpwYXNzd29yZA==");
        let basic = |password: Option<&str>| Auth::Basic {
            username: "user".into(),
            password: password.map(|p| p.to_owned().into()),
        };
        let spec = |url: String, password| RegistrySpec::basic(url, "team", basic(password));
        let registry = world.register_as("r", spec(fake.url(), Some("password"))).await;
        assert_eq!(registry.sync.status, SyncState::Success, "{}", registry.sync.message);
        assert!(registry.has_secret);
        let update = |spec| world.catalog.update_registry(&world.caller, &registry.uid, "r", spec, false);
        update(spec(fake.url(), None)).await.unwrap();
        update(spec(fake.url(), Some("********"))).await.unwrap();
        assert_eq!(world.sync(&registry.uid, false).await.state, RunState::Success, "{}", world.engine);
        let other = Fake::start().await;
        let error = update(spec(other.url(), None)).await.unwrap_err();
        assert!(error.to_string().contains("enter it again"), "{error}");
        assert!(other.requests().is_empty());
        // A proxy would read it.
        let by = |proxy: String, password| {
            let proxy = Some(packyard_catalog::ProxySpec::new(&proxy, "", None, ""));
            RegistrySpec { proxy, ..spec(fake.url(), password) }
        };
        let error = update(by(other.url(), None)).await.unwrap_err();
        assert!(error.to_string().contains("enter it again") && error.to_string().contains("proxy"), "{error}");
        update(by(other.url(), Some("password"))).await.unwrap();
        update(by(other.url(), None)).await.unwrap();
        update(spec(fake.url(), None)).await.unwrap();
        let error = world.catalog.create_registry(&world.caller, "r", spec(fake.url(), None), true).await.unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        // AWS's keys stay here, but what they are changed for would go by it.
        let keyed = |secret: Option<&str>| {
            let secret_key = secret.map(|secret| secret.to_owned().into());
            RegistrySpec::ecr(fake.url(), "team", Auth::AwsKeys { access_key: "AKIAEXAMPLE".into(), secret_key })
        };
        let ecr = world.register_as("ecr", keyed(Some("secret"))).await;
        let proxy = Some(packyard_catalog::ProxySpec::new(&other.url(), "", None, ""));
        let by_proxy = RegistrySpec { proxy, ..keyed(None) };
        let error = world.catalog.update_registry(&world.caller, &ecr.uid, "ecr", by_proxy, false).await.unwrap_err();
        assert!(error.to_string().contains("enter it again") && error.to_string().contains("proxy"), "{error}");
    }
}

#[tokio::test]
async fn outcomes_say_what_is_wrong_with_each_tag() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        fake.push(NGINX, "v2", &pack("nginx", "2.0.0").tar_gz());
        fake.push(NGINX, "3.0.0", &pack("nginx", "3.0.0").set("layer", "cake".into()).tar_gz());
        let registry = world.register(&fake.url()).await;
        assert_eq!(registry.sync.status, SyncState::Success);
        assert!(registry.sync.message.contains("1 of 3"), "{}", registry.sync.message);
        for again in [false, true] {
            let run = if again {
                world.sync(&registry.uid, false).await
            } else {
                world.last_run(&registry.uid).await.unwrap()
            };
            assert_eq!(
                (run.counts.tags, run.counts.rejected, run.counts.warned),
                (3, 1, 1),
                "{} {again}",
                world.engine
            );
            let outcomes = world.outcomes(&run).await;
            let of = |tag: &str| outcomes.iter().find(|o| o.tag == tag).unwrap();
            assert_eq!(of("3.0.0").outcome, Outcome::Rejected);
            assert!(of("3.0.0").reasons[0].reason.contains("cake"), "{:?}", of("3.0.0"));
            assert!(!of("3.0.0").reasons[0].hint.is_empty());
            assert_eq!(of("v2").reasons[0].code, "PACK130");
            assert!(of("v2").is_problem());
        }
    }
}

#[tokio::test]
async fn a_registry_made_at_once_starts_with_its_first_sync() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        let spec = RegistrySpec::basic(fake.url(), "team", Auth::Anonymous);
        let registry = world.catalog.create_registry_at_once(&world.caller, "here", spec).await.unwrap();
        for _ in 0..400 {
            if let Some(run) = world.last_run(&registry.uid).await {
                assert_eq!(run.trigger, Trigger::First, "{}", world.engine);
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(world.last_run(&registry.uid).await.is_some(), "no run in 20 s on {}", world.engine);
    }
}

/// One implementation: a sync finds in an archive what `packyard pack lint` finds, and the console reads it from there.
#[tokio::test]
async fn the_findings_are_those_of_lint() {
    let values = "pack:\n  namespace: Not_A_Name\n  content: {images: [{iamge: 'a/b:1'}]}\nx: '{{.spectro.nothing}}'\n";
    let archive =
        pack("nginx", "1.5").set("cloudTypes", serde_json::json!(["vpshere"])).file("values.yaml", values).tar_gz();
    let read = packyard_pack::archive::read(&archive[..], &packyard_pack::ReadLimits::PACK).unwrap();
    let expected: Vec<&str> = packyard_pack::lint::check(&read.pack).iter().map(|finding| finding.code).collect();
    assert!(expected.len() >= 5, "{expected:?}");
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fake.push(NGINX, "1.5", &archive);
        let registry = world.register(&fake.url()).await;
        let run = world.last_run(&registry.uid).await.unwrap();
        let outcomes = world.outcomes(&run).await;
        let codes: Vec<&str> = outcomes[0].reasons.iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(codes, expected, "{}", world.engine);
        let packs = world.packs(packyard_catalog::Filter::everything()).await;
        let codes: Vec<&str> = packs[0].findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, expected, "{}", world.engine);
    }
}

/// Which of two tags holds a pack does not depend on which of them was read first.
#[tokio::test]
async fn of_two_tags_with_one_pack_the_one_named_like_it_goes_first() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        let archive = pack("nginx", "1.0.0").tar_gz();
        // Listed and read before the right one.
        let copy = "team/spectro-packs/archive/a-copy";
        fake.push(copy, "2.0.0", &archive);
        fake.push(NGINX, "1.0.0", &archive);
        let registry = world.register(&fake.url()).await;
        let run = world.last_run(&registry.uid).await.unwrap();
        assert_eq!((run.counts.added, run.counts.updated, run.counts.rejected), (1, 0, 1), "{}", world.engine);
        let outcomes = world.outcomes(&run).await;
        let refused = outcomes.iter().find(|outcome| outcome.outcome == Outcome::Rejected).unwrap();
        assert_eq!((refused.repository.as_str(), refused.reasons[0].code.as_str()), (copy, "same-pack-twice"));

        // One that comes later takes it over; the other is told so by the next run.
        fake.push(copy, "3.0.0", &pack("redis", "1.0.0").tar_gz());
        world.sync(&registry.uid, false).await;
        fake.push("team/spectro-packs/archive/redis", "1.0.0", &pack("redis", "1.0.0").tar_gz());
        world.sync(&registry.uid, false).await;
        let run = world.sync(&registry.uid, false).await;
        assert_eq!((run.counts.added, run.counts.rejected), (0, 2), "{}", world.engine);
        assert_eq!(world.listed().await, ["nginx 1.0.0", "redis 1.0.0"], "{}", world.engine);
    }
}

/// One pack that takes all the memory there is for what waits to be written, after one that waits for the others.
#[tokio::test]
async fn a_pack_as_large_as_the_budget_does_not_wait_for_one_that_waits_for_it() {
    let world = world(|config| {
        config.limits.pack.text_bytes = 64 << 20;
        config.limits.pack.ratio = u64::from(u32::MAX);
        // The two come one after the other.
        config.limits.parallel_tags = 1;
    })
    .await;
    let fake = Fake::start().await;
    fake.push("team/spectro-packs/archive/a-copy", "2.0.0", &pack("redis", "1.0.0").tar_gz());
    let readme = "large ".repeat(3 << 20).into_bytes();
    fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").file("README.md", readme).tar_gz());
    let registered = tokio::time::timeout(Duration::from_secs(120), world.register(&fake.url())).await;
    let registry = registered.expect("the sync waits for itself");
    assert_eq!(registry.sync.status, SyncState::Success, "{}", registry.sync.message);
    assert_eq!(world.listed().await, ["nginx 1.0.0", "redis 1.0.0"]);
}
