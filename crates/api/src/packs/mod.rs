//! Packs: lists, search, one name in one registry, one version by uid, README and logo.
//!
//! Reads wait a bounded time for registries whose first sync still runs: Terraform reads packs milliseconds after it
//! created their registry, and would otherwise find none.

pub(crate) mod search;
mod shape;
mod summary;

use crate::ApiState;
use crate::auth::Auth;
use crate::body::Reply;
use crate::error::ApiError;
use crate::filter::{parse_filters, parse_order};
use crate::operation::{Operations, get, post};
use crate::page::{Query, keep_fields};
use crate::path::Path;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use packyard_catalog::{PackDetail, PackQuery, PackState, Wait};
use serde::Serialize;
use serde_json::{Value, json};
use shape::PackTagEntity;
pub(crate) use shape::{PackPreset, PackSchema, logo_url};
pub(crate) use summary::PackSummary;
use utoipa::ToSchema;

pub(crate) const READ: &str = "packyard:ReadPacks";
/// How long browsers may keep a logo; a pack's content seldom changes under one uid.
const LOGO_MAX_AGE_S: i64 = 3600;

pub(crate) fn operations(all: Operations) -> Operations {
    let by_name = |path, id| {
        get(path, id, "All versions of a pack in a registry")
            .needs(READ)
            .query("cloudType", "string", "Only versions for this cloud; `all` for any.")
            .query("layer", "string", "Only versions of this layer.")
            .query("states", "string", "Comma list of states; absent means all but disabled.")
            .gives::<PackTagEntity>()
    };
    all.on(
        get("/v1/packs", "v1PacksSummaryList", "Pack versions, newest first")
            .paged()
            .needs(READ)
            .query("filters", "string", "Conditions joined by AND and OR: spec.name=aANDspec.cloudTypes_in_aws,all")
            .query("orderBy", "string", "Comma list of path=1 (ascending) or path=-1.")
            .query("fields", "string", "Comma list of paths to keep in each row.")
            .gives_page::<PackSummary>(),
        list,
    )
    .on(
        post("/v1/packs/search", "v1PacksSearch", "Packs by name, with the registries that have them")
            .paged()
            .needs(READ)
            .status(200)
            .takes::<search::PacksFilterSpec>()
            .gives_page::<shape::PackMetadata>(),
        search::search,
    )
    .on(by_name("/v1/packs/{uid}/registries/{registryUid}", "v1PacksNameRegistryUidList"), in_registry)
    .on(by_name("/v1/packs/{uid}/registries/", "v1PacksNameList"), in_any_registry)
    .on(
        get("/v1/packs/{uid}", "v1PacksUid", "One pack version, also when its tag is gone")
            .needs(READ)
            .gives::<PackTagEntity>(),
        read,
    )
    .on(get("/v1/packs/{uid}/readme", "v1PacksUidReadme", "The README").needs(READ).gives::<PackReadme>(), readme)
    .on(get("/v1/packs/{uid}/logo", "v1PacksPackUidLogo", "The logo").needs(READ).gives_bytes("image/png"), logo)
}

async fn list(State(state): State<ApiState>, Auth(caller): Auth, query: Query) -> Result<Reply<Value>, ApiError> {
    let window = query.window()?;
    let wanted = PackQuery {
        filter: parse_filters(query.text("filters"))?,
        order: parse_order(query.text("orderBy"))?,
        offset: window.offset,
        limit: window.limit,
        wait: Wait::FirstSync,
        ..PackQuery::default()
    };
    let page = state.catalog.pack_details(&caller, &wanted).await?;
    let meta = window.meta(page.items.len(), page.total);
    let mut items = Vec::with_capacity(page.items.len());
    for pack in page.items {
        let row = serde_json::to_value(PackSummary::from(pack)).map_err(ApiError::internal)?;
        items.push(keep_fields(row, query.text("fields")));
    }
    Ok(Reply(json!({ "items": items, "listmeta": meta })))
}

async fn in_registry(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path((name, registry)): Path<(String, String)>,
    query: Query,
) -> Result<Reply<PackTagEntity>, ApiError> {
    versions(&state, &caller, &name, &registry, &query).await
}

/// Clients that know no registry leave the last part of the path empty.
async fn in_any_registry(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(name): Path<String>,
    query: Query,
) -> Result<Reply<PackTagEntity>, ApiError> {
    versions(&state, &caller, &name, "", &query).await
}

async fn versions(
    state: &ApiState,
    caller: &packyard_access::Caller,
    name: &str,
    registry: &str,
    query: &Query,
) -> Result<Reply<PackTagEntity>, ApiError> {
    let states = states(query.text("states").split(','))?;
    let found = state.catalog.pack_versions(caller, name, registry, &states, Wait::FirstSync).await;
    // Terraform asks for a pack by the name that a profile has for it.
    let short = packyard_profile::pack_name(name);
    let found = match found {
        Err(error) if error.is_not_found() && short != name => {
            state.catalog.pack_versions(caller, short, registry, &states, Wait::FirstSync).await?
        }
        found => found?,
    };
    let cloud = query.text("cloudType");
    let layer = query.text("layer");
    let fits = |pack: &PackDetail| {
        (cloud.is_empty() || cloud == "all" || pack.row.supports_cloud(cloud))
            && (layer.is_empty() || pack.row.layer == layer)
    };
    let fitting: Vec<_> = found.versions.into_iter().filter(fits).collect();
    PackTagEntity::of(fitting).map(Reply).ok_or_else(|| ApiError::not_found("pack", name))
}

/// Empty words count as none given.
fn states<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<PackState>, ApiError> {
    words
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| {
            PackState::parse(word).ok_or_else(|| {
                let text = format!("`{word}` is not a state of packs: active, deprecated, disabled, deleted");
                ApiError::bad_request("InvalidFilter", text)
            })
        })
        .collect()
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<PackTagEntity>, ApiError> {
    let pack = state.catalog.pack(&caller, &uid).await?;
    PackTagEntity::of(vec![pack]).map(Reply).ok_or_else(|| ApiError::not_found("pack", &uid))
}

#[derive(Debug, Serialize, ToSchema)]
struct PackReadme {
    readme: String,
}

async fn readme(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<PackReadme>, ApiError> {
    let readme = state.catalog.readme(&caller, &uid).await?.unwrap_or_default();
    Ok(Reply(PackReadme { readme }))
}

/// The bytes come from a pack's author, so a browser may neither guess another type nor run what an SVG holds.
async fn logo(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    let logo = state.catalog.logo(&caller, &uid).await?;
    let expires = chrono::DateTime::from_timestamp_millis(state.store.core.now_ms() + LOGO_MAX_AGE_S * 1000);
    let mut response = logo.bytes.into_response();
    let headers = response.headers_mut();
    let text = |text: String| HeaderValue::from_str(&text).map_err(ApiError::internal);
    headers.insert(header::CONTENT_TYPE, text(logo.media_type)?);
    headers.insert(header::CACHE_CONTROL, text(format!("private, max-age={LOGO_MAX_AGE_S}"))?);
    headers.insert(header::EXPIRES, text(expires.unwrap_or_default().format("%a, %d %b %Y %H:%M:%S GMT").to_string())?);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}
