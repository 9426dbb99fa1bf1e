//! A request that meets a mistake of ours gets an answer, not a broken connection: clients would send it again for ever.

use axum::Router;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use std::any::Any;
use tower_http::catch_panic::CatchPanicLayer;

pub(super) fn answered(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(answer))
}

fn answer(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("no text"), "a request was not finished");
    let text = "The server failed at this request, and its log says why.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let ends_badly = async || {
            let none: Option<&str> = std::hint::black_box(None);
            none.expect("a mistake")
        };
        let router = answered(Router::new().route("/", get(ends_badly)));
        let reply = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
