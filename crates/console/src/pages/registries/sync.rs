//! The three-dot menu's Sync and Cancel sync; a forced one comes from its question (`force`).

use super::failure;
use super::way_back::WayBack;
use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::Post;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::SyncState;

pub(super) async fn start(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    Query(back): Query<WayBack>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let registry = state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    let force = post.fields.text("force") == "yes";
    state.catalog.sync_registry(visit.caller(), &uid, force).await.map_err(failure)?;
    let name = &registry.name;
    let said = match registry.sync.status {
        SyncState::InProgress => format!("Sync of {name} is under way; another one follows it"),
        _ if force => format!("Forced sync of {name} started"),
        _ => format!("Sync of {name} started"),
    };
    Ok(visit.done(&back.address(&uid), &said))
}

pub(super) async fn cancel(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    Query(back): Query<WayBack>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let registry = state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    let was_there = state.catalog.cancel_sync(visit.caller(), &uid).await.map_err(failure)?;
    let said = if was_there { "cancelled" } else { "had ended already" };
    Ok(visit.done(&back.address(&uid), &format!("Sync of {} {said}", registry.name)))
}
