//! Signals: heard from the beginning, requests under way are finished, nobody idle is waited for.

use crate::http::{Client, read_reply};
use crate::{ended, yard, yard_builder};
use packyard_oci::Digest;
use packyard_testkit::Yard;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").arg(name).arg(pid.to_string()).status().unwrap().success());
}

/// The event to wait for: a stopping server accepts no connection.
fn wait_until_it_stops_listening(yard: &Yard) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", yard.port)).is_ok() {
        assert!(Instant::now() < deadline, "still listening:\n{}", yard.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A blob's upload of which half is sent.
fn half_an_upload(yard: &Yard, content: &[u8]) -> TcpStream {
    let client = Client::of(yard);
    let location = client.begin("drain");
    let path = format!("{location}?digest={}", Digest::sha256(content));
    let head = client.head("PUT", &path, content.len());
    let mut stream = TcpStream::connect(("127.0.0.1", yard.port)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // 100 (Continue) is sent when the server begins to read the body: then the request is under way.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&content[..content.len() / 2]).unwrap();
    stream
}

#[test]
fn a_request_under_way_is_finished_before_the_server_ends() {
    let mut yard = yard();
    let content = vec![7; 1 << 16];
    let mut stream = half_an_upload(&yard, &content);
    signal(yard.pid(), "-TERM");
    wait_until_it_stops_listening(&yard);
    stream.write_all(&content[content.len() / 2..]).unwrap();
    let reply = read_reply(stream, "PUT").unwrap();
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(yard.wait(), Some(0), "{}", yard.log());
}

#[test]
fn a_second_signal_ends_the_wait() {
    let mut yard = yard_builder().arg("--drain-wait=3600").start();
    let _stream = half_an_upload(&yard, &[7; 1 << 16]);
    signal(yard.pid(), "-TERM");
    wait_until_it_stops_listening(&yard);
    signal(yard.pid(), "-INT");
    assert_eq!(yard.wait(), Some(1), "{}", yard.log());
    assert!(yard.log().contains("second SIGINT"), "{}", yard.log());
}

#[test]
fn connections_without_a_request_under_way_are_not_waited_for() {
    for tls in [false, true] {
        let mut builder = yard_builder().arg("--drain-wait=3600");
        if tls {
            builder = builder.arg("--tls-self-signed");
        }
        let mut yard = builder.start();
        let open = |bytes: &[u8]| {
            let mut stream = TcpStream::connect(("127.0.0.1", yard.port)).unwrap();
            stream.write_all(bytes).unwrap();
            stream
        };
        let silent = open(b"");
        let half_a_head = open(b"GET /healthz HTTP/1.1\r\nHost: loc");
        let half_a_handshake = open(&[22, 3, 1, 2, 0]);
        let half_a_preface = open(b"PRI * HTTP/2.0\r\n");
        let mut kept = open(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut reply = [0; 15];
        kept.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"HTTP/1.1 200 OK");
        signal(yard.pid(), "-TERM");
        assert_eq!(yard.wait(), Some(0), "TLS {tls}: {}", yard.log());
        drop((silent, half_a_head, half_a_handshake, half_a_preface));
    }
}

/// PostgreSQL that takes the connection and says nothing holds the start for as long as we like.
#[test]
fn a_stop_during_the_start_is_heard_and_leaves_no_folder() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let child = Command::new(env!("CARGO_BIN_EXE_packyard"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .env("PACKYARD_DATABASE_URL", format!("postgres://packyard@{}/packs", silent.local_addr().unwrap()))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _held = silent.accept().unwrap();
    signal(child.id(), "-TERM");
    let (code, said) = ended(child);
    assert!(code == Some(0) && said.contains("SIGTERM before it was ready"), "{code:?} {said}");
    assert!(!data.exists());
}
