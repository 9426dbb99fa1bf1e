//! Add Pack: the Registry drop-down first, then a search, then cards.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::encode;
use crate::frame::{Frame, Section};
use crate::pages::packs::{self, Category, categories};
use crate::pages::profiles::basics::draft;
use crate::pages::profiles::{MANAGE, Step, steps};
use crate::visit::Visit;
use crate::words::counted;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::PackSearch;
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
    empty_text: String,
    categories: Vec<Category>,
    more: Option<String>,
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
        limit: shown,
        ..PackSearch::default()
    };
    let facets = state.catalog.facets(visit.caller(), &everywhere).await.map_err(packs::failure)?;
    let chosen: Vec<_> = (!asked.registry.is_empty()).then(|| asked.registry.clone()).into_iter().collect();
    let search = PackSearch { registry_uids: chosen, ..everywhere };
    let found = state.catalog.search(visit.caller(), &search).await.map_err(packs::failure)?;

    let count = |uid: &str| facets.registries.iter().find(|value| value.value == uid).map_or(0, |value| value.count);
    let registries = state.catalog.registries(visit.caller()).await.unwrap_or_default();
    let registries = registries.into_iter().map(|registry| (registry.uid.clone(), registry.name, count(&registry.uid)));
    let more = (found.total > found.items.len()).then(|| {
        format!(
            "/profiles/{uid}/layers/add?registry={}&q={}&show={}",
            encode(&asked.registry),
            encode(&asked.q),
            shown + CARDS
        )
    });
    let only = (!asked.registry.is_empty()).then_some(asked.registry.as_str());
    let page = PickerPage {
        frame: visit
            .frame("Add Pack", Section::Profiles)
            .under("Cluster Profiles", "/profiles")
            .under(profile.name, format!("/profiles/{uid}/layers")),
        steps: steps(Some(&uid), 1),
        registries: registries.collect(),
        summary: counted(found.total as i64, "add-on pack"),
        empty_text: empty_text(&asked),
        categories: categories(&found.items, only, |pack| format!("/profiles/{uid}/layers/add/{pack}")),
        more,
        registry: asked.registry,
        q: asked.q,
        uid,
    };
    visit.page(&page)
}

fn empty_text(asked: &Asked) -> String {
    match (asked.q.trim().is_empty(), asked.registry.is_empty()) {
        (false, _) => "No add-on pack has these words. Search in all registries, or for fewer words.".to_owned(),
        (true, false) => "This registry has no add-on packs in the catalogue yet. Its history, under Tenant Settings, says what was searched.".to_owned(),
        (true, true) => "No registered registry has add-on packs yet.".to_owned(),
    }
}
