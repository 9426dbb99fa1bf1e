//! Schema keys that point nowhere. palette.md 1.10, number 22.

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
        if values.lookup(&entry.path).is_some() {
            continue;
        }
        let by_preset = added.iter().any(|values| values.lookup(&entry.path).is_some());
        let message = format!("`{}` is not in values.yaml", shown(&entry.path));
        let hint = if by_preset {
            "a preset adds it; add it to values.yaml to show it always"
        } else {
            rules::SCHEMA_PATH.fix
        };
        found.push(Finding::new(&rules::SCHEMA_PATH, message).at(entry.place.clone()).hint(hint));
    }
}
