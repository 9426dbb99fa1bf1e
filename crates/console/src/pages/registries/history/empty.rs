//! What the history says where no tag is shown: why there is none, and what to do.

use super::super::row::paths;
use crate::pages::commands;
use crate::words::counted;
use packyard_catalog::{Holds, RegistryKind, RegistrySpec, RunState, SyncRun};

/// What is said where no tag is shown.
pub(super) struct EmptyView {
    pub(super) icon: &'static str,
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) commands: Vec<String>,
}

pub(super) fn empty(run: Option<&SyncRun>, only_problems: bool, registry: &RegistrySpec) -> EmptyView {
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
        RunState::Success if registry.kind == RegistryKind::Helm => {
            says("pack", "No charts there yet", "The repository's `index.yaml` lists none.")
        }
        RunState::Success if registry.holds() == Holds::Charts => says(
            "pack",
            "No charts there yet",
            "Nothing below the base content path is a chart; `helm push` puts one there.",
        ),
        RunState::Success => EmptyView {
            icon: "pack",
            title: "No packs there yet",
            text: "Nothing is stored under the base content path. Publish a pack there:".to_owned(),
            commands: commands::publish(
                &registry.endpoint,
                paths(&registry.base_content_path).first().map_or("", String::as_str),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_catalog::{Auth, RunCounts, Trigger};

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
        let registry = RegistrySpec::basic("http://h", "team", Auth::Anonymous);
        let of = |state, tags, only| empty(Some(&run(state, tags)), only, &registry);
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
    fn a_registry_of_charts_is_not_told_to_publish_packs() {
        let charts =
            RegistrySpec { provider_type: "helm".to_owned(), ..RegistrySpec::basic("http://h", "c", Auth::Anonymous) };
        let repository = RegistrySpec { kind: RegistryKind::Helm, ..charts.clone() };
        for (registry, says) in [(charts, "helm push"), (repository, "index.yaml")] {
            let view = empty(Some(&run(RunState::Success, 0)), false, &registry);
            assert_eq!((view.title, view.commands.is_empty()), ("No charts there yet", true));
            assert!(view.text.contains(says), "{}", view.text);
        }
    }
}
