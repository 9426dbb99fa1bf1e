//! A web server as people put Helm repositories on: files of a folder, over HTTP or HTTPS, with a login or without.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// Who may read.
#[derive(Clone)]
struct Lock {
    /// What `Authorization` must be.
    key: &'static str,
    challenge: String,
    /// What everybody may read.
    open: &'static str,
}

impl Lock {
    /// For `ann:secret`.
    fn basic() -> Self {
        Self { key: "Basic YW5uOnNlY3JldA==", challenge: "Basic realm=\"files\"".to_owned(), open: "" }
    }

    /// For whoever has the token, which `/token` gives.
    fn token(port: u16) -> Self {
        let challenge = format!("Bearer realm=\"http://localhost:{port}/token\",service=\"files\"");
        Self { key: "Bearer for-anybody", challenge, open: "/token" }
    }
}

pub(crate) struct Files {
    /// `http://localhost:PORT`.
    pub(crate) url: String,
    /// The authority that signed its certificate, when it has one.
    pub(crate) ca_pem: String,
    seen: Arc<Mutex<Vec<String>>>,
    stalled: Receiver<()>,
}

#[derive(Clone)]
struct Serving {
    folder: PathBuf,
    lock: Option<Lock>,
    /// What is answered instead of a file.
    instead: BTreeMap<&'static str, Instead>,
    seen: Arc<Mutex<Vec<String>>>,
    stalls: Sender<()>,
}

#[derive(Clone)]
pub(crate) enum Instead {
    /// The start of an answer, and nothing more for as long as the other side waits.
    Stall,
    /// This, again and again without end.
    Endless(&'static str),
    /// A whole answer.
    Answer(&'static str),
}

impl Files {
    pub(crate) fn serve(folder: &Path) -> Self {
        Self::start(folder, |_| None, false, &[])
    }

    pub(crate) fn with_login(folder: &Path) -> Self {
        Self::start(folder, |_| Some(Lock::basic()), false, &[])
    }

    /// As public registries do it: nobody needs a login, but everybody a token.
    pub(crate) fn with_token(folder: &Path) -> Self {
        let token = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"token\":\"for-anybody\"}";
        Self::start(folder, |port| Some(Lock::token(port)), false, &[("/token", Instead::Answer(token))])
    }

    pub(crate) fn over_tls(folder: &Path) -> Self {
        Self::start(folder, |_| None, true, &[])
    }

    pub(crate) fn odd(folder: &Path, instead: &[(&'static str, Instead)]) -> Self {
        Self::start(folder, |_| None, false, instead)
    }

    fn start(
        folder: &Path,
        lock: impl Fn(u16) -> Option<Lock>,
        tls: bool,
        instead: &[(&'static str, Instead)],
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (stalls, stalled) = channel();
        let instead = instead.iter().cloned().collect();
        let serving = Serving { folder: folder.to_owned(), lock: lock(port), instead, seen: seen.clone(), stalls };
        let (config, ca_pem) = if tls { server_config() } else { (None, String::new()) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serving, config) = (serving.clone(), config.clone());
                std::thread::spawn(move || match config {
                    None => serving.answer(stream),
                    Some(config) => {
                        let connection = rustls::ServerConnection::new(config).unwrap();
                        serving.answer(rustls::StreamOwned::new(connection, stream));
                    }
                });
            }
        });
        let scheme = if tls { "https" } else { "http" };
        Self { url: format!("{scheme}://localhost:{port}"), ca_pem, seen, stalled }
    }

    /// The paths that were asked for.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until somebody waits for the rest of an answer.
    pub(crate) fn wait_for_stall(&self) {
        self.stalled.recv_timeout(std::time::Duration::from_secs(60)).expect("nobody came");
    }
}

fn server_config() -> (Option<Arc<rustls::ServerConfig>>, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (Some(Arc::new(config)), certificate.pem())
}

impl Serving {
    /// One request, one answer.
    fn answer<S: Read + Write>(&self, stream: S) {
        let mut reader = BufReader::new(stream);
        let (mut path, mut authorized) = (String::new(), self.lock.is_none());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("GET ") {
                rest.split(' ').next().unwrap_or_default().clone_into(&mut path);
            }
            let is_key = |lock: &Lock| {
                line.to_ascii_lowercase().starts_with("authorization: ") && line.contains(lock.key)
                    || !lock.open.is_empty() && path.starts_with(lock.open)
            };
            authorized |= self.lock.as_ref().is_some_and(is_key);
        }
        self.seen.lock().unwrap().push(path.clone());
        // A reader that went away is what some tests want.
        let _ = self.write(reader.get_mut(), &path, authorized);
        let _ = reader.get_mut().flush();
    }

    fn write(&self, out: &mut impl Write, path: &str, authorized: bool) -> std::io::Result<()> {
        let status = |out: &mut dyn Write, line: &str, length: usize| {
            write!(out, "HTTP/1.1 {line}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
        };
        if let (Some(lock), false) = (&self.lock, authorized) {
            let challenge = &lock.challenge;
            return write!(
                out,
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        match self.instead.get(path.split('?').next().unwrap_or_default()) {
            Some(Instead::Stall) => {
                status(out, "200 OK", 1000)?;
                out.write_all(b"the start")?;
                out.flush()?;
                let _ = self.stalls.send(());
                std::thread::park_timeout(std::time::Duration::from_secs(60));
                return Ok(());
            }
            Some(Instead::Endless(text)) => {
                write!(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
                loop {
                    out.write_all(text.as_bytes())?;
                }
            }
            Some(Instead::Answer(text)) => return out.write_all(text.as_bytes()),
            None => {}
        }
        let path = path.split('?').next().unwrap_or_default();
        match std::fs::read(self.folder.join(path.trim_start_matches('/'))) {
            Ok(content) => {
                status(out, "200 OK", content.len())?;
                out.write_all(&content)
            }
            Err(_) => status(out, "404 Not Found", 0),
        }
    }
}
