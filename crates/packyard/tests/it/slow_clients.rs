//! Attack 15: clients that hold a connection by saying nothing, by stopping in the middle, or by taking nothing.

use crate::http::Client;
use crate::management::Management;
use crate::yard_builder;
use packyard_testkit::Yard;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn connect(yard: &Yard, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", yard.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// What came until the server closed the connection.
#[track_caller]
fn read_to_its_end(mut stream: TcpStream, what: &str) -> String {
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{what}: the connection stays open ({error})"),
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn attack_15_a_connection_without_a_request_is_closed() {
    let yard = yard_builder().arg("--limit").arg("head_wait=1").start();
    let kinds =
        ["", "P", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: loc"];
    let all = kinds.map(|text| (text, connect(&yard, text)));
    for (text, stream) in all {
        read_to_its_end(stream, text);
    }
}

#[test]
fn attack_15_a_body_that_stands_still_is_given_up_at_every_door() {
    let yard = yard_builder().arg("--limit").arg("body_idle=1").start();
    let key = Management::log_in(&yard).api_key();
    let host = yard.host();
    let doors = [
        "POST / HTTP/1.1\r\n".to_owned(),
        "POST / HTTP/1.1\r\nX-Amz-Target: AmazonEC2ContainerRegistry_V20150921.ListImages\r\n".to_owned(),
        format!("POST /login HTTP/1.1\r\nOrigin: http://{host}\r\n"),
        "POST /v1/auth/authenticate HTTP/1.1\r\n".to_owned(),
        format!("POST /v1/projects HTTP/1.1\r\nApiKey: {key}\r\n"),
    ];
    let all = doors.map(|door| {
        let head = format!("{door}Host: {host}\r\nContent-Length: 100\r\nConnection: close\r\n\r\nx");
        (connect(&yard, &head), door)
    });
    for (stream, door) in all {
        let reply = read_to_its_end(stream, &door);
        assert!(reply.starts_with("HTTP/1.1 4"), "{door}: {reply}");
    }
}

#[test]
fn attack_15_a_reply_that_nobody_takes_is_given_up() {
    let yard = yard_builder().arg("-v").arg("--limit").arg("reply_idle=1").start();
    let client = Client::of(&yard);
    // More than the buffers of both sides hold.
    let content = vec![7; 64 << 20];
    let digest = client.finish(&client.begin("slow"), &content);
    let head = client.head("GET", &format!("/v2/slow/blobs/{digest}"), 0);
    let stream = connect(&yard, &head);
    let ended = format!("connection ended addr={}", stream.local_addr().unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    while !yard.log().contains(&ended) {
        assert!(Instant::now() < deadline, "the server still waits:\n{}", yard.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut taken = Vec::new();
    // However it ends: a part of the reply is all there is.
    let _ = (&stream).read_to_end(&mut taken);
    assert!(taken.len() < content.len(), "all of {} bytes came", content.len());
}

#[test]
fn attack_15_no_more_connections_than_allowed_are_taken_at_once() {
    let yard = yard_builder().arg("--limit").arg("connections=4").arg("--limit").arg("head_wait=3").start();
    let silent: Vec<TcpStream> = (0..4).map(|_| connect(&yard, "")).collect();
    let head = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", yard.host());
    let reply = read_to_its_end(connect(&yard, &head), "after the others");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    let is_closed = |stream: &TcpStream| {
        stream.set_nonblocking(true).unwrap();
        (&mut &*stream).read(&mut [0]).is_ok_and(|bytes| bytes == 0)
    };
    assert!(silent.iter().any(is_closed), "it was answered while four others were open");
}

/// Connections are open files, and so are blobs.
#[test]
fn attack_15_strangers_who_connect_leave_the_files_that_blobs_need() {
    let yard = yard_builder().under(&["sh", "-c", "ulimit -n 96 && exec \"$@\"", "sh"]).start();
    let client = Client::of(&yard);
    let content = vec![7; 1 << 17];
    let digest = client.finish(&client.begin("files"), &content);
    let head = client.head("GET", &format!("/v2/files/blobs/{digest}"), 0).replace("Connection: close\r\n", "");
    let mut own = connect(&yard, "");
    let mut ask = || {
        own.write_all(head.as_bytes()).unwrap();
        let mut reply = Vec::new();
        while !reply.windows(4).any(|part| part == b"\r\n\r\n") {
            let mut some = [0; 1024];
            let read = own.read(&mut some).unwrap();
            assert!(read > 0, "the connection ended");
            reply.extend_from_slice(&some[..read]);
        }
        let text = String::from_utf8_lossy(&reply).into_owned();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        let begins = reply.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
        let mut rest = vec![0; content.len() - (reply.len() - begins)];
        own.read_exact(&mut rest).unwrap();
    };
    ask();
    let strangers: Vec<TcpStream> = (0..120).map(|_| connect(&yard, "GET / HTTP")).collect();
    for _ in 0..50 {
        ask();
    }
    drop(strangers);
}
