//! What everybody may change of themselves: the password.

use crate::ConsoleState;
use crate::cookie;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use packyard_access::iam::IamFault;
use secrecy::{ExposeSecret, SecretString};

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new().route("/account/password", get(show).post(change))
}

#[derive(Template)]
#[template(path = "account.html")]
struct PasswordPage {
    frame: Frame,
    errors: FieldErrors,
    problem: Option<String>,
}

impl PasswordPage {
    fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }
}

fn page(visit: &Visit, errors: FieldErrors, problem: Option<String>) -> Result<Response, Failure> {
    visit.page(&PasswordPage { frame: visit.frame("Change my password", Section::None), errors, problem })
}

async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, FieldErrors::default(), None)
}

/// Ends all sessions, and begins a new one here.
async fn change(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let visit = post.visit;
    let (old, new) = (post.fields.exact("password"), SecretString::from(post.fields.exact("new-password")));
    let mut errors = FieldErrors::default();
    if post.fields.exact("again") != new.expose_secret() {
        errors.add("again", "This is not the new password. Type it once more.");
        return page(&visit, errors, None);
    }
    let changed = state.access.iam(visit.caller()).change_own_password(&old, &new, visit.peer()).await;
    if let Err(error) = changed {
        let text = format!("{}.", error.to_string().trim_end_matches('.'));
        return match error.fault {
            IamFault::AccessDenied => {
                errors.add("password", text);
                page(&visit, errors, None)
            }
            IamFault::PasswordPolicyViolation => {
                errors.add("new-password", text);
                page(&visit, errors, None)
            }
            _ => page(&visit, errors, Some(text)),
        };
    }
    let name = &visit.caller().principal.name;
    let session = state.access.login(name, new.expose_secret(), visit.peer()).await;
    let session = session.map_err(Failure::while_doing("log in with the new password"))?;
    let mut reply = visit.done("/", "Password changed; all other sessions are ended");
    let life_s = (session.expires_at_ms - state.clock.now_ms()) / 1000;
    cookie::set(&mut reply, cookie::SESSION, session.token.expose_secret(), Some(life_s), visit.is_secure);
    Ok(reply)
}
