//! What else there is of a layer's pack: other versions in its registry, and other registries that have it. Whoever takes a
//! pack sees which one it is, and may take another.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::packs;
use crate::visit::Visit;
use packyard_catalog::{Field, Filter, PackQuery, PackRow, PackState};
use std::collections::BTreeMap;

/// Word, address, whether it is this one.
pub(super) type Offer = (String, String, bool);

#[derive(Default)]
pub(super) struct Offers {
    /// Registries by name; none where there is nothing to choose.
    pub(super) homes: Vec<Offer>,
    /// Of the pack's own registry, newest first.
    pub(super) versions: Vec<Offer>,
}

impl Offers {
    /// Beside `this` pack; `address` is where another one is taken instead.
    pub(super) async fn beside(
        state: &ConsoleState,
        visit: &Visit,
        this: &PackRow,
        address: impl Fn(&PackRow) -> String,
    ) -> Result<Self, Failure> {
        let filter = Filter::All(vec![
            Filter::eq(Field::Name, this.name.as_str()),
            Filter::eq(Field::Layer, this.layer.as_str()),
        ]);
        let states = vec![PackState::Active, PackState::Deprecated];
        let query = PackQuery { filter, states, ..PackQuery::default() };
        let mut found = state.catalog.packs(visit.caller(), &query).await.map_err(packs::failure)?.items;
        // A chart and a pack of one name are two things.
        found.retain(|row| row.kind.is_chart() == this.kind.is_chart());
        let offer = |row: &PackRow, word: String| (word, address(row), row.uid == this.uid);
        let own = found.iter().filter(|row| row.registry_uid == this.registry_uid);
        let versions = own.map(|row| offer(row, row.version.clone())).collect();
        let homes = by_registry(&found, &this.version);
        let homes = homes.into_iter().map(|row| offer(row, home_word(row, this))).collect::<Vec<_>>();
        Ok(Self { homes: if homes.len() > 1 { homes } else { Vec::new() }, versions })
    }
}

/// Of each registry the same version where it has that, else its newest; `found` has the newest first.
fn by_registry<'a>(found: &'a [PackRow], version: &str) -> Vec<&'a PackRow> {
    let mut homes: BTreeMap<(String, &str), &PackRow> = BTreeMap::new();
    for row in found {
        let home = homes.entry((row.registry_name.to_lowercase(), &row.registry_uid)).or_insert(row);
        if row.version == version {
            *home = row;
        }
    }
    homes.into_values().collect()
}

fn home_word(row: &PackRow, this: &PackRow) -> String {
    if row.version == this.version {
        return row.registry_name.clone();
    }
    format!("{} ({})", row.registry_name, row.version)
}
