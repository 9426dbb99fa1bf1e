//! The images that a pack uses, as far as they are written out. Templates are not rendered, so only what is plain counts: an
//! image written out in a manifest, or in values as a text or as repository and tag, and not switched off beside it.

use crate::pack::Pack;
use crate::place::Place;
use crate::values::{self, Values};
use crate::yaml::{self, Document, Mark, Node};
use std::collections::{BTreeMap, HashSet};

/// An image that something in a pack names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedImage {
    pub reference: String,
    pub place: Place,
}

/// An image in a text, with its place there; None in values that are a chart's own defaults.
pub type Found = (String, Option<Mark>);

/// Maps that are looked at in one walk, those of all layers together as one; aliases can make more of few.
const MAPS: usize = 50_000;
/// How deep maps are looked at: aliases in a row nest deeper than any text does.
const DEPTH: usize = yaml::DEPTH;
/// The key that takes in the entries of another map.
const MERGE: &str = "<<";

/// The images of values.yaml, of the declared charts with these values, and of the declared manifests, in this order. An
/// image may be there several times.
pub fn used(pack: &Pack) -> Vec<UsedImage> {
    let values = pack.parsed_values().ok();
    let defaults: Vec<_> = pack.charts.iter().map(|chart| chart.values.as_deref().and_then(parsed)).collect();
    used_in(pack, values.as_ref(), &defaults)
}

fn parsed(text: &str) -> Option<Document> {
    yaml::parse(text).ok()
}

/// As [`used`], with values and the charts' own values (in the order of the charts) parsed before.
pub(crate) fn used_in(pack: &Pack, values: Option<&Values>, defaults: &[Option<Document>]) -> Vec<UsedImage> {
    let mut out = Vec::new();
    let at = |mark: Mark| Place::at(values::FILE, mark.line, mark.column);
    let root = values.map(Values::root);
    let charts = root.and_then(|root| root.get("charts"));
    let declared = || pack.charts.iter().zip(defaults).filter(|(chart, _)| chart.declared);
    let elsewhere = root.into_iter().flat_map(Node::entries).filter(|(key, _)| !is_one_of(*key, &["pack", "charts"]));
    let of_no_chart = charts.into_iter().flat_map(Node::entries);
    let of_no_chart = of_no_chart.filter(|(key, _)| !declared().any(|(chart, _)| key.text() == Some(&chart.name)));
    for (_, value) in elsewhere.chain(of_no_chart) {
        let own = of_values(Some(value), None).into_iter();
        out.extend(own.filter_map(|(reference, mark)| Some(UsedImage { reference, place: at(mark?) })));
    }
    for (chart, default) in declared() {
        let over = charts.and_then(|charts| charts.get(&chart.name));
        for (reference, mark) in of_values(over, default.as_ref().map(Document::root)) {
            out.push(UsedImage { reference, place: mark.map_or(Place::file(&chart.path), at) });
        }
    }
    for manifest in pack.manifests.iter().filter(|manifest| manifest.declared) {
        for (reference, mark) in of_manifest(&manifest.text) {
            out.push(UsedImage { reference, place: Place::at(&manifest.path, mark.line, mark.column) });
        }
    }
    out
}

fn is_one_of(key: Node<'_>, keys: &[&str]) -> bool {
    key.text().is_some_and(|text| keys.contains(&text))
}

/// The images of values over a chart's defaults, merged as Helm merges them.
pub(crate) fn of_values(over: Option<Node<'_>>, default: Option<Node<'_>>) -> Vec<Found> {
    let mut found = Vec::new();
    each_map(&[over, default], &[], &mut |map: &Merged<'_, '_>| {
        if let (Some(repository), Some(tag)) = (map.text("repository"), map.text("tag")) {
            let registry = map.text("registry").map(|registry| format!("{registry}/")).unwrap_or_default();
            let reference = format!("{registry}{repository}:{tag}");
            if is_plain(&reference) {
                found.push((reference, map.own_mark("repository")));
            }
        }
        if let Some(reference) = map.text("image").filter(|reference| is_plain(reference) && is_reference(reference)) {
            found.push((reference.to_owned(), map.own_mark("image")));
        }
    });
    found
}

/// One map in all layers of values that have it, as Helm merges them.
pub(crate) struct Merged<'p, 'a> {
    /// The stronger first.
    layers: Vec<Option<Node<'a>>>,
    /// The values of each key in each layer.
    entries: BTreeMap<&'a str, Vec<Option<Node<'a>>>>,
    parent: Option<&'p Merged<'p, 'a>>,
    depth: usize,
    /// Its key in the map around it.
    pub(crate) key: &'a str,
}

impl<'p, 'a> Merged<'p, 'a> {
    fn new(layers: Vec<Option<Node<'a>>>, key: &'a str, parent: Option<&'p Merged<'p, 'a>>) -> Self {
        let mut entries: BTreeMap<&str, Vec<Option<Node<'_>>>> = BTreeMap::new();
        for (at, layer) in layers.iter().enumerate() {
            for (key, value) in layer.iter().flat_map(|node| node.entries()) {
                let Some(key) = key.text() else { continue };
                entries.entry(key).or_insert_with(|| vec![None; layers.len()])[at] = Some(value);
            }
        }
        Self { layers, entries, parent, depth: parent.map_or(0, |parent| parent.depth + 1), key }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        let own = self.entries.get(key).and_then(|layers| layers.iter().flatten().next().copied());
        let merged = || self.layers.iter().flatten().find_map(|node| node.get(key));
        own.or_else(|| self.entries.contains_key(MERGE).then(merged)?)
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A text of this map, or of the nearest around it that has one.
    pub(crate) fn inherited(&self, key: &str) -> Option<&'a str> {
        self.text(key).or_else(|| self.parent.and_then(|parent| parent.inherited(key)))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.entries.keys().copied()
    }

    /// Where the first layer has the key.
    fn own_mark(&self, key: &str) -> Option<Mark> {
        self.layers.first().copied().flatten().and_then(|node| node.entry(key)).map(|(key, _)| key.mark())
    }

    fn is_off(&self) -> bool {
        ["enabled", "deploy", "install", "create"].iter().any(|key| self.text(key) == Some("false"))
    }
}

/// Visits the map that the layers are and those below it, but for what is switched off, and what is below the keys `without`
/// of the outermost.
pub(crate) fn each_map<'a>(layers: &[Option<Node<'a>>], without: &[&str], visit: &mut impl FnMut(&Merged<'_, 'a>)) {
    visit_below(layers, "", None, without, &mut HashSet::new(), visit);
}

fn visit_below<'a>(
    layers: &[Option<Node<'a>>],
    key: &'a str,
    parent: Option<&Merged<'_, 'a>>,
    without: &[&str],
    seen: &mut HashSet<Vec<Option<Mark>>>,
    visit: &mut impl FnMut(&Merged<'_, 'a>),
) {
    // What is no map hides the maps below it.
    if !layers.iter().flatten().next().is_some_and(|node| node.is_map()) {
        return;
    }
    let layers: Vec<_> = layers.iter().map(|layer| layer.filter(|node| node.is_map())).collect();
    // Where a map starts tells it from every other.
    if seen.len() >= MAPS || !seen.insert(layers.iter().map(|layer| layer.map(Node::mark)).collect()) {
        return;
    }
    let map = Merged::new(layers, key, parent);
    if map.is_off() || map.depth > DEPTH {
        return;
    }
    visit(&map);
    for (key, below) in map.entries.iter().filter(|(key, _)| !without.contains(key)) {
        visit_below(below, key, Some(&map), &[], seen, visit);
    }
}

/// The images of a manifest, template or not, each where its line starts.
pub fn of_manifest(text: &str) -> Vec<(String, Mark)> {
    let mark = |index: usize, line: &str| {
        let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
        Mark { line: index + 1, column }
    };
    let image = |(index, line): (usize, &str)| Some((image_line(line)?.to_owned(), mark(index, line)));
    text.lines().enumerate().filter_map(image).collect()
}

/// The image of `image: name/of/image:tag` in a manifest.
fn image_line(line: &str) -> Option<&str> {
    let value = line.trim_start().trim_start_matches("- ").trim_start().strip_prefix("image:")?.trim();
    let value = value.split(" #").next().unwrap_or_default().trim();
    let value = value.strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\''])).unwrap_or(value);
    (is_plain(value) && is_reference(value)).then_some(value)
}

/// The last part of an image's repository, by which mirrors of an image are one.
pub fn leaf(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// Of the characters that references have.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b':' | b'@'))
}

/// A name with a path, and a tag or a digest.
pub(crate) fn is_reference(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default();
    text.contains('/') && (last.contains(':') || text.contains('@')) && !leaf(text).is_empty() && !text.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_from_other_text() {
        assert_eq!(image_line("      - image: \"ghcr.io/a/b:1.0\" # why"), Some("ghcr.io/a/b:1.0"));
        for line in [
            "image: nginx",
            "image: {{ .Values.x }}",
            "images: a/b:1",
            "image: $(IMAGE)/b:1",
            "# image: a/b:1",
            "image: https://a/b:1",
        ] {
            assert_eq!(image_line(line), None, "{line}");
        }
        assert_eq!(leaf("localhost:5000/a/b:1@sha256:0"), "b");
    }

    #[test]
    fn values_stand_over_defaults() {
        let over = yaml::parse("image: {tag: '2'}\nsidecar: {enabled: false}\n").unwrap();
        let own = "image: {repository: a/b, tag: '1'}\nsidecar: {image: a/c:1}\n";
        let own = yaml::parse(own).unwrap();
        assert_eq!(of_values(Some(over.root()), Some(own.root())), [("a/b:2".to_owned(), None)]);
    }

    /// As deep as a document has nodes, if it were followed.
    #[test]
    fn aliases_in_a_row_do_not_end_the_program() {
        let mut text = String::from("a0: &a0 {image: a/b:1}\n");
        for at in 1..4_000 {
            text.push_str(&format!("a{at}: &a{at} {{k: *a{}}}\n", at - 1));
        }
        let values = yaml::parse(&text).unwrap();
        assert!(of_values(Some(values.root()), None).iter().any(|(image, _)| image == "a/b:1"));
    }
}
