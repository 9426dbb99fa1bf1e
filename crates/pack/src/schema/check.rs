//! Values against their schema: what a form would not let a person save.

use super::{FieldKind, SchemaEntry};
use crate::shown::shown;
use crate::values::Values;
use crate::yaml::{Mark, Node};
use std::fmt;

/// A value that is not as its schema says.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation<'a> {
    pub entry: &'a SchemaEntry,
    pub problem: Problem,
    /// Where the value stands; None where there is none.
    pub mark: Option<Mark>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Required, and not there or empty.
    Missing,
    /// Read-only, and not what the pack has.
    Changed,
    /// Not of the form that the schema asks for.
    Form { value: String },
}

/// Everything in `values` that the schema does not allow. `original`, the pack's own values, is what read-only values are
/// compared with; without it none is. A value with a macro is known when a cluster is deployed, so its form is not asked.
pub fn violations<'a>(schema: &'a [SchemaEntry], values: &Values, original: Option<&Values>) -> Vec<Violation<'a>> {
    schema.iter().flat_map(|entry| of_entry(entry, values, original)).collect()
}

fn of_entry<'a>(entry: &'a SchemaEntry, values: &Values, original: Option<&Values>) -> Vec<Violation<'a>> {
    let mut out = Vec::new();
    let mut note = |problem, mark| out.push(Violation { entry, problem, mark });
    let nodes = values.lookup_all(&entry.path);
    let is_set = |node: &Node<'_>| node.is_map() || node.is_sequence() || text(*node).is_some();
    if entry.required && !nodes.iter().any(is_set) {
        note(Problem::Missing, nodes.first().map(|node| node.mark()));
    }
    if entry.readonly
        && let Some(original) = original
    {
        let before = original.lookup_all(&entry.path);
        let same = before.len() == nodes.len() && before.iter().zip(&nodes).all(|(a, b)| a.same_as(*b));
        if !same {
            note(Problem::Changed, nodes.first().map(|node| node.mark()));
        }
    }
    let Some(format) = &entry.format else { return out };
    for node in nodes {
        if let Some(value) = text(node).filter(|value| !value.contains("{{") && !format.accepts(value)) {
            note(Problem::Form { value: value.to_owned() }, Some(node.mark()));
        }
    }
    out
}

fn text(node: Node<'_>) -> Option<&str> {
    node.text().filter(|text| !text.is_empty())
}

/// Fit for a message; a password is never shown.
impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = shown(&self.entry.path);
        let template = self.entry.format.as_ref().map_or("", |format| format.template.as_str());
        match &self.problem {
            Problem::Missing => write!(f, "`{path}` is required and has no value"),
            Problem::Changed => write!(f, "`{path}` is read-only and was changed"),
            Problem::Form { .. } if self.entry.kind() == FieldKind::Password => {
                write!(f, "the value of `{path}` is not of the form `{}`", shown(template))
            }
            Problem::Form { value } => {
                write!(f, "`{}` at `{path}` is not of the form `{}`", shown(value), shown(template))
            }
        }
    }
}
