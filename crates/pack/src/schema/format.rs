//! The template of `format`: literal text mixed with `${TYPE}`, `${TYPE:/REGEX/}`, `${number:[LOW-HIGH]}`, `${list:[A,B]}`.

use super::re2;
use regex::{Regex, RegexBuilder};
use std::fmt;

/// Compiled size a pattern may have; schema.yaml comes from anybody.
const REGEX_BYTES: usize = 256 << 10;
const NUMBER: &str = r"[+-]?[0-9]+(?:\.[0-9]+)?";

#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// As written.
    pub template: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Placeholder(Placeholder),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Placeholder {
    pub kind: FieldKind,
    /// RE2 syntax, checked to compile.
    pub regex: Option<String>,
    /// Both ends belong to it.
    pub range: Option<(f64, f64)>,
    /// The choices of a list.
    pub options: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    String,
    Number,
    Boolean,
    /// Shown masked.
    Password,
    List,
    Ipv4,
    Version,
    /// Undocumented but used.
    Input,
    /// A word that is not known; shown as text.
    Other(String),
}

impl FieldKind {
    fn of(word: &str) -> Self {
        match word {
            "string" => Self::String,
            "number" => Self::Number,
            "boolean" | "bool" => Self::Boolean,
            "password" => Self::Password,
            "list" => Self::List,
            "ipv4" => Self::Ipv4,
            "version" => Self::Version,
            "input" => Self::Input,
            other => Self::Other(other.to_owned()),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Password => "password",
            Self::List => "list",
            Self::Ipv4 => "ipv4",
            Self::Version => "version",
            Self::Input => "input",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Format {
    /// Parses a template; the error is fit for a message.
    pub fn parse(template: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once("${") {
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let (placeholder, after) = placeholder(after)?;
            parts.push(Part::Placeholder(placeholder));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { template: template.to_owned(), parts })
    }

    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| if let Part::Placeholder(p) = part { Some(p) } else { None })
    }

    /// Whether a value has this form as a whole.
    pub fn accepts(&self, value: &str) -> bool {
        let mut pattern = String::from("^(?:");
        let mut ranges = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Literal(text) => pattern.push_str(&regex::escape(text)),
                Part::Placeholder(Placeholder { range: Some(range), regex: None, .. }) => {
                    pattern.push_str(&format!("(?P<range{index}>{NUMBER})"));
                    ranges.push((format!("range{index}"), *range));
                }
                Part::Placeholder(placeholder) => pattern.push_str(&placeholder.pattern()),
            }
        }
        pattern.push_str(")$");
        // Each part was checked; together they may still be too large for one pattern, which refuses nothing.
        let Ok(whole) = regex(&pattern) else { return true };
        let Some(found) = whole.captures(value) else { return false };
        ranges.iter().all(|(group, (low, high))| {
            found.name(group).and_then(|m| m.as_str().parse::<f64>().ok()).is_some_and(|n| n >= *low && n <= *high)
        })
    }
}

impl Placeholder {
    fn pattern(&self) -> String {
        if let Some(pattern) = &self.regex {
            // It was translated without an error when it was read.
            return format!("(?:{})", re2::translate(pattern).unwrap_or_default());
        }
        match self.kind {
            FieldKind::Number => NUMBER.to_owned(),
            FieldKind::Boolean => "(?:true|false)".to_owned(),
            FieldKind::Ipv4 => {
                let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
                format!(r"{octet}(?:\.{octet}){{3}}")
            }
            // As packs write versions: `v1.8.7`, `1.5`, `2.0.2-up.4`.
            FieldKind::Version => "[vV]?[0-9][0-9A-Za-z._+-]*".to_owned(),
            FieldKind::List if !self.options.is_empty() => {
                format!("(?:{})", self.options.iter().map(|o| regex::escape(o)).collect::<Vec<_>>().join("|"))
            }
            _ => "(?s:.*)".to_owned(),
        }
    }
}

fn placeholder(text: &str) -> Result<(Placeholder, &str), String> {
    let end = text.find([':', '}']).ok_or("a `${` is not closed by `}`")?;
    let kind = FieldKind::of(text[..end].trim());
    if text[..end].trim().is_empty() {
        return Err("a `${}` names no type".to_owned());
    }
    let mut out = Placeholder { kind, regex: None, range: None, options: Vec::new() };
    if text[end..].starts_with('}') {
        return Ok((out, &text[end + 1..]));
    }
    let constraint = &text[end + 1..];
    let (close, offset) = if constraint.starts_with('/') {
        ("/}", 1)
    } else if constraint.starts_with('[') {
        ("]}", 1)
    } else {
        ("}", 0)
    };
    let length =
        constraint[offset..].find(close).ok_or_else(|| format!("a `${{{}:` is not closed by `{close}`", out.kind))?;
    let body = &constraint[offset..offset + length];
    let rest = &constraint[offset + length + close.len()..];
    match (close, &out.kind) {
        ("/}", _) => {
            if let Some(why) = pattern_problem(body) {
                return Err(format!("the pattern `{}` is not a regular expression: {why}", crate::shown::shown(body)));
            }
            out.regex = Some(body.to_owned());
        }
        ("]}", FieldKind::Number) => out.range = Some(range(body)?),
        ("]}", _) => out.options = body.split(',').map(|o| o.trim().to_owned()).filter(|o| !o.is_empty()).collect(),
        _ => return Err(format!("`{}` is neither a pattern `/.../` nor a choice `[...]`", crate::shown::shown(body))),
    }
    Ok((out, rest))
}

/// `1-65535`; either end may be negative.
fn range(body: &str) -> Result<(f64, f64), String> {
    let bad = || format!("`[{}]` is not a range of two numbers", crate::shown::shown(body));
    let dash = body.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at).ok_or_else(bad)?;
    let low = body[..dash].trim().parse::<f64>().map_err(|_| bad())?;
    let high = body[dash + 1..].trim().parse::<f64>().map_err(|_| bad())?;
    (low <= high).then_some((low, high)).ok_or_else(bad)
}

/// Why a pattern is no regular expression to Palette; `None` when it is one.
pub fn pattern_problem(pattern: &str) -> Option<String> {
    re2::translate(pattern).and_then(|pattern| regex(&pattern).map_err(|e| last_line(&e))).err()
}

fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(REGEX_BYTES).dfa_size_limit(REGEX_BYTES).build()
}

fn last_line(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
