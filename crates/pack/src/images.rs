//! The images that a pack uses, as far as they are written out. Templates are not rendered, so only what is plain counts: an
//! image written out in a manifest, or in values as a text or as repository and tag, and not switched off beside it.

use crate::pack::Pack;
use crate::place::Place;
use crate::values::{self, Values};
use crate::yaml::{self, Document, Mark, Node};
use std::collections::BTreeSet;

/// An image that something in a pack names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedImage {
    pub reference: String,
    pub place: Place,
}

/// An image in a text, with its place there; None in values that are a chart's own defaults.
pub type Found = (String, Option<Mark>);

/// Maps that are looked at in one walk: aliases may lead to one map in more ways than can be counted.
const MAPS: usize = yaml::NODES;

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
pub fn of_values(over: Option<Node<'_>>, default: Option<Node<'_>>) -> Vec<Found> {
    let mut walk = Walk::default();
    walk.map(&[over, default], &[]);
    walk.found
}

/// The images of values in layers, the stronger first, without what is below some of their keys. Where a tag is left empty
/// the chart's `appVersion` stands in, as the templates of most charts say.
pub(crate) fn of_layers(layers: &[Node<'_>], app_version: Option<&str>, without: &[&str]) -> Vec<String> {
    let mut walk = Walk { app_version, ..Walk::default() };
    walk.map(&layers.iter().copied().map(Some).collect::<Vec<_>>(), without);
    walk.found.into_iter().map(|(reference, _)| reference).collect()
}

struct Walk<'a> {
    app_version: Option<&'a str>,
    maps_left: usize,
    found: Vec<Found>,
}

impl Default for Walk<'_> {
    fn default() -> Self {
        Self { app_version: None, maps_left: MAPS, found: Vec::new() }
    }
}

impl Walk<'_> {
    /// One map in all layers that have it; places are those of the first.
    fn map(&mut self, layers: &[Option<Node<'_>>], without: &[&str]) {
        // What is no map hides the maps below it.
        if !layers.iter().flatten().next().is_some_and(|node| node.is_map()) {
            return;
        }
        let layers: Vec<_> = layers.iter().map(|layer| layer.filter(|node| node.is_map())).collect();
        let Some(left) = self.maps_left.checked_sub(1) else { return };
        self.maps_left = left;
        let get = |key: &str| layers.iter().flatten().find_map(|node| node.get(key));
        let text = |key: &str| get(key).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty());
        if ["enabled", "deploy", "install", "create"].iter().any(|key| text(key) == Some("false")) {
            return;
        }
        let own_mark = |key: &str| layers[0].and_then(|node| node.entry(key)).map(|(key, _)| key.mark());
        // Without the key `tag`, a repository may be one of anything.
        let tag = text("tag").or_else(|| get("tag").and(self.app_version));
        if let (Some(repository), Some(tag)) = (text("repository"), tag) {
            let registry = text("registry").map(|registry| format!("{registry}/")).unwrap_or_default();
            let reference = format!("{registry}{repository}:{tag}");
            if is_plain(&reference) && !reference.contains("://") {
                self.found.push((reference, own_mark("repository")));
            }
        }
        if let Some(reference) = text("image").filter(|reference| is_plain(reference) && is_reference(reference)) {
            self.found.push((reference.to_owned(), own_mark("image")));
        }
        let keys: BTreeSet<&str> =
            layers.iter().flatten().flat_map(|node| node.entries()).filter_map(|(key, _)| key.text()).collect();
        for key in keys.into_iter().filter(|key| !without.contains(key)) {
            let below: Vec<_> = layers.iter().map(|layer| layer.and_then(|node| node.get(key))).collect();
            self.map(&below, &[]);
        }
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

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b':' | b'@'))
}

/// A name with a path, and a tag or a digest.
fn is_reference(text: &str) -> bool {
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

    #[test]
    fn an_empty_tag_is_the_version_of_the_application() {
        let values = yaml::parse("image: {repository: nginx, tag: ''}\nchart: {repository: x}\nweb: {image: a/b:1}\n");
        let layers = [values.as_ref().unwrap().root()];
        assert_eq!(of_layers(&layers, Some("1.16.0"), &["web"]), ["nginx:1.16.0"]);
        assert_eq!(of_layers(&layers, None, &[]), ["a/b:1"]);
    }
}
