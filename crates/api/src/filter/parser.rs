use crate::error::ApiError;
use packyard_catalog::{Field, Filter, Op};

/// Longest filter text, in bytes, and most conditions in it.
const MAX_LENGTH: usize = 8 * 1024;
const MAX_CONDITIONS: usize = 100;

/// A word joins two conditions only when one of these follows it.
const ROOTS: [&str; 3] = ["metadata.", "spec.", "status."];
/// Two-letter operators stand before their one-letter beginnings.
const OPERATORS: [(&str, Op); 7] =
    [("_in_", Op::In), ("!=", Op::Ne), (">=", Op::Ge), ("<=", Op::Le), ("=", Op::Eq), (">", Op::Gt), ("<", Op::Lt)];

pub(crate) const FIELDS: [(&str, Field); 16] = [
    ("metadata.uid", Field::Uid),
    ("metadata.name", Field::Name),
    ("spec.name", Field::Name),
    ("spec.displayName", Field::DisplayName),
    ("spec.version", Field::Version),
    ("spec.layer", Field::Layer),
    ("spec.cloudTypes", Field::CloudTypes),
    ("spec.cloudType", Field::CloudTypes),
    ("spec.registryUid", Field::RegistryUid),
    ("spec.addonType", Field::AddonType),
    ("spec.addOnType", Field::AddonType),
    ("spec.addonSubType", Field::AddonSubType),
    ("spec.addOnSubType", Field::AddonSubType),
    ("spec.type", Field::Type),
    ("spec.digest", Field::Digest),
    ("spec.state", Field::State),
];

/// Reads a whole `filters` text; an empty one matches everything.
pub(crate) fn parse_filters(text: &str) -> Result<Filter, ApiError> {
    if text.len() > MAX_LENGTH {
        return Err(invalid(format!("the filter is longer than {MAX_LENGTH} bytes")));
    }
    if text.trim().is_empty() {
        return Ok(Filter::everything());
    }
    let mut rest = text;
    let mut groups = vec![Vec::new()];
    for _ in 0..MAX_CONDITIONS {
        let (condition, after) = condition(rest)?;
        if let Some(group) = groups.last_mut() {
            group.push(condition);
        }
        match joint(after) {
            Some((Joint::And, next)) => rest = next,
            Some((Joint::Or, next)) => {
                groups.push(Vec::new());
                rest = next;
            }
            None => return Ok(Filter::Any(groups.into_iter().map(Filter::All).collect())),
        }
    }
    Err(invalid(format!("the filter has more than {MAX_CONDITIONS} conditions")))
}

#[derive(Clone, Copy)]
enum Joint {
    And,
    Or,
}

/// The word at the start of `text` if it joins conditions, with what follows.
fn joint(text: &str) -> Option<(Joint, &str)> {
    let text = text.trim_start();
    let (joint, rest) = match text.strip_prefix("AND") {
        Some(rest) => (Joint::And, rest),
        None => (Joint::Or, text.strip_prefix("OR")?),
    };
    let rest = rest.trim_start();
    ROOTS.iter().any(|root| rest.starts_with(root)).then_some((joint, rest))
}

/// `path op value` at the start of `text`, and what follows it.
fn condition(text: &str) -> Result<(Filter, &str), ApiError> {
    let Some((at, word, op)) = first_operator(text) else {
        return Err(invalid(format!(
            "`{}` is not a condition: write path=value, or path_in_value,value",
            excerpt(text)
        )));
    };
    let path = text[..at].trim();
    let Some(&(_, field)) = FIELDS.iter().find(|(known, _)| *known == path) else {
        let known: Vec<_> = FIELDS.iter().map(|(path, _)| *path).collect();
        return Err(invalid(format!(
            "packs cannot be filtered by `{}`; known paths are {}",
            excerpt(path),
            known.join(", ")
        )));
    };
    let (values, rest) = values(&text[at + word.len()..], op);
    Ok((Filter::Is { field, op, values }, rest))
}

fn first_operator(text: &str) -> Option<(usize, &'static str, Op)> {
    let found = OPERATORS.iter().filter_map(|(word, op)| text.find(word).map(|at| (at, *word, *op)));
    found.reduce(|best, next| if next.0 < best.0 { next } else { best })
}

/// The value, or for `_in_` the values between commas; quotes keep everything inside them.
fn values(text: &str, op: Op) -> (Vec<String>, &str) {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        let (value, after) = quoted(rest, op).unwrap_or_else(|| bare(rest, op));
        values.push(value);
        match after.trim_start().strip_prefix(',') {
            Some(next) if op == Op::In => rest = next,
            _ => return (values, after),
        }
    }
}

/// A value in quotes, if the closing quote ends it.
fn quoted(text: &str, op: Op) -> Option<(String, &str)> {
    let start = text.trim_start();
    let quote = start.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let inside = &start[1..];
    inside.match_indices(quote).find_map(|(end, _)| {
        let after = &inside[end + 1..];
        let ends =
            after.trim().is_empty() || joint(after).is_some() || (op == Op::In && after.trim_start().starts_with(','));
        ends.then(|| (inside[..end].to_owned(), after))
    })
}

/// Text up to the next joint (or comma, in a list); spaces inside are kept.
fn bare(text: &str, op: Op) -> (String, &str) {
    let end = text
        .char_indices()
        .find(|&(at, c)| match c {
            ',' => op == Op::In,
            'A' | 'O' => joint(&text[at..]).is_some(),
            _ => false,
        })
        .map_or(text.len(), |(at, _)| at);
    (text[..end].trim().to_owned(), &text[end..])
}

fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}

fn invalid(message: String) -> ApiError {
    ApiError::bad_request("InvalidFilter", message)
}
