//! Ours, beside Palette's API: the record of each sync, its end before its time, and how often it runs by itself. None of
//! it stands in a shape that Palette's clients read, so that no plan of theirs shows a difference.

use super::{MANAGE, READ, SYNC};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Done, Payload, Reply};
use crate::error::ApiError;
use crate::meta::{Items, time};
use crate::operation::{Operations, get, post, put};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use packyard_catalog::{SyncInterval, SyncRun, TagOutcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    let page = "The `id` of the last run of the page before.";
    all.on(
        get("/v1/registries/oci/{uid}/sync/runs", "packyardSyncRunsList", "The record of each sync, newest first")
            .needs(READ)
            .query("before", "string", page)
            .query("limit", "integer", "50 at most.")
            .gives_items::<SyncRunRecord>(),
        list,
    )
    .on(
        get(
            "/v1/registries/oci/{uid}/sync/runs/{run}",
            "packyardSyncRunsGet",
            "The record of one sync, also under way",
        )
        .needs(READ)
        .gives::<SyncRunRecord>(),
        read,
    )
    .on(
        get(
            "/v1/registries/oci/{uid}/sync/runs/{run}/tags",
            "packyardSyncRunsTags",
            "What became of each tag that changed or has a problem",
        )
        .needs(READ)
        .query("onlyProblems", "boolean", "Leave out what was taken without a warning.")
        .query("offset", "integer", "Where the page starts.")
        .query("limit", "integer", "50 at most.")
        .gives_items::<SyncTagRecord>(),
        tags,
    )
    .on(
        post("/v1/registries/oci/{uid}/sync/cancel", "packyardSyncCancel", "End the sync under way, or one that waits")
            .needs(SYNC)
            .status(204),
        cancel,
    )
    .on(
        get(
            "/v1/registries/oci/{uid}/sync/settings",
            "packyardSyncSettingsGet",
            "How often it is synchronised by itself",
        )
        .needs(READ)
        .gives::<SyncSettings>(),
        settings,
    )
    .on(
        put("/v1/registries/oci/{uid}/sync/settings", "packyardSyncSettingsUpdate", "Change it")
            .needs(MANAGE)
            .takes::<SyncSettingsInput>(),
        change_settings,
    )
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SyncRunRecord {
    id: String,
    /// first, schedule, demand, force, push, edit or resume.
    trigger: &'static str,
    /// running, success, failed, interrupted or cancelled.
    state: &'static str,
    message: String,
    start_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i64>,
    /// Prefixes; after a push or notification, repositories.
    searched: Vec<String>,
    near_misses: Vec<NearMissRecord>,
    counts: SyncCounts,
}

#[derive(Debug, Serialize, ToSchema)]
struct NearMissRecord {
    repository: String,
    why: String,
    fix: String,
    /// The base content path that would find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SyncCounts {
    repositories: u32,
    tags: u32,
    added: u32,
    updated: u32,
    unchanged: u32,
    warned: u32,
    rejected: u32,
    deleted: u32,
    unread_repositories: u32,
    unread_tags: u32,
    requests: u64,
    bytes: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SyncTagRecord {
    repository: String,
    tag: String,
    digest: String,
    /// What the tag held before, where that was other content.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest_before: Option<String>,
    /// added, updated, unchanged, rejected or deleted.
    outcome: &'static str,
    reasons: Vec<SyncReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack_uid: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SyncReason {
    code: String,
    reason: String,
    hint: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SyncSettings {
    /// Of this registry; absent where the server's setting counts, 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_seconds: Option<u64>,
    /// The server's setting; 0 for never.
    server_interval_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_time: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
struct SyncSettingsInput {
    /// Absent or null for the server's setting, 0 for never, else at least 60.
    interval_seconds: Option<u64>,
}

impl From<SyncRun> for SyncRunRecord {
    fn from(run: SyncRun) -> Self {
        let counts = &run.counts;
        Self {
            id: run.id.to_string(),
            trigger: run.trigger.as_str(),
            state: run.state.as_str(),
            start_time: time(run.started_ms),
            end_time: run.ended_ms.map(time),
            duration_ms: run.duration_ms(),
            counts: SyncCounts {
                repositories: counts.repositories,
                tags: counts.tags,
                added: counts.added,
                updated: counts.updated,
                unchanged: counts.unchanged,
                warned: counts.warned,
                rejected: counts.rejected,
                deleted: counts.deleted,
                unread_repositories: counts.unread_repositories,
                unread_tags: counts.unread_tags,
                requests: counts.requests,
                bytes: counts.bytes,
            },
            near_misses: run
                .near_misses
                .into_iter()
                .map(|miss| NearMissRecord {
                    repository: miss.repository,
                    why: miss.why,
                    fix: miss.fix,
                    base: miss.base,
                })
                .collect(),
            message: run.message,
            searched: run.searched,
        }
    }
}

impl From<TagOutcome> for SyncTagRecord {
    fn from(tag: TagOutcome) -> Self {
        let reason =
            |found: packyard_catalog::Reason| SyncReason { code: found.code, reason: found.reason, hint: found.hint };
        Self {
            repository: tag.repository,
            tag: tag.tag,
            digest: tag.digest,
            digest_before: tag.digest_before,
            outcome: tag.outcome.as_str(),
            reasons: tag.reasons.into_iter().map(reason).collect(),
            pack_uid: tag.pack_uid,
        }
    }
}

/// Ids are text on the wire: they are larger than the whole numbers of JavaScript.
fn run_id(text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| ApiError::not_found("sync run", text))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
) -> Result<Reply<Items<SyncRunRecord>>, ApiError> {
    state.catalog.registry(&caller, &uid).await?;
    let before = match query.text("before") {
        "" => None,
        text => Some(run_id(text)?),
    };
    let limit = count(query.window()?.limit);
    let runs = state.catalog.sync_runs(&caller, &uid, before, limit).await?;
    Ok(Reply(Items { items: runs.into_iter().map(SyncRunRecord::from).collect() }))
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path((uid, run)): Path<(String, String)>,
) -> Result<Reply<SyncRunRecord>, ApiError> {
    Ok(Reply(state.catalog.sync_run(&caller, &uid, run_id(&run)?).await?.into()))
}

async fn tags(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path((uid, run)): Path<(String, String)>,
    query: Query,
) -> Result<Reply<Items<SyncTagRecord>>, ApiError> {
    let window = query.window()?;
    let only_problems = query.flag("onlyProblems")?;
    let (offset, limit) = (count(window.offset), count(window.limit));
    let outcomes = state.catalog.sync_outcomes(&caller, &uid, run_id(&run)?, only_problems, offset, limit).await?;
    Ok(Reply(Items { items: outcomes.into_iter().map(SyncTagRecord::from).collect() }))
}

async fn cancel(State(state): State<ApiState>, Auth(caller): Auth, Path(uid): Path<String>) -> Result<Done, ApiError> {
    if state.catalog.cancel_sync(&caller, &uid).await? {
        return Ok(Done);
    }
    Err(ApiError::conflict(
        "NoSyncUnderWay",
        "no sync of this registry is under way or waits, so there is none to cancel",
    ))
}

async fn settings(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<SyncSettings>, ApiError> {
    let sync = state.catalog.sync_status(&caller, &uid).await?;
    Ok(Reply(SyncSettings {
        interval_seconds: sync.interval.seconds(),
        server_interval_seconds: state.catalog.server_sync_interval().map_or(0, |time| time.as_secs()),
        next_run_time: sync.next_run_ms.map(time),
    }))
}

async fn change_settings(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<SyncSettingsInput>,
) -> Result<Done, ApiError> {
    let interval = SyncInterval::of_seconds(body.interval_seconds)
        .map_err(|why| ApiError::bad_request("InvalidField", format!("intervalSeconds: {why}")))?;
    state.catalog.set_sync_interval(&caller, &uid, interval).await?;
    Ok(Done)
}
