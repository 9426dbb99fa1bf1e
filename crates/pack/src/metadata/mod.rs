//! pack.json: who a pack is and what it needs. palette.md section 1.2.
//!
//! Invariant: `name` and `version` can stand in a repository name and a tag. Everything a newer Palette may add is kept:
//! unknown fields in [`Metadata::unknown`], the text as it was in [`Metadata::text`].

mod edit;
mod json_places;
mod names;
mod parse;
mod range;
mod reader;

use crate::layer::Layer;
use crate::lint::Finding;
use crate::place::Place;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(crate) use edit::Padded;
pub(crate) use json_places::JsonPlaces;
pub(crate) use names::{name_problem, version_problem};
pub use range::VersionRange;

/// The file's name, also in places of findings.
pub const FILE: &str = "pack.json";

/// pack.json, parsed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub name: String,
    pub display_name: String,
    pub version: String,
    pub layer: Layer,
    pub cloud_types: Vec<String>,
    /// Free text; empty where the pack has none.
    pub addon_type: String,
    pub addon_sub_type: String,
    pub annotations: BTreeMap<String, String>,
    /// Declared paths of chart archives, as written.
    pub charts: Vec<String>,
    /// Declared paths of manifests, as written.
    pub kube_manifests: Vec<String>,
    pub ansible_roles: Vec<String>,
    pub constraints: Constraints,
    pub eol: String,
    pub group: String,
    /// Inline README that one known pack carries; the file README.md wins over it.
    pub readme: Option<String>,
    pub kube_version: Option<String>,
    /// Fields this model does not know, in their order.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
    /// The file as it was.
    #[serde(skip)]
    pub text: String,
    /// Where its members stand.
    #[serde(skip)]
    places: JsonPlaces,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Constraints {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
}

/// What another pack of the same profile must be. Empty bounds: any version.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    pub pack_name: String,
    /// As written: real packs name layers freely here.
    pub layer: String,
    /// None where the pack forgot it.
    #[serde(rename = "type")]
    pub kind: Option<DependencyKind>,
    pub min_version: String,
    pub max_version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DependencyKind {
    Required,
    Optional,
    NotSupported,
    /// From which version of this very pack one may move here.
    Upgrade,
    #[serde(untagged)]
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// `cpu` (mCPU), `memory` (MiB) or `diskSize` (GB).
    #[serde(rename = "type")]
    pub kind: String,
    pub min_limit: Option<f64>,
    pub components: Vec<ResourceComponent>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceComponent {
    pub schedule_type: String,
    /// Dotted path into values.yaml.
    pub resource_request_param_ref: String,
    pub replica_count_param_ref: String,
}

/// What the annotations `system_state` and `disabled` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Active,
    Deprecated,
    Deleted,
    Disabled,
}

/// A tag cannot hold the `+` of a version, so `_` stands for it, as Helm does.
pub(crate) fn tag_of(version: &str) -> String {
    version.replace('+', "_")
}

impl Metadata {
    /// The parsed file and what is irregular in it, or why there is no identity.
    pub fn parse(text: &str) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        parse::parse(text)
    }

    /// Where a member stands, by its dotted path: `constraints.dependencies.0.type`.
    pub fn place(&self, path: &str) -> Place {
        self.places.place(path)
    }

    /// The tag the pack is published under.
    pub fn tag(&self) -> String {
        tag_of(&self.version)
    }

    pub fn state(&self) -> State {
        let annotation = |key: &str| self.annotations.get(key).map(|v| v.trim().to_ascii_lowercase());
        match annotation("system_state").as_deref() {
            Some("deprecated") => State::Deprecated,
            Some("deleted") => State::Deleted,
            Some("disabled") => State::Disabled,
            _ if annotation("disabled").as_deref() == Some("true") => State::Disabled,
            _ => State::Active,
        }
    }
}
