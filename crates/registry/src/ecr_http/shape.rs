//! What a call's input must look like, as data. One table per operation stands in [`mod@super::operation`]; it is the part
//! of AWS's service model that clients leave to the server: botocore checks required members, types and minima only.
//!
//! A document is judged in two passes: its types first (`SerializationException`, as when JSON does not fit the model
//! at all), then its constraints in the order of the table (`InvalidParameterException`, naming the first that fails).

use super::error::EcrError;
use packyard_oci::RepoName;
use serde_json::{Map, Value};

/// A member of a structure.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: &'static Shape,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Text(Text),
    Integer {
        min: i64,
        max: i64,
    },
    Boolean,
    /// Base64; read and judged apart from the document, since it may be large (see [`super::part`]).
    Blob,
    List {
        of: &'static Shape,
        min: usize,
        max: usize,
    },
    Structure(&'static [Member]),
}

/// Lengths are in characters.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) one_of: &'static [&'static str],
}

/// A regular expression as the model writes it, and the function that decides it.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) text: &'static str,
    pub(crate) accepts: fn(&str) -> bool,
}

pub(crate) const fn required(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: true, shape }
}

pub(crate) const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: false, shape }
}

pub(crate) const fn any_text() -> Shape {
    text(0, usize::MAX)
}

pub(crate) const fn text(min: usize, max: usize) -> Shape {
    Shape::Text(Text { min, max, pattern: None, one_of: &[] })
}

pub(crate) const fn matching(min: usize, max: usize, text: &'static str, accepts: fn(&str) -> bool) -> Shape {
    Shape::Text(Text { min, max, pattern: Some(Pattern { text, accepts }), one_of: &[] })
}

pub(crate) const fn one_of(values: &'static [&'static str]) -> Shape {
    Shape::Text(Text { min: 0, max: usize::MAX, pattern: None, one_of: values })
}

/// Judges a whole input against its table.
pub(crate) fn check(members: &[Member], input: &Map<String, Value>) -> Result<(), EcrError> {
    types(members, input, "")?;
    constraints(members, input, "")
}

fn types(members: &[Member], input: &Map<String, Value>, path: &str) -> Result<(), EcrError> {
    for member in members {
        if let Some(value) = given(input, member.name) {
            type_of(member.shape, value, &join(path, member.name))?;
        }
    }
    Ok(())
}

fn type_of(shape: &Shape, value: &Value, path: &str) -> Result<(), EcrError> {
    let expected = match (shape, value) {
        (Shape::Text(_) | Shape::Blob, Value::String(_)) | (Shape::Boolean, Value::Bool(_)) => return Ok(()),
        (Shape::Integer { .. }, Value::Number(n)) if n.is_i64() => return Ok(()),
        (Shape::Structure(members), Value::Object(inner)) => return types(members, inner, path),
        (Shape::List { of, .. }, Value::Array(items)) => {
            return (1..).zip(items).try_for_each(|(n, item)| type_of(of, item, &element(path, n)));
        }
        (Shape::Text(_) | Shape::Blob, _) => "a string",
        (Shape::Boolean, _) => "true or false",
        (Shape::Integer { .. }, _) => "an integer",
        (Shape::Structure(_), _) => "a structure",
        (Shape::List { .. }, _) => "a list",
    };
    Err(EcrError::serialization(format!("'{path}' must be {expected}, but is {}", kind(value))))
}

fn constraints(members: &[Member], input: &Map<String, Value>, path: &str) -> Result<(), EcrError> {
    for member in members {
        let path = join(path, member.name);
        match given(input, member.name) {
            Some(value) => constraint(member.shape, value, &path)?,
            None if member.required => return Err(EcrError::invalid(&path, "Member must not be null")),
            None => {}
        }
    }
    Ok(())
}

fn constraint(shape: &Shape, value: &Value, path: &str) -> Result<(), EcrError> {
    match (shape, value) {
        (Shape::Text(text), Value::String(given)) => {
            text.broken_by(given).map_or(Ok(()), |reason| Err(EcrError::invalid(path, reason)))
        }
        (Shape::Integer { min, max }, Value::Number(given)) => {
            let given = given.as_i64().unwrap_or(i64::MIN);
            if given < *min {
                return Err(EcrError::invalid(
                    path,
                    format_args!("Member must have value greater than or equal to {min}"),
                ));
            }
            if given > *max {
                return Err(EcrError::invalid(
                    path,
                    format_args!("Member must have value less than or equal to {max}"),
                ));
            }
            Ok(())
        }
        (Shape::List { of, min, max }, Value::Array(items)) => {
            if let Some(reason) = length(items.len(), *min, *max) {
                return Err(EcrError::invalid(path, reason));
            }
            (1..).zip(items).try_for_each(|(n, item)| constraint(of, item, &element(path, n)))
        }
        (Shape::Structure(members), Value::Object(inner)) => constraints(members, inner, path),
        _ => Ok(()),
    }
}

impl Text {
    fn broken_by(&self, given: &str) -> Option<String> {
        if !self.one_of.is_empty() && !self.one_of.contains(&given) {
            return Some(format!("Member must satisfy enum value set: [{}]", self.one_of.join(", ")));
        }
        if let Some(reason) = length(given.chars().count(), self.min, self.max) {
            return Some(reason);
        }
        match &self.pattern {
            Some(pattern) if !(pattern.accepts)(given) => {
                Some(format!("must satisfy regular expression '{}'", pattern.text))
            }
            // PostgreSQL keeps none in a text, and AWS takes none.
            _ => given.contains('\0').then(|| "Member must not contain the character U+0000".to_owned()),
        }
    }
}

fn length(length: usize, min: usize, max: usize) -> Option<String> {
    if length < min {
        return Some(format!("Member must have length greater than or equal to {min}"));
    }
    (length > max).then(|| format!("Member must have length less than or equal to {max}"))
}

/// A member that is there and not null; null says the same as absence.
fn given<'a>(input: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    input.get(name).filter(|value| !value.is_null())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn element(path: &str, number: usize) -> String {
    format!("{path}.{number}.member")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a structure",
    }
}

/// The pattern of repository names.
pub(crate) fn is_repository_name(text: &str) -> bool {
    text.parse::<RepoName>().is_ok()
}

pub(crate) fn is_registry_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+`: wider than the digests a registry can hold.
pub(crate) fn is_layer_digest(text: &str) -> bool {
    let algorithm = |b: u8| b.is_ascii_alphanumeric() || b"-_+.".contains(&b);
    text.split_once(':').is_some_and(|(name, hex)| {
        !name.is_empty() && name.bytes().all(algorithm) && !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

pub(crate) fn is_upload_id(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, n)| part.len() == n && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `[0-9a-zA-Z._*-]{1,128}`
pub(crate) fn is_exclusion_filter(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._*-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(is_layer_digest("sha256:AbC0") && is_layer_digest("a+b.c_d-e:0"));
        assert!(
            !is_layer_digest("sha256:")
                && !is_layer_digest(":00")
                && !is_layer_digest("sha256:xyz")
                && !is_layer_digest("abc")
        );
        assert!(is_upload_id("01234567-89ab-CDEF-0123-456789abcdef"));
        assert!(!is_upload_id("01234567-89ab-CDEF-0123-456789abcde") && !is_upload_id("../../../../../../etc"));
        assert!(is_registry_id("000000000000") && !is_registry_id("00000000000") && !is_registry_id("٠٠٠٠٠٠٠٠٠٠٠٠"));
        assert!(is_exclusion_filter("v*-rc.1") && !is_exclusion_filter("") && !is_exclusion_filter("a/b"));
    }
}
