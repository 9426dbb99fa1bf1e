//! Deleting a registry: first what that means, then the deed.

use super::way_back::WayBack;
use super::{LIST, MANAGE, Overlay, failure, list};
use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::visit::{Post, Visit};
use crate::words::counted;
use axum::extract::{Path, Query, State};
use axum::response::Response;

/// Profiles named in the question; the rest is a number.
const NAMED: usize = 6;

pub(super) async fn ask(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(back): Query<WayBack>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let registry = state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    let users = state
        .profiles
        .using_registry(visit.caller(), &uid)
        .await
        .map_err(Failure::while_doing("find the profiles that use a registry"))?;
    let held = registry.spec.holds().word();
    let used = match users.len() {
        0 => format!("No cluster profile uses {held} of this registry."),
        1 => format!(
            "1 cluster profile uses {held} of this registry. It keeps its values, but cannot be given newer versions."
        ),
        many => format!(
            "{} use {held} of this registry. They keep their values, but cannot be given newer versions.",
            counted(many as i64, "cluster profile")
        ),
    };
    let dialog = Dialog {
        title: format!("Delete registry {}?", registry.name),
        consequences: vec![
            used,
            format!(
                "{} of {} leave the catalogue. What is stored at {} is not touched.",
                counted(registry.version_count, "version"),
                counted(registry.pack_count, held.trim_end_matches('s')),
                registry.spec.endpoint
            ),
            "Its credentials and its history are erased.".to_owned(),
        ],
        links: users
            .into_iter()
            .take(NAMED)
            .map(|profile| (format!("{} {}", profile.name, profile.version), format!("/profiles/{}", profile.uid)))
            .collect(),
        action: format!("{LIST}/{uid}/delete{}", back.query()),
        back: back.address(&uid),
        csrf: visit.session.csrf.clone(),
        verb: "Delete registry",
    };
    let mut page = list::page(&state, &visit, &back, Overlay::Delete(dialog)).await?;
    page.frame = page.frame.under("OCI Registries", LIST);
    page.frame.title = format!("Delete {}", registry.name);
    visit.page(&page)
}

pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    Query(back): Query<WayBack>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let registry = state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    state.catalog.delete_registry(visit.caller(), &uid).await.map_err(failure)?;
    Ok(visit.done(&back.list(), &format!("Registry {} deleted", registry.name)))
}
