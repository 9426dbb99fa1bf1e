//! Attack 16: the disk is full. Refused in words, nothing by halves, and well again as soon as there is room.

use crate::http::Client;
use crate::yard_builder;
use packyard_oci::Digest;
use packyard_testkit::skip_where_refused;
use std::path::Path;
use std::process::Command;

/// Runs a command with a file system of 24 MiB at `$DISK`, half of it taken, which nobody else sees.
const SMALL_DISK: &str = "mount -t tmpfs -o size=24m packyard-test \"$DISK\" \
    && head -c 12582912 /dev/zero > \"$DISK/filler\" && exec \"$@\"";

fn can_mount(folder: &Path) -> bool {
    let tried =
        Command::new("unshare").args(["-Urm", "sh", "-c", SMALL_DISK, "sh", "true"]).env("DISK", folder).output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// A megabyte that no other number has.
fn blob(number: usize) -> Vec<u8> {
    let mut content = vec![7; 1 << 20];
    content[..8].copy_from_slice(&number.to_be_bytes());
    content
}

#[test]
fn attack_16_a_full_disk_refuses_in_words_and_recovers() {
    let disk = tempfile::tempdir().unwrap();
    if !can_mount(disk.path()) {
        let test = "attack_16_a_full_disk_refuses_in_words_and_recovers";
        skip_where_refused(test, "a file system of our own (unshare -Urm)");
        return;
    }
    let yard = yard_builder()
        .under(&["unshare", "-Urm", "sh", "-c", SMALL_DISK, "sh"])
        .env("DISK", disk.path().to_str().unwrap())
        .data(&disk.path().join("data"))
        .start();
    let client = Client::of(&yard);
    let push = |number: usize| {
        let content = blob(number);
        let path = format!("{}?digest={}", client.begin("full"), Digest::sha256(&content));
        client.send("PUT", &path, "", &content).unwrap()
    };
    let outcomes: Vec<_> = (0..32).map(push).collect();
    let has = |number: usize| format!("/v2/full/blobs/{}", Digest::sha256(&blob(number)));
    for (number, reply) in outcomes.iter().enumerate() {
        let text = String::from_utf8_lossy(&reply.body);
        assert!(matches!(reply.status, 201 | 507), "{}: {text}", reply.status);
        assert!(reply.status == 201 || text.contains("the storage of this server is full"), "{text}");
        // Whole, or not there.
        let found = client.send("GET", &has(number), "", b"").unwrap();
        let expected = if reply.status == 201 { (200, blob(number)) } else { (404, found.body.clone()) };
        assert!((found.status, &found.body) == (expected.0, &expected.1), "{number} is answered {}", found.status);
    }
    assert_eq!((outcomes[0].status, outcomes[31].status), (201, 507));
    client.expect("GET", "/readyz", 200);

    let inside = Path::new("/proc").join(yard.pid().to_string()).join("root");
    std::fs::remove_file(inside.join(disk.path().join("filler").strip_prefix("/").unwrap())).unwrap();
    assert_eq!(push(31).status, 201, "there is room again");
    client.expect("GET", &has(31), 200);
}
