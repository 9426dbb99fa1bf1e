//! Notifications of registries: taken with the right secret only, and never believed.

use crate::fake::{Fake, Fault};
use crate::world::{World, pack, worlds};
use packyard_catalog::{Admission, RunState, SyncRun, SyncState, Trigger};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

const NGINX: &str = "team/spectro-packs/archive/nginx";
const REDIS: &str = "team/spectro-packs/archive/redis";

fn harbor(repository: &str) -> Value {
    json!({
        "type": "PUSH_ARTIFACT", "occur_at": 1_700_000_000, "operator": "robot",
        "event_data": {
            "resources": [{ "digest": "sha256:0000", "tag": "9.9.9", "resource_url": "http://169.254.169.254/" }],
            "repository": { "name": "x", "namespace": "team", "repo_full_name": repository, "repo_type": "private" },
        },
    })
}

/// A registry with nginx 1.0.0 and redis 1.0.0.
async fn registered(world: &World) -> (Fake, String) {
    let fake = Fake::start().await;
    fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    fake.push(REDIS, "1.0.0", &pack("redis", "1.0.0").tar_gz());
    let registry = world.register(&fake.url()).await;
    assert_eq!(registry.version_count, 2, "{}", registry.sync.message);
    fake.requests();
    (fake, registry.uid)
}

/// Waits for the end of the run after pushes that follows.
async fn told(world: &World, uid: &str, body: &Value) -> SyncRun {
    let before = world.last_run(uid).await.map_or(0, |run| run.id);
    assert_eq!(world.catalog.note_pushes(uid, body).await.unwrap(), 1);
    let ended = async {
        loop {
            let runs = world.catalog.sync_runs(&world.caller, uid, None, 10).await.unwrap();
            let run = runs.into_iter().rfind(|run| run.id > before && run.trigger == Trigger::Push);
            if let Some(run) = run.filter(|run| run.ended_ms.is_some()) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.expect(world.engine)
}

#[tokio::test]
async fn a_notification_has_that_repository_read_and_nothing_else() {
    for world in worlds(|_| {}).await {
        let (fake, uid) = registered(&world).await;
        fake.push(NGINX, "2.0.0", &pack("nginx", "2.0.0").tar_gz());
        fake.push(REDIS, "2.0.0", &pack("redis", "2.0.0").tar_gz());
        let run = told(&world, &uid, &harbor(NGINX)).await;
        assert_eq!((run.state, run.counts.added), (RunState::Success, 1), "{}: {}", world.engine, run.message);
        assert_eq!(run.searched, [NGINX]);
        assert_eq!(world.listed().await, ["nginx 2.0.0", "nginx 1.0.0", "redis 1.0.0"], "{}", world.engine);
        let requests = fake.requests();
        assert!(requests.iter().all(|request| request.contains(NGINX)), "{requests:?}");

        // Other content under a known tag, and a deleted one.
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").file("values.yaml", "pack: {}\n").tar_gz());
        fake.delete(NGINX, "2.0.0");
        let run = told(&world, &uid, &json!({ "detail": { "repository-name": NGINX } })).await;
        assert_eq!((run.counts.updated, run.counts.deleted), (1, 1), "{}", world.engine);
        assert!(world.catalog.notifications(&world.caller, &uid).await.unwrap().last_received_ms.is_some());
    }
}

#[tokio::test]
async fn what_a_notification_says_of_other_places_is_ignored() {
    for world in worlds(|_| {}).await {
        let (fake, uid) = registered(&world).await;
        for body in [
            harbor("other/spectro-packs/archive/nginx"),
            harbor("team/images/nginx"),
            harbor("../../v2/_catalog"),
            json!({ "hello": "world" }),
            json!(null),
        ] {
            assert_eq!(world.catalog.note_pushes(&uid, &body).await.unwrap(), 0, "{body}");
        }
        assert!(fake.requests().is_empty(), "{}", world.engine);
    }
}

#[tokio::test]
async fn an_empty_answer_after_a_notification_drops_nothing_until_the_whole_was_seen() {
    for world in worlds(|_| {}).await {
        let (fake, uid) = registered(&world).await;
        fake.fault(NGINX, Fault::Status(404));
        fake.fault("/_catalog", Fault::Says(r#"{"repositories":[]}"#.into()));
        let run = told(&world, &uid, &harbor(NGINX)).await;
        assert_eq!(run.state, RunState::Failed);
        assert!(run.message.contains("the whole registry is looked at"), "{}", run.message);
        // The whole sync that follows at once finds nothing either, and says so.
        let failed = async {
            while !world.registry(&uid).await.sync.message.contains("Force sync") {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), failed).await.expect(world.engine);
        assert_eq!(world.listed().await, ["nginx 1.0.0", "redis 1.0.0"], "{}", world.engine);

        // One repository that is really gone leaves with the whole sync.
        fake.mend();
        fake.delete(NGINX, "1.0.0");
        world.sync(&uid, false).await;
        assert_eq!(world.registry(&uid).await.sync.status, SyncState::Success);
        assert_eq!(world.listed().await, ["redis 1.0.0"]);
    }
}

#[tokio::test]
async fn only_the_newest_secret_of_the_very_registry_opens() {
    for world in worlds(|_| {}).await {
        let (_fake, uid) = registered(&world).await;
        let admit = async |uid: &str, secret: &str| world.catalog.admit_notification(uid, secret).await.unwrap();
        for secret in ["", "anything"] {
            assert_eq!(admit(&uid, secret).await, Admission::Refused, "no secret was made yet");
        }
        let new = async || world.catalog.new_notification_secret(&world.caller, &uid).await.unwrap();
        let first = new().await.expose_secret().to_owned();
        assert_eq!(admit(&uid, &first).await, Admission::Granted, "{}", world.engine);
        assert_eq!(admit("ffffffffffffffffffffffff", &first).await, Admission::Refused);
        assert_eq!(admit(&uid, "").await, Admission::Refused);
        let second = new().await.expose_secret().to_owned();
        assert_eq!((admit(&uid, &first).await, admit(&uid, &second).await), (Admission::Refused, Admission::Granted));
        world.catalog.end_notifications(&world.caller, &uid).await.unwrap();
        assert_eq!(admit(&uid, &second).await, Admission::Refused);
        assert_eq!(world.catalog.notifications(&world.caller, &uid).await.unwrap().secret_made_ms, None);
        // Whoever guesses is held back, and does not hold back others.
        let third = new().await.expose_secret().to_owned();
        let mut said = Vec::new();
        for _ in 0..400 {
            said.push(admit(&uid, "guess").await);
        }
        assert!(said.contains(&Admission::TooMany), "{}", world.engine);
        assert_eq!(admit(&uid, &third).await, Admission::Granted);
    }
}
