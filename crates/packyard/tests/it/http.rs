//! A plain HTTP client of the registry, for tests that must see each request and its fate.

use base64::Engine as _;
use packyard_oci::Digest;
use packyard_testkit::Yard;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One login at one server; each request has a connection of its own.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    port: u16,
    host: String,
    authorization: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// How a request got no answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Nobody was there to send it to.
    NotConnected(std::io::Error),
    /// The connection stood; the request, or its reply, was cut off.
    UnderWay(std::io::Error),
}

impl From<Broken> for std::io::Error {
    fn from(broken: Broken) -> Self {
        let (Broken::NotConnected(error) | Broken::UnderWay(error)) = broken;
        error
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

impl Client {
    pub(crate) fn of(yard: &Yard) -> Self {
        Self::with_login(yard, &yard.admin_email, &yard.admin_password)
    }

    pub(crate) fn with_login(yard: &Yard, user: &str, password: &str) -> Self {
        let login = format!("{user}:{password}");
        let encoded = base64::engine::general_purpose::STANDARD.encode(login);
        Self { port: yard.port, host: yard.host(), authorization: format!("Basic {encoded}") }
    }

    /// As a client that knows the server under another name.
    pub(crate) fn with_host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    /// A request's head, for a client that asks before it sends the body.
    pub(crate) fn head(&self, method: &str, path: &str, length: usize) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Length: {length}\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n",
            self.host, self.authorization
        )
    }

    /// Whatever breaks on the way is an error: then the request was not acknowledged.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> std::io::Result<Reply> {
        Ok(self.try_send(method, path, headers, body)?)
    }

    /// The same, and where it broke.
    pub(crate) fn try_send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<Reply, Broken> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(Broken::NotConnected)?;
        self.exchange(stream, method, path, headers, body).map_err(Broken::UnderWay)
    }

    fn exchange(
        &self,
        mut stream: TcpStream,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> std::io::Result<Reply> {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
            self.host,
            self.authorization,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        read_reply(stream, method)
    }

    #[track_caller]
    pub(crate) fn expect(&self, method: &str, path: &str, status: u16) -> Reply {
        let reply = self.send(method, path, "", b"").unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        assert_eq!(reply.status, status, "{method} {path}: {}", String::from_utf8_lossy(&reply.body));
        reply
    }

    /// Opens an upload; its location.
    #[track_caller]
    pub(crate) fn begin(&self, repo: &str) -> String {
        self.expect("POST", &format!("/v2/{repo}/blobs/uploads/"), 202).header("location").to_owned()
    }

    #[track_caller]
    pub(crate) fn finish(&self, location: &str, content: &[u8]) -> Digest {
        let digest = Digest::sha256(content);
        let reply = self.send("PUT", &format!("{location}?digest={digest}"), "", content).unwrap();
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        digest
    }
}

pub(crate) fn read_reply(stream: TcpStream, method: &str) -> std::io::Result<Reply> {
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(cut)?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(cut());
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let mut reply = Reply { status, headers, body: Vec::new() };
    if method != "HEAD" && reply.status != 204 && reply.status != 304 {
        match reply.header("content-length").parse::<u64>() {
            Ok(length) => {
                reader.take(length).read_to_end(&mut reply.body)?;
                if (reply.body.len() as u64) < length {
                    return Err(cut());
                }
            }
            Err(_) => return Err(std::io::Error::other("a reply without Content-Length")),
        }
    }
    Ok(reply)
}
