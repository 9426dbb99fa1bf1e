//! What `packyard pack init` made, for people and for programs.

use super::source::{Found, Origin};
use crate::terminal::{counted, line};
use packyard_pack::Severity;
use packyard_pack::lint::Finding;
use packyard_pack::scaffold::{Answers, Draft, Source};
use serde::Serialize;
use std::fmt;
use std::path::Path;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    path: String,
    name: String,
    display_name: String,
    version: String,
    layer: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    addon_type: String,
    cloud_types: Vec<String>,
    namespace: String,
    source: MadeFrom,
    files: Vec<String>,
    /// Of `pack.content.images`.
    images: Vec<String>,
    /// Fields of schema.yaml.
    fields: usize,
    findings: Vec<Finding>,
    notes: Vec<String>,
    /// Commands that come next.
    next: Vec<String>,
}

#[derive(Debug, Serialize)]
struct MadeFrom {
    kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    chart: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

impl Created {
    pub(super) fn new(target: &Path, found: Found, answers: Answers, draft: Draft, findings: Vec<Finding>) -> Self {
        let path = target.display().to_string();
        let word = if path.starts_with('-') { format!("./{path}") } else { path.clone() };
        let word = if word.contains(|c: char| !(c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c))) {
            format!("'{}'", word.replace('\'', r"'\''"))
        } else {
            word
        };
        let mut files: Vec<String> = draft.files.into_keys().chain(draft.chart_path).collect();
        files.sort();
        Self {
            next: vec![format!("packyard pack lint {word}"), format!("packyard publish {word} --to HOST/BASE")],
            path,
            name: answers.name,
            display_name: answers.display_name,
            version: answers.version,
            layer: answers.layer.as_str(),
            addon_type: answers.addon_type,
            cloud_types: answers.cloud_types,
            namespace: answers.namespace,
            source: MadeFrom::new(&found.source, found.origin),
            files,
            images: draft.images,
            fields: draft.fields,
            findings,
            notes: found.notes.into_iter().chain(draft.notes).collect(),
        }
    }

    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    fn findings(&self) -> String {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        format!("{}, {}", counted(errors, "error"), counted(self.findings.len() - errors, "warning"))
    }
}

impl MadeFrom {
    fn new(source: &Source, origin: Origin) -> Self {
        let (chart, version) = match source {
            Source::Chart(chart) => (Some(chart.name.clone()), Some(chart.version.clone())),
            _ => (None, None),
        };
        Self { kind: origin.kind, place: origin.place, chart, version, digest: origin.digest }
    }
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, text: &str| writeln!(f, "{name:<10} {}", line(text));
        row("created", &self.path)?;
        row("pack", &format!("{} {}, {}", self.name, self.version, self.display_name))?;
        if !self.source.place.is_empty() {
            row("from", &self.source.place)?;
        }
        if let Some(digest) = &self.source.digest {
            row("verified", digest)?;
        }
        for file in &self.files {
            let more = match file.as_str() {
                "values.yaml" => format!(" ({})", counted(self.images.len(), "image")),
                "schema.yaml" => format!(" ({})", counted(self.fields, "field")),
                _ => String::new(),
            };
            row("file", &format!("{file}{more}"))?;
        }
        row("findings", &self.findings())?;
        let next: Vec<String> = self
            .next
            .iter()
            .enumerate()
            .map(|(at, next)| format!("{:<10} {next}", if at == 0 { "next" } else { "" }))
            .collect();
        f.write_str(&next.join("\n"))
    }
}
