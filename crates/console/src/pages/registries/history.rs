//! One registry: its runs, and for the chosen run what was searched and what became of each tag.

use super::row::{self, RegistryRow};
use super::{LIST, failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::commands;
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::{When, counted, duration, size};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{NearMiss, Outcome, Reason, RunState, SyncRun, TagOutcome, Trigger};
use serde::Deserialize;

/// Runs in the list, and tags on one page.
const RUNS: u32 = 20;
const TAGS: u32 = 200;

#[derive(Template)]
#[template(path = "registries/history.html")]
struct HistoryPage {
    frame: Frame,
    row: RegistryRow,
    /// What follows the registry's address, so that a refresh asks for the same.
    address_rest: String,
    run: Option<RunView>,
    runs: Vec<RunLink>,
    only_problems: bool,
    outcomes: Vec<OutcomeView>,
    more: Option<String>,
    empty_hint: String,
    publish_commands: Vec<String>,
}

struct RunView {
    id: i64,
    title: String,
    status: Status,
    started: When,
    took: Option<String>,
    traffic: String,
    message: String,
    message_kind: &'static str,
    searched: Vec<String>,
    found: String,
    near_misses: Vec<NearMiss>,
    all_count: u32,
    problem_count: u32,
    counts: Vec<(&'static str, u32)>,
}

struct RunLink {
    id: i64,
    title: &'static str,
    word: &'static str,
    icon: &'static str,
    when: When,
    is_chosen: bool,
}

struct OutcomeView {
    leaf: String,
    tag: String,
    repository: String,
    address: Option<String>,
    status: Status,
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    run: Option<i64>,
    only: Option<String>,
    show: Option<u32>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (registry, mut row) = row::one(&state, &visit, &uid).await?;
    let runs = state.catalog.sync_runs(visit.caller(), &uid, None, RUNS).await.map_err(failure)?;
    let chosen = match asked.run {
        None => runs.first(),
        Some(id) => Some(runs.iter().find(|run| run.id == id).ok_or_else(|| Failure::NotFound("This run".to_owned()))?),
    };
    let only_problems = asked.only.as_deref() == Some("problems");
    let shown = asked.show.unwrap_or(TAGS);
    let outcomes = match chosen {
        // One more than is shown tells whether there are more.
        Some(run) => state
            .catalog
            .sync_outcomes(visit.caller(), &uid, run.id, only_problems, 0, shown + 1)
            .await
            .map_err(failure)?,
        None => Vec::new(),
    };
    row.progress = chosen.filter(|run| run.state == RunState::Running).and_then(progress);
    let has_more = outcomes.len() > shown as usize;
    let more = chosen.filter(|_| has_more).map(|run| {
        format!("?run={}{}&show={}", run.id, if only_problems { "&only=problems" } else { "" }, shown + TAGS)
    });
    let first_path = row.paths.first().cloned().unwrap_or_default();
    let page = HistoryPage {
        frame: visit.frame(registry.name.as_str(), Section::Registries).under("OCI Registries", LIST),
        address_rest: asked.run.map(|id| format!("?run={id}")).unwrap_or_default(),
        run: chosen.map(|run| run_view(&visit, run)),
        runs: runs.iter().map(|run| run_link(&visit, run, chosen.is_some_and(|chosen| chosen.id == run.id))).collect(),
        only_problems,
        empty_hint: empty_hint(chosen),
        publish_commands: if chosen.is_some_and(|run| run.counts.tags == 0) {
            commands::publish(&registry.spec.endpoint, &first_path)
        } else {
            Vec::new()
        },
        outcomes: outcomes.into_iter().take(shown as usize).map(outcome_view).collect(),
        more,
        row,
    };
    visit.page(&page)
}

fn progress(run: &SyncRun) -> Option<(u32, u32)> {
    let counts = &run.counts;
    let done = counts.added + counts.updated + counts.unchanged + counts.rejected;
    (counts.tags > 0).then_some((done.min(counts.tags), counts.tags))
}

fn empty_hint(run: Option<&SyncRun>) -> String {
    match run {
        Some(run) if run.counts.tags > 0 => {
            format!(
                "All {} are as they were in the run before, so nothing was fetched.",
                counted(i64::from(run.counts.tags), "tag")
            )
        }
        Some(run) if run.state == RunState::Failed => {
            "The run failed before any tag was read. What is in the catalogue stays.".to_owned()
        }
        _ => "Nothing is stored under the base content path yet. Publish a pack there:".to_owned(),
    }
}

fn run_status(state: RunState) -> Status {
    match state {
        RunState::Running => Status::running("InProgress"),
        RunState::Success => Status::good("Success"),
        RunState::Failed => Status::bad("Failed"),
        RunState::Interrupted => Status::warn("Interrupted"),
    }
}

fn trigger_word(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::First => "First sync",
        Trigger::Schedule => "Scheduled sync",
        Trigger::Demand => "Sync on demand",
        Trigger::Force => "Forced sync",
        Trigger::Push => "Sync after a push",
        Trigger::Edit => "Sync after an edit",
        Trigger::Resume => "Resumed sync",
    }
}

fn run_view(visit: &Visit, run: &SyncRun) -> RunView {
    let counts = &run.counts;
    let counted_words = [
        ("Added", counts.added),
        ("Updated", counts.updated),
        ("Unchanged", counts.unchanged),
        ("With warnings", counts.warned),
        ("Rejected", counts.rejected),
        ("Deleted", counts.deleted),
    ];
    RunView {
        id: run.id,
        title: trigger_word(run.trigger).to_owned(),
        status: run_status(run.state),
        started: visit.when(run.started_ms),
        took: run.duration_ms().map(duration),
        traffic: format!(
            "{}, {}",
            counted(i64::try_from(counts.requests).unwrap_or(i64::MAX), "request"),
            size(counts.bytes)
        ),
        message: run.message.clone(),
        message_kind: if run.state == RunState::Failed { "bad" } else { "warn" },
        searched: run.searched.clone(),
        found: format!("{}, {}", repositories(counts.repositories), counted(i64::from(counts.tags), "tag")),
        near_misses: run.near_misses.clone(),
        all_count: counts.tags + counts.deleted,
        problem_count: counts.warned + counts.rejected,
        counts: counted_words.into_iter().filter(|(_, count)| *count > 0).collect(),
    }
}

fn repositories(count: u32) -> String {
    if count == 1 { "1 repository".to_owned() } else { format!("{count} repositories") }
}

fn run_link(visit: &Visit, run: &SyncRun, is_chosen: bool) -> RunLink {
    let status = run_status(run.state);
    RunLink {
        id: run.id,
        title: trigger_word(run.trigger),
        word: status.word,
        icon: status.icon,
        when: visit.when(run.started_ms),
        is_chosen,
    }
}

fn outcome_view(tag: TagOutcome) -> OutcomeView {
    let status = match tag.outcome {
        Outcome::Added | Outcome::Updated | Outcome::Unchanged if !tag.reasons.is_empty() => {
            Status::warn("With warnings")
        }
        Outcome::Added => Status::good("Added"),
        Outcome::Updated => Status::good("Updated"),
        Outcome::Unchanged => Status::idle("Unchanged"),
        Outcome::Rejected => Status::bad("Rejected"),
        Outcome::Deleted => Status::idle("Deleted"),
    };
    let has_findings = tag.outcome != Outcome::Rejected && !tag.reasons.is_empty();
    OutcomeView {
        leaf: tag.repository.rsplit('/').next().unwrap_or_default().to_owned(),
        address: tag
            .pack_uid
            .map(|uid| if has_findings { format!("/packs/{uid}/findings") } else { format!("/packs/{uid}") }),
        tag: tag.tag,
        repository: tag.repository,
        status,
        reasons: tag.reasons,
    }
}
