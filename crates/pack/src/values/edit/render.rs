//! New values as YAML, in block style behind a key, or in flow style.

use super::layout::Style;
use serde_json::Value;

/// What follows a colon or a dash: the rest of that line, and lines below it with their full indentation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Written {
    pub(super) first: String,
    pub(super) rest: Vec<String>,
}

/// A text that every YAML reader takes for a string without quotes.
pub(super) fn is_plain_string(text: &str) -> bool {
    let bare = text.trim_start_matches('-');
    let first = bare.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '_'));
    let inner = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | ':' | '@' | '+'));
    let special = matches!(
        bare.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n" | "nan" | "inf" | "infinity"
    );
    first && inner && !special && !text.ends_with(':')
}

/// A string as a scalar on one line.
pub(crate) fn string(text: &str) -> String {
    if is_plain_string(text) { text.to_owned() } else { quoted(text) }
}

/// In double quotes; what is not printable in YAML is escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control()
                || matches!(c, '\u{85}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') =>
            {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", string(key), flow(value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Behind a key that stands at `column`.
pub(super) fn behind_key(value: &Value, column: usize, style: Style) -> Written {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let at = column + style.seq();
            Written { first: String::new(), rest: items.iter().flat_map(|item| item_lines(item, at, style)).collect() }
        }
        Value::Object(map) if !map.is_empty() => {
            let at = column + style.map();
            let entries = map.iter().flat_map(|(key, value)| entry_lines(key, value, at, style));
            Written { first: String::new(), rest: entries.collect() }
        }
        other => Written { first: format!(" {}", flow(other)), rest: Vec::new() },
    }
}

/// Behind a dash that stands at `column`.
pub(super) fn behind_dash(value: &Value, column: usize, style: Style) -> Written {
    let lines = match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().flat_map(|(key, value)| entry_lines(key, value, column + 2, style)).collect::<Vec<_>>()
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().flat_map(|item| item_lines(item, column + 2, style)).collect()
        }
        other => return Written { first: format!(" {}", flow(other)), rest: Vec::new() },
    };
    let mut lines = lines.into_iter();
    let first = lines.next().map(|line| format!(" {}", line.trim_start())).unwrap_or_default();
    Written { first, rest: lines.collect() }
}

fn entry_lines(key: &str, value: &Value, column: usize, style: Style) -> Vec<String> {
    let written = behind_key(value, column, style);
    let mut lines = vec![format!("{}{}:{}", " ".repeat(column), string(key), written.first)];
    lines.extend(written.rest);
    lines
}

fn item_lines(value: &Value, column: usize, style: Style) -> Vec<String> {
    let written = behind_dash(value, column, style);
    let mut lines = vec![format!("{}-{}", " ".repeat(column), written.first)];
    lines.extend(written.rest);
    lines
}
