//! One registry: its runs, and for the chosen run what was searched and what became of each tag.

mod empty;
mod run;
mod tags;

use self::empty::{EmptyView, empty};
use self::run::{RunLink, RunView, run_link, run_view};
use self::tags::{OutcomeView, outcome_view};
use super::live::Look;
use super::row::{self, Progress, RegistryRow};
use super::{LIST, failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::visit::Visit;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

/// Runs in the list, and tags on one page.
const RUNS: u32 = 20;
const TAGS: u32 = 200;

#[derive(Template)]
#[template(path = "registries/history.html")]
struct HistoryPage {
    frame: Frame,
    /// Where the page follows a sync, with all that it was asked.
    live: String,
    row: RegistryRow,
    view: HistoryView,
}

/// What changes while a sync is under way.
#[derive(Template)]
#[template(
    source = r#"{% import "registries/cell.html" as cell %}{% call cell::place(row) %}{% endcall %}{% call cell::acts(row) %}{% endcall %}{% include "registries/run.html" %}{% include "registries/runs.html" %}"#,
    ext = "html"
)]
struct HistoryPart {
    row: RegistryRow,
    view: HistoryView,
}

struct HistoryView {
    run: Option<RunView>,
    runs: Vec<RunLink>,
    only_problems: bool,
    outcomes: Vec<OutcomeView>,
    more: Option<String>,
    empty: EmptyView,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    run: Option<i64>,
    only: Option<String>,
    show: Option<u32>,
}

impl Asked {
    fn only_problems(&self) -> bool {
        self.only.as_deref() == Some("problems")
    }

    /// As it stands after the address.
    fn query(&self) -> String {
        let parts = [
            self.run.map(|id| format!("run={id}")),
            self.only_problems().then(|| "only=problems".to_owned()),
            self.show.map(|count| format!("show={count}")),
        ];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join("&");
        if text.is_empty() { text } else { format!("?{text}") }
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (row, view) = read(&state, &visit, &uid, &asked).await?;
    let page = HistoryPage {
        frame: visit.frame(row.name.as_str(), Section::Registries).under("OCI Registries", LIST),
        live: format!("{LIST}/{uid}/live{}", asked.query()),
        row,
        view,
    };
    visit.page(&page)
}

/// The parts that change while a sync is under way.
pub(super) async fn look(state: &ConsoleState, visit: &Visit, uid: &str, asked: &Asked) -> Result<Look, Failure> {
    let (row, view) = read(state, visit, uid, asked).await?;
    let is_moving = row.is_moving;
    Ok(Look { html: HistoryPart { row, view }.render()?, is_moving })
}

async fn read(
    state: &ConsoleState,
    visit: &Visit,
    uid: &str,
    asked: &Asked,
) -> Result<(RegistryRow, HistoryView), Failure> {
    let (registry, mut row) = row::one(state, visit, uid).await?;
    let runs = state.catalog.sync_runs(visit.caller(), uid, None, RUNS).await.map_err(failure)?;
    let chosen = match asked.run {
        None => runs.first(),
        Some(id) => Some(runs.iter().find(|run| run.id == id).ok_or_else(|| Failure::NotFound("This run".to_owned()))?),
    };
    let only_problems = asked.only_problems();
    let shown = asked.show.unwrap_or(TAGS);
    let outcomes = match chosen {
        // One more than is shown tells whether there are more.
        Some(run) => state
            .catalog
            .sync_outcomes(visit.caller(), uid, run.id, only_problems, 0, shown.saturating_add(1))
            .await
            .map_err(failure)?,
        None => Vec::new(),
    };
    row.progress = runs.iter().find_map(Progress::of).filter(|_| row.is_moving);
    let has_more = outcomes.len() > shown as usize;
    let more = chosen
        .filter(|_| has_more)
        .map(|run| Asked { run: Some(run.id), show: Some(shown.saturating_add(TAGS)), ..asked.clone() }.query());
    let view = HistoryView {
        run: chosen.map(|run| run_view(visit, run, registry.spec.kind)),
        runs: runs.iter().map(|run| run_link(visit, run, chosen.is_some_and(|chosen| chosen.id == run.id))).collect(),
        only_problems,
        empty: match (chosen, registry.why_not_synced()) {
            (None, Some(why)) => {
                EmptyView { icon: "clock", title: "Not synced", text: format!("{why}."), commands: Vec::new() }
            }
            _ => empty(chosen, only_problems, &registry.spec),
        },
        outcomes: outcomes.into_iter().take(shown as usize).map(outcome_view).collect(),
        more,
    };
    Ok((row, view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_asked_again() {
        let asked = Asked { run: Some(7), only: Some("problems".to_owned()), show: Some(400) };
        assert_eq!(asked.query(), "?run=7&only=problems&show=400");
        assert_eq!(Asked::default().query(), "");
    }
}
