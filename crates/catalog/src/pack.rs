//! A pack version in the catalogue. Its uid is stable for (registry, name, version): profiles and Terraform keep it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The life cycle a pack declares (`annotations.system_state`, `annotations.disabled`), or `Deleted` once its tag left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackState {
    Active,
    Deprecated,
    Disabled,
    Deleted,
}

impl PackState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deprecated => "deprecated",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    pub fn parse(raw: &str) -> Option<Self> {
        match raw {
            "active" => Some(Self::Active),
            "deprecated" => Some(Self::Deprecated),
            "disabled" => Some(Self::Disabled),
            "deleted" => Some(Self::Deleted),
            _ => None,
        }
    }
}

/// What lists need. The catalogue has it in memory, in a form that is smaller (`snapshot`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackRow {
    pub uid: String,
    pub registry_uid: String,
    pub registry_name: String,
    pub name: String,
    pub display_name: String,
    pub version: String,
    /// Where it is: `<base>/spectro-packs/archive/<leaf>` and the tag there, which may differ from name and version.
    pub repository: String,
    pub tag: String,
    /// Of the manifest.
    pub digest: String,
    pub layer_digest: String,
    /// Of the archive, compressed.
    pub size: u64,
    pub layer: String,
    pub addon_type: String,
    pub addon_sub_type: String,
    pub cloud_types: Vec<String>,
    pub group: String,
    pub eol: String,
    pub annotations: BTreeMap<String, String>,
    pub description: String,
    pub state: PackState,
    /// The tag is no longer in the registry (or the registry is no longer registered). Hidden from lists, answered by uid.
    pub is_gone: bool,
    pub has_logo: bool,
    pub has_readme: bool,
    pub warnings: u32,
    /// When this content came into the catalogue.
    pub updated_ms: i64,
}

impl PackRow {
    /// Palette's type of a pack that comes from an OCI registry.
    pub const TYPE: &'static str = "oci";

    pub fn supports_cloud(&self, cloud: &str) -> bool {
        self.cloud_types.iter().any(|own| own == cloud || own == "all")
    }
}

/// Everything about one pack version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackDetail {
    pub row: PackRow,
    /// `values.yaml`, byte for byte.
    pub values: String,
    pub readme: Option<String>,
    pub schema: Vec<PackSchema>,
    pub presets: Vec<PackPreset>,
    pub dependencies: Vec<PackDependency>,
    pub findings: Vec<PackFinding>,
    /// `pack.json` as it was, unknown fields included.
    pub metadata: serde_json::Value,
    pub content: PackContent,
}

/// One entry of `schema.yaml` (v1PackSchema).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PackSchema {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub format: String,
    pub regex: String,
    pub required: bool,
    pub readonly: bool,
    pub list_options: Vec<String>,
    pub hints: Vec<String>,
}

/// One entry of `presets.yaml` (v1PackPreset).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PackPreset {
    pub name: String,
    pub display_name: String,
    pub group: String,
    pub remove: Vec<String>,
    pub add: String,
}

/// `constraints.dependencies[]` of `pack.json`; bounds may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PackDependency {
    pub pack_name: String,
    pub layer: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub min_version: String,
    pub max_version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingSeverity {
    Error,
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackFinding {
    pub code: String,
    pub severity: FindingSeverity,
    pub message: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// What the archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackContent {
    pub files: Vec<PackFile>,
    pub charts: Vec<PackChart>,
    pub manifests: Vec<PackManifest>,
    pub images: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackFile {
    pub path: String,
    pub size: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackChart {
    pub path: String,
    pub name: String,
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackManifest {
    pub path: String,
    pub content: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackLogo {
    /// Sniffed from the bytes, never from the file's name.
    pub media_type: String,
    pub bytes: Vec<u8>,
}
