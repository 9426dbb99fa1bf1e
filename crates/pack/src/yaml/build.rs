//! From parser events to the tree.

use super::{DEPTH, Data, Document, Error, Kind, Mark, NODES};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use std::collections::{HashMap, HashSet};

pub(super) fn build(text: &str) -> Result<Document, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|e| scan_error(&e))?;
        if builder.event(event, span)? == Flow::Stop {
            break;
        }
    }
    Ok(builder.finish())
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Data>,
    open: Vec<Open>,
    /// Anchors of finished nodes.
    anchors: HashMap<usize, usize>,
    root: Option<usize>,
    duplicates: Vec<(String, Mark)>,
    second_document: Option<Mark>,
}

/// A collection that has not ended.
struct Open {
    node: usize,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<usize>,
}

#[derive(PartialEq)]
enum Flow {
    Go,
    Stop,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<Flow, Error> {
        let mark = mark(&span);
        match event {
            Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
            Event::DocumentStart(_) if self.root.is_some() => {
                self.second_document = Some(mark);
                return Ok(Flow::Stop);
            }
            Event::DocumentStart(_) => {}
            Event::StreamEnd => return Ok(Flow::Stop),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).copied() else {
                    return Err(Error { mark, message: "an alias refers to the node it stands in".to_owned() });
                };
                self.place(node)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let node = self.add(mark, Kind::Scalar { text: text.into_owned(), plain })?;
                self.done(node, anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.start(mark, anchor, Kind::Sequence(Vec::new()))?,
            Event::MappingStart(anchor, _) => self.start(mark, anchor, Kind::Map(Vec::new()))?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.note_duplicates(open.node);
                    self.done(open.node, open.anchor)?;
                }
            }
        }
        Ok(Flow::Go)
    }

    fn add(&mut self, mark: Mark, kind: Kind) -> Result<usize, Error> {
        if self.nodes.len() >= NODES {
            return Err(Error { mark, message: format!("the document has more than {NODES} nodes") });
        }
        self.nodes.push(Data { mark, kind });
        Ok(self.nodes.len() - 1)
    }

    fn start(&mut self, mark: Mark, anchor: usize, kind: Kind) -> Result<(), Error> {
        if self.open.len() >= DEPTH {
            return Err(Error { mark, message: format!("the document nests deeper than {DEPTH}") });
        }
        let node = self.add(mark, kind)?;
        self.open.push(Open { node, anchor, key: None });
        Ok(())
    }

    fn done(&mut self, node: usize, anchor: usize) -> Result<(), Error> {
        if anchor > 0 {
            self.anchors.insert(anchor, node);
        }
        self.place(node)
    }

    /// Puts a finished node into the collection around it.
    fn place(&mut self, node: usize) -> Result<(), Error> {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        let (mark, scalar) = (self.nodes[node].mark, matches!(self.nodes[node].kind, Kind::Scalar { .. }));
        match &mut self.nodes[open.node].kind {
            Kind::Sequence(items) => items.push(node),
            Kind::Map(entries) => match open.key.take() {
                None if scalar => open.key = Some(node),
                // YAML allows it, but nothing that turns values into JSON does; it is a template without quotes.
                None => {
                    return Err(Error {
                        mark,
                        message: "a key is a map or a list; is it `{{ }}` without quotes?".to_owned(),
                    });
                }
                Some(key) => entries.push((key, node)),
            },
            Kind::Scalar { .. } => {}
        }
        Ok(())
    }

    fn note_duplicates(&mut self, map: usize) {
        let Kind::Map(entries) = &self.nodes[map].kind else { return };
        let mut seen = HashSet::new();
        for (key, _) in entries {
            let data = &self.nodes[*key];
            if let Kind::Scalar { text, .. } = &data.kind
                && text != "<<"
                && !seen.insert(text)
            {
                self.duplicates.push((text.clone(), data.mark));
            }
        }
    }

    fn finish(mut self) -> Document {
        let root = self.root.unwrap_or_else(|| {
            let mark = Mark { line: 1, column: 1 };
            self.nodes.push(Data { mark, kind: Kind::Scalar { text: String::new(), plain: true } });
            self.nodes.len() - 1
        });
        Document { nodes: self.nodes, root, duplicates: self.duplicates, second_document: self.second_document }
    }
}

fn mark(span: &Span) -> Mark {
    Mark { line: span.start.line().max(1), column: span.start.col() + 1 }
}

fn scan_error(error: &ScanError) -> Error {
    let mark = Mark { line: error.marker().line().max(1), column: error.marker().col() + 1 };
    Error { mark, message: error.info().to_owned() }
}
