//! Credentials that end in the middle of a sync: those that can be renewed are, the others end the run, and nothing
//! that was there is lost.

use crate::fake::{Fake, Fault, Gate};
use crate::world::{World, pack, world};
use packyard_catalog::{Auth, RegistrySpec, RunState, SyncRun};
use packyard_oci::Digest;

const NGINX: &str = "team/spectro-packs/archive/nginx";
/// As many as no run reads at once.
const NEW: u32 = 6;

/// An ECR with one pack in the catalogue and more in the registry.
async fn ecr() -> (World, Fake, String, Gate) {
    let world = world(|config| config.limits.parallel_tags = 1).await;
    let fake = Fake::start().await;
    fake.wants_ecr_token();
    fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    let keys = Auth::AwsKeys { access_key: "AKIAEXAMPLE".into(), secret_key: Some("secret".to_owned().into()) };
    let registry = world.register_as("ecr", RegistrySpec::ecr(fake.url(), "team", keys)).await;
    assert_eq!(registry.version_count, 1, "{}", registry.sync.message);
    assert_eq!(fake.ecr_tokens(), 1);
    let gate = Gate::closed();
    for n in 0..NEW {
        let version = format!("2.{n}.0");
        let archive = pack("nginx", &version).tar_gz();
        fake.push(NGINX, &version, &archive);
        fake.fault(&format!("/blobs/{}", Digest::sha256(&archive)), Fault::HeldOnce(gate.clone()));
    }
    fake.requests();
    (world, fake, registry.uid, gate)
}

/// Syncs, and does `then` while the first archive is being read.
async fn sync_and(world: &World, fake: &Fake, uid: &str, gate: &Gate, then: impl FnOnce()) -> SyncRun {
    let meanwhile = async {
        fake.asked("/blobs/").await;
        then();
        for _ in 0..NEW {
            gate.open();
        }
    };
    tokio::join!(world.sync(uid, false), meanwhile).0
}

#[tokio::test]
async fn an_ecr_token_that_ends_during_a_sync_is_renewed() {
    let (world, fake, uid, gate) = ecr().await;
    let run = sync_and(&world, &fake, &uid, &gate, || fake.ends_ecr_token()).await;
    assert_eq!((run.state, run.counts.added), (RunState::Success, NEW), "{}", run.message);
    assert_eq!(run.counts.rejected, 0);
    assert_eq!(fake.ecr_tokens(), 2, "one renewal serves all that is left");
    assert_eq!(world.listed().await.len() as u32, NEW + 1);
}

#[tokio::test]
async fn aws_keys_that_end_during_a_sync_end_it_and_lose_nothing() {
    for (code, says) in [
        ("UnrecognizedClientException", "The security token included in the request is invalid"),
        ("ExpiredTokenException", "The security token included in the request is expired"),
    ] {
        let (world, fake, uid, gate) = ecr().await;
        let run = sync_and(&world, &fake, &uid, &gate, || {
            fake.refuses_aws_keys(code, says);
            fake.ends_ecr_token();
        })
        .await;
        assert_eq!(run.state, RunState::Failed, "{code}: {run:?}");
        assert!(run.message.contains(says) || run.message.contains(code), "{code}: {}", run.message);
        let registry = world.registry(&uid).await;
        assert_eq!(registry.sync.message, run.message);
        let listed = world.listed().await;
        assert!(listed.contains(&"nginx 1.0.0".to_owned()), "{listed:?}");
        assert!(listed.iter().any(|one| one.starts_with("nginx 2.")), "what was under way is kept: {listed:?}");
        // With good keys again, the rest comes.
        fake.takes_aws_keys();
        let run = world.sync(&uid, false).await;
        assert_eq!(run.state, RunState::Success, "{code}: {}", run.message);
        assert_eq!(world.listed().await.len() as u32, NEW + 1, "{code}");
    }
}
