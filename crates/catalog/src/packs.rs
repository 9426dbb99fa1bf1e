//! Packs: lists, search, one name in one registry, one version by uid.

use crate::error::{Doing, Error};
use crate::matching::{Facet, in_states, order};
use crate::snapshot::{Entry, Snapshot};
use crate::stored::parse_json;
use crate::{
    Catalog, ChartPlace, FacetValue, Facets, PackContent, PackDependency, PackDetail, PackFinding, PackGroup,
    PackInRegistry, PackLogo, PackPreset, PackQuery, PackRow, PackSchema, PackSearch, PackState, PackVersions, Page,
    Wait,
};
use packyard_access::Caller;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What `catalog_pack.detail` holds as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StoredDetail {
    pub(crate) schema: Vec<PackSchema>,
    pub(crate) presets: Vec<PackPreset>,
    pub(crate) dependencies: Vec<PackDependency>,
    pub(crate) findings: Vec<PackFinding>,
    pub(crate) metadata: serde_json::Value,
    pub(crate) content: PackContent,
    pub(crate) archive: Option<ChartPlace>,
}

/// Names of registries by uid.
type Names = HashMap<String, String>;

fn named(entry: &Entry, names: &Names) -> PackRow {
    let mut row = entry.row.clone();
    row.registry_name = names.get(&row.registry_uid).cloned().unwrap_or_default();
    row
}

fn page<T>(items: Vec<T>, offset: usize, limit: usize) -> Page<T> {
    let total = items.len();
    let limit = if limit == 0 { usize::MAX } else { limit };
    Page { items: items.into_iter().skip(offset).take(limit).collect(), total }
}

impl Catalog {
    /// Rows without values; see [`Catalog::pack_details`].
    pub async fn packs(&self, caller: &Caller, query: &PackQuery) -> Result<Page<PackRow>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        if query.wait == Wait::FirstSync {
            self.wait_for_first_syncs(&query.filter.registries()).await?;
        }
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let mut found: Vec<&Arc<Entry>> = snapshot
            .entries()
            .iter()
            .filter(|e| query.include_gone || !e.row.is_gone)
            .filter(|e| (e.row.is_gone && query.include_gone) || in_states(&e.row, &query.states))
            .filter(|e| query.filter.matches(e))
            .collect();
        if !query.order.is_empty() {
            found.sort_by(|a, b| order(a, b, &query.order));
        }
        let found = page(found, query.offset, query.limit);
        Ok(Page { items: found.items.into_iter().map(|e| named(e, &names)).collect(), total: found.total })
    }

    /// The same with everything about each pack; meant for pages of at most 50.
    pub async fn pack_details(&self, caller: &Caller, query: &PackQuery) -> Result<Page<PackDetail>, Error> {
        let rows = self.packs(caller, query).await?;
        let mut items = Vec::with_capacity(rows.items.len());
        for row in rows.items {
            items.push(self.detail(row).await?);
        }
        self.open_charts(&mut items).await?;
        Ok(Page { items, total: rows.total })
    }

    /// One version, also when its tag or its registry is gone.
    pub async fn pack(&self, caller: &Caller, uid: &str) -> Result<PackDetail, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let row = self.row(uid).await?;
        let mut one = [self.detail(row).await?];
        self.open_charts(&mut one).await?;
        let [detail] = one;
        Ok(detail)
    }

    /// The row alone.
    pub async fn pack_row(&self, caller: &Caller, uid: &str) -> Result<PackRow, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        self.row(uid).await
    }

    /// All versions of a name in a registry, newest first; an empty `registry_uid` takes them from every registry.
    pub async fn pack_versions(
        &self,
        caller: &Caller,
        name: &str,
        registry_uid: &str,
        states: &[PackState],
        wait: Wait,
    ) -> Result<PackVersions, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        if wait == Wait::FirstSync {
            let only: Vec<_> = (!registry_uid.is_empty()).then(|| registry_uid.to_owned()).into_iter().collect();
            self.wait_for_first_syncs(&only).await?;
        }
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let mut versions = Vec::new();
        for entry in snapshot.entries() {
            let row = &entry.row;
            let fits = row.name == name && (registry_uid.is_empty() || row.registry_uid == registry_uid);
            if fits && !row.is_gone && in_states(row, states) {
                versions.push(self.detail(named(entry, &names)).await?);
            }
        }
        if versions.is_empty() {
            return Err(Error::pack_not_found(name));
        }
        self.open_charts(&mut versions).await?;
        Ok(PackVersions { name: name.to_owned(), registry_uid: registry_uid.to_owned(), versions })
    }

    /// The uid that (registry, name, version or tag) has, for clients that send none. An empty registry means any.
    pub async fn resolve(
        &self,
        caller: &Caller,
        registry_uid: &str,
        name: &str,
        version: &str,
    ) -> Result<Option<PackRow>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let fits = |e: &&Arc<Entry>| {
            e.row.name == name && !e.row.is_gone && (registry_uid.is_empty() || e.row.registry_uid == registry_uid)
        };
        let by_version = snapshot.entries().iter().filter(fits).find(|e| e.row.version == version);
        let entry = by_version.or_else(|| snapshot.entries().iter().filter(fits).find(|e| e.row.tag == version));
        Ok(entry.map(|e| named(e, &names)))
    }

    pub async fn readme(&self, caller: &Caller, uid: &str) -> Result<Option<String>, Error> {
        Ok(self.pack(caller, uid).await?.readme)
    }

    /// Not found also when the pack has none.
    pub async fn logo(&self, caller: &Caller, uid: &str) -> Result<PackLogo, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let row = self.packs_store().pack_logo(uid).await.doing("read a logo")?;
        let row = row.ok_or_else(|| Error::NotFound { what: "the logo of pack", id: uid.to_owned() })?;
        Ok(PackLogo { media_type: row.logo_type, bytes: row.logo })
    }

    /// Packs grouped by name and layer.
    pub async fn search(&self, caller: &Caller, search: &PackSearch) -> Result<Page<PackGroup>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        if search.wait == Wait::FirstSync {
            self.wait_for_first_syncs(&search.registry_uids).await?;
        }
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let with_words = self.with_words(&search.text).await?;
        let mut groups: Vec<Vec<&Arc<Entry>>> = groups(&snapshot, |entry| {
            with_words.as_ref().is_none_or(|uids| uids.contains(&entry.row.uid)) && search.matches(entry, None)
        });
        if !search.order.is_empty() {
            groups.sort_by(|a, b| order(a[0], b[0], &search.order));
        }
        let groups = page(groups, search.offset, search.limit);
        Ok(Page { items: groups.items.iter().map(|group| pack_group(group, &names)).collect(), total: groups.total })
    }

    /// For each facet, what its values would leave if the search asked for that value instead.
    pub async fn facets(&self, caller: &Caller, search: &PackSearch) -> Result<Facets, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let with_words = self.with_words(&search.text).await?;
        let count = |facet: Facet, values: fn(&PackRow) -> Vec<&str>| {
            let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for entry in snapshot.entries() {
                let has_words = with_words.as_ref().is_none_or(|uids| uids.contains(&entry.row.uid));
                if has_words && search.matches(entry, Some(facet)) {
                    for value in values(&entry.row) {
                        seen.entry(value).or_default().insert(&entry.row.name);
                    }
                }
            }
            seen.into_iter().map(|(value, packs)| facet_value(value, packs.len(), facet, &names)).collect::<Vec<_>>()
        };
        Ok(Facets {
            registries: count(Facet::Registry, |row| vec![&row.registry_uid]),
            layers: count(Facet::Layer, |row| vec![&row.layer]),
            addon_types: count(Facet::AddonType, |row| vec![&row.addon_type]),
            clouds: count(Facet::Cloud, |row| row.cloud_types.iter().map(String::as_str).collect()),
            states: count(Facet::State, |row| vec![row.state.as_str()]),
            kinds: count(Facet::Kind, |row| vec![if row.kind.is_chart() { "charts" } else { "packs" }]),
        })
    }

    /// Uids of packs that have every word of `text`; `None` when there are no words.
    async fn with_words(&self, text: &str) -> Result<Option<HashSet<String>>, Error> {
        let mut found: Option<HashSet<String>> = None;
        for word in text.to_lowercase().split_whitespace().take(8) {
            let uids = self.packs_store().packs_with(word).await.doing("search the catalogue")?;
            found = Some(match found {
                None => uids.into_iter().collect(),
                Some(before) => uids.into_iter().filter(|uid| before.contains(uid)).collect(),
            });
        }
        Ok(found)
    }

    async fn row(&self, uid: &str) -> Result<PackRow, Error> {
        let snapshot = self.index.current().await?;
        let entry = snapshot.by_uid(uid).ok_or_else(|| Error::pack_not_found(uid))?;
        Ok(named(entry, &self.registry_names().await?))
    }

    async fn detail(&self, row: PackRow) -> Result<PackDetail, Error> {
        let stored = self.packs_store().pack_detail(&row.uid).await.doing("read a pack")?;
        let stored = stored.ok_or_else(|| Error::pack_not_found(&row.uid))?;
        Ok(PackDetail::of(row, stored))
    }
}

impl PackDetail {
    pub(crate) fn of(row: PackRow, stored: packyard_store::DetailRow) -> Self {
        let detail: StoredDetail = parse_json(&stored.detail);
        Self {
            row,
            values: stored.values_text,
            readme: stored.readme,
            schema: detail.schema,
            presets: detail.presets,
            dependencies: detail.dependencies,
            findings: detail.findings,
            metadata: detail.metadata,
            content: detail.content,
            archive: detail.archive,
        }
    }
}

/// Entries that `wanted` keeps, by (name, layer), charts apart from packs; each group newest first, whatever its registry.
fn groups(snapshot: &Snapshot, wanted: impl Fn(&Entry) -> bool) -> Vec<Vec<&Arc<Entry>>> {
    let mut groups: BTreeMap<(&str, &str, bool), Vec<&Arc<Entry>>> = BTreeMap::new();
    for entry in snapshot.entries().iter().filter(|entry| wanted(entry)) {
        groups.entry((&entry.row.name, &entry.row.layer, entry.row.kind.is_chart())).or_default().push(entry);
    }
    groups.into_values().collect()
}

fn pack_group(group: &[&Arc<Entry>], names: &Names) -> PackGroup {
    let newest = &group[0].row;
    let mut seen = HashSet::new();
    let registries = group.iter().filter(|e| seen.insert(e.row.registry_uid.as_str())).map(|e| PackInRegistry {
        uid: e.row.registry_uid.clone(),
        name: names.get(&e.row.registry_uid).cloned().unwrap_or_default(),
        latest_version: e.row.version.clone(),
        latest_pack_uid: e.row.uid.clone(),
        has_logo: e.row.has_logo,
        state: e.row.state,
        annotations: e.row.annotations.clone(),
    });
    PackGroup {
        kind: newest.kind,
        name: newest.name.clone(),
        display_name: newest.display_name.clone(),
        description: newest.description.clone(),
        layer: newest.layer.clone(),
        addon_type: newest.addon_type.clone(),
        addon_sub_type: newest.addon_sub_type.clone(),
        cloud_types: newest.cloud_types.clone(),
        group: newest.group.clone(),
        registries: registries.collect(),
        versions: group.iter().map(|e| e.row.version.as_str()).collect::<HashSet<_>>().len(),
        updated_ms: group.iter().map(|e| e.row.updated_ms).max().unwrap_or_default(),
    }
}

fn facet_value(value: &str, count: usize, facet: Facet, names: &Names) -> FacetValue {
    let label = match facet {
        Facet::Registry => names.get(value).cloned().unwrap_or_default(),
        _ => value.to_owned(),
    };
    FacetValue { value: value.to_owned(), label, count }
}
