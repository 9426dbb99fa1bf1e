//! Schema keys that point nowhere. palette.md 1.10, number 22; a value that a preset adds is somewhere.

use super::{Finding, rules};
use crate::pack::Pack;
use crate::shown::shown;
use crate::values::Values;

pub(super) fn check(pack: &Pack, found: &mut Vec<Finding>) {
    if pack.schema.is_empty() {
        return;
    }
    let Ok(values) = pack.parsed_values() else { return };
    let added: Vec<Values> = pack.presets.iter().filter_map(|preset| Values::parse(&preset.add).ok()).collect();
    for entry in &pack.schema {
        let known = |values: &Values| values.lookup(&entry.path).is_some();
        if known(&values) || added.iter().any(known) {
            continue;
        }
        let message = format!("`{}` is neither in values.yaml nor added by a preset", shown(&entry.path));
        found.push(Finding::new(&rules::SCHEMA_PATH, message).at(entry.place.clone()));
    }
}
