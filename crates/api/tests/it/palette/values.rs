//! A value of a reply beside the schema that clients read it by.

use super::Palette;
use serde_json::Value;

pub(super) fn faults(palette: &Palette, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(palette, schema, value, "the body", &mut found);
    found
}

fn look(palette: &Palette, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = palette.resolved(schema);
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    if !fits {
        return found.push(format!("{at} is no {}: {value}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array().filter(|words| !words.contains(value)) {
        found.push(format!("{at} is {value}, none of {}", Value::from(words.clone())));
    }
    if let (Some("date-time"), Some(text)) = (schema["format"].as_str(), value.as_str())
        && let Err(why) = chrono::DateTime::parse_from_rfc3339(text)
    {
        found.push(format!("{at} is `{text}`, no time: {why}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        look(palette, &schema["items"], item, &format!("{at}[{index}]"), found);
    }
    if let Some(fields) = value.as_object() {
        for (name, value) in fields {
            let property = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
            // Null is absent to clients; whether that may be is judged below.
            if let Some(property) = property.filter(|property| property.is_object() && !value.is_null()) {
                look(palette, property, value, &format!("{at}.{name}"), found);
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| fields.get(*name).is_none_or(Value::is_null)) {
            found.push(format!("{at} has no {name}, which clients look into without asking"));
        }
    }
}
