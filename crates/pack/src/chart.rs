//! Helm charts inside a pack: Chart.yaml and values.yaml of each `.tgz`, read in place from the stream around it.
//! Spec: Helm chart v1 and v2; every archive has one folder that holds Chart.yaml.

use crate::archive::{ArchiveError, Decompressed, Kind, Members};
use crate::limits::ReadLimits;
use crate::words::Words;
use crate::yaml;
use std::io::Read;

/// A chart of a pack. Its name is the key of its values under `charts:` in values.yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Path of the archive inside the pack.
    pub path: String,
    /// Whether pack.json names it.
    pub declared: bool,
    pub name: String,
    pub version: String,
    pub app_version: Option<String>,
    /// `v1` or `v2`.
    pub api_version: Option<String>,
    pub description: Option<String>,
    /// The chart's own default values.
    pub values: Option<String>,
    /// The words of its templates and of the charts below it.
    pub(crate) words: Words,
}

/// What is kept of a chart archive until pack.json is known.
#[derive(Debug, Clone)]
pub(crate) struct ChartFiles {
    chart_yaml: String,
    values: Option<String>,
    words: Words,
}

/// Longer files of a chart are data.
const TEMPLATE_BYTES: u64 = 1 << 20;

impl ChartFiles {
    pub(crate) fn bytes(&self) -> u64 {
        (self.chart_yaml.len() + self.values.as_ref().map_or(0, String::len)) as u64 + self.words.bytes()
    }
}

/// Chart archives are those in `charts/` or at the top, not the dependencies inside an unpacked copy of a chart.
pub(crate) fn is_chart_archive(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let archive = name.ends_with(".tgz") || name.ends_with(".tar.gz");
    archive && !name.starts_with("._") && !folder.split('/').skip(1).any(|part| part == "charts")
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ChartError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("it has no folder with a Chart.yaml")]
    NoChartYaml,
    #[error("its {0} is larger than {1} bytes or not UTF-8")]
    Text(&'static str, u64),
}

/// Reads a chart archive; what it unpacks to is taken from `chart_left`, which all charts of a pack share.
pub(crate) fn read_archive(
    body: &mut dyn Read,
    limits: &ReadLimits,
    chart_left: &mut u64,
) -> Result<ChartFiles, ChartError> {
    let limits = ReadLimits { unpacked_bytes: *chart_left, ..*limits };
    let mut members = Members::new(Decompressed::new(body, &limits)?, &limits);
    let result = read_members(&mut members, &limits);
    *chart_left = chart_left.saturating_sub(members.input().unpacked_bytes());
    result
}

fn read_members<R: Read>(members: &mut Members<R>, limits: &ReadLimits) -> Result<ChartFiles, ChartError> {
    let (mut chart_yaml, mut values) = (None, None);
    let mut words = Words::default();
    while let Some(member) = members.next()? {
        if member.kind != Kind::File {
            continue;
        }
        match member.path.split_once('/') {
            Some((_, "Chart.yaml")) if chart_yaml.is_none() => {
                let text = read_text(members, member.size, limits.text_bytes);
                chart_yaml = Some(text.ok_or(ChartError::Text("Chart.yaml", limits.text_bytes))?);
            }
            Some((_, "values.yaml")) if values.is_none() => {
                values = read_text(members, member.size, limits.text_bytes);
            }
            // A chart inside as an archive of its own is not opened.
            Some((_, path)) if path.ends_with(".tgz") => words.partial = true,
            Some((_, path)) if is_template(path) && !words.partial => {
                match read_text(members, member.size, TEMPLATE_BYTES) {
                    Some(text) => words.read(&text),
                    None => words.partial = true,
                }
            }
            _ => {}
        }
    }
    Ok(ChartFiles { chart_yaml: chart_yaml.ok_or(ChartError::NoChartYaml)?, values, words })
}

/// What names images and values: not documentation, and not definitions of resources, which are long and name neither.
fn is_template(path: &str) -> bool {
    let known =
        [".yaml", ".yml", ".tpl", ".txt", ".json", ".conf", ".sh", ".toml"].iter().any(|end| path.ends_with(end));
    known && !path.starts_with("crds/") && !path.contains("/crds/")
}

fn read_text<R: Read>(members: &mut Members<R>, size: u64, limit: u64) -> Option<String> {
    let mut text = String::new();
    let fits = size <= limit;
    (fits && members.body().read_to_string(&mut text).is_ok()).then_some(text)
}

impl Chart {
    pub(crate) fn parse(path: &str, declared: bool, files: ChartFiles) -> Result<Self, String> {
        let document = yaml::parse(&files.chart_yaml).map_err(|e| format!("its Chart.yaml is not YAML: {e}"))?;
        let root = document.root();
        let text = |key: &str| {
            root.get(key).and_then(|node| node.text()).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
        };
        Ok(Self {
            path: path.to_owned(),
            declared,
            name: text("name").ok_or("its Chart.yaml has no name")?,
            version: text("version").ok_or("its Chart.yaml has no version")?,
            app_version: text("appVersion"),
            api_version: text("apiVersion"),
            description: text("description"),
            values: files.values,
            words: files.words,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_archives_are_told_by_where_they_lie() {
        assert!(is_chart_archive("charts/nginx-1.2.3.tgz"));
        assert!(is_chart_archive("nginx.tar.gz"));
        assert!(!is_chart_archive("charts/nginx-1.2.3.tgz.orig"));
        assert!(!is_chart_archive("charts/._nginx-1.2.3.tgz"));
        assert!(!is_chart_archive("charts/nginx/charts/redis-1.0.0.tgz"));
    }
}
