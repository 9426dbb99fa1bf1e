//! A large registry: what its syncs cost. 100 repositories of 20 tags in every run of the tests; `scripts/scale` takes
//! 2,000 of 50 and a release binary, and prints what docs/performance.md quotes. The tests hold to counts and memory only,
//! since a machine that does other things besides says nothing by its times; the script holds to those, too.

mod bare;
mod by_hand;
mod debian;
mod peer;
mod reads;

use crate::management::Management;
use crate::yard_builder;
use packyard_testkit::{Yard, peer_or_skip, postgres_or_skip};
use peer::Peer;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Whether this is the script, which holds to times too.
fn is_held_to() -> bool {
    std::env::var_os("PACKYARD_SCALE").is_some()
}

fn size() -> (usize, usize) {
    let text = std::env::var("PACKYARD_SCALE").unwrap_or_else(|_| "100x20".to_owned());
    let (repositories, tags) = text.split_once('x').expect("PACKYARD_SCALE is REPOSITORIESxTAGS");
    (repositories.parse().unwrap(), tags.parse().unwrap())
}

/// Resident memory at its peak, in KiB.
fn peak(yard: &Yard) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", yard.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// CPU time of the server until now.
fn cpu(yard: &Yard) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", yard.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn runs(through: &Management, uid: &str) -> Vec<Value> {
    through.get(&format!("/v1/registries/oci/{uid}/sync/runs")).body["items"].as_array().unwrap().clone()
}

/// Waits for the newest run that has ended with `trigger`.
fn ended(through: &Management, uid: &str, trigger: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(1800);
    loop {
        let found = runs(through, uid).into_iter().find(|run| run["trigger"] == trigger && run["state"] != "running");
        if let Some(run) = found {
            assert_eq!(run["state"], "success", "{run:#}");
            return run;
        }
        assert!(Instant::now() < deadline, "no {trigger} run ended");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_large_registry_costs_what_changed() {
    if peer_or_skip("curl", "a_large_registry_costs_what_changed").is_none() {
        return;
    }
    let (repositories, tags) = size();
    let all = repositories * tags;
    let peer = Peer::start(repositories, tags);
    let bare = bare::requests_a_second(peer.addr, &peer.content.first_sync);
    peer.counted();

    let yard = yard_builder().arg("--sync-interval").arg("2").start();
    let through = Management::log_in(&yard);
    let spec =
        json!({ "endpoint": format!("http://{}", peer.addr), "baseContentPath": "team", "auth": { "type": "noAuth" } });
    let before = cpu(&yard);
    let uid = through.register("basic", "large", &spec);
    let first = ended(&through, &uid, "first");
    let first_cpu = cpu(&yard) - before;
    assert_eq!(first["counts"]["added"], all, "{first:#}");
    // Manifest and archive of each tag, the lists, and once who answers.
    let pages = repositories.div_ceil(1000);
    let (lists, others) = (repositories + pages, 2 * all + 1);
    assert!(first["counts"]["requests"].as_u64().unwrap() <= (lists + others) as u64, "{first:#}");

    // Some runs of the schedule, and then none: what the peer counted is theirs.
    ended(&through, &uid, "schedule");
    let settings = format!("/v1/registries/oci/{uid}/sync/settings");
    assert_eq!(through.call("PUT", &settings, &json!({ "intervalSeconds": 0 })).status, 204);
    let deadline = Instant::now() + Duration::from_secs(600);
    while runs(&through, &uid)[0]["state"] == "running" {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(50));
    }
    let scheduled = runs(&through, &uid).iter().filter(|run| run["trigger"] == "schedule").count();
    let (counted_lists, counted_others) = peer.counted();
    assert_eq!(counted_lists as usize, lists * (1 + scheduled), "{scheduled} unchanged runs");
    assert_eq!(counted_others as usize, others, "an unchanged sync asked for something else");

    // What is read from now on is read of all versions.
    assert_eq!(through.get("/v1/packs?limit=1").body["listmeta"]["count"], all);
    let before = cpu(&yard);
    let last = unchanged(&through, &uid, &settings);
    let requests = first["counts"]["requests"].as_f64().unwrap();
    let rate = requests * 1000.0 / first["durationMs"].as_f64().unwrap();
    packyard_testkit::note(&format!(
        "scale {repositories}x{tags}: first sync {:.1} s and {:.1} s of CPU, {rate:.0} requests/s, bare client {bare:.0} requests/s, ratio {:.2}; unchanged sync {} requests, {} ms, {:.2} s of CPU; peak {} MB",
        first["durationMs"].as_f64().unwrap() / 1000.0,
        first_cpu.as_secs_f64(),
        rate / bare,
        last["counts"]["requests"],
        last["durationMs"],
        (cpu(&yard) - before).as_secs_f64(),
        peak(&yard) / 1024,
    ));
    assert!(peak(&yard) < 150_000, "{} KiB at its peak", peak(&yard));
    reads::measure(&yard, &through, "SQLite", all);
}

#[test]
fn a_large_catalogue_answers_on_postgresql_too() {
    let test = "a_large_catalogue_answers_on_postgresql_too";
    let (Some(_), Some(database)) = (peer_or_skip("curl", test), postgres_or_skip(test)) else { return };
    let (repositories, tags) = size();
    let peer = Peer::start(repositories, tags);
    let folder = tempfile::tempdir().unwrap();
    let blobs = folder.path().join("blobs").display().to_string();
    let yard = yard_builder().arg("--database-url").arg(database).arg("--blobs").arg(blobs).start();
    let through = Management::log_in(&yard);
    let spec =
        json!({ "endpoint": format!("http://{}", peer.addr), "baseContentPath": "team", "auth": { "type": "noAuth" } });
    let uid = through.register("basic", "large", &spec);
    let first = ended(&through, &uid, "first");
    assert_eq!(first["counts"]["added"], repositories * tags, "{first:#}");
    packyard_testkit::note(&format!(
        "scale {repositories}x{tags} on PostgreSQL: first sync {:.1} s, peak {} MB",
        first["durationMs"].as_f64().unwrap() / 1000.0,
        peak(&yard) / 1024,
    ));
    reads::measure(&yard, &through, "PostgreSQL", repositories * tags);
}

/// One more run of the schedule by itself.
fn unchanged(through: &Management, uid: &str, settings: &str) -> Value {
    let known = runs(through, uid)[0]["id"].clone();
    assert_eq!(through.call("PUT", settings, &json!({})).status, 204);
    let deadline = Instant::now() + Duration::from_secs(600);
    let run = loop {
        let newest = runs(through, uid).into_iter().rev().find(|run| {
            let id = |value: &Value| value.as_str().and_then(|text| text.parse::<i64>().ok());
            id(&run["id"]) > id(&known) && run["state"] != "running"
        });
        if let Some(run) = newest {
            break run;
        }
        assert!(Instant::now() < deadline, "no further run");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(through.call("PUT", settings, &json!({ "intervalSeconds": 0 })).status, 204);
    run
}
