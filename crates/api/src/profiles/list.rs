//! Lists of profiles.

use super::READ;
use super::shape::{annotations, versions_of};
use crate::ApiState;
use crate::auth::{Auth, ProjectScope};
use crate::body::{Payload, Reply};
use crate::error::ApiError;
use crate::meta::{Items, ObjectEntity, ObjectMeta, Page};
use crate::operation::{Operations, get, post};
use crate::packs::search::{FilterString, SortOrder};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use packyard_catalog::PackState;
use packyard_profile::ProfileSummary;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    all.on(
        get(
            "/v1/dashboard/clusterprofiles/metadata",
            "v1ClusterProfilesMetadata",
            "Names and versions of all profiles",
        )
        .needs(READ)
        .project_scoped()
        .gives_items::<ProfileMetadata>(),
        metadata,
    )
    .on(
        get("/v1/dashboard/clusterprofiles/{uid}", "v1ClusterProfilesUidSummary", "A profile as lists show it")
            .needs(READ)
            .gives::<ProfileSummaryReply>(),
        one,
    )
    .on(
        post("/v1/dashboard/clusterprofiles", "v1ClusterProfilesFilterSummary", "Profiles by filter, with pages")
            .needs(READ)
            .project_scoped()
            .status(200)
            .paged()
            .takes::<ProfilesFilterSpec>()
            .gives_page::<ProfileSummaryReply>(),
        summaries,
    )
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterProfileMetadata)]
struct ProfileMetadata {
    metadata: ObjectEntity,
    spec: ProfileMetadataSpec,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileMetadataSpec {
    cloud_type: String,
    version: String,
}

async fn metadata(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    ProjectScope(project): ProjectScope,
) -> Result<Reply<Items<ProfileMetadata>>, ApiError> {
    state.profiles.may_look_from(&caller, project.as_deref()).await?;
    let profiles = state.profiles.list(&caller, project.as_deref()).await?;
    let items = profiles
        .into_iter()
        .map(|profile| ProfileMetadata {
            metadata: ObjectEntity { uid: profile.uid, name: profile.name },
            spec: ProfileMetadataSpec { cloud_type: profile.cloud, version: profile.version },
        })
        .collect();
    Ok(Reply(Items { items }))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ClusterProfilesFilterSpec)]
struct ProfilesFilterSpec {
    #[serde(default)]
    filter: ProfileFilterSpec,
    #[serde(default)]
    sort: Vec<ProfileSortSpec>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileFilterSpec {
    /// Clouds.
    #[serde(default)]
    environment: Vec<String>,
    #[serde(default)]
    profile_name: FilterString,
    #[serde(default)]
    profile_type: Vec<String>,
    /// system, tenant or project.
    #[serde(default)]
    scope: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileSortSpec {
    field: ProfileSortField,
    #[serde(default)]
    order: SortOrder,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum ProfileSortField {
    ProfileName,
    Environment,
    ProfileType,
    CreationTimestamp,
    LastModifiedTimestamp,
}

impl ProfileFilterSpec {
    fn matches(&self, profile: &ProfileSummary) -> bool {
        let among = |list: &[String], value: &str| list.is_empty() || list.iter().any(|wanted| wanted == value);
        among(&self.environment, &profile.cloud)
            && among(&self.profile_type, profile.kind.as_str())
            && (self.scope.is_empty() || self.scope == profile.scope.word())
            && self.profile_name.matches(&profile.name)
    }
}

impl ProfileSortSpec {
    fn compare(&self, a: &ProfileSummary, b: &ProfileSummary) -> std::cmp::Ordering {
        let ascending = match self.field {
            ProfileSortField::ProfileName => a.name.cmp(&b.name),
            ProfileSortField::Environment => a.cloud.cmp(&b.cloud),
            ProfileSortField::ProfileType => a.kind.as_str().cmp(b.kind.as_str()),
            ProfileSortField::CreationTimestamp => a.created_at_ms.cmp(&b.created_at_ms),
            ProfileSortField::LastModifiedTimestamp => a.updated_at_ms.cmp(&b.updated_at_ms),
        };
        if self.order == SortOrder::Asc { ascending } else { ascending.reverse() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClusterProfileSummary)]
struct ProfileSummaryReply {
    metadata: ObjectMeta,
    spec_summary: ProfileSummarySpec,
    status: ProfileSummaryStatus,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProfileSummarySpec {
    published: TemplateSummary,
    version: String,
    versions: Vec<super::shape::ProfileVersionShape>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TemplateSummary {
    cloud_type: String,
    r#type: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileSummaryStatus {
    is_published: bool,
    /// Of one profile only: a list does not look at packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pack: Option<PackStates>,
}

/// How many of the packs should be replaced.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ClusterProfilePackSummary)]
struct PackStates {
    deleted: usize,
    deprecated: usize,
    disabled: usize,
}

async fn one(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<ProfileSummaryReply>, ApiError> {
    let all = state.profiles.list(&caller, None).await?;
    let found = all.iter().find(|profile| profile.uid == uid);
    let found = found.ok_or_else(|| ApiError::not_found("cluster profile", &uid))?;
    let profile = state.profiles.get(&caller, &uid).await?;
    let mut states = PackStates::default();
    for pack in super::catalogued(&state, &caller, &profile).await?.values() {
        match pack.row.state {
            PackState::Active => {}
            PackState::Deprecated => states.deprecated += 1,
            PackState::Disabled => states.disabled += 1,
            PackState::Deleted => states.deleted += 1,
        }
    }
    let mut reply = summary(found, &all);
    reply.status.pack = Some(states);
    Ok(Reply(reply))
}

async fn summaries(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    ProjectScope(project): ProjectScope,
    query: Query,
    Payload(body): Payload<ProfilesFilterSpec>,
) -> Result<Reply<Page<ProfileSummaryReply>>, ApiError> {
    state.profiles.may_look_from(&caller, project.as_deref()).await?;
    let all = state.profiles.list(&caller, project.as_deref()).await?;
    let mut found: Vec<&ProfileSummary> = all.iter().filter(|profile| body.filter.matches(profile)).collect();
    for sort in body.sort.iter().rev() {
        found.sort_by(|a, b| sort.compare(a, b));
    }
    let (found, listmeta) = query.window()?.cut(found);
    let items = found.into_iter().map(|profile| summary(profile, &all)).collect();
    Ok(Reply(Page { items, listmeta }))
}

fn summary(profile: &ProfileSummary, all: &[ProfileSummary]) -> ProfileSummaryReply {
    ProfileSummaryReply {
        metadata: ObjectMeta::new(profile.uid.as_str(), profile.name.as_str())
            .labels(profile.labels.clone())
            .annotations(annotations(&profile.scope, &profile.description))
            .times(profile.created_at_ms, profile.updated_at_ms),
        spec_summary: ProfileSummarySpec {
            published: TemplateSummary { cloud_type: profile.cloud.clone(), r#type: profile.kind.as_str() },
            version: profile.version.clone(),
            versions: versions_of(profile, all),
        },
        status: ProfileSummaryStatus { is_published: profile.is_published, pack: None },
    }
}
