//! Two server processes on one PostgreSQL database and one folder of blobs: one run a registry, whoever dies or sleeps.

use crate::held_registry::HeldRegistry;
use crate::management::Management;
use crate::publish::{publish, shell, write_pack};
use crate::yard_builder;
use packyard_testkit::{Yard, peer_or_skip, postgres_or_skip};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// 64 hex digits: servers on one database share the key.
const KEY: &str = "0f0e0d0c0b0a090807060504030201000f0e0d0c0b0a09080706050403020100";

fn server(database: &str, blobs: &Path) -> Yard {
    yard_builder()
        .arg("--database-url")
        .arg(database)
        .arg("--blobs")
        .arg(blobs.display().to_string())
        .arg("--limit")
        .arg("lease_time=6s")
        .env("PACKYARD_SECRET_KEY", KEY)
        .start()
}

fn signal(yard: &Yard, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(yard.pid().to_string()).status().unwrap();
    assert!(sent.success(), "kill -{name}");
}

fn runs(through: &Management, uid: &str) -> Vec<Value> {
    let reply = through.get(&format!("/v1/registries/oci/{uid}/sync/runs"));
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["items"].as_array().unwrap().clone()
}

/// Looks until the runs, newest first, are as wanted.
fn until(through: &Management, uid: &str, what: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let runs = runs(through, uid);
        if holds(&runs) {
            return runs;
        }
        assert!(Instant::now() < deadline, "{what}: {runs:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn values(through: &Management, uid: &str) -> String {
    let packs = through.get("/v1/packs?limit=50").body;
    let pack = packs["items"].as_array().unwrap().iter().find(|item| item["spec"]["registryUid"] == uid).unwrap();
    let pack = through.get(&format!("/v1/packs/{}", pack["metadata"]["uid"].as_str().unwrap())).body;
    pack.to_string()
}

#[test]
fn a_killed_server_is_replaced_and_a_frozen_one_writes_nothing_when_it_wakes() {
    const TEST: &str = "a_killed_server_is_replaced_and_a_frozen_one_writes_nothing_when_it_wakes";
    let Some(database) = postgres_or_skip(TEST) else { return };
    if peer_or_skip("curl", TEST).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let blobs = folder.path().join("blobs");
    let first = server(&database, &blobs);
    let registry = HeldRegistry::start();
    registry.push("1.0.0", "pack: {}\nof: first\n");
    let at_first = Management::log_in(&first);
    let spec = json!({ "endpoint": registry.url(), "baseContentPath": "team", "auth": { "type": "noAuth" } });
    let uid = at_first.register("basic", "held", &spec);
    assert!(values(&at_first, &uid).contains("of: first"));

    // Killed while it reads: the other one does it again, and to the end.
    let layer = registry.push("1.0.0", "pack: {}\nof: second\n");
    registry.hold(&layer);
    assert_eq!(at_first.call("POST", &format!("/v1/registries/oci/{uid}/basic/sync"), &Value::Null).status, 202);
    registry.holds(1);
    let second = server(&database, &blobs);
    let at_second = Management::log_in(&second);
    assert_eq!(runs(&at_second, &uid)[0]["state"], "running");
    drop(first.kill());
    registry.hold_no_more();
    let ended = until(&at_second, &uid, "taken over from the dead", |runs| runs[0]["state"] == "success");
    assert_eq!((&ended[0]["trigger"], &ended[1]["state"]), (&json!("resume"), &json!("interrupted")), "{ended:#?}");
    assert_eq!(ended[0]["counts"]["updated"], 1, "{ended:#?}");
    assert!(values(&at_second, &uid).contains("of: second"));

    // Frozen while it reads; meanwhile a third one takes over, and finds newer content.
    let layer = registry.push("1.0.0", "pack: {}\nof: sleeper\n");
    registry.hold(&layer);
    at_second.call("POST", &format!("/v1/registries/oci/{uid}/basic/sync"), &Value::Null);
    registry.holds(2);
    signal(&second, "STOP");
    registry.hold_no_more();
    registry.push("1.0.0", "pack: {}\nof: third\n");
    let third = server(&database, &blobs);
    let at_third = Management::log_in(&third);
    let before = until(&at_third, &uid, "taken over from the frozen", |runs| {
        runs[0]["trigger"] == "resume" && runs[0]["state"] == "success" && runs[1]["state"] == "interrupted"
    });
    assert!(values(&at_third, &uid).contains("of: third"));

    // It wakes, gets all it waited for, and is refused.
    signal(&second, "CONT");
    registry.release();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !second.log().contains("took it over") {
        assert!(Instant::now() < deadline, "{}", second.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(values(&at_third, &uid).contains("of: third"), "a frozen server wrote");
    assert_eq!(runs(&at_third, &uid), before, "a frozen server wrote a record");
    // And it is a good server again.
    assert_eq!(Management::log_in(&second).get("/v1/packs?limit=1").status, 200);
}

#[test]
fn what_is_pushed_to_one_server_is_pulled_from_the_other_and_both_list_it() {
    const TEST: &str = "what_is_pushed_to_one_server_is_pulled_from_the_other_and_both_list_it";
    let Some(database) = postgres_or_skip(TEST) else { return };
    if peer_or_skip("curl", TEST).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let blobs = folder.path().join("blobs");
    let (one, other) = (server(&database, &blobs), server(&database, &blobs));
    let root = shell(folder.path(), &[]).envs(&one.aws_env());
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    let (report, good) = publish(&root, &format!("p --to {}/team", one.host()));
    assert!(good, "{report}");
    root.ok(&format!(
        "packyard pack pull {}/team/hello:1.0.0 --out pulled && diff -r p pulled/hello-1.0.0",
        other.host()
    ));
    let spec = json!({
        "endpoint": other.url(), "baseContentPath": "team", "isPrivate": true,
        "credentials": { "credentialType": "secret", "accessKey": one.root_key_id, "secretKey": one.root_secret },
    });
    Management::log_in(&other).register("ecr", "own", &spec);
    for server in [&one, &other] {
        assert_eq!(Management::log_in(server).packs(), ["hello 1.0.0"]);
    }
    // A second installation is kept from these blobs.
    let said = crate::refused(
        &folder.path().join("stranger"),
        &["--listen", "127.0.0.1:0", "--blobs", &blobs.display().to_string()],
        &[],
    );
    assert!(said.contains("--database-url"), "{said}");
}
