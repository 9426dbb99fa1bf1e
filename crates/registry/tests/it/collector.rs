//! The collector frees what nothing needs, and nothing else, whatever is pushed meanwhile.

use super::world::{World, image, noise};
use packyard_oci::{Digest, media};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn objects(world: &World) -> usize {
    let folders = std::fs::read_dir(world.folder().join("blobs")).unwrap();
    folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test]
async fn deleted_content_gives_its_space_back_after_the_grace() {
    for world in World::all().await {
        let shared = noise(1, 50_000);
        world.push_image("a", "v1", &shared).await;
        world.push_image("b", "v1", &shared).await;
        let own = noise(2, 50_000);
        let digest = world.push_image("a", "v2", &own).await;
        assert_eq!(objects(&world), 2);
        world.clock.advance_ms(2 * 3_600_000);
        let report = world.registry.collect(0).await.unwrap();
        assert_eq!((report.unlinked, report.blobs), (0, 0), "{}", world.engine);
        world.call("DELETE", &format!("/v2/a/manifests/{digest}")).await.expect(202);
        // Within the grace period a push may still rely on its blobs.
        world.registry.collect(0).await.unwrap();
        world.call("HEAD", &format!("/v2/a/blobs/{}", Digest::sha256(&own))).await.expect(200);
        world.clock.advance_ms(2 * 3_600_000);
        let report = world.registry.collect(0).await.unwrap();
        assert_eq!((report.unlinked, report.blobs, report.bytes), (1, 1, 50_000), "{}", world.engine);
        assert_eq!(objects(&world), 1);
        world.call("GET", &format!("/v2/a/blobs/{}", Digest::sha256(&own))).await.expect(404);
        assert_eq!(
            world.call("GET", &format!("/v2/b/blobs/{}", Digest::sha256(&shared))).await.expect(200).body,
            shared
        );
        // A deleted repository leaves what others show.
        world.registry.delete_repository("test", &"a".parse().unwrap(), true).await.unwrap();
        world.registry.collect(0).await.unwrap();
        assert_eq!(
            world.call("GET", &format!("/v2/b/blobs/{}", Digest::sha256(&shared))).await.expect(200).body,
            shared
        );
        world.registry.delete_repository("test", &"b".parse().unwrap(), true).await.unwrap();
        world.registry.collect(0).await.unwrap();
        assert_eq!(objects(&world), 0);
    }
}

#[tokio::test]
async fn asking_for_a_blob_spares_it_for_another_grace_period() {
    let world = World::one().await;
    let digest = world.push_blob("a", &noise(1, 30_000)).await;
    for _ in 0..4 {
        world.clock.advance_ms(50 * 60_000);
        world.call("HEAD", &format!("/v2/a/blobs/{digest}")).await.expect(200);
        world.registry.collect(0).await.unwrap();
    }
    world.call("GET", &format!("/v2/a/blobs/{digest}")).await.expect(200);
    world.clock.advance_ms(61 * 60_000);
    world.registry.collect(0).await.unwrap();
    world.call("HEAD", &format!("/v2/a/blobs/{digest}")).await.expect(404);
}

#[tokio::test]
async fn objects_that_no_blob_claims_go_when_they_are_old() {
    let world = World::one_with(|config| config.collector.stray_age = Duration::from_secs(3600)).await;
    let digest = world.push_blob("a", &noise(1, 30_000)).await;
    let folder = world.folder().join("blobs/00");
    let (old, new) = (folder.join("00".repeat(16)), folder.join("00112233445566778899aabbccddeeff"));
    for path in [&old, &new] {
        std::fs::write(path, b"left by a crash").unwrap();
    }
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
    let mut strays = 0;
    for _ in 0..2 {
        strays += world.registry.collect(128).await.unwrap().strays;
    }
    assert_eq!(strays, 1);
    assert!(!old.exists() && new.exists());
    world.call("GET", &format!("/v2/a/blobs/{digest}")).await.expect(200);
}

/// The same few digests are pushed, tagged, deleted and collected over and over, with no grace at all: every 201 of a
/// manifest must mean that its blobs can be read.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_while_collecting_without_end() {
    for world in World::all_with(|config| config.collector.grace = Duration::ZERO).await {
        let world = Arc::new(world);
        let stop = Arc::new(AtomicBool::new(false));
        let collecting = {
            let (world, stop) = (world.clone(), stop.clone());
            tokio::spawn(async move {
                let mut freed = 0;
                while !stop.load(Ordering::Relaxed) {
                    world.clock.advance_ms(1);
                    freed += world.registry.collect(0).await.unwrap().blobs;
                    tokio::task::yield_now().await;
                }
                freed
            })
        };
        let pushers: Vec<_> = (0..4).map(|n| tokio::spawn(push_and_check(world.clone(), n))).collect();
        let mut acknowledged = 0;
        for pusher in pushers {
            acknowledged += pusher.await.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        let freed = collecting.await.unwrap();
        assert!(acknowledged >= 10 && freed > 0, "{}: {acknowledged} acknowledged, {freed} freed", world.engine);
    }
}

async fn push_and_check(world: Arc<World>, n: u64) -> u32 {
    let mut acknowledged = 0;
    for round in 0..40 {
        // Two pushers share each layer; large and small blobs alike.
        let layer = noise((n / 2) * 10 + round % 3, if round % 2 == 0 { 40_000 } else { 400 });
        let (digest, text) = (Digest::sha256(&layer), image(&layer, &format!(r#","annotations":{{"by":"{n}"}}"#)));
        world.push_blob("a", b"{}").await;
        world.push_blob("a", &layer).await;
        let tag = format!("t{n}");
        let put = world.put_manifest("a", &tag, media::OCI_MANIFEST, &text).await;
        if put.status != 201 {
            // Without grace the collector may be faster than the push: that is an honest refusal.
            assert_eq!(put.code(), "MANIFEST_BLOB_UNKNOWN");
            continue;
        }
        acknowledged += 1;
        let got = world.call("GET", &format!("/v2/a/blobs/{digest}")).await;
        assert_eq!((got.status.as_u16(), got.body.len()), (200, layer.len()), "{} round {round}", world.engine);
        assert_eq!(Digest::sha256(&got.body), digest);
        world.call("DELETE", &format!("/v2/a/manifests/{tag}")).await.expect(202);
        let image = Digest::sha256(text.as_bytes());
        world.call("DELETE", &format!("/v2/a/manifests/{image}")).await.expect(202);
    }
    acknowledged
}
