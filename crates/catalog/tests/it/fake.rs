//! A registry on a loopback port, with pushes by function call and faults on demand; and a web server of plain files.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use packyard_oci::{Digest, media};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// What goes wrong, on every path that holds the given text.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Status(u16),
    /// 429 with a wait longer than anybody has.
    TooMany,
    /// 503 with this text for `Retry-After`.
    ComeBack(&'static str),
    Html,
    /// The right length, other bytes.
    WrongBytes,
    /// More and more, without end and without a length.
    Endless,
    /// The index of a Helm repository, with one version after the other.
    EndlessIndex,
    /// A list whose every page names another one.
    EndlessPages,
    Says(String),
    Hangs,
    Redirect(String),
    /// A byte now and then.
    Drips,
    /// Half of the content, then the connection breaks.
    Cut,
    /// The first request alone: its answer is made, and sent when the gate has a permit.
    HeldOnce(Gate),
    /// The same, and with that first request the login is withdrawn: whoever comes later is a stranger.
    LastOfLogin(Gate),
}

/// Holds an answer back until it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn open(&self) {
        self.0.add_permits(1);
    }
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) tags: BTreeMap<String, BTreeMap<String, Digest>>,
    content: HashMap<String, Vec<u8>>,
    faults: Vec<(String, Fault)>,
    /// Of the web server, by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) requests: Vec<String>,
    pub(crate) login: Option<String>,
    pub(crate) aws: crate::fake_ecr::Keys,
    pub(crate) harbor: Option<crate::fake_harbor::Robot>,
    instance: Option<Instance>,
}

/// How it takes part in the proof that it is this very installation.
#[derive(Clone)]
enum Instance {
    Proves(packyard_store::Core),
    /// It says what another one said.
    Echoes(String),
}

#[derive(Clone)]
pub(crate) struct Fake {
    inner: Arc<Mutex<Inner>>,
    pub(crate) addr: SocketAddr,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let inner = Arc::new(Mutex::new(Inner::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inner, addr }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// From now on a Basic header of `base64(user:password)` is wanted.
    pub(crate) fn wants_login(&self, base64: &str) {
        self.inner.lock().unwrap().login = Some(format!("Basic {base64}"));
    }

    /// From now on a token of `GetAuthorizationToken` is wanted.
    pub(crate) fn wants_ecr_token(&self) {
        self.ends_ecr_token();
    }

    /// The token that was given last counts no more.
    pub(crate) fn ends_ecr_token(&self) {
        self.inner.lock().unwrap().login = Some("a token that nobody has yet".to_owned());
    }

    pub(crate) fn ecr_tokens(&self) -> usize {
        self.inner.lock().unwrap().aws.tokens
    }

    /// From now on every call of the ECR API is refused.
    pub(crate) fn refuses_aws_keys(&self, code: &'static str, message: &'static str) {
        self.inner.lock().unwrap().aws.refusal = Some((code, message));
    }

    pub(crate) fn takes_aws_keys(&self) {
        self.inner.lock().unwrap().aws.refusal = None;
    }

    /// From now on it is a Harbor, with one robot account.
    pub(crate) fn plays_harbor(&self, robot: crate::fake_harbor::Robot) {
        self.inner.lock().unwrap().harbor = Some(robot);
    }

    pub(crate) fn plays_instance(&self, store: &packyard_store::Store) {
        self.inner.lock().unwrap().instance = Some(Instance::Proves(store.core.clone()));
    }

    pub(crate) fn echoes_proof(&self, proof: &str) {
        self.inner.lock().unwrap().instance = Some(Instance::Echoes(proof.to_owned()));
    }

    /// Waits until a request whose text holds `part` has come.
    pub(crate) async fn asked(&self, part: &str) {
        let came = async {
            while !self.inner.lock().unwrap().requests.iter().any(|request| request.contains(part)) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), came).await.expect(part);
    }

    /// Pushes an archive as ORAS 1.0 does.
    pub(crate) fn push(&self, repository: &str, tag: &str, archive: &[u8]) -> Digest {
        let layer = Digest::sha256(archive);
        self.inner.lock().unwrap().content.insert(layer.to_string(), archive.to_vec());
        self.push_manifest(repository, tag, &manifest(&layer, archive.len() as u64))
    }

    pub(crate) fn push_manifest(&self, repository: &str, tag: &str, manifest: &str) -> Digest {
        let digest = Digest::sha256(manifest.as_bytes());
        let mut inner = self.inner.lock().unwrap();
        inner.content.insert(digest.to_string(), manifest.as_bytes().to_vec());
        inner.tags.entry(repository.to_owned()).or_default().insert(tag.to_owned(), digest.clone());
        digest
    }

    /// Serves `bytes` at `path`.
    pub(crate) fn put_file(&self, path: &str, bytes: Vec<u8>) {
        self.inner.lock().unwrap().files.insert(path.to_owned(), bytes);
    }

    pub(crate) fn remove_file(&self, path: &str) {
        self.inner.lock().unwrap().files.remove(path);
    }

    pub(crate) fn put_blob(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        self.inner.lock().unwrap().content.insert(digest.to_string(), bytes.to_vec());
        digest
    }

    pub(crate) fn delete(&self, repository: &str, tag: &str) {
        self.inner.lock().unwrap().tags.get_mut(repository).unwrap().remove(tag);
    }

    pub(crate) fn delete_everything(&self) {
        self.inner.lock().unwrap().tags.clear();
    }

    pub(crate) fn fault(&self, path: &str, fault: Fault) {
        self.inner.lock().unwrap().faults.push((path.to_owned(), fault));
    }

    pub(crate) fn mend(&self) {
        self.inner.lock().unwrap().faults.clear();
    }

    /// Requests since the last call: `GET /v2/...`.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.lock().unwrap().requests)
    }
}

pub(crate) fn manifest(layer: &Digest, size: u64) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","digest":"{}","size":2}},"layers":[{{"mediaType":"{}","digest":"{layer}","size":{size},"annotations":{{"org.opencontainers.image.title":"pack.tar.gz"}}}}]}}"#,
        media::OCI_MANIFEST,
        media::ORAS_CONFIG,
        Digest::sha256(b"{}"),
        media::OCI_LAYER_TAR
    )
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    if request.method() == "POST" && request.headers().contains_key("x-amz-target") {
        return crate::fake_ecr::answer(&inner, request).await;
    }
    if let Some(reply) = crate::fake_harbor::answer(&inner, &request) {
        return reply;
    }
    let path = request.uri().path().to_owned();
    let given = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let (fault, is_stranger) = {
        let mut inner = inner.lock().unwrap();
        inner.requests.push(format!("{} {path}", request.method()));
        let is_stranger = inner.login.as_deref().is_some_and(|wanted| given != Some(wanted));
        let at = inner.faults.iter().position(|(part, _)| path.contains(part));
        let fault = at.map(|at| match &inner.faults[at].1 {
            Fault::HeldOnce(_) | Fault::LastOfLogin(_) if !is_stranger => inner.faults.remove(at).1,
            other => other.clone(),
        });
        if let (Some(Fault::LastOfLogin(_)), false) = (&fault, is_stranger) {
            inner.login = Some("Basic nobody's".to_owned());
        }
        (fault, is_stranger)
    };
    if is_stranger {
        let asked = request.headers().get("packyard-instance-challenge").and_then(|v| v.to_str().ok());
        let instance = inner.lock().unwrap().instance.clone();
        return challenge(match (instance, asked) {
            (Some(Instance::Proves(core)), Some(asked)) => Some(core.instance_proof(asked)),
            (Some(Instance::Echoes(proof)), _) => Some(proof),
            _ => None,
        });
    }
    match fault {
        Some(Fault::Status(status)) => plain(status, r#"{"errors":[{"code":"X","message":"as the test says"}]}"#),
        Some(Fault::TooMany) => {
            let mut reply = plain(429, r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#);
            reply.headers_mut().insert(header::RETRY_AFTER, "3600".parse().unwrap());
            reply
        }
        Some(Fault::ComeBack(when)) => {
            let mut reply = plain(503, r#"{"errors":[{"code":"UNAVAILABLE","message":"being repaired"}]}"#);
            reply.headers_mut().insert(header::RETRY_AFTER, when.parse().unwrap());
            reply
        }
        Some(Fault::Html) => {
            let mut reply = plain(200, "<!doctype html><title>Sign in</title>");
            reply.headers_mut().insert(header::CONTENT_TYPE, "text/html".parse().unwrap());
            reply
        }
        Some(Fault::WrongBytes) => {
            let mut bytes = find(&inner, &path).map(|(_, bytes)| bytes).unwrap_or_default();
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            content("application/octet-stream", bytes)
        }
        Some(Fault::Endless) => {
            let chunk = Bytes::from(vec![7_u8; 64 * 1024]);
            let stream = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
            Response::new(Body::from_stream(stream))
        }
        Some(Fault::EndlessIndex) => Response::new(Body::from_stream(crate::chart_repository::endless_index())),
        Some(Fault::EndlessPages) => {
            let page = request.uri().query().map_or(0, |q| q.len()) + 1;
            let mut reply = content("application/json", format!(r#"{{"repositories":["a/b{page}"]}}"#).into_bytes());
            let next = format!("<{path}?last={}>; rel=\"next\"", "x".repeat(page));
            reply.headers_mut().insert(header::LINK, next.parse().unwrap());
            reply
        }
        Some(Fault::Says(text)) => content("application/json", text.into_bytes()),
        Some(Fault::Hangs) => std::future::pending().await,
        Some(Fault::Redirect(to)) => {
            let mut reply = plain(307, "");
            reply.headers_mut().insert(header::LOCATION, to.parse().unwrap());
            reply
        }
        Some(Fault::Drips) => {
            let size = find(&inner, &path).map_or(0, |(_, bytes)| bytes.len());
            let drops = futures_util::stream::unfold((), |()| async {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
            });
            let mut reply = Response::new(Body::from_stream(drops));
            reply.headers_mut().insert(header::CONTENT_LENGTH, size.into());
            reply
        }
        Some(Fault::Cut) => {
            let bytes = find(&inner, &path).map(|(_, bytes)| bytes).unwrap_or_default();
            let half = Bytes::copy_from_slice(&bytes[..bytes.len() / 2]);
            let parts = [Ok(half), Err(std::io::Error::other("the connection breaks here"))];
            let mut reply = Response::new(Body::from_stream(futures_util::stream::iter(parts)));
            reply.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
            reply
        }
        Some(Fault::HeldOnce(gate) | Fault::LastOfLogin(gate)) => {
            let reply = sound(&inner, &path);
            gate.0.acquire().await.unwrap().forget();
            reply
        }
        None => match file(&inner, &path, request.headers()) {
            Some(reply) => reply,
            None => sound(&inner, &path),
        },
    }
}

/// A file of the web server, unless the client has it already.
fn file(inner: &Mutex<Inner>, path: &str, headers: &axum::http::HeaderMap) -> Option<Response> {
    let bytes = inner.lock().unwrap().files.get(path)?.clone();
    let etag = format!("\"{}\"", &Digest::sha256(&bytes).hex()[..16]);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut reply = if known { plain(304, "") } else { content("application/octet-stream", bytes) };
    reply.headers_mut().insert(header::ETAG, etag.parse().unwrap());
    Some(reply)
}

fn sound(inner: &Mutex<Inner>, path: &str) -> Response {
    match find(inner, path) {
        Some((kind, bytes)) => {
            let digest = Digest::sha256(&bytes).to_string();
            let mut reply = content(&kind, bytes);
            reply.headers_mut().insert("docker-content-digest", digest.parse().unwrap());
            reply
        }
        None => plain(404, r#"{"errors":[{"code":"NAME_UNKNOWN","message":"not here"}]}"#),
    }
}

fn challenge(proof: Option<String>) -> Response {
    let mut reply = plain(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}"#);
    reply.headers_mut().insert(header::WWW_AUTHENTICATE, "Basic realm=\"fake\"".parse().unwrap());
    if let Some(proof) = proof {
        reply.headers_mut().insert("packyard-instance", "the-id-that-everybody-may-know".parse().unwrap());
        reply.headers_mut().insert("packyard-instance-proof", proof.parse().unwrap());
    }
    reply
}

pub(crate) fn plain(status: u16, body: &str) -> Response {
    let mut reply = content("application/json", body.as_bytes().to_vec());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap();
    reply
}

pub(crate) fn content(kind: &str, bytes: Vec<u8>) -> Response {
    let mut reply = Response::new(Body::from(bytes));
    reply.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
    reply.headers_mut().insert("docker-distribution-api-version", "registry/2.0".parse().unwrap());
    reply
}

/// The content type and bytes at a path of `/v2`.
fn find(inner: &Mutex<Inner>, path: &str) -> Option<(String, Vec<u8>)> {
    let inner = inner.lock().unwrap();
    let json = |text: String| Some(("application/json".to_owned(), text.into_bytes()));
    if path == "/v2/" {
        return json("{}".to_owned());
    }
    if path == "/v2/_catalog" {
        let names: Vec<String> = inner.tags.keys().map(|name| format!("{name:?}")).collect();
        return json(format!(r#"{{"repositories":[{}]}}"#, names.join(",")));
    }
    if let Some(bytes) = inner.files.get(path) {
        return Some(("application/octet-stream".to_owned(), bytes.clone()));
    }
    let path = path.strip_prefix("/v2/")?;
    if let Some(name) = path.strip_suffix("/tags/list") {
        let tags: Vec<String> = inner.tags.get(name)?.keys().map(|tag| format!("{tag:?}")).collect();
        return json(format!(r#"{{"name":"{name}","tags":[{}]}}"#, tags.join(",")));
    }
    if let Some((_, digest)) = path.split_once("/blobs/") {
        return Some(("application/octet-stream".to_owned(), inner.content.get(digest)?.clone()));
    }
    let (name, reference) = path.split_once("/manifests/")?;
    let digest = match reference.parse::<Digest>() {
        Ok(digest) => digest,
        Err(_) => inner.tags.get(name)?.get(reference)?.clone(),
    };
    Some((media::OCI_MANIFEST.to_owned(), inner.content.get(digest.as_str())?.clone()))
}
