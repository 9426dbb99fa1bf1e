//! `POST /`: which AWS service is meant is told by the request's shape.

use crate::{Registry, ecr_http, iam_http};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

pub(crate) async fn serve(State(registry): State<Registry>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if ecr_http::is_for_us(&head.headers) {
        return ecr_http::handle(&registry, head, body).await;
    }
    form(&registry, head, body).await
}

/// IAM and STS: a small form.
async fn form(registry: &Registry, head: http::request::Parts, body: Body) -> Response {
    match to_bytes(body, iam_http::MAX_BODY).await {
        Ok(body) => iam_http::handle(registry.access(), head, body).await,
        Err(error) => {
            tracing::debug!(%error, "the body of an AWS request could not be read");
            let text = format!("the body could not be read, or is larger than {} bytes\n", iam_http::MAX_BODY);
            (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
        }
    }
}
