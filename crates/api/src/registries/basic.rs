//! OCI registries with basic authentication, or none.

use super::auth::{RegistryAuth, RegistryAuthInput};
use super::connection::{self, ProxyConfiguration};
use super::{OciRegistryStatus, PACK, TENANT, metadata, of_kind, remove_kind, try_out};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Created, Done, Payload, Reply, Uid};
use crate::error::ApiError;
use crate::meta::{MetaInput, ObjectMeta};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use packyard_catalog::{Registry, RegistryKind, RegistrySpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
pub(super) struct BasicRegistryInput {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: BasicSpec,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BasicSpec {
    /// With or without `https://`.
    #[serde(default)]
    endpoint: String,
    /// A path before `/v2/`.
    #[serde(default)]
    base_path: String,
    /// Packs are searched below `<baseContentPath>/spectro-packs/archive`, charts anywhere below it; several, separated by
    /// commas.
    #[serde(default)]
    base_content_path: String,
    /// `pack`, which is also the default; `helm`; or `zarf`, which is kept but not synchronised.
    #[serde(default)]
    provider_type: String,
    #[serde(default)]
    is_sync_supported: Option<bool>,
    #[serde(default)]
    auth: RegistryAuthInput,
    /// Absent keeps the one that is set.
    #[serde(default)]
    #[schema(nullable = false)]
    proxy: Option<ProxyConfiguration>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BasicOciRegistry)]
pub(super) struct BasicRegistry {
    kind: &'static str,
    metadata: ObjectMeta,
    spec: BasicRegistrySpec,
    status: OciRegistryStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BasicRegistrySpec {
    endpoint: String,
    base_path: String,
    base_content_path: String,
    provider_type: String,
    is_sync_supported: bool,
    auth: RegistryAuth,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<ProxyConfiguration>,
    scope: &'static str,
    registry_uid: String,
}

impl BasicSpec {
    fn parse(self, metadata: MetaInput, before: Option<&RegistrySpec>) -> Result<RegistrySpec, ApiError> {
        let (tls, proxy) = (self.auth.tls(), self.proxy);
        let provider_type = if self.provider_type.is_empty() { PACK.to_owned() } else { self.provider_type };
        let mut spec = RegistrySpec {
            base_path: self.base_path,
            is_sync_supported: self.is_sync_supported.unwrap_or(provider_type == PACK),
            provider_type,
            labels: metadata.labels.unwrap_or_default().into_iter().collect(),
            annotations: metadata.annotations.unwrap_or_default().into_iter().collect(),
            ..RegistrySpec::basic(self.endpoint, self.base_content_path, self.auth.credentials(RegistryKind::Basic)?)
        };
        connection::set(&mut spec, tls, proxy, before);
        Ok(spec)
    }
}

impl From<Registry> for BasicRegistry {
    fn from(registry: Registry) -> Self {
        let wanted = registry.spec.is_sync_supported;
        Self {
            kind: "BasicOciRegistry",
            metadata: metadata(&registry),
            spec: BasicRegistrySpec {
                auth: RegistryAuth::of(&registry),
                proxy: ProxyConfiguration::of(&registry),
                endpoint: registry.spec.endpoint,
                base_path: registry.spec.base_path,
                base_content_path: registry.spec.base_content_path,
                provider_type: registry.spec.provider_type,
                is_sync_supported: registry.spec.is_sync_supported,
                scope: TENANT,
                registry_uid: registry.uid,
            },
            status: OciRegistryStatus::of(registry.sync, wanted),
        }
    }
}

pub(super) async fn validate(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<BasicSpec>,
) -> Result<super::Valid, ApiError> {
    try_out(&state, &caller, body.parse(MetaInput::default(), None)?).await
}

pub(super) async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
    Payload(body): Payload<BasicRegistryInput>,
) -> Result<Created<Uid>, ApiError> {
    let name = body.metadata.name.clone();
    let spec = body.spec.parse(body.metadata, None)?;
    let registry = state.catalog.create_registry(&caller, &name, spec, query.flag("skipPackSync")?).await?;
    Ok(Created::uid(registry.uid))
}

pub(super) async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<BasicRegistry>, ApiError> {
    Ok(Reply(of_kind(&state, &caller, &uid, RegistryKind::Basic).await?.into()))
}

pub(super) async fn update(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
    Payload(body): Payload<BasicRegistryInput>,
) -> Result<Done, ApiError> {
    let before = of_kind(&state, &caller, &uid, RegistryKind::Basic).await?;
    let name = super::kept_name(&body.metadata, before.name.clone());
    let spec = body.spec.parse(body.metadata, Some(&before.spec))?;
    state.catalog.update_registry(&caller, &uid, &name, spec, query.flag("skipPackSync")?).await?;
    Ok(Done)
}

pub(super) async fn remove(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Done, ApiError> {
    remove_kind(&state, &caller, &uid, RegistryKind::Basic).await
}
