//! Questions to the catalogue. Versions compare by meaning (`26.02.0`, `v1.8.7`, `1.5` included), not by letters.

use crate::{PackKind, PackState};
use serde::Serialize;

/// A field that a filter may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Uid,
    Name,
    DisplayName,
    Version,
    Layer,
    CloudTypes,
    RegistryUid,
    AddonType,
    AddonSubType,
    Type,
    Digest,
    State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Any of several values.
    In,
}

/// The `filters` grammar after parsing. A list field matches if any of its elements does; display names ignore case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Is { field: Field, op: Op, values: Vec<String> },
}

impl Filter {
    pub fn eq(field: Field, value: impl Into<String>) -> Self {
        Self::Is { field, op: Op::Eq, values: vec![value.into()] }
    }

    /// Matches everything.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::everything()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderBy {
    Name,
    DisplayName,
    Version,
    Layer,
    AddonType,
    Type,
    Updated,
}

/// Whether a read waits for registries whose first sync still runs. API reads do (Terraform reads milliseconds after
/// it created the registry); pages do not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wait {
    #[default]
    No,
    FirstSync,
}

/// A list of pack versions, newest first within a name unless `order` says otherwise.
#[derive(Debug, Clone, Default)]
pub struct PackQuery {
    pub filter: Filter,
    /// Empty: all but disabled.
    pub states: Vec<PackState>,
    /// Also versions whose tag left the registry.
    pub include_gone: bool,
    /// Field and whether ascending; empty is the default order.
    pub order: Vec<(OrderBy, bool)>,
    pub offset: usize,
    /// 0 is no limit.
    pub limit: usize,
    pub wait: Wait,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Of all pages.
    pub total: usize,
}

/// v1FilterString: all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextMatch {
    pub eq: Option<String>,
    pub ne: Option<String>,
    pub contains: Option<String>,
    pub begins_with: Option<String>,
    pub ignore_case: bool,
}

/// Search over pack names (v1PackFilterSpec) and the console's Packs page. Empty lists filter nothing.
#[derive(Debug, Clone, Default)]
pub struct PackSearch {
    /// Words that must stand in name, display name, description, or the README of the newest version in a registry.
    pub text: String,
    pub name: TextMatch,
    pub display_name: TextMatch,
    pub types: Vec<String>,
    /// Charts alone, or packs alone.
    pub charts: Option<bool>,
    pub layers: Vec<String>,
    /// `""` means "has none". The list that Terraform sends for "any" is known to the caller, not here.
    pub addon_types: Vec<String>,
    pub addon_sub_types: Vec<String>,
    /// Clouds; `all` matches every pack.
    pub environments: Vec<String>,
    pub registry_uids: Vec<String>,
    /// `annotations.source`.
    pub sources: Vec<String>,
    /// Empty: all but disabled.
    pub states: Vec<PackState>,
    pub order: Vec<(OrderBy, bool)>,
    pub offset: usize,
    /// 0 is no limit.
    pub limit: usize,
    pub wait: Wait,
}

/// One name (and layer, charts and packs apart), over all registries that have it. The texts are those of the newest version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackGroup {
    pub kind: PackKind,
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub layer: String,
    pub addon_type: String,
    pub addon_sub_type: String,
    pub cloud_types: Vec<String>,
    pub group: String,
    pub registries: Vec<PackInRegistry>,
    /// Distinct versions over all registries.
    pub versions: usize,
    pub updated_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackInRegistry {
    pub uid: String,
    pub name: String,
    pub latest_version: String,
    pub latest_pack_uid: String,
    pub has_logo: bool,
    pub state: PackState,
    pub annotations: std::collections::BTreeMap<String, String>,
}

/// Values of a facet with the number of pack names each would leave, the other filters applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// value is the uid, label the name
    pub registries: Vec<FacetValue>,
    pub layers: Vec<FacetValue>,
    pub addon_types: Vec<FacetValue>,
    pub clouds: Vec<FacetValue>,
    pub states: Vec<FacetValue>,
    /// `packs` and `charts`.
    pub kinds: Vec<FacetValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    pub value: String,
    pub label: String,
    pub count: usize,
}

/// All versions of one name in one registry, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct PackVersions {
    pub name: String,
    pub registry_uid: String,
    pub versions: Vec<crate::PackDetail>,
}
