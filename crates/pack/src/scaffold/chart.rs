//! A Helm chart as the source of a pack: what its Chart.yaml says, and the texts a pack is made of.

use super::images::chart_images;
use super::tree::{self, Tree};
use crate::archive::ArchiveError;
use crate::limits::ReadLimits;
use crate::logo::Logo;
use crate::shown::shown;
use crate::yaml::{self, Document, Node};
use std::io::Read;

/// A chart that was looked into.
#[derive(Debug)]
pub struct ChartSource {
    pub name: String,
    pub version: String,
    pub app_version: Option<String>,
    pub description: Option<String>,
    pub home: Option<String>,
    pub sources: Vec<String>,
    pub keywords: Vec<String>,
    /// Range of Kubernetes versions it runs on.
    pub kube_version: Option<String>,
    /// values.yaml, byte for byte.
    pub values: String,
    pub readme: Option<String>,
    /// A picture in the archive; never one of the network.
    pub logo: Option<Logo>,
    /// values.schema.json.
    pub json_schema: Option<String>,
    /// Images it runs, as far as values and templates write them out.
    pub images: Vec<String>,
    /// What a person should know of it, each a sentence.
    pub notes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the chart's archive cannot be read: {0}")]
    Archive(#[from] ArchiveError),
    #[error("it is no Helm chart: it has no folder with a Chart.yaml")]
    NoChartYaml,
    #[error("its {0} is too large or not UTF-8")]
    Unreadable(String),
    #[error("its {file} is not YAML: {error}")]
    NotYaml { file: &'static str, error: yaml::Error },
    #[error("its Chart.yaml has no {0}")]
    Missing(&'static str),
    #[error("its Chart.yaml names it `{}`; a chart's name has letters, digits, `.`, `-` and `_` only", shown(.0))]
    Name(String),
    #[error("its Chart.yaml has the version `{}`, which is none", shown(.0))]
    Version(String),
}

impl ChartSource {
    /// Looks into a chart's archive.
    pub fn read(input: &mut dyn Read, limits: &ReadLimits) -> Result<Self, SourceError> {
        let tree = tree::read(input, limits)?;
        let essential = ["Chart.yaml", "values.yaml"];
        if let Some(path) = tree.unread.iter().find(|path| essential.contains(&path.as_str())) {
            return Err(SourceError::Unreadable(path.clone()));
        }
        let text = tree.chart_yaml.as_deref().ok_or(SourceError::NoChartYaml)?;
        let chart = parse("Chart.yaml", text)?;
        let values = parse("values.yaml", tree.values.as_deref().unwrap_or_default())?;
        let root = chart.root();
        let source = Self {
            name: required(root, "name")?,
            version: required(root, "version")?,
            app_version: field(root, "appVersion"),
            description: field(root, "description"),
            home: field(root, "home"),
            sources: texts(root, "sources"),
            keywords: texts(root, "keywords"),
            kube_version: field(root, "kubeVersion"),
            images: chart_images(&tree, &values),
            notes: notes(&tree, root),
            logo: logo(&tree, field(root, "icon").as_deref()),
            values: tree.values.unwrap_or_default(),
            readme: tree.readme,
            json_schema: tree.json_schema,
        };
        source.check()?;
        Ok(source)
    }

    /// The archive's name in the pack.
    pub fn file_name(&self) -> String {
        format!("{}-{}.tgz", self.name, self.version)
    }

    /// The name becomes a key and part of a path, the version part of a path.
    fn check(&self) -> Result<(), SourceError> {
        let word = |text: &str, more: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.len() <= 200
                && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !word(&self.name, "._-") {
            return Err(SourceError::Name(self.name.clone()));
        }
        if !word(&self.version, "._-+") || crate::helm::chart_version(&self.version).is_none() {
            return Err(SourceError::Version(self.version.clone()));
        }
        Ok(())
    }
}

fn parse(file: &'static str, text: &str) -> Result<Document, SourceError> {
    yaml::parse(text).map_err(|error| SourceError::NotYaml { file, error })
}

pub(super) fn field(node: Node<'_>, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn required(node: Node<'_>, key: &'static str) -> Result<String, SourceError> {
    field(node, key).ok_or(SourceError::Missing(key))
}

fn texts(node: Node<'_>, key: &str) -> Vec<String> {
    let items = node.get(key).into_iter().flat_map(Node::items);
    items.filter_map(Node::text).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// `icon` names it where it is no URL; else a file called logo or icon.
fn logo(tree: &Tree, icon: Option<&str>) -> Option<Logo> {
    let named = icon.map(|icon| icon.trim_start_matches("file://").trim_start_matches("./"));
    let usual = |path: &&String| {
        let stem = path.rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem).to_lowercase();
        matches!(stem.as_str(), "logo" | "icon")
    };
    let path = named.filter(|path| tree.pictures.contains_key(*path));
    let path = path.or_else(|| tree.pictures.keys().find(usual).map(String::as_str))?;
    tree.pictures.get(path).cloned()
}

fn notes(tree: &Tree, root: Node<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if field(root, "type").as_deref() == Some("library") {
        out.push("the chart is a library: it deploys nothing by itself".to_owned());
    }
    if field(root, "deprecated").as_deref() == Some("true") {
        out.push("the chart says that it is deprecated".to_owned());
    }
    let absent = super::images::absent_dependencies(tree);
    if !absent.is_empty() {
        let names: Vec<String> = absent.iter().map(|name| shown(name)).collect();
        out.push(format!(
            "the chart depends on {}, which its charts/ does not hold; run `helm dependency build` in it and start anew",
            names.join(", ")
        ));
    }
    out.extend(tree.unread.iter().map(|path| format!("{} of the chart could not be read", shown(path))));
    out
}
