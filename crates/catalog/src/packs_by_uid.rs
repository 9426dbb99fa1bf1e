//! Several packs at once, for those who look at a whole profile.

use crate::error::{Doing, Error};
use crate::{Catalog, PackDetail, PackRow};
use packyard_access::Caller;
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
}
