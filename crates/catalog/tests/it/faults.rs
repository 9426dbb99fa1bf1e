//! Registries that misbehave (the field's attacks 21 and 22): each fault is said clearly, and the last good catalogue
//! is still there.

use crate::fake::{Fake, Fault, manifest};
use crate::world::{World, append, archive, pack, world};
use packyard_catalog::{Outcome, RunState, SyncRun};
use packyard_oci::Digest;
use std::time::Duration;

const NGINX: &str = "team/spectro-packs/archive/nginx";

/// A world with one good pack in its catalogue.
async fn good() -> (World, Fake, String) {
    let world = world(|config| {
        config.limits.tag_time = Duration::from_secs(5);
        config.limits.pages = 20;
    })
    .await;
    let fake = Fake::start().await;
    fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    let registry = world.register(&fake.url()).await;
    assert_eq!(world.listed().await, ["nginx 1.0.0"], "{}", registry.sync.message);
    (world, fake, registry.uid)
}

#[tokio::test]
async fn a_registry_that_fails_as_a_whole_says_why_and_loses_nothing() {
    let (world, fake, uid) = good().await;
    for (path, fault, says) in [
        ("_catalog", Fault::Status(500), "500"),
        ("_catalog", Fault::TooMany, "slow down"),
        ("tags/list", Fault::TooMany, "slow down"),
        ("_catalog", Fault::Status(403), "name each pack's repository as a base content path"),
        ("_catalog", Fault::Html, "web page"),
        ("_catalog", Fault::Says("{\"repositories\":".into()), "JSON"),
        ("_catalog", Fault::EndlessPages, "limit `pages`"),
        ("_catalog", Fault::Endless, "limit"),
        ("tags/list", Fault::Status(503), "503"),
        ("_catalog", Fault::Says("{}".into()), "Force sync"),
        ("tags/list", Fault::Says("{}".into()), "Force sync"),
    ] {
        fake.fault(path, fault.clone());
        let run = world.sync(&uid, false).await;
        assert_eq!(run.state, RunState::Failed, "{path} {fault:?}");
        assert!(run.message.contains(says), "{path} {fault:?}: {}", run.message);
        assert_eq!(world.listed().await, ["nginx 1.0.0"], "{path} {fault:?}");
        assert_eq!(world.registry(&uid).await.sync.message, run.message);
        fake.mend();
    }
    assert_eq!(world.sync(&uid, false).await.state, RunState::Success);
}

/// Pushes 2.0.0 (and keeps 1.0.0), and expects that tag alone to be refused with `code`.
async fn refused(world: &World, uid: &str, code: &str, says: &str) -> SyncRun {
    let run = world.sync(uid, false).await;
    let outcomes = world.outcomes(&run).await;
    let outcome = outcomes.iter().find(|o| o.tag == "2.0.0").unwrap_or_else(|| panic!("{code}: {run:?} {outcomes:?}"));
    assert_eq!(outcome.outcome, Outcome::Rejected, "{code}");
    let reason = &outcome.reasons[0];
    assert_eq!(reason.code, code, "{reason:?}");
    assert!(reason.reason.contains(says), "{code}: {reason:?}");
    assert!(!reason.hint.is_empty(), "{code} has no hint");
    assert_eq!(world.listed().await, ["nginx 1.0.0"], "{code}");
    run
}

#[tokio::test]
async fn a_tag_whose_content_is_wrong_is_refused_alone() {
    let (world, fake, uid) = good().await;
    let archive = pack("nginx", "2.0.0").tar_gz();
    for (fault, code, says) in [
        (Fault::WrongBytes, "digest-mismatch", "digest"),
        (Fault::Endless, "digest-mismatch", "more came"),
        (Fault::Html, "not-read", "web page"),
        (Fault::Status(404), "layer-missing", "404"),
        (Fault::Status(500), "not-read", "500"),
        (Fault::Hangs, "too-slow", "limit tag_time"),
    ] {
        fake.push(NGINX, "2.0.0", &archive);
        fake.fault(&format!("/blobs/{}", Digest::sha256(&archive)), fault.clone());
        let run = refused(&world, &uid, code, says).await;
        assert_eq!(run.state, RunState::Success, "{fault:?}: {}", run.message);
        fake.mend();
    }
    // Mended: the same digest is taken now.
    assert_eq!(world.sync(&uid, false).await.counts.added, 1);
    assert_eq!(world.listed().await, ["nginx 2.0.0", "nginx 1.0.0"]);
}

#[tokio::test]
async fn too_many_requests_end_the_run_and_are_no_verdict_on_the_tag() {
    let (world, fake, uid) = good().await;
    let archive = pack("nginx", "2.0.0").tar_gz();
    fake.push(NGINX, "2.0.0", &archive);
    fake.fault("/blobs/", Fault::TooMany);
    let run = world.sync(&uid, false).await;
    assert_eq!(run.state, RunState::Failed);
    assert!(run.message.contains("slow down"), "{}", run.message);
    assert_eq!(world.listed().await, ["nginx 1.0.0"]);
    fake.mend();
    assert_eq!(world.sync(&uid, false).await.counts.added, 1);
}

#[tokio::test]
async fn a_tag_that_was_good_and_turns_bad_keeps_its_last_good_content() {
    let (world, fake, uid) = good().await;
    let before = world.packs(packyard_catalog::Filter::everything()).await[0].row.clone();
    fake.push(NGINX, "1.0.0", b"this is no archive at all");
    let run = world.sync(&uid, false).await;
    let outcomes = world.outcomes(&run).await;
    assert_eq!(outcomes[0].outcome, Outcome::Rejected);
    assert_eq!(outcomes[0].pack_uid.as_deref(), Some(before.uid.as_str()));
    let after = world.packs(packyard_catalog::Filter::everything()).await[0].row.clone();
    assert_eq!((after.digest, after.uid), (before.digest, before.uid));
}

#[tokio::test]
async fn manifests_that_are_no_packs_are_refused() {
    let (world, fake, uid) = good().await;
    let layer = Digest::sha256(b"x");
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{layer}","size":1}}]}}"#
    );
    let both = manifest(&layer, 1).replace("\"layers\"", "\"manifests\":[],\"layers\"");
    for (text, code, says) in [
        ("<html>", "bad-manifest", "JSON"),
        (both.as_str(), "bad-manifest", "manifests"),
        (&manifest(&layer, 10 << 30), "too-large", "archive_bytes"),
        (index.as_str(), "bad-manifest", "index"),
    ] {
        fake.push_manifest(NGINX, "2.0.0", text);
        refused(&world, &uid, code, says).await;
    }
}

#[tokio::test]
async fn hostile_archives_are_refused_with_the_entry_named() {
    let (world, fake, uid) = good().await;
    let json = br#"{"name":"nginx","displayName":"n","version":"2.0.0","layer":"addon"}"#;
    let link = |kind: tar::EntryType, target: &str| {
        archive(|tar| {
            append(tar, "p/pack.json", json);
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            tar.append_link(&mut header, "p/link", target).unwrap();
        })
    };
    let raw_name = |name: &[u8]| {
        archive(|tar| {
            append(tar, "p/pack.json", json);
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name);
            header.set_size(1);
            header.set_mode(0o644);
            header.set_cksum();
            tar.append(&header, &b"x"[..]).unwrap();
        })
    };
    let bomb = archive(|tar| {
        append(tar, "p/pack.json", json);
        append(tar, "p/zeros", &vec![0; 64 << 20]);
    });
    for (bytes, code, says) in [
        (link(tar::EntryType::Symlink, "../../etc/passwd"), "PACK012", "link"),
        (link(tar::EntryType::Link, "/etc/passwd"), "PACK012", "link"),
        (raw_name(b"../evil"), "PACK011", "evil"),
        (raw_name(b"/etc/evil"), "PACK011", "evil"),
        (bomb, "PACK010", "ratio"),
        (archive(|tar| append(tar, "p/README.md", b"x")), "PACK001", "pack.json"),
        (b"plain text".to_vec(), "PACK015", "archive"),
    ] {
        fake.push(NGINX, "2.0.0", &bytes);
        refused(&world, &uid, code, says).await;
    }
}
