//! Packs as clients read them.

use crate::meta::ObjectMeta;
use packyard_catalog::{PackDetail, PackGroup};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The SCOPE of every registry of this installation.
const TENANT: &str = "tenant";

pub(crate) fn logo_url(has_logo: bool, uid: &str) -> String {
    if has_logo { format!("/v1/packs/{uid}/logo") } else { String::new() }
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PackPreset {
    name: String,
    display_name: String,
    group: String,
    remove: Vec<String>,
    add: String,
}

impl From<packyard_catalog::PackPreset> for PackPreset {
    fn from(preset: packyard_catalog::PackPreset) -> Self {
        let packyard_catalog::PackPreset { name, display_name, group, remove, add } = preset;
        Self { name, display_name, group, remove, add }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PackSchema {
    name: String,
    r#type: String,
    format: String,
    regex: String,
    required: bool,
    readonly: bool,
    list_options: Vec<String>,
    hints: Vec<String>,
}

impl From<packyard_catalog::PackSchema> for PackSchema {
    fn from(entry: packyard_catalog::PackSchema) -> Self {
        let packyard_catalog::PackSchema { name, kind, format, regex, required, readonly, list_options, hints } = entry;
        Self { name, r#type: kind, format, regex, required, readonly, list_options, hints }
    }
}

/// All versions of one pack, each with its values.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PackTagEntity {
    name: String,
    display_name: String,
    layer: String,
    addon_type: String,
    addon_sub_type: String,
    cloud_types: Vec<String>,
    registry_uid: String,
    logo_url: String,
    tags: Vec<PackTag>,
    pack_values: Vec<PackUidValues>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackTag {
    version: String,
    tag: String,
    pack_uid: String,
    group: String,
    parent_tags: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackUidValues {
    pack_uid: String,
    values: String,
    readme: String,
    presets: Vec<PackPreset>,
    schema: Vec<PackSchema>,
    annotations: BTreeMap<String, String>,
    dependencies: Vec<PackDependency>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackDependency {
    name: String,
    layer: String,
    r#type: String,
    min_version: String,
    max_version: String,
}

impl PackTagEntity {
    /// Of versions with the newest first, whose texts these are; in the reply it comes last, since clients that want a
    /// pack without saying which version take the last tag. `None` when there is no version.
    pub(crate) fn of(versions: Vec<PackDetail>) -> Option<Self> {
        let first = versions.first()?.row.clone();
        let (tags, pack_values) = versions.into_iter().rev().map(split).unzip();
        Some(Self {
            logo_url: logo_url(first.has_logo, &first.uid),
            name: first.name,
            display_name: first.display_name,
            layer: first.layer,
            addon_type: first.addon_type,
            addon_sub_type: first.addon_sub_type,
            cloud_types: first.cloud_types,
            registry_uid: first.registry_uid,
            tags,
            pack_values,
        })
    }
}

fn split(pack: PackDetail) -> (PackTag, PackUidValues) {
    let row = pack.row;
    let tag = PackTag {
        parent_tags: parent_tags(&row.version),
        version: row.version,
        tag: row.tag,
        pack_uid: row.uid.clone(),
        group: row.group,
    };
    let dependencies = pack.dependencies.into_iter().map(|dependency| PackDependency {
        name: dependency.pack_name,
        layer: dependency.layer,
        r#type: dependency.kind,
        min_version: dependency.min_version,
        max_version: dependency.max_version,
    });
    let values = PackUidValues {
        pack_uid: row.uid,
        values: pack.values,
        readme: pack.readme.unwrap_or_default(),
        presets: pack.presets.into_iter().map(PackPreset::from).collect(),
        schema: pack.schema.into_iter().map(PackSchema::from).collect(),
        annotations: row.annotations,
        dependencies: dependencies.collect(),
    };
    (tag, values)
}

/// The moving group that a version belongs to: `1.3.1` is in `1.3.x`.
fn parent_tags(version: &str) -> Vec<String> {
    let mut parts = version.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(major), Some(minor), Some(_)) => vec![format!("{major}.{minor}.x")],
        _ => Vec::new(),
    }
}

/// One name over all registries that have it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PackMetadata {
    api_version: &'static str,
    kind: &'static str,
    metadata: ObjectMeta,
    spec: PackMetadataSpec,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackMetadataSpec {
    name: String,
    display_name: String,
    layer: String,
    addon_type: String,
    addon_sub_type: String,
    cloud_types: Vec<String>,
    group: String,
    r#type: &'static str,
    registries: Vec<RegistryPackMetadata>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegistryPackMetadata {
    uid: String,
    name: String,
    scope: &'static str,
    latest_version: String,
    latest_pack_uid: String,
    logo_url: String,
    annotations: BTreeMap<String, String>,
}

impl From<PackGroup> for PackMetadata {
    fn from(group: PackGroup) -> Self {
        let registries: Vec<_> = group
            .registries
            .into_iter()
            .map(|registry| RegistryPackMetadata {
                logo_url: logo_url(registry.has_logo, &registry.latest_pack_uid),
                uid: registry.uid,
                name: registry.name,
                scope: TENANT,
                latest_version: registry.latest_version,
                latest_pack_uid: registry.latest_pack_uid,
                annotations: registry.annotations,
            })
            .collect();
        let uid = registries.first().map(|registry| registry.latest_pack_uid.clone()).unwrap_or_default();
        Self {
            api_version: "v1",
            kind: "pack",
            metadata: ObjectMeta::new(uid, group.name.as_str()),
            spec: PackMetadataSpec {
                name: group.name,
                display_name: group.display_name,
                layer: group.layer,
                addon_type: group.addon_type,
                addon_sub_type: group.addon_sub_type,
                cloud_types: group.cloud_types,
                group: group.group,
                r#type: group.kind.type_name(),
                registries,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parent_tags;

    #[test]
    fn versions_belong_to_their_minor_group() {
        assert_eq!(parent_tags("1.3.1"), ["1.3.x"]);
        assert_eq!(parent_tags("26.02.0-rc.1"), ["26.02.x"]);
        assert!(parent_tags("1.5").is_empty());
        assert!(parent_tags("").is_empty());
    }
}
