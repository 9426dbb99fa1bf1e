//! One pack version as the catalogue keeps it in memory: what versions of a pack have in common is there once.

use super::hex::{Sha256, Uid};
use super::shared::{Shared, Text};
use crate::stored::parse_json;
use crate::{PackKind, PackRow, PackState};
use packyard_store::SummaryRow;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

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

/// What versions of one pack in one registry have in common, as a rule. Equal ones are one value, so whoever walks
/// over versions need not judge the same facts twice (`Arc::ptr_eq`).
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Facts {
    pub(crate) kind: PackKind,
    pub(crate) registry_uid: Text,
    pub(crate) name: Text,
    pub(crate) display_name: Text,
    /// The display name in lower case, as it is compared and sorted.
    pub(crate) display_folded: Text,
    pub(crate) repository: Text,
    pub(crate) layer: Text,
    pub(crate) addon_type: Text,
    pub(crate) addon_sub_type: Text,
    pub(crate) cloud_types: Box<[Text]>,
    pub(crate) group: Text,
    pub(crate) eol: Text,
    /// Sorted by key.
    pub(crate) annotations: Box<[(Text, Text)]>,
    pub(crate) description: Text,
    pub(crate) state: PackState,
    pub(crate) is_gone: bool,
    pub(crate) has_logo: bool,
    pub(crate) has_readme: bool,
}

/// One pack version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) uid: Uid,
    pub(crate) facts: Arc<Facts>,
    pub(crate) version: Text,
    pub(crate) tag: Text,
    pub(crate) digest: Sha256,
    layer_digest: Sha256,
    size: u64,
    pub(crate) updated_ms: i64,
    warnings: u32,
}

impl Facts {
    pub(crate) fn supports_cloud(&self, cloud: &str) -> bool {
        self.cloud_types.iter().any(|own| &**own == cloud || &**own == "all")
    }

    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.iter().find(|(own, _)| &**own == key).map(|(_, value)| &**value)
    }

    pub(crate) fn annotations(&self) -> BTreeMap<String, String> {
        self.annotations.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    pub(crate) fn cloud_types(&self) -> Vec<String> {
        self.cloud_types.iter().map(ToString::to_string).collect()
    }
}

impl Entry {
    pub(super) fn new(row: &SummaryRow, shared: &mut Shared) -> Self {
        let summary: Summary = parse_json(&row.summary);
        let is_gone = row.gone != 0;
        let facts = Facts {
            kind: summary.kind,
            registry_uid: shared.text(&row.registry_uid),
            name: shared.text(&row.name),
            display_folded: shared.text(&summary.display_name.to_lowercase()),
            display_name: shared.text(&summary.display_name),
            repository: shared.text(&row.repository),
            layer: shared.text(&summary.layer),
            addon_type: shared.text(&summary.addon_type),
            addon_sub_type: shared.text(&summary.addon_sub_type),
            cloud_types: summary.cloud_types.iter().map(|cloud| shared.text(cloud)).collect(),
            group: shared.text(&summary.group),
            eol: shared.text(&summary.eol),
            annotations: (summary.annotations.iter())
                .map(|(key, value)| (shared.text(key), shared.text(value)))
                .collect(),
            description: shared.text(&summary.description),
            state: if is_gone { PackState::Deleted } else { summary.state.unwrap_or(PackState::Active) },
            is_gone,
            has_logo: row.has_logo != 0,
            has_readme: row.has_readme != 0,
        };
        Self {
            uid: Uid::of(&row.uid),
            facts: shared.facts(facts),
            version: shared.text(&row.version),
            tag: shared.text(&row.tag),
            digest: Sha256::of(&row.digest),
            layer_digest: Sha256::of(&summary.layer_digest),
            size: summary.size,
            updated_ms: row.updated,
            warnings: summary.warnings,
        }
    }

    /// As it is handed out; `names` has the registries' names by uid.
    pub(crate) fn row(&self, names: &HashMap<String, String>) -> PackRow {
        let facts = &*self.facts;
        PackRow {
            uid: self.uid.text(),
            registry_uid: facts.registry_uid.to_string(),
            registry_name: names.get(&*facts.registry_uid).cloned().unwrap_or_default(),
            name: facts.name.to_string(),
            display_name: facts.display_name.to_string(),
            version: self.version.to_string(),
            kind: facts.kind,
            repository: facts.repository.to_string(),
            tag: self.tag.to_string(),
            digest: self.digest.text(),
            layer_digest: self.layer_digest.text(),
            size: self.size,
            layer: facts.layer.to_string(),
            addon_type: facts.addon_type.to_string(),
            addon_sub_type: facts.addon_sub_type.to_string(),
            cloud_types: facts.cloud_types(),
            group: facts.group.to_string(),
            eol: facts.eol.to_string(),
            annotations: facts.annotations(),
            description: facts.description.to_string(),
            state: facts.state,
            is_gone: facts.is_gone,
            has_logo: facts.has_logo,
            has_readme: facts.has_readme,
            warnings: self.warnings,
            updated_ms: self.updated_ms,
        }
    }
}
