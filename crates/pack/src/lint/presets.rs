//! Presets that add values which nothing reads. A key counts as read where its name occurs in values.yaml, in a manifest or
//! anywhere in a chart; what stands below a map that is open (empty by default) is free.

use super::{Finding, Subject, rules, unread};
use crate::pack::Pack;
use crate::place::Place;
use crate::presets;
use crate::shown::shown;
use crate::words::Words;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let pack = subject.pack;
    twice(pack, found);
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
        let mut unknown = Vec::new();
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
                            unknown
                                .extend(unread::keys(below, there, &path, &is_read).into_iter().map(|(path, _)| path));
                        } else {
                            unknown.push(path);
                        }
                    }
                }
                _ if there.is_some() || is_read(section) => {
                    unknown.extend(unread::keys(below, there, section, &is_read).into_iter().map(|(path, _)| path));
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

fn twice(pack: &Pack, found: &mut Vec<Finding>) {
    for (index, preset) in pack.presets.iter().enumerate() {
        let is_same = |other: &&presets::Preset| other.group == preset.group && other.name == preset.name;
        if let Some(other) = pack.presets[..index].iter().find(is_same) {
            let (group, name) = (shown(&preset.group), shown(&preset.name));
            let message = format!("preset `{name}` of the group `{group}` is there already, in line {}", other.line);
            found.push(Finding::new(&rules::PRESET_TWICE, message).at(Place::at(presets::FILE, preset.line, 1)));
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
