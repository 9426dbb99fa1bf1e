//! Presets that remove values which nothing has. A path leads somewhere where values.yaml has it, a preset adds it, or the
//! chart has it by default; and where somebody may have written it: in a map that is open (empty by default), or under a
//! name that a template reads.

use super::{Reads, finding};
use crate::lint::{Finding, Subject, near, rules};
use crate::presets::Preset;
use crate::shown::shown;
use crate::values::{edit, lookup};
use crate::yaml::Node;

/// Steps that the search for all paths may take together; what is not looked for by then counts as there.
const STEPS: usize = 100_000;

pub(super) fn check(subject: &Subject<'_>, reads: &Reads<'_>, found: &mut Vec<Finding>) {
    let Some(values) = subject.values() else { return };
    let mut search = Search { subject, reads, values: values.root(), steps: STEPS };
    for preset in &subject.pack.presets {
        for path in &preset.remove {
            found.extend(search.finding(preset, path));
        }
    }
}

struct Search<'a> {
    subject: &'a Subject<'a>,
    reads: &'a Reads<'a>,
    values: Node<'a>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn finding(&mut self, preset: &Preset, path: &str) -> Option<Finding> {
        let name = shown(&preset.name);
        let parts = match edit::parts(path) {
            Ok(parts) => parts,
            Err(error) => {
                let message = format!("preset `{name}` cannot remove anything there: {error}");
                return Some(finding(&rules::PRESET_REMOVES_NOTHING, preset, message));
            }
        };
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        // What Palette itself reads may stand there without the pack's doing.
        if parts.first() == Some(&"pack") || self.is_somewhere(&parts) {
            return None;
        }
        let (missing, beside) = self.first_missing(&parts)?;
        let message = format!(
            "preset `{name}` removes `{}`, but there is no `{}`",
            shown(path),
            shown(&parts[..=missing].join("."))
        );
        let finding = finding(&rules::PRESET_REMOVES_NOTHING, preset, message);
        let near = beside.entries().filter_map(|(key, _)| key.text()).find(|key| near(key, parts[missing]));
        Some(match near {
            Some(near) => finding.hint(format!("did you mean `{}`?", shown(near))),
            None => finding,
        })
    }

    /// Whether values.yaml, what a preset adds, or the chart's own values have the path.
    fn is_somewhere(&mut self, parts: &[&str]) -> bool {
        let added = self.subject.added.iter().flatten().map(|add| add.root());
        std::iter::once(self.values).chain(added).any(|root| lookup(root, parts, &mut self.steps).is_some())
            || self.default(parts).is_some()
            || self.steps == 0
    }

    /// What the chart that the path leads to has there by default.
    fn default(&mut self, parts: &[&str]) -> Option<Node<'a>> {
        let ["charts", chart, inner @ ..] = parts else { return None };
        let mut charts = self.subject.declared_defaults().filter(|(name, _)| name == chart);
        charts.find_map(|(_, defaults)| lookup(defaults, inner, &mut self.steps))
    }

    /// The number of the first part that values.yaml and the chart lack, and the map that lacks it; None where somebody may
    /// have written it.
    fn first_missing(&mut self, parts: &[&str]) -> Option<(usize, Node<'a>)> {
        let (missing, beside) = (0..parts.len()).rev().find_map(|end| {
            let there = &parts[..end];
            let node = lookup(self.values, there, &mut self.steps).or_else(|| self.default(there));
            node.map(|node| (end, node))
        })?;
        let is_open = beside.entries().next().is_none();
        // At the top, a word that occurs somewhere is no sign: there, `web.port` lacks its `charts.`.
        let is_read = missing > 0 && self.reads.name(parts[missing]);
        (!is_open && !is_read).then_some((missing, beside))
    }
}
