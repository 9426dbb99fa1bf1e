//! A model of ECR Public: the API in us-east-1, the registry with its token server, and the host that layers are read
//! from. Told apart by the Host header, as behind one address. What is checked here is what AWS documents for its API, and
//! what its registry answers.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use http::request::Parts;
use http::{Method, StatusCode, header};
use packyard_oci::Digest;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

pub(crate) const REGISTRY: &str = "public.ecr.aws";
pub(crate) const API: &str = "api.ecr-public.us-east-1.amazonaws.com";
/// Layers are elsewhere, and whoever sends a token there is refused.
const LAYERS: &str = "packs.test";
/// The account's part of the registry.
pub(crate) const ALIAS: &str = "q1w2e3r4";
pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const PASSWORD: &str = "password-of-twelve-hours";
const WRITER: &str = "token-of-the-account";
const ANYBODY: &str = "token-of-anybody";

/// One call of the API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) content_type: String,
    pub(crate) input: Value,
}

#[derive(Default)]
struct Repository {
    blobs: HashMap<String, Bytes>,
    manifests: HashMap<String, (String, Bytes)>,
    tags: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    /// By their names without the alias.
    repositories: BTreeMap<String, Repository>,
    calls: Vec<Call>,
    uploads: u32,
}

pub(crate) struct EcrPublic {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

impl EcrPublic {
    /// It stays until the test process ends.
    pub(crate) fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let served = state.clone();
        let app = Router::new().fallback(move |request: Request| {
            let state = served.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 64 << 20).await.unwrap_or_default();
                answer(&mut state.lock().unwrap(), &parts, &body)
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await
            })
        });
        Self { port, state }
    }

    /// The calls of the API since this was asked last.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// Names without the alias.
    pub(crate) fn repositories(&self) -> Vec<String> {
        self.state.lock().unwrap().repositories.keys().cloned().collect()
    }
}

fn answer(state: &mut State, parts: &Parts, body: &Bytes) -> Response {
    match text(parts, "host") {
        API => api(state, parts, body),
        REGISTRY if parts.uri.path() == "/token/" => token(parts),
        REGISTRY => registry(state, parts, body),
        LAYERS => layer(state, parts),
        other => reply(StatusCode::MISDIRECTED_REQUEST, format!("no host {other} here")),
    }
}

fn text<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn reply(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    Response::builder().status(status).body(body.into()).unwrap()
}

fn with(mut response: Response, headers: &[(&'static str, &str)]) -> Response {
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

fn answered(document: &Value) -> Response {
    with(reply(StatusCode::OK, document.to_string()), &[("content-type", "application/x-amz-json-1.1")])
}

fn refused(code: &str, message: &str) -> Response {
    reply(StatusCode::BAD_REQUEST, json!({ "__type": code, "message": message }).to_string())
}

fn api(state: &mut State, parts: &Parts, body: &Bytes) -> Response {
    let Some(operation) = text(parts, "x-amz-target").strip_prefix("SpencerFrontendService.") else {
        return refused("UnknownOperationException", text(parts, "x-amz-target"));
    };
    let signed = text(parts, "authorization");
    if !signed.contains(KEY_ID) || !signed.contains("/us-east-1/ecr-public/aws4_request") {
        return refused("UnrecognizedClientException", "The security token included in the request is invalid.");
    }
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let content_type = text(parts, "content-type").to_owned();
    state.calls.push(Call { operation: operation.to_owned(), content_type, input: input.clone() });
    let name = input["repositoryName"].as_str().unwrap_or_default().to_owned();
    match operation {
        "GetAuthorizationToken" => {
            let token = base64::engine::general_purpose::STANDARD.encode(format!("AWS:{PASSWORD}"));
            answered(&json!({ "authorizationData": { "authorizationToken": token, "expiresAt": 4_102_444_800.5 } }))
        }
        "CreateRepository" => {
            let known = ["repositoryName", "catalogData", "tags"];
            if let Some(other) = input.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str()))
            {
                return refused("InvalidParameterException", &format!("unknown member {}", other.0));
            }
            if state.repositories.contains_key(&name) {
                return refused("RepositoryAlreadyExistsException", &format!("The repository '{name}' already exists"));
            }
            state.repositories.insert(name.clone(), Repository::default());
            answered(&json!({ "repository": described(&name), "catalogData": {} }))
        }
        "DescribeRepositories" => {
            let all: Vec<Value> = state.repositories.keys().map(|name| described(name)).collect();
            answered(&json!({ "repositories": all }))
        }
        other => refused("UnsupportedCommandException", other),
    }
}

fn described(name: &str) -> Value {
    json!({
        "repositoryArn": format!("arn:aws:ecr-public::123456789012:repository/{name}"),
        "registryId": "123456789012",
        "repositoryName": name,
        "repositoryUri": format!("{REGISTRY}/{ALIAS}/{name}"),
        "createdAt": 1_700_000_000.0,
    })
}

/// Everybody gets a token; that of the account may write.
fn token(parts: &Parts) -> Response {
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("AWS:{PASSWORD}"));
    let token = match text(parts, "authorization") {
        "" => ANYBODY,
        given if given == format!("Basic {basic}") => WRITER,
        _ => return reply(StatusCode::UNAUTHORIZED, "Not Authorized\n"),
    };
    if !parts.uri.query().unwrap_or_default().contains("service=public.ecr.aws") {
        return reply(StatusCode::BAD_REQUEST, "service is missing");
    }
    answered(&json!({ "token": token }))
}

fn oci_error(status: StatusCode, code: &str, message: &str) -> Response {
    reply(status, json!({ "errors": [{ "code": code, "message": message }] }).to_string())
}

fn registry(state: &mut State, parts: &Parts, body: &Bytes) -> Response {
    let writes = !matches!(parts.method, Method::GET | Method::HEAD);
    match text(parts, "authorization").strip_prefix("Bearer ") {
        Some(WRITER) => {}
        Some(ANYBODY) if !writes => {}
        Some(ANYBODY) => return oci_error(StatusCode::FORBIDDEN, "DENIED", "Not Authorized"),
        _ => {
            let challenge = format!(r#"Bearer realm="https://{REGISTRY}/token/",service="{REGISTRY}",scope="aws""#);
            return with(
                reply(StatusCode::UNAUTHORIZED, "Not Authorized\n"),
                &[(header::WWW_AUTHENTICATE.as_str(), challenge.as_str())],
            );
        }
    }
    let path = parts.uri.path();
    if path == "/v2/" {
        return reply(StatusCode::OK, "");
    }
    let Some((name, what)) = ["/blobs/", "/manifests/", "/tags/"].iter().find_map(|part| path.split_once(part)) else {
        return oci_error(StatusCode::NOT_FOUND, "UNSUPPORTED", "The operation is unsupported.");
    };
    let name = name.trim_start_matches("/v2/");
    let known = name.split_once('/').filter(|(alias, _)| *alias == ALIAS).map(|(_, name)| name);
    state.uploads += 1;
    let session = state.uploads;
    let Some(repository) = known.and_then(|name| state.repositories.get_mut(name)) else {
        let message = format!("The repository with name '{name}' does not exist in the registry");
        return oci_error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", &message);
    };
    if path.contains("/blobs/uploads/") {
        return upload(repository, parts, name, session, body);
    }
    match path {
        _ if path.contains("/blobs/") => blob(repository, parts, name, what),
        _ if path.contains("/manifests/") => manifest(repository, parts, what, body),
        _ => answered(&json!({ "name": name, "tags": repository.tags.keys().collect::<Vec<_>>() })),
    }
}

/// In one piece, as clients of ECR may.
fn upload(repository: &mut Repository, parts: &Parts, name: &str, session: u32, body: &Bytes) -> Response {
    let location = format!("/v2/{name}/blobs/uploads/{session}");
    if parts.method == Method::POST {
        return with(reply(StatusCode::ACCEPTED, ""), &[("location", &location)]);
    }
    let digest = Digest::sha256(body).to_string();
    let query = parts.uri.query().unwrap_or_default().replace("%3A", ":");
    if parts.method != Method::PUT || !query.contains(&digest) {
        return oci_error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", &query);
    }
    repository.blobs.insert(digest.clone(), body.clone());
    let place = format!("/v2/{name}/blobs/{digest}");
    with(reply(StatusCode::CREATED, ""), &[("location", &place), ("docker-content-digest", &digest)])
}

fn blob(repository: &Repository, parts: &Parts, name: &str, digest: &str) -> Response {
    match (repository.blobs.get(digest), &parts.method) {
        (None, _) => oci_error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", digest),
        (Some(blob), &Method::HEAD) => with(reply(StatusCode::OK, ""), &[("content-length", &blob.len().to_string())]),
        (Some(_), _) => {
            let location = format!("https://{LAYERS}/{name}@{digest}?signature=known");
            with(reply(StatusCode::TEMPORARY_REDIRECT, ""), &[("location", &location)])
        }
    }
}

/// What stands behind a signed address.
fn layer(state: &State, parts: &Parts) -> Response {
    let asked = parts.uri.path().trim_start_matches('/').split_once('@');
    let found = asked.and_then(|(name, digest)| state.repositories.get(name.split_once('/')?.1)?.blobs.get(digest));
    match found {
        Some(blob) if text(parts, "authorization").is_empty() => reply(StatusCode::OK, blob.clone()),
        Some(_) => reply(StatusCode::BAD_REQUEST, "only one way to authorize is allowed"),
        None => reply(StatusCode::NOT_FOUND, ""),
    }
}

fn manifest(repository: &mut Repository, parts: &Parts, reference: &str, body: &Bytes) -> Response {
    if parts.method == Method::PUT {
        let digest = Digest::sha256(body).to_string();
        repository.manifests.insert(digest.clone(), (text(parts, "content-type").to_owned(), body.clone()));
        repository.tags.insert(reference.to_owned(), digest.clone());
        return with(reply(StatusCode::CREATED, ""), &[("docker-content-digest", &digest)]);
    }
    let digest = repository.tags.get(reference).map_or(reference, String::as_str);
    let Some((kind, content)) = repository.manifests.get(digest) else {
        return oci_error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", reference);
    };
    let body = if parts.method == Method::HEAD { Bytes::new() } else { content.clone() };
    let length = content.len().to_string();
    with(
        reply(StatusCode::OK, body),
        &[("content-type", kind), ("docker-content-digest", digest), ("content-length", &length)],
    )
}
