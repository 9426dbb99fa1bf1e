//! Where in a JSON text each member stands. The text has been accepted by a JSON parser before, so this walk only
//! tokenises; it also sees members that a parser drops silently, the earlier of two with one name.

use super::FILE;
use crate::place::Place;
use std::collections::HashMap;

/// Members deeper than this have no place of their own; serde_json refuses deeper nesting anyway.
const DEPTH: usize = 128;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct JsonPlaces {
    /// Place of the member's key, or of the array's item, by dotted path: `constraints.dependencies.0.type`.
    places: HashMap<String, (usize, usize)>,
    /// Paths that occur twice, with the place of the later one.
    pub(crate) duplicates: Vec<(String, usize, usize)>,
}

impl JsonPlaces {
    pub(crate) fn of(text: &str) -> Self {
        let mut walk = Walk { rest: text.chars().peekable(), line: 1, column: 1, found: Self::default() };
        walk.value("", 0);
        walk.found
    }

    /// The file as a whole where there is no such member.
    pub(super) fn place(&self, path: &str) -> Place {
        self.get(path).map_or_else(|| Place::file(FILE), |(line, column)| Place::at(FILE, line, column))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&str, (usize, usize))> {
        self.places.iter().map(|(path, place)| (path.as_str(), *place))
    }

    pub(super) fn get(&self, path: &str) -> Option<(usize, usize)> {
        self.places.get(path).copied()
    }
}

struct Walk<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    column: usize,
    found: JsonPlaces,
}

impl Walk<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn skip_space(&mut self) {
        while self.rest.next_if(|c| c.is_ascii_whitespace()).is_some_and(|c| {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
            true
        }) {}
    }

    fn value(&mut self, path: &str, depth: usize) {
        self.skip_space();
        match self.rest.peek() {
            Some('{') if depth < DEPTH => self.object(path, depth),
            Some('[') if depth < DEPTH => self.array(path, depth),
            Some('"') => drop(self.string()),
            _ => {
                while self.rest.peek().is_some_and(|c| !matches!(c, ',' | '}' | ']')) {
                    self.next();
                }
            }
        }
    }

    fn object(&mut self, path: &str, depth: usize) {
        self.next();
        loop {
            self.skip_space();
            match self.rest.peek() {
                Some('"') => {
                    let (line, column) = (self.line, self.column);
                    let child = join(path, &self.string());
                    if self.found.places.insert(child.clone(), (line, column)).is_some() {
                        self.found.duplicates.push((child.clone(), line, column));
                    }
                    self.skip_space();
                    self.next(); // the colon
                    self.value(&child, depth + 1);
                }
                Some('}') | None => {
                    self.next();
                    return;
                }
                Some(_) => drop(self.next()),
            }
        }
    }

    fn array(&mut self, path: &str, depth: usize) {
        self.next();
        let mut index = 0;
        loop {
            self.skip_space();
            match self.rest.peek() {
                Some(']') | None => {
                    self.next();
                    return;
                }
                Some(',') => drop(self.next()),
                Some(_) => {
                    let child = join(path, &index.to_string());
                    self.found.places.insert(child.clone(), (self.line, self.column));
                    self.value(&child, depth + 1);
                    index += 1;
                }
            }
        }
    }

    /// The string at the cursor; escapes stay as they are but for `\"` and `\\`, enough to name plain keys.
    fn string(&mut self) -> String {
        let mut out = String::new();
        self.next();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => match self.next() {
                    Some(c @ ('"' | '\\')) => out.push(c),
                    Some(c) => out.extend(['\\', c]),
                    None => break,
                },
                c => out.push(c),
            }
        }
        out
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_items_have_places() {
        let places = JsonPlaces::of("{\n  \"a\": [1, {\"b\": \"x\"}],\n  \"c\": {}, \"a\": 2\n}");
        assert_eq!(places.get("a"), Some((3, 12)));
        assert_eq!(places.get("a.1"), Some((2, 12)));
        assert_eq!(places.get("a.1.b"), Some((2, 13)));
        assert_eq!(places.get("c"), Some((3, 3)));
        assert_eq!(places.duplicates, [("a".to_owned(), 3, 12)]);
    }

    #[test]
    fn broken_text_ends() {
        for text in ["", "{", "[", "{\"a", "{\"a\\", "[1,", "}{", &"[".repeat(100_000)] {
            JsonPlaces::of(text);
        }
    }
}
