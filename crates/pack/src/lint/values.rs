//! values.yaml: that it is YAML and one map, and which presets it says are on. palette.md 1.10, number 23.

use super::{Finding, Rule, Subject, rules};
use crate::pack::Pack;
use crate::place::Place;
use crate::shown::shown;
use crate::values::{FILE, Values};
use crate::yaml::Mark;

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

fn enabled_presets(pack: &Pack, values: &Values, found: &mut Vec<Finding>) {
    let all = values.enabled_presets();
    for (index, enabled) in all.iter().enumerate() {
        let is_known = pack.presets.iter().any(|p| p.group == enabled.group && p.name == enabled.preset);
        if is_known && let Some(other) = all[..index].iter().find(|other| other.group == enabled.group) {
            let (group, first, second) = (shown(&enabled.group), shown(&other.preset), shown(&enabled.preset));
            let message =
                format!("`{first}` and `{second}` of the group `{group}` are enabled, but one of a group can be");
            found.push(note(&rules::ENABLED_PRESETS_CLASH, message, enabled.mark));
        }
        if is_known {
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
