//! SIGKILL at random moments while clients push. What was acknowledged is logged here, outside the server, and must be
//! there after the restart; no tag may point at nothing.

use crate::http::{Broken, Client};
use crate::yard_builder;
use packyard_oci::{Digest, media};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KILLS: usize = 50;
const CLIENTS: usize = 5;
const REPO: &str = "crash/test";

/// What the server said is durable.
#[derive(Debug, Clone)]
enum Acknowledged {
    Blob { digest: Digest, size: usize },
    Tag { tag: String, digest: Digest },
}

#[derive(Default)]
struct Log {
    acknowledged: Mutex<Vec<Acknowledged>>,
    /// Requests whose connection stood when the server died, and whose reply never came whole.
    interrupted: AtomicUsize,
    stop: AtomicBool,
}

#[test]
fn what_was_acknowledged_survives_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (mut all, mut kills, mut rounds, mut interrupted) = (Vec::new(), 0, 0, 0);
    while kills < KILLS {
        rounds += 1;
        assert!(rounds < 2 * KILLS, "only {kills} of {rounds} kills met a request");
        let log = one_round(&data, rounds);
        let count = log.interrupted.load(Ordering::SeqCst);
        interrupted += count;
        kills += usize::from(count > 0);
        // On a server that starts on what this kill left: what was acknowledged since the last one.
        let new = std::mem::take(&mut *log.acknowledged.lock().unwrap());
        verify(&data, std::slice::from_ref(&new));
        all.push(new);
    }
    let count: usize = all.iter().map(Vec::len).sum();
    packyard_testkit::note(&format!("{kills} kills interrupted {interrupted} requests; {count} acknowledgements"));
    assert!(count >= 2 * CLIENTS * KILLS, "too little was pushed to mean anything: {count}");
    verify(&data, &all);
    no_tag_points_at_nothing(&data);
}

/// Starts the server, pushes with several clients, kills it at a moment that differs each time.
fn one_round(data: &Path, round: usize) -> Arc<Log> {
    let yard = yard_builder().data(data).start();
    let log = Arc::new(Log::default());
    let client = Client::of(&yard);
    let pushers: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (client, log) = (client.clone(), log.clone());
            std::thread::spawn(move || push_until_dead(&client, &log, round, n))
        })
        .collect();
    // The first login of a server takes a moment; from then on any moment is a good one.
    let begun = Instant::now();
    while log.acknowledged.lock().unwrap().len() < 2 * CLIENTS {
        assert!(begun.elapsed() < Duration::from_secs(30), "little was acknowledged: {}", yard.log());
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis((round as u64 * 37) % 300));
    drop(yard.kill());
    log.stop.store(true, Ordering::SeqCst);
    for pusher in pushers {
        pusher.join().unwrap();
    }
    log
}

fn push_until_dead(client: &Client, log: &Log, round: usize, n: usize) {
    for count in 0.. {
        if log.stop.load(Ordering::SeqCst) {
            return;
        }
        match push(client, log, &format!("{round}-{n}-{count}"), n * 40_000) {
            Ok(()) => {}
            Err(Broken::UnderWay(_)) => {
                log.interrupted.fetch_add(1, Ordering::SeqCst);
                return;
            }
            // Begun after the death: it interrupted nothing.
            Err(Broken::NotConnected(_)) => return,
        }
    }
}

/// A config, a layer (small ones live in the database, large ones in files), a manifest and its tag.
fn push(client: &Client, log: &Log, tag: &str, size: usize) -> Result<(), Broken> {
    let layer: Vec<u8> = tag.bytes().cycle().take(size.max(100)).collect();
    for content in [b"{}".as_slice(), &layer] {
        let begun = client.try_send("POST", &format!("/v2/{REPO}/blobs/uploads/"), "", b"")?;
        assert_eq!(begun.status, 202, "{}", String::from_utf8_lossy(&begun.body));
        let digest = Digest::sha256(content);
        let path = format!("{}?digest={digest}", begun.header("location"));
        let put = client.try_send("PUT", &path, "", content)?;
        assert_eq!(put.status, 201, "{}", String::from_utf8_lossy(&put.body));
        log.acknowledged.lock().unwrap().push(Acknowledged::Blob { digest, size: content.len() });
    }
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","digest":"{}","size":2}},"layers":[{{"mediaType":"{}","digest":"{}","size":{}}}]}}"#,
        media::OCI_MANIFEST,
        media::ORAS_CONFIG,
        Digest::sha256(b"{}"),
        media::OCI_LAYER_TAR,
        Digest::sha256(&layer),
        layer.len()
    );
    let headers = format!("Content-Type: {}\r\n", media::OCI_MANIFEST);
    let put = client.try_send("PUT", &format!("/v2/{REPO}/manifests/{tag}"), &headers, manifest.as_bytes())?;
    assert_eq!(put.status, 201, "{}", String::from_utf8_lossy(&put.body));
    let digest = Digest::sha256(manifest.as_bytes());
    log.acknowledged.lock().unwrap().push(Acknowledged::Tag { tag: tag.to_owned(), digest });
    Ok(())
}

fn verify(data: &Path, all: &[Vec<Acknowledged>]) {
    let yard = yard_builder().data(data).start();
    let client = Client::of(&yard);
    for acknowledged in all.iter().flatten() {
        match acknowledged {
            Acknowledged::Blob { digest, size } => {
                let got = client.expect("GET", &format!("/v2/{REPO}/blobs/{digest}"), 200);
                assert_eq!((got.body.len(), Digest::sha256(&got.body)), (*size, digest.clone()));
            }
            Acknowledged::Tag { tag, digest } => {
                let got = client.expect("GET", &format!("/v2/{REPO}/manifests/{tag}"), 200);
                assert_eq!(Digest::sha256(&got.body), *digest, "tag {tag}");
            }
        }
    }
}

fn no_tag_points_at_nothing(data: &Path) {
    let yard = yard_builder().data(data).start();
    let client = Client::of(&yard);
    let tags: serde_json::Value =
        serde_json::from_slice(&client.expect("GET", &format!("/v2/{REPO}/tags/list"), 200).body).unwrap();
    for tag in tags["tags"].as_array().unwrap() {
        let tag = tag.as_str().unwrap();
        let manifest = client.expect("GET", &format!("/v2/{REPO}/manifests/{tag}"), 200);
        let manifest: serde_json::Value = serde_json::from_slice(&manifest.body).unwrap();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        client.expect("HEAD", &format!("/v2/{REPO}/blobs/{layer}"), 200);
    }
}
