//! schema.yaml out of a chart's values.schema.json (JSON Schema, draft 7 and later), as far as the one can say what the other
//! says: a field for each value that has a simple type, with its choices, range, pattern and description.
//!
//! Fields are made for values that the chart has by default, or asks for: others would point nowhere. References inside the
//! document are followed; what combines schemas (`allOf`, `if`, ...) is passed over.

use super::regex;
use crate::schema::Format;
use crate::values::Values;
use crate::values::edit::render;
use serde_json::{Map, Value};

/// Fields of one form; schemas come from anybody.
const FIELDS: usize = 2_000;
/// Properties that are looked at: references may lead in circles.
const VISITS: usize = 20_000;
const DEPTH: usize = 24;
const REFERENCES: usize = 16;
/// Choices that a list offers.
const OPTIONS: usize = 100;
const HINT_CHARS: usize = 240;

/// schema.yaml, and what of the schema it does not say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Converted {
    pub(super) text: String,
    pub(super) fields: usize,
    /// Values that the chart does not have by default and does not ask for.
    pub(super) left_out: usize,
}

/// Why there are no fields.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("values.schema.json is not a JSON object: {0}")]
pub(super) struct NotASchema(String);

/// Converts; `prefix` is the path of the chart's values in the pack, `values` the pack's.
pub(super) fn convert(text: &str, prefix: &str, values: &Values) -> Result<Converted, NotASchema> {
    let root: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| NotASchema(e.to_string()))?;
    let Value::Object(schema) = &root else { return Err(NotASchema("it is another kind of value".to_owned())) };
    let mut walk = Walk { root: &root, values, visits_left: VISITS, out: Converted::default() };
    walk.object(schema, prefix, DEPTH);
    Ok(walk.out)
}

struct Walk<'a> {
    root: &'a Value,
    values: &'a Values,
    visits_left: usize,
    out: Converted,
}

impl<'a> Walk<'a> {
    /// A map that is there or required.
    fn object(&mut self, schema: &'a Map<String, Value>, path: &str, depth: usize) {
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            let Some(property) = self.resolved(property) else { continue };
            self.value(property, &format!("{path}.{key}"), required.contains(&key.as_str()), depth);
        }
    }

    fn value(&mut self, schema: &'a Map<String, Value>, path: &str, required: bool, depth: usize) {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.visits_left.checked_sub(1)) else { return };
        self.visits_left = left;
        let usable = !path.chars().any(char::is_control);
        let there = self.values.lookup(path).is_some();
        match kind(schema) {
            Some("object") if there || required => self.object(schema, path, depth),
            Some("array") if there => {
                let items = schema.get("items").and_then(|items| self.resolved(items));
                if let Some(items) = items {
                    self.value(items, &format!("{path}.$[]"), false, depth);
                }
            }
            Some(_) if usable && (there || required) => self.field(schema, path, required),
            Some(_) => self.out.left_out += 1,
            None => {}
        }
    }

    fn field(&mut self, schema: &Map<String, Value>, path: &str, required: bool) {
        if self.out.fields == FIELDS {
            self.out.left_out += 1;
            return;
        }
        let Some(expression) = expression(schema, required) else { return };
        let single_quoted = expression.replace('\'', "''");
        self.out.text.push_str(&format!("{}:\n  schema: '{single_quoted}'\n", render::string(path)));
        self.out.fields += 1;
    }

    /// The schema itself, or what its `$ref` leads to in this document.
    fn resolved(&self, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        let mut schema = schema.as_object()?;
        for _ in 0..REFERENCES {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
            schema = self.root.pointer(reference.strip_prefix('#')?)?.as_object()?;
        }
        None
    }
}

/// The one type that is not null; that of the choices where there is no other.
fn kind(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.next().filter(|_| kinds.next().is_none())
        }
        None if schema.contains_key("properties") => Some("object"),
        None if schema.contains_key("enum") || schema.contains_key("const") => Some("string"),
        _ => None,
    }
}

fn expression(schema: &Map<String, Value>, required: bool) -> Option<String> {
    let mut stages = Vec::new();
    if required {
        stages.push("required".to_owned());
    }
    if schema.get("readOnly") == Some(&Value::Bool(true)) {
        stages.push("readonly".to_owned());
    }
    stages.push(format!("format {}", quoted(&placeholder(schema)?)));
    let hint = ["description", "title"].iter().find_map(|key| schema.get(*key).and_then(Value::as_str)).map(one_line);
    if let Some(hint) = hint.filter(|hint| !hint.is_empty()) {
        stages.push(format!("hints {}", quoted(&hint)));
    }
    Some(format!("{{{{ {} }}}}", stages.join(" | ")))
}

fn placeholder(schema: &Map<String, Value>) -> Option<String> {
    if let Some(options) = options(schema) {
        return Some(format!("${{list:[{}]}}", options.join(",")));
    }
    Some(match kind(schema)? {
        "boolean" => "${boolean}".to_owned(),
        "integer" | "number" => number(schema),
        "string" => string(schema),
        _ => return None,
    })
}

/// The choices, where a list can hold them.
fn options(schema: &Map<String, Value>) -> Option<Vec<String>> {
    let constant = schema.get("const").map(std::slice::from_ref);
    let values = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).or(constant)?;
    let option = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let options: Vec<String> = values.iter().filter(|value| !value.is_null()).map(option).collect::<Option<_>>()?;
    let fits = |text: &String| {
        !text.is_empty()
            && text.trim() == text
            && !text.contains([',', '[', ']', '{', '}'])
            && !text.chars().any(char::is_control)
    };
    (!options.is_empty() && options.len() <= OPTIONS && options.iter().all(fits)).then_some(options)
}

/// With a range where both ends are given and belong to it.
fn number(schema: &Map<String, Value>) -> String {
    let end = |key: &str| schema.get(key).filter(|value| value.is_number()).map(ToString::to_string);
    match (end("minimum"), end("maximum")) {
        (Some(low), Some(high)) => {
            let ranged = format!("${{number:[{low}-{high}]}}");
            if Format::parse(&ranged).is_ok() { ranged } else { "${number}".to_owned() }
        }
        _ => "${number}".to_owned(),
    }
}

fn string(schema: &Map<String, Value>) -> String {
    let format = schema.get("format").and_then(Value::as_str);
    if schema.get("writeOnly") == Some(&Value::Bool(true)) || format == Some("password") {
        return "${password}".to_owned();
    }
    if format == Some("ipv4") {
        return "${ipv4}".to_owned();
    }
    let pattern = schema.get("pattern").and_then(Value::as_str).and_then(regex::whole);
    let with_pattern = pattern.map(|pattern| format!("${{string:/{pattern}/}}"));
    with_pattern.filter(|template| Format::parse(template).is_ok()).unwrap_or_else(|| "${string}".to_owned())
}

/// A text in the quotes of Go templates.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One line, of bounded length, without what ends an expression.
fn one_line(text: &str) -> String {
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = words.replace("{{", "{ {").replace("}}", "} }");
    let clean: String = clean.chars().filter(|c| !c.is_control() && !crate::shown::is_bidi(*c)).collect();
    match clean.char_indices().nth(HINT_CHARS) {
        Some((at, _)) => format!("{}…", clean[..at].trim_end()),
        None => clean,
    }
}

#[cfg(test)]
mod tests;
