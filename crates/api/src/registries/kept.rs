//! What Helm repositories and pack registries from before OCI have in common: how clients write and read them. Of the
//! former the charts are read; the latter are only kept.

use super::auth::{RegistryAuth, RegistryAuthInput};
use super::connection::ProxyConfiguration;
use super::list::Contents;
use super::{TENANT, Valid, connection, kept_name, metadata, of_kind, remove_kind, try_out};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Created, Done, Payload, Reply, Uid};
use crate::error::ApiError;
use crate::meta::{MetaInput, ObjectMeta, Page};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use packyard_catalog::{Registry, RegistryKind, RegistrySpec, WantedChart};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[schema(as = RegistryInput)]
pub(super) struct KeptInput {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: KeptSpec,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegistryInputSpec)]
pub(super) struct KeptSpec {
    #[serde(default)]
    endpoint: String,
    /// Of pack registries this is called `private`.
    #[serde(default, alias = "private")]
    is_private: Option<bool>,
    /// The name, where metadata has none.
    #[serde(default)]
    name: String,
    #[serde(default)]
    auth: RegistryAuthInput,
    /// Absent keeps the one that is set.
    #[serde(default)]
    #[schema(nullable = false)]
    proxy: Option<ProxyConfiguration>,
    #[serde(default)]
    create_option: CreateOption,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegistryCreateOption)]
struct CreateOption {
    /// Charts that the index of a Helm repository has to list: without them it is not registered.
    #[serde(default)]
    charts: Vec<ChartOption>,
    #[serde(default)]
    skip_sync: bool,
}

#[derive(Default, Deserialize, ToSchema)]
#[schema(as = HelmChartOption)]
struct ChartOption {
    #[serde(default)]
    name: String,
    /// As the index writes it; an empty one is any.
    #[serde(default)]
    version: String,
}

impl From<ChartOption> for WantedChart {
    fn from(chart: ChartOption) -> Self {
        Self { name: chart.name, version: Some(chart.version).filter(|version| !version.is_empty()) }
    }
}

impl KeptSpec {
    fn wanted_charts(&mut self) -> Vec<WantedChart> {
        std::mem::take(&mut self.create_option.charts).into_iter().map(WantedChart::from).collect()
    }

    fn parse(
        self,
        kind: RegistryKind,
        metadata: MetaInput,
        before: Option<&RegistrySpec>,
    ) -> Result<RegistrySpec, ApiError> {
        let (tls, proxy) = (self.auth.tls(), self.proxy);
        let mut spec = RegistrySpec::other(kind, self.endpoint, self.auth.credentials(kind)?);
        connection::set(&mut spec, tls, proxy, before);
        Ok(RegistrySpec {
            is_private: self.is_private.unwrap_or(spec.is_private),
            is_sync_supported: !self.create_option.skip_sync,
            labels: metadata.labels.unwrap_or_default().into_iter().collect(),
            annotations: metadata.annotations.unwrap_or_default().into_iter().collect(),
            ..spec
        })
    }
}

/// One row of `summary`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RegistrySummary)]
pub(super) struct Summary {
    metadata: ObjectMeta,
    spec: SummarySpec,
    status: SummaryStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegistrySummarySpec)]
struct SummarySpec {
    endpoint: String,
    is_private: bool,
    /// The same under the name that pack registries have for it.
    private: bool,
    scope: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RegistrySummaryStatus)]
struct SummaryStatus {
    sync: super::RegistrySyncStatus,
    contents: Contents,
}

impl From<Registry> for Summary {
    fn from(registry: Registry) -> Self {
        let contents = Contents::of(&registry);
        Self {
            metadata: metadata(&registry),
            spec: SummarySpec {
                endpoint: registry.spec.endpoint,
                is_private: registry.spec.is_private,
                private: registry.spec.is_private,
                scope: TENANT,
            },
            status: SummaryStatus { sync: registry.sync.into(), contents },
        }
    }
}

/// A kind of registry that is kept, and how clients read one.
pub(super) trait Kept: Send + Sync + 'static {
    const KIND: RegistryKind;
    type Reply: Serialize + Send;

    fn reply(registry: Registry, auth: RegistryAuth) -> Self::Reply;

    fn masked(registry: Registry) -> Self::Reply {
        let auth = RegistryAuth::of(&registry);
        Self::reply(registry, auth)
    }
}

/// One page of registries.
pub(super) fn page<K: Kept>(found: Vec<Registry>, query: &Query) -> Result<Reply<Page<K::Reply>>, ApiError> {
    let (found, listmeta) = query.window()?.cut(found);
    Ok(Reply(Page { items: found.into_iter().map(K::masked).collect(), listmeta }))
}

pub(super) async fn list<K: Kept>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
) -> Result<Reply<Page<K::Reply>>, ApiError> {
    let mut found = state.catalog.registries(&caller).await?;
    found.retain(|registry| registry.spec.kind == K::KIND);
    page::<K>(found, &query)
}

pub(super) async fn summaries<K: Kept>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
) -> Result<Reply<Page<Summary>>, ApiError> {
    let mut found = state.catalog.registries(&caller).await?;
    found.retain(|registry| registry.spec.kind == K::KIND);
    let (found, listmeta) = query.window()?.cut(found);
    Ok(Reply(Page { items: found.into_iter().map(Summary::from).collect(), listmeta }))
}

pub(super) async fn validate<K: Kept>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(mut body): Payload<KeptSpec>,
) -> Result<Valid, ApiError> {
    let wanted = body.wanted_charts();
    let spec = body.parse(K::KIND, MetaInput::default(), None)?;
    let valid = try_out(&state, &caller, spec.clone()).await?;
    state.catalog.require_charts(&caller, &spec, &wanted).await?;
    Ok(valid)
}

pub(super) async fn create<K: Kept>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(mut body): Payload<KeptInput>,
) -> Result<Created<Uid>, ApiError> {
    let wanted = body.spec.wanted_charts();
    let name = if body.metadata.name.is_empty() { body.spec.name.clone() } else { body.metadata.name.clone() };
    let spec = body.spec.parse(K::KIND, body.metadata, None)?;
    state.catalog.require_charts(&caller, &spec, &wanted).await?;
    Ok(Created::uid(state.catalog.create_registry(&caller, &name, spec, false).await?.uid))
}

pub(super) async fn read<K: Kept>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<K::Reply>, ApiError> {
    Ok(Reply(K::masked(of_kind(&state, &caller, &uid, K::KIND).await?)))
}

pub(super) async fn update<K: Kept>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<KeptInput>,
) -> Result<Done, ApiError> {
    let before = of_kind(&state, &caller, &uid, K::KIND).await?;
    let name = kept_name(&body.metadata, before.name.clone());
    let mut spec = body.spec.parse(K::KIND, body.metadata, Some(&before.spec))?;
    // Only a creation says whether to synchronise.
    spec.is_sync_supported = before.spec.is_sync_supported;
    state.catalog.update_registry(&caller, &uid, &name, spec, false).await?;
    Ok(Done)
}

pub(super) async fn remove<K: Kept>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Done, ApiError> {
    remove_kind(&state, &caller, &uid, K::KIND).await
}
