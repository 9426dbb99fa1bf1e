//! Two texts side by side, and a unified diff with its colours. What was removed and what was added is said by a sign
//! and by `<del>` and `<ins>`, never by colour alone.

use askama::Template;
use askama::filters::HtmlSafe;
use similar::{DiffOp, TextDiff};
use std::time::Duration;

/// Lines shown around a change.
const CONTEXT: usize = 3;
/// Longest that the search for a small diff takes; after it a larger one is shown.
const PATIENCE: Duration = Duration::from_millis(500);
/// Rows shown of one diff; nobody reads more, and a page must stay one.
const ROWS: usize = 2_000;

/// One line of one side, counted from 1.
struct Line {
    number: usize,
    text: String,
    is_changed: bool,
}

enum Row {
    /// Lines that are the same on both sides and are left out.
    Gap(usize),
    Pair(Option<Line>, Option<Line>),
}

#[derive(Template)]
#[template(path = "parts/diff.html")]
pub(crate) struct Diff {
    title: String,
    old: String,
    new: String,
    rows: Vec<Row>,
    is_cut: bool,
}

impl HtmlSafe for Diff {}

impl Diff {
    /// `title` names the table, `old` and `new` its columns.
    pub(crate) fn new(title: impl Into<String>, (old, before): (&str, &str), (new, after): (&str, &str)) -> Self {
        let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
        let (lines_before, lines_after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
        let mut rows = Vec::new();
        let mut shown = 0;
        for group in diff.grouped_ops(CONTEXT) {
            let start = group.first().map_or(shown, |op| op.old_range().start);
            if start > shown {
                rows.push(Row::Gap(start - shown));
            }
            for op in &group {
                pairs(op, &lines_before, &lines_after, &mut rows);
            }
            shown = group.last().map_or(shown, |op| op.old_range().end);
        }
        if !rows.is_empty() && lines_before.len() > shown {
            rows.push(Row::Gap(lines_before.len() - shown));
        }
        let is_cut = rows.len() > ROWS;
        rows.truncate(ROWS);
        Self { title: title.into(), old: old.to_owned(), new: new.to_owned(), rows, is_cut }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn pairs(op: &DiffOp, before: &[&str], after: &[&str], rows: &mut Vec<Row>) {
    let is_changed = !matches!(op, DiffOp::Equal { .. });
    let (old, new) = (op.old_range(), op.new_range());
    let line = |side: &[&str], at: usize, end: usize| {
        (at < end).then(|| Line {
            number: at + 1,
            text: side.get(at).copied().unwrap_or_default().to_owned(),
            is_changed,
        })
    };
    for step in 0..old.len().max(new.len()) {
        let left = line(before, old.start + step, old.end);
        let right = line(after, new.start + step, new.end);
        rows.push(Row::Pair(left, right));
    }
}

/// A unified diff as it came.
#[derive(Template)]
#[template(
    source = r#"<div class="code unified"><pre tabindex="0">{% for (kind, line) in lines %}{% if *kind == "ins" %}<ins>{{ line }}</ins>{% elif *kind == "del" %}<del>{{ line }}</del>{% else %}<span class="soft">{{ line }}</span>{% endif %}
{% endfor %}</pre></div>"#,
    ext = "html"
)]
pub(crate) struct Unified<'a> {
    lines: Vec<(&'static str, &'a str)>,
}

impl HtmlSafe for Unified<'_> {}

pub(crate) fn unified(text: &str) -> Unified<'_> {
    let kind = |line: &str| match line.as_bytes().first() {
        Some(b'+') => "ins",
        Some(b'-') => "del",
        _ => "",
    };
    let lines = text.lines().filter(|line| !line.starts_with("--- ") && !line.starts_with("+++ "));
    Unified { lines: lines.map(|line| (kind(line), line)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let diff = Diff::new("t", ("a", before), ("b", after));
        let side = |line: &Option<Line>| {
            line.as_ref()
                .map_or("-".to_owned(), |l| format!("{}{}{}", l.number, if l.is_changed { "!" } else { ":" }, l.text))
        };
        diff.rows
            .iter()
            .map(|row| match row {
                Row::Gap(lines) => format!("gap {lines}"),
                Row::Pair(left, right) => format!("{} | {}", side(left), side(right)),
            })
            .collect()
    }

    #[test]
    fn lines_stand_beside_each_other_and_the_rest_is_left_out() {
        let before: String = (1..=12).map(|n| format!("line {n}\n")).collect();
        let after = before.replace("line 6\n", "line six\nand more\n");
        let rows = told(&before, &after);
        assert_eq!(rows[0], "gap 2");
        assert_eq!(rows[1], "3:line 3 | 3:line 3");
        assert_eq!(rows[4..6], ["6!line 6 | 6!line six", "- | 7!and more"]);
        assert_eq!(rows.last().unwrap(), "gap 3");
        assert_eq!(told("same\n", "same\n"), [""; 0]);
        assert_eq!(told("", "new\n"), ["- | 1!new"]);
    }

    #[test]
    fn texts_from_outside_are_escaped() {
        let html = Diff::new("<b>", ("a", "<script>\n"), ("b", "</ins>\n")).to_string();
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        let html = unified("+<script>\n").to_string();
        assert!(html.contains("<ins>+&#60;script&#62;</ins>"), "{html}");
    }
}
