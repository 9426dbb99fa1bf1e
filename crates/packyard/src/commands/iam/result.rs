//! What a call answered, as JSON for programs (the members of `aws iam`) and as lines for people.

use super::verbs::{BOOLEANS, DOCUMENTS, LISTS, NUMBERS};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Answer(Map<String, Value>);

impl Answer {
    /// Gives the texts of an XML answer the types they have in JSON.
    pub(super) fn read(answer: Map<String, Value>) -> Self {
        Self(typed(answer))
    }
}

fn typed(members: Map<String, Value>) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.clone(), value_of(&name, value))).collect()
}

fn value_of(name: &str, value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(typed(members)),
        Value::Array(rows) => rows.into_iter().map(|row| value_of("", row)).collect(),
        Value::String(text) if text.trim().is_empty() && LISTS.contains(&name) => Value::Array(Vec::new()),
        Value::String(text) if BOOLEANS.contains(&name) => Value::Bool(text == "true"),
        Value::String(text) if NUMBERS.contains(&name) => text.parse::<i64>().map_or(Value::String(text), Value::from),
        Value::String(text) if DOCUMENTS.contains(&name) => document(&text),
        other => other,
    }
}

/// A policy as the JSON it is.
fn document(text: &str) -> Value {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    serde_json::from_str(&decoded).unwrap_or_else(|_| Value::String(decoded.into_owned()))
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        lines(&mut text, &self.0);
        f.write_str(text.trim_end())
    }
}

/// One line a value; the rows of a list with an empty line between them.
fn lines(out: &mut String, members: &Map<String, Value>) {
    let width = members.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in members {
        match value {
            Value::Object(inner) if !DOCUMENTS.contains(&name.as_str()) => lines(out, inner),
            Value::Array(rows) => rows.iter().for_each(|row| match row {
                Value::Object(row) => {
                    lines(out, row);
                    out.push('\n');
                }
                other => line(out, "", 0, other),
            }),
            other => line(out, name, width, other),
        }
    }
}

fn line(out: &mut String, name: &str, width: usize, value: &Value) {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if name.is_empty() {
        out.push_str(&text);
    } else {
        out.push_str(&format!("{name:width$}  {text}"));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(value: Value) -> Answer {
        let Value::Object(members) = value else { panic!("an object") };
        Answer::read(members)
    }

    #[test]
    fn texts_get_their_types() {
        let read = answer(json!({
            "Users": "", "LoginProfile": { "PasswordResetRequired": "false" }, "Role": { "MaxSessionDuration": "3600",
            "AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%7D" },
        }));
        assert_eq!(
            serde_json::to_value(&read).unwrap(),
            json!({
                "Users": [], "LoginProfile": { "PasswordResetRequired": false },
                "Role": { "MaxSessionDuration": 3600, "AssumeRolePolicyDocument": { "Version": "2012-10-17" } },
            })
        );
    }

    #[test]
    fn people_get_lines() {
        let one = answer(json!({ "AccessKey": { "AccessKeyId": "AKIA", "Status": "Active" } }));
        assert_eq!(one.to_string(), "AccessKeyId  AKIA\nStatus       Active");
        let list = answer(json!({ "Users": [{ "UserName": "a" }, { "UserName": "b" }] }));
        assert_eq!(list.to_string(), "UserName  a\n\nUserName  b");
        assert_eq!(answer(json!({ "PolicyNames": ["x", "y"] })).to_string(), "x\ny");
    }
}
