//! What the audit log says, in words.

use serde_json::{Map, Value};

/// `packyard:UpdateProfileMetadata` reads `Update profile metadata`.
pub(crate) fn action(action: &str) -> String {
    let name = action.rsplit(':').next().unwrap_or_default();
    let mut words = String::new();
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins =
            letter.is_uppercase() && (before.is_lowercase() || letters.peek().is_some_and(|next| next.is_lowercase()));
        if begins && !words.is_empty() {
            words.push(' ');
        }
        // Abbreviations stay as they are.
        let is_short = before.is_uppercase() || letters.peek().is_some_and(|next| next.is_uppercase());
        if begins && !words.is_empty() && !is_short {
            words.extend(letter.to_lowercase())
        } else {
            words.push(letter)
        }
        before = letter;
    }
    words.replace(" api key", " API key")
}

/// The same in a profile's own history, where it goes without saying what was changed.
pub(crate) fn profile_action(action: &str) -> String {
    match action.rsplit(':').next().unwrap_or_default() {
        "" => "Before there was a history",
        "CreateProfile" => "Created",
        "CreateProfileVersion" => "Created from another version",
        "UpdateProfile" => "Layers changed",
        "UpdateProfileMetadata" => "Basic information changed",
        "UpdateProfileVariables" => "Variables changed",
        "PublishProfile" => "Published",
        "RestoreProfile" => "Restored",
        "DiscardProfileDraft" => "Draft discarded",
        _ => return self::action(action),
    }
    .to_owned()
}

/// The last part of an ARN: whom people know.
pub(crate) fn actor_name(arn: &str) -> &str {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    if name == arn { arn.rsplit(':').next().unwrap_or(arn) } else { name }
}

/// One fact of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) name: String,
    pub(super) from: Option<String>,
    pub(super) to: String,
}

/// An object's fields; `before` and `after`, where a row has them, field by field. What was made or deleted has one side
/// only, whose fields stand alone. Other text is one fact without a name.
pub(super) fn details(detail: &str) -> Vec<Detail> {
    match serde_json::from_str::<Value>(detail) {
        Ok(Value::Object(mut fields)) => {
            let sides = (fields.remove("before"), fields.remove("after"));
            let mut found = facts(fields);
            match sides {
                (Some(Value::Null), Some(Value::Object(only))) | (Some(Value::Object(only)), Some(Value::Null)) => {
                    found.extend(facts(only))
                }
                (Some(before), Some(after)) if before != after => found.extend(changes(&before, &after)),
                _ => {}
            }
            found
        }
        _ if detail.trim().is_empty() => Vec::new(),
        _ => vec![Detail { name: String::new(), from: None, to: detail.to_owned() }],
    }
}

/// What the thing was called, by what the row says of it: its newer name, where it has two.
pub(super) fn named(detail: &str) -> Option<String> {
    let detail: Value = serde_json::from_str(detail).ok()?;
    let name = |of: &Value| of.get("name").and_then(Value::as_str).map(str::to_owned);
    let side = |side: &str| detail.get(side).and_then(name);
    name(&detail).or_else(|| side("after")).or_else(|| side("before"))
}

fn facts(fields: Map<String, Value>) -> Vec<Detail> {
    let told = fields.into_iter().map(|(name, value)| Detail { name, from: None, to: text(&value) });
    told.filter(|detail| !detail.to.is_empty()).collect()
}

fn changes(before: &Value, after: &Value) -> Vec<Detail> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        return vec![Detail { name: "change".to_owned(), from: Some(text(before)), to: text(after) }];
    };
    let removed = before.keys().filter(|name| !after.contains_key(*name));
    let side = |side: &Map<String, Value>, name: &str| side.get(name).map(text).unwrap_or_default();
    let names = after.keys().chain(removed).filter(|name| before.get(*name) != after.get(*name));
    let change = |name: &String| Detail { name: name.clone(), from: Some(side(before, name)), to: side(after, name) };
    names.map(change).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => pack(fields).unwrap_or_else(|| pairs(fields)),
        other => other.to_string(),
    }
}

/// Of the digest that the log keeps of a text: enough to see that it changed.
const DIGITS: usize = "sha256:".len() + 12;

fn pairs(fields: &Map<String, Value>) -> String {
    fields.iter().map(|(name, value)| format!("{name}: {}", text(value))).collect::<Vec<_>>().join(", ")
}

/// A layer of a profile: `vault 1.2.0 (values sha256:0123456789ab)`.
fn pack(fields: &Map<String, Value>) -> Option<String> {
    let part = |name: &str| fields.get(name).and_then(Value::as_str);
    let (name, tag, values) = (part("name")?, part("tag")?, part("values")?);
    let manifests = fields.get("manifests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let manifests =
        manifests.iter().filter_map(|one| Some((one.get("name")?.as_str()?, one.get("content")?.as_str()?)));
    let texts = std::iter::once(("values", values)).chain(manifests);
    let texts: Vec<String> = texts.map(|(name, digest)| format!("{name} {}", short(digest))).collect();
    Some(format!("{name} {tag} ({})", texts.join(", ")))
}

fn short(digest: &str) -> String {
    digest.chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_and_actors_read_as_words() {
        for (from, to) in [
            ("packyard:UpdateProfileMetadata", "Update profile metadata"),
            ("CreateRegistry", "Create registry"),
            ("iam:CreateAccessKey", "Create access key"),
            ("packyard:CreateApiKey", "Create API key"),
            ("ecr:PutImage", "Put image"),
            ("", ""),
        ] {
            assert_eq!(action(from), to);
        }
        assert_eq!(actor_name("arn:aws:iam::000000000000:user/ann@example.com"), "ann@example.com");
        assert_eq!(actor_name("arn:aws:iam::000000000000:root"), "root");
        assert_eq!(actor_name("operator"), "operator");
    }

    #[test]
    fn a_thing_is_called_by_its_newest_name() {
        for (detail, name) in [
            (r#"{"name":"web"}"#, Some("web")),
            (r#"{"before":{"name":"old"},"after":{"name":"new"}}"#, Some("new")),
            (r#"{"before":{"name":"gone"},"after":null}"#, Some("gone")),
            (r#"{"before":["dns"],"after":["dns"]}"#, None),
            ("plain words", None),
        ] {
            assert_eq!(named(detail).as_deref(), name, "{detail}");
        }
    }

    #[test]
    fn details_are_facts_and_changes() {
        let told = |text: &str| -> Vec<String> {
            details(text)
                .iter()
                .map(|d| format!("{}|{}|{}", d.name, d.from.clone().unwrap_or_default(), d.to))
                .collect()
        };
        assert_eq!(told(r#"{"name":"web","force":true,"none":null}"#), ["name||web", "force||true"]);
        let sides = r#"{"before":{"a":1,"b":"x","c":2},"after":{"a":1,"b":"y","d":3}}"#;
        assert_eq!(told(sides), ["b|x|y", "d||3", "c|2|"]);
        let made = r#"{"before":null,"after":{"name":"web","labels":{"team":"x"},"variables":["a","b"],"draft":null}}"#;
        assert_eq!(told(made), ["name||web", "labels||team: x", "variables||a, b"]);
        assert_eq!(told(r#"{"before":{"name":"web"},"after":null}"#), ["name||web"]);
        let layers = r#"{"before":{"draft":null},"after":{"draft":[{"name":"web","tag":"1.0.0","uid":"u","values":"sha256:0123456789abcdef","manifests":[{"name":"m","content":"sha256:fedcba98765432"}]}]}}"#;
        assert_eq!(told(layers), ["draft||web 1.0.0 (values sha256:0123456789ab, m sha256:fedcba987654)"]);
        assert_eq!(told(r#"{"before":["dns"],"after":["dns"],"newValues":["dns"]}"#), ["newValues||dns"]);
        assert_eq!(told("plain words"), ["||plain words"]);
        assert_eq!(told(""), [""; 0]);
    }
}
