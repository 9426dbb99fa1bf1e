//! One registry: its runs, and for the chosen run what was searched and what became of each tag.

use super::live::Look;
use super::row::{self, Progress, RegistryRow};
use super::{LIST, failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::commands;
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::{When, counted, duration, grouped, size};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{NearMiss, Outcome, Reason, RunCounts, RunState, SyncRun, TagOutcome, Trigger};
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
    source = r#"{% import "registries/cell.html" as cell %}{% call cell::place(row) %}{% endcall %}{% include "registries/run.html" %}{% include "registries/runs.html" %}"#,
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

/// What is said where no tag is shown.
struct EmptyView {
    icon: &'static str,
    title: &'static str,
    text: String,
    commands: Vec<String>,
}

struct RunView {
    id: i64,
    title: String,
    status: Status,
    started: When,
    took: Option<String>,
    traffic: Option<String>,
    message: String,
    message_kind: &'static str,
    searched: Vec<String>,
    /// Empty while nothing is known, and after a failure that came before.
    found: String,
    near_misses: Vec<NearMiss>,
    has_tags: bool,
    all_count: String,
    problem_count: String,
    counts: String,
    is_running: bool,
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
    /// The digest before and after, of a tag with other content.
    change: Option<(String, String)>,
    reasons: Vec<ReasonView>,
}

/// Reasons that are mended in the same way stand together.
struct ReasonView {
    reasons: Vec<String>,
    hint: String,
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
        run: chosen.map(|run| run_view(visit, run)),
        runs: runs.iter().map(|run| run_link(visit, run, chosen.is_some_and(|chosen| chosen.id == run.id))).collect(),
        only_problems,
        empty: match (chosen, registry.why_not_synced()) {
            (None, Some(why)) => {
                EmptyView { icon: "clock", title: "Not synced", text: format!("{why}."), commands: Vec::new() }
            }
            _ => empty(chosen, only_problems, &registry.spec.endpoint, row.paths.first().map_or("", String::as_str)),
        },
        outcomes: outcomes.into_iter().take(shown as usize).map(outcome_view).collect(),
        more,
    };
    Ok((row, view))
}

fn empty(run: Option<&SyncRun>, only_problems: bool, endpoint: &str, first_path: &str) -> EmptyView {
    let says = |icon, title, text: &str| EmptyView { icon, title, text: text.to_owned(), commands: Vec::new() };
    let Some(run) = run else { return says("clock", "No run yet", "The first sync is about to start.") };
    match run.state {
        RunState::Running if run.counts.tags == 0 => {
            says("spinner", "Asking the registry", "Tags appear here once the registry has listed them.")
        }
        RunState::Running if only_problems => says("spinner", "No problems so far", "The run is still under way."),
        RunState::Running => says("spinner", "Reading tags", "Each appears here once it is read."),
        RunState::Failed if run.counts.tags == 0 => says(
            "cross-circle",
            "No tag was read",
            "The run failed before that. What the catalogue has from earlier runs stays.",
        ),
        RunState::Cancelled if run.counts.tags == 0 => {
            says("alert", "No tag was read", "The run was cancelled before that. What the catalogue has stays.")
        }
        RunState::Interrupted if run.counts.tags == 0 => {
            says("alert", "No tag was read", "The run was cut off before that; the next one starts again.")
        }
        _ if only_problems => {
            says("check", "No problems in this run", "Every tag that was read was taken without a warning.")
        }
        RunState::Failed | RunState::Interrupted | RunState::Cancelled => {
            says("alert", "Nothing was taken", "The run ended before a tag was taken. What the catalogue has stays.")
        }
        RunState::Success if run.counts.tags > 0 => {
            let tags = counted(i64::from(run.counts.tags), "tag");
            says("check", "Nothing has changed", &format!("{tags}, as in the run before, so nothing was fetched."))
        }
        RunState::Success => EmptyView {
            icon: "pack",
            title: "No packs there yet",
            text: "Nothing is stored under the base content path. Publish a pack there:".to_owned(),
            commands: commands::publish(endpoint, first_path),
        },
    }
}

fn run_status(state: RunState) -> Status {
    match state {
        RunState::Running => Status::running("InProgress"),
        RunState::Success => Status::good("Success"),
        RunState::Failed => Status::bad("Failed"),
        RunState::Interrupted => Status::warn("Interrupted"),
        RunState::Cancelled => Status::warn("Cancelled"),
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
    let is_known = counts.tags > 0 || run.state == RunState::Success;
    RunView {
        id: run.id,
        title: trigger_word(run.trigger).to_owned(),
        status: run_status(run.state),
        started: visit.when(run.started_ms),
        took: run.duration_ms().map(duration),
        traffic: (counts.requests > 0).then(|| {
            let requests = i64::try_from(counts.requests).unwrap_or(i64::MAX);
            format!("{}, {}", counted(requests, "request"), size(counts.bytes))
        }),
        message: message(run),
        message_kind: if run.state == RunState::Failed { "bad" } else { "warn" },
        searched: run.searched.clone(),
        found: if is_known {
            format!("{}, {}", repositories(counts.repositories), counted(i64::from(counts.tags), "tag"))
        } else {
            String::new()
        },
        near_misses: run.near_misses.clone(),
        has_tags: counts.tags > 0 || counts.deleted > 0,
        all_count: grouped(i64::from(counts.tags) + i64::from(counts.deleted)),
        problem_count: grouped(i64::from(counts.warned) + i64::from(counts.rejected)),
        counts: counts_text(counts),
        is_running: run.state == RunState::Running && run.trigger != Trigger::Push,
    }
}

/// What the page does not say in a better place: below it stands at length that nothing was found, and the tags that
/// were not taken.
fn message(run: &SyncRun) -> String {
    let counts = &run.counts;
    match run.state {
        RunState::Success if counts.tags == 0 => String::new(),
        RunState::Success if counts.rejected > 0 => {
            let were = if counts.rejected == 1 { "was" } else { "were" };
            let (rejected, tags) = (grouped(counts.rejected.into()), counted(counts.tags, "tag"));
            format!("{rejected} of {tags} {were} not taken; Only problems shows why.")
        }
        _ => run.message.clone(),
    }
}

/// `20 added, 1 rejected; 10 taken with warnings`: warnings are no outcome of their own.
fn counts_text(counts: &RunCounts) -> String {
    let outcomes = [
        (counts.added, "added"),
        (counts.updated, "updated"),
        (counts.unchanged, "unchanged"),
        (counts.rejected, "rejected"),
        (counts.deleted, "deleted"),
    ];
    let said = outcomes.into_iter().filter(|(count, _)| *count > 0);
    let text = said.map(|(count, word)| format!("{} {word}", grouped(count.into()))).collect::<Vec<_>>().join(", ");
    match counts.warned {
        0 => text,
        warned => format!("{text}; {} taken with warnings", grouped(warned.into())),
    }
}

fn repositories(count: u32) -> String {
    if count == 1 { "1 repository".to_owned() } else { format!("{} repositories", grouped(count.into())) }
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

/// Enough of a digest to tell two apart.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
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
        change: tag.digest_before.map(|before| (short(&before), short(&tag.digest))),
        leaf: tag.repository.rsplit('/').next().unwrap_or_default().to_owned(),
        address: tag
            .pack_uid
            .map(|uid| if has_findings { format!("/packs/{uid}/findings") } else { format!("/packs/{uid}") }),
        tag: tag.tag,
        repository: tag.repository,
        status,
        reasons: reason_views(tag.reasons),
    }
}

fn reason_views(reasons: Vec<Reason>) -> Vec<ReasonView> {
    let mut views: Vec<ReasonView> = Vec::new();
    for Reason { reason, hint, .. } in reasons {
        match views.iter_mut().find(|view| view.hint == hint) {
            Some(view) if view.reasons.contains(&reason) => {}
            Some(view) => view.reasons.push(reason),
            None => views.push(ReasonView { reasons: vec![reason], hint }),
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(state: RunState, tags: u32) -> SyncRun {
        SyncRun {
            id: 1,
            registry_uid: "u".to_owned(),
            trigger: Trigger::First,
            state,
            message: String::new(),
            started_ms: 0,
            ended_ms: None,
            searched: Vec::new(),
            near_misses: Vec::new(),
            counts: RunCounts { tags, ..RunCounts::default() },
        }
    }

    #[test]
    fn only_a_run_that_found_nothing_says_so_and_teaches() {
        let of = |state, tags, only| empty(Some(&run(state, tags)), only, "http://h", "team");
        assert_eq!(of(RunState::Success, 0, false).title, "No packs there yet");
        assert!(of(RunState::Success, 0, false).commands[0].contains("--to h/team"));
        for (state, tags, only, icon, title) in [
            (RunState::Running, 0, false, "spinner", "Asking the registry"),
            (RunState::Running, 0, true, "spinner", "Asking the registry"),
            (RunState::Running, 9, true, "spinner", "No problems so far"),
            (RunState::Failed, 0, false, "cross-circle", "No tag was read"),
            (RunState::Failed, 0, true, "cross-circle", "No tag was read"),
            (RunState::Interrupted, 0, false, "alert", "No tag was read"),
            (RunState::Failed, 9, false, "alert", "Nothing was taken"),
            (RunState::Success, 9, true, "check", "No problems in this run"),
            (RunState::Success, 9, false, "check", "Nothing has changed"),
        ] {
            let view = of(state, tags, only);
            assert_eq!((view.icon, view.title), (icon, title), "{state:?} {tags} {only}");
            assert!(view.commands.is_empty(), "{state:?} {tags} {only}");
        }
    }

    #[test]
    fn warnings_are_counted_among_the_outcomes() {
        let counts = RunCounts { added: 1_020, rejected: 1, warned: 10, ..RunCounts::default() };
        assert_eq!(counts_text(&counts), "1,020 added, 1 rejected; 10 taken with warnings");
        assert_eq!(counts_text(&RunCounts::default()), "");
    }

    #[test]
    fn what_was_asked_is_asked_again() {
        let asked = Asked { run: Some(7), only: Some("problems".to_owned()), show: Some(400) };
        assert_eq!(asked.query(), "?run=7&only=problems&show=400");
        assert_eq!(Asked::default().query(), "");
    }

    #[test]
    fn reasons_with_the_same_cure_stand_together_and_once() {
        let reason =
            |text: &str, hint: &str| Reason { code: String::new(), reason: text.to_owned(), hint: hint.to_owned() };
        let views = reason_views(vec![reason("a", "x"), reason("b", "y"), reason("c", "x"), reason("a", "x")]);
        assert_eq!(views.len(), 2);
        assert_eq!(
            (views[0].reasons.as_slice(), views[0].hint.as_str()),
            (["a".to_owned(), "c".to_owned()].as_slice(), "x")
        );
    }
}
