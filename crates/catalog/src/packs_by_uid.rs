//! Several packs at once, for those who look at a whole profile.

use crate::error::{Doing, Error};
use crate::{Catalog, PackDetail, PackRow, PackState};
use packyard_access::Caller;
use packyard_pack::LooseVersion;
use std::collections::HashMap;

impl Catalog {
    /// Everything about each pack that is known, by uid, also of those whose tag or registry is gone.
    pub async fn packs_by_uid(&self, caller: &Caller, uids: &[&str]) -> Result<HashMap<String, PackDetail>, Error> {
        let mut rows = self.rows_by_uid(caller, uids).await?;
        let known: Vec<&str> = uids.iter().copied().filter(|uid| rows.contains_key(*uid)).collect();
        let stored = self.packs_store().pack_details(&known).await.doing("read packs")?;
        let whole = |stored: packyard_store::DetailRow| {
            let row = rows.remove(&stored.uid)?;
            Some((stored.uid.clone(), PackDetail::of(row, stored)))
        };
        Ok(stored.into_iter().filter_map(whole).collect())
    }

    /// The rows alone.
    pub async fn rows_by_uid(&self, caller: &Caller, uids: &[&str]) -> Result<HashMap<String, PackRow>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let named = |uid: &&str| {
            let mut row = snapshot.by_uid(uid)?.row.clone();
            row.registry_name = names.get(&row.registry_uid).cloned().unwrap_or_default();
            Some((row.uid.clone(), row))
        };
        Ok(uids.iter().filter_map(named).collect())
    }

    /// The newest release of each pack that is offered, as `(registry, name)`; one walk over the catalogue.
    pub async fn newest(
        &self,
        caller: &Caller,
        packs: &[(&str, &str)],
    ) -> Result<HashMap<(String, String), PackRow>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let snapshot = self.index.current().await?;
        let mut found: HashMap<(String, String), PackRow> = HashMap::new();
        for entry in snapshot.entries() {
            let row = &entry.row;
            let is_asked = packs.contains(&(row.registry_uid.as_str(), row.name.as_str()));
            if !is_asked || row.is_gone || row.state != PackState::Active || is_prerelease(row) {
                continue;
            }
            let key = (row.registry_uid.clone(), row.name.clone());
            let is_newer = found.get(&key).is_none_or(|known| version(known) < version(row));
            if is_newer {
                found.insert(key, row.clone());
            }
        }
        Ok(found)
    }
}

fn version(row: &PackRow) -> LooseVersion {
    LooseVersion::new(row.version.clone())
}

fn is_prerelease(row: &PackRow) -> bool {
    version(row).is_prerelease()
}
