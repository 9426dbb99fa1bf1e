//! A registry with one repository whose answers can be held back: what is asked is known, and answered as of when it
//! was asked.

use packyard_testkit::PackBuilder;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

pub(crate) const REPOSITORY: &str = "team/spectro-packs/archive/nginx";

#[derive(Default)]
struct Inner {
    tags: BTreeMap<String, String>,
    content: HashMap<String, Vec<u8>>,
    requests: Vec<String>,
    /// Requests whose text holds this are held, as long as it is set.
    held: Option<String>,
    /// Requests that are held now.
    waiting: usize,
    releases: u64,
}

pub(crate) struct HeldRegistry {
    addr: SocketAddr,
    state: Arc<(Mutex<Inner>, Condvar)>,
}

impl HeldRegistry {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new((Mutex::new(Inner::default()), Condvar::new()));
        let of_threads = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = of_threads.clone();
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        Self { addr, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Pushes nginx with `values`; gives the digest of the archive.
    pub(crate) fn push(&self, version: &str, values: &str) -> String {
        let archive = PackBuilder::new("nginx", version).values(values).archive();
        let layer = digest(&archive);
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.unknown.config.v1+json","digest":"{}","size":2}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":{}}}]}}"#,
            digest(b"{}"),
            archive.len()
        );
        let mut inner = self.state.0.lock().unwrap();
        let of_manifest = digest(manifest.as_bytes());
        inner.content.insert(layer.clone(), archive);
        inner.content.insert(of_manifest.clone(), manifest.into_bytes());
        inner.tags.insert(version.to_owned(), of_manifest);
        layer
    }

    /// Holds requests whose text has `part` until [`Self::release`].
    pub(crate) fn hold(&self, part: &str) {
        self.state.0.lock().unwrap().held = Some(part.to_owned());
    }

    pub(crate) fn release(&self) {
        let mut inner = self.state.0.lock().unwrap();
        inner.held = None;
        inner.releases += 1;
        self.state.1.notify_all();
    }

    /// Waits until `count` requests are held.
    pub(crate) fn holds(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.state.0.lock().unwrap().waiting < count {
            assert!(Instant::now() < deadline, "{:?}", self.state.0.lock().unwrap().requests);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What is held now stays so; what comes from here on is not.
    pub(crate) fn hold_no_more(&self) {
        self.state.0.lock().unwrap().held = None;
    }
}

fn digest(bytes: &[u8]) -> String {
    packyard_oci::Digest::sha256(bytes).to_string()
}

/// One request a connection.
fn answer(mut stream: TcpStream, state: &(Mutex<Inner>, Condvar)) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut inner = state.0.lock().unwrap();
    inner.requests.push(format!("{method} {path}"));
    let found = find(&inner, path.split('?').next().unwrap_or_default());
    if inner.held.as_deref().is_some_and(|part| path.contains(part)) {
        inner.waiting += 1;
        let releases = inner.releases;
        inner = state.1.wait_while(inner, |inner| inner.releases == releases).unwrap();
        inner.waiting -= 1;
    }
    drop(inner);
    let (status, kind, body) = match found {
        Some((kind, body)) => ("200 OK", kind, body),
        None => ("404 Not Found", "application/json", b"{\"errors\":[]}".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nDocker-Distribution-Api-Version: registry/2.0\r\nDocker-Content-Digest: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        digest(&body),
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    if method != "HEAD" {
        let _ = stream.write_all(&body);
    }
}

fn find(inner: &Inner, path: &str) -> Option<(&'static str, Vec<u8>)> {
    let json = |value: serde_json::Value| Some(("application/json", value.to_string().into_bytes()));
    match path {
        "/v2/" => return json(serde_json::json!({})),
        "/v2/_catalog" => return json(serde_json::json!({ "repositories": [REPOSITORY] })),
        _ => {}
    }
    let rest = path.strip_prefix("/v2/")?.strip_prefix(REPOSITORY)?;
    if rest == "/tags/list" {
        let tags: Vec<&String> = inner.tags.keys().collect();
        return json(serde_json::json!({ "name": REPOSITORY, "tags": tags }));
    }
    if let Some(digest) = rest.strip_prefix("/blobs/") {
        return Some(("application/octet-stream", inner.content.get(digest)?.clone()));
    }
    let reference = rest.strip_prefix("/manifests/")?;
    let digest = inner.tags.get(reference).map_or(reference, String::as_str);
    Some(("application/vnd.oci.image.manifest.v1+json", inner.content.get(digest)?.clone()))
}
