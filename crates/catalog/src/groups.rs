//! Searches: versions under their pack's name and layer, and what each filter would leave.

use crate::matching::{Facet, Fit};
use crate::ordering::page_of;
use crate::readmes::Sought;
use crate::snapshot::{Entry, Facts, Named, Snapshot};
use crate::{FacetValue, Facets, PackGroup, PackInRegistry, PackSearch};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Names of registries by uid.
pub(crate) type Names = HashMap<String, String>;

/// Versions of one name and layer that a search means, charts apart from packs, newest first.
type Group<'a> = Vec<&'a Entry>;

/// What sets groups of one name apart.
fn set_apart(entry: &Entry) -> (&str, bool) {
    (&entry.facts.layer, entry.facts.kind.is_chart())
}

/// One page of groups, and how many there are.
pub(crate) fn search<'a>(
    snapshot: &'a Snapshot,
    search: &'a PackSearch,
    sought: Option<&'a Sought>,
) -> (Vec<Group<'a>>, usize) {
    let mut groups: Vec<Group<'a>> = Vec::new();
    each_name(snapshot, search, |named| {
        let first = groups.len();
        let fits = judge(named, search, sought);
        for (entry, _) in named.versions.iter().zip(fits).filter(|(_, fit)| *fit == Fit::Yes) {
            let apart = set_apart(entry);
            match groups[first..].iter_mut().find(|group| set_apart(group[0]) == apart) {
                Some(group) => group.push(entry),
                None => groups.push(vec![entry]),
            }
        }
        groups[first..].sort_by(|a, b| set_apart(a[0]).cmp(&set_apart(b[0])));
    });
    let total = groups.len();
    (page_of(groups, &search.order, search.offset, search.limit, |group| group[0]), total)
}

/// For each facet, what its values would leave if the search asked for that value instead: one walk for all.
pub(crate) fn facets(snapshot: &Snapshot, search: &PackSearch, sought: Option<&Sought>, names: &Names) -> Facets {
    let mut counts: BTreeMap<(Facet, &str), usize> = BTreeMap::new();
    let mut of_name: Vec<(Facet, &str)> = Vec::new();
    each_name(snapshot, search, |named| {
        of_name.clear();
        let mut last = None;
        for (entry, fit) in named.versions.iter().zip(judge(named, search, sought)) {
            let facts = &entry.facts;
            if last.is_some_and(|last| Arc::ptr_eq(last, facts)) {
                continue;
            }
            last = Some(facts);
            for facet in Facet::ALL {
                if fit == Fit::Yes || fit == Fit::But(facet) {
                    values(facts, facet, |value| {
                        if !of_name.contains(&(facet, value)) {
                            of_name.push((facet, value));
                        }
                    });
                }
            }
        }
        for counted in &of_name {
            *counts.entry(*counted).or_default() += 1;
        }
    });
    let of = |wanted: Facet| {
        let counts = counts.iter().filter(|((facet, _), _)| *facet == wanted);
        counts.map(|((_, value), count)| facet_value(value, *count, wanted, names)).collect()
    };
    Facets {
        registries: of(Facet::Registry),
        layers: of(Facet::Layer),
        addon_types: of(Facet::AddonType),
        clouds: of(Facet::Cloud),
        states: of(Facet::State),
        kinds: of(Facet::Kind),
    }
}

fn each_name<'a>(snapshot: &'a Snapshot, search: &PackSearch, mut take: impl FnMut(&'a Named)) {
    match search.name.only() {
        Some(name) => snapshot.of_name(name).into_iter().for_each(take),
        None => snapshot.packs().for_each(&mut take),
    }
}

/// How each version of a name stands to a search. Neighbours that share their facts are judged once.
fn judge<'a>(named: &'a Named, search: &'a PackSearch, sought: Option<&'a Sought>) -> impl Iterator<Item = Fit> + 'a {
    let sought = sought.map(|sought| sought.of(named));
    let mut last: Option<(&'a Arc<Facts>, Fit)> = None;
    named.versions.iter().map(move |entry| {
        if let Some((facts, fit)) = last
            && Arc::ptr_eq(facts, &entry.facts)
        {
            return fit;
        }
        let mut fit = search.fit(&entry.facts);
        if fit != Fit::No && sought.as_ref().is_some_and(|sought| !sought.has_all(&entry.facts)) {
            fit = Fit::No;
        }
        last = Some((&entry.facts, fit));
        fit
    })
}

fn values<'a>(facts: &'a Facts, facet: Facet, mut take: impl FnMut(&'a str)) {
    match facet {
        Facet::Registry => take(&facts.registry_uid),
        Facet::Layer => take(&facts.layer),
        Facet::AddonType => take(&facts.addon_type),
        Facet::Cloud => facts.cloud_types.iter().for_each(|cloud| take(cloud)),
        Facet::State => take(facts.state.as_str()),
        Facet::Kind => take(if facts.kind.is_chart() { "charts" } else { "packs" }),
    }
}

pub(crate) fn pack_group(group: &Group<'_>, names: &Names) -> PackGroup {
    let newest = &group[0].facts;
    let mut seen: Vec<&str> = Vec::new();
    let mut registries = Vec::new();
    for entry in group {
        let facts = &entry.facts;
        if seen.contains(&&*facts.registry_uid) {
            continue;
        }
        seen.push(&facts.registry_uid);
        registries.push(PackInRegistry {
            uid: facts.registry_uid.to_string(),
            name: names.get(&*facts.registry_uid).cloned().unwrap_or_default(),
            latest_version: entry.version.to_string(),
            latest_pack_uid: entry.uid.text(),
            has_logo: facts.has_logo,
            state: facts.state,
            annotations: facts.annotations(),
        });
    }
    PackGroup {
        kind: newest.kind,
        name: newest.name.to_string(),
        display_name: newest.display_name.to_string(),
        description: newest.description.to_string(),
        layer: newest.layer.to_string(),
        addon_type: newest.addon_type.to_string(),
        addon_sub_type: newest.addon_sub_type.to_string(),
        cloud_types: newest.cloud_types(),
        group: newest.group.to_string(),
        // A version stands once for each registry, one after the other.
        versions: group.chunk_by(|a, b| a.version == b.version).count(),
        registries,
        updated_ms: group.iter().map(|entry| entry.updated_ms).max().unwrap_or_default(),
    }
}

fn facet_value(value: &str, count: usize, facet: Facet, names: &Names) -> FacetValue {
    let label = match facet {
        Facet::Registry => names.get(value).cloned().unwrap_or_default(),
        _ => value.to_owned(),
    };
    FacetValue { value: value.to_owned(), label, count }
}

/// How many packs and versions each registry has, by uid.
pub(crate) fn counts(snapshot: &Snapshot) -> HashMap<&str, (i64, i64)> {
    let mut counts: HashMap<&str, (i64, i64)> = HashMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    for named in snapshot.packs() {
        seen.clear();
        for run in named.versions.chunk_by(|a, b| Arc::ptr_eq(&a.facts, &b.facts)) {
            let facts = &run[0].facts;
            if !facts.is_gone {
                let (names, versions) = counts.entry(&facts.registry_uid).or_default();
                *names += i64::from(seen.insert(&facts.registry_uid));
                *versions += run.len() as i64;
            }
        }
    }
    counts
}
