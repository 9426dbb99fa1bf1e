//! Add Pack: the Registry drop-down first, then a search, then cards.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::encode;
use crate::frame::{Frame, Section};
use crate::pages::packs::{self, Category, More, Read, categories, reads};
use crate::pages::profiles::basics::draft;
use crate::pages::profiles::{MANAGE, Step, steps, under_draft};
use crate::visit::Visit;
use crate::words::counted;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{PackSearch, PackState, Registry};
use serde::Deserialize;

const CARDS: usize = 120;

#[derive(Template)]
#[template(path = "profiles/picker.html")]
struct PickerPage {
    frame: Frame,
    steps: Vec<Step>,
    uid: String,
    registry: String,
    registries: Vec<(String, String, usize)>,
    q: String,
    summary: String,
    empty_text: &'static str,
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
    show: Option<usize>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let shown = asked.show.unwrap_or(CARDS);
    // An Add-on profile takes only packs of that layer.
    let everywhere = PackSearch {
        layers: vec!["addon".to_owned()],
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
            "/profiles/{uid}/layers/add?registry={}&q={}&show={}",
            encode(&asked.registry),
            encode(&asked.q),
            shown + CARDS
        ),
        next: shown + 1,
    });
    let only = (!asked.registry.is_empty()).then_some(asked.registry.as_str());
    let page = PickerPage {
        frame: under_draft(visit.frame("Add Pack", Section::Profiles), &profile),
        steps: steps(Some(&uid), 1),
        registries: registries.iter().map(|known| (known.uid.clone(), known.name.clone(), count(&known.uid))).collect(),
        summary: counted(found.total as i64, "add-on pack"),
        empty_text: empty_text(&asked, !registries.is_empty()),
        reads: if asked.q.trim().is_empty() { reads(&silent).registries } else { Vec::new() },
        categories: categories(&found.items, only, shown, |pack| format!("/profiles/{uid}/layers/add/{pack}")),
        more,
        registry: asked.registry,
        q: asked.q,
        uid,
    };
    visit.page(&page)
}

fn empty_text(asked: &Asked, has_registries: bool) -> &'static str {
    match (asked.q.trim().is_empty(), asked.registry.is_empty(), has_registries) {
        (false, ..) => "No add-on pack has these words. Search in all registries, or for fewer words.",
        (true, false, _) => "This registry has no add-on packs in the catalogue.",
        (true, true, true) => "No registry has add-on packs in the catalogue.",
        (true, true, false) => "No registry is registered yet; packs come from there.",
    }
}
