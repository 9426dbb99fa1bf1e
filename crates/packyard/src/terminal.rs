//! Text of unknown origin on a terminal: made unable to move the cursor, paint or reorder (oci.md section 5:
//! GHSA-c38g-469g-cmgx), and folded to a width that reads well.

use std::borrow::Cow;
use std::io::IsTerminal;

/// Columns that a paragraph is folded to.
pub(crate) const WIDTH: usize = 96;

/// One line: every control character and every mark that reorders text is written out.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Several lines: line ends and tabs stay.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// A file's text for standard output: as it is for a program, escaped for a person.
pub(crate) fn file(text: &str) -> Cow<'_, str> {
    if std::io::stdout().is_terminal() { lines(text) } else { Cow::Borrowed(text) }
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let odd = |c: char| (c.is_control() && !stays(c)) || is_invisible(c);
    if !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if odd(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Marks that change how the text around them is shown.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Folds a paragraph at spaces; lines after the first start with `indent` spaces.
pub(crate) fn folded(text: &str, first: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = first;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

/// An argument as a shell takes it.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `1 warning`, `2 warnings`.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(word("/tmp/a-b/c"), "/tmp/a-b/c");
        assert_eq!(word("my packs"), "'my packs'");
        assert_eq!(word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn what_could_paint_the_terminal_is_written_out() {
        assert_eq!(line("a\x1b[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(lines("a\tb\n\u{202e}c\r"), "a\tb\n\\u{202e}c\\u{d}");
        assert!(matches!(line("plain ü"), Cow::Borrowed(_)));
    }

    #[test]
    fn paragraphs_are_folded_at_spaces() {
        let text = "word ".repeat(60);
        let folded = folded(&text, 10, 10);
        assert!(folded.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(folded.lines().skip(1).all(|line| line.starts_with("          word")));
        assert_eq!(folded.split_whitespace().count(), 60);
    }
}
