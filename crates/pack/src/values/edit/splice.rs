//! The changes themselves, on bytes. None: the text has a form that is not understood. The caller checks every result.

use super::layout::{Kind, Layout};
use super::path::Found;
use super::render::{self, Written};
use saphyr_parser::ScalarStyle;
use serde_json::Value;

/// A new value: of JSON, or a piece of another YAML text with its comments.
pub(super) enum New<'a> {
    Json(&'a Value),
    Source { layout: &'a Layout<'a>, key: usize, value: usize },
}

impl New<'_> {
    fn behind_key(&self, column: usize, to: &Layout<'_>) -> Option<Written> {
        match self {
            Self::Json(value) => Some(render::behind_key(value, column, to.style())),
            Self::Source { layout, key, value } => source(layout, *key, *value, column),
        }
    }

    fn behind_dash(&self, column: usize, to: &Layout<'_>) -> Option<Written> {
        match self {
            Self::Json(value) => Some(render::behind_dash(value, column, to.style())),
            Self::Source { .. } => None,
        }
    }

    fn flow(&self) -> Option<String> {
        match self {
            Self::Json(value) => Some(render::flow(value)),
            Self::Source { layout, key, value } => {
                let node = layout.node(*value);
                let text = &layout.text[node.start..layout.end(*value, layout.colon_end(*key)?)?];
                let one_line = !node.is_block() && !node.is_block_scalar() && !text.contains('\n') && !text.is_empty();
                one_line.then(|| text.to_owned())
            }
        }
    }
}

/// What stands behind a key of another text, moved so that the key would stand at `column`.
fn source(layout: &Layout<'_>, key: usize, value: usize, column: usize) -> Option<Written> {
    let colon = layout.colon_end(key)?;
    let end = layout.end(value, colon)?;
    let from = layout.column(layout.node(key).start);
    let in_flow = |at: usize| layout.text[layout.line_end(at).min(end)..].is_empty();
    let last = if layout.node(value).is_flow() || in_flow(end) { end } else { layout.line_end(end) };
    let mut lines = layout.text[colon..last.max(end)].split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let first = lines.next()?.trim_end().to_owned();
    let moved = |line: &str| {
        if line.is_empty() {
            String::new()
        } else if column >= from {
            format!("{}{line}", " ".repeat(column - from))
        } else {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            line[blanks.min(from - column)..].to_owned()
        }
    };
    Some(Written { first, rest: lines.map(moved).collect() })
}

/// Where the value at the end of the trail hangs: behind which colon or dash, and at which column that key or dash stands.
struct Hook {
    separator: usize,
    column: usize,
    in_flow: bool,
    behind_dash: bool,
}

fn hook(layout: &Layout<'_>, nodes: &[usize], trail: &[usize]) -> Option<Hook> {
    let mut hook = Hook { separator: 0, column: 0, in_flow: false, behind_dash: false };
    for (parent, index) in nodes.iter().zip(trail) {
        let node = layout.node(*parent);
        hook = match &node.kind {
            Kind::Map { entries, flow } => {
                let (key, _) = entries.get(*index)?;
                Hook {
                    separator: layout.colon_end(*key)?,
                    column: layout.column(layout.node(*key).start),
                    in_flow: *flow,
                    behind_dash: false,
                }
            }
            Kind::Seq { items, flow: true } => {
                let start = layout.node(*items.get(*index)?).start;
                Hook { separator: start, column: 0, in_flow: true, behind_dash: true }
            }
            Kind::Seq { flow: false, .. } => {
                let dash = *layout.dashes(*parent, hook.separator)?.get(*index)?;
                Hook { separator: dash + 1, column: layout.column(dash), in_flow: false, behind_dash: true }
            }
            _ => return None,
        };
    }
    Some(hook)
}

/// Puts another value in the place of the one the trail leads to.
pub(super) fn replace(layout: &Layout<'_>, found: &Found, new: &New<'_>) -> Option<String> {
    let node = *found.nodes.last()?;
    let hook = hook(layout, &found.nodes, &found.trail)?;
    if hook.in_flow {
        let end = layout.end(node, hook.separator)?;
        let start = layout.node(node).start;
        let value = in_style_of(layout, node, new).or_else(|| new.flow())?;
        let absent = layout.node(node).is_absent();
        let (at, value) = if absent { (hook.separator, format!(" {value}")) } else { (start, value) };
        return Some(format!("{}{value}{}", &layout.text[..at], &layout.text[end.max(at)..]));
    }
    // The comment behind the old value stays, so one behind the new value is left out.
    let inline = in_style_of(layout, node, new).or_else(|| match new {
        New::Source { .. } => new.flow(),
        New::Json(_) => None,
    });
    let mut written = match inline {
        Some(value) => Written { first: format!(" {value}"), rest: Vec::new() },
        None if hook.behind_dash => new.behind_dash(hook.column, layout)?,
        None => new.behind_key(hook.column, layout)?,
    };
    keep_blanks(layout, node, hook.separator, &mut written);
    put(layout, node, hook.separator, &written)
}

/// A string that replaces a quoted one keeps the quotes.
fn in_style_of(layout: &Layout<'_>, node: usize, new: &New<'_>) -> Option<String> {
    let (New::Json(Value::String(text)), Kind::Scalar { style, .. }) = (new, &layout.node(node).kind) else {
        return None;
    };
    match style {
        ScalarStyle::DoubleQuoted => Some(render::quoted(text)),
        ScalarStyle::SingleQuoted if text.chars().all(|c| c != '\'' && !c.is_control()) => Some(format!("'{text}'")),
        _ => None,
    }
}

/// `key:    value` keeps its blanks.
fn keep_blanks(layout: &Layout<'_>, node: usize, separator: usize, written: &mut Written) {
    let start = layout.node(node).start;
    let Some(blanks) = layout.text.get(separator..start) else { return };
    let inline = !layout.node(node).is_block() && !layout.node(node).is_block_scalar();
    if inline && !blanks.is_empty() && blanks.chars().all(|c| c == ' ') && written.first.starts_with(' ') {
        written.first = format!("{blanks}{}", written.first.trim_start());
    }
}

fn put(layout: &Layout<'_>, node: usize, separator: usize, written: &Written) -> Option<String> {
    let text = layout.text;
    let value = layout.node(node);
    let end = layout.end(node, separator)?;
    let same_line = layout.line_end(separator) >= value.start;
    // What of the separator's line goes, and which whole lines below it.
    let (cut, below) = if value.is_absent() {
        (separator, None)
    } else if value.is_block_scalar() {
        let (header, end) = layout.block_scalar(node, separator)?;
        (header, Some((layout.next_line(header), end)))
    } else if value.is_block() && !same_line {
        let first = layout.skip_blank(separator);
        (separator, Some((layout.line_start(first), end)))
    } else if text.get(separator..value.start)?.trim().is_empty() {
        (end, None)
    } else {
        return None;
    };
    let (kept_to, resume) = match below {
        Some((from, to)) if to > from => (from, layout.next_line(to)),
        Some((from, _)) => (from, from),
        None => (layout.next_line(cut), layout.next_line(cut)),
    };
    let mut out = format!("{}{}{}", &text[..separator], written.first, &text[cut..kept_to]);
    for line in &written.rest {
        if !out.ends_with('\n') {
            out.push_str(layout.newline());
        }
        out.push_str(line);
        out.push_str(layout.newline());
    }
    out.push_str(&text[resume..]);
    Some(same_ending(text, out))
}

/// A text without a line end at its end stays so.
fn same_ending(before: &str, mut after: String) -> String {
    if !before.is_empty() && !before.ends_with('\n') && after.ends_with('\n') {
        after.pop();
        if after.ends_with('\r') {
            after.pop();
        }
    }
    after
}

/// Adds an entry at the end of the map the trail leads to.
pub(super) fn insert(layout: &Layout<'_>, found: &Found, key: &str, new: &New<'_>) -> Option<String> {
    let node = *found.nodes.last()?;
    if layout.node(node).is_flow() {
        return into_flow(layout, node, &format!("{key}: {}", new.flow()?));
    }
    let separator = hook(layout, &found.nodes, &found.trail)?.separator;
    let column = layout.column(layout.node(layout.entries(node).first()?.0).start);
    let written = new.behind_key(column, layout)?;
    let first = format!("{}{key}:{}", " ".repeat(column), written.first);
    Some(add_lines(layout, layout.end(node, separator)?, &first, &written.rest))
}

/// Adds an item at the end of the list the trail leads to.
pub(super) fn append(layout: &Layout<'_>, found: &Found, new: &New<'_>) -> Option<String> {
    let node = *found.nodes.last()?;
    if layout.node(node).is_flow() {
        return into_flow(layout, node, &new.flow()?);
    }
    let separator = hook(layout, &found.nodes, &found.trail)?.separator;
    let column = layout.column(*layout.dashes(node, separator)?.last()?);
    let written = new.behind_dash(column, layout)?;
    let first = format!("{}-{}", " ".repeat(column), written.first);
    Some(add_lines(layout, layout.end(node, separator)?, &first, &written.rest))
}

/// Adds the first entry of a document that has none.
pub(super) fn into_empty(layout: &Layout<'_>, key: &str, new: &New<'_>) -> Option<String> {
    let written = new.behind_key(0, layout)?;
    Some(add_lines(layout, layout.text.len(), &format!("{key}:{}", written.first), &written.rest))
}

/// Whole lines below the line in which `end` is.
fn add_lines(layout: &Layout<'_>, end: usize, first: &str, rest: &[String]) -> String {
    let (text, newline) = (layout.text, layout.newline());
    let at = layout.next_line(end);
    let mut out = text[..at].to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(newline);
    }
    for line in std::iter::once(first).chain(rest.iter().map(String::as_str)) {
        out.push_str(line);
        out.push_str(newline);
    }
    out.push_str(&text[at..]);
    same_ending(text, out)
}

fn into_flow(layout: &Layout<'_>, node: usize, entry: &str) -> Option<String> {
    let (at, entry) = match flow_spans(layout, node)?.last() {
        Some((_, end)) => (*end, format!(", {entry}")),
        None => (layout.node(node).start + 1, entry.to_owned()),
    };
    Some(format!("{}{entry}{}", &layout.text[..at], &layout.text[at..]))
}

/// Start and end of each entry of a flow collection.
fn flow_spans(layout: &Layout<'_>, node: usize) -> Option<Vec<(usize, usize)>> {
    match &layout.node(node).kind {
        Kind::Map { entries, .. } => entries
            .iter()
            .map(|(key, value)| Some((layout.node(*key).start, layout.end(*value, layout.colon_end(*key)?)?)))
            .collect(),
        Kind::Seq { items, .. } => items
            .iter()
            .map(|item| Some((layout.node(*item).start, layout.end(*item, layout.node(*item).start)?)))
            .collect(),
        _ => None,
    }
}

/// Whether removing the last node of the trail leaves an empty map that a [`super::set`] may have made: it makes block maps
/// inside block maps, and flow maps inside flow maps.
pub(super) fn empties_a_made_map(layout: &Layout<'_>, found: &Found) -> bool {
    let [.., parent, _] = found.nodes.as_slice() else { return false };
    let [(key, _)] = layout.entries(*parent) else { return false };
    let above = found.trail.len().saturating_sub(1);
    let Some(hook) = hook(layout, &found.nodes[..above], &found.trail[..above]) else { return false };
    let between = layout.text.get(hook.separator..layout.node(*key).start).map(str::trim);
    let made = if hook.in_flow { between == Some("{") } else { between == Some("") };
    above > 0 && !hook.behind_dash && made
}

/// Takes the last node of the trail out of its map or list.
pub(super) fn remove(layout: &Layout<'_>, found: &Found) -> Option<String> {
    let (index, above) = found.trail.split_last()?;
    let nodes = &found.nodes[..found.nodes.len() - 1];
    let parent = *nodes.last()?;
    if layout.node(parent).is_flow() {
        let spans = flow_spans(layout, parent)?;
        let (start, end) = *spans.get(*index)?;
        let (from, to) = match (index.checked_sub(1).and_then(|before| spans.get(before)), spans.get(index + 1)) {
            (_, Some((next, _))) => (start, *next),
            (Some((_, before)), None) => (*before, end),
            (None, None) => (start, end),
        };
        return Some(format!("{}{}", &layout.text[..from], &layout.text[to..]));
    }
    let above = hook(layout, nodes, above)?;
    let starts: Vec<usize> = match &layout.node(parent).kind {
        Kind::Map { entries, .. } => entries.iter().map(|(key, _)| layout.node(*key).start).collect(),
        _ => layout.dashes(parent, above.separator)?,
    };
    if starts.len() == 1 && nodes.len() > 1 {
        let empty = if layout.entries(parent).is_empty() { " []" } else { " {}" };
        return put(layout, parent, above.separator, &Written { first: empty.to_owned(), rest: Vec::new() });
    }
    let own = hook(layout, &found.nodes, &found.trail)?;
    let end = layout.end(*found.nodes.last()?, own.separator)?;
    cut_lines(layout, starts[*index], end, starts.get(index + 1).copied())
}

fn cut_lines(layout: &Layout<'_>, start: usize, end: usize, next: Option<usize>) -> Option<String> {
    let text = layout.text;
    let line = layout.line_start(start);
    let after = layout.next_line(end);
    if text[line..start].trim().is_empty() {
        let kept = &text[..line];
        let at_the_end = after == text.len() && !text.ends_with('\n');
        let kept = if at_the_end { kept.strip_suffix('\n').unwrap_or(kept) } else { kept };
        let kept = if at_the_end { kept.strip_suffix('\r').unwrap_or(kept) } else { kept };
        return Some(format!("{kept}{}", &text[after..]));
    }
    // The first entry of a map behind a dash: the next one moves up, unless comments stand between.
    let next = next?;
    let between = text.get(after..next)?;
    Some(if between.trim().is_empty() {
        format!("{}{}", &text[..start], &text[next..])
    } else {
        format!("{}{}", text[..start].trim_end_matches(' '), &text[layout.line_end(end)..])
    })
}
