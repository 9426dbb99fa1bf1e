//! The one error of `/v1`: `{code, message, details, ref}` as `application/json`.
//!
//! A handler returns it; the transport layer writes the body, because only that knows the request's `ref`. Clients
//! branch on `code` (`ResourceNotFound`) and show `message` alone, so a message is complete by itself; what only the
//! log may know travels in `source`. Statuses follow one rule: clients retry everything above 500 for an hour, so a
//! fault that stays is 500 exactly and a request that cannot succeed is a 4xx.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Debug, Clone)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
    pub(crate) details: Option<Box<serde_json::Value>>,
    pub(crate) retry_after_s: Option<u64>,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What goes over the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    /// Further facts for programs; its shape depends on the code.
    #[schema(value_type = Object, nullable)]
    pub(crate) details: Option<&'a serde_json::Value>,
    /// Names this request in the server's log.
    pub(crate) r#ref: &'a str,
}

impl ErrorBody<'_> {
    pub(crate) fn schema_value() -> serde_json::Value {
        serde_json::to_value(<Self as utoipa::PartialSchema>::schema()).unwrap_or_default()
    }
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), details: None, retry_after_s: None, source: None }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// `what` is the kind of thing: "registry", "pack", …
    pub(crate) fn not_found(what: &str, uid: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("{what} {uid} was not found"))
    }

    pub(crate) fn conflict(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// The caller learns only that it was our fault; the log gets `source` under the same `ref`.
    pub(crate) fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "the server failed to do this; its log has the reason under the ref of this reply",
        );
        error.source = Some(Arc::from(source.into()));
        error
    }

    #[must_use]
    pub(crate) fn details(mut self, details: serde_json::Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<packyard_profile::Error> for ApiError {
    fn from(error: packyard_profile::Error) -> Self {
        use packyard_profile::Error as E;
        match error {
            E::ProfileNotFound(_) | E::ProjectNotFound(_) | E::MacroNotFound(_) => {
                Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", error.to_string())
            }
            E::ProfileExists { .. } => Self::conflict("ClusterProfileAlreadyExists", error.to_string()),
            E::ProjectExists(_) => Self::conflict("ProjectAlreadyExists", error.to_string()),
            // Palette's clients tell this one by its status.
            E::MacroClash(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "MacroAlreadyExists", error.to_string()),
            E::Conflict(_) | E::Overtaken { .. } => Self::conflict("Conflict", error.to_string()),
            E::Denied(denied) | E::Catalog(packyard_catalog::Error::Denied(denied)) => denied.into(),
            E::Invalid(problem) => {
                let details = serde_json::json!({ "field": problem.field });
                Self::bad_request("InvalidField", problem.message).details(details)
            }
            E::ImportIncomplete(ref missing) => {
                let list: Vec<_> =
                    missing.iter().map(|one| serde_json::json!({ "what": one.what, "hint": one.hint })).collect();
                Self::bad_request("ImportIncomplete", error.to_string()).details(serde_json::json!({ "missing": list }))
            }
            E::VariablesUndefined(ref found) => {
                let list: Vec<_> =
                    found.iter().map(|(pack, name)| serde_json::json!({ "pack": pack, "variable": name })).collect();
                Self::bad_request("PackVariablesUndefined", error.to_string())
                    .details(serde_json::json!({ "variables": list }))
            }
            other => Self::internal(other),
        }
    }
}
