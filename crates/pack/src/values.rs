//! values.yaml: kept as text, looked at through a parsed view. palette.md section 1.6.
//!
//! The text is never written again from the view: which presets are on lives in a comment, and people's comments and order
//! are theirs. `edit` changes it as text.

mod carry;
pub mod edit;

pub use carry::{Carried, carry};

use crate::yaml::{self, Document, Mark, Node};

pub const FILE: &str = "values.yaml";

/// Where the chosen presets are recorded, in the comment that opens the file.
pub(crate) const ENABLED_PRESETS: &str = "spectrocloud.com/enabled-presets:";

/// Steps that one lookup may take while trying joins of a dotted path.
const LOOKUP_STEPS: usize = 10_000;

/// The parsed view of a values.yaml.
#[derive(Debug, Clone)]
pub struct Values {
    document: Document,
    enabled: Vec<EnabledPreset>,
}

/// One item of the enabled-presets comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnabledPreset {
    pub group: String,
    pub preset: String,
    pub mark: Mark,
}

/// An image of `pack.content.images`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub reference: String,
    pub mark: Mark,
}

impl Values {
    pub fn parse(text: &str) -> Result<Self, yaml::Error> {
        Ok(Self { document: yaml::parse(text)?, enabled: enabled_presets(text) })
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn root(&self) -> Node<'_> {
        self.document.root()
    }

    /// No document at all: empty, or comments only.
    pub fn is_empty(&self) -> bool {
        self.root().is_null()
    }

    /// The `pack` map, where namespace and content stand.
    pub fn pack(&self) -> Option<Node<'_>> {
        self.root().get("pack").filter(|node| node.is_map())
    }

    pub fn namespace(&self) -> Option<&str> {
        self.pack()?.get("namespace")?.text().filter(|text| !text.is_empty())
    }

    /// `spectrocloud.com/display-name`, which lets one pack stand twice in a profile.
    pub fn display_name(&self) -> Option<&str> {
        self.pack()?.get("spectrocloud.com/display-name")?.text().filter(|text| !text.is_empty())
    }

    pub fn images(&self) -> Vec<Image> {
        let items = self.content("images");
        let image = |item: Node<'_>| {
            let reference = item.get("image")?.text()?.trim().to_owned();
            Some(Image { reference, mark: item.mark() })
        };
        items.filter_map(image).collect()
    }

    /// The items of `pack.content.<list>` as they stand.
    pub(crate) fn content(&self, list: &str) -> impl Iterator<Item = Node<'_>> {
        self.pack().and_then(|pack| pack.get("content")?.get(list)).into_iter().flat_map(Node::items)
    }

    pub fn enabled_presets(&self) -> &[EnabledPreset] {
        &self.enabled
    }

    /// The node at a dotted path. A key may itself hold dots, so joins of neighbouring parts are tried, shortest first.
    /// `$[]` stands for any item of a list, `$[2]` for one.
    pub fn lookup(&self, path: &str) -> Option<Node<'_>> {
        lookup_in(self.root(), path)
    }

    /// The nodes at a dotted path: of `$[]`, every item that has the rest of the path.
    pub(crate) fn lookup_all(&self, path: &str) -> Vec<Node<'_>> {
        let Some((list, rest)) = path.split_once(".$[].").or_else(|| path.strip_suffix(".$[]").map(|list| (list, "")))
        else {
            return self.lookup(path).into_iter().collect();
        };
        let mut steps = LOOKUP_STEPS;
        let parts: Vec<&str> = rest.split('.').filter(|part| !part.is_empty()).collect();
        let items = self.lookup(list).into_iter().flat_map(Node::items);
        items.filter_map(|item| lookup(item, &parts, &mut steps)).collect()
    }
}

/// As [`Values::lookup`], from any node.
pub(crate) fn lookup_in<'a>(node: Node<'a>, path: &str) -> Option<Node<'a>> {
    let parts: Vec<&str> = path.split('.').collect();
    lookup(node, &parts, &mut { LOOKUP_STEPS })
}

/// The same of a path in parts; nothing is found once the steps are spent.
pub(crate) fn lookup<'a>(node: Node<'a>, parts: &[&str], steps: &mut usize) -> Option<Node<'a>> {
    *steps = steps.checked_sub(1)?;
    let Some((first, rest)) = parts.split_first() else { return Some(node) };
    if let Some(index) = first.strip_prefix("$[").and_then(|t| t.strip_suffix(']')) {
        return match index.parse::<usize>() {
            Ok(index) => lookup(node.items().nth(index)?, rest, steps),
            Err(_) => node.items().find_map(|item| lookup(item, rest, steps)),
        };
    }
    let mut key = String::new();
    for (used, part) in parts.iter().enumerate() {
        if used > 0 {
            key.push('.');
        }
        key.push_str(part);
        *steps = steps.checked_sub(1)?;
        if let Some(found) = node.get(&key).and_then(|child| lookup(child, &parts[used + 1..], steps)) {
            return Some(found);
        }
    }
    None
}

/// `# spectrocloud.com/enabled-presets: Group:preset,Group2:preset2` in the comment that opens the file.
fn enabled_presets(text: &str) -> Vec<EnabledPreset> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let comments =
        text.lines().enumerate().take_while(|(_, line)| line.trim().is_empty() || line.trim_start().starts_with('#'));
    for (index, line) in comments {
        let Some((before, list)) = line.split_once(ENABLED_PRESETS) else { continue };
        let mut column = before.chars().count() + ENABLED_PRESETS.len() + 1;
        let mut out = Vec::new();
        for item in list.split(',') {
            let indent = item.chars().take_while(|c| c.is_whitespace()).count();
            let mark = Mark { line: index + 1, column: column + indent };
            if let Some((group, preset)) = item.rsplit_once(':') {
                out.push(EnabledPreset { group: group.trim().to_owned(), preset: preset.trim().to_owned(), mark });
            }
            column += item.chars().count() + 1;
        }
        return out;
    }
    Vec::new()
}
