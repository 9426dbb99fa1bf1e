//! The files of a new pack.

use super::json_schema;
use super::readme;
use super::values::{PackMap, of_chart, of_manifests};
use super::{Answers, ChartSource, ScaffoldError, Source};
use crate::contents::{LOGO, README};
use crate::layer::Layer;
use crate::logo::Logo;
use crate::values::Values;
use crate::{metadata, schema, values};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A new pack, but for the archive of its chart, which is a file of its own.
#[derive(Debug)]
pub struct Draft {
    /// Contents by path in the pack.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Where the archive of the chart belongs.
    pub chart_path: Option<String>,
    /// Of `pack.content.images`.
    pub images: Vec<String>,
    /// Fields of schema.yaml.
    pub fields: usize,
    /// What a person should know or do, each a sentence.
    pub notes: Vec<String>,
}

/// Drafts the pack. `logo` wins over one of the source.
pub fn draft(source: &Source, answers: &Answers, logo: Option<&Logo>) -> Result<Draft, ScaffoldError> {
    answers.check()?;
    let (images, mut notes) = match source {
        Source::Chart(chart) => (chart.images.clone(), chart.notes.clone()),
        Source::Manifests(manifests) => (manifests.images(), Vec::new()),
        Source::Empty => Default::default(),
    };
    let pack = PackMap { namespace: &answers.namespace, images: &images };
    let values = match source {
        Source::Chart(chart) => of_chart(pack, &chart.name, &chart.values)?,
        Source::Manifests(manifests) => of_manifests(pack, manifests.files().iter().map(|manifest| manifest.key())),
        Source::Empty => pack.text(),
    };
    let mut files = BTreeMap::new();
    let mut add = |path: &str, content: Vec<u8>| drop(files.insert(path.to_owned(), content));
    let form = form(source, &values, &mut notes);
    if form.fields > 0 {
        add(schema::FILE, form.text.into_bytes());
    }
    add(metadata::FILE, pack_json(source, answers).into_bytes());
    add(values::FILE, values.into_bytes());
    let own_readme = if let Source::Chart(chart) = source { chart.readme.clone() } else { None };
    add(README, own_readme.unwrap_or_else(|| readme::of(source, answers, &images)).into_bytes());
    let own_logo = if let Source::Chart(chart) = source { chart.logo.as_ref() } else { None };
    match logo.or(own_logo) {
        Some(logo) => add(LOGO, logo.bytes.clone()),
        None => notes.push("the pack has no logo; put one into its folder as logo.png".to_owned()),
    }
    if let Source::Manifests(manifests) = source {
        for manifest in manifests.files() {
            add(&format!("manifests/{}", manifest.file_name), manifest.text.clone().into_bytes());
        }
    }
    let chart_path = if let Source::Chart(chart) = source { Some(chart_path(chart)) } else { None };
    Ok(Draft { files, chart_path, images, fields: form.fields, notes })
}

fn chart_path(chart: &ChartSource) -> String {
    format!("charts/{}", chart.file_name())
}

fn form(source: &Source, values: &str, notes: &mut Vec<String>) -> json_schema::Converted {
    let Source::Chart(chart) = source else { return Default::default() };
    let (Some(text), Ok(values)) = (&chart.json_schema, Values::parse(values)) else { return Default::default() };
    match json_schema::convert(text, &format!("charts.{}", chart.name), &values) {
        Ok(form) => {
            if form.left_out > 0 {
                let left = form.left_out;
                notes.push(format!(
                    "schema.yaml leaves out {left} of the chart's schema: values that are not set by default"
                ));
            }
            form
        }
        Err(error) => {
            notes.push(format!("there is no schema.yaml: {error}"));
            Default::default()
        }
    }
}

/// pack.json with the fields in the order in which people read them.
fn pack_json(source: &Source, answers: &Answers) -> String {
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
    set("name", json!(answers.name));
    set("displayName", json!(answers.display_name));
    set("version", json!(answers.version));
    set("layer", json!(answers.layer));
    if answers.layer == Layer::Addon && !answers.addon_type.is_empty() {
        set("addonType", json!(answers.addon_type));
    }
    set("cloudTypes", json!(answers.cloud_types));
    set("annotations", Value::Object(annotations(source)));
    match source {
        Source::Chart(chart) => {
            if let Some(range) = &chart.kube_version {
                set("kubeVersion", json!(range));
            }
            set("charts", json!([chart_path(chart)]));
        }
        Source::Manifests(manifests) => {
            let paths: Vec<String> =
                manifests.files().iter().map(|manifest| format!("manifests/{}", manifest.file_name)).collect();
            set("kubeManifests", json!(paths));
        }
        Source::Empty => {}
    }
    // Maps of strings and lists can always be written.
    let mut text = serde_json::to_string_pretty(&fields).unwrap_or_default();
    text.push('\n');
    text
}

/// `source` says who stands behind a pack; everybody but the platform's maker is the community.
fn annotations(source: &Source) -> Map<String, Value> {
    let mut out = Map::from_iter([("source".to_owned(), json!("community"))]);
    let Source::Chart(chart) = source else { return out };
    if let Some(url) = chart.home.iter().chain(&chart.sources).find(|url| readme::is_url(url)) {
        out.insert("docsURL".to_owned(), json!(url));
    }
    if let Some(description) = &chart.description {
        out.insert("description".to_owned(), json!(description));
    }
    out
}
