//! What the list of registries is sorted by.

use super::row::kind_word;
use crate::sorting::Column;
use packyard_catalog::{Registry, SyncState};
use std::cmp::Ordering;

pub(super) const COLUMNS: &[Column] = &[
    Column::least_first("name"),
    Column::least_first("type"),
    Column::greatest_first("packs"),
    Column::least_first("status"),
    Column::greatest_first("run"),
];

pub(super) fn compare(key: &str, one: &Registry, other: &Registry) -> Ordering {
    match key {
        "type" => kind_word(one).cmp(kind_word(other)),
        "packs" => (one.pack_count, one.version_count).cmp(&(other.pack_count, other.version_count)),
        "status" => urgency(one).cmp(&urgency(other)),
        // What never ran comes before all that did.
        "run" => one.sync.last_run_ms.cmp(&other.sync.last_run_ms),
        _ => by_name(one, other),
    }
}

pub(super) fn by_name(one: &Registry, other: &Registry) -> Ordering {
    one.name.to_lowercase().cmp(&other.name.to_lowercase())
}

/// What asks for somebody comes first.
fn urgency(registry: &Registry) -> u8 {
    match registry.sync.status {
        _ if registry.why_not_synced().is_some() => 4,
        SyncState::Failed => 0,
        SyncState::InProgress => 1,
        SyncState::Pending => 2,
        SyncState::Success => 3,
    }
}
