//! Images that a pack uses against those in `pack.content.images`, which sites without a network are loaded from.
//!
//! A pack that lists none is not asked (a quarter of the real ones). A listed image is unused only where its name occurs
//! nowhere in a pack whose charts or manifests name images at all.

use super::pack_map::image_typos;
use super::{Finding, Subject, rules};
use crate::images::{leaf, used_in};
use crate::pack::Pack;
use crate::place::Place;
use crate::shown::shown;
use crate::values::{self, Image, Values};
use crate::words::Words;
use std::collections::BTreeSet;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(values) = subject.values() else { return };
    let listed = values.images();
    if listed.is_empty() {
        return;
    }
    for (reference, place) in unlisted(subject, values, &listed) {
        let message = format!("image `{}` is used here, but is not in `pack.content.images`", shown(&reference));
        found.push(Finding::new(&rules::IMAGE_UNLISTED, message).at(place));
    }
    unused(subject.pack, &listed, found);
}

/// Each image that is used and not listed, once, by its name.
pub(super) fn unlisted(subject: &Subject<'_>, values: &Values, listed: &[Image]) -> Vec<(String, Place)> {
    let mut leaves: BTreeSet<String> = listed.iter().map(|image| leaf(&image.reference).to_owned()).collect();
    // A misspelt entry is a finding of its own.
    leaves.extend(image_typos(values).into_iter().map(|typo| leaf(typo.reference).to_owned()));
    let used = used_in(subject.pack, Some(values), &subject.defaults);
    used.into_iter()
        .filter(|image| leaves.insert(leaf(&image.reference).to_owned()))
        .map(|image| (image.reference, image.place))
        .collect()
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
