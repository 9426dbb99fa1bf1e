//! Registries that are a Harbor (a model of one, see `fake_harbor`): listed with a robot's rights, by its own API.

use crate::fake::Fake;
use crate::fake_harbor::Robot;
use crate::world::{World, pack, world, worlds};
use packyard_catalog::{Auth, HopState, Registry, RegistrySpec, RunState, SyncState};

/// `robot$packs:secret`
const ROBOT: Robot =
    Robot { basic: "cm9ib3QkcGFja3M6c2VjcmV0", lists_repositories: true, lists_artifacts: true, says_so: true };

fn spec(fake: &Fake, base: &str) -> RegistrySpec {
    let auth = Auth::Basic { username: "robot$packs".into(), password: Some("secret".to_owned().into()) };
    RegistrySpec::basic(fake.url(), base, auth)
}

fn repository(n: usize) -> String {
    format!("team/spectro-packs/archive/pack-{n:03}")
}

async fn harbor(robot: Robot, repositories: usize) -> Fake {
    let fake = Fake::start().await;
    for n in 0..repositories {
        fake.push(&repository(n), "1.0.0", &pack(&format!("pack-{n:03}"), "1.0.0").tar_gz());
    }
    fake.push("other/spectro-packs/archive/secret", "1.0.0", b"another project");
    fake.plays_harbor(robot);
    fake
}

async fn registered(world: &World, fake: &Fake) -> Registry {
    let registry = world.register_as("harbor", spec(fake, "team")).await;
    assert_eq!(registry.sync.status, SyncState::Success, "{}: {}", world.engine, registry.sync.message);
    fake.requests();
    registry
}

#[tokio::test]
async fn a_robot_needs_no_catalog_and_an_unchanged_sync_costs_its_lists() {
    for world in worlds(|_| {}).await {
        let fake = harbor(ROBOT, 3).await;
        let registry = registered(&world, &fake).await;
        assert_eq!(registry.version_count, 3, "{}", world.engine);
        let run = world.scheduled(&registry.uid).await;
        assert_eq!((run.state, run.counts.unchanged), (RunState::Success, 3), "{}", run.message);
        let requests = fake.requests();
        assert_eq!(requests.iter().filter(|r| r.contains("/artifacts?")).count(), 3, "{requests:?}");
        assert_eq!(requests.iter().filter(|r| r.contains("projects/team/repositories?")).count(), 1, "{requests:?}");
        assert_eq!(requests.len(), 4, "{}: {requests:?}", world.engine);

        // Its lists have digests: a tag with other content is noticed by any run.
        let other = pack("pack-001", "1.0.0").file("values.yaml", "pack: {}\n").tar_gz();
        fake.push(&repository(1), "1.0.0", &other);
        assert_eq!(world.scheduled(&registry.uid).await.counts.updated, 1, "{}", world.engine);
    }
}

#[tokio::test]
async fn pages_are_followed() {
    let world = world(|_| {}).await;
    let fake = harbor(ROBOT, 101).await;
    for tag in 0..120 {
        fake.push(&repository(0), &format!("2.{tag}.0"), &pack("pack-000", &format!("2.{tag}.0")).tar_gz());
    }
    let registry = registered(&world, &fake).await;
    assert_eq!((registry.pack_count, registry.version_count), (101, 221), "{}", registry.sync.message);
}

#[tokio::test]
async fn a_harbor_behind_another_token_service_is_found_when_it_refuses_the_catalog() {
    let world = world(|_| {}).await;
    let fake = harbor(Robot { says_so: false, ..ROBOT }, 2).await;
    assert_eq!(registered(&world, &fake).await.version_count, 2);
}

#[tokio::test]
async fn a_robot_without_the_right_to_list_artifacts_reads_tags_by_v2() {
    let world = world(|_| {}).await;
    let fake = harbor(Robot { lists_artifacts: false, ..ROBOT }, 2).await;
    let registry = registered(&world, &fake).await;
    assert_eq!(registry.version_count, 2);
    world.scheduled(&registry.uid).await;
    let requests = fake.requests();
    assert!(requests.iter().all(|r| !r.contains("/artifacts")), "the refusal is asked for again: {requests:?}");
    assert_eq!(requests.iter().filter(|r| r.contains("/tags/list")).count(), 2, "{requests:?}");
}

#[tokio::test]
async fn a_robot_without_the_right_to_list_repositories_is_told_so_and_may_name_them() {
    let world = world(|_| {}).await;
    let fake = harbor(Robot { lists_repositories: false, ..ROBOT }, 2).await;
    let registry = world.register_as("harbor", spec(&fake, "team")).await;
    assert_eq!(registry.sync.status, SyncState::Failed);
    assert!(registry.sync.message.contains("List Repository"), "{}", registry.sync.message);
    let report = world.catalog.validate_registry(&world.caller, &spec(&fake, "team"), None).await.unwrap();
    assert_eq!(report.failed().unwrap().hop, packyard_catalog::Hop::Permission, "{report:?}");

    let named = spec(&fake, &format!("{}, {}", repository(0), repository(1)));
    let registry = world.register_as("named", named).await;
    assert_eq!(registry.version_count, 2, "{}", registry.sync.message);
}

#[tokio::test]
async fn validate_counts_by_harbors_api_and_an_absent_project_is_an_empty_path() {
    let world = world(|_| {}).await;
    let fake = harbor(ROBOT, 2).await;
    let report = world.catalog.validate_registry(&world.caller, &spec(&fake, "team"), None).await.unwrap();
    assert!(report.is_ok() && report.packs_found == 2, "{report:?}");
    let report = world.catalog.validate_registry(&world.caller, &spec(&fake, "nowhere"), None).await.unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(report.hops.last().unwrap().state, HopState::Warning, "{report:?}");
}
