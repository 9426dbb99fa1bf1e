//! RE2 patterns in the words of this engine, so that a pattern means here what it means to Palette, which is written in Go.
//!
//! Where the two differ (each is tested below):
//!
//! | in RE2 | in the `regex` crate | here |
//! |---|---|---|
//! | `\d \w \s \b` know ASCII only | Unicode | written out as ASCII; `\B` stays as it is |
//! | `\Q...\E` | unknown | its text, escaped |
//! | `[` and `&& -- ~~` in a class are text | a class in a class, set operations | escaped |
//! | `\<` and `\>` are text | edges of words | text |
//! | `{` that is no repetition, as in `a{,5}` or `{{`, is text | an error, or from zero | escaped |
//! | at most 1000 repetitions | as many as fit | refused beyond 1000 |
//! | `\123` is octal | unknown | read as octal |
//! | `\C`, one byte | unknown | refused: values are text |
//! | unknown: `(?x)`, `(?R)`, `(?u)`, `\u{41}`, `\b{start}` | known | refused |
//!
//! Look-around and back-references are in neither. What both refuse is refused in this engine's words.

/// Repetitions that RE2 allows.
const REPETITIONS: u32 = 1000;

/// The pattern for this engine, or why RE2 would not take it.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut reader = Reader { rest: pattern, out: String::with_capacity(pattern.len() + 8) };
    while let Some(c) = reader.rest.chars().next() {
        match c {
            '\\' => reader.escape(false)?,
            '[' => reader.class()?,
            '{' => reader.brace()?,
            '(' => reader.group()?,
            c => reader.copy(c.len_utf8()),
        }
    }
    Ok(reader.out)
}

/// Escapes that stand for many characters, which make no range.
const SETS: [char; 8] = ['d', 'D', 'w', 'W', 's', 'S', 'p', 'P'];

#[derive(PartialEq)]
enum Before {
    Nothing,
    Character,
    Dash,
}

struct Reader<'a> {
    rest: &'a str,
    out: String,
}

impl Reader<'_> {
    fn copy(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.out.push_str(taken);
        self.rest = rest;
    }

    fn put(&mut self, text: &str, bytes: usize) {
        self.out.push_str(text);
        self.rest = &self.rest[bytes..];
    }

    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let Some(c) = self.rest[1..].chars().next() else { return Err("it ends in a backslash".to_owned()) };
        let ascii = |inside: &'static str, not: &'static str, negated: bool| match (in_class, negated) {
            (true, false) => inside.to_owned(),
            (_, true) => format!("[^{not}]"),
            (false, false) => format!("[{inside}]"),
        };
        let digits = |text: &str| text.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
        match c {
            'd' | 'D' => self.put(&ascii("0-9", "0-9", c == 'D'), 2),
            'w' | 'W' => self.put(&ascii("0-9A-Za-z_", "0-9A-Za-z_", c == 'W'), 2),
            's' | 'S' => self.put(&ascii(r"\t\n\x0C\r ", r"\t\n\x0C\r ", c == 'S'), 2),
            'b' if self.rest[2..].starts_with('{') => return Err(unknown(r"\b{")),
            'b' if !in_class => self.put(r"(?-u:\b)", 2),
            '<' | '>' => self.put(&regex::escape(c.encode_utf8(&mut [0; 4])), 2),
            'C' | 'u' | 'U' => return Err(unknown(&format!("\\{c}"))),
            'Q' => {
                let (literal, after) = self.rest[2..].split_once("\\E").unwrap_or((&self.rest[2..], ""));
                self.out.push_str(&regex::escape(literal));
                self.rest = after;
            }
            '0'..='7' => {
                let count = digits(&self.rest[1..]);
                if c != '0' && count == 1 {
                    return Err("it refers back to a group, which RE2 cannot".to_owned());
                }
                let code = u32::from_str_radix(&self.rest[1..=count], 8).unwrap_or_default();
                self.put(&format!("\\x{{{code:X}}}"), 1 + count);
            }
            'p' | 'P' | 'x' if self.rest[2..].starts_with('{') => {
                self.copy(self.rest.find('}').map_or(2, |end| end + 1));
            }
            c => self.copy(1 + c.len_utf8()),
        }
        Ok(())
    }

    /// From `[` to its `]`. A `]` right behind `[` or `[^` is text.
    fn class(&mut self) -> Result<(), String> {
        self.copy(1);
        if self.rest.starts_with('^') {
            self.copy(1);
        }
        if self.rest.starts_with(']') {
            self.put("\\]", 1);
        }
        // What a `-` here is: behind a character it makes a range, else it is text.
        let mut before = Before::Nothing;
        while let Some(c) = self.rest.chars().next() {
            let is_set = self.rest.starts_with("[:") || self.rest[c.len_utf8()..].starts_with(SETS);
            match c {
                ']' => {
                    self.copy(1);
                    return Ok(());
                }
                '-' if before == Before::Character && !self.rest.starts_with("-]") => {
                    self.copy(1);
                    before = Before::Dash;
                    continue;
                }
                '\\' => self.escape(true)?,
                '[' => match self.rest.find(":]").filter(|_| is_set) {
                    Some(end) => self.copy(end + 2),
                    None => self.put("\\[", 1),
                },
                '&' | '~' | '-' => self.put(&format!("\\{c}"), 1),
                c => self.copy(c.len_utf8()),
            }
            let is_one = before != Before::Dash && !(is_set && matches!(c, '[' | '\\'));
            before = if is_one { Before::Character } else { Before::Nothing };
        }
        Err("a `[` is not closed".to_owned())
    }

    fn brace(&mut self) -> Result<(), String> {
        let Some((bounds, _)) = self.rest[1..].split_once('}').filter(|(bounds, _)| is_repetition(bounds)) else {
            self.put("\\{", 1);
            return Ok(());
        };
        if bounds.split(',').filter_map(|bound| bound.parse::<u32>().ok()).any(|bound| bound > REPETITIONS) {
            return Err(format!("`{{{bounds}}}` repeats more than the {REPETITIONS} times that RE2 allows"));
        }
        self.copy(bounds.len() + 2);
        Ok(())
    }

    /// The flags of `(?is)` and `(?i:...)`; RE2 has i, m, s and U.
    fn group(&mut self) -> Result<(), String> {
        if let Some(after) = self.rest.strip_prefix("(?") {
            let flags = after.split([':', ')', '<', 'P']).next().unwrap_or_default();
            if let Some(flag) = flags.chars().find(|c| matches!(c, 'x' | 'R' | 'u')) {
                return Err(unknown(&format!("(?{flag})")));
            }
        }
        self.copy(1);
        Ok(())
    }
}

fn unknown(what: &str) -> String {
    format!("RE2 has no `{what}`")
}

/// `3`, `3,` and `3,5`.
fn is_repetition(bounds: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit());
    match bounds.split_once(',') {
        Some((low, high)) => number(low) && (high.is_empty() || number(high)),
        None => number(bounds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let translated = translate(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
        let regex = regex::Regex::new(&format!("^(?:{translated})$"));
        regex.unwrap_or_else(|error| panic!("{pattern}: {error}")).is_match(text)
    }

    #[test]
    fn each_difference_means_what_it_means_in_re2() {
        for (pattern, good, bad) in [
            (r"\d+", "12", "\u{0661}"),
            (r"\w+", "a_1", "é"),
            (r"[\w-]+", "a-1", "é"),
            (r"\D", "é", "1"),
            (r"[^\d]", "é", "1"),
            (r"[\D]", "x", "1"),
            (r"a\sb", "a b", "a\u{a0}b"),
            (r"\bab\b", "ab", "b"),
            (r"\Qa.b[\E+", "a.b[", "axb["),
            (r"[a[b]+", "a[b", "a]b"),
            (r"[a&&b]+", "a&b", "c"),
            (r"[+--]+", "+,-", "."),
            (r"[--a]+", "-a", "b"),
            (r"[a-cx-]+", "b-x", "d"),
            (r"[\d-z]+", "1-z", "y"),
            (r"[a\-z]+", "a-z", "b"),
            (r"[]a]+", "]a", "b"),
            (r"[^]a]+", "b", "]"),
            (r"[[:alpha:]]+", "ab", "1"),
            (r"\<a\>", "<a>", "a"),
            (r"a{,5}", "a{,5}", "aaa"),
            (r"\{\{.*}}|{{x}}", "{{x}}", "x"),
            (r"a{2,3}", "aa", "a"),
            (r"\101\x42", "AB", "ab"),
            (r"(?i)ab", "AB", "c"),
            (r"(?i:a)b", "Ab", "AB"),
            (r"(?P<n>a)+?", "aa", "b"),
            (r"\pL+", "é", "1"),
            (r"\p{Greek}[\x{61}-\x{63}]", "λb", "λd"),
        ] {
            assert!(matches(pattern, good) && !matches(pattern, bad), "{pattern}");
        }
    }

    #[test]
    fn what_re2_does_not_have_is_refused_with_the_reason() {
        for (pattern, why) in [
            (r"\C", r"`\C`"),
            (r"(?x) a", "(?x)"),
            (r"(?ix:a)", "(?x)"),
            (r"\u{41}", r"`\u`"),
            (r"(a)\1", "refers back"),
            ("a{1001}", "1000 times"),
            (r"\b{start}", r"`\b{`"),
            ("[a", "not closed"),
            ("a\\", "ends in a backslash"),
        ] {
            let error = translate(pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
        for pattern in ["(?=a)", "(?<!a)b", "a**b("] {
            assert!(regex::Regex::new(&translate(pattern).unwrap()).is_err(), "{pattern}");
        }
    }
}
