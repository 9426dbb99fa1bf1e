//! Add Pack: the Registry drop-down first, then a search, then cards.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::encode;
use crate::frame::{Frame, Section};
use crate::pages::packs::{self, Category, More, Read, categories, reads};
use crate::pages::profiles::head::editable;
use crate::pages::profiles::{Step, home, stack, steps_of, under_profile};
use crate::visit::Visit;
use crate::words::{counted, grouped};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{PackSearch, PackState, Registry};
use packyard_profile::{Kind, Profile};
use serde::Deserialize;

const CARDS: usize = 120;

#[derive(Template)]
#[template(path = "profiles/picker.html")]
struct PickerPage {
    frame: Frame,
    steps: Vec<Step>,
    uid: String,
    registry: String,
    registries: Vec<(String, String, String)>,
    /// Layers to choose from, as value and word; none for a profile that takes one kind only.
    layers: Vec<(&'static str, &'static str)>,
    layer: String,
    back: String,
    q: String,
    summary: String,
    empty_text: String,
    /// What became of the registries that might have packs.
    reads: Vec<Read>,
    categories: Vec<Category>,
    more: Option<More>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    registry: String,
    #[serde(default)]
    q: String,
    /// Absent: what the profile needs next.
    layer: Option<String>,
    show: Option<usize>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let offered = offered(profile.kind);
    let layer = asked.layer.clone().filter(|layer| offered.iter().any(|(known, _)| known == layer));
    let layer = layer.unwrap_or_else(|| next_layer(&profile).to_owned());
    let shown = asked.show.unwrap_or(CARDS);
    let everywhere = PackSearch {
        layers: if layer.is_empty() { Vec::new() } else { vec![layer.clone()] },
        text: asked.q.trim().to_owned(),
        // What its maker withdrew is not offered.
        states: vec![PackState::Active, PackState::Deprecated],
        ..PackSearch::default()
    };
    let facets = state.catalog.facets(visit.caller(), &everywhere).await.map_err(packs::failure)?;
    let chosen: Vec<_> = (!asked.registry.is_empty()).then(|| asked.registry.clone()).into_iter().collect();
    let search = PackSearch { registry_uids: chosen, ..everywhere };
    let found = state.catalog.search(visit.caller(), &search).await.map_err(packs::failure)?;

    let count = |uid: &str| facets.registries.iter().find(|value| value.value == uid).map_or(0, |value| value.count);
    let registries = state.catalog.registries(visit.caller()).await.unwrap_or_default();
    let is_asked = |registry: &&Registry| asked.registry.is_empty() || asked.registry == registry.uid;
    let silent: Vec<_> =
        registries.iter().filter(is_asked).filter(|registry| registry.pack_count == 0).cloned().collect();
    let more = (found.total > shown).then(|| More {
        address: format!(
            "/profiles/{uid}/layers/add?layer={layer}&registry={}&q={}&show={}",
            encode(&asked.registry),
            encode(&asked.q),
            shown + CARDS
        ),
        next: shown + 1,
    });
    let only = (!asked.registry.is_empty()).then_some(asked.registry.as_str());
    let mut categories =
        categories(&found.items, &asked.q, only, shown, |pack| format!("/profiles/{uid}/layers/add/{pack}"));
    for card in categories.iter_mut().flat_map(|category| &mut category.cards) {
        card.note = stack::place_of(profile.current(), &card.name, None).map(|at| format!("Layer {at} already"));
    }
    let page = PickerPage {
        frame: under_profile(visit.frame("Add Pack", Section::Profiles), &profile),
        steps: steps_of(&profile, 1),
        back: home(&profile),
        layers: if offered.len() > 1 { offered } else { Vec::new() },
        registries: registries
            .iter()
            .map(|known| (known.uid.clone(), known.name.clone(), grouped(count(&known.uid) as i64)))
            .collect(),
        summary: counted(found.total as i64, if layer == "addon" { "add-on pack" } else { "pack" }),
        empty_text: empty_text(&asked, &layer, !registries.is_empty()),
        reads: if asked.q.trim().is_empty() { reads(&silent).registries } else { Vec::new() },
        categories,
        more,
        layer,
        registry: asked.registry,
        q: asked.q,
        uid,
    };
    visit.page(&page)
}

/// An Add-on profile takes only packs of that layer.
fn offered(kind: Kind) -> Vec<(&'static str, &'static str)> {
    if kind == Kind::AddOn {
        return vec![("addon", packs::layer_word("addon"))];
    }
    let all = [("", "All layers")];
    let layers = ["kernel", "os", "k8s", "cni", "csi", "addon"].map(|layer| (layer, packs::layer_word(layer)));
    all.into_iter().chain(layers).collect()
}

/// The first layer that infrastructure still needs, then add-ons.
fn next_layer(profile: &Profile) -> &'static str {
    let has = |layer: &str| profile.current().packs.iter().any(|pack| pack.layer == layer);
    if profile.kind == Kind::AddOn {
        return "addon";
    }
    ["os", "k8s", "cni", "csi"].into_iter().find(|layer| !has(layer)).unwrap_or("addon")
}

fn empty_text(asked: &Asked, layer: &str, has_registries: bool) -> String {
    let what = match layer {
        "addon" => "add-on packs".to_owned(),
        "" => "packs".to_owned(),
        layer => format!("packs of the layer {}", packs::layer_word(layer)),
    };
    match (asked.q.trim().is_empty(), asked.registry.is_empty(), has_registries) {
        (false, ..) => {
            format!("No {what} have these words. Search in all registries, or for fewer words.")
        }
        (true, false, _) => format!("This registry has no {what} in the catalogue."),
        (true, true, true) => format!("No registry has {what} in the catalogue."),
        (true, true, false) => "No registry is registered yet; packs come from there.".to_owned(),
    }
}
