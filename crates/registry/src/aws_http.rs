//! `POST /`: which AWS service is meant is told by the request's shape. `GET /` is the console's start page, unless its
//! query is a call: that is what a presigned address of STS looks like.

use crate::{Registry, ecr_http, iam_http};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;

pub(crate) async fn serve(State(registry): State<Registry>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if ecr_http::is_for_us(&head.headers) {
        return ecr_http::handle(&registry, head, body).await;
    }
    form(&registry, head, body).await
}

/// Stands before the face that `GET /` belongs to.
pub(crate) async fn calls_before_pages(State(registry): State<Registry>, request: Request, next: Next) -> Response {
    let is_call = *request.method() == Method::GET
        && request.uri().path() == "/"
        && request.uri().query().is_some_and(iam_http::is_call);
    if !is_call {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    form(&registry, head, body).await
}

/// IAM and STS: a small form.
async fn form(registry: &Registry, head: http::request::Parts, body: Body) -> Response {
    match to_bytes(body, iam_http::MAX_BODY).await {
        Ok(body) => iam_http::handle(registry.access(), head, body).await,
        Err(error) => {
            tracing::debug!(%error, "the body of an AWS request could not be read");
            iam_http::too_large()
        }
    }
}
