//! A client that asks for bytes and throws them away: what a peer gives at most, over as many connections as a sync has.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// As many as a sync has by default.
const CONNECTIONS: usize = 16;

/// Asks for what a first sync asks, over open connections, and reads each answer to its end: requests a second.
pub(super) fn requests_a_second(addr: SocketAddr, paths: &[String]) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for part in paths.chunks(paths.len().div_ceil(CONNECTIONS)) {
            scope.spawn(move || {
                let mut asker = Asker::to(addr);
                for path in part {
                    assert_eq!(asker.get(path, ACCEPT).0, 200, "{path}");
                }
            });
        }
    });
    paths.len() as f64 / start.elapsed().as_secs_f64()
}

const ACCEPT: &str = "Accept: application/vnd.oci.image.manifest.v1+json\r\n";

/// One open connection.
pub(super) struct Asker {
    stream: TcpStream,
    host: SocketAddr,
    buffer: Vec<u8>,
}

impl Asker {
    pub(super) fn to(host: SocketAddr) -> Self {
        let stream = TcpStream::connect(host).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Self { stream, host, buffer: vec![0; 4 << 20] }
    }

    /// Status and body. `headers` are whole lines.
    pub(super) fn get(&mut self, path: &str, headers: &str) -> (u16, &[u8]) {
        self.ask("GET", path, headers, "")
    }

    pub(super) fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> (u16, &[u8]) {
        let (host, length) = (self.host, body.len());
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        self.stream.write_all(request.as_bytes()).unwrap();
        let (mut have, mut wanted, mut head) = (0, usize::MAX, 0);
        while have < wanted {
            let came = self.stream.read(&mut self.buffer[have..]).unwrap();
            assert!(came > 0, "{method} {path}: the connection was closed after {have} bytes");
            have += came;
            if wanted == usize::MAX
                && let Some(end) = self.buffer[..have].windows(4).position(|four| four == b"\r\n\r\n")
            {
                head = end + 4;
                wanted = head + content_length(&self.buffer[..end]);
            }
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).unwrap().parse().unwrap();
        (status, &self.buffer[head..have])
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let length = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value.trim());
    length.map(|text| text.parse().unwrap()).next().expect("a reply that says its length")
}
