//! Tenant Settings > API Keys: credentials for `/v1`. A key is shown once, when it is made.

mod change;
mod form;

use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::When;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use axum::routing::get;
use form::Form;
use packyard_access::{ApiKey, ApiKeyError};

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route(LIST, get(list))
        .route("/settings/api-keys/new", get(form::new).post(form::create))
        .route("/settings/api-keys/{uid}/state", get(to_list).post(change::set_state))
        .route("/settings/api-keys/{uid}/delete", get(change::ask_delete).post(change::delete))
}

const LIST: &str = "/settings/api-keys";

/// An address that only takes a form: whoever reloads it comes to the page with the form.
async fn to_list(Path(_): Path<String>) -> Redirect {
    Redirect::to(LIST)
}

#[derive(Template)]
#[template(path = "api_keys/list.html")]
struct KeysPage {
    frame: Frame,
    rows: Vec<Row>,
    /// Keys of others are among them.
    has_others: bool,
    made: Option<Made>,
    form: Option<Form>,
    dialog: Option<Dialog>,
}

struct Row {
    uid: String,
    name: String,
    description: String,
    status: Status,
    is_active: bool,
    is_own: bool,
    owner: String,
    created: When,
    expires: Option<When>,
}

/// A key that was just made; nobody will see it again.
struct Made {
    name: String,
    secret: String,
    command: String,
}

async fn page(state: &ConsoleState, visit: &Visit) -> Result<KeysPage, Failure> {
    let keys = state.access.list_api_keys(visit.caller()).await.map_err(failure)?;
    let mut rows: Vec<Row> = keys.into_iter().map(|key| row(visit, key)).collect();
    name_owners(state, visit, &mut rows).await;
    Ok(KeysPage {
        frame: visit.frame("API Keys", Section::ApiKeys),
        has_others: rows.iter().any(|row| !row.is_own),
        rows,
        made: None,
        form: None,
        dialog: None,
    })
}

/// Owners are known by uid; who may see users sees their names.
async fn name_owners(state: &ConsoleState, visit: &Visit, rows: &mut [Row]) {
    if rows.iter().all(|row| row.is_own) {
        return;
    }
    for known in state.access.iam(visit.caller()).directory().await.unwrap_or_default() {
        rows.iter_mut()
            .filter(|row| row.owner == known.user.uid)
            .for_each(|row| row.owner.clone_from(&known.user.name));
    }
}

async fn list(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    visit.page(&page(&state, &visit).await?)
}

fn row(visit: &Visit, key: ApiKey) -> Row {
    let is_over = key.expires_at_ms.is_some_and(|at| at <= visit.now_ms());
    let status = match (key.active, is_over) {
        (_, true) => Status::bad("Expired"),
        (false, _) => Status::idle("Disabled"),
        (true, _) => Status::good("Active"),
    };
    Row {
        status,
        is_active: key.active,
        is_own: key.user_uid == visit.caller().principal.uid,
        created: visit.when(key.created_at_ms),
        expires: key.expires_at_ms.map(|at| visit.when(at)),
        uid: key.uid,
        name: key.name,
        description: key.description,
        owner: key.user_uid,
    }
}

fn failure(error: ApiKeyError) -> Failure {
    match error {
        ApiKeyError::Denied(denied) => denied.into(),
        ApiKeyError::NotFound(_) => Failure::NotFound("This API key".to_owned()),
        other => Failure::while_doing("read or change API keys")(other),
    }
}
