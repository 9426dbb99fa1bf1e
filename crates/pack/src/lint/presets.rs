//! Presets that add values which nothing reads. A key counts as read where its name occurs in values.yaml, in a manifest or
//! anywhere in a chart; what stands below a map that is open (empty by default) is free.

use super::{Finding, Subject, rules};
use crate::pack::Pack;
use crate::place::Place;
use crate::presets;
use crate::shown::shown;
use crate::words::Words;
use crate::yaml::Node;
use std::collections::HashSet;

/// Pairs of maps that are looked at of one preset; aliases can make more of few.
const PAIRS: usize = 50_000;

/// The maps that were looked at, of the preset and of the values.
type Seen = HashSet<(usize, Option<usize>)>;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let pack = subject.pack;
    if pack.presets.is_empty() || pack.charts.iter().any(|chart| chart.words.partial) || !pack.unread.is_empty() {
        return;
    }
    let Some(values) = subject.values() else { return };
    let mut words = Words::default();
    words.read(&pack.values);
    pack.manifests.iter().map(|m| m.text.as_str()).for_each(|text| words.read(text));
    pack.charts.iter().filter_map(|chart| chart.values.as_deref()).for_each(|text| words.read(text));
    let is_read = |key: &str| words.may_have(key) || pack.charts.iter().any(|chart| chart.words.may_have(key));
    for (preset, add) in pack.presets.iter().zip(&subject.added) {
        let Some(add) = add else { continue };
        let (mut unknown, mut seen) = (Vec::new(), Seen::new());
        for (section, below) in add.root().entries() {
            let section = section.text().unwrap_or_default();
            let there = values.root().get(section);
            // What Palette itself reads is not in the pack.
            match section {
                "pack" => {}
                "charts" | "manifests" => {
                    for (name, below) in below.entries() {
                        let name = name.text().unwrap_or_default();
                        let there = there.and_then(|there| there.get(name));
                        let path = format!("{section}.{name}");
                        if there.is_some() || is_part(pack, name) || is_read(name) {
                            unread(below, there, &path, &is_read, &mut unknown, &mut seen);
                        } else {
                            unknown.push(path);
                        }
                    }
                }
                _ if there.is_some() || is_read(section) => {
                    unread(below, there, section, &is_read, &mut unknown, &mut seen);
                }
                _ => unknown.push(section.to_owned()),
            }
        }
        for path in unknown {
            let message =
                format!("preset `{}` adds `{}`, which nothing in the pack reads", shown(&preset.name), shown(&path));
            found.push(Finding::new(&rules::PRESET_KEY, message).at(Place::at(presets::FILE, preset.line, 1)));
        }
    }
}

/// Charts have their values under their name, manifests under that of their file.
fn is_part(pack: &Pack, name: &str) -> bool {
    let stem =
        |path: &str| path.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(stem, _)| stem.to_owned());
    pack.charts.iter().any(|chart| chart.name == name)
        || pack.manifests.iter().any(|manifest| stem(&manifest.path).is_some_and(|stem| stem == name))
}

/// The topmost keys of `add` whose name occurs nowhere.
fn unread(
    add: Node<'_>,
    values: Option<Node<'_>>,
    path: &str,
    is_read: &dyn Fn(&str) -> bool,
    unknown: &mut Vec<String>,
    seen: &mut Seen,
) {
    // An empty map, or a text, in the values: what may stand here is not for us to say.
    let is_open = values.is_some_and(|values| values.entries().next().is_none());
    if is_open || seen.len() >= PAIRS || !seen.insert((add.id(), values.map(Node::id))) {
        return;
    }
    for (key, value) in add.entries() {
        let Some(name) = key.text() else { continue };
        let path = format!("{path}.{name}");
        match values.and_then(|values| values.get(name)) {
            Some(there) => unread(value, Some(there), &path, is_read, unknown, seen),
            None if is_read(name) => unread(value, None, &path, is_read, unknown, seen),
            None => unknown.push(path),
        }
    }
}
