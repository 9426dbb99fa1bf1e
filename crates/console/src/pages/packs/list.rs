//! The catalogue as cards by category; filters are links with counts, the search answers as one types.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::{Fields, encode};
use crate::frame::{Frame, Section};
use crate::pages::commands;
use crate::pages::packs::category::{Category, categories, folded};
use crate::pages::packs::reads::{Reads, first_sync, reads};
use crate::pages::packs::{failure, layer_word};
use crate::visit::Visit;
use crate::words::{counted, grouped};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use packyard_catalog::{FacetValue, Facets, PackSearch, PackState};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Cards on one page; the rest is one click away.
const CARDS: usize = 120;

/// What the empty page asks while it waits for the first packs.
const WAITING: &str = "waiting";

#[derive(Template)]
#[template(path = "packs/list.html")]
struct ListPage {
    frame: Frame,
    is_catalogue_empty: bool,
    /// Absent where there is no registry, or none that the visitor may see.
    reads: Option<Reads>,
    /// More packs are on their way: the list follows.
    first_sync: Option<FirstSync>,
    can_add_registry: bool,
    first_steps: Vec<(&'static str, String)>,
    keeps: Vec<(&'static str, String)>,
    filters: Vec<FilterView>,
    summary: String,
    is_filtered: bool,
    categories: Vec<Category>,
    more: Option<More>,
}

struct FirstSync {
    /// Of the registry.
    name: String,
    /// Of this list.
    address: String,
}

/// Where more cards are, and the number of the first of them.
pub(crate) struct More {
    pub(crate) address: String,
    pub(crate) next: usize,
}

struct FilterView {
    label: &'static str,
    chips: Vec<Chip>,
}

struct Chip {
    label: String,
    count: usize,
    address: String,
    is_on: bool,
}

/// What the address asks for. One value a facet: a second click takes it away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    text: String,
    chosen: BTreeMap<&'static str, String>,
    shown: usize,
}

const FACETS: [(&str, &str); 6] = [
    ("registry", "Registry"),
    ("kind", "Kind"),
    ("layer", "Layer"),
    ("type", "Type"),
    ("cloud", "Cloud"),
    ("state", "State"),
];

impl Chip {
    fn counted(&self) -> String {
        grouped(self.count as i64)
    }
}

impl Asked {
    fn parse(query: &str) -> Self {
        let fields = Fields::parse(query);
        let chosen = FACETS.iter().filter_map(|(name, _)| {
            let value = fields.get(name)?;
            // An absent type is a value too: "packs without a type".
            (!value.is_empty() || *name == "type").then(|| (*name, value.to_owned()))
        });
        Self { text: fields.text("q"), chosen: chosen.collect(), shown: fields.text("show").parse().unwrap_or(CARDS) }
    }

    fn search(&self) -> PackSearch {
        let list = |name: &str| self.chosen.get(name).cloned().into_iter().collect::<Vec<_>>();
        PackSearch {
            text: self.text.clone(),
            charts: self.chosen.get("kind").map(|kind| kind == "charts"),
            registry_uids: list("registry"),
            layers: list("layer"),
            addon_types: list("type"),
            environments: list("cloud"),
            states: list("state").iter().filter_map(|word| PackState::parse(word)).collect(),
            ..PackSearch::default()
        }
    }

    fn address(&self) -> String {
        let mut pairs: Vec<String> = Vec::new();
        if !self.text.is_empty() {
            pairs.push(format!("q={}", encode(&self.text)));
        }
        pairs.extend(self.chosen.iter().map(|(name, value)| format!("{name}={}", encode(value))));
        if self.shown > CARDS {
            pairs.push(format!("show={}", self.shown));
        }
        if pairs.is_empty() { "/packs".to_owned() } else { format!("/packs?{}", pairs.join("&")) }
    }

    fn toggled(&self, name: &'static str, value: &str) -> Self {
        let mut other = Self { shown: CARDS, ..self.clone() };
        if self.has(name, value) {
            other.chosen.remove(name);
        } else {
            other.chosen.insert(name, value.to_owned());
        }
        other
    }

    /// What is counted, where it is known to be of one kind.
    fn noun(&self) -> &'static str {
        if self.has("kind", "charts") { "chart" } else { "pack" }
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.chosen.get(name).is_some_and(|chosen| is_same(name, chosen, value))
    }
}

/// `app services` and `app-services` are one type, as they are one heading below.
fn is_same(facet: &str, one: &str, other: &str) -> bool {
    one == other || (facet == "type" && folded(one) == folded(other))
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let asked = Asked::parse(&query);
    let mut search = asked.search();
    if let Some(chosen) = asked.chosen.get("type") {
        let spellings = state.catalog.facets(visit.caller(), &search).await.map_err(failure)?.addon_types;
        let same = spellings.into_iter().map(|known| known.value).filter(|known| is_same("type", chosen, known));
        search.addon_types.extend(same.filter(|known| known != chosen).collect::<Vec<_>>());
    }
    let found = state.catalog.search(visit.caller(), &search).await.map_err(failure)?;
    let facets = state.catalog.facets(visit.caller(), &search).await.map_err(failure)?;
    let is_filtered = asked != (Asked { shown: asked.shown, ..Asked::default() });
    let is_catalogue_empty = found.total == 0 && !is_filtered;
    if query == WAITING && !is_catalogue_empty {
        return Ok(visit.go("/packs"));
    }
    let registries = state.catalog.registries(visit.caller()).await.unwrap_or_default();

    let mut frame = visit.frame("Packs", Section::Packs);
    frame.query.clone_from(&asked.text);
    frame.has_search = is_catalogue_empty;
    let more = (found.total > asked.shown).then(|| More {
        address: Asked { shown: asked.shown + CARDS, ..asked.clone() }.address(),
        next: asked.shown + 1,
    });
    let page = ListPage {
        frame,
        is_catalogue_empty,
        reads: (is_catalogue_empty && !registries.is_empty()).then(|| reads(&registries)),
        first_sync: first_sync(&registries).map(|name| FirstSync { name: name.to_owned(), address: asked.address() }),
        can_add_registry: is_catalogue_empty && visit.may("packyard:ManageRegistries").await,
        first_steps: commands::first_pack(&state.config),
        keeps: asked.chosen.iter().map(|(name, value)| (*name, value.clone())).collect(),
        filters: filters(&asked, &facets),
        summary: counted(found.total as i64, asked.noun()),
        is_filtered,
        categories: categories(&found.items, &asked.text, None, asked.shown, |uid| format!("/packs/{uid}")),
        more,
    };
    visit.page(&page)
}

/// A facet with one value filters nothing, so it is shown only when it is set.
fn filters(asked: &Asked, facets: &Facets) -> Vec<FilterView> {
    let values = |name: &str| match name {
        "registry" => &facets.registries,
        "kind" => &facets.kinds,
        "layer" => &facets.layers,
        "type" => &facets.addon_types,
        "cloud" => &facets.clouds,
        _ => &facets.states,
    };
    let rows = FACETS.iter().map(|(name, label)| FilterView { label, chips: chips(asked, name, values(name)) });
    rows.filter(|row| row.chips.len() > 1 || row.chips.iter().any(|chip| chip.is_on)).collect()
}

fn chips(asked: &Asked, name: &'static str, values: &[FacetValue]) -> Vec<Chip> {
    let mut chips: Vec<Chip> = Vec::new();
    for value in values {
        let label = facet_word(name, value);
        if let Some(same) = chips.iter_mut().find(|chip| is_same(name, &chip.label, &label)) {
            same.count += value.count;
            continue;
        }
        chips.push(Chip {
            label,
            count: value.count,
            address: asked.toggled(name, &value.value).address(),
            is_on: asked.has(name, &value.value),
        });
    }
    // Registries are known by their names; of the rest the most come first.
    let count = |chip: &Chip| if name == "registry" { 0 } else { chip.count };
    chips.sort_by_cached_key(|chip| (Reverse(count(chip)), chip.label.to_lowercase()));
    chips
}

fn facet_word(name: &str, value: &FacetValue) -> String {
    match name {
        "layer" => layer_word(&value.value).to_owned(),
        "kind" if value.value == "charts" => "Helm charts".to_owned(),
        "kind" => "Packs".to_owned(),
        "type" if value.value.is_empty() => "no type".to_owned(),
        "cloud" if value.value == "all" => "any cloud".to_owned(),
        _ => value.label.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_an_address_and_a_second_click_takes_it_away() {
        let asked = Asked::parse("q=kube+bench&layer=csi");
        let both = asked.toggled("cloud", "aws");
        assert_eq!(both.address(), "/packs?q=kube%20bench&cloud=aws&layer=csi");
        assert_eq!(both.toggled("cloud", "aws").toggled("layer", "csi").address(), "/packs?q=kube%20bench");
        assert_eq!(Asked::parse("").address(), "/packs");
        assert_eq!((Asked::parse("").noun(), Asked::parse("kind=charts").noun()), ("pack", "chart"));
    }

    #[test]
    fn spellings_of_one_type_are_one_filter() {
        let value = |value: &str, count| FacetValue { value: value.to_owned(), label: value.to_owned(), count };
        let facets = Facets {
            addon_types: vec![value("app services", 2), value("App-Services", 3), value("ai", 1)],
            ..Facets::default()
        };
        let chips = |asked: &str| {
            let row = filters(&Asked::parse(asked), &facets).remove(0);
            row.chips.into_iter().map(|chip| (chip.label, chip.count, chip.is_on)).collect::<Vec<_>>()
        };
        let chip = |label: &str, count, is_on| (label.to_owned(), count, is_on);
        assert_eq!(chips(""), [chip("app services", 5, false), chip("ai", 1, false)]);
        assert_eq!(chips("type=App-Services"), [chip("app services", 5, true), chip("ai", 1, false)]);
        assert_eq!(Asked::parse("type=App-Services").toggled("type", "app services").address(), "/packs");
    }

    #[test]
    fn an_address_survives_reading_and_writing() {
        for address in [
            "/packs?q=a%26b&registry=64eaff5630402973c4e1856a&type=system%20app",
            "/packs?type=",
            "/packs?q=x&show=240",
        ] {
            assert_eq!(Asked::parse(address.strip_prefix("/packs?").unwrap()).address(), address);
        }
    }

    #[test]
    fn a_facet_with_one_value_is_shown_only_while_it_is_set() {
        let value = |value: &str| FacetValue { value: value.to_owned(), label: value.to_owned(), count: 1 };
        let facets =
            Facets { layers: vec![value("addon")], clouds: vec![value("aws"), value("all")], ..Facets::default() };
        let labels =
            |asked: &str| filters(&Asked::parse(asked), &facets).iter().map(|row| row.label).collect::<Vec<_>>();
        assert_eq!(labels(""), ["Cloud"]);
        assert_eq!(labels("layer=addon"), ["Layer", "Cloud"]);
    }
}
