//! Between a client and a registry: passes requests on, writes them down, and fails where a test says so. One request a
//! connection; the Host stays that of the relay, so that signatures and locations hold.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// One request: `POST /v2/...`, or `POST / CreateRepository` for an operation of the ECR API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Header lines, as they came.
    pub(crate) headers: Vec<String>,
}

impl Line {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.headers.iter().filter_map(|line| line.split_once(':'));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The operation of the ECR API.
    pub(crate) fn operation(&self) -> Option<&str> {
        self.header("x-amz-target")?.rsplit('.').next()
    }

    /// Whether it changes something in the registry.
    pub(crate) fn writes(&self) -> bool {
        match self.operation() {
            Some(operation) => operation == "CreateRepository",
            None => !matches!(self.method.as_str(), "GET" | "HEAD"),
        }
    }
}

/// What becomes of a request.
pub(crate) enum Fate {
    Pass,
    /// Answered here: status line and headers without the last empty line, and a body.
    Answer(String, &'static str),
    /// So many bytes of the body are passed on, then both connections end.
    BreakAfter(usize),
    /// Never answered, and not passed on.
    Hold,
}

type Judge = dyn Fn(&Line, usize) -> Fate + Send + Sync;

pub(crate) struct Relay {
    pub(crate) port: u16,
    seen: Arc<(Mutex<Vec<Line>>, Condvar)>,
}

impl Relay {
    /// `judge` gets the request and how many came before it.
    pub(crate) fn start(upstream: u16, judge: impl Fn(&Line, usize) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<(Mutex<Vec<Line>>, Condvar)> = Arc::default();
        let (log, judge): (_, Arc<Judge>) = (seen.clone(), Arc::new(judge));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (log, judge) = (log.clone(), judge.clone());
                std::thread::spawn(move || {
                    // A side that goes away is an end like any other.
                    let _ = pass(client, upstream, &log, &*judge);
                });
            }
        });
        Self { port, seen }
    }

    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// What came until now; forgotten then.
    pub(crate) fn take(&self) -> Vec<Line> {
        std::mem::take(&mut *self.seen.0.lock().unwrap())
    }

    /// Waits until `enough` holds of what came.
    pub(crate) fn wait(&self, enough: impl Fn(&[Line]) -> bool) {
        let lines = self.seen.0.lock().unwrap();
        let (lines, late) =
            self.seen.1.wait_timeout_while(lines, Duration::from_secs(60), |lines| !enough(lines)).unwrap();
        assert!(!late.timed_out(), "{lines:?}");
    }
}

fn pass(client: TcpStream, upstream: u16, log: &(Mutex<Vec<Line>>, Condvar), judge: &Judge) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut client = client;
    let Some((line, length)) = head(&mut reader)? else { return Ok(()) };
    let before = {
        let mut lines = log.0.lock().unwrap();
        lines.push(line.clone());
        log.1.notify_all();
        lines.len() - 1
    };
    let fate = judge(&line, before);
    let taken = if let Fate::BreakAfter(bytes) = fate { bytes.min(length) } else { length };
    let mut body = vec![0; taken];
    reader.read_exact(&mut body)?;
    match fate {
        Fate::Answer(head, body) => {
            write!(client, "{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
        }
        Fate::Hold => std::thread::sleep(Duration::from_secs(600)),
        Fate::Pass | Fate::BreakAfter(_) => {
            let mut registry = TcpStream::connect(("127.0.0.1", upstream))?;
            let kept = line.headers.iter().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
            let headers: String = kept.map(|line| format!("{line}\r\n")).collect();
            write!(registry, "{} {} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n", line.method, line.target)?;
            registry.write_all(&body)?;
            if matches!(fate, Fate::BreakAfter(_)) {
                registry.shutdown(Shutdown::Write)?;
                // The registry has seen the end when it ends its side.
                let _ = std::io::copy(&mut registry, &mut std::io::sink());
                return client.shutdown(Shutdown::Both);
            }
            std::io::copy(&mut registry, &mut client)?;
        }
    }
    client.shutdown(Shutdown::Write)
}

/// The request's line and headers, and the length of its body; `None` when the client said nothing.
fn head(reader: &mut impl BufRead) -> std::io::Result<Option<(Line, usize)>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let first = lines.remove(0);
    let mut words = first.split(' ').map(str::to_owned);
    let line =
        Line { method: words.next().unwrap_or_default(), target: words.next().unwrap_or_default(), headers: lines };
    let length = line.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(Some((line, length)))
}
