//! Exported files as YAML. Every scalar is text, but for the flags of variables and registries.

use packyard_pack::yaml::{self, DEPTH, Mark, NODES, Node};
use serde_json::{Map, Value};
use std::fmt::Write;

/// Fields that are true or false; everywhere else `true` is a text that somebody did not quote.
const FLAGS: [&str; 7] = ["required", "immutable", "hidden", "isSensitive", "default", "isPrivate", "isSyncSupported"];

/// The one document of a text, as JSON without its nulls.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let document = yaml::parse(text).map_err(|error| error.to_string())?;
    if let Some(mark) = document.second_document {
        return Err(format!(
            "a second document begins at line {}, and a file is one profile. Import each from a file of its own",
            mark.line
        ));
    }
    if !document.duplicates.is_empty() {
        return Err(twice(&document.duplicates));
    }
    Ok(value(document.root(), DEPTH, &mut NODES.clone())?.unwrap_or_default())
}

/// Places of keys that are named; the rest is a number.
const NAMED: usize = 5;

/// Of two values for one key nobody can say which was meant.
fn twice(found: &[(String, Mark)]) -> String {
    let named = found.iter().take(NAMED).map(|(key, mark)| format!("`{key}` at line {}", mark.line));
    let mut places = named.collect::<Vec<_>>().join(", ");
    if found.len() > NAMED {
        let _ = write!(places, " and {} more", found.len() - NAMED);
    }
    format!("a key stands twice in one map, of which only one can count: {places}. Remove the one that is not meant")
}

/// `None` is null. `depth` and `left` bound what aliases can make of a small text.
fn value(node: Node<'_>, depth: usize, left: &mut usize) -> Result<Option<Value>, String> {
    let too_much = "its aliases make more of it than a profile can be";
    *left = left.checked_sub(1).ok_or(too_much)?;
    let depth = depth.checked_sub(1).ok_or(too_much)?;
    if node.is_map() {
        let mut map = Map::new();
        for (key, inner) in node.entries() {
            let key = key.text().unwrap_or_default();
            let found = match inner.text() {
                Some("true") if FLAGS.contains(&key) => Some(Value::Bool(true)),
                Some("false") if FLAGS.contains(&key) => Some(Value::Bool(false)),
                _ => value(inner, depth, left)?,
            };
            map.extend(found.map(|found| (key.to_owned(), found)));
        }
        return Ok(Some(Value::Object(map)));
    }
    if node.is_sequence() {
        let items = node.items().filter_map(|item| value(item, depth, left).transpose());
        return Ok(Some(Value::Array(items.collect::<Result<_, _>>()?)));
    }
    Ok(node.text().map(|text| Value::String(text.to_owned())))
}

/// A map as a document.
pub(super) fn write(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

/// The entries of a map or a list, each on lines of its own.
fn block(value: &Value, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let _ = write!(out, "{pad}{}:", scalar_key(key));
                below(inner, depth, out);
            }
        }
        Value::Array(list) => {
            for item in list {
                let _ = write!(out, "{pad}-");
                below(item, depth, out);
            }
        }
        _ => {}
    }
}

/// What stands behind a `key:` or a `-`.
fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if map.is_empty() => out.push_str(" {}\n"),
        Value::Array(list) if list.is_empty() => out.push_str(" []\n"),
        Value::Object(_) | Value::Array(_) => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        Value::String(text) if is_literal(text) => literal(text, depth + 1, out),
        other => {
            let _ = writeln!(out, " {other}");
        }
    }
}

/// JSON's quotes are YAML's too; a key that needs none has none.
fn scalar_key(key: &str) -> String {
    let is_plain = key.bytes().all(|b| b.is_ascii_alphanumeric()) && key.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_plain && !matches!(key, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n") {
        key.to_owned()
    } else {
        Value::String(key.to_owned()).to_string()
    }
}

/// Whether a literal block brings the text back: it has no control characters and no line ends but `\n`.
fn is_literal(text: &str) -> bool {
    let is_kept = |c: char| matches!(c, '\n' | '\t' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{2030}'..='\u{d7ff}');
    text.contains('\n') && !text.trim().is_empty() && text.chars().all(is_kept)
}

/// The indentation is said, since a text may itself begin with space; so is what becomes of line ends at the end.
fn literal(text: &str, depth: usize, out: &mut String) {
    let chomping = match text.strip_suffix('\n') {
        None => "-",
        Some(rest) if rest.ends_with('\n') => "+",
        Some(_) => "",
    };
    let _ = writeln!(out, " |2{chomping}");
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            out.push_str(&"  ".repeat(depth));
            out.push_str(line);
        }
        out.push('\n');
    }
}
