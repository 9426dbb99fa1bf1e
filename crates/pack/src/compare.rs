//! What differs between two packs, section by section. Pure: what a caller knows of each pack comes in as a [`Side`].

use crate::pack::Pack;
use crate::presets::Preset;
use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Lines shown around a change.
const CONTEXT: usize = 3;
/// Longest that the search for a small diff of one text takes; after it a larger one is given.
const PATIENCE: Duration = Duration::from_secs(2);

/// Texts by name.
pub type Texts = BTreeMap<String, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Added,
    Removed,
    Changed,
}

/// Of a text, or of a field with its [`Value`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change<T = String> {
    pub name: String,
    pub change: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<T>,
    /// Of a text, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

impl Change<Value> {
    /// For people, who read JSON as a text.
    pub fn to_text(&self) -> Change {
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
        Change {
            name: self.name.clone(),
            change: self.change,
            from: text(&self.from),
            to: text(&self.to),
            diff: self.diff.clone(),
        }
    }
}

/// A chart as one side has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartSide {
    pub path: String,
    pub name: String,
    pub version: String,
    /// Empty where they are not known.
    pub values: String,
}

/// One of the two packs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// Fields of pack.json as it is written.
    pub metadata: BTreeMap<String, Value>,
    pub values: String,
    pub charts: Vec<ChartSide>,
    pub manifests: Texts,
    /// Of `pack.content.images`: versions by name.
    pub images: Texts,
    /// Expressions by path.
    pub schema: Texts,
    /// By `group:name`.
    pub presets: Texts,
}

/// What differs; every section is empty where nothing does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Fields of pack.json.
    pub metadata: Vec<Change<Value>>,
    /// values.yaml, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    pub charts: Vec<Change>,
    pub manifests: Vec<Change>,
    /// Of `pack.content.images`, by name without tag.
    pub images: Vec<Change>,
    pub schema: Vec<Change>,
    pub presets: Vec<Change>,
}

impl Comparison {
    /// `changed_files` are paths of files whose content differs, as far as the caller knows: a chart of the same version
    /// counts as changed when its archive is among them.
    pub fn between(old: &Side, new: &Side, changed_files: &[&str]) -> Self {
        Self {
            metadata: compare(&old.metadata, &new.metadata),
            values: text_diff(&old.values, &new.values, "values.yaml"),
            charts: charts(&old.charts, &new.charts, changed_files),
            manifests: with_diffs(&old.manifests, &new.manifests),
            images: compare(&old.images, &new.images),
            schema: compare(&old.schema, &new.schema),
            presets: with_diffs(&old.presets, &new.presets),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<&Pack> for Side {
    fn from(pack: &Pack) -> Self {
        let references = pack.parsed_values().map(|values| values.images()).unwrap_or_default();
        let chart = |chart: &crate::Chart| ChartSide {
            path: chart.path.clone(),
            name: chart.name.clone(),
            version: chart.version.clone(),
            values: chart.values.clone().unwrap_or_default(),
        };
        Self {
            metadata: serde_json::from_str(pack.metadata.text.trim_start_matches('\u{feff}')).unwrap_or_default(),
            values: pack.values.clone(),
            charts: pack.charts.iter().map(chart).collect(),
            manifests: pack.manifests.iter().map(|file| (file.path.clone(), file.text.clone())).collect(),
            images: images(references.iter().map(|image| image.reference.as_str())),
            schema: pack.schema.iter().map(|field| (field.path.clone(), field.expression.clone())).collect(),
            presets: pack.presets.iter().map(preset).collect(),
        }
    }
}

/// `registry.example.com:5000/a/b:1.0` is the image `registry.example.com:5000/a/b` in the version `1.0`.
pub fn images<'a>(references: impl Iterator<Item = &'a str>) -> Texts {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for reference in references {
        let (name, version) = split_image(reference);
        found.entry(name).or_default().push(version);
    }
    let joined = found.into_iter().map(|(name, mut versions)| {
        versions.sort_unstable();
        (name.to_owned(), versions.join(", "))
    });
    joined.collect()
}

/// A preset's name, and what it does as one text.
pub fn preset(preset: &Preset) -> (String, String) {
    let mut text = format!("displayName: {}\n", preset.display_name);
    preset.remove.iter().for_each(|path| text.push_str(&format!("remove: {path}\n")));
    text.push_str(&preset.add);
    (format!("{}:{}", preset.group, preset.name), text)
}

/// What stands under each name on both sides.
pub fn compare<T: Clone + PartialEq>(old: &BTreeMap<String, T>, new: &BTreeMap<String, T>) -> Vec<Change<T>> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
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

/// A unified diff, or `None` where the texts are the same.
pub fn text_diff(old: &str, new: &str, name: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let (from, to) = (format!("a/{name}"), format!("b/{name}"));
    Some(diff.unified_diff().context_radius(CONTEXT).header(&from, &to).to_string())
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

/// By name, then by version; of one version, by the content of the archive.
fn charts(old: &[ChartSide], new: &[ChartSide], changed_files: &[&str]) -> Vec<Change> {
    let versions = |charts: &[ChartSide]| -> Texts {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        charts.iter().for_each(|chart| found.entry(chart.name.clone()).or_default().push(chart.version.clone()));
        found.into_iter().map(|(name, versions)| (name, versions.join(", "))).collect()
    };
    let mut changes = compare(&versions(old), &versions(new));
    for chart in new {
        let before = old.iter().find(|before| before.name == chart.name);
        let known = changes.iter().position(|change| change.name == chart.name);
        let Some(before) = before else { continue };
        let diff = text_diff(&before.values, &chart.values, &format!("{}/values.yaml", chart.name));
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
        let side = |pairs: &[(&str, &str)]| -> Texts {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let changes =
            compare(&side(&[("a", "1"), ("b", "1"), ("c", "1")]), &side(&[("b", "1"), ("c", "2"), ("d", "1")]));
        let kinds: Vec<_> = changes.iter().map(|change| (change.name.as_str(), change.change)).collect();
        assert_eq!(kinds, [("a", Kind::Removed), ("c", Kind::Changed), ("d", Kind::Added)]);
    }
}
