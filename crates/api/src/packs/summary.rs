//! One pack version as lists show it: of the catalogue, or as it stands in a profile.

use super::shape::{PackPreset, PackSchema, logo_url};
use crate::meta::{ObjectMeta, ObjectReference};
use packyard_catalog::{PackDetail, PackRow};
use packyard_profile::PackRef;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PackSummary {
    api_version: &'static str,
    kind: &'static str,
    metadata: ObjectMeta,
    spec: PackSummarySpec,
    #[schema(value_type = Object)]
    status: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackSummarySpec {
    name: String,
    display_name: String,
    version: String,
    layer: String,
    addon_type: String,
    addon_sub_type: String,
    cloud_types: Vec<String>,
    r#type: &'static str,
    registry_uid: String,
    values: String,
    digest: String,
    eol: String,
    group: String,
    logo_url: String,
    annotations: BTreeMap<String, String>,
    presets: Vec<PackPreset>,
    schema: Vec<PackSchema>,
    manifests: Vec<ObjectReference>,
}

impl From<PackDetail> for PackSummary {
    fn from(pack: PackDetail) -> Self {
        let row = pack.row;
        let metadata = ObjectMeta::new(row.uid.as_str(), row.name.as_str())
            .annotations(BTreeMap::new())
            .times(row.updated_ms, row.updated_ms);
        Self {
            api_version: "v1",
            kind: "pack",
            metadata,
            spec: PackSummarySpec {
                logo_url: logo_url(row.has_logo, &row.uid),
                name: row.name,
                display_name: row.display_name,
                version: row.version,
                layer: row.layer,
                addon_type: row.addon_type,
                addon_sub_type: row.addon_sub_type,
                cloud_types: row.cloud_types,
                r#type: row.kind.type_name(),
                registry_uid: row.registry_uid,
                values: pack.values,
                digest: row.digest,
                eol: row.eol,
                group: row.group,
                annotations: row.annotations,
                presets: pack.presets.into_iter().map(PackPreset::from).collect(),
                schema: pack.schema.into_iter().map(PackSchema::from).collect(),
                manifests: Vec::new(),
            },
            status: BTreeMap::new(),
        }
    }
}

impl PackSummary {
    /// A pack as it stands in a profile: what the profile says of it, and the rest from the catalogue.
    pub(crate) fn in_profile(pack: &PackRef, known: Option<&PackDetail>, schema: bool, presets: bool) -> Self {
        let text = |of: fn(&PackRow) -> &String| known.map(|detail| of(&detail.row).clone()).unwrap_or_default();
        let name = pack.pack_name().to_owned();
        Self {
            api_version: "v1",
            kind: "pack",
            metadata: ObjectMeta::new(pack.pack_uid.as_str(), pack.name.as_str()),
            spec: PackSummarySpec {
                display_name: known.map_or_else(|| name.clone(), |detail| detail.row.display_name.clone()),
                name,
                version: if pack.version.is_empty() { pack.tag.clone() } else { pack.version.clone() },
                layer: pack.layer.clone(),
                addon_type: text(|row| &row.addon_type),
                addon_sub_type: text(|row| &row.addon_sub_type),
                cloud_types: known.map(|detail| detail.row.cloud_types.clone()).unwrap_or_default(),
                r#type: pack.pack_type.as_str(),
                registry_uid: pack.registry_uid.clone(),
                values: pack.values.clone(),
                digest: pack.digest.clone(),
                eol: text(|row| &row.eol),
                group: text(|row| &row.group),
                logo_url: known.map(|detail| logo_url(detail.row.has_logo, &detail.row.uid)).unwrap_or_default(),
                annotations: known.map(|detail| detail.row.annotations.clone()).unwrap_or_default(),
                presets: each(known.filter(|_| presets).map(|detail| &detail.presets)),
                schema: each(known.filter(|_| schema).map(|detail| &detail.schema)),
                manifests: ObjectReference::of_manifests(pack),
            },
            status: BTreeMap::new(),
        }
    }
}

/// Every one in the shape of the reply; none when there is no list.
fn each<A: Clone, B: From<A>>(list: Option<&Vec<A>>) -> Vec<B> {
    list.into_iter().flatten().cloned().map(B::from).collect()
}
