//! Dotted paths into values.yaml, and where they lead.

use super::EditError;
use super::layout::Layout;

/// Steps that one look-up may take while trying joins of a dotted path.
const LOOKUP_STEPS: usize = 10_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A part between dots; `exact` where it was in quotes and is never joined with its neighbours.
    Key {
        text: String,
        exact: bool,
    },
    Index(usize),
    /// `[]`: every item of a list; when setting, a new one.
    Every,
}

/// `charts.nginx.hosts[0].name`, `hosts.$[0]`, `hosts.$[]`, `pack."spectrocloud.com/display-name"`.
pub(super) fn parse(path: &str) -> Result<Vec<Step>, EditError> {
    let bad = |why: &str| EditError::BadPath { path: path.to_owned(), why: why.to_owned() };
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or_else(|| bad("a quote is not closed"))?;
            steps.push(Step::Key { text: quoted[..end].to_owned(), exact: true });
            rest = &quoted[end + 1..];
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            match part {
                "" if !after.starts_with('[') => return Err(bad("a part is empty")),
                "$" if after.starts_with('[') => {}
                "" => {}
                part => steps.push(Step::Key { text: part.to_owned(), exact: false }),
            }
            rest = after;
        }
        while let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').ok_or_else(|| bad("a `[` is not closed"))?;
            steps.push(match inner[..end].parse() {
                Ok(index) => Step::Index(index),
                Err(_) if end == 0 => Step::Every,
                Err(_) => return Err(bad("an index is a number")),
            });
            rest = &inner[end + 1..];
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None if rest.is_empty() => break,
            None => return Err(bad("a `.` is missing")),
        }
    }
    if matches!(steps.first(), Some(Step::Key { .. })) { Ok(steps) } else { Err(bad("it starts with no key")) }
}

/// The same as parts that [`crate::values::lookup`] follows.
pub(crate) fn parts(path: &str) -> Result<Vec<String>, EditError> {
    let part = |step| match step {
        Step::Key { text, .. } => text,
        Step::Index(index) => format!("$[{index}]"),
        Step::Every => "$[]".to_owned(),
    };
    Ok(parse(path)?.into_iter().map(part).collect())
}

/// How far a path leads: entry and item numbers from the root, and what was not found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) trail: Vec<usize>,
    pub(super) nodes: Vec<usize>,
    pub(super) missing: Vec<Step>,
}

/// Follows a path by keys of the maps themselves, not merged ones. Of several ways through joined keys the one that leads
/// furthest counts, of equal ones that with the shorter keys.
pub(super) fn find(layout: &Layout<'_>, steps: &[Step]) -> Option<Found> {
    let root = layout.root()?;
    let mut best = Found { trail: Vec::new(), nodes: vec![root], missing: steps.to_vec() };
    let mut at = best.clone();
    let mut left = LOOKUP_STEPS;
    walk(layout, steps, &mut at, &mut best, &mut left);
    Some(best)
}

fn walk(layout: &Layout<'_>, steps: &[Step], at: &mut Found, best: &mut Found, left: &mut usize) {
    let Some(fewer) = left.checked_sub(1) else { return };
    *left = fewer;
    if steps.len() < best.missing.len() {
        *best = Found { missing: steps.to_vec(), ..at.clone() };
    }
    let (Some(first), Some(node)) = (steps.first(), at.nodes.last().copied()) else { return };
    match first {
        Step::Index(index) => {
            if let Some(item) = layout.items(node).get(*index) {
                go(layout, &steps[1..], at, best, left, (*index, *item));
            }
        }
        Step::Every => {}
        Step::Key { .. } => {
            let mut key = String::new();
            for (used, step) in steps.iter().enumerate() {
                let Step::Key { text, exact } = step else { break };
                if used > 0 {
                    if *exact {
                        break;
                    }
                    key.push('.');
                }
                key.push_str(text);
                let same = |(_, (id, _)): &(usize, &(usize, usize))| layout.node(*id).scalar() == Some(&key);
                if let Some((index, (_, value))) = layout.entries(node).iter().enumerate().rfind(same) {
                    go(layout, &steps[used + 1..], at, best, left, (index, *value));
                }
                if *exact || best.missing.is_empty() {
                    break;
                }
            }
        }
    }
}

fn go(
    layout: &Layout<'_>,
    steps: &[Step],
    at: &mut Found,
    best: &mut Found,
    left: &mut usize,
    (index, node): (usize, usize),
) {
    at.trail.push(index);
    at.nodes.push(node);
    walk(layout, steps, at, best, left);
    at.trail.pop();
    at.nodes.pop();
}
