//! Ours, beside Palette's API: where a registry tells that something was pushed to it, and the secret it does so with.

use super::{MANAGE, READ};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Accepted, Done, Reply};
use crate::error::ApiError;
use crate::meta::time;
use crate::operation::{Operations, delete, get, post};
use crate::path::Path;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use http::{HeaderMap, StatusCode, header};
use packyard_catalog::Admission;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

/// A notification is far smaller; of a longer one nothing is read.
const BODY_LIMIT: usize = 256 * 1024;
/// What a sender that can choose the header's name may call it; `Authorization` works too.
const SECRET: &str = "packyard-notification-secret";

pub(super) fn operations(all: Operations) -> Operations {
    all.on(
        get("/v1/registries/oci/{uid}/notifications", "packyardNotificationsGet", "Where its notifications go")
            .needs(READ)
            .gives::<NotificationSettings>(),
        read,
    )
    .on(
        delete("/v1/registries/oci/{uid}/notifications", "packyardNotificationsDelete", "Take none any more")
            .needs(MANAGE),
        end,
    )
    .on(
        post(
            "/v1/registries/oci/{uid}/notifications/secret",
            "packyardNotificationsSecretCreate",
            "A new secret, shown this once; the one before ends now",
        )
        .needs(MANAGE)
        .status(200)
        .gives::<NotificationSecret>(),
        new_secret,
    )
    .on(
        post(
            "/v1/registries/oci/{uid}/notify",
            "packyardNotify",
            "Takes notifications of Harbor, EventBridge (ECR) and CNCF Distribution, with the registry's own secret",
        )
        .open()
        .status(202),
        notify,
    )
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationSettings {
    url: String,
    /// False until a secret is made.
    is_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_creation_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_received_time: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct NotificationSecret {
    url: String,
    /// The header that carries the secret; `Authorization` works too.
    header: &'static str,
    secret: String,
}

fn url(state: &ApiState, uid: &str) -> String {
    format!("{}/v1/registries/oci/{uid}/notify", state.config.public_url)
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<NotificationSettings>, ApiError> {
    let known = state.catalog.notifications(&caller, &uid).await?;
    Ok(Reply(NotificationSettings {
        url: url(&state, &uid),
        is_enabled: known.secret_made_ms.is_some(),
        secret_creation_time: known.secret_made_ms.map(time),
        last_received_time: known.last_received_ms.map(time),
    }))
}

async fn new_secret(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<NotificationSecret>, ApiError> {
    let secret = state.catalog.new_notification_secret(&caller, &uid).await?;
    let secret = secret.expose_secret().to_owned();
    Ok(Reply(NotificationSecret { url: url(&state, &uid), header: "Packyard-Notification-Secret", secret }))
}

async fn end(State(state): State<ApiState>, Auth(caller): Auth, Path(uid): Path<String>) -> Result<Done, ApiError> {
    state.catalog.end_notifications(&caller, &uid).await?;
    Ok(Done)
}

/// The secret first: of somebody without it not even the body is read.
async fn notify(
    State(state): State<ApiState>,
    Path(uid): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Accepted, ApiError> {
    match state.catalog.admit_notification(&uid, secret_of(&headers)).await? {
        Admission::Granted => {}
        Admission::Refused => {
            let text = "no registry takes notifications here with this secret; make one anew and give it to the sender";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "Unauthorized", text));
        }
        Admission::TooMany => {
            let text = "too many notifications; wait a second";
            let mut error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", text);
            error.retry_after_s = Some(1);
            return Err(error);
        }
    }
    let bytes = to_bytes(body, BODY_LIMIT).await.map_err(|_| {
        let text = "a notification has at most 256 KiB";
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", text)
    })?;
    let body = serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_request("InvalidBody", format!("a notification is JSON: {error}")))?;
    state.catalog.note_pushes(&uid, &body).await?;
    Ok(Accepted)
}

/// Senders that can only set `Authorization` (Harbor) send the secret there, bare or after a scheme.
fn secret_of(headers: &HeaderMap) -> &str {
    if let Some(own) = headers.get(SECRET).and_then(|value| value.to_str().ok()) {
        return own.trim();
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    match given.split_once(' ') {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case("bearer") => secret.trim(),
        _ => given,
    }
}
