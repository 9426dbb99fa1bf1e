//! A Helm repository whose index has no end: the server gives it up at a limit, says which, and takes little memory until
//! then.

use crate::management::Management;
use crate::memory::resident;
use crate::yard_builder;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// What the server may take more while it reads, in KiB: its limit is 4 MiB, beside what a request and a sync take anyway.
const MORE: u64 = 48 << 10;

/// A web server that has such an index at every address: its `http://localhost:PORT`.
fn endless_repository() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || pour(socket));
        }
    });
    url
}

/// Writes versions with long descriptions, of which no two are alike, until the other side has enough.
fn pour(mut socket: TcpStream) -> Option<()> {
    let request = BufReader::new(socket.try_clone().ok()?);
    request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
    socket.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nentries:\n  web:\n").ok()?;
    let mut noise: u64 = 1;
    for minor in 0_u64.. {
        let mut text = format!("  - {{version: 1.{minor}.0, urls: [web-{minor}.tgz], description: ");
        for _ in 0..240 {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            write!(text, "{noise:016x}").ok()?;
        }
        text.push_str("}\n");
        socket.write_all(text.as_bytes()).ok()?;
    }
    Some(())
}

#[test]
fn an_endless_index_ends_at_a_limit_and_takes_little_memory() {
    let yard = yard_builder().arg("--limit").arg("index_changes_bytes=4MiB").arg("--first-sync-wait").arg("60").start();
    let management = Management::log_in(&yard);
    let (_, before) = resident(&yard);
    let spec = json!({ "endpoint": endless_repository(), "auth": { "type": "noAuth" } });
    let body = json!({ "metadata": { "name": "endless" }, "spec": spec });
    let made = management.call("POST", "/v1/registries/helm", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/v1/registries/helm/{}/sync/status", made.body["uid"].as_str().unwrap());
    let status = management.get(&path).body;
    assert_eq!(status["status"], "Failed", "{status}");
    let message = status["message"].as_str().unwrap();
    assert!(message.contains("over the limit index_changes_bytes = 4194304, so nothing of it was taken"), "{message}");
    assert!(management.packs().is_empty());
    let (_, most) = resident(&yard);
    assert!(most < before + MORE, "{before} KiB before, {most} KiB at its peak");
}
