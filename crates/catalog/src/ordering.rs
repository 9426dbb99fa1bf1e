//! The order that a list or a search asks for. What is compared is looked up once, not at each comparison.

use crate::OrderBy;
use crate::snapshot::{Entry, Text};
use packyard_pack::version::compare_versions;
use std::cmp::Ordering;
use std::collections::HashMap;

/// What one entry is compared by.
enum Key<'a> {
    Text(&'a str),
    Number(i64),
}

/// All that one entry is compared by, in turn. Nearly always it is one key, which then costs no allocation.
struct Keys<'a> {
    first: Key<'a>,
    others: Vec<Key<'a>>,
}

impl Keys<'_> {
    fn cmp(&self, other: &Self, by: &[(OrderBy, bool)]) -> Ordering {
        let ours = std::iter::once(&self.first).chain(&self.others);
        let theirs = std::iter::once(&other.first).chain(&other.others);
        let fields = by.iter().zip(ours.zip(theirs));
        fields
            .map(|((_, ascending), (a, b))| if *ascending { a.cmp(b) } else { b.cmp(a) })
            .fold(Ordering::Equal, Ordering::then)
    }
}

impl Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (Key::Number(a), Key::Number(b)) => a.cmp(b),
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
        }
    }
}

/// The items of one page by the asked fields in turn; what is equal keeps its place. `entry` is what an item is sorted by.
pub(crate) fn page_of<'a, T>(
    items: Vec<T>,
    by: &[(OrderBy, bool)],
    offset: usize,
    limit: usize,
    entry: impl Fn(&T) -> &'a Entry,
) -> Vec<T> {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let Some((first, others)) = by.split_first() else {
        return items.into_iter().skip(offset).take(limit).collect();
    };
    let ranks = if by.iter().any(|(field, _)| *field == OrderBy::Version) {
        ranks(items.iter().map(|item| &entry(item).version))
    } else {
        Ranks::new()
    };
    let keys = |entry: &'a Entry| Keys {
        first: key(entry, first.0, &ranks),
        others: others.iter().map(|(field, _)| key(entry, *field, &ranks)).collect(),
    };
    let mut keyed: Vec<(Keys<'_>, usize, T)> =
        (items.into_iter().enumerate()).map(|(place, item)| (keys(entry(&item)), place, item)).collect();
    let compare = |a: &(Keys<'_>, usize, T), b: &(Keys<'_>, usize, T)| a.0.cmp(&b.0, by).then(a.1.cmp(&b.1));
    // Most of a long list is not on the page: it need not be sorted.
    let end = offset.saturating_add(limit);
    if end < keyed.len() {
        keyed.select_nth_unstable_by(end, compare);
        keyed.truncate(end);
    }
    keyed.sort_unstable_by(compare);
    keyed.into_iter().skip(offset).map(|(_, _, item)| item).collect()
}

fn key<'a>(entry: &'a Entry, field: OrderBy, ranks: &Ranks) -> Key<'a> {
    match field {
        OrderBy::Name => Key::Text(&entry.facts.name),
        OrderBy::DisplayName => Key::Text(&entry.facts.display_folded),
        OrderBy::Version => Key::Number(ranks.get(&entry.version.as_ptr()).copied().unwrap_or_default()),
        OrderBy::Layer => Key::Text(&entry.facts.layer),
        OrderBy::AddonType => Key::Text(&entry.facts.addon_type),
        OrderBy::Updated => Key::Number(entry.updated_ms),
        OrderBy::Type => Key::Text(entry.facts.kind.type_name()),
    }
}

/// The place of each version among all of them, by where its text is: equal versions share theirs, as a rule.
type Ranks = HashMap<*const u8, i64>;

/// Many packs have the same versions, so that few are compared.
fn ranks<'a>(versions: impl Iterator<Item = &'a Text>) -> Ranks {
    let distinct: HashMap<*const u8, &str> = versions.map(|version| (version.as_ptr(), &**version)).collect();
    let mut sorted: Vec<_> = distinct.into_iter().collect();
    sorted.sort_by(|(_, a), (_, b)| compare_versions(a, b));
    let groups = sorted.chunk_by(|(_, a), (_, b)| a == b).zip(0..);
    groups.flat_map(|(same, rank)| same.iter().map(move |(place, _)| (*place, rank))).collect()
}
