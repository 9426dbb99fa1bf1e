//! API keys. The key itself is in the reply that creates it and nowhere else.

use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Created, Done, Payload, Reply};
use crate::error::ApiError;
use crate::meta::{DESCRIPTION, Items, MetaInput, ObjectMeta, given_time_ms, time};
use crate::operation::{Operations, delete, get, patch, post, put};
use crate::path::Path;
use crate::users::tenant_uid;
use axum::extract::State;
use http::StatusCode;
use packyard_access::{ApiKey, ApiKeyChange, ApiKeyError, NewApiKeyRequest};
use packyard_profile::Labels;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MANAGE: &str = "packyard:ManageApiKeys";

pub(crate) fn operations(all: Operations) -> Operations {
    all.on(
        get("/v1/apiKeys", "v1ApiKeysList", "API keys one may manage").needs(MANAGE).gives_items::<ApiKeyReply>(),
        list,
    )
    .on(
        post("/v1/apiKeys", "v1ApiKeysCreate", "Create an API key")
            .needs(MANAGE)
            .takes::<ApiKeyEntity>()
            .gives::<ApiKeyCreated>(),
        create,
    )
    .on(get("/v1/apiKeys/{uid}", "v1ApiKeysUidGet", "An API key").needs(MANAGE).gives::<ApiKeyReply>(), read)
    .on(
        put("/v1/apiKeys/{uid}", "v1ApiKeysUidUpdate", "Rename an API key, or change its expiry")
            .needs(MANAGE)
            .takes::<ApiKeyEntity>(),
        update,
    )
    .on(
        patch("/v1/apiKeys/{uid}", "v1ApiKeysUidActiveState", "Switch an API key on or off")
            .needs(MANAGE)
            .takes::<ApiKeyActiveState>(),
        set_state,
    )
    .on(
        put("/v1/apiKeys/{uid}/state", "v1ApiKeysUidState", "Switch an API key on or off")
            .needs(MANAGE)
            .takes::<ApiKeyActiveState>(),
        set_state,
    )
    .on(delete("/v1/apiKeys/{uid}", "v1ApiKeysUidDelete", "Delete an API key").needs(MANAGE), remove)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ApiKeyEntity {
    #[serde(default)]
    metadata: MetaInput,
    #[serde(default)]
    spec: ApiKeySpecEntity,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeySpecEntity {
    /// RFC 3339; absent means that the key never expires.
    #[serde(default)]
    expiry: Option<String>,
    /// Whose key; absent, or the tenant's uid, means the caller's own.
    #[serde(default)]
    user_uid: String,
}

impl ApiKeySpecEntity {
    fn expires_at_ms(&self) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.expiry.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        given_time_ms(text).map_err(|error| {
            ApiError::bad_request("InvalidField", format!("spec.expiry `{text}` is not an RFC 3339 time: {error}"))
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyCreated {
    /// Shown now and never again.
    api_key: String,
    uid: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyActiveState {
    /// Clients leave it out where it is false.
    #[serde(default)]
    is_active: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
struct ApiKeyReply {
    metadata: ObjectMeta,
    spec: ApiKeySpec,
    status: ApiKeyStatus,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApiKeySpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
    user: ApiKeyUser,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApiKeyUser {
    uid: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyStatus {
    is_active: bool,
}

impl From<ApiKey> for ApiKeyReply {
    fn from(key: ApiKey) -> Self {
        let annotations = Labels::from([(DESCRIPTION.to_owned(), key.description)]);
        let mut metadata = ObjectMeta::new(key.uid, key.name).annotations(annotations);
        metadata.creation_timestamp = Some(time(key.created_at_ms));
        Self {
            metadata,
            spec: ApiKeySpec { expiry: key.expires_at_ms.map(time), user: ApiKeyUser { uid: key.user_uid } },
            status: ApiKeyStatus { is_active: key.active },
        }
    }
}

impl From<ApiKeyError> for ApiError {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::Denied(denied) => denied.into(),
            ApiKeyError::NotFound(_) | ApiKeyError::NoUser(_) => {
                Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", error.to_string())
            }
            ApiKeyError::Invalid(why) => Self::bad_request("InvalidField", why),
            other => Self::internal(other),
        }
    }
}

async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Reply<Items<ApiKeyReply>>, ApiError> {
    let keys = state.access.list_api_keys(&caller).await?;
    Ok(Reply(Items { items: keys.into_iter().map(ApiKeyReply::from).collect() }))
}

async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<ApiKeyEntity>,
) -> Result<Created<ApiKeyCreated>, ApiError> {
    let expires_at_ms = body.spec.expires_at_ms()?;
    // Palette's SDK sends the tenant's uid where the user's belongs.
    let is_own = body.spec.user_uid.is_empty() || body.spec.user_uid == tenant_uid(&state.store).await?;
    let request = NewApiKeyRequest {
        description: body.metadata.description().unwrap_or_default(),
        name: body.metadata.name,
        user_uid: (!is_own).then_some(body.spec.user_uid),
        expires_at_ms,
    };
    let issued = state.access.create_api_key(&caller, request).await?;
    Ok(Created(ApiKeyCreated { api_key: issued.secret.expose_secret().to_owned(), uid: issued.key.uid }))
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<ApiKeyReply>, ApiError> {
    Ok(Reply(state.access.find_api_key(&caller, &uid).await?.into()))
}

async fn update(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<ApiKeyEntity>,
) -> Result<Done, ApiError> {
    let expires_at_ms = body.spec.expiry.is_some().then(|| body.spec.expires_at_ms()).transpose()?;
    let change = ApiKeyChange {
        description: body.metadata.description(),
        name: Some(body.metadata.name).filter(|name| !name.is_empty()),
        active: None,
        expires_at_ms,
    };
    state.access.change_api_key(&caller, &uid, change).await?;
    Ok(Done)
}

async fn set_state(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<ApiKeyActiveState>,
) -> Result<Done, ApiError> {
    let change = ApiKeyChange { active: Some(body.is_active), ..ApiKeyChange::default() };
    state.access.change_api_key(&caller, &uid, change).await?;
    Ok(Done)
}

async fn remove(State(state): State<ApiState>, Auth(caller): Auth, Path(uid): Path<String>) -> Result<Done, ApiError> {
    state.access.delete_api_key(&caller, &uid).await?;
    Ok(Done)
}
