//! Packs as cards under headings: the type of an add-on, else the layer; charts under one of their own. The order is one over all packs, so that more
//! cards come after those that are shown, and a heading counts all of its packs, shown or not. Where something is searched
//! for, what is called so comes before what only speaks of it.

use crate::pages::packs::{layer_word, state_badge};
use crate::parts::Logo;
use crate::words::counted;
use packyard_catalog::{PackGroup, PackInRegistry};
use std::collections::BTreeMap;

/// Words that are written in capitals.
const CAPITALS: [&str; 16] =
    ["ai", "api", "cd", "ci", "cni", "csi", "db", "dns", "gpu", "iam", "ml", "os", "sql", "sso", "ui", "vm"];

/// Charts have no type of their own.
const CHARTS: &str = "Helm charts";

pub(crate) struct Category {
    pub(crate) title: String,
    pub(crate) count: String,
    pub(crate) cards: Vec<Card>,
}

pub(crate) struct Card {
    /// Counted over the page, for the address of the first one that "more" brings.
    pub(crate) number: usize,
    pub(crate) address: String,
    /// Of the pack, as profiles know it.
    pub(crate) name: String,
    /// What the page knows of it, such as that it is there already.
    pub(crate) note: Option<String>,
    pub(crate) logo: Logo,
    pub(crate) display_name: String,
    pub(crate) version: String,
    pub(crate) versions: String,
    pub(crate) registry: String,
    pub(crate) is_chart: bool,
    pub(crate) state: Option<&'static str>,
}

/// The first `shown` cards of all `groups`, which a search for `text` found. A pack's card leads to its newest version,
/// in the chosen registry where one is chosen.
pub(crate) fn categories(
    groups: &[PackGroup],
    text: &str,
    registry: Option<&str>,
    shown: usize,
    address: impl Fn(&str) -> String,
) -> Vec<Category> {
    let text = text.trim().to_lowercase();
    let mut by_title: BTreeMap<String, Vec<&PackGroup>> = BTreeMap::new();
    for group in groups.iter().filter(|group| !group.registries.is_empty()) {
        by_title.entry(folded(word(group))).or_default().push(group);
    }
    let mut by_title: Vec<(String, Vec<&PackGroup>)> = by_title.into_iter().collect();
    for (_, groups) in &mut by_title {
        groups.sort_by_cached_key(|group| (fit(group, &text), group.display_name.trim().to_lowercase()));
    }
    by_title.sort_by_cached_key(|(_, groups)| fit(groups[0], &text));
    let mut number = 0;
    let mut categories = Vec::new();
    for (title, groups) in by_title {
        if number >= shown {
            break;
        }
        let what = if groups.iter().all(|group| group.kind.is_chart()) { "chart" } else { "pack" };
        let count = counted(groups.len() as i64, what);
        let room = groups.into_iter().take(shown - number);
        let cards: Vec<Card> = room
            .map(|group| {
                number += 1;
                card(group, registry, number, &address)
            })
            .collect();
        categories.push(Category { title: titled(&title), count, cards });
    }
    categories
}

/// How well a name fits what is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Beginning,
    Part,
    /// Description or README have the words.
    Elsewhere,
}

fn fit(group: &PackGroup, text: &str) -> Fit {
    let of_name = |name: &str| {
        let name = name.trim().to_lowercase();
        match name.find(text) {
            Some(0) if name.len() == text.len() => Fit::Whole,
            Some(0) => Fit::Beginning,
            Some(_) => Fit::Part,
            None => Fit::Elsewhere,
        }
    };
    of_name(&group.name).min(of_name(&group.display_name))
}

/// The registry that a card leads to: the chosen one, else of those with the newest version the first by name.
fn home<'a>(group: &'a PackGroup, registry: Option<&str>) -> &'a PackInRegistry {
    let all = &group.registries;
    let chosen = all.iter().find(|home| registry.is_some_and(|uid| uid == home.uid));
    let newest = all.iter().filter(|home| home.latest_version == all[0].latest_version);
    chosen.or_else(|| newest.min_by_key(|home| home.name.to_lowercase())).unwrap_or(&all[0])
}

/// `mirror, also in platform`: where the card leads, and what else there is to choose.
fn homes(group: &PackGroup, home: &PackInRegistry, registry: Option<&str>) -> String {
    let others: Vec<_> = group.registries.iter().filter(|other| other.uid != home.uid).collect();
    match others.as_slice() {
        [] => home.name.clone(),
        _ if registry.is_some() => home.name.clone(),
        [other] => format!("{}, also in {}", home.name, other.name),
        many => format!("{}, also in {} more", home.name, many.len()),
    }
}

fn card(group: &PackGroup, registry: Option<&str>, number: usize, address: &impl Fn(&str) -> String) -> Card {
    let home = home(group, registry);
    Card {
        number,
        address: address(&home.latest_pack_uid),
        name: group.name.clone(),
        note: None,
        logo: Logo::new(&home.latest_pack_uid, home.has_logo, &group.display_name),
        display_name: group.display_name.trim().to_owned(),
        version: home.latest_version.clone(),
        versions: if group.versions > 1 { counted(group.versions as i64, "version") } else { String::new() },
        registry: homes(group, home, registry),
        is_chart: group.kind.is_chart(),
        state: state_badge(home.state, false).map(|(_, word)| word),
    }
}

fn word(group: &PackGroup) -> &str {
    if group.kind.is_chart() {
        return CHARTS;
    }
    if group.addon_type.trim().is_empty() { layer_word(&group.layer) } else { group.addon_type.trim() }
}

/// Spellings of one word as one: `App-Services` is `app services`.
pub(super) fn folded(word: &str) -> String {
    let spaced = word.to_lowercase().replace(['-', '_'], " ");
    // What people call the layer of an add-on keeps its hyphen.
    if spaced == "add on" { "add-on".to_owned() } else { spaced.split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// `ai` is AI, `app services` is App services.
fn titled(folded: &str) -> String {
    let capitals = |part: &str| if CAPITALS.contains(&part) { part.to_uppercase() } else { part.to_owned() };
    let words = folded.split(' ').map(|word| word.split('/').map(capitals).collect::<Vec<_>>().join("/"));
    let text = words.collect::<Vec<_>>().join(" ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_catalog::{PackInRegistry, PackState};

    fn group(name: &str, kind: &str) -> PackGroup {
        let home = PackInRegistry {
            uid: "r".into(),
            name: "here".into(),
            latest_version: "1.0.0".into(),
            latest_pack_uid: name.into(),
            has_logo: false,
            state: PackState::Active,
            annotations: BTreeMap::new(),
        };
        PackGroup {
            kind: packyard_catalog::PackKind::Pack,
            name: name.into(),
            display_name: name.into(),
            description: String::new(),
            layer: "addon".into(),
            addon_type: kind.into(),
            addon_sub_type: String::new(),
            cloud_types: Vec::new(),
            group: String::new(),
            registries: vec![home],
            versions: 1,
            updated_ms: 0,
        }
    }

    #[test]
    fn a_card_says_which_registry_it_leads_to_and_which_others_there_are() {
        let in_registries = |names: &[(&str, &str)]| {
            let mut group = group("pack", "ai");
            let home = group.registries.remove(0);
            group.registries.extend(names.iter().map(|(name, version)| PackInRegistry {
                uid: format!("uid-{name}"),
                name: (*name).into(),
                latest_version: (*version).into(),
                latest_pack_uid: format!("pack-in-{name}"),
                ..home.clone()
            }));
            group
        };
        let card = |group: &PackGroup, registry: Option<&str>| {
            let card = card(group, registry, 1, &str::to_owned);
            (card.address, card.registry)
        };
        let said = |address: &str, text: &str| (address.to_owned(), text.to_owned());
        let two = in_registries(&[("platform", "2.0.0"), ("Mirror", "2.0.0")]);
        assert_eq!(card(&two, None), said("pack-in-Mirror", "Mirror, also in platform"), "not by chance");
        assert_eq!(card(&two, Some("uid-platform")), said("pack-in-platform", "platform"));
        let many = in_registries(&[("platform", "2.0.0"), ("mirror", "1.0.0"), ("a", "1.0.0")]);
        assert_eq!(card(&many, None), said("pack-in-platform", "platform, also in 2 more"), "the newest version");
        assert_eq!(card(&in_registries(&[("one", "1.0.0")]), None), said("pack-in-one", "one"));
    }

    fn shown(groups: &[PackGroup], shown: usize) -> Vec<(String, String, Vec<String>)> {
        searched(groups, "", shown)
    }

    fn searched(groups: &[PackGroup], text: &str, shown: usize) -> Vec<(String, String, Vec<String>)> {
        let categories = categories(groups, text, None, shown, str::to_owned);
        let names = |category: &Category| category.cards.iter().map(|card| card.display_name.clone()).collect();
        categories.iter().map(|category| (category.title.clone(), category.count.clone(), names(category))).collect()
    }

    #[test]
    fn spellings_share_a_heading_and_acronyms_are_capitals() {
        let groups = [group("b", "App services"), group("a", "app-services"), group("c", "ai"), group("d", "")];
        let titles: Vec<_> = shown(&groups, 9).into_iter().map(|(title, count, _)| (title, count)).collect();
        let title = |text: &str, count: &str| (text.to_owned(), count.to_owned());
        assert_eq!(titles, [title("Add-on", "1 pack"), title("AI", "1 pack"), title("App services", "2 packs")]);
        assert_eq!(titled("ci/cd"), "CI/CD");
        assert_eq!(titled(""), "");
    }

    #[test]
    fn what_is_called_so_comes_before_what_only_speaks_of_it() {
        let groups = [
            group("speaks", "ai"),
            group("many-more", "logging"),
            group("too-many", "ai"),
            group("Many", "zoo"),
            group("a-speaker", "logging"),
        ];
        let names: Vec<_> = searched(&groups, " MANY ", 9).into_iter().map(|(_, _, names)| names).collect();
        assert_eq!(names, [vec!["Many"], vec!["many-more", "a-speaker"], vec!["too-many", "speaks"]]);
    }

    #[test]
    fn a_heading_counts_packs_that_are_not_shown_and_more_cards_come_after() {
        let groups: Vec<_> = (0..6).map(|n| group(&format!("p{n}"), if n % 2 == 0 { "ai" } else { "zoo" })).collect();
        let few = shown(&groups, 2);
        assert_eq!(few, [("AI".to_owned(), "3 packs".to_owned(), vec!["p0".to_owned(), "p2".to_owned()])]);
        let flat =
            |found: Vec<(String, String, Vec<String>)>| found.into_iter().flat_map(|(_, _, c)| c).collect::<Vec<_>>();
        let (few, more) = (flat(few), flat(shown(&groups, 5)));
        assert_eq!((&more[..2], more.len()), (few.as_slice(), 5));
    }
}
