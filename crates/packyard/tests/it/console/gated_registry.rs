//! A registry that answers only when the test lets it, so that what a page shows meanwhile can be looked at for as long
//! as it takes.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// Lists `repositories`, each with a tag `1.0.0`, once the gate is open.
pub(super) struct GatedRegistry {
    addr: SocketAddr,
    gate: Arc<(Mutex<bool>, Condvar)>,
    repositories: Arc<Mutex<Vec<String>>>,
}

impl GatedRegistry {
    pub(super) fn start(repositories: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let of_threads = gate.clone();
        let repositories = Arc::new(Mutex::new(repositories));
        let listed = repositories.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (gate, repositories) = (of_threads.clone(), listed.clone());
                std::thread::spawn(move || answer(stream, &gate, &repositories));
            }
        });
        Self { addr, gate, repositories }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What is listed from now on.
    pub(super) fn list(&self, repositories: Vec<String>) {
        *self.repositories.lock().unwrap() = repositories;
    }

    pub(super) fn set_open(&self, is_open: bool) {
        *self.gate.0.lock().unwrap() = is_open;
        self.gate.1.notify_all();
    }
}

impl Drop for GatedRegistry {
    fn drop(&mut self) {
        self.set_open(true);
    }
}

/// One request a connection.
fn answer(mut stream: TcpStream, gate: &(Mutex<bool>, Condvar), repositories: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let body = if path == "/v2/" {
        "{}".to_owned()
    } else if path.starts_with("/v2/_catalog") {
        let _open = gate.1.wait_while(gate.0.lock().unwrap(), |is_open| !*is_open).unwrap();
        serde_json::json!({ "repositories": *repositories.lock().unwrap() }).to_string()
    } else if let Some((name, _)) = path.trim_start_matches("/v2/").split_once("/tags/list") {
        serde_json::json!({ "name": name, "tags": ["1.0.0"] }).to_string()
    } else {
        "{}".to_owned()
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDocker-Content-Digest: {DIGEST}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    if method != "HEAD" {
        let _ = stream.write_all(body.as_bytes());
    }
}
