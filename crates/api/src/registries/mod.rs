//! Registries: OCI with basic authentication, ECR, Helm repositories, and pack registries from before OCI, which are kept
//! but not synchronised.
//!
//! None of these look at `ProjectUid`: clients share one connection between scopes and send it where it does not
//! belong. What a client sent comes back byte for byte, secrets excepted, so that its next plan is empty.

mod auth;
mod basic;
mod connection;
mod ecr;
mod helm;
mod kept;
mod kind;
mod list;
mod notifications;
mod pack;
mod runs;
mod sync;

use crate::ApiState;
use crate::auth::Auth;
use crate::body::Done;
use crate::error::ApiError;
use crate::meta::{ObjectMeta, time};
use crate::operation::{Operations, delete};
use crate::path::Path;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};
use packyard_access::Caller;
use packyard_catalog::{HopState, Registry, RegistrySpec, SyncStatus, ValidateReport};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

const READ: &str = "packyard:ReadRegistries";
const MANAGE: &str = "packyard:ManageRegistries";
const SYNC: &str = "packyard:SyncRegistries";
/// The scope of every registry of this installation.
const TENANT: &str = "tenant";
/// What stands where a secret is stored. Sent back, it keeps the stored one.
const MASK: &str = "********";
/// The kind of registry we serve, and the default.
const PACK: &str = "pack";
/// The query parameter of OCI registries that leaves the first sync to the schedule.
const SKIP_PACK_SYNC: &str = "skipPackSync";

pub(crate) fn operations(all: Operations) -> Operations {
    let all = ecr::operations(basic::operations(all)).on(
        delete("/v1/registries/{uid}", "v1RegistriesUidDelete", "Forget a registry of any kind").needs(MANAGE),
        remove,
    );
    let all = pack::operations(helm::operations(all));
    list::operations(notifications::operations(runs::operations(sync::operations(all))))
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegistrySyncStatus {
    is_sync_supported: bool,
    /// Pending, InProgress, Success or Failed.
    status: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_synced_time: Option<String>,
}

impl From<SyncStatus> for RegistrySyncStatus {
    fn from(sync: SyncStatus) -> Self {
        Self {
            is_sync_supported: sync.is_sync_supported,
            status: sync.status.as_str(),
            message: sync.message,
            last_run_time: sync.last_run_ms.map(time),
            last_synced_time: sync.last_synced_ms.map(time),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OciRegistryStatus {
    sync_status: RegistrySyncStatus,
}

impl OciRegistryStatus {
    /// What the client asked for comes back as it was, also where it cannot be done: Terraform compares it. Whether it
    /// is done, `sync/status` says.
    fn of(sync: SyncStatus, wanted: bool) -> Self {
        Self { sync_status: RegistrySyncStatus { is_sync_supported: wanted, ..sync.into() } }
    }
}

/// Secrets as clients send them; empty ones are none.
fn secret(text: String) -> Option<SecretString> {
    (!text.is_empty()).then(|| SecretString::from(text))
}

fn mask(has_secret: bool) -> String {
    if has_secret { MASK.to_owned() } else { String::new() }
}

fn metadata(registry: &Registry) -> ObjectMeta {
    ObjectMeta::new(registry.uid.as_str(), registry.name.as_str())
        .labels(registry.spec.labels.iter().cloned().collect())
        .annotations(registry.spec.annotations.iter().cloned().collect())
        .times(registry.created_ms, registry.updated_ms)
}

async fn remove(State(state): State<ApiState>, Auth(caller): Auth, Path(uid): Path<String>) -> Result<Done, ApiError> {
    state.catalog.delete_registry(&caller, &uid).await?;
    Ok(Done)
}

async fn try_out(state: &ApiState, caller: &Caller, spec: &RegistrySpec) -> Result<Valid, ApiError> {
    let report = state.catalog.validate_registry(caller, spec, None).await?;
    if report.is_ok() { Ok(Valid::noting(&report)) } else { Err(unreachable(&report)) }
}

/// Done, with what there is to know in headers: the reply has no body, in Palette's shape.
struct Valid(Vec<HeaderValue>);

const NOTE: HeaderName = HeaderName::from_static("packyard-note");
/// Near misses that are told.
const NOTES: usize = 10;

impl Valid {
    fn noting(report: &ValidateReport) -> Self {
        let odd = report.hops.iter().filter(|hop| hop.state == HopState::Warning).map(|hop| hop.detail.clone());
        let near = report.near_misses.iter().take(NOTES);
        let near = near.map(|miss| format!("{} looks nearly like one: {} {}", miss.repository, miss.why, miss.fix));
        // Line ends cannot stand in a header.
        let value = |text: String| HeaderValue::from_str(&text.replace(|c: char| !c.is_ascii() || c.is_control(), " "));
        Self(odd.chain(near).filter_map(|text| value(text).ok()).collect())
    }
}

impl IntoResponse for Valid {
    fn into_response(self) -> Response {
        let mut response = Done.into_response();
        for note in self.0 {
            response.headers_mut().append(NOTE, note);
        }
        response
    }
}

/// Names the hop that failed, and for programs everything that was seen.
fn unreachable(report: &ValidateReport) -> ApiError {
    let text = report.problem().unwrap_or_else(|| "the registry cannot be used".to_owned());
    ApiError::bad_request("RegistryValidationFailed", text).details(json!({
        "hop": report.failed().map(|failed| failed.hop),
        "hops": report.hops,
        "missingActions": report.missing_actions,
        "statement": report.statement,
    }))
}

impl From<packyard_catalog::Error> for ApiError {
    fn from(error: packyard_catalog::Error) -> Self {
        use packyard_catalog::Error as E;
        match error {
            E::Denied(denied) => denied.into(),
            E::NotFound { what, ref id } => Self::not_found(what, id),
            E::NameTaken(_) => Self::conflict("RegistryAlreadyExists", error.to_string()),
            E::Invalid { field, .. } => {
                Self::bad_request("InvalidField", error.to_string()).details(json!({ "field": field }))
            }
            E::Unreachable(report) => unreachable(&report),
            other @ E::Store { .. } => Self::internal(other),
        }
    }
}
