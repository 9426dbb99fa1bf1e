//! Values that nothing reads. A key counts as read where its name occurs in a text that may read it; what stands below a
//! map that is open (empty by default) is free.

use crate::yaml::Node;
use std::collections::HashSet;

/// Pairs of maps that are looked at in one walk; aliases can make more of few.
const PAIRS: usize = 50_000;

/// The topmost keys of `written` that `defaults` lacks and nothing names, as dotted paths below `path`.
pub(super) fn keys<'a>(
    written: Node<'a>,
    defaults: Option<Node<'_>>,
    path: &str,
    is_read: &dyn Fn(&str) -> bool,
) -> Vec<(String, Node<'a>)> {
    let mut walk = Walk { is_read, seen: HashSet::new(), unknown: Vec::new() };
    walk.map(written, defaults, path);
    walk.unknown
}

struct Walk<'a, 'r> {
    is_read: &'r dyn Fn(&str) -> bool,
    seen: HashSet<(usize, Option<usize>)>,
    unknown: Vec<(String, Node<'a>)>,
}

impl<'a> Walk<'a, '_> {
    fn map(&mut self, written: Node<'a>, defaults: Option<Node<'_>>, path: &str) {
        // An empty map, or a text, by default: what may stand here is not for us to say.
        let is_open = defaults.is_some_and(|defaults| defaults.entries().next().is_none());
        if is_open || self.seen.len() >= PAIRS || !self.seen.insert((written.id(), defaults.map(Node::id))) {
            return;
        }
        for (key, value) in written.entries() {
            let Some(name) = key.text().filter(|name| *name != "<<") else { continue };
            let path = format!("{path}.{name}");
            match defaults.and_then(|defaults| defaults.get(name)) {
                Some(default) => self.map(value, Some(default), &path),
                None if (self.is_read)(name) => self.map(value, None, &path),
                None => self.unknown.push((path, key)),
            }
        }
    }
}
