//! A session that is not there, or not any more: the way to the login and back, and what keeps a form that was filled
//! meanwhile from being lost.
//!
//! A form that scripts send is answered 401 and stays as it is; before it is sent again, `GET /session` tells the page
//! the token of the session that began since. Any other form leads to the login, which says that nothing was done.

use crate::failure::Failure;
use crate::form::encode;
use crate::pages::login::came_from;
use crate::visit::Visit;
use axum::Json;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

/// What a page that was open for long asks before it sends what was typed.
#[derive(Serialize)]
pub(crate) struct SessionView {
    /// What forms have to bring now.
    csrf: String,
    /// Who is logged in now: a form is not sent in the name of somebody else.
    visitor: String,
}

pub(crate) async fn show(visit: Result<Visit, Response>) -> Result<Json<SessionView>, Failure> {
    let visit = visit.map_err(|_| Failure::Ended)?;
    let visitor = visit.session.caller.principal.arn.to_string();
    Ok(Json(SessionView { csrf: visit.session.csrf, visitor }))
}

/// The answer to whoever is not logged in.
pub(crate) fn to_login(parts: &Parts) -> Response {
    let is_read = matches!(parts.method, Method::GET | Method::HEAD);
    let by_htmx = parts.headers.contains_key("hx-request");
    if !is_read && (by_htmx || parts.headers.contains_key("x-csrf-token")) {
        return Failure::Ended.into_response();
    }
    let address = if is_read {
        let wanted = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        if wanted == "/" { "/login".to_owned() } else { format!("/login?next={}", encode(wanted)) }
    } else {
        format!("/login?ended=yes&next={}", encode(&came_from(&parts.headers)))
    };
    if !by_htmx {
        return Redirect::to(&address).into_response();
    }
    let mut reply = StatusCode::OK.into_response();
    if let Ok(value) = HeaderValue::from_str(&address) {
        reply.headers_mut().insert("hx-redirect", value);
    }
    reply
}
