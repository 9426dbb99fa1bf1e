//! What a page answers when it cannot. The visitor reads what was wrong and what to do; the log has the cause.
//!
//! A failure knows neither who asks nor where: it answers a plain page and leaves its words in the reply, which
//! [`dress`] renders again for the visitor, with the theme, the menu of who is logged in, and a way up.

use crate::ConsoleState;
use crate::denied::Refusal;
use crate::frame::{Frame, Section, Theme};
use crate::scope::Scopes;
use crate::visit::Visit;
use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use packyard_access::Denied;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was looked for, as in "This pack".
    #[error("{0} was not found")]
    NotFound(String),
    #[error("the address does not take this method")]
    WrongMethod,
    #[error("{0}")]
    Denied(Box<Denied>),
    /// What was asked for makes no sense for this thing; the words say why.
    #[error("{0}")]
    Refused(String),
    /// A form came after its session had ended.
    #[error("the session has ended")]
    Ended,
    /// The session's token is missing or of another session.
    #[error("the form belongs to another session")]
    StaleForm,
    #[error("the form is longer than {0} bytes")]
    TooLong(usize),
    /// No failure to whoever asked: the page is at another address now.
    #[error("the page is elsewhere")]
    Elsewhere(Box<Response>),
    #[error("a template failed")]
    Template(#[from] askama::Error),
    #[error("{doing}")]
    Broken { doing: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}

impl Failure {
    /// For `map_err`: what was being done when something below failed.
    pub(crate) fn while_doing<E>(doing: &'static str) -> impl Fn(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Broken { doing, source: source.into() }
    }

    fn view(&self) -> (StatusCode, Words) {
        let page = |title: &'static str, text: String| Words { title, text, denied: None };
        match self {
            Self::NotFound(what) => (
                StatusCode::NOT_FOUND,
                page("Not found", format!("{what} does not exist, or not any more. The address may be mistyped.")),
            ),
            Self::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                page("Nothing to see here", "This address only takes what a form sends. Go to the page with the form and send it from there.".to_owned()),
            ),
            Self::Denied(denied) => {
                let text = format!("{denied}. Ask a tenant administrator for this right.");
                (StatusCode::FORBIDDEN, Words { title: "Not allowed", text, denied: Some(denied.clone()) })
            }
            Self::Refused(text) => {
                (StatusCode::BAD_REQUEST, page("Not possible", format!("{}.", text.trim_end_matches('.'))))
            }
            Self::Ended => (
                StatusCode::UNAUTHORIZED,
                page("Your session has ended", "Nothing was changed. Log in again, then send it once more.".to_owned()),
            ),
            Self::StaleForm => (
                StatusCode::FORBIDDEN,
                page("This form is out of date", "It belongs to an earlier session, so nothing was changed. Reload the page that has the form, and send it again.".to_owned()),
            ),
            Self::TooLong(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                page("Too long", format!("The form is longer than {}, the limit of one form.", crate::words::size(*limit as u64))),
            ),
            Self::Elsewhere(_) | Self::Template(_) | Self::Broken { .. } => (
                StatusCode::INTERNAL_SERVER_ERROR,
                page("Something failed", "The server could not finish this, and its log says why. Nothing is lost; try again in a moment.".to_owned()),
            ),
        }
    }
}

#[derive(Debug, Clone)]
struct Words {
    title: &'static str,
    text: String,
    /// For whoever is logged in it is told at length.
    denied: Option<Box<Denied>>,
}

/// For somebody who is not logged in.
#[derive(Template)]
#[template(path = "failure-lone.html")]
struct LonePage<'a> {
    theme: Theme,
    words: &'a Words,
}

/// With the menu around it.
#[derive(Template)]
#[template(path = "failure.html")]
struct FramedPage<'a> {
    frame: Frame,
    words: &'a Words,
    refusal: Option<Refusal>,
    up: String,
    up_words: &'static str,
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        if denied.is_unavailable() {
            return Self::while_doing("read the rights of a visitor")(denied);
        }
        Self::Denied(Box::new(denied))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Self::Elsewhere(reply) = self {
            return *reply;
        }
        if matches!(self, Self::Template(_) | Self::Broken { .. }) {
            let cause = std::error::Error::source(&self).map(ToString::to_string).unwrap_or_default();
            tracing::error!(error = ?self, cause, "a page failed");
        }
        let (status, words) = self.view();
        let mut reply = (status, lone(Theme::Auto, &words)).into_response();
        reply.extensions_mut().insert(words);
        reply
    }
}

fn lone(theme: Theme, words: &Words) -> Html<String> {
    Html(LonePage { theme, words }.render().unwrap_or_else(|_| words.text.clone()))
}

/// Renders a failure's page for the visitor who gets it.
pub(crate) async fn dress(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let asked = parts.clone();
    // No database keeps U+0000, so nothing has an address that holds it.
    let mut reply = if asked.uri.path_and_query().is_some_and(|address| address.as_str().contains("%00")) {
        not_found().await.into_response()
    } else {
        next.run(Request::from_parts(parts.clone(), body)).await
    };
    let Some(words) = reply.extensions_mut().remove::<Words>() else { return reply };
    let page = match Visit::from_request_parts(&mut parts, &state).await {
        Ok(visit) => {
            framed(&visit, asked.uri.path(), &words).unwrap_or_else(|_| lone(Theme::of(&asked.headers), &words))
        }
        Err(_) => lone(Theme::of(&asked.headers), &words),
    };
    let status = reply.status();
    (status, page).into_response()
}

fn framed(visit: &Visit, path: &str, words: &Words) -> Result<Html<String>, askama::Error> {
    let refusal = words.denied.as_ref().map(|denied| Refusal::of(denied, &visit.scopes));
    let (section, mut up, mut up_words) = above(path);
    let may_read = words.denied.as_ref().is_some_and(|denied| !denied.action().contains(":Read"));
    if let Some(object) = may_read.then(|| shown(path, &visit.scopes)).flatten() {
        (up, up_words) = object;
    }
    let mut frame = visit.frame(words.title, section);
    // A toast waits for a page that is what was asked for.
    frame.toast = None;
    FramedPage { frame, words, refusal, up, up_words }.render().map(Html)
}

/// Where the address belongs, and the list above it.
fn above(path: &str) -> (Section, String, &'static str) {
    let (section, up, words) = match path.trim_start_matches('/').split('/').next() {
        Some("packs") => (Section::Packs, "/packs", "All packs"),
        Some("activity") => (Section::Activity, "/activity", "All activity"),
        Some("profiles") => (Section::Profiles, "/profiles", "All cluster profiles"),
        Some("settings") if path.starts_with("/settings/api-keys") => {
            (Section::ApiKeys, "/settings/api-keys", "All API keys")
        }
        Some("settings") if path.starts_with("/settings/users") => (Section::Access, "/settings/users", "All users"),
        Some("settings") if path.starts_with("/settings/projects") => {
            (Section::Access, "/settings/projects", "All projects")
        }
        Some("settings") => (Section::Registries, "/settings/registries", "All registries"),
        _ => (Section::None, "/", "Back to the start"),
    };
    (section, up.to_owned(), words)
}

/// The page that shows what a form changes: who may not change it may read it.
fn shown(path: &str, scopes: &Scopes) -> Option<(String, &'static str)> {
    let mut parts = path.trim_start_matches('/').split('/');
    let (list, words) = match (parts.next()?, parts.next()?) {
        ("profiles", uid) => (format!("/profiles/{uid}"), "Look at the cluster profile"),
        ("settings", "registries") => (format!("/settings/registries/{}", parts.next()?), "Look at the registry"),
        ("settings", "projects") => {
            let uid = parts.next()?;
            scopes.projects.iter().find(|(known, _)| known == uid)?;
            (format!("/settings/projects/{uid}"), "Look at the project")
        }
        _ => return None,
    };
    parts.next().map(|_| (list, words))
}

pub(crate) async fn wrong_method() -> Failure {
    Failure::WrongMethod
}

pub(crate) async fn not_found() -> Failure {
    Failure::NotFound("This page".to_owned())
}
