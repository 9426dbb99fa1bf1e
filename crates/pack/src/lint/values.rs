//! values.yaml: that it is YAML, its pack map, the keys of its charts, its images, its presets. palette.md 1.10, numbers 9,
//! 13, 15 and 23.

use super::{Finding, Rule, Subject, rules};
use crate::pack::Pack;
use crate::place::Place;
use crate::shown::shown;
use crate::values::{FILE, Values};
use crate::yaml::{Mark, Node};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let values = match &subject.parsed {
        Ok(values) => values,
        Err(error) => {
            let message = format!("values.yaml is not YAML: {}", error.message);
            found.push(note(&rules::VALUES_NOT_YAML, message, error.mark));
            return;
        }
    };
    shape(values, found);
    pack_map(values, found);
    chart_keys(subject.pack, values, found);
    enabled_presets(subject.pack, values, found);
}

fn note(rule: &Rule, message: String, mark: Mark) -> Finding {
    Finding::new(rule, message).at(Place::at(FILE, mark.line, mark.column))
}

fn shape(values: &Values, found: &mut Vec<Finding>) {
    for (key, mark) in &values.document().duplicates {
        let message = format!("key `{}` is given twice in one map", shown(key));
        found.push(note(&rules::VALUES_DUPLICATE_KEY, message, *mark));
    }
    if let Some(mark) = values.document().second_document {
        found.push(note(&rules::VALUES_SHAPE, "a second YAML document starts here; it is not read".to_owned(), mark));
    }
    if !values.root().is_map() && !values.is_empty() {
        found.push(note(&rules::VALUES_SHAPE, "values.yaml is not a map".to_owned(), values.root().mark()));
    }
}

/// An empty values.yaml needs no pack map: five real packs are so.
fn pack_map(values: &Values, found: &mut Vec<Finding>) {
    if values.root().is_map() && values.pack().is_none() {
        found.push(note(&rules::NO_PACK_MAP, "values.yaml has no `pack` map".to_owned(), values.root().mark()));
    }
    for item in values.content("images") {
        found.extend(content_item(item, &["image"], "images"));
    }
    for item in values.content("charts") {
        found.extend(content_item(item, &["repo", "name", "version"], "charts"));
    }
}

fn content_item(item: Node<'_>, wanted: &[&str], list: &str) -> Option<Finding> {
    let missing =
        wanted.iter().find(|key| item.get(key).and_then(Node::text).is_none_or(|text| text.trim().is_empty()))?;
    let message = format!("an entry of `pack.content.{list}` has no `{missing}`");
    let typo = item.entries().find(|(key, _)| key.text().is_some_and(|text| is_typo(text, missing)));
    Some(match typo {
        Some((key, _)) => {
            let written = shown(key.text().unwrap_or_default());
            note(&rules::CONTENT_ITEM, format!("{message}, but `{written}`"), key.mark())
                .hint(format!("write `{missing}` instead of `{written}`"))
        }
        None => note(&rules::CONTENT_ITEM, message, item.mark()),
    })
}

/// The same letters in another order, or one letter more, less or other.
fn is_typo(written: &str, meant: &str) -> bool {
    let sorted = |text: &str| {
        let mut chars: Vec<char> = text.to_lowercase().chars().collect();
        chars.sort_unstable();
        chars
    };
    if written.len() > 2 * meant.len() {
        return false;
    }
    let (a, b) = (sorted(written), sorted(meant));
    a == b
        || (a.len().abs_diff(b.len()) <= 1
            && a.iter().filter(|c| !b.contains(c)).count() <= 1
            && written.starts_with(&meant[..1]))
}

/// The values of a declared chart stand under its name.
fn chart_keys(pack: &Pack, values: &Values, found: &mut Vec<Finding>) {
    if !values.root().is_map() {
        return;
    }
    let charts = values.root().entry("charts");
    for chart in pack.charts.iter().filter(|chart| chart.declared) {
        if charts.is_some_and(|(_, charts)| charts.get(&chart.name).is_some()) {
            continue;
        }
        let message = format!("there are no values for chart `{0}`: `charts.{0}` is missing", shown(&chart.name));
        let mark = charts.map_or(values.root().mark(), |(key, _)| key.mark());
        found.push(note(&rules::CHART_KEY_MISSING, message, mark));
    }
}

fn enabled_presets(pack: &Pack, values: &Values, found: &mut Vec<Finding>) {
    for enabled in values.enabled_presets() {
        if pack.presets.iter().any(|preset| preset.group == enabled.group && preset.name == enabled.preset) {
            continue;
        }
        let name = format!("{}:{}", shown(&enabled.group), shown(&enabled.preset));
        let message = if pack.presets.is_empty() {
            format!("preset `{name}` is enabled, but the pack has no presets")
        } else {
            format!("preset `{name}` is enabled, but presets.yaml has none of that group and name")
        };
        found.push(note(&rules::ENABLED_PRESET_UNKNOWN, message, enabled.mark));
        if pack.presets.is_empty() {
            return;
        }
    }
}
