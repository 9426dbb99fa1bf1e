//! schema.yaml: which values a form asks for, and what they must look like. palette.md section 1.7.
//!
//! A map from dotted paths to `{schema: '{{ required | format "${string:/re/}" | hints "..." }}'}`.

mod check;
mod expression;
mod format;
mod re2;

use crate::lint::{Finding, rules};
use crate::place::Place;
use crate::yaml::{self, Mark, Node};

pub use check::{Problem, Violation, violations};
pub use format::{FieldKind, Format, Placeholder, pattern_problem};

pub const FILE: &str = "schema.yaml";

/// One field of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaEntry {
    /// Dotted path into values.yaml; `$[]` stands for any item of a list.
    pub path: String,
    pub required: bool,
    pub readonly: bool,
    pub format: Option<Format>,
    pub hints: Vec<String>,
    /// The expression as written.
    pub expression: String,
    /// Where the path stands.
    pub place: Place,
}

impl SchemaEntry {
    /// What is asked of the value at a path, known otherwise than from the file.
    pub fn asked(path: impl Into<String>, required: bool, readonly: bool, format: Option<Format>) -> Self {
        let place = Place::file(FILE);
        Self { path: path.into(), required, readonly, format, hints: Vec::new(), expression: String::new(), place }
    }

    /// What the field holds; text where the format does not say.
    pub fn kind(&self) -> FieldKind {
        self.format.as_ref().and_then(|f| f.placeholders().next()).map_or(FieldKind::String, |p| p.kind.clone())
    }

    pub fn regex(&self) -> Option<&str> {
        self.format.as_ref()?.placeholders().find_map(|p| p.regex.as_deref())
    }

    pub fn list_options(&self) -> &[String] {
        self.format.as_ref().and_then(|f| f.placeholders().find(|p| !p.options.is_empty())).map_or(&[], |p| &p.options)
    }
}

/// Reads the schema; what is unusable is noted and left out.
pub(crate) fn parse(text: &str, noticed: &mut Vec<Finding>) -> Vec<SchemaEntry> {
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let message = format!("schema.yaml is not YAML: {}", error.message);
            noticed.push(note(&rules::SCHEMA_UNREADABLE, message, error.mark));
            return Vec::new();
        }
    };
    let root = document.root();
    if !root.is_map() {
        if !root.is_null() {
            noticed.push(note(&rules::SCHEMA_UNREADABLE, "schema.yaml is not a map".to_owned(), root.mark()));
        }
        return Vec::new();
    }
    root.entries().filter_map(|(key, value)| entry(key, value, noticed)).collect()
}

fn entry(key: Node<'_>, value: Node<'_>, noticed: &mut Vec<Finding>) -> Option<SchemaEntry> {
    let path = key.text().unwrap_or_default().trim();
    let Some(node) = value.get("schema").filter(|node| node.text().is_some() && !path.is_empty()) else {
        let message = format!("`{}` has no text under `schema`", crate::shown::shown(path));
        noticed.push(note(&rules::SCHEMA_UNREADABLE, message, key.mark()));
        return None;
    };
    let text = node.text().unwrap_or_default();
    match expression::parse(text) {
        Ok(parsed) => Some(SchemaEntry {
            path: path.to_owned(),
            required: parsed.required,
            readonly: parsed.readonly,
            format: parsed.format,
            hints: parsed.hints,
            expression: text.trim().to_owned(),
            place: Place::at(FILE, key.mark().line, key.mark().column),
        }),
        Err(problem) => {
            let message = format!("schema of `{}`: {problem}", crate::shown::shown(path));
            noticed.push(note(&rules::SCHEMA_EXPRESSION, message, node.mark()));
            None
        }
    }
}

fn note(rule: &rules::Rule, message: String, mark: Mark) -> Finding {
    Finding::new(rule, message).at(Place::at(FILE, mark.line, mark.column))
}
