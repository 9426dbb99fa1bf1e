//! Parameters in the path of a request.

use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::extract::path::Path as AnyPath;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

/// What stands for `{uid}` and the like. Text that is no UTF-8, or that no database keeps,
/// names nothing we have, so it is not found like any other.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let holds_nul = parts.uri.path().contains("%00");
        match AnyPath::<T>::from_request_parts(parts, state).await {
            Ok(AnyPath(given)) if !holds_nul => Ok(Self(given)),
            _ => {
                let why = if holds_nul { "holds the character U+0000" } else { "is not UTF-8 text" };
                let message = format!("there is nothing at {}: the path {why}", parts.uri.path());
                Err(ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", message))
            }
        }
    }
}
