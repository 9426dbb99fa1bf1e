//! A chart's archive as a catalogue shows it: what the chart says of itself, its values, its README. Read in place from a
//! stream, under the limits of packs. Spec: Helm documentation, "Charts", "The Chart File Structure".

use crate::archive::{ArchiveError, Decompressed, Kind, Members};
use crate::contents::FileEntry;
use crate::limits::ReadLimits;
use crate::logo::Logo;
use crate::yaml::{self, Node};
use std::io::Read;

/// What is kept of a chart.
#[derive(Debug, Clone)]
pub struct ChartArchive {
    pub name: String,
    pub version: String,
    pub app_version: Option<String>,
    pub description: Option<String>,
    pub deprecated: bool,
    /// Chart.yaml; every scalar as text.
    pub metadata: serde_json::Value,
    /// `values.yaml`, byte for byte; empty where there is none.
    pub values: String,
    pub readme: Option<String>,
    /// `logo.png` or `icon.png` beside Chart.yaml. The address that `icon` names is nothing of the archive's.
    pub logo: Option<Logo>,
    /// Of every chart in it, without the folder around them.
    pub files: Vec<FileEntry>,
}

#[derive(Debug, thiserror::Error)]
pub enum ChartArchiveError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("it has no folder with a Chart.yaml")]
    NoChartYaml,
    #[error("its {0} is larger than {1} bytes (limit pack.text_bytes) or not UTF-8")]
    Text(&'static str, u64),
    #[error("its Chart.yaml {0}")]
    ChartYaml(String),
}

impl ChartArchiveError {
    /// Stable, for records.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Archive(_) => "bad-archive",
            Self::NoChartYaml => "not-a-chart",
            Self::Text(..) => "bad-text",
            Self::ChartYaml(_) => "bad-chart-yaml",
        }
    }
}

/// Values of Chart.yaml that are kept, so that aliases of aliases come to an end.
const METADATA_VALUES: usize = 10_000;

/// Reads the archive that `helm package` makes.
pub fn read_chart(input: impl Read, limits: &ReadLimits) -> Result<ChartArchive, ChartArchiveError> {
    let mut members = Members::new(Decompressed::new(input, limits)?, limits);
    let mut kept = Kept::default();
    while let Some(member) = members.next()? {
        let Some((_, path)) = member.path.split_once('/').filter(|_| member.kind == Kind::File) else { continue };
        kept.files.push(FileEntry { path: path.to_owned(), size: member.size });
        kept.take(path, member.size, &mut members, limits)?;
    }
    kept.chart()
}

#[derive(Default)]
struct Kept {
    chart_yaml: Option<String>,
    values: Option<String>,
    readme: Option<String>,
    logo: Option<Logo>,
    files: Vec<FileEntry>,
}

impl Kept {
    fn take<R: Read>(
        &mut self,
        path: &str,
        size: u64,
        members: &mut Members<R>,
        limits: &ReadLimits,
    ) -> Result<(), ChartArchiveError> {
        let most = limits.text_bytes;
        match path {
            "Chart.yaml" => {
                let text = text(members, size, most)?;
                self.chart_yaml = Some(text.ok_or(ChartArchiveError::Text("Chart.yaml", most))?);
            }
            "values.yaml" => {
                let text = text(members, size, most)?;
                self.values = Some(text.ok_or(ChartArchiveError::Text("values.yaml", most))?);
            }
            "logo.png" | "icon.png" if size <= limits.logo_bytes => {
                self.logo = Logo::sniff(bytes(members)?).or(self.logo.take());
            }
            // A README that cannot be shown is no reason to refuse the chart.
            _ if path.eq_ignore_ascii_case("README.md") => self.readme = text(members, size, most)?,
            _ => {}
        }
        Ok(())
    }

    fn chart(self) -> Result<ChartArchive, ChartArchiveError> {
        let chart_yaml = self.chart_yaml.ok_or(ChartArchiveError::NoChartYaml)?;
        let document =
            yaml::parse(&chart_yaml).map_err(|e| ChartArchiveError::ChartYaml(format!("is not YAML: {e}")))?;
        let root = document.root();
        let field = |key: &str| root.get(key).and_then(|node| node.text()).map(str::trim).filter(|t| !t.is_empty());
        let needed = |key: &str| field(key).ok_or_else(|| ChartArchiveError::ChartYaml(format!("has no {key}")));
        Ok(ChartArchive {
            name: needed("name")?.to_owned(),
            version: needed("version")?.to_owned(),
            app_version: field("appVersion").map(str::to_owned),
            description: field("description").map(str::to_owned),
            deprecated: field("deprecated") == Some("true"),
            metadata: json(root, &mut { METADATA_VALUES }),
            values: self.values.unwrap_or_default(),
            readme: self.readme,
            logo: self.logo,
            files: self.files,
        })
    }
}

fn bytes<R: Read>(members: &mut Members<R>) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    members.body().read_to_end(&mut bytes).map_err(ArchiveError::from_read)?;
    Ok(bytes)
}

/// None when it is too long, or no text.
fn text<R: Read>(members: &mut Members<R>, size: u64, most: u64) -> Result<Option<String>, ArchiveError> {
    if size > most {
        return Ok(None);
    }
    Ok(String::from_utf8(bytes(members)?).ok())
}

fn json(node: Node<'_>, left: &mut usize) -> serde_json::Value {
    use serde_json::Value;
    if *left == 0 {
        return Value::Null;
    }
    *left -= 1;
    if node.is_map() {
        let member = |(key, value): (Node<'_>, Node<'_>)| Some((key.text()?.to_owned(), json(value, left)));
        return Value::Object(node.entries().filter_map(member).collect());
    }
    if node.is_sequence() {
        return Value::Array(node.items().map(|item| json(item, left)).collect());
    }
    node.text().map_or(Value::Null, |text| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn read(files: &[(&str, &str)]) -> Result<ChartArchive, ChartArchiveError> {
        read_chart(archive(files).as_slice(), &ReadLimits::PACK)
    }

    #[test]
    fn a_chart_is_read_and_the_charts_inside_it_are_not() {
        let chart = read(&[
            ("web/Chart.yaml", "name: web\nversion: 1.2.0\nappVersion: 1.16\nkeywords: [http]\ndeprecated: true\n"),
            ("web/values.yaml", "# How many\nreplicas: 2\n"),
            ("web/README.md", "# Web\n"),
            ("web/logo.png", "\u{89}no image"),
            ("web/charts/redis/Chart.yaml", "name: redis\nversion: 9.9.9\n"),
            ("web/charts/redis/values.yaml", "port: 1\n"),
        ])
        .unwrap();
        assert_eq!((chart.name.as_str(), chart.version.as_str(), chart.deprecated), ("web", "1.2.0", true));
        assert_eq!(chart.values, "# How many\nreplicas: 2\n");
        assert_eq!((chart.readme.as_deref(), chart.logo), (Some("# Web\n"), None));
        assert_eq!(chart.metadata["keywords"][0], "http");
        assert_eq!(chart.metadata["appVersion"], "1.16");
        assert_eq!(chart.files.last().unwrap().path, "charts/redis/values.yaml");
    }

    #[test]
    fn what_is_no_chart_says_why() {
        let code = |files: &[(&str, &str)]| read(files).unwrap_err().code();
        assert_eq!(code(&[("web/values.yaml", "a: 1\n")]), "not-a-chart");
        assert_eq!(code(&[("Chart.yaml", "name: web\n")]), "not-a-chart", "it is in no folder");
        assert_eq!(code(&[("web/Chart.yaml", "name: web\n")]), "bad-chart-yaml");
        assert_eq!(code(&[("web/Chart.yaml", "a: [\n")]), "bad-chart-yaml");
        let error = read_chart(b"<html>".as_slice(), &ReadLimits::PACK).unwrap_err();
        assert_eq!(error.code(), "bad-archive");
        let small = ReadLimits { text_bytes: 4, ..ReadLimits::PACK };
        let long = archive(&[("web/Chart.yaml", "name: web\nversion: 1.0.0\n")]);
        assert!(read_chart(long.as_slice(), &small).unwrap_err().to_string().contains("pack.text_bytes"));
    }

    #[test]
    fn aliases_of_aliases_come_to_an_end() {
        let mut text = "name: web\nversion: 1.0.0\na0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..9 {
            let list = vec![format!("*a{}", n - 1); 8].join(", ");
            text.push_str(&format!("a{n}: &a{n} [{list}]\n"));
        }
        let chart = read(&[("web/Chart.yaml", text.as_str())]).unwrap();
        assert!(chart.metadata.to_string().len() < 100 * METADATA_VALUES);
    }
}
