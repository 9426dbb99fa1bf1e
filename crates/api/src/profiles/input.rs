//! Profiles as clients send them.

use super::variables::VariableShape;
use crate::error::ApiError;
use crate::meta::MetaInput;
use packyard_profile::{Draft, Kind, Labels, ManifestInput, NewProfile, PackInput, ProfileChange, Scope, Variable};
use serde::Deserialize;
use utoipa::ToSchema;

pub(super) const FIRST_VERSION: &str = "1.0.0";
/// Cloud of add-on profiles.
const EVERY_CLOUD: &str = "all";

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ClusterProfileEntity)]
pub(super) struct ProfileEntity {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: ProfileSpecInput,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ProfileSpecInput {
    #[serde(default)]
    template: TemplateInput,
    #[serde(default)]
    variables: Vec<VariableShape>,
    /// 1.0.0 when absent.
    #[serde(default)]
    version: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateInput {
    #[serde(default)]
    cloud_type: String,
    #[serde(default)]
    packs: Vec<PackEntity>,
    /// cluster, infra, add-on or system; cluster when absent.
    #[serde(default)]
    r#type: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PackManifestEntity)]
struct PackEntity {
    #[serde(default)]
    name: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    registry_uid: String,
    #[serde(default)]
    tag: String,
    /// spectro, helm, manifest or oci; spectro when absent.
    #[serde(default)]
    r#type: String,
    /// Taken from the catalogue when absent.
    #[serde(default)]
    layer: String,
    #[serde(default)]
    values: String,
    #[serde(default)]
    manifests: Vec<ManifestEntityInput>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ManifestEntityInput {
    /// Of a manifest that is already in the profile; empty for a new one.
    #[serde(default)]
    uid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    content: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ClusterProfileUpdateEntity)]
pub(super) struct ProfileUpdateEntity {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: ProfileUpdateSpec,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ProfileUpdateSpec {
    /// Needed: it replaces the draft. Its packs may be none.
    #[serde(default)]
    #[schema(required = true, value_type = TemplateInput)]
    template: Option<TemplateInput>,
    #[serde(default)]
    version: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct ProfileMetaEntity {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: ProfileMetaSpec,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ProfileMetaSpec {
    #[serde(default)]
    version: String,
}

pub(super) fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn word<T: std::str::FromStr<Err = String>>(field: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|why| ApiError::bad_request("InvalidField", format!("{field}: {why}")))
}

impl PackEntity {
    fn into_input(self) -> Result<PackInput, ApiError> {
        let pack_type =
            given(self.r#type).map(|text| word(&format!("type of pack {}", self.name), &text)).transpose()?;
        let manifests = self
            .manifests
            .into_iter()
            .map(|manifest| ManifestInput { uid: manifest.uid, name: manifest.name, content: manifest.content })
            .collect();
        Ok(PackInput {
            name: self.name,
            uid: self.uid,
            registry_uid: self.registry_uid,
            tag: self.tag,
            pack_type,
            layer: given(self.layer),
            values: self.values,
            manifests,
        })
    }
}

fn packs(given: Vec<PackEntity>) -> Result<Vec<PackInput>, ApiError> {
    given.into_iter().map(PackEntity::into_input).collect()
}

impl TemplateInput {
    fn kind(&self) -> Result<Kind, ApiError> {
        match self.r#type.as_str() {
            "" => Ok(Kind::Cluster),
            text => word("template.type", text),
        }
    }

    /// Packs that are only looked at.
    pub(super) fn parse(self) -> Result<(Kind, Vec<PackInput>), ApiError> {
        Ok((self.kind()?, packs(self.packs)?))
    }
}

impl ProfileEntity {
    pub(super) fn into_new(self, scope: Scope, publish: bool) -> Result<NewProfile, ApiError> {
        let template = self.spec.template;
        let kind = template.kind()?;
        let cloud = match (template.cloud_type, kind) {
            (cloud, Kind::AddOn) if cloud.is_empty() => EVERY_CLOUD.to_owned(),
            (cloud, _) => cloud,
        };
        Ok(NewProfile {
            scope,
            description: self.metadata.description().unwrap_or_default(),
            annotations: self.metadata.own_annotations().unwrap_or_default(),
            labels: self.metadata.labels.unwrap_or_default(),
            name: self.metadata.name,
            version: given(self.spec.version).unwrap_or_else(|| FIRST_VERSION.to_owned()),
            kind,
            cloud,
            packs: packs(template.packs)?,
            variables: variables(self.spec.variables)?,
            publish,
        })
    }
}

pub(super) fn variables(given: Vec<VariableShape>) -> Result<Vec<Variable>, ApiError> {
    given.into_iter().map(Variable::try_from).collect()
}

impl ProfileUpdateEntity {
    pub(super) fn into_draft(self) -> Result<Draft, ApiError> {
        let template = self.spec.template.ok_or_else(|| {
            let text = "spec.template is missing: it replaces the draft. To leave the packs as they are, change name, \
                        labels and description with PATCH …/metadata";
            ApiError::bad_request("InvalidField", text)
        })?;
        Ok(Draft { name: given(self.metadata.name), version: given(self.spec.version), packs: packs(template.packs)? })
    }
}

impl From<ProfileMetaEntity> for ProfileChange {
    fn from(entity: ProfileMetaEntity) -> Self {
        let annotations = entity.metadata.own_annotations();
        Self {
            description: entity.metadata.description(),
            // Palette's SDK leaves out a map that is empty. With the other one there, metadata is meant as a whole.
            labels: entity.metadata.labels.or_else(|| annotations.is_some().then(Labels::new)),
            annotations,
            name: given(entity.metadata.name),
            version: given(entity.spec.version),
        }
    }
}
