//! YAML as a tree with positions. The one door to the YAML parser: values, schema, presets and Chart.yaml are all read
//! through it.
//!
//! An alias is a second way to the node of its anchor, never a copy, so a document takes memory in proportion to its text
//! whatever its aliases do ("billion laughs"). Merge keys are followed on lookup. Invariant: the graph has no cycle.

mod build;
pub(crate) mod events;
pub(crate) mod stream;

use std::collections::HashSet;

/// Nodes one document may have; the largest values.yaml known has some ten thousand.
pub const NODES: usize = 200_000;
/// How deep a document may nest.
pub const DEPTH: usize = 100;

/// A position in the text, from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    pub line: usize,
    pub column: usize,
}

/// Why a text is no YAML, or too much of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {message}", .mark.line, .mark.column)]
pub struct Error {
    pub mark: Mark,
    pub message: String,
}

/// The first document of a text.
#[derive(Debug, Clone)]
pub struct Document {
    nodes: Vec<Data>,
    root: usize,
    /// Keys that occur twice in one map, with the place of the later one.
    pub duplicates: Vec<(String, Mark)>,
    /// Where a second document starts, which is not read.
    pub second_document: Option<Mark>,
}

#[derive(Debug, Clone)]
struct Data {
    mark: Mark,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Scalar { text: String, plain: bool },
    Sequence(Vec<usize>),
    Map(Vec<(usize, usize)>),
}

/// A node of a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document,
    id: usize,
}

/// Parses a text; empty text or only comments give a null root.
pub fn parse(text: &str) -> Result<Document, Error> {
    build::build(text)
}

impl Document {
    pub fn root(&self) -> Node<'_> {
        Node { document: self, id: self.root }
    }
}

impl<'a> Node<'a> {
    fn data(self) -> &'a Data {
        &self.document.nodes[self.id]
    }

    fn node(self, id: usize) -> Node<'a> {
        Node { document: self.document, id }
    }

    pub fn mark(self) -> Mark {
        self.data().mark
    }

    /// The text of a scalar that is not null.
    pub fn text(self) -> Option<&'a str> {
        match &self.data().kind {
            Kind::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub fn is_null(self) -> bool {
        matches!(&self.data().kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub fn is_map(self) -> bool {
        matches!(self.data().kind, Kind::Map(_))
    }

    pub fn is_sequence(self) -> bool {
        matches!(self.data().kind, Kind::Sequence(_))
    }

    /// The items of a sequence; nothing for other nodes.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        let items = match &self.data().kind {
            Kind::Sequence(items) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(move |id| self.node(*id))
    }

    /// The entries of a map as written, merge keys as they stand; nothing for other nodes.
    pub fn entries(self) -> impl Iterator<Item = (Node<'a>, Node<'a>)> {
        let entries = match &self.data().kind {
            Kind::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(move |(key, value)| (self.node(*key), self.node(*value)))
    }

    /// The value of a key, its own before merged ones. Of a key given twice the later counts.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// As [`Node::get`], with the key's node.
    pub fn entry(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        let own = self.own_entry(key);
        if own.is_some() || !self.entries().any(|(key, _)| key.is_merge_key()) {
            return own;
        }
        let mut visited = HashSet::new();
        let mut open = vec![self.id];
        while let Some(id) = open.pop() {
            if !visited.insert(id) {
                continue;
            }
            let node = self.node(id);
            let own = node.own_entry(key);
            if own.is_some() {
                return own;
            }
            for (_, merged) in node.entries().filter(|(k, _)| k.is_merge_key()) {
                let mut targets: Vec<usize> = merged.items().map(|n| n.id).collect();
                if merged.is_map() {
                    targets.push(merged.id);
                }
                open.extend(targets.into_iter().rev());
            }
        }
        None
    }

    /// Without what is merged in.
    fn own_entry(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        self.entries().filter(|(k, _)| k.key_text() == Some(key)).last()
    }

    /// Whether both say the same: order of keys and way of writing aside. What is too large to compare counts as the same.
    pub(crate) fn same_as(self, other: Node<'_>) -> bool {
        same(self, other, &mut { NODES })
    }

    /// The same for each way that leads to the node.
    pub(crate) fn id(self) -> usize {
        self.id
    }

    /// The text of any scalar, also of a null one, as maps use it for keys.
    fn key_text(self) -> Option<&'a str> {
        match &self.data().kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    fn is_merge_key(self) -> bool {
        matches!(&self.data().kind, Kind::Scalar { text, plain: true } if text == "<<")
    }
}

fn same(a: Node<'_>, b: Node<'_>, steps: &mut usize) -> bool {
    let Some(left) = steps.checked_sub(1) else { return true };
    *steps = left;
    match (&a.data().kind, &b.data().kind) {
        (Kind::Scalar { .. }, Kind::Scalar { .. }) => a.text() == b.text(),
        (Kind::Sequence(x), Kind::Sequence(y)) => {
            x.len() == y.len() && a.items().zip(b.items()).all(|(a, b)| same(a, b, steps))
        }
        (Kind::Map(x), Kind::Map(y)) => {
            let mut has = |(key, value): (Node<'_>, Node<'_>)| {
                key.key_text().and_then(|key| b.get(key)).is_some_and(|other| same(value, other, steps))
            };
            x.len() == y.len() && a.entries().all(&mut has)
        }
        _ => false,
    }
}
