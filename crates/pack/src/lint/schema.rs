//! Schema keys that point nowhere. palette.md 1.10, number 22; a value that a preset adds is somewhere.

use super::{Finding, Subject, rules};
use crate::shown::shown;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    if subject.values().is_none() {
        return;
    }
    for entry in subject.pack.schema.iter().filter(|entry| !subject.has_value(&entry.path)) {
        let message = format!("`{}` is neither in values.yaml nor added by a preset", shown(&entry.path));
        found.push(Finding::new(&rules::SCHEMA_PATH, message).at(entry.place.clone()));
    }
}
