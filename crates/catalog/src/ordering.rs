//! The order that a list or a search asks for. What is compared is looked up once, not at each comparison.

use crate::OrderBy;
use crate::snapshot::{Entry, Text};
use packyard_pack::version::compare_versions;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

/// What one entry is compared by, in turn.
enum Key<'a> {
    Text(&'a str),
    Number(i64),
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
    if by.is_empty() {
        return items.into_iter().skip(offset).take(limit).collect();
    }
    let ranks = if by.iter().any(|(field, _)| *field == OrderBy::Version) {
        ranks(items.iter().map(|item| &entry(item).version))
    } else {
        HashMap::new()
    };
    let mut keyed: Vec<(Vec<Key<'_>>, usize, T)> =
        (items.into_iter().enumerate()).map(|(place, item)| (keys(entry(&item), by, &ranks), place, item)).collect();
    let compare = |a: &(Vec<Key<'_>>, usize, T), b: &(Vec<Key<'_>>, usize, T)| {
        let fields = by.iter().zip(a.0.iter().zip(&b.0));
        let order = fields.map(|((_, ascending), (a, b))| if *ascending { a.cmp(b) } else { b.cmp(a) });
        order.fold(Ordering::Equal, Ordering::then).then(a.1.cmp(&b.1))
    };
    // Most of a long list is not on the page: it need not be sorted.
    let end = offset.saturating_add(limit);
    if end < keyed.len() {
        keyed.select_nth_unstable_by(end, compare);
        keyed.truncate(end);
    }
    keyed.sort_unstable_by(compare);
    keyed.into_iter().skip(offset).map(|(_, _, item)| item).collect()
}

fn keys<'a>(entry: &'a Entry, by: &[(OrderBy, bool)], ranks: &HashMap<&str, i64>) -> Vec<Key<'a>> {
    let key = |(field, _): &(OrderBy, bool)| match field {
        OrderBy::Name => Key::Text(&entry.facts.name),
        OrderBy::DisplayName => Key::Text(&entry.facts.display_folded),
        OrderBy::Version => Key::Number(ranks.get(&*entry.version).copied().unwrap_or_default()),
        OrderBy::Layer => Key::Text(&entry.facts.layer),
        OrderBy::AddonType => Key::Text(&entry.facts.addon_type),
        OrderBy::Updated => Key::Number(entry.updated_ms),
        OrderBy::Type => Key::Text(entry.facts.kind.type_name()),
    };
    by.iter().map(key).collect()
}

/// The place of each version among all of them. Many packs have the same versions.
fn ranks<'a>(versions: impl Iterator<Item = &'a Text>) -> HashMap<&'a str, i64> {
    let distinct: BTreeSet<&str> = versions.map(|version| &**version).collect();
    let mut sorted: Vec<&str> = distinct.into_iter().collect();
    sorted.sort_by(|a, b| compare_versions(a, b));
    sorted.into_iter().zip(0..).collect()
}
