//! One run: how it ended, what it searched, found and cost.

use crate::parts::Status;
use crate::visit::Visit;
use crate::words::{When, counted, duration, grouped, size};
use packyard_catalog::{FORCE_SYNC, NearMiss, RegistryKind, RunCounts, RunState, SyncRun, Trigger};

pub(super) struct RunView {
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) status: Status,
    pub(super) started: When,
    pub(super) took: Option<String>,
    pub(super) traffic: Option<String>,
    pub(super) message: String,
    pub(super) message_kind: &'static str,
    /// The message names Force sync as the way out.
    pub(super) advises_force: bool,
    pub(super) searched: Vec<String>,
    /// Empty while nothing is known, and after a failure that came before.
    pub(super) found: String,
    pub(super) near_misses: Vec<NearMiss>,
    pub(super) has_tags: bool,
    pub(super) all_count: String,
    pub(super) problem_count: String,
    pub(super) counts: String,
    pub(super) is_running: bool,
}

pub(super) struct RunLink {
    pub(super) id: i64,
    pub(super) title: &'static str,
    pub(super) word: &'static str,
    pub(super) icon: &'static str,
    pub(super) kind: &'static str,
    pub(super) when: When,
    pub(super) is_chosen: bool,
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

pub(super) fn run_view(visit: &Visit, run: &SyncRun, kind: RegistryKind) -> RunView {
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
        advises_force: run.state == RunState::Failed && run.message.contains(FORCE_SYNC),
        message_kind: if run.state == RunState::Failed { "bad" } else { "warn" },
        searched: run.searched.clone(),
        found: if is_known { found(counts, kind) } else { String::new() },
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

/// An index lists charts with versions, a registry repositories with tags.
fn found(counts: &RunCounts, kind: RegistryKind) -> String {
    if kind == RegistryKind::Helm {
        format!("{}, {}", counted(counts.repositories, "chart"), counted(counts.tags, "version"))
    } else {
        format!("{}, {}", repositories(counts.repositories), counted(counts.tags, "tag"))
    }
}

fn repositories(count: u32) -> String {
    if count == 1 { "1 repository".to_owned() } else { format!("{} repositories", grouped(count.into())) }
}

pub(super) fn run_link(visit: &Visit, run: &SyncRun, is_chosen: bool) -> RunLink {
    let status = run_status(run.state);
    RunLink {
        id: run.id,
        title: trigger_word(run.trigger),
        word: status.word,
        icon: status.icon,
        kind: status.kind,
        when: visit.when(run.started_ms),
        is_chosen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_counted_among_the_outcomes() {
        let counts = RunCounts { added: 1_020, rejected: 1, warned: 10, ..RunCounts::default() };
        assert_eq!(counts_text(&counts), "1,020 added, 1 rejected; 10 taken with warnings");
        assert_eq!(counts_text(&RunCounts::default()), "");
    }
}
