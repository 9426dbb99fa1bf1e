//! Editing values.yaml as text: one value is set or removed, a preset applied or taken back, and every other byte stays as
//! it is, with comments, anchors, order and indentation.
//!
//! A change is worked out on the text and then checked: the edited text is parsed again and must say what the old one said,
//! but for the change. What cannot be done so is refused with an [`EditError`], and the caller's text is as it was.
//!
//! Paths are those of schema.yaml and presets.yaml: `charts.nginx.image.tag`. A key that itself holds dots is found by
//! trying joins; quotes make it plain, also for a key that is new: `pack."spectrocloud.com/display-name"`. `hosts[0]` or
//! `hosts.$[0]` is one item of a list, `hosts[]` or `hosts.$[]` every item, or when setting, a new one at the end.

mod layout;
mod lines;
mod model;
mod path;
mod preset;
pub(crate) mod render;
mod splice;

use crate::shown::shown;
use crate::yaml::{self, Mark};
use layout::Layout;
use model::Model;
use path::{Found, Step};
use serde_json::{Map, Value};
use splice::New;

pub(crate) use path::parts;
pub(crate) use preset::disabled;
pub use preset::{apply, unapply};

/// Why a text is not edited. The message says what to do instead where there is something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("the values are not YAML: {0}")]
    NotYaml(#[from] yaml::Error),
    #[error("a second YAML document starts in line {}; values are one document", .0.line)]
    SeveralDocuments(Mark),
    #[error("line {} ends in a carriage return alone; save the file with the line ends of Unix or Windows", .0.line)]
    LineEnd(Mark),
    #[error("`{}` is no path: {why}", shown(.path))]
    BadPath { path: String, why: String },
    #[error("there is nothing at `{}`", shown(.0))]
    Absent(String),
    #[error("`{}` cannot be set: {what} (line {})", shown(.path), .mark.line)]
    NoPlace { path: String, what: &'static str, mark: Mark },
    #[error("`{}` leads through an anchor, an alias, a tag or a merge key (line {}); edit the text there by hand", shown(.path), .mark.line)]
    Shared { path: String, mark: Mark },
    #[error("the text around `{}` cannot be changed without touching more than that; edit it by hand", shown(.0))]
    Unsafe(String),
    #[error("preset `{}` comes with the pack's own values; choose another of its group instead", shown(.0))]
    BuiltIn(String),
    #[error("preset `{}` cannot be taken back: what it changed was edited since (line {line})", shown(.preset))]
    Conflict { preset: String, line: usize },
}

/// Sets the value at a path; what is missing on the way there is made.
pub fn set(text: &str, path: &str, value: &Value) -> Result<String, EditError> {
    let steps = path::parse(path)?;
    with_body(text, |body| set_steps(body, path, &steps, value))
}

/// Removes what is at a path. A map or list that loses its last entry stays, as `{}` or `[]`: a chart takes its own default
/// for what is missing, but not for what is empty.
pub fn remove(text: &str, path: &str) -> Result<String, EditError> {
    let steps = path::parse(path)?;
    with_body(text, |body| remove_steps(body, path, &steps, false))
}

/// Removes what is at a path, and the maps around it that become empty: what [`set`] did where nothing was. (Where a key
/// without a value was on the way, that key goes too; text does not tell it from one that was made; and so
/// does a document that is `~`.)
pub fn unset(text: &str, path: &str) -> Result<String, EditError> {
    let steps = path::parse(path)?;
    with_body(text, |body| remove_steps(body, path, &steps, true))
}

/// A byte order mark is no part of the document, and stays.
fn with_body(text: &str, edit: impl FnOnce(&str) -> Result<String, EditError>) -> Result<String, EditError> {
    match text.strip_prefix('\u{feff}') {
        Some(body) => edit(body).map(|body| format!("\u{feff}{body}")),
        None => edit(text),
    }
}

fn set_steps(text: &str, path: &str, steps: &[Step], value: &Value) -> Result<String, EditError> {
    let layout = Layout::of(text)?;
    let mut expected = Model::of(&layout);
    let Some(found) = path::find(&layout, steps).filter(|_| has_root(&layout)) else {
        let (key, value) = nested(path, steps, value)?;
        expected.push_entry(&key, Model::of_json(&value));
        let edited = splice::into_empty(&layout, &render::string(&key), &New::Json(&value));
        return checked(path, edited, &expected);
    };
    refuse_shared(&layout, &found, path)?;
    let node = *found.nodes.last().unwrap_or(&0);
    let no_place =
        |what| EditError::NoPlace { path: path.to_owned(), what, mark: layout.mark(layout.node(node).start) };
    let target = expected.at(&found.trail).ok_or_else(|| EditError::Unsafe(path.to_owned()))?;
    let edited = match found.missing.as_slice() {
        [] => {
            *target = Model::of_json(value);
            splice::replace(&layout, &found, &New::Json(value))
        }
        [step @ (Step::Index(_) | Step::Every)] => {
            let length = layout.items(node).len();
            if !matches!(layout.node(node).kind, layout::Kind::Seq { .. }) {
                return Err(no_place("there is no list"));
            }
            if matches!(step, Step::Index(index) if *index != length) {
                return Err(no_place("the list has fewer items"));
            }
            target.push_item(Model::of_json(value));
            splice::append(&layout, &found, &New::Json(value))
        }
        missing => {
            let is_map = matches!(layout.node(node).kind, layout::Kind::Map { .. });
            if !is_map && !layout.node(node).is_null() {
                return Err(no_place("what is there is no map"));
            }
            let (key, value) = nested(path, missing, value)?;
            target.push_entry(&key, Model::of_json(&value));
            if is_map {
                splice::insert(&layout, &found, &render::string(&key), &New::Json(&value))
            } else {
                splice::replace(&layout, &found, &New::Json(&Value::Object(Map::from_iter([(key, value)]))))
            }
        }
    };
    checked(path, edited, &expected)
}

/// The first missing key, and below it the others around the value.
fn nested(path: &str, missing: &[Step], value: &Value) -> Result<(String, Value), EditError> {
    let mut keys = Vec::new();
    for step in missing {
        let Step::Key { text, .. } = step else {
            let why = "there is no list; set the list as a whole";
            return Err(EditError::BadPath { path: path.to_owned(), why: why.to_owned() });
        };
        keys.push(text.clone());
    }
    let inner = keys.drain(1..).rev().fold(value.clone(), |value, key| Value::Object(Map::from_iter([(key, value)])));
    Ok((keys.pop().unwrap_or_default(), inner))
}

fn remove_steps(text: &str, path: &str, steps: &[Step], prune: bool) -> Result<String, EditError> {
    let layout = Layout::of(text)?;
    if let Some(at) = steps.iter().position(|step| *step == Step::Every) {
        return remove_every(&layout, path, steps, at, prune);
    }
    let mut found = path::find(&layout, steps)
        .filter(|found| found.missing.is_empty() && !found.trail.is_empty())
        .ok_or_else(|| EditError::Absent(path.to_owned()))?;
    refuse_shared(&layout, &found, path)?;
    while prune && splice::empties_a_made_map(&layout, &found) {
        found.trail.pop();
        found.nodes.pop();
    }
    if let Some(mark) = found.nodes.last().and_then(|node| shared_below(&layout, *node)) {
        return Err(EditError::Shared { path: path.to_owned(), mark });
    }
    let mut expected = Model::of(&layout);
    if let (Some(index), Some(parent)) =
        (found.trail.last(), expected.at(&found.trail[..found.trail.len().saturating_sub(1)]))
    {
        parent.remove(*index);
    }
    if found.trail.len() == 1 && expected.is_empty() {
        // A document of nothing but comments is null; no reader of values tells the two apart.
        expected = if layout.root().is_some_and(|root| layout.node(root).is_flow()) { expected } else { Model::null() };
    }
    checked(path, splice::remove(&layout, &found), &expected)
}

/// The same for each item of the list, from the last to the first.
fn remove_every(layout: &Layout<'_>, path: &str, steps: &[Step], at: usize, prune: bool) -> Result<String, EditError> {
    let list = path::find(layout, &steps[..at]).filter(|found| found.missing.is_empty());
    let count = list.and_then(|found| found.nodes.last().map(|node| layout.items(*node).len())).unwrap_or(0);
    let mut text = layout.text.to_owned();
    let mut any = false;
    for index in (0..count).rev() {
        let mut steps = steps.to_vec();
        steps[at] = Step::Index(index);
        match remove_steps(&text, path, &steps, prune) {
            Ok(edited) => {
                text = edited;
                any = true;
            }
            Err(EditError::Absent(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if any { Ok(text) } else { Err(EditError::Absent(path.to_owned())) }
}

/// A document that is empty, or comments only, has no root worth the name.
fn has_root(layout: &Layout<'_>) -> bool {
    layout.root().is_some_and(|root| !layout.node(root).is_absent() || layout.node(root).is_decorated())
}

fn refuse_shared(layout: &Layout<'_>, found: &Found, path: &str) -> Result<(), EditError> {
    for node in &found.nodes {
        let merges = layout.entries(*node).iter().any(|(key, _)| layout.node(*key).scalar() == Some("<<"));
        if layout.node(*node).is_decorated() || merges {
            return Err(EditError::Shared { path: path.to_owned(), mark: layout.mark(layout.node(*node).start) });
        }
    }
    Ok(())
}

/// An anchor inside of what goes: an alias elsewhere may need it.
fn shared_below(layout: &Layout<'_>, node: usize) -> Option<Mark> {
    let own = layout.node(node);
    if own.anchor > 0 {
        return Some(layout.mark(own.start));
    }
    let below = layout.items(node).iter().copied().chain(layout.entries(node).iter().flat_map(|(k, v)| [*k, *v]));
    below.into_iter().find_map(|child| shared_below(layout, child))
}

/// The edited text, if it says what is expected.
fn checked(path: &str, edited: Option<String>, expected: &Model) -> Result<String, EditError> {
    let edited = edited.ok_or_else(|| EditError::Unsafe(path.to_owned()))?;
    match Layout::of(&edited) {
        Ok(layout) if Model::of(&layout) == *expected => Ok(edited),
        _ => Err(EditError::Unsafe(path.to_owned())),
    }
}
