//! The documents of a catalogue row that is a chart.

use super::listed::Listed;
use crate::packs::StoredDetail;
use crate::snapshot::Summary;
use crate::stored::json;
use crate::sync::convert::{Converted, search_text, storable};
use crate::{ChartPlace, FindingSeverity, PackChart, PackContent, PackFile, PackFinding, PackKind, PackState, Reason};
use packyard_oci::chart_artifact::version_of_tag;
use packyard_oci::{Descriptor, RepoName, Tag};
use packyard_pack::helm::ChartArchive;
use std::collections::BTreeMap;

/// What a chart's archive holds, as it is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pub(crate) values: String,
    pub(crate) readme: Option<String>,
    pub(crate) logo: Option<(String, Vec<u8>)>,
    /// Chart.yaml.
    pub(crate) metadata: serde_json::Value,
    pub(crate) files: Vec<PackFile>,
    /// Of the archive; 0 where it is not known.
    pub(crate) size: u64,
}

impl Content {
    pub(crate) fn of(chart: ChartArchive, size: u64) -> Self {
        Self {
            values: storable(&chart.values),
            readme: chart.readme.as_deref().map(storable),
            logo: chart.logo.map(|logo| (logo.media_type.to_owned(), logo.bytes)),
            metadata: chart.metadata,
            files: chart.files.into_iter().map(|file| PackFile { path: file.path, size: file.size }).collect(),
            size,
        }
    }
}

/// What lists show of a chart.
struct Facts {
    name: String,
    version: String,
    app_version: Option<String>,
    description: Option<String>,
    deprecated: bool,
}

impl Facts {
    fn summary(&self, kind: PackKind, layer_digest: &str, size: u64, warnings: &[Reason]) -> Summary {
        let app_version = self.app_version.as_deref().map(|version| ("appVersion".to_owned(), storable(version)));
        Summary {
            kind,
            display_name: self.name.clone(),
            // What a chart installs goes on top of a cluster.
            layer: "addon".to_owned(),
            cloud_types: vec!["all".to_owned()],
            annotations: app_version.into_iter().collect::<BTreeMap<_, _>>(),
            description: self.description.as_deref().map(|text| storable(text.trim())).unwrap_or_default(),
            state: Some(if self.deprecated { PackState::Deprecated } else { PackState::Active }),
            layer_digest: layer_digest.to_owned(),
            size,
            warnings: u32::try_from(warnings.len()).unwrap_or(u32::MAX),
            ..Summary::default()
        }
    }

    fn detail(&self, content: &Content, warnings: &[Reason], archive: Option<ChartPlace>) -> StoredDetail {
        let chart = PackChart {
            path: format!("{}-{}.tgz", self.name, self.version),
            name: self.name.clone(),
            version: self.version.clone(),
        };
        StoredDetail {
            findings: warnings.iter().map(finding).collect(),
            metadata: content.metadata.clone(),
            content: PackContent { files: content.files.clone(), charts: vec![chart], ..PackContent::default() },
            archive,
            ..StoredDetail::default()
        }
    }

    fn converted(self, summary: &Summary, detail: &StoredDetail, content: Content, warnings: Vec<Reason>) -> Converted {
        Converted {
            rank: 0,
            summary: json(summary),
            search: search_text(&self.name, summary, content.readme.as_deref()),
            detail: json(detail),
            values: content.values,
            readme: content.readme,
            logo: content.logo,
            warnings,
            name: self.name,
            version: self.version,
        }
    }
}

/// A chart that `helm push` put into a registry.
pub(crate) fn of_artifact(chart: ChartArchive, repository: &RepoName, tag: &Tag, layer: &Descriptor) -> Converted {
    let facts = Facts {
        name: storable(&chart.name),
        version: storable(&chart.version),
        app_version: chart.app_version.clone(),
        description: chart.description.clone(),
        deprecated: chart.deprecated,
    };
    let exact = repository.leaf() == facts.name && version_of_tag(tag.as_str()) == facts.version;
    let warnings = if exact { Vec::new() } else { vec![differs(&facts, repository, tag)] };
    let content = Content::of(chart, layer.size);
    let summary = facts.summary(PackKind::OciChart, layer.digest.as_str(), layer.size, &warnings);
    let detail = facts.detail(&content, &warnings, None);
    Converted { rank: i64::from(!exact), ..facts.converted(&summary, &detail, content, warnings) }
}

/// A chart that an index lists. `content` is there once its archive has been read.
pub(crate) fn of_listed(listed: &Listed, content: Option<Content>) -> Converted {
    let entry = &listed.entry;
    let facts = Facts {
        name: entry.name.clone(),
        version: entry.version.clone(),
        app_version: entry.app_version.clone(),
        description: entry.description.clone(),
        deprecated: entry.deprecated,
    };
    let archive = ChartPlace { urls: entry.urls.clone(), is_read: content.is_some() };
    let content = content.unwrap_or_default();
    let summary = facts.summary(PackKind::HelmChart, &listed.digest, content.size, &[]);
    let detail = facts.detail(&content, &[], Some(archive));
    facts.converted(&summary, &detail, content, Vec::new())
}

fn differs(facts: &Facts, repository: &RepoName, tag: &Tag) -> Reason {
    Reason {
        code: "chart-differs".to_owned(),
        reason: format!(
            "`{repository}:{tag}` holds the chart {} {}, which Helm does not find under that name",
            facts.name, facts.version
        ),
        hint: "push it with `helm push`, which names repository and tag by the chart".to_owned(),
    }
}

pub(crate) fn finding(reason: &Reason) -> PackFinding {
    PackFinding {
        code: reason.code.clone(),
        severity: FindingSeverity::Warning,
        message: reason.reason.clone(),
        file: String::new(),
        line: None,
        column: None,
        hint: reason.hint.clone(),
    }
}
