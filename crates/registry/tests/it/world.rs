//! A registry without a server around it, and requests to it.

use axum::body::Body;
use axum::extract::Request;
use base64::Engine as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use packyard_access::iam::{Holder, Iam, NewUser};
use packyard_access::{Access, AccessConfig, Caller, Peer};
use packyard_oci::{Algorithm, Digest, media};
use packyard_registry::{Registry, RegistryConfig};
use packyard_store::{DbLocation, ManualClock, SealKey, Store};
use packyard_testkit::stores_at;
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const ADMIN: &str = "admin@packyard.test";
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";

/// 2026-11-23
const NOW: i64 = 1_795_000_000_000;

pub(crate) struct World {
    pub(crate) engine: &'static str,
    pub(crate) registry: Registry,
    pub(crate) access: Access,
    pub(crate) clock: ManualClock,
    pub(crate) store: Store,
    router: axum::Router,
    authorization: String,
    folder: TempDir,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    /// The first error's code.
    pub(crate) fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap_or("").to_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?} {:?}", self.headers, String::from_utf8_lossy(&self.body));
        self
    }
}

impl World {
    /// One on each engine.
    pub(crate) async fn all() -> Vec<Self> {
        Self::all_with(|_| {}).await
    }

    pub(crate) async fn all_with(change: impl Fn(&mut RegistryConfig)) -> Vec<Self> {
        let clock = ManualClock::at(NOW);
        let mut worlds = Vec::new();
        for test in stores_at(Arc::new(clock.clone())).await {
            worlds.push(Self::on(test.engine, test.store, test.folder, clock.clone(), &change).await);
        }
        worlds
    }

    /// One, on SQLite: for what no engine has a say in.
    pub(crate) async fn one() -> Self {
        Self::one_with(|_| {}).await
    }

    pub(crate) async fn one_with(change: impl Fn(&mut RegistryConfig)) -> Self {
        let clock = ManualClock::at(NOW);
        let folder = tempfile::tempdir().unwrap();
        let location = DbLocation::Sqlite(folder.path().join("packyard.db"));
        let store = Store::open_at(&location, SealKey::generate(), Arc::new(clock.clone())).await.unwrap();
        Self::on("SQLite", store, folder, clock, &change).await
    }

    async fn on(
        engine: &'static str,
        store: Store,
        folder: TempDir,
        clock: ManualClock,
        change: &impl Fn(&mut RegistryConfig),
    ) -> Self {
        let config = AccessConfig {
            admin_email: Some(ADMIN.into()),
            admin_password: Some(PASSWORD.to_owned().into()),
            ..AccessConfig::default()
        };
        let (access, _) = Access::open(&store, config).await.unwrap();
        let mut config =
            RegistryConfig::new(folder.path(), "http://localhost:7225", "000000000000", "us-east-1", "instance-1");
        change(&mut config);
        let registry = Registry::open(&store, &access, config).await.unwrap();
        let router = packyard_registry::router(&registry);
        Self { engine, router, registry, access, clock, store, authorization: basic(ADMIN, PASSWORD), folder }
    }

    /// The same registry, asked by somebody else.
    pub(crate) fn asked_by(&mut self, user: &str, password: &str) {
        self.authorization = basic(user, password);
    }

    pub(crate) fn router(&self) -> axum::Router {
        self.router.clone()
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn peer() -> Peer {
        Peer { addr: ([127, 0, 0, 1], 40000).into(), secure: false }
    }

    pub(crate) async fn admin(&self) -> Caller {
        self.access.registry_login(ADMIN, PASSWORD, Self::peer()).await.unwrap()
    }

    /// A user with a registry login whose only policy is `statement` (JSON of one statement); the password is
    /// [`PASSWORD`].
    pub(crate) async fn user(&self, name: &str, statement: &str) {
        let admin = self.admin().await;
        let iam: Iam<'_> = self.access.iam(&admin);
        make_user(&iam, name, statement).await;
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path)
            .header(AUTHORIZATION, &self.authorization)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let (mut head, body) = request.into_parts();
        head.extensions.insert(Self::peer());
        let response = self.router.clone().oneshot(Request::from_parts(head, body)).await.unwrap();
        let (head, body) = response.into_parts();
        // A body that breaks off shows as what came before.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Reply { status: head.status, headers: head.headers, body }
    }

    pub(crate) async fn call(&self, method: &str, path: &str) -> Reply {
        self.send(self.request(method, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn call_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    /// POST + PUT.
    pub(crate) async fn push_blob(&self, repo: &str, content: &[u8]) -> Digest {
        let digest = Digest::of(Algorithm::Sha256, content);
        let begun = self.call("POST", &format!("/v2/{repo}/blobs/uploads/")).await.expect(202);
        let put = format!("{}?digest={digest}", begun.header("location"));
        self.call_with("PUT", &put, &[], content.to_vec()).await.expect(201);
        digest
    }

    pub(crate) async fn put_manifest(&self, repo: &str, reference: &str, media_type: &str, content: &str) -> Reply {
        let path = format!("/v2/{repo}/manifests/{reference}");
        self.call_with("PUT", &path, &[(CONTENT_TYPE.as_str(), media_type)], content.to_owned()).await
    }

    /// Config, one layer and a manifest that names them, under a tag; the digest of the manifest.
    pub(crate) async fn push_image(&self, repo: &str, tag: &str, layer: &[u8]) -> Digest {
        self.push_blob(repo, b"{}").await;
        self.push_blob(repo, layer).await;
        let manifest = image(layer, "");
        self.put_manifest(repo, tag, media::OCI_MANIFEST, &manifest).await.expect(201);
        Digest::sha256(manifest.as_bytes())
    }
}

pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// An image manifest as ORAS 1.0 writes it; `more` is inserted before the end (`,"subject":...`).
pub(crate) fn image(layer: &[u8], more: &str) -> String {
    let config = Digest::sha256(b"{}");
    let digest = Digest::sha256(layer);
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","digest":"{config}","size":2}},"layers":[{{"mediaType":"{}","digest":"{digest}","size":{}}}]{more}}}"#,
        media::OCI_MANIFEST,
        media::ORAS_CONFIG,
        media::OCI_LAYER_TAR,
        layer.len()
    )
}

pub(crate) fn descriptor(media_type: &str, content: &str) -> String {
    format!(
        r#"{{"mediaType":"{media_type}","digest":"{}","size":{}}}"#,
        Digest::sha256(content.as_bytes()),
        content.len()
    )
}

/// `length` bytes that compress badly and depend on `seed`.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    })
    .take(length)
    .collect()
}

async fn make_user(iam: &Iam<'_>, name: &str, statement: &str) {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    let user = NewUser {
        name: name.into(),
        path: "/".into(),
        email: None,
        first_name: String::new(),
        last_name: String::new(),
        tags: Vec::new(),
    };
    iam.create_user(user).await.unwrap();
    iam.create_login_profile(name, &PASSWORD.to_owned().into(), false).await.unwrap();
    iam.put_policy(Holder::User(name), "only", &document).await.unwrap();
}
