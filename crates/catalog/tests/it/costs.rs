//! What a sync costs: as many requests as something changed, counted at the peer.

use crate::fake::Fake;
use crate::world::{World, pack, world, worlds};
use packyard_catalog::{Auth, Outcome, RegistrySpec, RunState, Trigger};
use std::time::Duration;

fn repository(n: usize) -> String {
    format!("team/spectro-packs/archive/pack-{n:04}")
}

/// `repositories` with `tags` each.
fn fill(fake: &Fake, repositories: usize, tags: usize) {
    for n in 0..repositories {
        for tag in 0..tags {
            let version = format!("1.{tag}.0");
            fake.push(&repository(n), &version, &pack(&format!("pack-{n:04}"), &version).tar_gz());
        }
    }
}

fn count(requests: &[String], part: &str) -> usize {
    requests.iter().filter(|request| request.contains(part)).count()
}

#[tokio::test]
async fn an_unchanged_registry_costs_its_lists() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        fill(&fake, 5, 3);
        let registry = world.register(&fake.url()).await;
        assert_eq!(registry.version_count, 15, "{}", registry.sync.message);
        let first = fake.requests();
        assert_eq!((count(&first, "/manifests/"), count(&first, "/blobs/")), (15, 15), "{first:?}");

        let run = world.scheduled(&registry.uid).await;
        assert_eq!((run.state, run.trigger, run.counts.unchanged), (RunState::Success, Trigger::Schedule, 15));
        let requests = fake.requests();
        assert_eq!((count(&requests, "/v2/_catalog"), count(&requests, "/tags/list")), (1, 5), "{requests:?}");
        assert_eq!(requests.len(), 6, "{}: {requests:?}", world.engine);
        assert_eq!(run.counts.requests, 6);

        // One new tag costs itself.
        fake.push(&repository(0), "2.0.0", &pack("pack-0000", "2.0.0").tar_gz());
        assert_eq!(world.scheduled(&registry.uid).await.counts.added, 1);
        assert_eq!(fake.requests().len(), 8);
    }
}

#[tokio::test]
async fn an_unchanged_ecr_costs_a_page_for_each_thousand_repositories_and_one_for_each_with_packs() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    fill(&fake, 3, 2);
    for n in 0..1000 {
        fake.push_manifest(&format!("elsewhere/{n}"), "1", "{}");
    }
    let keys = Auth::AwsKeys { access_key: "AKIAEXAMPLE".into(), secret_key: Some("secret".to_owned().into()) };
    let registry = world.register_as("ecr", RegistrySpec::ecr(fake.url(), "team", keys)).await;
    assert_eq!(registry.version_count, 6, "{}", registry.sync.message);
    fake.requests();
    let run = world.scheduled(&registry.uid).await;
    assert_eq!((run.state, run.counts.unchanged), (RunState::Success, 6), "{}", run.message);
    let requests = fake.requests();
    assert_eq!((count(&requests, "DescribeRepositories"), count(&requests, "DescribeImages")), (2, 3), "{requests:?}");
    assert_eq!(requests.len(), 5, "{requests:?}");

    // Its lists have digests: a tag with other content is noticed by any run.
    fake.push(&repository(1), "1.0.0", &pack("pack-0001", "1.0.0").file("values.yaml", "pack: {}\n").tar_gz());
    assert_eq!(world.scheduled(&registry.uid).await.counts.updated, 1);
}

/// Pushes other content under a tag that is known, and says what the next run of the schedule and a sync that is asked
/// for find.
async fn found_by(world: &World) -> (u32, u32) {
    let fake = Fake::start().await;
    fill(&fake, 1, 2);
    let registry = world.register(&fake.url()).await;
    fake.push(&repository(0), "1.0.0", &pack("pack-0000", "1.0.0").file("values.yaml", "pack: {}\n").tar_gz());
    let scheduled = world.scheduled(&registry.uid).await.counts.updated;
    (scheduled, world.sync(&registry.uid, false).await.counts.updated)
}

#[tokio::test]
async fn lists_without_digests_are_rechecked_in_time_and_on_demand() {
    for world in worlds(|config| config.recheck_tags = Duration::from_secs(3600)).await {
        assert_eq!(found_by(&world).await, (0, 1), "{}", world.engine);
    }
    for world in worlds(|config| config.recheck_tags = Duration::ZERO).await {
        assert_eq!(found_by(&world).await, (1, 0), "{}", world.engine);
    }
}

#[tokio::test]
async fn a_recheck_asks_for_no_manifest_that_is_as_before() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    fill(&fake, 2, 3);
    let registry = world.register(&fake.url()).await;
    fake.requests();
    world.sync(&registry.uid, false).await;
    let requests = fake.requests();
    assert_eq!((count(&requests, "HEAD /v2/"), count(&requests, "GET /v2/team")), (6, 2), "{requests:?}");
}

#[tokio::test]
async fn a_tag_with_other_content_says_what_it_held_before() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        let archive = |values: &str| pack("pack-0000", "1.0.0").file("values.yaml", values).tar_gz();
        let before = fake.push(&repository(0), "1.0.0", &archive("pack: {}\n"));
        let registry = world.register(&fake.url()).await;
        let after = fake.push(&repository(0), "1.0.0", &archive("pack: {}\nnew: 1\n"));
        let run = world.sync(&registry.uid, false).await;
        let outcomes = world.outcomes(&run).await;
        assert_eq!(outcomes[0].outcome, Outcome::Updated, "{}", world.engine);
        assert_eq!(outcomes[0].digest, after.as_str());
        assert_eq!(outcomes[0].digest_before.as_deref(), Some(before.as_str()));
        // A first reading has nothing before it.
        fake.push(&repository(0), "2.0.0", &pack("pack-0000", "2.0.0").tar_gz());
        let run = world.sync(&registry.uid, false).await;
        assert_eq!(world.outcomes(&run).await[0].digest_before, None);
    }
}
