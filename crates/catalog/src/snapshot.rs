//! All pack rows in memory, so that no page and no API list reads more than its own rows from the database.
//!
//! The database numbers each change (`catalog_revision`); a reader compares its number, fetches what is newer, and
//! shares the result. Ten thousand versions take a few megabytes.

use crate::error::{Doing, Error};
use crate::stored::parse_json;
use crate::{PackKind, PackRow, PackState};
use packyard_pack::LooseVersion;
use packyard_store::{CatalogStore, SummaryRow};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// The part of a pack that lists show, as JSON in `catalog_pack.summary`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Summary {
    pub(crate) kind: PackKind,
    pub(crate) display_name: String,
    pub(crate) layer: String,
    pub(crate) addon_type: String,
    pub(crate) addon_sub_type: String,
    pub(crate) cloud_types: Vec<String>,
    pub(crate) group: String,
    pub(crate) eol: String,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) description: String,
    pub(crate) state: Option<PackState>,
    pub(crate) layer_digest: String,
    pub(crate) size: u64,
    pub(crate) warnings: u32,
}

/// One pack version. `row.registry_name` is filled in when it is handed out.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) row: PackRow,
    pub(crate) version: LooseVersion,
}

/// By name, newest version first, then registry.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    rev: i64,
    entries: Vec<Arc<Entry>>,
    by_uid: HashMap<String, Arc<Entry>>,
}

impl Snapshot {
    pub(crate) fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    pub(crate) fn by_uid(&self, uid: &str) -> Option<&Arc<Entry>> {
        self.by_uid.get(uid)
    }

    fn with(&self, rows: Vec<SummaryRow>) -> Self {
        let mut by_uid = self.by_uid.clone();
        let mut rev = self.rev;
        for row in rows {
            rev = rev.max(row.rev);
            by_uid.insert(row.uid.clone(), Arc::new(entry(row)));
        }
        let mut entries: Vec<_> = by_uid.values().cloned().collect();
        entries.sort_by(|a, b| {
            (a.row.name.as_str(), &b.version, a.row.registry_uid.as_str()).cmp(&(
                b.row.name.as_str(),
                &a.version,
                b.row.registry_uid.as_str(),
            ))
        });
        Self { rev, entries, by_uid }
    }
}

fn entry(row: SummaryRow) -> Entry {
    let summary: Summary = parse_json(&row.summary);
    let is_gone = row.gone != 0;
    Entry {
        version: LooseVersion::new(row.version.clone()),
        row: PackRow {
            uid: row.uid,
            registry_uid: row.registry_uid,
            registry_name: String::new(),
            name: row.name,
            display_name: summary.display_name,
            version: row.version,
            kind: summary.kind,
            repository: row.repository,
            tag: row.tag,
            digest: row.digest,
            layer_digest: summary.layer_digest,
            size: summary.size,
            layer: summary.layer,
            addon_type: summary.addon_type,
            addon_sub_type: summary.addon_sub_type,
            cloud_types: summary.cloud_types,
            group: summary.group,
            eol: summary.eol,
            annotations: summary.annotations,
            description: summary.description,
            state: if is_gone { PackState::Deleted } else { summary.state.unwrap_or(PackState::Active) },
            is_gone,
            has_logo: row.has_logo != 0,
            has_readme: row.has_readme != 0,
            warnings: summary.warnings,
            updated_ms: row.updated,
        },
    }
}

/// Hands out the newest snapshot.
#[derive(Clone)]
pub(crate) struct Index {
    store: CatalogStore,
    current: Arc<RwLock<Arc<Snapshot>>>,
    /// One reader fetches, the others use what it brings.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

impl Index {
    pub(crate) fn new(store: CatalogStore) -> Self {
        Self { store, current: Arc::default(), fetching: Arc::default() }
    }

    fn known(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn current(&self) -> Result<Arc<Snapshot>, Error> {
        let newest = self.store.revision().await.doing("read the catalogue's revision")?;
        let known = self.known();
        if known.rev >= newest {
            return Ok(known);
        }
        let _one = self.fetching.lock().await;
        let known = self.known();
        if known.rev >= newest {
            return Ok(known);
        }
        let rows = self.store.packs_since(known.rev).await.doing("read the catalogue")?;
        let mut fresh = known.with(rows);
        // A revision may have been taken without changing a row.
        fresh.rev = fresh.rev.max(newest);
        let fresh = Arc::new(fresh);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }
}
