//! Where in a YAML text each node stands, to the byte, so that a change can touch that node alone.
//!
//! The parser says where nodes start; where they end it says loosely (past blanks, past a comment), so ends are found in
//! the text. Only block and flow collections, plain keys with their colon, and scalars are understood; the rest is refused
//! by who walks here, and every edit is parsed again afterwards.

use super::EditError;
use crate::yaml;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
    nodes: Vec<Spanned>,
    root: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Spanned {
    pub(super) start: usize,
    end: usize,
    pub(super) anchor: usize,
    pub(super) tag: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar { text: String, style: ScalarStyle },
    Alias(usize),
    Seq { items: Vec<usize>, flow: bool },
    Map { entries: Vec<(usize, usize)>, flow: bool },
}

impl Spanned {
    /// With an anchor or a tag: what it means depends on more than its place.
    pub(super) fn is_decorated(&self) -> bool {
        self.anchor > 0 || self.tag.is_some() || matches!(self.kind, Kind::Alias(_))
    }

    pub(super) fn is_flow(&self) -> bool {
        matches!(self.kind, Kind::Seq { flow: true, .. } | Kind::Map { flow: true, .. })
    }

    pub(super) fn is_block(&self) -> bool {
        matches!(self.kind, Kind::Seq { flow: false, .. } | Kind::Map { flow: false, .. })
    }

    pub(super) fn is_block_scalar(&self) -> bool {
        matches!(self.kind, Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. })
    }

    /// No text at all, as in `key:`.
    pub(super) fn is_absent(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, style: ScalarStyle::Plain } if text.is_empty())
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, style: ScalarStyle::Plain } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

impl<'a> Layout<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self, EditError> {
        // The limits on nodes and depth are asked here; below they hold.
        let document = yaml::parse(text)?;
        if let Some(mark) = document.second_document {
            return Err(EditError::SeveralDocuments(mark));
        }
        // YAML ends a line there too, but nothing below does.
        let alone = |at: usize| !text[at + 1..].starts_with('\n');
        if let Some((at, _)) = text.match_indices('\r').find(|(at, _)| alone(*at)) {
            let line = text[..at].matches('\n').count() + 1;
            return Err(EditError::LineEnd(yaml::Mark { line, column: 1 }));
        }
        let bytes = byte_offsets(text);
        let mut build = Build { text, bytes, nodes: Vec::new(), open: Vec::new(), root: None };
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let Ok((event, span)) = event else { break };
            build.event(event, &span);
        }
        Ok(Self { text, nodes: build.nodes, root: build.root })
    }

    pub(super) fn root(&self) -> Option<usize> {
        self.root
    }

    pub(super) fn node(&self, id: usize) -> &Spanned {
        &self.nodes[id]
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Spanned> {
        self.nodes.iter()
    }

    pub(super) fn entries(&self, id: usize) -> &[(usize, usize)] {
        match &self.nodes[id].kind {
            Kind::Map { entries, .. } => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self, id: usize) -> &[usize] {
        match &self.nodes[id].kind {
            Kind::Seq { items, .. } => items,
            _ => &[],
        }
    }

    /// Behind the colon of a key; None for keys of another form (`? key`).
    pub(super) fn colon_end(&self, key: usize) -> Option<usize> {
        let end = self.scalar_end(key);
        let blanks = self.text[end..].len() - self.text[end..].trim_start_matches([' ', '\t']).len();
        self.text[end + blanks..].starts_with(':').then_some(end + blanks + 1)
    }

    /// The dashes of a block sequence that stands behind `separator`.
    pub(super) fn dashes(&self, seq: usize, separator: usize) -> Option<Vec<usize>> {
        let mut out = Vec::new();
        let mut at = separator;
        for item in self.items(seq) {
            let dash = self.skip_blank(at);
            let rest = &self.text[dash..];
            if !rest.starts_with('-') || !rest[1..].starts_with([' ', '\t', '\n', '\r']) && rest.len() > 1 {
                return None;
            }
            out.push(dash);
            at = self.end(*item, dash + 1)?;
        }
        Some(out)
    }

    /// Where a node's last character ends; `separator` is the end of the colon or dash before it.
    pub(super) fn end(&self, id: usize, separator: usize) -> Option<usize> {
        let node = &self.nodes[id];
        match &node.kind {
            Kind::Alias(_) => Some(self.scalar_end(id)),
            Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
                self.block_scalar(id, separator).map(|(_, end)| end)
            }
            Kind::Scalar { .. } if node.is_absent() => Some(if node.is_decorated() { node.end } else { separator }),
            Kind::Scalar { .. } => Some(self.scalar_end(id)),
            Kind::Seq { flow: true, .. } | Kind::Map { flow: true, .. } => Some(node.end),
            Kind::Seq { items, .. } => {
                let dash = *self.dashes(id, separator)?.last()?;
                self.end(*items.last()?, dash + 1)
            }
            Kind::Map { entries, .. } => {
                let (key, value) = entries.last()?;
                self.end(*value, self.colon_end(*key)?)
            }
        }
    }

    /// Ends of the header (`|-`) and of the content of a block scalar. Blank lines at its end count only with `+`.
    pub(super) fn block_scalar(&self, id: usize, separator: usize) -> Option<(usize, usize)> {
        let header = separator + self.text[separator..].find(['|', '>'])?;
        let marks = self.text[header + 1..].find(|c: char| !matches!(c, '+' | '-' | '0'..='9'));
        let header_end = marks.map_or(self.text.len(), |length| header + 1 + length);
        let content = &self.text[..self.nodes[id].end.clamp(header_end, self.text.len())];
        let content = match content.rfind('\n') {
            // The parser may have gone on to the indentation of what follows.
            Some(newline) if content[newline..].trim().is_empty() => &content[..=newline],
            _ => content,
        };
        let keeps = self.text[header..header_end].contains('+');
        let end = if keeps { strip_newline(content).len() } else { content.trim_end().len() };
        Some((header_end, end.max(header_end)))
    }

    fn scalar_end(&self, id: usize) -> usize {
        let node = &self.nodes[id];
        let text = &self.text[node.start..];
        let length = match &node.kind {
            Kind::Scalar { style: ScalarStyle::DoubleQuoted, .. } if !node.is_decorated() => double_quoted(text),
            Kind::Scalar { style: ScalarStyle::SingleQuoted, .. } if !node.is_decorated() => single_quoted(text),
            _ => self.text[node.start..node.end].trim_end().len(),
        };
        node.start + length
    }

    /// Past blanks, line ends and comments.
    pub(super) fn skip_blank(&self, mut at: usize) -> usize {
        loop {
            at += self.text[at..].len() - self.text[at..].trim_start().len();
            if !self.text[at..].starts_with('#') {
                return at;
            }
            at = self.line_end(at);
        }
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Before the line's `\n` or `\r\n`.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        if end > at && self.text[..end].ends_with('\r') { end - 1 } else { end }
    }

    /// Behind the line's end, where the next one starts.
    pub(super) fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |length| at + length + 1)
    }

    /// Characters between the line's start and `at`.
    pub(super) fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    pub(super) fn mark(&self, at: usize) -> yaml::Mark {
        let line = self.text[..at].matches('\n').count() + 1;
        yaml::Mark { line, column: self.column(at) + 1 }
    }

    pub(super) fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// How much deeper a map inside a map stands, and the items of a list than its key.
    pub(super) fn style(&self) -> Style {
        let mut style = Style { map: None, seq: None };
        for node in &self.nodes {
            let Kind::Map { entries, flow: false } = &node.kind else { continue };
            for (key, value) in entries {
                let column = self.column(self.nodes[*key].start);
                let Some(colon) = self.colon_end(*key) else { continue };
                let value = &self.nodes[*value];
                if value.is_decorated() {
                    continue;
                }
                let child = self.column(self.skip_blank(colon));
                match &value.kind {
                    Kind::Map { flow: false, .. } if style.map.is_none() => style.map = child.checked_sub(column),
                    Kind::Seq { flow: false, .. } if style.seq.is_none() => style.seq = child.checked_sub(column),
                    _ => {}
                }
            }
            if style.map.is_some() && style.seq.is_some() {
                break;
            }
        }
        style
    }
}

/// How a text is indented, as far as it shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    map: Option<usize>,
    seq: Option<usize>,
}

impl Style {
    pub(super) fn map(self) -> usize {
        self.map.filter(|width| (1..=8).contains(width)).unwrap_or(2)
    }

    pub(super) fn seq(self) -> usize {
        self.seq.filter(|width| *width <= 8).unwrap_or_else(|| self.map())
    }
}

fn strip_newline(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn double_quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn single_quoted(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\'' && chars.next_if(|(_, next)| *next == '\'').is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// Byte offsets by character; None where they are the same.
fn byte_offsets(text: &str) -> Option<Vec<usize>> {
    (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect())
}

struct Build<'a> {
    text: &'a str,
    bytes: Option<Vec<usize>>,
    nodes: Vec<Spanned>,
    open: Vec<(usize, Option<usize>)>,
    root: Option<usize>,
}

impl Build<'_> {
    fn byte(&self, index: usize) -> usize {
        match &self.bytes {
            Some(bytes) => bytes.get(index).copied().unwrap_or(self.text.len()),
            None => index.min(self.text.len()),
        }
    }

    fn event(&mut self, event: Event<'_>, span: &Span) {
        let (start, end) = (self.byte(span.start.index()), self.byte(span.end.index()));
        let tag = |tag: &Option<_>| tag.as_ref().map(|tag: &std::borrow::Cow<'_, saphyr_parser::Tag>| tag.to_string());
        let flow = |open: char| self.text[start..].starts_with(open);
        match event {
            Event::Alias(anchor) => self.leaf(start, end, 0, None, Kind::Alias(anchor)),
            Event::Scalar(text, style, anchor, t) => {
                let tag = tag(&t);
                self.leaf(start, end, anchor, tag, Kind::Scalar { text: text.into_owned(), style });
            }
            Event::SequenceStart(anchor, t) => {
                let kind = Kind::Seq { items: Vec::new(), flow: flow('[') };
                let node = Spanned { start, end, anchor, tag: tag(&t), kind };
                self.start(node);
            }
            Event::MappingStart(anchor, t) => {
                let kind = Kind::Map { entries: Vec::new(), flow: flow('{') };
                let node = Spanned { start, end, anchor, tag: tag(&t), kind };
                self.start(node);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((node, _)) = self.open.pop() {
                    // A block list may start where its first item, a flow list, does; but it ends at nothing.
                    if let (true, Kind::Seq { flow, .. } | Kind::Map { flow, .. }) =
                        (end == start, &mut self.nodes[node].kind)
                    {
                        *flow = false;
                    }
                    self.nodes[node].end = (start + 1).min(self.text.len());
                    self.place(node);
                }
            }
            _ => {}
        }
    }

    fn leaf(&mut self, start: usize, end: usize, anchor: usize, tag: Option<String>, kind: Kind) {
        self.nodes.push(Spanned { start, end: end.max(start), anchor, tag, kind });
        self.place(self.nodes.len() - 1);
    }

    fn start(&mut self, node: Spanned) {
        self.nodes.push(node);
        self.open.push((self.nodes.len() - 1, None));
    }

    fn place(&mut self, node: usize) {
        let Some((parent, key)) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match &mut self.nodes[*parent].kind {
            Kind::Seq { items, .. } => items.push(node),
            Kind::Map { entries, .. } => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
            _ => {}
        }
    }
}
