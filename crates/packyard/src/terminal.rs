//! Text for a terminal, folded to a width that reads well.

/// Columns that a paragraph is folded to.
pub(crate) const WIDTH: usize = 96;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_folded_at_spaces() {
        let text = "word ".repeat(60);
        let folded = folded(&text, 10, 10);
        assert!(folded.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(folded.lines().skip(1).all(|line| line.starts_with("          word")));
        assert_eq!(folded.split_whitespace().count(), 60);
    }
}
