//! Schema keys that point nowhere, and defaults that their own schema refuses. palette.md 1.10, number 22; a value that a
//! preset adds, or that a chart has by default, is somewhere.

use super::{Finding, Subject, rules};
use crate::place::Place;
use crate::schema::{Problem, violations};
use crate::shown::shown;
use crate::values;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(values) = subject.values() else { return };
    for entry in subject.pack.schema.iter().filter(|entry| !subject.has_value_or_default(&entry.path)) {
        let message = format!(
            "`{}` is neither in values.yaml nor in a chart's own values, nor added by a preset",
            shown(&entry.path)
        );
        found.push(Finding::new(&rules::SCHEMA_PATH, message).at(entry.place.clone()));
    }
    // A required value without a default is for people to give.
    for violation in violations(&subject.pack.schema, values, None) {
        if let (Problem::Form { .. }, Some(mark)) = (&violation.problem, violation.mark) {
            let place = Place::at(values::FILE, mark.line, mark.column);
            found.push(Finding::new(&rules::SCHEMA_DEFAULT, violation.to_string()).at(place));
        }
    }
}
