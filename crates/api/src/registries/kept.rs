//! What Helm repositories and pack registries from before OCI have in common: how clients write and list them. Of the
//! former the charts are read; the latter are only kept.

use super::auth::RegistryAuthInput;
use super::connection::{self, ProxyConfiguration};
use super::kind::Kind;
use super::list::Contents;
use super::{TENANT, metadata};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::Reply;
use crate::error::ApiError;
use crate::meta::{MetaInput, ObjectMeta, Page};
use crate::page::Query;
use axum::extract::State;
use packyard_catalog::{Registry, RegistryKind, RegistrySpec, WantedChart};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[schema(as = RegistryInput)]
pub(super) struct KeptInput {
    #[serde(default)]
    pub(super) metadata: MetaInput,
    #[serde(default)]
    pub(super) spec: KeptSpec,
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
    pub(super) name: String,
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

impl ChartOption {
    fn wanted(&self) -> WantedChart {
        let version = Some(self.version.clone()).filter(|version| !version.is_empty());
        WantedChart { name: self.name.clone(), version }
    }
}

impl KeptSpec {
    pub(super) fn wanted_charts(&self) -> Vec<WantedChart> {
        self.create_option.charts.iter().map(ChartOption::wanted).collect()
    }

    pub(super) fn parse(self, kind: RegistryKind, before: Option<&RegistrySpec>) -> Result<RegistrySpec, ApiError> {
        let (tls, proxy) = (self.auth.tls(), self.proxy);
        let mut spec = RegistrySpec::other(kind, self.endpoint, self.auth.credentials(kind)?);
        connection::set(&mut spec, tls, proxy, before);
        Ok(RegistrySpec {
            is_private: self.is_private.unwrap_or(spec.is_private),
            // Only a creation says whether to synchronise.
            is_sync_supported: before.map_or(!self.create_option.skip_sync, |before| before.is_sync_supported),
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

/// One page of registries.
pub(super) fn page<K: Kind>(found: Vec<Registry>, query: &Query) -> Result<Reply<Page<K::Reply>>, ApiError> {
    let (found, listmeta) = query.window()?.cut(found);
    Ok(Reply(Page { items: found.into_iter().map(K::reply).collect(), listmeta }))
}

pub(super) async fn list<K: Kind>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
) -> Result<Reply<Page<K::Reply>>, ApiError> {
    let mut found = state.catalog.registries(&caller).await?;
    found.retain(|registry| registry.spec.kind == K::KIND);
    page::<K>(found, &query)
}

pub(super) async fn summaries<K: Kind>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
) -> Result<Reply<Page<Summary>>, ApiError> {
    let mut found = state.catalog.registries(&caller).await?;
    found.retain(|registry| registry.spec.kind == K::KIND);
    let (found, listmeta) = query.window()?.cut(found);
    Ok(Reply(Page { items: found.into_iter().map(Summary::from).collect(), listmeta }))
}
