//! Switching a preset on in the text of values.yaml.
//!
//! The text is edited by whole lines, so that comments, order and writing of everything else stay as they are. What
//! came out is read again and compared with what the preset asks for; where that differs (a map in braces, an anchor
//! that is used elsewhere), nothing is changed and the person does it by hand.

use crate::presets::Preset;
use crate::values::{ENABLED_PRESETS, Values};
use crate::yaml::{self, Document, Node};
use serde_json::{Map, Value};

/// Nodes of one document with its aliases followed; more are not compared.
const NODES: usize = 1_000_000;

/// Why a preset was not switched on; the text is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("the values are not YAML: {0}")]
    Values(#[from] yaml::Error),
    #[error("preset `{0}` changes a part of the values that is written so that it can only be changed by hand")]
    ByHand(String),
}

/// `values` with `preset` on in place of the other presets of its group.
pub fn apply(values: &str, preset: &Preset) -> Result<String, ApplyError> {
    let by_hand = || ApplyError::ByHand(preset.display_name.clone());
    let before = Values::parse(values)?;
    let add = yaml::parse(&preset.add)?;
    let mut expected = tree(before.root(), &mut 0).ok_or_else(by_hand)?;
    let mut text = Text::new(values);
    for path in &preset.remove {
        let document = yaml::parse(&text.whole())?;
        let Some(keys) = keys(document.root(), &path.split('.').collect::<Vec<_>>()) else { continue };
        text.remove(&document, &keys).ok_or_else(by_hand)?;
        remove(&mut expected, &keys);
    }
    if !add.root().is_null() {
        merge(&mut expected, tree(add.root(), &mut 0).ok_or_else(by_hand)?);
        let added = Text::new(&preset.add);
        text.merge(&add, add.root(), &added, &mut Vec::new()).ok_or_else(by_hand)?;
    }
    text.record(&before, preset);
    let text = text.whole();
    let after = yaml::parse(&text).map_err(|_| by_hand())?;
    let is_meant = tree(after.root(), &mut 0).is_some_and(|tree| tree == expected || is_nothing(&tree, &expected));
    if is_meant { Ok(text) } else { Err(by_hand()) }
}

/// A map that lost its last key reads as null.
fn is_nothing(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|b| is_nothing(value, b)))
        }
        (Value::Null, Value::Object(map)) => map.is_empty(),
        _ => a == b,
    }
}

fn tree(node: Node<'_>, seen: &mut usize) -> Option<Value> {
    *seen += 1;
    if *seen > NODES {
        return None;
    }
    if node.is_map() {
        let mut map = Map::new();
        for (key, value) in node.entries() {
            map.insert(key.text().unwrap_or_default().to_owned(), tree(value, seen)?);
        }
        return Some(Value::Object(map));
    }
    if node.is_sequence() {
        return node.items().map(|item| tree(item, seen)).collect::<Option<_>>().map(Value::Array);
    }
    Some(node.text().map_or(Value::Null, |text| Value::String(text.to_owned())))
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn remove(from: &mut Value, keys: &[String]) {
    let Some((last, way)) = keys.split_last() else { return };
    let mut map = Some(from);
    for key in way {
        map = map.and_then(|value| value.get_mut(key));
    }
    if let Some(Value::Object(map)) = map {
        map.remove(last);
    }
}

/// The keys of a dotted path; a key may itself hold dots.
fn keys(node: Node<'_>, parts: &[&str]) -> Option<Vec<String>> {
    for split in 1..=parts.len() {
        let key = parts[..split].join(".");
        let Some(value) = node.get(&key) else { continue };
        if split == parts.len() {
            return Some(vec![key]);
        }
        if let Some(mut rest) = keys(value, &parts[split..]) {
            rest.insert(0, key);
            return Some(rest);
        }
    }
    None
}

/// Where an entry of a map stands: its lines, counted from 0, and how far it is indented.
struct Entry {
    start: usize,
    end: usize,
    indent: usize,
}

/// A text as lines.
struct Text {
    lines: Vec<String>,
    line_end: &'static str,
}

impl Text {
    fn new(text: &str) -> Self {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { lines: text.lines().map(str::to_owned).collect(), line_end }
    }

    fn whole(&self) -> String {
        let mut text = self.lines.join(self.line_end);
        if !text.is_empty() {
            text.push_str(self.line_end);
        }
        text
    }

    /// The entry at the end of `keys`. `None` where it does not begin a line of its own.
    fn entry(&self, document: &Document, keys: &[String]) -> Option<Entry> {
        let mut node = document.root();
        let mut end = self.lines.len();
        let mut found = None;
        for key in keys {
            let (own, value) = node.entry(key)?;
            let start = own.mark().line.checked_sub(1)?;
            let indent = own.mark().column.checked_sub(1)?;
            let line = self.lines.get(start)?;
            if start >= end || !line.chars().take(indent).all(|c| c == ' ') || value.mark().line > end {
                return None;
            }
            let next = node.entries().map(|(other, _)| other.mark().line - 1).filter(|line| *line > start).min();
            end = self.without_remarks(start, next.unwrap_or(end).min(end));
            found = Some(Entry { start, end, indent });
            node = value;
        }
        found
    }

    /// Empty lines and comments before the next entry belong to that.
    fn without_remarks(&self, start: usize, mut end: usize) -> usize {
        let is_remark = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        while end > start + 1 && is_remark(&self.lines[end - 1]) {
            end -= 1;
        }
        end
    }

    fn remove(&mut self, document: &Document, keys: &[String]) -> Option<()> {
        let entry = self.entry(document, keys)?;
        self.lines.drain(entry.start..entry.end);
        Some(())
    }

    /// Merges the map `from`, whose text is `added`, into the map at `keys`.
    fn merge(&mut self, add: &Document, from: Node<'_>, added: &Text, keys: &mut Vec<String>) -> Option<()> {
        for (key, value) in from.entries() {
            keys.push(key.text()?.to_owned());
            // Read anew each time: the lines move.
            let document = yaml::parse(&self.whole()).ok()?;
            let here = keys.iter().try_fold(document.root(), |node, key| node.get(key));
            if here.is_some_and(Node::is_map) && value.is_map() && value.entries().next().is_some() {
                self.merge(add, value, added, keys)?;
            } else {
                let new = added.entry(add, keys)?;
                let (place, indent) = match here {
                    Some(_) => {
                        let old = self.entry(&document, keys)?;
                        self.lines.drain(old.start..old.end);
                        (old.start, old.indent)
                    }
                    None => self.end_of(&document, &keys[..keys.len() - 1])?,
                };
                let fresh = added.lines[new.start..new.end].iter().map(|line| moved(line, new.indent, indent));
                self.lines.splice(place..place, fresh.collect::<Vec<_>>());
            }
            keys.pop();
        }
        Some(())
    }

    /// Where another entry of the map at `keys` would stand.
    fn end_of(&self, document: &Document, keys: &[String]) -> Option<(usize, usize)> {
        let map = keys.iter().try_fold(document.root(), |node, key| node.get(key))?;
        let Some((last, _)) = map.entries().last() else {
            // Nothing at all: after the comments.
            return (keys.is_empty() && map.is_null()).then_some((self.lines.len(), 0));
        };
        let mut way = keys.to_vec();
        way.push(last.text()?.to_owned());
        let entry = self.entry(document, &way)?;
        Some((entry.end, entry.indent))
    }

    /// Writes down in the comment that opens the file which presets are on.
    fn record(&mut self, before: &Values, preset: &Preset) {
        let others = before.enabled_presets().iter().filter(|on| on.group != preset.group);
        let mut on: Vec<String> = others.map(|on| format!("{}:{}", on.group, on.preset)).collect();
        on.push(format!("{}:{}", preset.group, preset.name));
        let list = on.join(",");
        let is_comment = |line: &&String| line.trim().is_empty() || line.trim_start().starts_with('#');
        let comments = self.lines.iter().take_while(is_comment).count();
        let known = self.lines[..comments].iter().position(|line| line.contains(ENABLED_PRESETS));
        match known {
            Some(at) => {
                let before = self.lines[at].split_once(ENABLED_PRESETS).map_or("# ", |(before, _)| before);
                self.lines[at] = format!("{before}{ENABLED_PRESETS} {list}");
            }
            None => self.lines.insert(0, format!("# {ENABLED_PRESETS} {list}")),
        }
    }
}

/// A line of a block that moves from one indentation to another.
fn moved(line: &str, from: usize, to: usize) -> String {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    if line.trim().is_empty() { String::new() } else { format!("{}{}", " ".repeat(to), &line[spaces.min(from)..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preset(remove: &[&str], add: &str) -> Preset {
        Preset {
            name: "on".into(),
            display_name: "On".into(),
            group: "G".into(),
            remove: remove.iter().map(|path| (*path).to_owned()).collect(),
            add: add.into(),
            line: 1,
        }
    }

    #[test]
    fn only_the_lines_it_is_about_change() {
        let values = "# mine\npack:\n  namespace: x # here\n\n# of a\na:\n  one: 1\n  # of two\n  two:\n    - x\n\n# of b\nb: {c: 1}\n";
        let on = preset(
            &["a.two", "not.there"],
            "a:\n    one: |\n      1\n       2\n    three:\n        deep: true # why\nnew: [1]\n",
        );
        let text = apply(values, &on).unwrap();
        assert_eq!(
            text,
            "# spectrocloud.com/enabled-presets: G:on\n# mine\npack:\n  namespace: x # here\n\n# of a\na:\n  one: |\n    1\n     2\n  three:\n      deep: true # why\n  # of two\n\n# of b\nb: {c: 1}\nnew: [1]\n"
        );
        assert_eq!(apply(&text, &on).unwrap(), text, "switching on twice is switching on once");
    }

    #[test]
    fn one_preset_of_a_group_is_on_and_others_stay() {
        let values = "# spectrocloud.com/enabled-presets: G:off, H:h\r\na: 1\r\n";
        let text = apply(values, &preset(&[], "a: 2")).unwrap();
        assert_eq!(text, "# spectrocloud.com/enabled-presets: H:h,G:on\r\na: 2\r\n");
        assert_eq!(
            apply("", &preset(&[], "a:\n  b: 1\n")).unwrap(),
            "# spectrocloud.com/enabled-presets: G:on\na:\n  b: 1\n"
        );
    }

    #[test]
    fn a_dotted_key_is_found_and_a_list_beside_its_key_goes_with_it() {
        let values = "a:\n  b.c:\n  - 1\n  - 2\n  d: 3\n";
        let text = apply(values, &preset(&["a.b.c"], "")).unwrap();
        assert_eq!(text, "# spectrocloud.com/enabled-presets: G:on\na:\n  d: 3\n");
    }

    #[test]
    fn what_cannot_be_changed_by_lines_is_left_to_the_person() {
        for (values, remove, add) in [
            ("a: {b: 1, c: 2}\n", &[][..], "a:\n  b: 3\n"),
            ("a: {b: 1, c: 2}\n", &["a.b"][..], ""),
            ("x: &x\n  b: 1\na: *x\n", &[][..], "a:\n  b: 2\n"),
        ] {
            assert!(matches!(apply(values, &preset(remove, add)), Err(ApplyError::ByHand(_))), "{values}");
        }
        assert!(matches!(apply("a: [", &preset(&[], "a: 1")), Err(ApplyError::Values(_))));
    }
}
