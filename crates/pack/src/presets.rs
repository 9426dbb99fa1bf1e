//! presets.yaml: named changes to values.yaml, of which one per group may be on. palette.md section 1.8.

use crate::lint::{Finding, rules};
use crate::place::Place;
use crate::yaml::{self, Mark, Node};
use serde::Serialize;

pub const FILE: &str = "presets.yaml";

/// One preset. Switching it on deletes the paths in `remove` and merges `add` into the values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preset {
    pub name: String,
    pub display_name: String,
    pub group: String,
    pub remove: Vec<String>,
    /// YAML text, as written.
    pub add: String,
    #[serde(skip)]
    pub line: usize,
}

/// Reads the presets; what is unusable is noted and left out.
pub(crate) fn parse(text: &str, noticed: &mut Vec<Finding>) -> Vec<Preset> {
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let message = format!("presets.yaml is not YAML: {}", error.message);
            noticed.push(note(&rules::PRESETS_UNREADABLE, message, error.mark));
            return Vec::new();
        }
    };
    let root = document.root();
    if root.is_null() {
        return Vec::new();
    }
    let list = root.get("presets");
    if list.is_some_and(|list| list.is_null()) {
        return Vec::new();
    }
    let Some(list) = list.filter(|list| list.is_sequence()) else {
        noticed.push(note(&rules::PRESETS_UNREADABLE, "presets.yaml has no list `presets`".to_owned(), root.mark()));
        return Vec::new();
    };
    let mut out = Vec::new();
    for item in list.items() {
        match preset(item) {
            Ok(preset) => out.push(preset),
            Err(problem) => noticed.push(note(&rules::PRESET_INCOMPLETE, problem, item.mark())),
        }
    }
    out
}

fn preset(item: Node<'_>) -> Result<Preset, String> {
    if !item.is_map() {
        return Err("a preset is not a map".to_owned());
    }
    let text = |key: &str| item.get(key).and_then(Node::text).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let name = text("name").ok_or("a preset has no `name`")?;
    let group = text("group").ok_or_else(|| format!("preset `{}` has no `group`", crate::shown::shown(&name)))?;
    let add = item.get("add").and_then(Node::text).unwrap_or_default().to_owned();
    if let Err(error) = yaml::parse(&add) {
        return Err(format!("`add` of preset `{}` is not YAML: {error}", crate::shown::shown(&name)));
    }
    let remove =
        item.get("remove").into_iter().flat_map(Node::items).filter_map(Node::text).map(str::to_owned).collect();
    Ok(Preset {
        display_name: text("displayName").unwrap_or_else(|| name.clone()),
        name,
        group,
        remove,
        add,
        line: item.mark().line,
    })
}

fn note(rule: &rules::Rule, message: String, mark: Mark) -> Finding {
    Finding::new(rule, message).at(Place::at(FILE, mark.line, mark.column))
}
