//! The layers of a profile as a page shows them: what each is, where it comes from, what became of it.

use crate::ConsoleState;
use crate::parts::Logo;
use crate::visit::Visit;
use packyard_catalog::PackRow;
use packyard_profile::{PackInput, PackRef, Template};

pub(super) struct LayerView {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) registry: String,
    /// The layer's word as packs write it; also chooses the colour.
    pub(super) kind: String,
    pub(super) note: String,
    pub(super) logo: Logo,
    pub(super) address: Option<String>,
    /// The pack's own page, where the catalogue has it.
    pub(super) pack: Option<String>,
    pub(super) is_chosen: bool,
    pub(super) tools: Option<Tools>,
}

/// Buttons to reorder and remove.
pub(super) struct Tools {
    /// Of the layer, wherever it stands: the focus finds a moved layer's button by it.
    pub(super) id: String,
    pub(super) action: String,
    pub(super) csrf: String,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

pub(super) async fn layers(state: &ConsoleState, visit: &Visit, template: &Template) -> Vec<LayerView> {
    let mut views = Vec::with_capacity(template.packs.len());
    for pack in &template.packs {
        let row = state.catalog.pack_row(visit.caller(), &pack.pack_uid).await.ok();
        views.push(layer(pack, row.as_ref()));
    }
    views
}

fn layer(pack: &PackRef, row: Option<&PackRow>) -> LayerView {
    let name = row.map_or_else(|| pack.name.clone(), |row| row.display_name.trim().to_owned());
    let version = if pack.version.is_empty() { pack.tag.clone() } else { pack.version.clone() };
    LayerView {
        version,
        registry: row.map_or_else(|| "Not in the catalogue".to_owned(), |row| row.registry_name.clone()),
        kind: pack.layer.clone(),
        note: note(pack, row),
        logo: Logo::new(&pack.pack_uid, row.is_some_and(|row| row.has_logo), &name).tiny(),
        address: None,
        pack: row.map(|row| format!("/packs/{}", row.uid)),
        is_chosen: false,
        tools: None,
        name,
    }
}

fn note(pack: &PackRef, row: Option<&PackRow>) -> String {
    match row {
        Some(row) if row.is_gone => "its tag is no longer in the registry; this profile keeps its values".to_owned(),
        Some(row) if !pack.digest.is_empty() && row.digest != pack.digest => {
            "the tag has new content since it was added".to_owned()
        }
        _ => String::new(),
    }
}

/// The layer that has this pack already, in any version, counted from 1. A pack that stands twice by intent is called
/// `<any>--<pack>` by those who write profiles through the API.
pub(super) fn place_of(template: &Template, name: &str) -> Option<usize> {
    let own = |name: &'_ str| name.rsplit_once("--").map_or(name, |(_, own)| own).to_owned();
    template.packs.iter().position(|pack| own(&pack.name) == own(name)).map(|at| at + 1)
}

/// A layer as it goes back to the service, unchanged.
pub(super) fn as_input(pack: &PackRef) -> PackInput {
    PackInput {
        name: pack.name.clone(),
        uid: pack.pack_uid.clone(),
        registry_uid: pack.registry_uid.clone(),
        tag: pack.tag.clone(),
        pack_type: Some(pack.pack_type),
        layer: Some(pack.layer.clone()),
        values: pack.values.clone(),
        manifests: pack
            .manifests
            .iter()
            .map(|manifest| packyard_profile::ManifestInput {
                uid: manifest.uid.clone(),
                name: manifest.name.clone(),
                content: manifest.content.clone(),
            })
            .collect(),
    }
}
