//! Images that a pack uses against those in `pack.content.images`, which sites without a network are loaded from.
//!
//! A pack that lists none is not asked (a quarter of the real ones). Templates are not rendered, so only what is plain
//! counts: an image written out in a manifest, or in values as a text or as repository and tag, and not switched off beside
//! it. A listed image is unused only where its name occurs nowhere in a pack whose charts or manifests name images at all.

use super::{Finding, rules};
use crate::pack::Pack;
use crate::place::Place;
use crate::shown::shown;
use crate::values::{self, Image, Values};
use crate::words::Words;
use crate::yaml::{self, Node};
use std::collections::BTreeSet;

pub(super) fn check(pack: &Pack, found: &mut Vec<Finding>) {
    let Ok(values) = pack.parsed_values() else { return };
    let listed = values.images();
    if listed.is_empty() {
        return;
    }
    unlisted(pack, &values, &listed, found);
    unused(pack, &listed, found);
}

/// The repository's last part, by which mirrors of an image are one.
fn leaf(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

fn unlisted(pack: &Pack, values: &Values, listed: &[Image], found: &mut Vec<Finding>) {
    let mut leaves: BTreeSet<String> = listed.iter().map(|image| leaf(&image.reference).to_owned()).collect();
    let mut report = |reference: &str, place: Place| {
        if leaves.insert(leaf(reference).to_owned()) {
            let message = format!("image `{}` is used here, but is not in `pack.content.images`", shown(reference));
            found.push(Finding::new(&rules::IMAGE_UNLISTED, message).at(place));
        }
    };
    let mut used = Vec::new();
    for (_, value) in values.root().entries().filter(|(key, _)| !matches!(key.text(), Some("pack" | "charts"))) {
        walk(Some(value), None, &mut used, DEPTH);
    }
    let charts = values.root().get("charts");
    let defaults: Vec<_> = pack.charts.iter().filter(|chart| chart.declared).collect();
    for (key, value) in charts.into_iter().flat_map(Node::entries) {
        if !defaults.iter().any(|chart| key.text() == Some(&chart.name)) {
            walk(Some(value), None, &mut used, DEPTH);
        }
    }
    for (reference, mark) in used.drain(..).filter_map(|image: Used| Some((image.reference, image.mark?))) {
        report(&reference, Place::at(values::FILE, mark.line, mark.column));
    }
    for chart in defaults {
        let document = chart.values.as_deref().and_then(|text| yaml::parse(text).ok());
        let over = charts.and_then(|charts| charts.get(&chart.name));
        walk(over, document.as_ref().map(yaml::Document::root), &mut used, DEPTH);
        for image in used.drain(..) {
            let place =
                image.mark.map_or(Place::file(&chart.path), |mark| Place::at(values::FILE, mark.line, mark.column));
            report(&image.reference, place);
        }
    }
    for manifest in pack.manifests.iter().filter(|manifest| manifest.declared) {
        for (index, line) in manifest.text.lines().enumerate() {
            if let Some(reference) = image_line(line) {
                let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
                report(reference, Place::at(&manifest.path, index + 1, column));
            }
        }
    }
}

struct Used {
    reference: String,
    /// In values.yaml; None for a chart's own.
    mark: Option<yaml::Mark>,
}

/// How deep values are looked at; documents nest no deeper.
const DEPTH: usize = yaml::DEPTH;

/// Values over a chart's defaults, as Helm merges them.
fn walk(over: Option<Node<'_>>, default: Option<Node<'_>>, used: &mut Vec<Used>, depth: usize) {
    let node = match (over, default) {
        (Some(over), _) if !over.is_map() || depth == 0 => return,
        (None, None) => return,
        (over, default) => (over, default.filter(|node| node.is_map())),
    };
    let get = |key: &str| node.0.and_then(|n| n.get(key)).or_else(|| node.1.and_then(|n| n.get(key)));
    let text = |key: &str| get(key).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty());
    if ["enabled", "deploy", "install", "create"].iter().any(|key| text(key) == Some("false")) {
        return;
    }
    let own_mark = |key: &str| node.0.and_then(|n| n.entry(key)).map(|(key, _)| key.mark());
    if let (Some(repository), Some(tag)) = (text("repository"), text("tag")) {
        let registry = text("registry").map(|registry| format!("{registry}/")).unwrap_or_default();
        let reference = format!("{registry}{repository}:{tag}");
        if is_plain(&reference) {
            used.push(Used { reference, mark: own_mark("repository") });
        }
    }
    if let Some(reference) = text("image").filter(|reference| is_plain(reference) && is_reference(reference)) {
        used.push(Used { reference: reference.to_owned(), mark: own_mark("image") });
    }
    let keys: BTreeSet<&str> =
        [node.0, node.1].into_iter().flatten().flat_map(Node::entries).filter_map(|(key, _)| key.text()).collect();
    for key in keys {
        walk(node.0.and_then(|n| n.get(key)), node.1.and_then(|n| n.get(key)), used, depth - 1);
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b':' | b'@'))
}

/// A name with a path, and a tag or a digest.
fn is_reference(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default();
    text.contains('/') && (last.contains(':') || text.contains('@')) && !leaf(text).is_empty() && !text.contains("://")
}

/// The image of `image: name/of/image:tag` in a manifest.
fn image_line(line: &str) -> Option<&str> {
    let value = line.trim_start().trim_start_matches("- ").trim_start().strip_prefix("image:")?.trim();
    let value = value.split(" #").next().unwrap_or_default().trim();
    let value = value.strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\''])).unwrap_or(value);
    (is_plain(value) && is_reference(value)).then_some(value)
}

fn unused(pack: &Pack, listed: &[Image], found: &mut Vec<Finding>) {
    let own: BTreeSet<usize> = listed.iter().map(|image| image.mark.line).collect();
    let mut words = Words::default();
    for (_, line) in pack.values.lines().enumerate().filter(|(index, _)| !own.contains(&(index + 1))) {
        words.read(line);
    }
    let texts = pack.presets_text.as_deref().into_iter().chain(pack.manifests.iter().map(|m| m.text.as_str()));
    texts.chain(pack.charts.iter().filter_map(|chart| chart.values.as_deref())).for_each(|text| words.read(text));
    let mut templates = Words::default();
    pack.manifests.iter().for_each(|manifest| templates.read(&manifest.text));
    let names_images = |words: &Words| words.may_have("image") || words.may_have("images");
    if !names_images(&templates) && !pack.charts.iter().any(|chart| names_images(&chart.words)) {
        return;
    }
    // What is not read may use any image.
    if words.partial || !pack.unread.is_empty() || pack.charts.iter().any(|chart| chart.words.partial) {
        return;
    }
    for image in listed {
        let name = leaf(&image.reference);
        if name.is_empty() || words.may_have(name) || pack.charts.iter().any(|chart| chart.words.may_have(name)) {
            continue;
        }
        let message =
            format!("image `{}` is listed, but nothing in the pack names `{}`", shown(&image.reference), shown(name));
        found.push(Finding::new(&rules::IMAGE_UNUSED, message).at(Place::at(
            values::FILE,
            image.mark.line,
            image.mark.column,
        )));
    }
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
}
