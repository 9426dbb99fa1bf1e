//! The differences of two packs, section by section.

use crate::commands::local::same_content;
use crate::commands::target::OnDisk;
use anyhow::Context;
use packyard_pack::Pack;
use serde::Serialize;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Lines shown around a change.
const CONTEXT: usize = 3;
/// Longest that the search for a small diff of one text takes; after it a larger one is given.
const PATIENCE: Duration = Duration::from_secs(2);

/// What differs; every section is empty where nothing does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Differences {
    pub(super) a: String,
    pub(super) b: String,
    pub(super) same: bool,
    /// Fields of pack.json.
    pub(super) metadata: Vec<Change>,
    /// values.yaml, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) values: Option<String>,
    pub(super) charts: Vec<Change>,
    pub(super) manifests: Vec<Change>,
    /// Of `pack.content.images`, by name without tag.
    pub(super) images: Vec<Change>,
    pub(super) schema: Vec<Change>,
    pub(super) presets: Vec<Change>,
    /// Every file, those of the sections above too.
    pub(super) files: Vec<Change>,
    #[serde(skip)]
    pub(super) paints: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Added,
    Removed,
    Changed,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    pub(super) name: String,
    pub(super) change: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    /// Of a text, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) diff: Option<String>,
}

impl Differences {
    pub(super) fn between(a: &OnDisk, b: &OnDisk, paints: bool) -> anyhow::Result<Self> {
        let (old, new) = (&a.loaded.pack, &b.loaded.pack);
        let files = files(a, b)?;
        let changed: Vec<&str> = files.iter().map(|change| change.name.as_str()).collect();
        let mut found = Self {
            a: a.loaded.origin.place.clone(),
            b: b.loaded.origin.place.clone(),
            same: files.is_empty(),
            metadata: compare(&fields(old), &fields(new)),
            values: text_diff(&old.values, &new.values, "values.yaml"),
            charts: charts(old, new, &changed),
            manifests: with_diffs(&manifests(old), &manifests(new)),
            images: compare(&images(old), &images(new)),
            schema: compare(&schema(old), &schema(new)),
            presets: with_diffs(&presets(old), &presets(new)),
            files: Vec::new(),
            paints,
        };
        found.files = files;
        Ok(found)
    }
}

type Texts = BTreeMap<String, String>;

/// What stands under each name on both sides.
fn compare(old: &Texts, new: &Texts) -> Vec<Change> {
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |name: &String| {
        let (from, to) = (old.get(name), new.get(name));
        let change = match (from, to) {
            (Some(from), Some(to)) if from == to => return None,
            (Some(_), Some(_)) => Kind::Changed,
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
        };
        Some(Change { name: name.clone(), change, from: from.cloned(), to: to.cloned(), diff: None })
    };
    names.into_iter().filter_map(change).collect()
}

/// As [`compare`], for texts of several lines.
fn with_diffs(old: &Texts, new: &Texts) -> Vec<Change> {
    let mut changes = compare(old, new);
    for change in &mut changes {
        let (from, to) = (change.from.take().unwrap_or_default(), change.to.take().unwrap_or_default());
        change.diff = text_diff(&from, &to, &change.name);
    }
    changes
}

pub(crate) fn text_diff(old: &str, new: &str, name: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let (from, to) = (format!("a/{name}"), format!("b/{name}"));
    Some(diff.unified_diff().context_radius(CONTEXT).header(&from, &to).to_string())
}

/// The fields of pack.json as it is written; lists and objects as one text.
fn fields(pack: &Pack) -> Texts {
    let parsed: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(pack.metadata.text.trim_start_matches('\u{feff}')).unwrap_or_default();
    parsed.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

/// `registry.example.com:5000/a/b:1.0` is the image `registry.example.com:5000/a/b` in the version `1.0`.
fn images(pack: &Pack) -> Texts {
    let Ok(values) = pack.parsed_values() else { return Texts::new() };
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for image in values.images() {
        let (name, version) = split_image(&image.reference);
        found.entry(name.to_owned()).or_default().push(version.to_owned());
    }
    found
        .into_iter()
        .map(|(name, mut versions)| {
            versions.sort();
            (name, versions.join(", "))
        })
        .collect()
}

fn split_image(reference: &str) -> (&str, &str) {
    if let Some((name, digest)) = reference.split_once('@') {
        return (name, digest);
    }
    let path = reference.rfind('/').map_or(0, |at| at + 1);
    match reference[path..].rfind(':') {
        Some(colon) => (&reference[..path + colon], &reference[path + colon + 1..]),
        None => (reference, ""),
    }
}

fn schema(pack: &Pack) -> Texts {
    pack.schema.iter().map(|field| (field.path.clone(), field.expression.clone())).collect()
}

fn presets(pack: &Pack) -> Texts {
    let text = |preset: &packyard_pack::Preset| {
        let mut text = format!("displayName: {}\n", preset.display_name);
        preset.remove.iter().for_each(|path| text.push_str(&format!("remove: {path}\n")));
        text.push_str(&preset.add);
        text
    };
    pack.presets.iter().map(|preset| (format!("{}:{}", preset.group, preset.name), text(preset))).collect()
}

fn manifests(pack: &Pack) -> Texts {
    pack.manifests.iter().map(|manifest| (manifest.path.clone(), manifest.text.clone())).collect()
}

/// By name, then by version; of one version, by the content of the archive.
fn charts(old: &Pack, new: &Pack, changed_files: &[&str]) -> Vec<Change> {
    let versions = |pack: &Pack| -> Texts {
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        pack.charts.iter().for_each(|chart| found.entry(chart.name.clone()).or_default().push(&chart.version));
        found.into_iter().map(|(name, versions)| (name, versions.join(", "))).collect()
    };
    let mut changes = compare(&versions(old), &versions(new));
    for chart in &new.charts {
        let before = old.charts.iter().find(|before| before.name == chart.name);
        let known = changes.iter().position(|change| change.name == chart.name);
        let Some(before) = before else { continue };
        let diff = text_diff(
            before.values.as_deref().unwrap_or_default(),
            chart.values.as_deref().unwrap_or_default(),
            &format!("{}/values.yaml", chart.name),
        );
        match known {
            Some(at) => changes[at].diff = diff,
            None if changed_files.contains(&chart.path.as_str()) => changes.push(Change {
                name: chart.name.clone(),
                change: Kind::Changed,
                from: Some(before.version.clone()),
                to: Some(format!("{} with other content", chart.version)),
                diff,
            }),
            None => {}
        }
    }
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

/// By content, and by the executable bit.
fn files(a: &OnDisk, b: &OnDisk) -> anyhow::Result<Vec<Change>> {
    let listed = |side: &OnDisk| -> Texts {
        let files = side.loaded.pack.files.iter().filter(|file| !is_left_out(side, &file.path));
        files.map(|file| (file.path.clone(), format!("{} bytes", file.size))).collect()
    };
    let (old, new) = (listed(a), listed(b));
    let mut changes = compare(&old, &new);
    for (path, size) in old.iter().filter(|(path, size)| new.get(*path) == Some(*size)) {
        let (from, to) = (a.root.join(path), b.root.join(path));
        let doing = || format!("could not compare `{}` with `{}`", from.display(), to.display());
        let (was, is) = (executable(&from).with_context(doing)?, executable(&to).with_context(doing)?);
        if was == is && same_content(&from, &to).with_context(doing)? {
            continue;
        }
        let said = |executable: bool| if executable { ", executable" } else { "" };
        let (from, to) = if was == is { ("", "") } else { (said(was), said(is)) };
        changes.push(Change {
            name: path.clone(),
            change: Kind::Changed,
            from: Some(format!("{size}{from}")),
            to: Some(format!("{size}{to}")),
            diff: None,
        });
    }
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(changes)
}

/// A link that led to no file of the pack was not unpacked.
fn is_left_out(side: &OnDisk, path: &str) -> bool {
    fs::metadata(side.root.join(path)).is_err()
}

#[cfg(unix)]
fn executable(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_a_name_and_a_version() {
        for (reference, expected) in [
            ("nginx", ("nginx", "")),
            ("nginx:1", ("nginx", "1")),
            ("h:5000/a/b", ("h:5000/a/b", "")),
            ("h:5000/a/b:1.0", ("h:5000/a/b", "1.0")),
            ("h/a@sha256:00", ("h/a", "sha256:00")),
            ("", ("", "")),
            ("ü/ö:ä", ("ü/ö", "ä")),
        ] {
            assert_eq!(split_image(reference), expected, "{reference}");
        }
    }

    #[test]
    fn names_on_one_side_are_added_or_removed() {
        let side = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let changes =
            compare(&side(&[("a", "1"), ("b", "1"), ("c", "1")]), &side(&[("b", "1"), ("c", "2"), ("d", "1")]));
        let kinds: Vec<_> = changes.iter().map(|change| (change.name.as_str(), change.change)).collect();
        assert_eq!(kinds, [("a", Kind::Removed), ("c", Kind::Changed), ("d", Kind::Added)]);
    }
}
