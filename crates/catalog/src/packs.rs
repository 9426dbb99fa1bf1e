//! Packs: lists, search, one name in one registry, one version by uid.

use crate::error::{Doing, Error};
use crate::groups::{self, pack_group};
use crate::matching::in_states;
use crate::ordering::page_of;
use crate::snapshot::{Entry, Facts, Snapshot};
use crate::stored::parse_json;
use crate::{
    Catalog, ChartPlace, Facets, Filter, PackContent, PackDependency, PackDetail, PackFinding, PackGroup, PackLogo,
    PackPreset, PackQuery, PackRow, PackSchema, PackSearch, PackState, PackVersions, Page, Wait,
};
use packyard_access::Caller;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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

impl Catalog {
    /// Rows without values; see [`Catalog::pack_details`].
    pub async fn packs(&self, caller: &Caller, query: &PackQuery) -> Result<Page<PackRow>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        if query.wait == Wait::FirstSync {
            self.wait_for_first_syncs(&query.filter.registries()).await?;
        }
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let filter = query.filter.folded();
        let is_meant = |entry: &&Entry| {
            let is_gone = entry.facts.is_gone;
            (if is_gone { query.include_gone } else { in_states(&entry.facts, &query.states) }) && filter.matches(entry)
        };
        let found: Vec<&Entry> = candidates(&snapshot, &filter).filter(is_meant).collect();
        let total = found.len();
        let found = page_of(found, &query.order, query.offset, query.limit, |entry| entry);
        Ok(Page { items: found.into_iter().map(|entry| entry.row(&names)).collect(), total })
    }

    /// The same with everything about each pack; meant for pages of at most 50.
    pub async fn pack_details(&self, caller: &Caller, query: &PackQuery) -> Result<Page<PackDetail>, Error> {
        let rows = self.packs(caller, query).await?;
        Ok(Page { items: self.details(rows.items).await?, total: rows.total })
    }

    /// One version, also when its tag or its registry is gone.
    pub async fn pack(&self, caller: &Caller, uid: &str) -> Result<PackDetail, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let row = self.row(uid).await?;
        let found = self.details(vec![row]).await?.pop();
        found.ok_or_else(|| Error::pack_not_found(uid))
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
        let found = in_registry(&snapshot, name, registry_uid).filter(|entry| in_states(&entry.facts, states));
        let versions = self.details(found.map(|entry| entry.row(&names)).collect()).await?;
        if versions.is_empty() {
            return Err(Error::pack_not_found(name));
        }
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
        Ok(version_of(&snapshot, registry_uid, name, version).map(|entry| entry.row(&names)))
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
        let sought = self.readmes.sought(&search.text, &snapshot, &self.packs_store()).await?;
        let (groups, total) = groups::search(&snapshot, search, sought.as_ref());
        Ok(Page { items: groups.iter().map(|group| pack_group(group, &names)).collect(), total })
    }

    /// For each facet, what its values would leave if the search asked for that value instead.
    pub async fn facets(&self, caller: &Caller, search: &PackSearch) -> Result<Facets, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let sought = self.readmes.sought(&search.text, &snapshot, &self.packs_store()).await?;
        Ok(groups::facets(&snapshot, search, sought.as_ref(), &names))
    }

    async fn row(&self, uid: &str) -> Result<PackRow, Error> {
        let snapshot = self.index.current().await?;
        let entry = snapshot.by_uid(uid).ok_or_else(|| Error::pack_not_found(uid))?;
        Ok(entry.row(&self.registry_names().await?))
    }

    /// Everything about each of `rows`, in their order.
    async fn details(&self, rows: Vec<PackRow>) -> Result<Vec<PackDetail>, Error> {
        let uids: Vec<&str> = rows.iter().map(|row| row.uid.as_str()).collect();
        let stored = self.packs_store().pack_details(&uids).await.doing("read packs")?;
        let mut stored: HashMap<String, _> = stored.into_iter().map(|row| (row.uid.clone(), row)).collect();
        let whole = |row: PackRow| stored.remove(&row.uid).map(|stored| PackDetail::of(row, stored));
        let mut details: Vec<PackDetail> = rows.into_iter().filter_map(whole).collect();
        self.open_charts(&mut details).await?;
        Ok(details)
    }
}

/// The versions that a filter can mean at all: of the names or uids that it asks for, where it asks for such.
fn candidates<'a>(snapshot: &'a Snapshot, filter: &'a Filter) -> Box<dyn Iterator<Item = &'a Entry> + Send + 'a> {
    if let Some(names) = filter.names() {
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        return Box::new(names.into_iter().flat_map(|name| snapshot.named(name)));
    }
    match filter.uids() {
        Some([uid]) => Box::new(snapshot.by_uid(uid).into_iter()),
        _ => Box::new(snapshot.entries()),
    }
}

/// The version of a name that says so of itself; else the one under a tag that says so.
pub(crate) fn version_of<'a>(
    snapshot: &'a Snapshot,
    registry_uid: &str,
    name: &str,
    version: &str,
) -> Option<&'a Entry> {
    let offered = || in_registry(snapshot, name, registry_uid);
    let by_version = offered().find(|entry| &*entry.version == version);
    by_version.or_else(|| offered().find(|entry| &*entry.tag == version))
}

/// Versions of a name that are still there, in one registry or in all; newest first.
fn in_registry<'a, 'b>(
    snapshot: &'a Snapshot,
    name: &'b str,
    registry_uid: &'b str,
) -> impl Iterator<Item = &'a Entry> + use<'a, 'b> {
    let is_meant =
        move |facts: &Facts| !facts.is_gone && (registry_uid.is_empty() || &*facts.registry_uid == registry_uid);
    snapshot.named(name).iter().filter(move |entry| is_meant(&entry.facts))
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
