//! For operators: liveness, readiness, metrics.

use super::host::is_loopback;
use axum::Router;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use packyard_access::{Access, Peer};
use packyard_store::Store;
use std::fmt::Write;
use std::time::Instant;

#[derive(Clone)]
struct Operations {
    store: Store,
    access: Access,
    started: Instant,
}

pub(super) fn router(store: Store, access: Access) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Operations { store, access, started: Instant::now() })
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
    let mut text = String::new();
    let _ = writeln!(text, "# HELP packyard_build_info The version that runs.\n# TYPE packyard_build_info gauge");
    let _ = writeln!(text, "packyard_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(
        text,
        "# HELP packyard_uptime_seconds Seconds since the start.\n# TYPE packyard_uptime_seconds counter"
    );
    let _ = writeln!(text, "packyard_uptime_seconds {}", operations.started.elapsed().as_secs());
    if let Some(bytes) = resident_bytes() {
        let _ = writeln!(
            text,
            "# HELP process_resident_memory_bytes Memory in use.\n# TYPE process_resident_memory_bytes gauge"
        );
        let _ = writeln!(text, "process_resident_memory_bytes {bytes}");
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// Linux only; elsewhere the line is left out.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
