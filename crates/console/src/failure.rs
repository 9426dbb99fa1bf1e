//! What a page answers when it cannot. The visitor reads what was wrong and what to do; the log has the cause.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was looked for, as in "This pack".
    #[error("{0} was not found")]
    NotFound(String),
    #[error("the address does not take this method")]
    WrongMethod,
    #[error("{0}")]
    Denied(String),
    /// The session's token is missing or of another session.
    #[error("the form belongs to another session")]
    StaleForm,
    #[error("the form is longer than {0} bytes")]
    TooLong(usize),
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

    fn view(&self) -> (StatusCode, LonePage) {
        let page = |title: &str, text: String| LonePage { title: title.to_owned(), text };
        match self {
            Self::NotFound(what) => (
                StatusCode::NOT_FOUND,
                page("Not found", format!("{what} does not exist, or not any more. The address may be mistyped.")),
            ),
            Self::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                page("Nothing to see here", "This address only takes what a form sends. Go to the page with the form and send it from there.".to_owned()),
            ),
            Self::Denied(text) => (StatusCode::FORBIDDEN, page("Not allowed", format!("{text}. Ask a tenant administrator for this right."))),
            Self::StaleForm => (
                StatusCode::FORBIDDEN,
                page("This form is out of date", "It belongs to an earlier session, so nothing was changed. Go back, reload the page and send it again.".to_owned()),
            ),
            Self::TooLong(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                page("Too long", format!("The form is longer than {}, the limit of one form.", crate::words::size(*limit as u64))),
            ),
            Self::Template(_) | Self::Broken { .. } => (
                StatusCode::INTERNAL_SERVER_ERROR,
                page("Something failed", "The server could not finish this, and its log says why. Nothing is lost; try again in a moment.".to_owned()),
            ),
        }
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct LonePage {
    title: String,
    text: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if matches!(self, Self::Template(_) | Self::Broken { .. }) {
            let cause = std::error::Error::source(&self).map(ToString::to_string).unwrap_or_default();
            tracing::error!(error = ?self, cause, "a page failed");
        }
        let (status, page) = self.view();
        let body = page.render().unwrap_or_else(|_| page.text.clone());
        (status, Html(body)).into_response()
    }
}

pub(crate) async fn wrong_method() -> Failure {
    Failure::WrongMethod
}

pub(crate) async fn not_found() -> Failure {
    Failure::NotFound("This page".to_owned())
}
