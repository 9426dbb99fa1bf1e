//! The inside of `{{ ... }}`: names, functions and pipes of Go templates, as far as packs use them.

use super::{ROOT, Scope};

/// One stage of a pipeline: `default "a" .x` or `.spectro.var.x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Empty where the stage is a value.
    pub function: String,
    pub arguments: Vec<Argument>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// `.spectro.var.x`, with its dot.
    Field(String),
    /// Without its quotes.
    Text(String),
    /// Numbers, `true`, variables and what else there is, as written.
    Word(String),
    /// In parentheses.
    Pipeline(Vec<Call>),
}

/// Parentheses deeper than this are read as words.
const DEPTH: usize = 16;

/// Bytes of the action that a text starts with, braces included; None where it does not end.
pub(super) fn length(text: &str) -> Option<usize> {
    let mut rest = text.strip_prefix("{{")?;
    loop {
        let stop = rest.find(['}', '"', '`', '\''])?;
        let from = &rest[stop..];
        let at = text.len() - from.len();
        if from.starts_with("}}") {
            return Some(at + 2);
        }
        let quote = from.chars().next()?;
        // In a YAML scalar in double quotes, the action's own quotes are written `\"`.
        let escaped = quote == '"' && rest[..stop].ends_with('\\');
        rest = match (quote, quoted(from, quote, escaped)) {
            ('}', _) => &from[1..],
            (_, Some(length)) => &from[length..],
            // A lone apostrophe is no quote.
            ('\'', None) => &from[1..],
            (_, None) => return None,
        };
    }
}

/// Bytes of a quoted text with its quotes.
fn quoted(text: &str, quote: char, escaped: bool) -> Option<usize> {
    let mut last = ' ';
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && (quote == '`' || (last == '\\') == escaped) {
            return Some(at + c.len_utf8());
        }
        last = if last == '\\' && c == '\\' { ' ' } else { c };
    }
    None
}

/// The references, each with its offset, and the pipeline.
pub(super) fn parse(action: &str) -> (Vec<(usize, Scope, String)>, Vec<Call>) {
    let inner = action.strip_prefix("{{").unwrap_or(action);
    let inner = inner.strip_suffix("}}").unwrap_or(inner);
    let mut reader = Reader { text: inner, at: 0, references: Vec::new() };
    let pipeline = reader.pipeline(0);
    let references = reader.references.into_iter().map(|(at, scope, path)| (at + 2, scope, path)).collect();
    (references, pipeline)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    references: Vec<(usize, Scope, String)>,
}

impl Reader<'_> {
    fn pipeline(&mut self, depth: usize) -> Vec<Call> {
        let mut calls = vec![Vec::new()];
        while let Some(c) = self.text[self.at..].chars().next() {
            let push = |calls: &mut Vec<Vec<Argument>>, argument| {
                if let Some(last) = calls.last_mut() {
                    last.push(argument);
                }
            };
            match c {
                '|' => {
                    self.at += 1;
                    calls.push(Vec::new());
                }
                ')' => {
                    self.at += 1;
                    if depth > 0 {
                        break;
                    }
                }
                '(' => {
                    self.at += 1;
                    if depth < DEPTH {
                        let inner = self.pipeline(depth + 1);
                        push(&mut calls, Argument::Pipeline(inner));
                    }
                }
                c if c.is_whitespace() || matches!(c, ',' | '\\') => self.at += c.len_utf8(),
                '"' | '`' | '\'' => {
                    let escaped = c == '"' && self.text[..self.at].ends_with('\\');
                    let rest = &self.text[self.at..];
                    let length = quoted(rest, c, escaped).unwrap_or(rest.len());
                    let text = rest[1..length].strip_suffix(c).unwrap_or(&rest[1..length]);
                    let text = if escaped { text.strip_suffix('\\').unwrap_or(text) } else { text };
                    push(&mut calls, Argument::Text(text.to_owned()));
                    self.at += length;
                }
                _ => {
                    let argument = self.word();
                    if argument != Argument::Word("-".to_owned()) {
                        push(&mut calls, argument);
                    }
                }
            }
        }
        calls.into_iter().map(call).collect()
    }

    fn word(&mut self) -> Argument {
        let rest = &self.text[self.at..];
        let ends = |c: char| c.is_whitespace() || matches!(c, '|' | '(' | ')' | '"' | '`' | '\'' | ',' | '\\');
        let length = rest.find(ends).unwrap_or(rest.len());
        let (start, mut word) = (self.at, &rest[..length]);
        self.at += length;
        // `{{-` and `-}}` trim blanks.
        let trimmed = word.trim_start_matches('-');
        let offset = if trimmed.starts_with('.') { word.len() - trimmed.len() } else { 0 };
        word = &word[offset..];
        if let Some(path) = word.strip_prefix(ROOT) {
            let (scope, path) = path.split_once('.').unwrap_or((path, ""));
            let path = if self.at == self.text.len() { path.trim_end_matches('-') } else { path };
            let scope = match scope {
                "system" => Scope::System,
                "pack" => Scope::Pack,
                "var" => Scope::Var,
                "macro" => Scope::Macro,
                other => Scope::Unknown(other.to_owned()),
            };
            self.references.push((start + offset, scope, path.to_owned()));
        }
        if word.starts_with('.') { Argument::Field(word.to_owned()) } else { Argument::Word(word.to_owned()) }
    }
}

fn call(mut arguments: Vec<Argument>) -> Call {
    let name = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !matches!(word, "true" | "false" | "nil")
    };
    let function = match arguments.first() {
        Some(Argument::Word(word)) if name(word) => word.clone(),
        _ => return Call { function: String::new(), arguments },
    };
    arguments.remove(0);
    Call { function, arguments }
}
