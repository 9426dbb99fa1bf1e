//! Registries that misbehave (the field's attacks 21 and 22): each fault is said clearly, and the last good catalogue
//! is still there.

use crate::fake::{Fake, Fault, Gate, manifest};
use crate::world::{World, append, archive, pack, world};
use packyard_catalog::{Outcome, RunState, SyncRun, Trigger};
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
        ("_catalog", Fault::Redirect("http://169.254.169.254/latest".into()), "169.254.169.254"),
        ("tags/list", Fault::Redirect("http://169.254.169.254/latest".into()), "169.254.169.254"),
        ("_catalog", Fault::Redirect("/v2/_catalog?again".into()), "redirect"),
        ("_catalog", Fault::Cut, "broke"),
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
async fn what_was_being_read_when_a_run_ends_is_still_written() {
    let (world, fake, uid) = good().await;
    let (slow, refused) = (pack("nginx", "2.0.0").tar_gz(), pack("nginx", "3.0.0").tar_gz());
    let gate = Gate::closed();
    for (version, archive, fault) in
        [("2.0.0", &slow, Fault::HeldOnce(gate.clone())), ("3.0.0", &refused, Fault::TooMany)]
    {
        fake.push(NGINX, version, archive);
        fake.fault(&format!("/blobs/{}", Digest::sha256(archive)), fault);
    }
    fake.requests();
    let (run, ()) = tokio::join!(world.sync(&uid, false), async {
        fake.asked(&format!("/blobs/{}", Digest::sha256(&slow))).await;
        fake.asked(&format!("/blobs/{}", Digest::sha256(&refused))).await;
        // The refusal is to be known before the other is through; if the machine is too slow for that, nothing is lost.
        tokio::time::sleep(Duration::from_millis(200)).await;
        gate.open();
    });
    assert_eq!((run.state, run.counts.added), (RunState::Failed, 1), "{run:?}");
    assert!(run.message.contains("slow down"), "{}", run.message);
    assert_eq!(world.listed().await, ["nginx 2.0.0", "nginx 1.0.0"]);
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

#[tokio::test]
async fn what_is_wrong_with_the_place_of_one_blob_is_that_tags_outcome() {
    let (world, fake, uid) = good().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/x", listener.local_addr().unwrap())
    };
    let metadata = || Fault::Redirect("http://169.254.169.254/x".to_owned());
    for (n, (place, fault, says)) in [
        ("blobs", metadata(), "169.254.169.254"),
        ("blobs", Fault::Redirect("http://packyard.invalid/x".to_owned()), "packyard.invalid"),
        ("blobs", Fault::Redirect(closed), "no connection to 127.0.0.1"),
        ("blobs", Fault::Redirect("ftp://127.0.0.1/x".to_owned()), "not http or https"),
        ("blobs", Fault::Redirect("?again".to_owned()), "redirect"),
        ("blobs", Fault::Status(401), "401"),
        ("blobs", Fault::Status(403), "403"),
        ("blobs", Fault::Cut, "broke"),
        ("manifests", metadata(), "169.254.169.254"),
        ("manifests", Fault::Status(401), "401"),
        ("manifests", Fault::Endless, "limit `manifest_bytes`"),
        ("manifests", Fault::Cut, "broke"),
    ]
    .into_iter()
    .enumerate()
    {
        let archive = pack("nginx", "2.0.0").tar_gz();
        fake.push(NGINX, "2.0.0", &archive);
        let content = if place == "blobs" { Digest::sha256(&archive).to_string() } else { "2.0.0".to_owned() };
        fake.fault(&format!("/{place}/{content}"), fault.clone());
        let name = format!("good-{n}");
        fake.push(&format!("team/spectro-packs/archive/{name}"), "1.0.0", &pack(&name, "1.0.0").tar_gz());
        let run = world.sync(&uid, false).await;
        assert_eq!(run.state, RunState::Success, "{place} {fault:?}: {}", run.message);
        assert_eq!((run.counts.added, run.counts.rejected), (1, 1), "{place} {fault:?}: {run:?}");
        assert!(run.message.contains("1 of"), "{}", run.message);
        let outcomes = world.outcomes(&run).await;
        let reason = &outcomes.iter().find(|o| o.tag == "2.0.0").unwrap().reasons[0];
        assert!(reason.reason.contains(says), "{place} {fault:?}: {reason:?}");
        assert!(!reason.hint.is_empty());
        assert!(world.listed().await.contains(&format!("{name} 1.0.0")));
        fake.mend();
    }
}

#[tokio::test]
async fn any_number_of_bad_tags_keeps_no_good_one_out() {
    let (world, fake, uid) = good().await;
    for n in 0..12 {
        let version = format!("2.{n}.0");
        let archive = pack("nginx", &version).tar_gz();
        fake.push(NGINX, &version, &archive);
        let fault = [Fault::Redirect("http://169.254.169.254/x".to_owned()), Fault::Status(401), Fault::Status(500)];
        fake.fault(&format!("/blobs/{}", Digest::sha256(&archive)), fault[n % 3].clone());
    }
    fake.push("team/spectro-packs/archive/zebra", "1.0.0", &pack("zebra", "1.0.0").tar_gz());
    let run = world.sync(&uid, false).await;
    assert_eq!((run.state, run.counts.rejected), (RunState::Success, 12), "{}", run.message);
    assert_eq!(world.listed().await, ["nginx 1.0.0", "zebra 1.0.0"]);
}

#[tokio::test]
async fn credentials_that_are_withdrawn_during_a_run_end_it_and_keep_what_was_under_way() {
    let (world, fake, uid) = good().await;
    let first = pack("nginx", "2.0.0").tar_gz();
    let gate = Gate::closed();
    let held = format!("/blobs/{}", Digest::sha256(&first));
    fake.fault(&held, Fault::LastOfLogin(gate.clone()));
    fake.push(NGINX, "2.0.0", &first);
    for n in 0..60 {
        let version = format!("3.{n}.0");
        fake.push(NGINX, &version, &pack("nginx", &version).tar_gz());
    }
    // Listed with credentials; then no content is given any more, and no list either.
    fake.requests();
    let (run, ()) = tokio::join!(world.sync(&uid, false), async {
        fake.asked(&held).await;
        gate.open();
    });
    assert_eq!(run.state, RunState::Failed, "{run:?}");
    assert!(run.message.contains("wants a user name"), "{}", run.message);
    assert!(run.counts.rejected < 60, "it goes on without end: {run:?}");
    assert!(world.listed().await.contains(&"nginx 2.0.0".to_owned()), "{:?}", world.listed().await);
}

#[tokio::test]
async fn one_repository_of_two_that_cannot_be_listed_is_said_as_such() {
    let (world, fake, uid) = good().await;
    fake.push("team/spectro-packs/archive/other", "1.0.0", &pack("other", "1.0.0").tar_gz());
    world.sync(&uid, false).await;
    fake.fault("archive/other/tags/list", Fault::Status(500));
    let run = world.sync(&uid, false).await;
    assert_eq!(run.state, RunState::Success);
    assert!(run.message.starts_with("1 repository could not be read: "), "{}", run.message);
    assert!(run.message.contains("archive/other") && !run.message.contains("0 of"), "{}", run.message);
    assert_eq!(world.registry(&uid).await.sync.message, run.message);
    assert_eq!(world.listed().await, ["nginx 1.0.0", "other 1.0.0"]);
}

#[tokio::test]
async fn a_registry_is_looked_at_again_after_the_interval() {
    for world in crate::world::worlds(|config| config.sync_interval = Duration::from_secs(2)).await {
        let fake = Fake::start().await;
        let registry = world.register(&fake.url()).await;
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        let seen = async {
            while world.listed().await.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), seen).await.expect(world.engine);
        let runs = world.catalog.sync_runs(&world.caller, &registry.uid, None, 100).await.unwrap();
        assert!(runs.iter().rev().skip(1).all(|run| run.trigger == Trigger::Schedule), "{}: {runs:?}", world.engine);
        assert!(runs.len() > 1);
    }
}

/// Bytes that come one at a time, without end in any useful time: each is an answer, so no idle time-out speaks.
#[tokio::test]
async fn content_that_drips_is_given_up_after_the_time_of_a_tag() {
    let (world, fake, uid) = good().await;
    let archive = pack("nginx", "2.0.0").tar_gz();
    fake.push(NGINX, "2.0.0", &archive);
    fake.fault(&format!("/blobs/{}", Digest::sha256(&archive)), Fault::Drips);
    let run = refused(&world, &uid, "too-slow", "limit tag_time").await;
    assert_eq!(run.state, RunState::Success, "{}", run.message);
    fake.mend();
    assert_eq!(world.sync(&uid, false).await.counts.added, 1);
}

#[tokio::test]
async fn a_registry_that_asks_us_to_stay_away_is_not_asked_before() {
    let (world, fake, uid) = good().await;
    fake.fault("_catalog", Fault::TooMany);
    let run = world.sync(&uid, false).await;
    assert_eq!(run.state, RunState::Failed);
    let next = world.registry(&uid).await.sync.next_run_ms.unwrap();
    assert!(next - run.ended_ms.unwrap() >= 3_590_000, "Retry-After says an hour: {}", next - run.ended_ms.unwrap());
    // As a date it is an answer too, and nobody is made to stay away for years.
    fake.mend();
    fake.fault("_catalog", Fault::ComeBack("Thu, 31 Dec 2099 23:59:59 GMT"));
    let run = world.sync(&uid, false).await;
    assert!(run.message.contains("being repaired"), "{}", run.message);
    let wait = world.registry(&uid).await.sync.next_run_ms.unwrap() - run.ended_ms.unwrap();
    assert!((86_000_000..=87_000_000).contains(&wait), "a day at the most: {wait}");
    // Failures in a row wait longer, and a good run forgets them.
    fake.mend();
    fake.fault("_catalog", Fault::Status(500));
    let mut waits = Vec::new();
    for _ in 0..3 {
        let run = world.sync(&uid, false).await;
        waits.push((world.registry(&uid).await.sync.next_run_ms.unwrap() - run.ended_ms.unwrap()) / 60_000);
    }
    assert!(waits[0] < waits[1] && waits[1] < waits[2], "{waits:?}");
    fake.mend();
    world.sync(&uid, false).await;
    fake.fault("_catalog", Fault::Status(500));
    let run = world.sync(&uid, false).await;
    let wait = (world.registry(&uid).await.sync.next_run_ms.unwrap() - run.ended_ms.unwrap()) / 60_000;
    assert!(wait < waits[0], "{wait} after a good run, {waits:?} before");
}

/// PostgreSQL keeps no U+0000 in a text, and nobody needs one.
#[tokio::test]
async fn a_pack_with_the_character_nothing_can_keep_is_no_trouble_to_the_others() {
    for world in crate::world::worlds(|_| {}).await {
        let fake = Fake::start().await;
        let nul = "a\u{0}b";
        fake.push(NGINX, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
        let readme = pack("readme", "1.0.0").file("README.md", format!("# {nul}\n"));
        fake.push("team/spectro-packs/archive/readme", "1.0.0", &readme.tar_gz());
        let shown = pack("shown", "1.0.0").set("displayName", nul.into()).set("addonType", nul.into());
        fake.push("team/spectro-packs/archive/shown", "1.0.0", &shown.tar_gz());
        let values = pack("values", "1.0.0").file("values.yaml", format!("a: \"{nul}\"\n"));
        fake.push("team/spectro-packs/archive/values", "1.0.0", &values.tar_gz());
        let registry = world.register(&fake.url()).await;
        let run = world.last_run(&registry.uid).await.unwrap();
        let outcomes = world.outcomes(&run).await;
        assert_eq!(run.state, RunState::Success, "{}: {} {outcomes:?}", world.engine, run.message);
        let listed = world.listed().await;
        assert!(
            listed.contains(&"nginx 1.0.0".to_owned()) && listed.contains(&"readme 1.0.0".to_owned()),
            "{listed:?}"
        );
        for pack in world.packs(packyard_catalog::Filter::everything()).await {
            let texts = [pack.values.as_str(), pack.readme.as_deref().unwrap_or_default()];
            assert!(texts.iter().all(|text| !text.contains('\u{0}')), "{}: {texts:?}", world.engine);
        }
        for refused in outcomes.iter().filter(|one| one.outcome == Outcome::Rejected) {
            assert!(!refused.reasons[0].hint.is_empty(), "{refused:?}");
        }
    }
}
