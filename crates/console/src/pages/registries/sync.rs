//! The three-dot menu's Sync and Cancel sync.

use super::{LIST, failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::Post;
use axum::extract::{Path, State};
use axum::response::Response;

pub(super) async fn start(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let registry = state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    state.catalog.sync_registry(visit.caller(), &uid, false).await.map_err(failure)?;
    let back = if post.fields.text("back") == "history" { format!("{LIST}/{uid}") } else { LIST.to_owned() };
    Ok(visit.done(&back, &format!("Sync of {} started", registry.name)))
}

pub(super) async fn cancel(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let registry = state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    let was_there = state.catalog.cancel_sync(visit.caller(), &uid).await.map_err(failure)?;
    let said = if was_there { "cancelled" } else { "had ended already" };
    Ok(visit.done(&format!("{LIST}/{uid}"), &format!("Sync of {} {said}", registry.name)))
}
