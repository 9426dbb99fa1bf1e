//! pack.json changed as text: order, indentation and every byte that is not meant stay.

use super::{FILE, Metadata};
use crate::place::Place;
use std::ops::Range;

/// A text with blanks around it, where they mean nothing: the reader drops them.
#[derive(Debug)]
pub(crate) struct Padded {
    pub(crate) path: String,
    pub(crate) place: Place,
    /// The text's inside in pack.json, and what of it is no blank.
    inside: Range<usize>,
    kept: Range<usize>,
}

const TRIMMED: [&str; 9] =
    ["name", "displayName", "version", "layer", "addonType", "addonSubType", "eol", "group", "kubeVersion"];
const TRIMMED_BELOW: [&str; 5] = ["cloudTypes.", "charts.", "kubeManifests.", "ansibleRoles.", "constraints."];

impl Metadata {
    /// Texts with outer blanks, as they stand in the file.
    pub(crate) fn padded(&self) -> Vec<Padded> {
        let is_trimmed =
            |path: &str| TRIMMED.contains(&path) || TRIMMED_BELOW.iter().any(|below| path.starts_with(below));
        let mut out: Vec<Padded> = Vec::new();
        for (path, (line, column)) in self.places.all().filter(|(path, _)| is_trimmed(path)) {
            let Some(inside) = self.string_at(path) else { continue };
            let kept = without_blanks(&self.text, inside.clone());
            if kept != inside {
                out.push(Padded { path: path.to_owned(), place: Place::at(FILE, line, column), inside, kept });
            }
        }
        out.sort_by_key(|text| text.inside.start);
        out
    }

    /// pack.json without the blanks around these texts.
    pub(crate) fn without(&self, padded: &[Padded]) -> String {
        let mut text = self.text.clone();
        for one in padded.iter().rev() {
            text.replace_range(one.inside.clone(), &self.text[one.kept.clone()]);
        }
        text
    }

    pub(crate) fn has_member(&self, path: &str) -> bool {
        self.places.get(path).is_some()
    }

    /// pack.json with a member behind `name`, on a line of its own where `name` has one.
    pub(crate) fn with_member(&self, key: &str, value: &serde_json::Value) -> Option<String> {
        let start = self.offset("name")?;
        let end = self.string_at("name")?.end + 1;
        let line = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let indent = &self.text[line..start];
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let gap = if line > 0 && indent.trim().is_empty() { format!(",{newline}{indent}") } else { ", ".to_owned() };
        Some(format!("{}{gap}\"{key}\": {value}{}", &self.text[..end], &self.text[end..]))
    }

    /// Byte at which a member's key, or an item, starts.
    fn offset(&self, path: &str) -> Option<usize> {
        let (line, column) = self.places.get(path)?;
        let start: usize = self.text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        self.text[start..].char_indices().nth(column - 1).map(|(at, _)| start + at)
    }

    /// The inside of the text that is a member's value, or an item.
    fn string_at(&self, path: &str) -> Option<Range<usize>> {
        let text = self.text.as_str();
        let mut at = self.offset(path)?;
        let is_item = path.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if !is_item {
            at = string(text, at)?.end + 1;
            at += text[at..].find(':')? + 1;
            at += text[at..].len() - text[at..].trim_start().len();
        }
        string(text, at)
    }
}

/// The inside of the string that starts with the quote at `at`.
fn string(text: &str, at: usize) -> Option<Range<usize>> {
    let inside = text[at..].strip_prefix('"')?;
    let mut escaped = false;
    for (offset, c) in inside.char_indices() {
        match c {
            '"' if !escaped => return Some(at + 1..at + 1 + offset),
            c => escaped = c == '\\' && !escaped,
        }
    }
    None
}

/// What is left of a string's inside without blanks, plain or as `\n`, at both ends.
fn without_blanks(text: &str, inside: Range<usize>) -> Range<usize> {
    let mut kept = inside.end..inside.end;
    let mut rest = inside.start;
    while rest < inside.end {
        let mut chars = text[rest..inside.end].chars();
        let (first, second) = (chars.next(), chars.next());
        let (bytes, is_blank) = match (first, second) {
            (Some('\\'), Some(c)) => (1 + c.len_utf8(), matches!(c, 'n' | 'r' | 't')),
            (Some(c), _) => (c.len_utf8(), c.is_whitespace()),
            (None, _) => break,
        };
        if !is_blank {
            kept = kept.start.min(rest)..rest + bytes;
        }
        rest += bytes;
    }
    if kept.start == inside.end { inside.start..inside.start } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(text: &str) -> Metadata {
        Metadata::parse(text).unwrap_or_else(|found| panic!("{found:?}")).0
    }

    #[test]
    fn blanks_go_and_nothing_else() {
        let text = "{\n\t\"name\" : \"p\", \"version\": \" 1.0.0\\n\",\n  \"layer\":\"addon \", \"eol\": \"  \",\n  \"readme\": \" kept \",\n  \"cloudTypes\": [ \"all\", \" aws\"]\n}";
        let metadata = metadata(text);
        let padded = metadata.padded();
        let paths: Vec<&str> = padded.iter().map(|text| text.path.as_str()).collect();
        assert_eq!(paths, ["version", "layer", "eol", "cloudTypes.1"]);
        let expected = text
            .replace("\" 1.0.0\\n\"", "\"1.0.0\"")
            .replace("\"addon \"", "\"addon\"")
            .replace("\"  \"", "\"\"")
            .replace("\" aws\"", "\"aws\"");
        assert_eq!(metadata.without(&padded), expected);
        assert_eq!(padded[0].place.to_string(), "pack.json:2:16");
    }

    #[test]
    fn a_member_is_put_behind_the_name() {
        let value = serde_json::json!("A \"b\"");
        let one = metadata(r#"{"version":"1","name":"p","layer":"addon"}"#);
        let expected = r#"{"version":"1","name":"p", "displayName": "A \"b\"","layer":"addon"}"#;
        assert_eq!(one.with_member("displayName", &value).as_deref(), Some(expected));
        let lines = metadata("{\r\n  \"name\": \"p\",\r\n  \"version\": \"1\", \"layer\": \"addon\"\r\n}");
        let expected = "{\r\n  \"name\": \"p\",\r\n  \"displayName\": \"A \\\"b\\\"\",\r\n  \"version\": \"1\", \"layer\": \"addon\"\r\n}";
        assert_eq!(lines.with_member("displayName", &value).as_deref(), Some(expected));
    }
}
