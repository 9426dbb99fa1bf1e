//! Every pack version in memory, so that no page and no API list reads more than its own rows from the database.
//!
//! The database numbers each change (`catalog_revision`); a reader compares its number, fetches what is newer, and
//! shares the result. Versions stand under their pack's name; a change makes those names anew that it is about and
//! shares the others with the snapshot before, so that a reader during a sync pays for what came, not for what is there.
//! A hundred thousand versions take some 25 MB (a test holds to the bytes a version).

mod entry;
mod hex;
mod shared;
#[cfg(test)]
mod tests;

pub(crate) use entry::{Entry, Facts, Summary};
pub(crate) use hex::{Fingerprint, Sha256, Uid};
pub(crate) use shared::Text;

use crate::error::{Doing, Error};
use packyard_pack::version::compare_versions;
use packyard_store::{CatalogStore, SummaryRow};
use shared::Shared;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// All versions of one name, in every registry: newest first, then by registry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: Text,
    pub(crate) versions: Box<[Entry]>,
}

/// The name that a uid's version has. A uid keeps its name for ever and is never taken away, so all snapshots share one.
type NameOf = Arc<RwLock<HashMap<Uid, Text>>>;

/// By name.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    rev: i64,
    packs: Vec<Arc<Named>>,
    name_of: NameOf,
}

/// What came since a snapshot.
#[derive(Default)]
struct Delta {
    rev: i64,
    /// By name, then uid; of several changes to one version the last counts.
    changed: BTreeMap<Text, HashMap<Uid, Entry>>,
}

impl Snapshot {
    pub(crate) fn packs(&self) -> impl Iterator<Item = &Named> {
        self.packs.iter().map(|named| &**named)
    }

    /// By name, newest version first, then registry.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.packs().flat_map(|named| &named.versions)
    }

    pub(crate) fn of_name(&self, name: &str) -> Option<&Named> {
        let at = self.packs.binary_search_by(|named| (*named.name).cmp(name)).ok()?;
        Some(&self.packs[at])
    }

    /// The versions of one name, newest first, then by registry.
    pub(crate) fn named(&self, name: &str) -> &[Entry] {
        self.of_name(name).map_or(&[], |named| &named.versions)
    }

    pub(crate) fn by_uid(&self, uid: &str) -> Option<&Entry> {
        let uid = Uid::of(uid);
        let name = self.name_of.read().unwrap_or_else(PoisonError::into_inner).get(&uid)?.clone();
        self.named(&name).iter().find(|entry| entry.uid == uid)
    }

    fn with(&self, delta: Delta) -> Self {
        let mut name_of = self.name_of.write().unwrap_or_else(PoisonError::into_inner);
        for (name, entries) in &delta.changed {
            name_of.extend(entries.keys().map(|uid| (uid.clone(), name.clone())));
        }
        drop(name_of);
        let mut packs = Vec::with_capacity(self.packs.len() + delta.changed.len());
        let mut before = self.packs.iter().peekable();
        for (name, changed) in delta.changed {
            while let Some(same) = before.next_if(|named| named.name < name) {
                packs.push(same.clone());
            }
            let old = before.next_if(|named| named.name == name);
            packs.push(Arc::new(Named::merged(name, old.map_or(&[], |named| &named.versions), changed)));
        }
        packs.extend(before.cloned());
        packs.shrink_to_fit();
        Self { rev: self.rev.max(delta.rev), packs, name_of: self.name_of.clone() }
    }
}

impl Named {
    fn merged(name: Text, before: &[Entry], mut changed: HashMap<Uid, Entry>) -> Self {
        let mut versions = Vec::with_capacity(before.len() + changed.len());
        versions.extend(before.iter().map(|entry| changed.remove(&entry.uid).unwrap_or_else(|| entry.clone())));
        versions.extend(changed.into_values());
        versions.sort_by(|a, b| {
            compare_versions(&b.version, &a.version).then_with(|| a.facts.registry_uid.cmp(&b.facts.registry_uid))
        });
        Self { name, versions: versions.into_boxed_slice() }
    }
}

impl Delta {
    fn take(&mut self, row: &SummaryRow, shared: &mut Shared) {
        self.rev = self.rev.max(row.rev);
        let entry = Entry::new(row, shared);
        self.changed.entry(entry.facts.name.clone()).or_default().insert(entry.uid.clone(), entry);
    }
}

/// Hands out the newest snapshot.
#[derive(Clone)]
pub(crate) struct Index {
    store: CatalogStore,
    current: Arc<RwLock<Arc<Snapshot>>>,
    /// One reader fetches, the others use what it brings.
    fetching: Arc<tokio::sync::Mutex<Shared>>,
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
        let mut shared = self.fetching.lock().await;
        let known = self.known();
        if known.rev >= newest {
            return Ok(known);
        }
        // A revision may have been taken without changing a row.
        let mut delta = Delta { rev: newest, ..Delta::default() };
        let take = |row: SummaryRow| delta.take(&row, &mut shared);
        self.store.packs_since(known.rev, take).await.doing("read the catalogue")?;
        let fresh = Arc::new(known.with(delta));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        drop(known);
        shared.tidy();
        Ok(fresh)
    }
}
