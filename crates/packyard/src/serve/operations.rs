//! For operators: liveness, readiness, metrics.

use super::host::is_loopback;
use super::metrics::Moment;
use super::traffic::Traffic;
use axum::Router;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use packyard_access::{Access, Peer};
use packyard_store::Store;
use std::time::Instant;

#[derive(Clone)]
struct Operations {
    store: Store,
    access: Access,
    traffic: Traffic,
    started: Instant,
}

pub(super) fn router(store: Store, access: Access, traffic: Traffic) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Operations { store, access, traffic, started: Instant::now() })
}

/// Ready is: the database answers.
async fn ready(State(operations): State<Operations>) -> Response {
    match operations.store.journal().fact("instance-id").await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(?error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

async fn metrics(
    State(operations): State<Operations>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let key = headers.get("apikey").and_then(|key| key.to_str().ok());
    let allowed = match key {
        _ if is_loopback(peer.addr) => true,
        Some(key) => operations.access.api_key(key, peer).await.is_ok(),
        None => false,
    };
    if !allowed {
        return (StatusCode::UNAUTHORIZED, "metrics are for loopback, or with an API key in the header ApiKey\n")
            .into_response();
    }
    // What cannot be read now is left out: the rest says that something is wrong.
    let registries = operations.store.catalog().registries().await.unwrap_or_default();
    let moment = Moment {
        uptime: operations.started.elapsed(),
        resident_bytes: resident_bytes(),
        traffic: &operations.traffic,
        registries: &registries,
    };
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], moment.text()).into_response()
}

/// Linux only; elsewhere the line is left out.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
