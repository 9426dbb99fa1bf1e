//! A pack as read from an archive becomes the documents of a catalogue row.

use crate::packs::StoredDetail;
use crate::snapshot::Summary;
use crate::stored::json;
use crate::{
    FindingSeverity, PackChart, PackContent, PackDependency, PackFile, PackFinding, PackKind, PackManifest, PackPreset,
    PackSchema, PackState, Reason,
};
use packyard_oci::{Descriptor, RepoName, Tag};
use packyard_pack::lint::{self, Finding, Severity};
use packyard_pack::metadata::{Dependency, State};
use packyard_pack::{Pack, SchemaEntry};
use packyard_store::{PackWrite, TagWrite};

/// README text beyond this is not searched in.
const SEARCHED_README: usize = 64 * 1024;

/// All that is written of one pack; `PackWrite` borrows from it.
pub(crate) struct Converted {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rank: i64,
    pub(crate) summary: String,
    pub(crate) search: String,
    pub(crate) detail: String,
    pub(crate) values: String,
    pub(crate) readme: Option<String>,
    pub(crate) logo: Option<(String, Vec<u8>)>,
    /// The warnings, as the run's record shows them.
    pub(crate) warnings: Vec<Reason>,
}

impl Converted {
    /// As it is written for the tag that it was read from.
    pub(super) fn write<'w>(&'w self, tag: TagWrite<'w>) -> PackWrite<'w> {
        PackWrite {
            tag,
            name: &self.name,
            version: &self.version,
            rank: self.rank,
            summary: &self.summary,
            search: &self.search,
            detail: &self.detail,
            values: &self.values,
            readme: self.readme.as_deref(),
            logo: self.logo.as_ref().map(|(kind, bytes)| (kind.as_str(), bytes.as_slice())),
        }
    }
}

/// The errors that keep a pack out, or the rows it becomes.
pub(super) fn convert(
    pack: Pack,
    repository: &RepoName,
    tag: &Tag,
    layer: &Descriptor,
) -> Result<Converted, Vec<Reason>> {
    let mut findings = lint::check(&pack);
    findings.extend(lint::check_reference(&pack, repository.as_str(), tag.as_str()));
    let (errors, warnings): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|f| f.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(errors.into_iter().map(reason).collect());
    }
    let warnings: Vec<Reason> = warnings.into_iter().map(reason).collect();
    let metadata = &pack.metadata;
    let readme = pack.readme.as_deref().or(metadata.readme.as_deref()).map(storable);
    let description = metadata.annotations.get("description").map_or("", |text| text.trim()).to_owned();
    let summary = Summary {
        kind: PackKind::Pack,
        display_name: metadata.display_name.clone(),
        layer: metadata.layer.to_string(),
        addon_type: metadata.addon_type.clone(),
        addon_sub_type: metadata.addon_sub_type.clone(),
        cloud_types: metadata.cloud_types.clone(),
        group: metadata.group.clone(),
        eol: metadata.eol.clone(),
        annotations: metadata.annotations.clone(),
        description,
        state: Some(state(metadata.state())),
        layer_digest: layer.digest.to_string(),
        size: layer.size,
        warnings: u32::try_from(warnings.len()).unwrap_or(u32::MAX),
    };
    let exact = repository.leaf() == metadata.name && tag.as_str() == metadata.version;
    Ok(Converted {
        name: metadata.name.clone(),
        version: metadata.version.clone(),
        rank: i64::from(!exact),
        search: search_text(&metadata.name, &summary, readme.as_deref()),
        summary: json(&summary),
        detail: json(&detail(&pack, &findings)),
        values: storable(&pack.values),
        logo: pack.logo.as_ref().map(|logo| (logo.media_type.to_owned(), logo.bytes.clone())),
        readme,
        warnings,
    })
}

pub(super) fn reason(finding: &Finding) -> Reason {
    let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    Reason { code: finding.code.to_owned(), reason: format!("{place}{}", finding.message), hint: fix(finding) }
}

/// What to do about it: here, or in general.
fn fix(finding: &Finding) -> String {
    let general = || lint::rule(finding.code).map(|rule| rule.fix.to_owned());
    finding.hint.clone().or_else(general).unwrap_or_default()
}

fn state(declared: State) -> PackState {
    match declared {
        State::Active => PackState::Active,
        State::Deprecated => PackState::Deprecated,
        State::Deleted => PackState::Deleted,
        State::Disabled => PackState::Disabled,
    }
}

/// PostgreSQL's TEXT cannot hold NUL.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(crate) fn search_text(name: &str, summary: &Summary, readme: Option<&str>) -> String {
    let readme: String = readme.unwrap_or_default().chars().take(SEARCHED_README).collect();
    storable(&[name, &summary.display_name, &summary.description, &readme].join("\n").to_lowercase())
}

fn detail(pack: &Pack, findings: &[Finding]) -> StoredDetail {
    StoredDetail {
        schema: pack.schema.iter().map(schema).collect(),
        presets: pack
            .presets
            .iter()
            .map(|preset| PackPreset {
                name: preset.name.clone(),
                display_name: preset.display_name.clone(),
                group: preset.group.clone(),
                remove: preset.remove.clone(),
                add: preset.add.clone(),
            })
            .collect(),
        dependencies: pack.metadata.constraints.dependencies.iter().map(dependency).collect(),
        findings: findings.iter().map(finding).collect(),
        metadata: serde_json::from_str(&pack.metadata.text).unwrap_or_default(),
        content: content(pack),
        archive: None,
    }
}

fn content(pack: &Pack) -> PackContent {
    let images = pack.parsed_values().map(|values| values.images()).unwrap_or_default();
    PackContent {
        files: pack.files.iter().map(|file| PackFile { path: file.path.clone(), size: file.size }).collect(),
        charts: pack
            .charts
            .iter()
            .map(|chart| PackChart {
                path: chart.path.clone(),
                name: chart.name.clone(),
                version: chart.version.clone(),
            })
            .collect(),
        manifests: pack
            .manifests
            .iter()
            .map(|manifest| PackManifest { path: manifest.path.clone(), content: manifest.text.clone() })
            .collect(),
        images: images.into_iter().map(|image| image.reference).collect(),
    }
}

fn finding(finding: &Finding) -> PackFinding {
    let place = finding.place.as_ref();
    let number = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok());
    PackFinding {
        code: finding.code.to_owned(),
        severity: match finding.severity {
            Severity::Error => FindingSeverity::Error,
            Severity::Warning => FindingSeverity::Warning,
        },
        message: finding.message.clone(),
        file: place.map(|p| p.file.clone()).unwrap_or_default(),
        line: number(place.and_then(|p| p.line)),
        column: number(place.and_then(|p| p.column)),
        hint: fix(finding),
    }
}

fn dependency(dependency: &Dependency) -> PackDependency {
    let kind = dependency.kind.as_ref().and_then(|kind| serde_json::to_value(kind).ok());
    PackDependency {
        pack_name: dependency.pack_name.clone(),
        layer: dependency.layer.clone(),
        kind: kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned(),
        min_version: dependency.min_version.clone(),
        max_version: dependency.max_version.clone(),
    }
}

fn schema(entry: &SchemaEntry) -> PackSchema {
    PackSchema {
        name: entry.path.clone(),
        kind: entry.kind().as_str().to_owned(),
        format: entry.format.as_ref().map(|format| format.template.clone()).unwrap_or_default(),
        regex: entry.regex().unwrap_or_default().to_owned(),
        required: entry.required,
        readonly: entry.readonly,
        list_options: entry.list_options().to_vec(),
        hints: entry.hints.clone(),
    }
}
