//! Registries that fail in the middle: what is tried again, what goes on, and what is said.

use crate::publish::{DockerRegistry, only, publish, shell};
use crate::publish_many::{six_packs, through};
use crate::relay::{Fate, Relay};
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The first large body ends in its middle.
fn breaks_the_first_large_put(upstream: u16) -> Relay {
    let broken = AtomicUsize::new(0);
    Relay::start(upstream, move |line, _| {
        let is_large = line.header("content-length").is_some_and(|length| length.len() >= 7);
        let first = line.method == "PUT" && is_large && broken.fetch_add(1, Ordering::SeqCst) == 0;
        if first { Fate::BreakAfter(1_500_000) } else { Fate::Pass }
    })
}

#[test]
fn an_upload_that_breaks_off_goes_on_where_the_server_stands() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let relay = breaks_the_first_large_put(yard.port);
    let root = through(&relay, folder.path(), &yard);
    PackBuilder::new("large", "1.0.0").write_to(&folder.path().join("large"));
    root.ok("head -c 3000000 /dev/urandom >large/image.bin");
    let (report, good) = publish(&root, "large --to $H/team");
    assert!(good, "{report}");
    let lines = relay.take();
    let uploads: Vec<_> = lines.iter().filter(|line| line.target.contains("/blobs/uploads/")).collect();
    let last = uploads.last().unwrap();
    let methods: Vec<&str> = uploads.iter().map(|line| line.method.as_str()).collect();
    assert_eq!(methods, ["POST", "PUT", "POST", "PUT", "GET", "PUT"], "{lines:?}");
    let range = last.header("content-range").unwrap();
    assert!(range.starts_with("1500000-"), "{range}");
    root.env("Y", &yard.host())
        .ok("packyard pack pull $Y/team/large:1.0.0 --out back && diff -r large back/large-1.0.0");
}

/// docker-registry does not let an upload go on after such an end: it begins again.
#[test]
fn an_upload_that_breaks_off_begins_again_where_the_registry_keeps_nothing() {
    let test = "an_upload_that_breaks_off_begins_again_where_the_registry_keeps_nothing";
    let Some(program) = peer_or_skip("docker-registry", test) else { return };
    let registry = DockerRegistry::start(&program, false);
    let folder = tempfile::tempdir().unwrap();
    let relay = breaks_the_first_large_put(registry.port);
    let shell = shell(folder.path(), &[]).env("H", &relay.host());
    PackBuilder::new("large", "1.0.0").write_to(&folder.path().join("large"));
    shell.ok("head -c 3000000 /dev/urandom >large/image.bin");
    let (report, good) = publish(&shell, "large --to $H/team");
    assert!(good, "{report}");
    shell.ok("packyard pack pull $H/team/large:1.0.0 --out back && diff -r large back/large-1.0.0");
}

#[test]
fn refusals_for_now_are_waited_for() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    let relay = Relay::start(yard.port, move |line, before| match before {
        1 => Fate::Answer("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1".into(), ""),
        4 => Fate::Answer(format!("HTTP/1.1 503 Service Unavailable\r\nRetry-After: {date}"), ""),
        7 => Fate::Answer("HTTP/1.1 502 Bad Gateway".into(), ""),
        9 => Fate::BreakAfter(0),
        _ => {
            assert!(before < 100, "{line:?}");
            Fate::Pass
        }
    });
    let root = through(&relay, folder.path(), &yard);
    six_packs(folder.path());
    let begun = Instant::now();
    let (report, good) = publish(&root, "packs/one --to $H/team");
    assert!(good && only(&report)["outcome"] == "published", "{report}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "Retry-After is kept");
}

#[test]
fn tries_end_where_they_are_told_to() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(yard.port, |line, _| match line.operation() {
        Some("DescribeImages") => Fate::Answer("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0".into(), ""),
        _ => Fate::Pass,
    });
    let root = through(&relay, folder.path(), &yard);
    six_packs(folder.path());
    for (retries, environment, tries) in [("--retries 0", "", 1), ("--retries 2", "7", 3), ("", "1", 2)] {
        let root = root.env("PACKYARD_RETRIES", environment);
        let retries = if environment.is_empty() { format!("{retries} ") } else { retries.to_owned() };
        let (report, good) = publish(&root, &format!("packs/one --to $H/team {retries}"));
        assert!(!good && only(&report)["error"].as_str().unwrap().contains("503"), "{report}");
        let asked = relay.take().iter().filter(|line| line.operation() == Some("DescribeImages")).count();
        assert_eq!(asked, tries, "{retries} {environment}");
    }
}

/// One repository that cannot be made does not stop the others, and the report says how to go on.
#[test]
fn one_that_fails_leaves_the_others_in_their_place() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(yard.port, |line, _| match line.target.contains("/two/blobs/uploads/") {
        true => Fate::Answer("HTTP/1.1 507 Insufficient Storage".into(), ""),
        false => Fate::Pass,
    });
    let root = through(&relay, folder.path(), &yard);
    six_packs(folder.path());
    let out = root.run("packyard publish packs --to $H/team --retries 0");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(text.contains("5 published, 1 failed") && text.contains("507"), "{text}");
    assert!(
        text.contains("1 pack left: run this again, which skips what is there: packyard publish packs --to"),
        "{text}"
    );
    // The repository was made all the same, and is told.
    assert!(text.contains("created    team/spectro-packs/archive/two"), "{text}");
    let (report, good) = publish(&root.env("H", &yard.host()), "packs --to $H/team");
    assert!(good && report["packs"][5]["outcome"] == "published", "{report}");
}
