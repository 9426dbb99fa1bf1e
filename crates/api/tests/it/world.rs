//! A management plane in this process, with an administrator, over a fresh SQLite database.

use crate::palette::Palette;
use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use packyard_access::{Access, AccessConfig, Caller, NewApiKeyRequest, Peer};
use packyard_api::{ApiConfig, ApiState, router};
use packyard_catalog::{Catalog, CatalogConfig};
use packyard_profile::Profiles;
use packyard_store::{DbLocation, SealKey, Store};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const EMAIL: &str = "admin@packyard.test";
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";

pub(crate) struct World {
    pub(crate) app: Router,
    pub(crate) access: Access,
    pub(crate) catalog: Catalog,
    pub(crate) store: Store,
    pub(crate) admin: Caller,
    /// An API key of the administrator.
    pub(crate) key: String,
    _folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON, which also has to say so.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers.get(header::CONTENT_TYPE).expect("a content type"), "application/json");
        serde_json::from_slice(&self.bytes).expect("a JSON body")
    }

    pub(crate) fn uid(&self) -> String {
        assert_eq!(self.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&self.bytes));
        let uid = self.json()["uid"].as_str().expect("a uid").to_owned();
        assert!(uid.len() == 24 && uid.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{uid}");
        uid
    }

    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        if status == 204 || status == 202 {
            assert!(self.bytes.is_empty(), "a {status} has no body");
        }
        self
    }

    /// An error of this status and code, in the shape that every error has.
    pub(crate) fn is_error(&self, status: u16, code: &str) -> Value {
        self.is(status);
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert!(!body["message"].as_str().expect("a message").is_empty());
        assert!(body.as_object().expect("an object").contains_key("details"));
        assert_eq!(body["ref"].as_str().expect("a ref"), self.headers.get("x-request-id").expect("a request id"));
        body
    }
}

pub(crate) fn peer() -> Peer {
    Peer { addr: "127.0.0.1:40000".parse().unwrap(), secure: false }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_access(|_| {}).await
    }

    /// Nothing synchronises in it, so it does not wait for that either.
    pub(crate) async fn with_access(configure: impl FnOnce(&mut AccessConfig)) -> Self {
        let config =
            CatalogConfig { first_sync_wait: Duration::ZERO, read_wait: Duration::ZERO, ..CatalogConfig::default() };
        Self::open(configure, config).await
    }

    async fn open(configure: impl FnOnce(&mut AccessConfig), catalog: CatalogConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = DbLocation::Sqlite(folder.path().join("packyard.db"));
        let store = Store::open(&location, SealKey::generate()).await.unwrap();
        let mut config = AccessConfig {
            admin_email: Some(EMAIL.to_owned()),
            admin_password: Some(PASSWORD.to_owned().into()),
            ..AccessConfig::default()
        };
        configure(&mut config);
        let (access, _) = Access::open(&store, config).await.unwrap();
        let catalog = Catalog::open(&store, &access, catalog).await.unwrap();
        let profiles = Profiles::open(&store, &access, &catalog).await.unwrap();
        let admin = access.login(EMAIL, PASSWORD, peer()).await.unwrap().caller;
        let request = NewApiKeyRequest { name: "tests".to_owned(), ..NewApiKeyRequest::default() };
        let key = access.create_api_key(&admin, request).await.unwrap().secret.expose_secret().to_owned();
        let config = ApiConfig { allowed_hosts: Arc::from(["packs.example.com".to_owned()]), ..ApiConfig::default() };
        let state =
            ApiState { access: access.clone(), catalog: catalog.clone(), profiles, store: store.clone(), config };
        let app = router(state).layer(axum::Extension(peer()));
        Self { app, access, catalog, store, admin, key, _folder: folder }
    }

    /// A world whose catalogue synchronises, as in a running server.
    pub(crate) async fn at_work() -> Self {
        let world = Self::open(|_| {}, CatalogConfig::default()).await;
        tokio::spawn(world.catalog.clone().run_workers(std::future::pending()));
        world
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// As the administrator, the way Palette's clients send it: the content type also where there is no body.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    pub(crate) async fn call_with(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:7225");
        if !headers.iter().any(|(name, _)| *name == "ApiKey" || *name == "Authorization") {
            request = request.header("ApiKey", &self.key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |value| Body::from(value.to_string()));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
        let method = request.method().clone();
        let answer = self.send(request).await;
        if let Some(palette) = Palette::known().filter(|_| answer.status.is_success()) {
            let faults = palette.faults(&method, path, &answer);
            assert!(faults.is_empty(), "{method} {path}: {}", faults.join("; "));
        }
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Option<Value>) -> Answer {
        self.call(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }
}
