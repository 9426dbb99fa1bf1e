//! Tenant Settings > Registries: the list with its drawers and dialogs, and the history of each registry.
//!
//! Drawers and dialogs are pages with an address; scripts only lay them over the page that is open already.

mod certificate;
mod delete;
mod force;
mod form;
mod history;
mod list;
mod live;
mod order;
mod report;
mod row;
mod sync;
mod syncing;
mod validating;
mod way_back;

pub(crate) use force::ForceDialog;

use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Redirect;
use axum::routing::get;
use packyard_catalog::Error;
use way_back::WayBack;

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/registries", get(list::show))
        .route("/settings/registries/new", get(form::new).post(form::create))
        .route("/settings/registries/live", get(live::list))
        .route("/settings/registries/validate", get(to_new).post(form::validate_new))
        .route("/settings/registries/certificate", get(to_new).post(certificate::describe))
        .route("/settings/registries/{uid}", get(history::show))
        .route("/settings/registries/{uid}/live", get(live::history))
        .route("/settings/registries/{uid}/edit", get(form::edit).post(form::change))
        .route("/settings/registries/{uid}/validate", get(to_edit).post(form::validate_changed))
        .route("/settings/registries/{uid}/sync", get(to_history).post(sync::start))
        .route("/settings/registries/{uid}/force", get(force::ask))
        .route("/settings/registries/{uid}/cancel", get(to_history).post(sync::cancel))
        .route("/settings/registries/{uid}/syncing", get(syncing::show).post(syncing::set_interval))
        .route("/settings/registries/{uid}/notifications", get(to_syncing).post(syncing::change_notifications))
        .route("/settings/registries/{uid}/delete", get(delete::ask).post(delete::delete))
}

/// Addresses that only take a form: whoever reloads one comes to the page with the form.
async fn to_new() -> Redirect {
    Redirect::to(&format!("{LIST}/new"))
}

async fn to_edit(Path(uid): Path<String>, Query(back): Query<WayBack>) -> Redirect {
    Redirect::to(&format!("{LIST}/{}/edit{}", crate::form::encode(&uid), back.query()))
}

async fn to_syncing(Path(uid): Path<String>) -> Redirect {
    Redirect::to(&format!("{LIST}/{}/syncing", crate::form::encode(&uid)))
}

async fn to_history(Path(uid): Path<String>) -> Redirect {
    Redirect::to(&format!("{LIST}/{}", crate::form::encode(&uid)))
}

const MANAGE: &str = "packyard:ManageRegistries";
const SYNC: &str = "packyard:SyncRegistries";
const LIST: &str = "/settings/registries";

/// What lies over the list.
pub(crate) enum Overlay {
    None,
    Form(Box<form::Form>),
    Delete(Dialog),
    Force(ForceDialog),
}

fn failure(error: Error) -> Failure {
    match error {
        Error::NotFound { what, .. } => Failure::NotFound(format!("This {what}")),
        Error::Denied(denied) => denied.into(),
        Error::Invalid { message, .. } => Failure::Refused(message),
        other => Failure::while_doing("read or change a registry")(other),
    }
}
