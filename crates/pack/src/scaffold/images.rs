//! The images a chart runs, with those of the charts inside it: each with the values that its parents set for it, and left
//! out where they switch it off. Nothing is rendered, so it is what values and templates write out.

use super::chart::field;
use super::tree::Tree;
use crate::images;
use crate::yaml::{self, Document, Node};

/// Charts inside charts that are looked at.
const DEPTH: usize = 8;

/// A chart that another one says it needs.
struct Dependency {
    name: String,
    /// The key of its values.
    key: String,
    /// Dotted paths of values; the first that is there decides.
    conditions: Vec<String>,
}

/// Each once, in the order in which they are found.
pub(super) fn chart_images(tree: &Tree, values: &Document) -> Vec<String> {
    let mut found = Vec::new();
    collect(tree, &[values.root()], &mut found, DEPTH);
    let mut out: Vec<String> = Vec::new();
    for image in found {
        if !out.contains(&image) {
            out.push(image);
        }
    }
    out
}

/// What is asked for and not there, by name.
pub(super) fn absent_dependencies(tree: &Tree) -> Vec<String> {
    let there: Vec<String> = tree.inner.values().filter_map(chart_name).collect();
    dependencies(tree).into_iter().map(|dependency| dependency.name).filter(|name| !there.contains(name)).collect()
}

/// `layers` are values, the stronger first; the chart's own are the last.
fn collect(tree: &Tree, layers: &[Node<'_>], out: &mut Vec<String>, depth: usize) {
    let chart = tree.chart_yaml.as_deref().and_then(|text| yaml::parse(text).ok());
    let app_version = chart.as_ref().and_then(|chart| field(chart.root(), "appVersion"));
    let dependencies = dependencies(tree);
    let inner: Vec<(String, &Tree, Option<&Dependency>)> = tree
        .inner
        .iter()
        .flat_map(|(folder, inner)| {
            let name = chart_name(inner).unwrap_or_else(|| folder.clone());
            let wanted: Vec<_> = dependencies.iter().filter(|dependency| dependency.name == name).collect();
            let undeclared = wanted.is_empty().then_some((name, inner, None));
            undeclared.into_iter().chain(wanted.into_iter().map(move |d| (d.key.clone(), inner, Some(d))))
        })
        .collect();
    let of_others: Vec<&str> = inner.iter().map(|(key, ..)| key.as_str()).collect();
    out.extend(images::of_layers(layers, app_version.as_deref(), &of_others));
    out.extend(tree.written_images.iter().cloned());
    if depth == 0 {
        return;
    }
    for (key, inner, dependency) in inner {
        if dependency.is_some_and(|dependency| dependency.is_off(layers)) {
            continue;
        }
        let own = inner.values.as_deref().and_then(|text| yaml::parse(text).ok());
        let set = layers.iter().filter_map(|layer| layer.get(&key)).filter(|node| node.is_map());
        let below: Vec<Node<'_>> = set.chain(own.as_ref().map(Document::root)).collect();
        collect(inner, &below, out, depth - 1);
    }
}

impl Dependency {
    fn is_off(&self, layers: &[Node<'_>]) -> bool {
        let decided = self.conditions.iter().find_map(|path| layers.iter().find_map(|layer| at(*layer, path)));
        decided == Some("false")
    }
}

fn at<'a>(node: Node<'a>, path: &str) -> Option<&'a str> {
    path.split('.').try_fold(node, Node::get)?.text()
}

fn chart_name(tree: &Tree) -> Option<String> {
    let chart = yaml::parse(tree.chart_yaml.as_deref()?).ok()?;
    field(chart.root(), "name")
}

/// Of Chart.yaml, or of requirements.yaml in charts of the first format.
fn dependencies(tree: &Tree) -> Vec<Dependency> {
    let texts = [tree.chart_yaml.as_deref(), tree.requirements.as_deref()];
    let documents: Vec<Document> = texts.into_iter().flatten().filter_map(|text| yaml::parse(text).ok()).collect();
    let items = documents.iter().flat_map(|document| document.root().get("dependencies")).flat_map(Node::items);
    let dependency = |item: Node<'_>| {
        let name = field(item, "name")?;
        Some(Dependency {
            key: field(item, "alias").unwrap_or_else(|| name.clone()),
            conditions: field(item, "condition")
                .map(|text| text.split(',').map(|path| path.trim().to_owned()).collect())
                .unwrap_or_default(),
            name,
        })
    };
    items.filter_map(dependency).collect()
}
