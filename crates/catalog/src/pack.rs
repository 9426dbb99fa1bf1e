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

/// What an entry of the catalogue is, and where it came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackKind {
    #[default]
    Pack,
    /// A Helm chart of an OCI registry.
    OciChart,
    /// A Helm chart of a Helm repository.
    HelmChart,
}

impl PackKind {
    /// Palette's type, which follows the registry.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Pack | Self::OciChart => "oci",
            Self::HelmChart => "helm",
        }
    }

    pub fn is_chart(self) -> bool {
        self != Self::Pack
    }

    /// Whether somebody who asks for Palette's type `wanted` means it: who asks for `helm` means charts, wherever they are.
    pub(crate) fn is_of_type(self, wanted: &str) -> bool {
        wanted == self.type_name() || wanted == "helm" && self.is_chart()
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
    pub kind: PackKind,
    /// Where it is: `<base>/spectro-packs/archive/<leaf>` and the tag there, which may differ from name and version. Of a
    /// chart of a Helm repository, its name and version.
    pub repository: String,
    pub tag: String,
    /// Of the manifest; of a chart of a Helm repository, of the archive, empty where the index does not say it.
    pub digest: String,
    pub layer_digest: String,
    /// Of the archive, compressed; 0 while it is not known.
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
    /// `pack.json` as it was, unknown fields included; of a chart, `Chart.yaml`.
    pub metadata: serde_json::Value,
    pub content: PackContent,
    /// Of a chart of a Helm repository: where its archive is, and whether it has been read.
    pub archive: Option<ChartPlace>,
}

/// Where a Helm repository has the archive of a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChartPlace {
    /// As the index has them: absolute, or relative to the repository.
    pub urls: Vec<String>,
    /// While it has not been read there are no values and no README.
    pub is_read: bool,
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
