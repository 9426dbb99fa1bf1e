//! Wildcards (`*`, `?`) and policy variables (`${aws:username}`, `${key, 'default'}`, `${*}`).
//!
//! Invariant: what a variable stands for is compared literally; a `*` in a user's name is not a wildcard.

use super::ConditionKeys;

/// There is one for nearly every character of every policy in memory, so it is small.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Star,
    One,
    Char(char),
    Variable(Box<Variable>),
}

const _: () = assert!(size_of::<Piece>() <= 16);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    key: String,
    default: Option<String>,
}

/// How the text of a pattern is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) wildcards: bool,
    pub(crate) variables: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Vec<Piece>,
    ignore_case: bool,
}

impl Pattern {
    pub(crate) fn parse(text: &str, reading: Reading) -> Self {
        Self { pieces: pieces(text, reading), ignore_case: false }
    }

    #[must_use]
    pub(crate) fn ignoring_case(mut self) -> Self {
        self.ignore_case = true;
        self
    }

    /// A pattern with a variable that stands for nothing matches nothing.
    pub(crate) fn matches(&self, text: &str, keys: &dyn ConditionKeys) -> bool {
        if let [Piece::Star] = self.pieces.as_slice() {
            return true;
        }
        if !self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(_))) {
            return glob(&self.pieces, text, self.ignore_case);
        }
        resolve(&self.pieces, keys).is_some_and(|pieces| glob(&pieces, text, self.ignore_case))
    }
}

/// An ARN with wildcards, matched colon segment by colon segment; the last segment of the pattern takes the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArnPattern {
    segments: Vec<Pattern>,
}

const ARN_SEGMENTS: usize = 6;

impl ArnPattern {
    pub(crate) fn parse(text: &str, variables: bool) -> Self {
        let mut segments = vec![Vec::new()];
        for piece in pieces(text, Reading { wildcards: true, variables }) {
            if piece == Piece::Char(':') && segments.len() < ARN_SEGMENTS {
                segments.push(Vec::new());
            } else if let Some(last) = segments.last_mut() {
                last.push(piece);
            }
        }
        Self { segments: segments.into_iter().map(|pieces| Pattern { pieces, ignore_case: false }).collect() }
    }

    pub(crate) fn matches(&self, arn: &str, keys: &dyn ConditionKeys) -> bool {
        let parts: Vec<&str> = arn.splitn(self.segments.len(), ':').collect();
        parts.len() == self.segments.len()
            && self.segments.iter().zip(parts).all(|(segment, part)| segment.matches(part, keys))
    }
}

fn pieces(text: &str, reading: Reading) -> Vec<Piece> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if reading.variables
            && let Some((piece, after)) = variable(rest)
        {
            out.push(piece);
            rest = after;
            continue;
        }
        out.push(match next {
            '*' if reading.wildcards => Piece::Star,
            '?' if reading.wildcards => Piece::One,
            other => Piece::Char(other),
        });
        rest = &rest[next.len_utf8()..];
    }
    out
}

/// `${...}` at the start of `text`, and what follows it.
fn variable(text: &str) -> Option<(Piece, &str)> {
    let (inside, after) = text.strip_prefix("${")?.split_once('}')?;
    if let "*" | "?" | "$" = inside {
        return Some((Piece::Char(inside.chars().next()?), after));
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key, Some(default.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned())),
        None => (inside, None),
    };
    let variable = Variable { key: key.trim().to_ascii_lowercase(), default };
    Some((Piece::Variable(Box::new(variable)), after))
}

fn resolve(pieces: &[Piece], keys: &dyn ConditionKeys) -> Option<Vec<Piece>> {
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Piece::Variable(variable) = piece else {
            out.push(piece.clone());
            continue;
        };
        let value = match keys.values(&variable.key).as_deref() {
            Some([one]) => one.to_string(),
            _ => variable.default.clone()?,
        };
        out.extend(value.chars().map(Piece::Char));
    }
    Some(out)
}

fn glob(pieces: &[Piece], text: &str, ignore_case: bool) -> bool {
    let text: Vec<char> = text.chars().collect();
    let same = |a: char, b: char| a == b || (ignore_case && a.to_lowercase().eq(b.to_lowercase()));
    let (mut at, mut read) = (0, 0);
    // Where to go on after a mismatch: behind the last star, one character further than last time.
    let mut retry: Option<(usize, usize)> = None;
    while read < text.len() {
        match pieces.get(at) {
            Some(Piece::Star) => {
                retry = Some((at + 1, read));
                at += 1;
            }
            Some(Piece::One) => {
                at += 1;
                read += 1;
            }
            Some(Piece::Char(wanted)) if same(*wanted, text[read]) => {
                at += 1;
                read += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    at = after_star;
                    read = from + 1;
                    retry = Some((after_star, read));
                }
                None => return false,
            },
        }
    }
    pieces[at..].iter().all(|piece| *piece == Piece::Star)
}
