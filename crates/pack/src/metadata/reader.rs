//! Fields of a JSON object, taken out one by one; one of a wrong type is reported and left empty.

use super::JsonPlaces;
use crate::lint::{Finding, rules};
use crate::place::Place;
use crate::shown::shown;
use serde_json::{Map, Value};

/// For messages.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Takes fields out of an object; what is left over is unknown.
pub(super) struct Reader {
    pub(super) fields: Map<String, Value>,
    /// Path of the object inside the file, with its dot.
    pub(super) prefix: String,
    pub(super) places: JsonPlaces,
    pub(super) found: Vec<Finding>,
}

impl Reader {
    pub(super) fn place(&self, path: &str) -> Place {
        self.places.place(path)
    }

    pub(super) fn wrong(&mut self, path: &str, value: &Value, wanted: &str) {
        let message = format!("`{}` is {}, not {wanted}; it is ignored", shown(path), kind_of(value));
        let place = self.place(path);
        self.found.push(Finding::new(&rules::WRONG_TYPE, message).at(place));
    }

    pub(super) fn string(&mut self, field: &str) -> Option<String> {
        let path = format!("{}{field}", self.prefix);
        match self.fields.shift_remove(field)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Null => None,
            other => {
                self.wrong(&path, &other, "a string");
                None
            }
        }
    }

    pub(super) fn strings(&mut self, field: &str) -> Vec<String> {
        let mut out = Vec::new();
        for (path, item) in self.items(field) {
            match item {
                Value::String(text) => out.push(text.trim().to_owned()),
                other => self.wrong(&path, &other, "a string"),
            }
        }
        out
    }

    pub(super) fn items(&mut self, field: &str) -> Vec<(String, Value)> {
        let path = format!("{}{field}", self.prefix);
        match self.fields.shift_remove(field) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(i, item)| (format!("{path}.{i}"), item)).collect()
            }
            Some(other) => {
                self.wrong(&path, &other, "an array");
                Vec::new()
            }
        }
    }

    pub(super) fn object(&mut self, field: &str) -> Map<String, Value> {
        let path = format!("{}{field}", self.prefix);
        match self.fields.shift_remove(field) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                self.wrong(&path, &other, "an object");
                Map::new()
            }
        }
    }

    /// Reads the object at `path` with the same methods.
    pub(super) fn within<T>(&mut self, path: &str, value: Value, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let Value::Object(fields) = value else {
            self.wrong(path, &value, "an object");
            return None;
        };
        let outer = std::mem::replace(&mut self.fields, fields);
        let prefix = std::mem::replace(&mut self.prefix, format!("{path}."));
        let out = read(self);
        self.fields = outer;
        self.prefix = prefix;
        Some(out)
    }
}
