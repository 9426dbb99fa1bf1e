//! Several packs at once, for those who look at a whole profile.

use crate::error::{Doing, Error};
use crate::packs::version_of;
use crate::snapshot::Entry;
use crate::{Catalog, PackDetail, PackRow, PackState};
use packyard_access::Caller;
use packyard_pack::version::is_prerelease;
use std::collections::HashMap;

/// How somebody names a pack version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackName<'a> {
    Uid(&'a str),
    /// As [`Catalog::resolve`] takes it.
    Version {
        registry_uid: &'a str,
        name: &'a str,
        version: &'a str,
    },
}

impl Catalog {
    /// The row of each pack that is asked for, in the same order.
    pub async fn find_packs(&self, caller: &Caller, asked: &[PackName<'_>]) -> Result<Vec<Option<PackRow>>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let snapshot = self.index.current().await?;
        let names = self.registry_names().await?;
        let find = |asked: &PackName<'_>| match *asked {
            PackName::Uid(uid) => snapshot.by_uid(uid),
            PackName::Version { registry_uid, name, version } => version_of(&snapshot, registry_uid, name, version),
        };
        Ok(asked.iter().map(|asked| find(asked).map(|entry| entry.row(&names))).collect())
    }

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
        let named = |uid: &&str| snapshot.by_uid(uid).map(|entry| (uid.to_string(), entry.row(&names)));
        Ok(uids.iter().filter_map(named).collect())
    }

    /// The newest release of each pack that is offered, as `(registry, name)`.
    pub async fn newest(
        &self,
        caller: &Caller,
        packs: &[(&str, &str)],
    ) -> Result<HashMap<(String, String), PackRow>, Error> {
        self.may(caller, "packyard:ReadPacks").await?;
        let snapshot = self.index.current().await?;
        let newest = |(registry, name): &(&str, &str)| {
            let is_offered = |entry: &&Entry| {
                let facts = &entry.facts;
                &*facts.registry_uid == *registry
                    && !facts.is_gone
                    && facts.state == PackState::Active
                    && !is_prerelease(&entry.version)
            };
            let entry = snapshot.named(name).iter().find(is_offered)?;
            Some((((*registry).to_owned(), (*name).to_owned()), entry.row(&HashMap::new())))
        };
        Ok(packs.iter().filter_map(newest).collect())
    }
}
