//! What differs between two versions of a pack, as `packyard pack diff` tells it.

use crate::ConsoleState;
use crate::diff::Diff;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::packs::failure;
use crate::pages::packs::pack::versions;
use crate::visit::Visit;
use crate::words::size;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{PackDetail, PackPreset, PackRow, PackSchema};
use packyard_pack::Preset;
use packyard_pack::compare::{Change, ChartSide, Comparison, Kind, Side, Texts, compare, images, preset};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "packs/compare.html")]
struct ComparePage {
    frame: Frame,
    name: String,
    is_chart: bool,
    this: String,
    back: String,
    here: String,
    /// Uid, version, whether it is chosen.
    others: Vec<(String, String, bool)>,
    is_same: bool,
    values: Option<Diff>,
    sections: Vec<SectionView>,
}

struct SectionView {
    title: &'static str,
    changes: Vec<ChangeView>,
}

struct ChangeView {
    name: String,
    badge: (&'static str, &'static str),
    from: String,
    to: String,
    diff: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    with: String,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let new = state.catalog.pack(visit.caller(), &uid).await.map_err(failure)?;
    let rows = versions(&state, &visit, &new.row).await?;
    let others: Vec<_> = rows.iter().filter(|row| row.uid != uid).collect();
    // The one before this, unless another is asked for.
    let own = rows.iter().position(|row| row.uid == uid).unwrap_or(0);
    let default = rows.get(own + 1).or(others.last().copied());
    let chosen = others.iter().copied().find(|row| row.uid == asked.with).or(default);
    let chosen = chosen.ok_or_else(|| Failure::NotFound("Another version of this pack".to_owned()))?;
    let old = state.catalog.pack(visit.caller(), &chosen.uid).await.map_err(failure)?;
    let (this, that) = (word(&new.row, chosen), word(chosen, &new.row));
    let (files, found) = (files(&old, &new), Comparison::between(&side(&old), &side(&new), &[]));
    let display = new.row.display_name.trim().to_owned();
    let page = ComparePage {
        frame: visit
            .frame("Compare", Section::Packs)
            .under("Packs", "/packs")
            .under(format!("{display} {}", new.row.version), format!("/packs/{uid}/versions")),
        name: display,
        is_chart: new.row.kind.is_chart(),
        here: format!("/packs/{uid}/compare"),
        back: format!("/packs/{uid}/versions"),
        others: others.iter().map(|row| (row.uid.clone(), word(row, &new.row), row.uid == chosen.uid)).collect(),
        is_same: found.is_empty() && files.is_empty(),
        values: found.values.is_some().then(|| Diff::new("values.yaml", (&that, &old.values), (&this, &new.values))),
        sections: sections(found, files, new.row.kind.is_chart()),
        this,
    };
    visit.page(&page)
}

/// The version, with its registry where the other one is in another.
fn word(row: &PackRow, other: &PackRow) -> String {
    if row.registry_uid == other.registry_uid {
        return row.version.clone();
    }
    format!("{} ({})", row.version, row.registry_name)
}

fn sections(found: Comparison, files: Vec<Change>, is_chart: bool) -> Vec<SectionView> {
    let all = [
        (if is_chart { "Chart.yaml" } else { "pack.json" }, found.metadata.iter().map(Change::to_text).collect()),
        ("Charts", found.charts),
        ("Images", found.images),
        ("Manifests", found.manifests),
        ("Schema", found.schema),
        ("Presets", found.presets),
        ("Files", files),
    ];
    let section = |(title, changes): (&'static str, Vec<Change>)| SectionView {
        title,
        changes: changes.into_iter().map(change).collect(),
    };
    all.into_iter().filter(|(_, changes)| !changes.is_empty()).map(section).collect()
}

fn change(change: Change) -> ChangeView {
    ChangeView {
        name: change.name,
        badge: match change.change {
            Kind::Added => ("good", "Added"),
            Kind::Removed => ("bad", "Removed"),
            Kind::Changed => ("warn", "Changed"),
        },
        from: change.from.unwrap_or_default(),
        to: change.to.unwrap_or_default(),
        diff: change.diff.unwrap_or_default(),
    }
}

/// What the catalogue keeps of a pack.
fn side(pack: &PackDetail) -> Side {
    let chart = |chart: &packyard_catalog::PackChart| ChartSide {
        path: chart.path.clone(),
        name: chart.name.clone(),
        version: chart.version.clone(),
        values: String::new(),
    };
    let content = &pack.content;
    Side {
        metadata: pack.metadata.as_object().cloned().unwrap_or_default().into_iter().collect(),
        values: pack.values.clone(),
        charts: content.charts.iter().map(chart).collect(),
        manifests: content.manifests.iter().map(|file| (file.path.clone(), file.content.clone())).collect(),
        images: images(content.images.iter().map(String::as_str)),
        schema: pack.schema.iter().map(|schema| (schema.name.clone(), rule(schema))).collect(),
        presets: pack.presets.iter().map(|known| preset(&as_preset(known))).collect(),
    }
}

/// The expression of a field, as far as the catalogue keeps it.
fn rule(schema: &PackSchema) -> String {
    let mut stages = Vec::new();
    if schema.required {
        stages.push("required".to_owned());
    }
    if schema.readonly {
        stages.push("readonly".to_owned());
    }
    if !schema.format.is_empty() {
        stages.push(format!("format \"{}\"", schema.format));
    }
    if !schema.hints.is_empty() {
        let hints: Vec<String> = schema.hints.iter().map(|hint| format!("\"{hint}\"")).collect();
        stages.push(format!("hints {}", hints.join(" ")));
    }
    stages.join(" | ")
}

fn as_preset(preset: &PackPreset) -> Preset {
    Preset {
        name: preset.name.clone(),
        display_name: preset.display_name.clone(),
        group: preset.group.clone(),
        remove: preset.remove.clone(),
        add: preset.add.clone(),
        line: 0,
    }
}

/// By size: the catalogue does not keep what is in every file.
fn files(old: &PackDetail, new: &PackDetail) -> Vec<Change> {
    let sizes = |pack: &PackDetail| -> Texts {
        pack.content.files.iter().map(|file| (file.path.clone(), size(file.size))).collect()
    };
    compare(&sizes(old), &sizes(new))
}
