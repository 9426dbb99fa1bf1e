//! One version of one pack: what it is, what is in it, what is odd about it, and how to get it.

use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::markdown;
use crate::pages::commands;
use crate::pages::packs::{failure, layer_word, state_badge};
use crate::parts::Logo;
use crate::visit::Visit;
use crate::words::{When, counted, short_digest, size};
use crate::{ConsoleConfig, ConsoleState};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_catalog::{
    Field, Filter, FindingSeverity, PackContent, PackDependency, PackDetail, PackFile, PackFinding, PackKind,
    PackQuery, PackRow, PackState, Registry, Wait,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Template)]
#[template(path = "packs/pack.html")]
struct PackPage {
    frame: Frame,
    head: Head,
    tabs: Vec<TabLink>,
    body: Body,
    rail: Rail,
}

impl PackPage {
    fn is_values(&self) -> bool {
        matches!(self.body, Body::Values(_))
    }

    fn is_content(&self) -> bool {
        matches!(self.body, Body::Content(_))
    }
}

struct Head {
    is_chart: bool,
    /// Why a chart's archive has not been read, and what helps.
    not_read: Option<(String, String)>,
    display_name: String,
    version: String,
    description: String,
    layer: String,
    addon_type: String,
    state: Option<(&'static str, &'static str)>,
    logo: Logo,
}

struct TabLink {
    label: &'static str,
    address: String,
    is_on: bool,
    count: Option<usize>,
    is_warning: bool,
}

enum Body {
    /// Sanitised HTML; empty when there is none.
    Readme(String),
    Values(String),
    Content(ContentView),
    Versions(Vec<VersionRow>),
    Findings(Vec<FindingView>),
}

struct ContentView {
    charts: Vec<packyard_catalog::PackChart>,
    manifests: Vec<(String, String)>,
    images: Vec<String>,
    files: usize,
    folders: Vec<FolderView>,
}

/// The files of one folder, by name.
struct FolderView {
    name: String,
    count: String,
    size: String,
    is_open: bool,
    files: Vec<(String, String)>,
}

struct VersionRow {
    version: String,
    address: String,
    /// What differs between it and this one.
    compare: String,
    is_this: bool,
    state: Option<(&'static str, &'static str)>,
    tag_note: String,
    registry: String,
    digest: String,
    short_digest: String,
    size: String,
    since: When,
}

struct FindingView {
    kind: &'static str,
    word: &'static str,
    message: String,
    hint: String,
    place: String,
}

struct Rail {
    name: String,
    registry: String,
    registry_address: String,
    reference: String,
    digest: String,
    short_digest: String,
    size: String,
    clouds: String,
    more: Vec<(&'static str, String)>,
    what: &'static str,
    /// What to type, the login first where the registry wants one.
    pulls: Vec<String>,
    dependencies: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Readme,
    Values,
    Content,
    Versions,
    Findings,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Readme, Self::Values, Self::Content, Self::Versions, Self::Findings];

    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Readme => ("README", ""),
            Self::Values => ("Values", "/values"),
            Self::Content => ("Content", "/content"),
            Self::Versions => ("Versions", "/versions"),
            Self::Findings => ("Findings", "/findings"),
        }
    }
}

pub(super) async fn readme(
    state: State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    show(state.0, visit, &uid, Tab::Readme).await
}

pub(super) async fn tab(
    state: State<ConsoleState>,
    visit: Visit,
    Path((uid, word)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let tab = Tab::ALL.into_iter().skip(1).find(|tab| tab.word().1.trim_start_matches('/') == word);
    show(state.0, visit, &uid, tab.ok_or_else(|| Failure::NotFound("This page".to_owned()))?).await
}

async fn show(state: ConsoleState, visit: Visit, uid: &str, tab: Tab) -> Result<Response, Failure> {
    let pack = state.catalog.pack(visit.caller(), uid).await.map_err(failure)?;
    let versions = versions(&state, &visit, &pack.row).await?;
    let registry = state.catalog.registry(visit.caller(), &pack.row.registry_uid).await.ok();
    let row = &pack.row;
    let body = match tab {
        Tab::Readme => Body::Readme(pack.readme.as_deref().map(markdown::render).unwrap_or_default()),
        Tab::Values => Body::Values(pack.values.clone()),
        Tab::Content => Body::Content(content(&pack.content)),
        Tab::Versions => Body::Versions(versions.iter().map(|other| version_row(&visit, row, other)).collect()),
        Tab::Findings => Body::Findings(pack.findings.iter().map(finding).collect()),
    };
    let page = PackPage {
        frame: visit.frame(row.display_name.trim(), Section::Packs).under("Packs", "/packs"),
        head: Head {
            is_chart: row.kind.is_chart(),
            not_read: not_read(&pack),
            display_name: row.display_name.trim().to_owned(),
            version: row.version.clone(),
            description: row.description.trim().to_owned(),
            layer: layer_word(&row.layer).to_owned(),
            addon_type: row.addon_type.trim().to_owned(),
            state: state_badge(row.state, row.is_gone),
            logo: Logo::new(&row.uid, row.has_logo, &row.display_name).large(),
        },
        tabs: Tab::ALL.into_iter().map(|each| tab_link(each, tab, &pack, distinct(&versions))).collect(),
        body,
        rail: rail(&pack, registry.as_ref(), &state.config),
    };
    visit.page(&page)
}

pub(super) async fn versions(state: &ConsoleState, visit: &Visit, row: &PackRow) -> Result<Vec<PackRow>, Failure> {
    let query = PackQuery {
        filter: Filter::All(vec![
            Filter::eq(Field::Name, row.name.as_str()),
            Filter::eq(Field::Layer, row.layer.as_str()),
        ]),
        states: vec![PackState::Active, PackState::Deprecated, PackState::Disabled, PackState::Deleted],
        wait: Wait::No,
        ..PackQuery::default()
    };
    let mut found = state.catalog.packs(visit.caller(), &query).await.map_err(failure)?.items;
    // A chart and a pack of one name are two things.
    found.retain(|other| other.kind.is_chart() == row.kind.is_chart());
    Ok(found)
}

fn not_read(pack: &PackDetail) -> Option<(String, String)> {
    let is_unread = pack.archive.as_ref().is_some_and(|archive| !archive.is_read);
    let why = pack.findings.first().filter(|_| is_unread)?;
    Some((why.message.clone(), why.hint.clone()))
}

/// One version that several registries have is one.
fn distinct(versions: &[PackRow]) -> usize {
    versions.iter().map(|row| row.version.as_str()).collect::<BTreeSet<_>>().len()
}

fn tab_link(tab: Tab, chosen: Tab, pack: &PackDetail, versions: usize) -> TabLink {
    let (label, rest) = tab.word();
    let count = match tab {
        Tab::Versions => Some(versions),
        Tab::Findings if !pack.findings.is_empty() => Some(pack.findings.len()),
        _ => None,
    };
    TabLink {
        label,
        address: format!("/packs/{}{rest}", pack.row.uid),
        is_on: tab == chosen,
        count,
        is_warning: tab == Tab::Findings,
    }
}

/// Files that are listed without opening their folder first.
const OPEN_FILES: usize = 12;

fn content(content: &PackContent) -> ContentView {
    let mut by_folder: BTreeMap<&str, Vec<&PackFile>> = BTreeMap::new();
    for file in &content.files {
        by_folder.entry(file.path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default().push(file);
    }
    let few = content.files.len() <= OPEN_FILES;
    let folder = |(name, files): (&str, Vec<&PackFile>)| FolderView {
        is_open: few || name.is_empty(),
        count: counted(files.len() as i64, "file"),
        size: size(files.iter().map(|file| file.size).sum()),
        files: files.iter().map(|file| (file.path.clone(), size(file.size))).collect(),
        name: if name.is_empty() { "Beside pack.json".to_owned() } else { format!("{name}/") },
    };
    ContentView {
        charts: content.charts.clone(),
        manifests: content.manifests.iter().map(|manifest| (manifest.path.clone(), manifest.content.clone())).collect(),
        images: content.images.clone(),
        files: content.files.len(),
        folders: by_folder.into_iter().map(folder).collect(),
    }
}

fn version_row(visit: &Visit, this: &PackRow, other: &PackRow) -> VersionRow {
    VersionRow {
        version: other.version.clone(),
        address: format!("/packs/{}", other.uid),
        compare: format!("/packs/{}/compare?with={}", this.uid, other.uid),
        is_this: other.uid == this.uid,
        state: state_badge(other.state, other.is_gone),
        tag_note: if other.tag == other.version { String::new() } else { format!("tag {}", other.tag) },
        registry: other.registry_name.clone(),
        digest: other.digest.clone(),
        short_digest: short_digest(&other.digest),
        size: if other.size == 0 { String::new() } else { size(other.size) },
        since: visit.when(other.updated_ms),
    }
}

fn finding(finding: &PackFinding) -> FindingView {
    let mut place = finding.file.clone();
    if let Some(line) = finding.line {
        place.push_str(&format!(":{line}"));
        if let Some(column) = finding.column {
            place.push_str(&format!(":{column}"));
        }
    }
    let (kind, word) = match finding.severity {
        FindingSeverity::Error => ("bad", "Error"),
        FindingSeverity::Warning => ("warn", "Warning"),
    };
    if !finding.code.is_empty() {
        place = [place.as_str(), finding.code.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ");
    }
    FindingView { kind, word, message: finding.message.clone(), hint: finding.hint.clone(), place }
}

fn rail(pack: &PackDetail, registry: Option<&Registry>, config: &ConsoleConfig) -> Rail {
    let row = &pack.row;
    let host = registry.map(|registry| commands::host(&registry.spec.endpoint));
    let place = [host.unwrap_or_default(), row.repository.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/");
    let reference = match row.kind {
        PackKind::HelmChart => row.repository.clone() + " " + &row.tag,
        _ => format!("{place}:{}", row.tag),
    };
    let mut more = Vec::new();
    for (label, key) in [("Source", "source"), ("Contributor", "contributor"), ("Documentation", "docsURL")] {
        if let Some(value) = row.annotations.get(key).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            more.push((label, value.to_owned()));
        }
    }
    if row.tag != row.version {
        more.push(("Tag in the registry", row.tag.clone()));
    }
    Rail {
        name: row.name.clone(),
        registry: row.registry_name.clone(),
        registry_address: format!("/settings/registries/{}", row.registry_uid),
        what: if row.kind.is_chart() { "Chart" } else { "Pack" },
        pulls: match row.kind {
            PackKind::Pack => {
                let login = registry.and_then(|registry| commands::oras_login(registry, config));
                let pulls = [format!("oras pull {reference}"), format!("packyard pack pull {reference}")];
                login.into_iter().chain(pulls).collect()
            }
            PackKind::OciChart => vec![
                format!("helm pull oci://{place} --version {}", row.version),
                format!("packyard pack init oci://{reference}"),
            ],
            PackKind::HelmChart => {
                let repository = registry.map_or("", |registry| registry.spec.endpoint.as_str());
                vec![
                    format!("helm pull {} --repo {repository} --version {}", row.name, row.version),
                    format!("packyard pack init {} --repo {repository} --version {}", row.name, row.version),
                ]
            }
        },
        reference,
        digest: row.digest.clone(),
        short_digest: short_digest(&row.digest),
        size: if row.size == 0 { String::new() } else { format!("{}, compressed", size(row.size)) },
        clouds: clouds(&row.cloud_types),
        more,
        dependencies: pack.dependencies.iter().map(dependency).collect(),
    }
}

fn clouds(types: &[String]) -> String {
    if types.iter().any(|cloud| cloud == "all") { "Any cloud".to_owned() } else { types.join(", ") }
}

/// `Kubernetes 1.29 or newer, if present`.
fn dependency(need: &PackDependency) -> String {
    let layer = layer_word(&need.layer);
    let name = if need.pack_name.eq_ignore_ascii_case(layer) { layer } else { need.pack_name.trim() };
    let what = match (need.min_version.trim(), need.max_version.trim()) {
        ("", "") => name.to_owned(),
        (min, "") => format!("{name} {min} or newer"),
        ("", max) => format!("{name} {max} or older"),
        (min, max) if min == max => format!("{name} {min}"),
        (min, max) => format!("{name} {min} to {max}"),
    };
    match need.kind.as_str() {
        "required" => format!("{what}, required"),
        "notSupported" => format!("Not with {what}"),
        "upgrade" => format!("Upgrades from {what}"),
        _ => format!("{what}, if present"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_read_as_sentences() {
        let need = |kind: &str, min: &str, max: &str| {
            dependency(&PackDependency {
                pack_name: "kubernetes".into(),
                layer: "k8s".into(),
                kind: kind.into(),
                min_version: min.into(),
                max_version: max.into(),
            })
        };
        assert_eq!(need("required", "1.29", ""), "Kubernetes 1.29 or newer, required");
        assert_eq!(need("optional", "1.29", ""), "Kubernetes 1.29 or newer, if present");
        assert_eq!(need("optional", "", ""), "Kubernetes, if present");
        assert_eq!(need("notSupported", "1.20", "1.24"), "Not with Kubernetes 1.20 to 1.24");
        assert_eq!(need("upgrade", "", "1.24"), "Upgrades from Kubernetes 1.24 or older");
    }

    #[test]
    fn files_are_listed_by_folder_and_many_are_folded() {
        let file = |path: String| PackFile { path, size: 500 };
        let many = (0..20).map(|n| file(format!("charts/app/templates/{n}.yaml")));
        let view = content(&PackContent {
            files: many.chain([file("pack.json".to_owned())]).collect(),
            ..PackContent::default()
        });
        let folders: Vec<_> = view.folders.iter().map(|f| (f.name.as_str(), f.count.as_str(), f.is_open)).collect();
        assert_eq!(folders, [("Beside pack.json", "1 file", true), ("charts/app/templates/", "20 files", false)]);
        assert_eq!(view.folders[1].size, "10 KB");
    }

    #[test]
    fn a_finding_says_where() {
        let found = PackFinding {
            code: "W5".into(),
            severity: FindingSeverity::Warning,
            message: "m".into(),
            file: "values.yaml".into(),
            line: Some(4),
            column: Some(2),
            hint: String::new(),
        };
        assert_eq!(finding(&found).place, "values.yaml:4:2 · W5");
    }
}
