//! A schema of ours beside Palette's.

use super::{Operation, Palette};
use serde_json::Value;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

struct Both<'a> {
    palette: &'a Palette,
    ours: &'a Value,
    way: Way,
    found: Vec<String>,
}

pub(super) fn differences(palette: &Palette, ours: &Value, theirs: Operation<'_>, own: Operation<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if theirs.success() != own.success() {
        found.push(format!("answers {}, and clients take {} alone", own.success(), theirs.success()));
    }
    let reply = content(&own.0["responses"][own.success().to_string()]);
    let body = content(&own.0["requestBody"]);
    if theirs.reply().is_null() != reply.is_null() {
        found.push("only one of both has a body in its reply".to_owned());
    }
    for (way, theirs, own) in [(Way::Out, theirs.reply(), reply), (Way::In, theirs.body(), body)] {
        if !theirs.is_null() && !own.is_null() {
            let mut both = Both { palette, ours, way, found: Vec::new() };
            both.compare(theirs, own, if way == Way::In { "request" } else { "reply" });
            found.append(&mut both.found);
        }
    }
    found
}

/// The schema of whatever media type there is.
fn content(part: &Value) -> &Value {
    let media = part["content"].as_object().and_then(|content| content.values().next());
    media.map_or(&Value::Null, |media| &media["schema"])
}

impl<'a> Both<'a> {
    /// Ours, without what only says that it may be null.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            return self.resolved(&self.ours["components"]["schemas"][name]);
        }
        let choices = schema["oneOf"].as_array().or_else(|| schema["allOf"].as_array());
        let real = choices.into_iter().flatten().find(|choice| choice["type"] != "null");
        real.map_or(schema, |choice| self.resolved(choice))
    }

    fn compare(&mut self, theirs: &'a Value, own: &'a Value, at: &str) {
        let (theirs, own) = (self.palette.resolved(theirs), self.resolved(own));
        let (wanted, is) = (kind(theirs), kind(own));
        if wanted.is_none() || is.is_none() {
            return;
        }
        if wanted != is && (wanted, is) != (Some("number"), Some("integer")) {
            return self.found.push(format!("{at}: {} there, {} here", wanted.unwrap_or("?"), is.unwrap_or("?")));
        }
        if wanted == Some("array") {
            return self.compare(&theirs["items"], &own["items"], &format!("{at}[]"));
        }
        let (Some(wanted), Some(has)) = (theirs["properties"].as_object(), own["properties"].as_object()) else {
            return;
        };
        for (name, property) in wanted {
            match has.get(name) {
                Some(ours) => self.compare(property, ours, &format!("{at}.{name}")),
                None if self.way == Way::Out && lists(theirs, name) => {
                    self.found.push(format!("{at}.{name}: clients look into it without asking"));
                }
                None => {}
            }
        }
        for name in has.keys().filter(|name| self.way == Way::In && lists(own, name) && !lists(theirs, name)) {
            self.found.push(format!("{at}.{name}: needed here, and not there"));
        }
    }
}

/// Whether a property is required.
fn lists(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|word| word == name))
}

fn kind(schema: &Value) -> Option<&str> {
    let named = match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).find(|word| *word != "null"),
        one => one.as_str(),
    };
    named.or_else(|| schema["properties"].is_object().then_some("object"))
}
