//! Logging in and out, the start page, the theme switch.

use crate::ConsoleState;
use crate::cookie;
use crate::failure::Failure;
use crate::form::Fields;
use crate::frame::Theme;
use crate::visit::{Post, Visit, is_secure, peer};
use askama::Template;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use packyard_access::{ChangeRefused, LoginError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new().route("/login", get(show).post(log_in)).route("/logout", get(log_out_needs_a_button).post(log_out))
}

/// A login form needs no more.
const LOGIN_LIMIT: usize = 16 << 10;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    theme: Theme,
    problem: Option<String>,
    email: String,
    next: String,
    /// A form was sent when nobody was logged in any more.
    has_ended: bool,
    /// The password is good for nothing but choosing another.
    must_change: bool,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    next: String,
    ended: Option<String>,
}

async fn show(headers: HeaderMap, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    let (email, next) = (String::new(), own_page(&wanted.next));
    let has_ended = wanted.ended.is_some();
    let page = LoginPage { theme: Theme::of(&headers), problem: None, email, next, has_ended, must_change: false };
    Ok(Html(page.render()?).into_response())
}

async fn log_in(State(state): State<ConsoleState>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let peer = peer(&parts);
    let fields = Fields::read(body, LOGIN_LIMIT).await?;
    let (email, next) = (fields.text("email"), own_page(&fields.text("next")));
    let mut password = fields.exact("password");
    let new = fields.exact("new-password");
    let changed = if new.is_empty() {
        Ok(())
    } else {
        let secret = SecretString::from(new.clone());
        let changed = state.access.change_password(&email, &password, &secret, peer).await;
        password = new;
        changed
    };
    let refused = match changed {
        Ok(()) => match state.access.login(&email, &password, peer).await {
            Ok(session) => {
                let mut reply = Redirect::to(&next).into_response();
                let life_s = (session.expires_at_ms - state.clock.now_ms()) / 1000;
                let is_secure = is_secure(&parts);
                cookie::set(&mut reply, cookie::SESSION, session.token.expose_secret(), Some(life_s), is_secure);
                return Ok(reply);
            }
            Err(error) => ChangeRefused::Old(error),
        },
        Err(refused) => refused,
    };
    let must_change = matches!(refused, ChangeRefused::New(_) | ChangeRefused::Old(LoginError::ResetRequired));
    let problem = Some(match &refused {
        ChangeRefused::Old(error) => words(error),
        ChangeRefused::New(error) => format!("{error}."),
    });
    let page = LoginPage { theme: Theme::of(&parts.headers), problem, email, next, has_ended: false, must_change };
    let mut reply = (StatusCode::UNAUTHORIZED, Html(page.render()?)).into_response();
    match refused {
        ChangeRefused::Old(LoginError::Throttled { retry_after_s }) => {
            *reply.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            reply.headers_mut().insert(RETRY_AFTER, retry_after_s.into());
        }
        ChangeRefused::Old(LoginError::Unavailable) => *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
        _ => {}
    }
    Ok(reply)
}

fn words(error: &LoginError) -> String {
    match error {
        LoginError::Throttled { retry_after_s } => {
            format!("Too many wrong passwords. Try again in {}.", crate::words::wait(*retry_after_s))
        }
        LoginError::ResetRequired => {
            "This password has to be changed before it can be used. Choose a new one.".to_owned()
        }
        LoginError::OneTimePasswordExpired => {
            "This one-time password has expired. Ask a tenant administrator for another one.".to_owned()
        }
        LoginError::Disabled => "This user is disabled. Ask a tenant administrator.".to_owned(),
        LoginError::Unavailable => "The server could not look up the user. Try again in a moment.".to_owned(),
        LoginError::Wrong | LoginError::Expired => "Email and password do not belong together.".to_owned(),
    }
}

/// Only a page of this console: an address of another site must not hide in a login link. Browsers drop tabs and line
/// ends from addresses and read `\` as `/`; anything else that is not visible ASCII cannot stand in a header.
fn own_page(wanted: &str) -> String {
    let is_plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_own = is_plain && wanted.starts_with('/') && !wanted.starts_with("//");
    if is_own { wanted.to_owned() } else { "/".to_owned() }
}

async fn log_out(post: Post) -> Response {
    post.visit.state.access.logout(post.visit.session.token.expose_secret()).await;
    let mut reply = Redirect::to("/login").into_response();
    cookie::clear(&mut reply, cookie::SESSION, post.visit.is_secure);
    reply
}

/// A link or a reload must not log anybody out; the button on every page does.
async fn log_out_needs_a_button() -> Redirect {
    Redirect::to("/")
}

/// Profiles are what people come for; until there is a registry, that is where to start.
pub(crate) async fn start(visit: Visit) -> Response {
    let has_registries = visit.state.catalog.registries(visit.caller()).await.is_ok_and(|list| !list.is_empty());
    Redirect::to(if has_registries { "/packs" } else { "/settings/registries" }).into_response()
}

/// Without scripts the switch comes back to the page it stood on.
pub(crate) async fn theme(headers: HeaderMap, post: Post) -> Response {
    let theme = Theme::parse(&post.fields.text("theme"));
    let mut reply = Redirect::to(&came_from(&headers)).into_response();
    cookie::set(&mut reply, cookie::THEME, theme.word(), Some(YEAR_S), post.visit.is_secure);
    reply
}

/// Keeps the scope for this browser, and comes back: in a list that shows what is seen from there.
pub(crate) async fn scope(headers: HeaderMap, post: Post) -> Response {
    let mut reply = Redirect::to(unfiltered(&came_from(&headers))).into_response();
    cookie::set(&mut reply, cookie::SCOPE, &post.fields.text("scope"), Some(YEAR_S), post.visit.is_secure);
    reply
}

/// The filter of the list of profiles is one of the scopes that were seen from the scope before.
fn unfiltered(page: &str) -> &str {
    if page.starts_with("/profiles?") { "/profiles" } else { page }
}

/// A link or a reload changes nothing.
pub(crate) async fn no_scope() -> Redirect {
    Redirect::to("/")
}

/// The page of this console on which a form stood.
pub(crate) fn came_from(headers: &HeaderMap) -> String {
    let back = headers.get(http::header::REFERER).and_then(|value| value.to_str().ok()).and_then(path_of);
    own_page(back.unwrap_or("/"))
}

const YEAR_S: i64 = 365 * 86_400;

fn path_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    rest.find('/').map(|at| &rest[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_only_to_pages_of_this_console() {
        assert_eq!(own_page("/packs?q=a"), "/packs?q=a");
        for other in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            "/\u{1}x",
            "/\u{7f}",
            "/\u{85}/evil.example",
            "/a b",
            "/é",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(own_page(other), "/", "{other:?}");
        }
        assert_eq!(path_of("http://localhost:7225/packs?q=1"), Some("/packs?q=1"));
    }

    #[test]
    fn another_scope_begins_with_a_whole_list() {
        assert_eq!(unfiltered("/profiles?scope=a"), "/profiles");
        assert_eq!(unfiltered("/packs?q=a"), "/packs?q=a");
    }
}
