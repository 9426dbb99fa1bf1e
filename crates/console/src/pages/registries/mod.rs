//! Tenant Settings > Registries: the list with its drawers and dialogs, and the history of each registry.
//!
//! Drawers and dialogs are pages with an address; scripts only lay them over the page that is open already.

mod certificate;
mod delete;
mod form;
mod history;
mod list;
mod report;
mod row;
mod sync;

pub(crate) use delete::Dialog;

use crate::ConsoleState;
use crate::failure::Failure;
use axum::Router;
use axum::routing::{get, post};
use packyard_catalog::Error;

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/registries", get(list::show))
        .route("/settings/registries/new", get(form::new).post(form::create))
        .route("/settings/registries/validate", post(form::validate_new))
        .route("/settings/registries/certificate", post(certificate::describe))
        .route("/settings/registries/{uid}", get(history::show))
        .route("/settings/registries/{uid}/row", get(list::row))
        .route("/settings/registries/{uid}/edit", get(form::edit).post(form::change))
        .route("/settings/registries/{uid}/validate", post(form::validate_changed))
        .route("/settings/registries/{uid}/sync", post(sync::start))
        .route("/settings/registries/{uid}/delete", get(delete::ask).post(delete::delete))
}

const MANAGE: &str = "packyard:ManageRegistries";
const SYNC: &str = "packyard:SyncRegistries";
const LIST: &str = "/settings/registries";

/// What lies over the list.
pub(crate) enum Overlay {
    None,
    Form(Box<form::Form>),
    Delete(Dialog),
}

fn failure(error: Error) -> Failure {
    match error {
        Error::NotFound { what, .. } => Failure::NotFound(format!("This {what}")),
        Error::Denied(denied) => Failure::Denied(denied.to_string()),
        other => Failure::while_doing("read or change a registry")(other),
    }
}
