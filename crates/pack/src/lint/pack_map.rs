//! The `pack` map of values.yaml: what Palette itself reads. palette.md section 1.6.

use super::{Finding, Rule, Subject, rules};
use crate::pack::Pack;
use crate::place::Place;
use crate::shown::shown;
use crate::values::{FILE, Values};
use crate::yaml::{Mark, Node};

/// The most a name of a namespace may have (RFC 1123).
const LABEL: usize = 63;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(values) = subject.values() else { return };
    // An empty values.yaml needs no pack map: five real packs are so.
    if values.root().is_map() && values.pack().is_none() {
        found.push(note(&rules::NO_PACK_MAP, "values.yaml has no `pack` map".to_owned(), values.root().mark()));
    }
    content(values, found);
    fields(subject.pack, values, found);
}

fn note(rule: &Rule, message: String, mark: Mark) -> Finding {
    Finding::new(rule, message).at(Place::at(FILE, mark.line, mark.column))
}

fn content(values: &Values, found: &mut Vec<Finding>) {
    for (list, wanted) in [("images", &["image"][..]), ("charts", &["repo", "name", "version"])] {
        for item in values.content(list) {
            let Some(missing) = missing_key(item, wanted) else { continue };
            let message = format!("an entry of `pack.content.{list}` has no `{missing}`");
            found.push(match typo(item, missing) {
                Some((written, mark)) => {
                    let written = shown(written);
                    note(&rules::CONTENT_ITEM, format!("{message}, but `{written}`"), mark)
                        .hint(format!("write `{missing}` instead of `{written}`"))
                }
                None => note(&rules::CONTENT_ITEM, message, item.mark()),
            });
        }
    }
}

fn missing_key<'k>(item: Node<'_>, wanted: &[&'k str]) -> Option<&'k str> {
    wanted.iter().copied().find(|key| item.get(key).and_then(Node::text).is_none_or(|text| text.trim().is_empty()))
}

/// The key that was meant for a missing one, and where it stands.
fn typo<'a>(item: Node<'a>, missing: &str) -> Option<(&'a str, Mark)> {
    item.entries().find_map(|(key, _)| Some((key.text().filter(|text| is_typo(text, missing))?, key.mark())))
}

/// An entry of `pack.content.images` whose key is `image` with a typing error.
pub(super) struct ImageTypo<'a> {
    pub(super) written: &'a str,
    pub(super) mark: Mark,
    pub(super) reference: &'a str,
}

pub(super) fn image_typos(values: &Values) -> Vec<ImageTypo<'_>> {
    let items = values.content("images").filter(|item| missing_key(*item, &["image"]).is_some());
    let typo = |item| {
        let (written, mark) = typo(item, "image")?;
        Some(ImageTypo { written, mark, reference: item.get(written)?.text()? })
    };
    items.filter_map(typo).collect()
}

/// The same letters in another order, or one letter more, less or other.
fn is_typo(written: &str, meant: &str) -> bool {
    let sorted = |text: &str| {
        let mut chars: Vec<char> = text.to_lowercase().chars().collect();
        chars.sort_unstable();
        chars
    };
    if written.len() > 2 * meant.len() {
        return false;
    }
    let (a, b) = (sorted(written), sorted(meant));
    a == b
        || (a.len().abs_diff(b.len()) <= 1
            && a.iter().filter(|c| !b.contains(c)).count() <= 1
            && written.starts_with(&meant[..1]))
}

/// Fields with a form of their own; a macro is resolved later and has none.
fn fields(pack: &Pack, values: &Values, found: &mut Vec<Finding>) {
    let Some(map) = values.pack() else { return };
    let text = |key: &str| {
        let (key, value) = map.entry(key)?;
        Some((value.text().filter(|text| !text.is_empty() && !text.contains("{{"))?, key.mark()))
    };
    if let Some((name, mark)) = text("namespace").filter(|(name, _)| !is_label(name)) {
        let message = format!("`{}` cannot be the name of a namespace", shown(name));
        found.push(note(&rules::PACK_FIELD, message, mark));
    }
    if let Some((list, mark)) = text("additionalNamespaces") {
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty() && !is_label(name)) {
            let message = format!("`{}` in `additionalNamespaces` cannot be the name of a namespace", shown(name));
            found.push(note(&rules::PACK_FIELD, message, mark));
        }
    }
    let priority = "spectrocloud.com/install-priority";
    if let Some((number, mark)) = text(priority).filter(|(number, _)| number.trim().parse::<i64>().is_err()) {
        found.push(note(&rules::PACK_FIELD, format!("`{priority}` is `{}`, not a number", shown(number)), mark));
    }
    let declared = pack.charts.iter().filter(|chart| chart.declared).count();
    if declared == pack.metadata.charts.len() && declared > 0 {
        for (key, _) in map.get("releaseNameOverride").into_iter().flat_map(Node::entries) {
            let Some(name) = key.text().filter(|name| *name != "<<") else { continue };
            if !pack.charts.iter().any(|chart| chart.name == name) {
                let message = format!("`releaseNameOverride` names `{}`, which is no chart of the pack", shown(name));
                found.push(note(&rules::PACK_FIELD, message, key.mark()));
            }
        }
    }
}

/// A DNS label, as Kubernetes names namespaces.
fn is_label(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.len() <= LABEL && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}
