//! Changes to a JSON text that leave every other byte as it is: a file that other programs and people write keeps its
//! order, its indentation and what only they understand.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::ser::PrettyFormatter;
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// One member of an object, with its place in the text.
#[derive(Debug, Clone)]
struct Member {
    key: String,
    /// Of the quotation mark that opens the key.
    key_start: usize,
    value: Range<usize>,
}

/// Why a text cannot be changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotChanged {
    #[error("it is not a JSON object: {0}")]
    NotAnObject(#[from] serde_json::Error),
    #[error("its `{0}` is not an object")]
    NestedNotAnObject(String),
}

/// Sets the member `key` of the object `object`, which is made where it is missing.
pub(super) fn set(text: &str, object: &str, key: &str, value: &Value) -> Result<String, NotChanged> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let style = Style::of(text);
    let top = whole(text);
    let members = members(text, &top)?;
    let Some(found) = members.iter().find(|member| member.key == object) else {
        let value = serde_json::json!({ key: value });
        return Ok(inserted(text, &top, &members, object, &value, (&style, 1)));
    };
    let inner = nested(text, found)?;
    Ok(match inner.iter().find(|member| member.key == key) {
        Some(member) => replaced(text, &member.value, &style.render(value, 2)),
        None => inserted(text, &found.value, &inner, key, value, (&style, 2)),
    })
}

/// Removes the members of `object` whose key is one of those that `goes` names.
pub(super) fn remove(text: &str, object: &str, goes: impl Fn(&str) -> bool) -> Result<String, NotChanged> {
    let mut text = text.to_owned();
    loop {
        if text.trim().is_empty() {
            return Ok(text);
        }
        let members = members(&text, &whole(&text))?;
        let Some(found) = members.into_iter().find(|member| member.key == object) else { return Ok(text) };
        let inner = nested(&text, &found)?;
        let Some(at) = inner.iter().position(|member| goes(&member.key)) else { return Ok(text) };
        let cut = match (at, inner.get(at + 1)) {
            // With the comma before it, or after it; the only one leaves an empty object.
            (1.., _) => inner[at - 1].value.end..inner[at].value.end,
            (0, Some(next)) => inner[0].key_start..next.key_start,
            (0, None) => found.value.start + 1..found.value.end - 1,
        };
        text = replaced(&text, &cut, "");
    }
}

fn whole(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..text.trim_end().len()
}

fn replaced(text: &str, range: &Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

/// Adds a member at the end of an object, set out like those before it. `depth` is how deep members of it lie.
fn inserted(
    text: &str,
    object: &Range<usize>,
    members: &[Member],
    key: &str,
    value: &Value,
    (style, depth): (&Style, usize),
) -> String {
    let (key, value) = (Value::from(key), style.render(value, depth));
    let (Some(first), Some(last)) = (members.first(), members.last()) else {
        let (inside, end) = (style.line(depth), style.line(depth - 1));
        return replaced(text, object, &format!("{{{inside}{key}:{}{value}{end}}}", style.after_colon()));
    };
    let gap = &text[object.start + 1..first.key_start];
    let after_colon = if text[..first.value.start].ends_with(':') { "" } else { " " };
    replaced(text, &(last.value.end..last.value.end), &format!(",{gap}{key}:{after_colon}{value}"))
}

/// How a text is set out: the indentation of one level, or all on one line.
struct Style(Option<String>);

impl Style {
    fn of(text: &str) -> Self {
        let inside = text.trim_start().strip_prefix('{').unwrap_or_default();
        let gap = &inside[..inside.len() - inside.trim_start().len()];
        Self(match gap.rsplit_once('\n') {
            Some((_, indent)) if !indent.is_empty() => Some(indent.to_owned()),
            Some(_) => Some("\t".to_owned()),
            // An empty object becomes what docker writes.
            None if inside.trim_start().starts_with('}') => Some("\t".to_owned()),
            None => None,
        })
    }

    fn line(&self, depth: usize) -> String {
        self.0.as_ref().map(|indent| format!("\n{}", indent.repeat(depth))).unwrap_or_default()
    }

    fn after_colon(&self) -> &'static str {
        if self.0.is_some() { " " } else { "" }
    }

    fn render(&self, value: &Value, depth: usize) -> String {
        let Some(indent) = &self.0 else { return value.to_string() };
        let mut out = Vec::new();
        let formatter = PrettyFormatter::with_indent(indent.as_bytes());
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
        // A value of serde_json can always be written into memory; its short form is as good.
        if serde::Serialize::serialize(value, &mut serializer).is_err() {
            return value.to_string();
        }
        String::from_utf8_lossy(&out).replace('\n', &self.line(depth))
    }
}

fn nested(text: &str, member: &Member) -> Result<Vec<Member>, NotChanged> {
    members(text, &member.value).map_err(|_| NotChanged::NestedNotAnObject(member.key.clone()))
}

/// The members of the object that `object` spans, in their order.
fn members(text: &str, object: &Range<usize>) -> serde_json::Result<Vec<Member>> {
    let pairs: Pairs<'_> = serde_json::from_str(&text[object.clone()])?;
    let mut end = object.start + 1;
    let mut members = Vec::with_capacity(pairs.0.len());
    for (key, raw) in pairs.0 {
        // The raw value is a part of the text itself, so its address tells its place.
        let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
        let value = start..start + raw.get().len();
        let key_start = end + text[end..start].find('"').unwrap_or_default();
        end = value.end;
        members.push(Member { key, key_start, value });
    }
    Ok(members)
}

struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(text: &str) -> String {
        set(text, "auths", "h", &json!({ "auth": "x" })).unwrap()
    }

    #[test]
    fn what_is_set_is_set_out_like_the_rest() {
        let dockers = "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t}\n}";
        for empty in ["", " ", "{}", "{ }"] {
            assert_eq!(with(empty).trim_end(), dockers, "{empty:?}");
        }
        for (before, after) in [
            (
                "{\n  \"a\": 1\n}\n",
                "{\n  \"a\": 1,\n  \"auths\": {\n    \"h\": {\n      \"auth\": \"x\"\n    }\n  }\n}\n",
            ),
            (r#"{"a":[1, 2]}"#, r#"{"a":[1, 2],"auths":{"h":{"auth":"x"}}}"#),
            (r#"{"auths":{"g":{"e": 1}},"z":1e2}"#, r#"{"auths":{"g":{"e": 1},"h":{"auth":"x"}},"z":1e2}"#),
            (r#"{"auths":{"h":{"auth":"old","email":"e"},"g":{}}}"#, r#"{"auths":{"h":{"auth":"x"},"g":{}}}"#),
            ("{\n \"auths\": {}\n}", "{\n \"auths\": {\n  \"h\": {\n   \"auth\": \"x\"\n  }\n }\n}"),
        ] {
            assert_eq!(with(before), after);
        }
    }

    #[test]
    fn setting_and_removing_gives_the_same_bytes() {
        let text = "{\r\n  \"auths\": {\r\n    \"a\\u0062\": {\"auth\":\"eDp5\"} , \"ü\":{ }\r\n  },\n\n  \"x\": 1.0e+3, \"x\": null }\n";
        assert_eq!(remove(&with(text), "auths", |key| key == "h").unwrap(), text);
    }

    #[test]
    fn the_first_the_middle_the_last_and_the_only_one() {
        let text = r#"{"auths": { "a": 1, "b": 2,  "c": 3 }, "z": 0}"#;
        let without = |goes: &str| remove(text, "auths", |key| goes.contains(key)).unwrap();
        assert_eq!(without("a"), r#"{"auths": { "b": 2,  "c": 3 }, "z": 0}"#);
        assert_eq!(without("b"), r#"{"auths": { "a": 1,  "c": 3 }, "z": 0}"#);
        assert_eq!(without("ac"), r#"{"auths": { "b": 2 }, "z": 0}"#);
        assert_eq!(without("abc"), r#"{"auths": {}, "z": 0}"#);
        assert_eq!(without("x"), text);
        assert_eq!(remove("{}", "auths", |_| true).unwrap(), "{}");
    }

    #[test]
    fn what_is_no_object_stays_as_it_is() {
        for (text, why) in [("[]", "not a JSON object"), ("{", "not a JSON object"), (r#"{"auths":[]}"#, "`auths`")] {
            let error = set(text, "auths", "h", &json!({})).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
