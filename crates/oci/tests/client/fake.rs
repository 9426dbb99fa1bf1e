//! The other side: a server that records every request and answers as the test says.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use packyard_oci::RepoName;
use packyard_oci::client::{Client, ClientOptions, Credentials, RetryOptions};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// `GET /v2/`.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

pub(crate) struct Fake {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    /// `answer` gets the request and how many came before it.
    pub(crate) async fn start(answer: impl Fn(&Seen, usize) -> Response + Send + Sync + 'static) -> Self {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, answer) = (seen.clone(), Arc::new(answer));
        let app = Router::new().fallback(move |request: Request| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 64 << 20).await.unwrap_or_default();
                let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
                let one = Seen { method: parts.method.to_string(), target, headers: parts.headers, body };
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(one.clone());
                    log.len() - 1
                };
                answer(&one, before)
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { port, seen }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }

    pub(crate) fn client(&self, credentials: Credentials) -> Client {
        Client::new(self.origin().parse().unwrap(), credentials, quick()).unwrap()
    }

    pub(crate) fn anonymous(&self) -> Client {
        self.client(Credentials::Anonymous)
    }
}

/// Options with waits that a test can bear.
pub(crate) fn quick() -> ClientOptions {
    let mut options = ClientOptions {
        retry: RetryOptions {
            retries: 3,
            first_wait: Duration::from_millis(5),
            longest_wait: Duration::from_millis(20),
            longest_retry_after: Duration::from_secs(2),
        },
        ..ClientOptions::default()
    };
    options.timeouts.request = Duration::from_secs(5);
    options.timeouts.idle = Duration::from_secs(5);
    options.timeouts.connect = Duration::from_secs(2);
    options
}

pub(crate) fn repo() -> RepoName {
    "team/spectro-packs/archive/hello".parse().unwrap()
}

pub(crate) fn tag(text: &str) -> packyard_oci::Reference {
    text.parse().unwrap()
}

pub(crate) fn reply(status: u16) -> Response {
    with(status, &[], "")
}

pub(crate) fn with(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}

pub(crate) const OCI: (&str, &str) = ("content-type", "application/vnd.oci.image.manifest.v1+json");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
