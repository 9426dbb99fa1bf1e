//! All versions of a pack, in every registry that has them.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::packs::{failure, state_badge};
use crate::visit::Visit;
use crate::words::{When, short_digest, size};
use packyard_catalog::{Field, Filter, PackQuery, PackRow, PackState, Wait};
use std::collections::BTreeSet;

pub(super) struct VersionRow {
    pub(super) version: String,
    pub(super) address: String,
    /// What differs between it and this one.
    pub(super) compare: String,
    pub(super) is_this: bool,
    pub(super) state: Option<(&'static str, &'static str)>,
    pub(super) tag_note: String,
    pub(super) registry: String,
    pub(super) digest: String,
    pub(super) short_digest: String,
    pub(super) size: String,
    pub(super) since: When,
}

pub(in crate::pages::packs) async fn versions(
    state: &ConsoleState,
    visit: &Visit,
    row: &PackRow,
) -> Result<Vec<PackRow>, Failure> {
    let query = PackQuery {
        filter: Filter::All(vec![
            Filter::eq(Field::Name, row.name.as_str()),
            Filter::eq(Field::Layer, row.layer.as_str()),
        ]),
        states: vec![PackState::Active, PackState::Deprecated, PackState::Disabled, PackState::Deleted],
        wait: Wait::No,
        ..PackQuery::default()
    };
    let mut found = state.catalog.packs(visit.caller(), &query).await.map_err(failure)?.items;
    // A chart and a pack of one name are two things.
    found.retain(|other| other.kind.is_chart() == row.kind.is_chart());
    Ok(found)
}

/// One version that several registries have is one.
pub(super) fn distinct(versions: &[PackRow]) -> usize {
    versions.iter().map(|row| row.version.as_str()).collect::<BTreeSet<_>>().len()
}

pub(super) fn version_row(visit: &Visit, this: &PackRow, other: &PackRow) -> VersionRow {
    VersionRow {
        version: other.version.clone(),
        address: format!("/packs/{}", other.uid),
        compare: format!("/packs/{}/compare?with={}", this.uid, other.uid),
        is_this: other.uid == this.uid,
        state: state_badge(other.state, other.is_gone),
        tag_note: if other.tag == other.version { String::new() } else { format!("tag {}", other.tag) },
        registry: other.registry_name.clone(),
        digest: other.digest.clone(),
        short_digest: short_digest(&other.digest),
        size: if other.size == 0 { String::new() } else { size(other.size) },
        since: visit.when(other.updated_ms),
    }
}
