//! Enabling, disabling and deleting an API key.

use super::{LIST, failure, page};
use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::visit::{Post, Visit};
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_access::ApiKeyChange;

/// `active` is `yes` or `no`.
pub(super) async fn set_state(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let key = state.access.find_api_key(visit.caller(), &uid).await.map_err(failure)?;
    let active = post.fields.text("active") == "yes";
    let change = ApiKeyChange { active: Some(active), ..ApiKeyChange::default() };
    state.access.change_api_key(visit.caller(), &uid, change).await.map_err(failure)?;
    Ok(visit.done(LIST, &format!("API key {} {}", key.name, if active { "enabled" } else { "disabled" })))
}

pub(super) async fn ask_delete(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let key = state.access.find_api_key(visit.caller(), &uid).await.map_err(failure)?;
    let mut page = page(&state, &visit).await?;
    page.frame = page.frame.under("API Keys", LIST);
    page.frame.title = format!("Delete {}", key.name);
    page.dialog = Some(Dialog {
        title: format!("Delete API key {}?", key.name),
        consequences: vec![
            "Whatever uses it is refused from now on, and the same key cannot be made again.".to_owned(),
            "Disable it instead to find out who uses it.".to_owned(),
        ],
        links: Vec::new(),
        action: format!("{LIST}/{uid}/delete"),
        back: LIST.to_owned(),
        csrf: visit.session.csrf.clone(),
        verb: "Delete API key",
    });
    visit.page(&page)
}

pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let key = state.access.find_api_key(visit.caller(), &uid).await.map_err(failure)?;
    state.access.delete_api_key(visit.caller(), &uid).await.map_err(failure)?;
    Ok(visit.done(LIST, &format!("API key {} deleted", key.name)))
}
