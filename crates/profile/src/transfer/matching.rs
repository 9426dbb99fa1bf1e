//! Which registries here have the packs of a file.

use super::{FilePack, ProfileFile};
use crate::compose::pack_name;
use crate::{Error, PackType, Profiles, Result};
use packyard_access::Caller;
use packyard_catalog::{Field, Filter, Op, PackQuery, PackRow, PackState, Registry};
use packyard_pack::LooseVersion;
use std::collections::HashMap;

/// Newest versions that are offered in place of one that is not there.
const NEAREST: usize = 3;
/// Every state: a file may name what new profiles should no longer use.
const STATES: [PackState; 4] = [PackState::Active, PackState::Deprecated, PackState::Disabled, PackState::Deleted];

/// What an import cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `pack NAME VERSION`, `macro NAME`, …
    pub what: String,
    pub hint: String,
}

/// The catalogue's rows of the file's packs, by name.
pub(super) struct Found {
    by_name: HashMap<String, Vec<PackRow>>,
    pub(super) registries: HashMap<String, Registry>,
}

/// Where a pack comes from.
pub(super) enum Origin<'a> {
    /// The profile itself: a manifest.
    Profile,
    Catalogue(&'a PackRow),
    /// A registry that is kept, and whose content nobody here knows.
    Kept(&'a Registry),
}

impl Profiles {
    /// By uid.
    pub(crate) async fn known_registries(&self, caller: &Caller) -> Result<HashMap<String, Registry>> {
        let all = self.catalog.registries(caller).await.map_err(Error::Catalog)?;
        Ok(all.into_iter().map(|registry| (registry.uid.clone(), registry)).collect())
    }

    pub(super) async fn find_packs(&self, caller: &Caller, file: &ProfileFile) -> Result<Found> {
        let names = file.spec.template.packs.iter().map(|pack| pack_name(&pack.name).to_owned()).collect();
        let query = PackQuery {
            filter: Filter::Is { field: Field::Name, op: Op::In, values: names },
            states: STATES.to_vec(),
            ..PackQuery::default()
        };
        let rows = self.catalog.packs(caller, &query).await.map_err(Error::Catalog)?.items;
        let mut by_name: HashMap<String, Vec<PackRow>> = HashMap::new();
        for row in rows {
            by_name.entry(row.name.clone()).or_default().push(row);
        }
        Ok(Found { by_name, registries: self.known_registries(caller).await? })
    }
}

impl Found {
    /// Every row that is this pack in this version.
    pub(super) fn rows<'a>(&'a self, pack: &FilePack) -> impl Iterator<Item = &'a PackRow> {
        let versions = [pack.version.clone(), pack.tag.clone()];
        let rows = self.by_name.get(pack_name(&pack.name)).into_iter().flatten();
        rows.filter(move |row| {
            let is_it = |wanted: &String| !wanted.is_empty() && (row.version == *wanted || row.tag == *wanted);
            versions.iter().any(is_it)
        })
    }

    /// The file names a registry by its uid or its name; where only one has the pack, it need not.
    pub(super) fn origin(&self, pack: &FilePack) -> Result<Origin<'_>, Missing> {
        if pack.pack_type == PackType::Manifest.as_str() {
            return Ok(Origin::Profile);
        }
        let rows: Vec<&PackRow> = self.rows(pack).collect();
        let named = pack.registry.as_ref().map(|registry| &registry.metadata);
        let is_named = |uid: &str, name: &str| {
            named.is_some_and(|named| {
                (!named.uid.is_empty() && named.uid == uid) || (!name.is_empty() && named.name == name)
            })
        };
        if let Some(row) = rows.iter().find(|row| is_named(&row.registry_uid, &row.registry_name)) {
            return Ok(Origin::Catalogue(row));
        }
        if let Some(kept) =
            self.registries.values().find(|known| is_named(&known.uid, &known.name) && !known.spec.is_synced())
        {
            return Ok(Origin::Kept(kept));
        }
        match rows.as_slice() {
            [row] => Ok(Origin::Catalogue(row)),
            [] => Err(self.missing(pack)),
            several => {
                let names: Vec<&str> = several.iter().map(|row| row.registry_name.as_str()).collect();
                Err(Missing {
                    what: described(pack),
                    hint: format!(
                        "several registries have it ({}): name one in registry.metadata of the pack",
                        names.join(", ")
                    ),
                })
            }
        }
    }

    fn missing(&self, pack: &FilePack) -> Missing {
        let mut versions: Vec<&str> =
            self.by_name.get(pack_name(&pack.name)).into_iter().flatten().map(|row| row.version.as_str()).collect();
        versions.sort_by_cached_key(|version| std::cmp::Reverse(LooseVersion::new(*version)));
        versions.dedup();
        versions.truncate(NEAREST);
        let hint = match versions.as_slice() {
            [] => "no registry here has a pack of this name: register one that does".to_owned(),
            found => format!("there are the versions {}", found.join(", ")),
        };
        Missing { what: described(pack), hint }
    }
}

fn described(pack: &FilePack) -> String {
    let version = if pack.version.is_empty() { &pack.tag } else { &pack.version };
    format!("pack {} {version}", pack.name).trim_end().to_owned()
}
