//! Profiles as clients read them.

use crate::meta::{DESCRIPTION, ObjectEntity, ObjectMeta, ObjectReference, PROJECT_UID, SCOPE};
use crate::packs::{PackPreset, PackSchema, logo_url};
use packyard_catalog::PackDetail;
use packyard_profile::{Labels, PackRef, Profile, ProfileSummary, ProfileVersion, Scope, Template};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Which facts of the catalogue a reply carries beside the profile's own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PackMeta {
    pub(super) schema: bool,
    pub(super) presets: bool,
    annotations: bool,
}

impl PackMeta {
    pub(super) fn parse(list: &str, annotations: bool) -> Self {
        let has = |word: &str| list.split(',').any(|given| given.trim() == word);
        Self { schema: has("schema"), presets: has("presets"), annotations }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClusterProfile)]
pub(super) struct ProfileReply {
    api_version: &'static str,
    kind: &'static str,
    metadata: ObjectMeta,
    spec: ProfileSpec,
    status: ProfileStatus,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProfileSpec {
    version: String,
    versions: Vec<ProfileVersionShape>,
    /// Empty, not null, before the first publish: clients look into it without asking.
    published: TemplateShape,
    draft: Option<TemplateShape>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ClusterProfileVersion)]
pub(super) struct ProfileVersionShape {
    uid: String,
    version: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClusterProfileTemplate)]
struct TemplateShape {
    name: String,
    r#type: &'static str,
    cloud_type: String,
    profile_version: String,
    uid: String,
    packs: Vec<PackRefShape>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PackRef)]
struct PackRefShape {
    name: String,
    layer: String,
    pack_uid: String,
    registry_uid: String,
    tag: String,
    version: String,
    r#type: &'static str,
    values: String,
    manifests: Vec<ObjectReference>,
    digest: String,
    logo: String,
    /// The tag left its registry; the profile keeps what it has.
    is_invalid: bool,
    /// Spelled as in Palette.
    #[serde(rename = "inValidReason")]
    invalid_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    presets: Option<Vec<PackPreset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Vec<PackSchema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileStatus {
    is_published: bool,
    has_user_macros: bool,
    /// None, as of their uids: this server manages no clusters.
    in_use_clusters: Vec<ObjectEntity>,
    in_use_cluster_uids: Vec<String>,
}

/// The annotations that we derive.
pub(super) fn annotations(scope: &Scope, description: &str) -> Labels {
    let mut out =
        Labels::from([(SCOPE.to_owned(), scope.word().to_owned()), (DESCRIPTION.to_owned(), description.to_owned())]);
    if !scope.project_uid().is_empty() {
        out.insert(PROJECT_UID.to_owned(), scope.project_uid().to_owned());
    }
    out
}

/// All versions of the profile's name in its scope.
pub(super) fn versions_of(profile: &ProfileSummary, all: &[ProfileSummary]) -> Vec<ProfileVersionShape> {
    all.iter()
        .filter(|other| other.name == profile.name && other.scope == profile.scope)
        .map(|other| ProfileVersionShape { uid: other.uid.clone(), version: other.version.clone() })
        .collect()
}

impl ProfileReply {
    pub(super) fn new(profile: Profile, known: &HashMap<String, PackDetail>, meta: PackMeta) -> Self {
        let mut notes = profile.annotations.clone();
        notes.extend(annotations(&profile.scope, &profile.description));
        let is_published = profile.is_published();
        let has_user_macros = packyard_profile::uses_user_macros(&profile.current().packs);
        let template = |template: &Template| TemplateShape {
            name: profile.name.clone(),
            r#type: profile.kind.as_str(),
            cloud_type: profile.cloud.clone(),
            profile_version: profile.version.clone(),
            uid: profile.uid.clone(),
            packs: template.packs.iter().map(|pack| pack_ref(pack, known.get(&pack.pack_uid), meta)).collect(),
        };
        let published = template(profile.published.as_ref().unwrap_or(&Template::default()));
        let draft = profile.draft.as_ref().map(template);
        let versions = profile.versions.into_iter();
        Self {
            api_version: "v1",
            kind: "clusterprofile",
            metadata: ObjectMeta::new(profile.uid, profile.name)
                .labels(profile.labels)
                .annotations(notes)
                .times(profile.created_at_ms, profile.updated_at_ms),
            spec: ProfileSpec {
                version: profile.version,
                versions: versions
                    .map(|ProfileVersion { uid, version }| ProfileVersionShape { uid, version })
                    .collect(),
                published,
                draft,
            },
            status: ProfileStatus {
                is_published,
                has_user_macros,
                in_use_clusters: Vec::new(),
                in_use_cluster_uids: Vec::new(),
            },
        }
    }
}

fn pack_ref(pack: &PackRef, known: Option<&PackDetail>, meta: PackMeta) -> PackRefShape {
    let is_invalid = known.is_some_and(|detail| detail.row.is_gone);
    let invalid_reason = match known {
        Some(PackDetail { row, .. }) if is_invalid && row.registry_name.is_empty() => {
            format!("version {} of {} is no longer there: its registry was removed", row.version, row.name)
        }
        Some(detail) if is_invalid => {
            format!(
                "version {} of {} is no longer in registry {}",
                detail.row.version, detail.row.name, detail.row.registry_name
            )
        }
        _ => String::new(),
    };
    PackRefShape {
        name: pack.name.clone(),
        layer: pack.layer.clone(),
        pack_uid: pack.pack_uid.clone(),
        registry_uid: pack.registry_uid.clone(),
        tag: pack.tag.clone(),
        version: if pack.version.is_empty() { pack.tag.clone() } else { pack.version.clone() },
        r#type: pack.pack_type.as_str(),
        values: pack.values.clone(),
        manifests: ObjectReference::of_manifests(pack),
        digest: pack.digest.clone(),
        logo: known.map(|detail| logo_url(detail.row.has_logo, &detail.row.uid)).unwrap_or_default(),
        is_invalid,
        invalid_reason,
        presets: meta
            .presets
            .then(|| known.map(|d| d.presets.iter().cloned().map(Into::into).collect()).unwrap_or_default()),
        schema: meta
            .schema
            .then(|| known.map(|d| d.schema.iter().cloned().map(Into::into).collect()).unwrap_or_default()),
        annotations: meta.annotations.then(|| known.map(|d| d.row.annotations.clone()).unwrap_or_default()),
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ManifestEntity {
    metadata: ObjectMeta,
    spec: ManifestSpec,
}

#[derive(Debug, Serialize, ToSchema)]
struct ManifestSpec {
    /// Never null: clients look into it without asking.
    published: ManifestData,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<ManifestData>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ManifestData {
    content: String,
    digest: String,
}

impl ManifestData {
    fn new(content: &str) -> Self {
        let digest = format!("sha256:{}", packyard_access::sha256_hex(content.as_bytes()));
        Self { content: content.to_owned(), digest }
    }
}

impl ManifestEntity {
    /// `None` when the profile has no pack of that name.
    pub(super) fn of(profile: &Profile, pack_name: &str) -> Option<Vec<Self>> {
        let named = |template: &Template| -> Vec<PackRef> {
            template.packs.iter().filter(|pack| pack.name == pack_name).cloned().collect()
        };
        let draft = profile.draft.as_ref().map(named).unwrap_or_default();
        let published = profile.published.as_ref().map(named).unwrap_or_default();
        if draft.is_empty() && published.is_empty() {
            return None;
        }
        let mut entities: Vec<Self> = Vec::new();
        for manifest in published.iter().flat_map(|pack| &pack.manifests) {
            entities.push(Self {
                metadata: ObjectMeta::new(manifest.uid.as_str(), manifest.name.as_str()),
                spec: ManifestSpec { published: ManifestData::new(&manifest.content), draft: None },
            });
        }
        for manifest in draft.iter().flat_map(|pack| &pack.manifests) {
            let data = ManifestData::new(&manifest.content);
            match entities.iter_mut().find(|entity| entity.metadata.uid == manifest.uid) {
                Some(entity) => entity.spec.draft = Some(data),
                None => entities.push(Self {
                    metadata: ObjectMeta::new(manifest.uid.as_str(), manifest.name.as_str()),
                    spec: ManifestSpec { published: ManifestData::new(&manifest.content), draft: Some(data) },
                }),
            }
        }
        Some(entities)
    }
}
