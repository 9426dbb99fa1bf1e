//! The images a chart runs, with those of the charts inside it: each with the values that its parents set for it, and left
//! out where they switch it off. Nothing is rendered, so it is what values and templates write out, and where values leave
//! the tag empty, the version that nearly every chart then takes.

use super::chart::field;
use super::tree::Tree;
use crate::images::{Merged, each_map, is_plain, is_reference};
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
    let mut absent: Vec<String> = Vec::new();
    for dependency in dependencies(tree) {
        if !there.contains(&dependency.name) && !absent.contains(&dependency.name) {
            absent.push(dependency.name);
        }
    }
    absent
}

/// `layers` are values, the stronger first; the chart's own are the last.
fn collect(tree: &Tree, layers: &[Node<'_>], out: &mut Vec<String>, depth: usize) {
    let chart = tree.chart_yaml.as_deref().and_then(|text| yaml::parse(text).ok());
    let version = chart.as_ref().and_then(|chart| default_tag(tree, chart.root()));
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
    let slots: Vec<_> = layers.iter().copied().map(Some).collect();
    each_map(&slots, &of_others, &mut |map: &Merged<'_, '_>| likely_images(map, version.as_deref(), out));
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

/// The tag of images whose values leave it empty.
fn default_tag(tree: &Tree, chart: Node<'_>) -> Option<String> {
    let version = field(chart, "appVersion").or_else(|| field(chart, "version"))?;
    let prefix = if tree.prefixes_version && !version.starts_with('v') { "v" } else { "" };
    Some(format!("{prefix}{version}"))
}

/// The images that a map of values names, in the forms that charts use.
fn likely_images(map: &Merged<'_, '_>, version: Option<&str>, out: &mut Vec<String>) {
    let registry = map.text("registry");
    let named = registry.is_some() || map.get("pullPolicy").is_some() || map.key == "image";
    let repository = map.text("repository").or_else(|| map.text("name").filter(|_| named));
    let untagged = map.text("image").filter(|text| !is_reference(text));
    // Without the key `tag`, a repository may be one of anything.
    let tag = map.text("tag").or_else(|| map.get("tag").and(version));
    if let (Some(repository), Some(tag)) = (repository.or(untagged), tag) {
        // A slash at its start asks for the registry that is set once for many.
        let before = match registry.or_else(|| map.inherited("baseRepo").filter(|_| repository.starts_with('/'))) {
            Some(registry) => format!("{}/", registry.trim_end_matches('/')),
            None => String::new(),
        };
        keep(format!("{before}{}:{tag}", repository.trim_start_matches('/')), out);
    }
    for key in map.keys().filter(|key| key.to_lowercase().ends_with("image")) {
        map.text(key).filter(|text| is_reference(text)).into_iter().for_each(|text| keep(text.to_owned(), out));
    }
}

fn keep(reference: String, out: &mut Vec<String>) {
    if is_plain(&reference) && !reference.contains("://") {
        out.push(reference);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn images(values: &str) -> Vec<String> {
        let chart_yaml = Some("name: web\nversion: 0.1.0\nappVersion: 1.16.0\n".to_owned());
        let tree = Tree { chart_yaml, ..Tree::default() };
        chart_images(&tree, &yaml::parse(values).unwrap())
    }

    #[test]
    fn the_forms_of_charts_are_known() {
        for (values, expected) in [
            ("image: {repository: nginx, tag: ''}", &["nginx:1.16.0"][..]),
            ("image: {repository: nginx, tag: , pullPolicy: Always}", &["nginx:1.16.0"]),
            ("image: {registry: quay.io, repository: a/b, tag: '2'}", &["quay.io/a/b:2"]),
            ("image: {registry: docker.io, name: a/b, tag: 1.2.4}", &["docker.io/a/b:1.2.4"]),
            ("cli: {image: ghcr.io/a/b, tag: v2}", &["ghcr.io/a/b:v2"]),
            ("sidecarImage: ghcr.io/a/b:v2\nimage: quay.io/c@sha256:00", &["quay.io/c@sha256:00", "ghcr.io/a/b:v2"]),
            (
                "image: {baseRepo: k8s.io, a: {repository: /x/y, tag: v1}, b: {repository: q.io/z, tag: v2}}",
                &["k8s.io/x/y:v1", "q.io/z:v2"],
            ),
            ("a: {repository: nginx, tag: '1', enabled: false}", &[]),
            ("chart: {repository: https://example.com/charts, tag: '1'}\nrole: {name: x, tag: ''}", &[]),
            ("image: {repository: '{{ .Values.x }}', tag: '1'}\ngit: {repository: a/b}", &[]),
            ("image: {repository: a/b, tag: '1'}\nagain: {repository: a/b, tag: '1'}", &["a/b:1"]),
        ] {
            assert_eq!(images(values), expected, "{values}");
        }
    }
}
