//! What a version was each time it was saved; any of it can be the draft again.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::activity::{actor_name, profile_action};
use crate::pages::profiles::compare::{self, DifferenceView};
use crate::pages::profiles::head::{self, Tab, Top, editable, read};
use crate::pages::profiles::{failure, guard, problem, profile, under_profile};
use crate::visit::{Post, Visit};
use crate::words::When;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_profile::{Difference, SavedState};
use serde::Deserialize;

/// States on one page.
const PAGE: u32 = 20;
/// Changes named of one state; the rest is a number.
const NAMED: usize = 4;

#[derive(Template)]
#[template(path = "profiles/history.html")]
struct HistoryPage {
    frame: Frame,
    top: Top,
    rows: Vec<Row>,
    older: Option<String>,
    is_first_page: bool,
}

struct Row {
    address: String,
    at: When,
    actor: String,
    actor_arn: String,
    action: String,
    /// Where the action does not say so by itself.
    is_published: bool,
    is_now: bool,
    changes: Vec<String>,
    more: usize,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    from: Option<i64>,
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let profile = read(&visit, &uid).await?;
    let history = state.profiles.history(visit.caller(), &uid, asked.from, PAGE).await.map_err(failure)?;
    let row = |(at, state): (usize, &SavedState)| row(&visit, &uid, state, asked.from.is_none() && at == 0);
    let page = HistoryPage {
        frame: under_profile(visit.frame("History", Section::Profiles), &profile),
        top: head::top(&visit, &profile, Tab::History).await,
        rows: history.states.iter().enumerate().map(row).collect(),
        older: history.older.map(|from| format!("/profiles/{uid}/history?from={from}")),
        is_first_page: asked.from.is_none(),
    };
    visit.page(&page)
}

fn row(visit: &Visit, uid: &str, state: &SavedState, is_now: bool) -> Row {
    let mut changes = state.changes.as_ref().map_or_else(Vec::new, Difference::summary);
    let more = changes.len().saturating_sub(NAMED);
    changes.truncate(NAMED);
    Row {
        address: format!("/profiles/{uid}/history/{}", state.id),
        at: visit.when(state.at_ms),
        actor: actor_name(&state.actor).to_owned(),
        actor_arn: state.actor.clone(),
        action: profile_action(&state.action),
        is_published: state.is_published && !state.action.ends_with(":PublishProfile"),
        is_now,
        changes,
        more,
    }
}

#[derive(Template)]
#[template(path = "profiles/state.html")]
struct StatePage {
    frame: Frame,
    top: Top,
    row: Row,
    /// From the state before; `None` for the oldest that is kept.
    difference: Option<DifferenceView>,
    /// What Restore would change; empty where it would change nothing.
    back: Vec<String>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, id)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let profile = read(&visit, &uid).await?;
    let saved = state.profiles.state(visit.caller(), &uid, id).await.map_err(failure)?;
    let mut back = Difference::between(&profile.snapshot(), &saved.snapshot);
    // Restore leaves these.
    back.basics.retain(|change| change.name != "Version" && change.name != "Name");
    let page = StatePage {
        frame: under_profile(visit.frame("Saved state", Section::Profiles), &profile)
            .under("History", format!("/profiles/{uid}/history")),
        top: head::top(&visit, &profile, Tab::History).await,
        row: row(&visit, &uid, &saved, false),
        difference: saved.changes.as_ref().map(|changes| compare::view(changes, "Before", "After")),
        back: back.summary(),
    };
    visit.page(&page)
}

pub(super) async fn restore(
    State(state): State<ConsoleState>,
    Path((uid, id)): Path<(String, i64)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let now = editable(&visit, &uid).await?;
    if guard::is_stale(&post.fields, &guard::whole(&now)) {
        return profile::refused(&state, &visit, &now, guard::overtaken(&visit, &now).await).await;
    }
    match state.profiles.at(now.revision).restore(visit.caller(), &uid, id).await {
        Ok(()) => Ok(visit.done(&format!("/profiles/{uid}"), "Restored as the draft")),
        Err(error) => profile::refused(&state, &visit, &now, problem(error)?).await,
    }
}
