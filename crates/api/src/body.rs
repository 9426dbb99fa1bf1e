//! Bodies in and out.
//!
//! In: clients label empty bodies `application/json` and send `null` for lists they have not; both mean "absent".
//! Out: each operation has exactly one success status, which is a type here so that a handler cannot get it wrong.

use crate::error::ApiError;
use crate::json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{Extensions, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// A JSON body; an empty one reads as `{}`, so what it lacks is named by the field that is missing.
pub(crate) struct Payload<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Payload<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let too_large = too_large(request.extensions());
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large,
            status => ApiError::new(status, "InvalidBody", rejection.body_text()),
        })?;
        json::typed(json::plain(&bytes)?, "the body is not what this operation takes").map(Self)
    }
}

/// A JSON body of somebody who has not said who they are yet: far less is read of it, since anybody can send it.
pub(crate) async fn of_a_stranger<T: DeserializeOwned>(body: Body) -> Result<T, ApiError> {
    const LIMIT: usize = 16 << 10;
    let bytes = to_bytes(body, LIMIT).await.map_err(|_| {
        let text = format!("the body could not be read, or is larger than {} KiB", LIMIT >> 10);
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", text)
    })?;
    json::typed(json::plain(&bytes)?, "the body is not what this operation takes")
}

/// The most bytes that the body of a request may have, for whoever has to say so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimit(pub(crate) usize);

pub(crate) fn too_large(extensions: &Extensions) -> ApiError {
    let most = extensions.get::<BodyLimit>().map_or_else(String::new, |limit| format!("{} MiB, ", limit.0 >> 20));
    let text = format!("the body is larger than {most}the most that a request here may have; send less at once");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", text)
}

/// 200 with JSON.
pub(crate) struct Reply<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// 201 with JSON; for most operations the JSON is a [`Uid`].
pub(crate) struct Created<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, axum::Json(self.0)).into_response()
    }
}

/// 202 without a body.
pub(crate) struct Accepted;

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

/// 204.
pub(crate) struct Done;

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Uid {
    pub(crate) uid: String,
}

impl Created<Uid> {
    pub(crate) fn uid(uid: String) -> Self {
        Self(Uid { uid })
    }
}
