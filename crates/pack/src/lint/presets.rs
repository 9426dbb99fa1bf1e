//! Presets that clash, that add values which nothing reads, or remove values which nothing has.

mod added;
mod removed;

use super::{Finding, Subject, rules};
use crate::pack::Pack;
use crate::place::Place;
use crate::presets::{self, Preset};
use crate::shown::shown;
use crate::words::Words;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let pack = subject.pack;
    twice(pack, found);
    if let Some(reads) = Reads::of(pack).filter(|_| !pack.presets.is_empty()) {
        added::check(subject, &reads, found);
        removed::check(subject, &reads, found);
    }
}

/// The names that something in the pack may read.
struct Reads<'a> {
    pack: &'a Pack,
    words: Words,
}

impl<'a> Reads<'a> {
    /// None where a part of the pack is not known: then any name may be read there.
    fn of(pack: &'a Pack) -> Option<Self> {
        if pack.charts.iter().any(|chart| chart.words.partial) || !pack.unread.is_empty() {
            return None;
        }
        let mut words = Words::default();
        words.read(&pack.values);
        pack.manifests.iter().map(|m| m.text.as_str()).for_each(|text| words.read(text));
        pack.charts.iter().filter_map(|chart| chart.values.as_deref()).for_each(|text| words.read(text));
        Some(Self { pack, words })
    }

    fn name(&self, key: &str) -> bool {
        self.words.may_have(key) || self.pack.charts.iter().any(|chart| chart.words.may_have(key))
    }
}

fn finding(rule: &rules::Rule, preset: &Preset, message: String) -> Finding {
    Finding::new(rule, message).at(Place::at(presets::FILE, preset.line, 1))
}

fn twice(pack: &Pack, found: &mut Vec<Finding>) {
    for (index, preset) in pack.presets.iter().enumerate() {
        let is_same = |other: &&Preset| other.group == preset.group && other.name == preset.name;
        if let Some(other) = pack.presets[..index].iter().find(is_same) {
            let (group, name) = (shown(&preset.group), shown(&preset.name));
            let message = format!("preset `{name}` of the group `{group}` is there already, in line {}", other.line);
            found.push(finding(&rules::PRESET_TWICE, preset, message));
        }
    }
}
