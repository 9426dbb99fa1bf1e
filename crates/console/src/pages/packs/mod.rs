//! Packs: the catalogue as cards, one pack with its tabs, logos.

mod category;
mod compare;
mod list;
mod logo;
mod pack;
mod reads;

pub(crate) use category::{Category, categories};
pub(crate) use list::More;
pub(crate) use reads::{Read, reads};

use crate::ConsoleState;
use crate::failure::Failure;
use axum::Router;
use axum::routing::get;
use packyard_catalog::{Error, PackState};

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/packs", get(list::show))
        .route("/packs/{uid}", get(pack::readme))
        .route("/packs/{uid}/logo", get(logo::serve))
        .route("/packs/{uid}/compare", get(compare::show))
        .route("/packs/{uid}/{tab}", get(pack::tab))
}

pub(crate) fn failure(error: Error) -> Failure {
    match error {
        Error::NotFound { what, .. } => Failure::NotFound(format!("This {what}")),
        Error::Denied(denied) => denied.into(),
        other => Failure::while_doing("read the catalogue")(other),
    }
}

/// Colour and word of a state that is worth a badge.
pub(crate) fn state_badge(state: PackState, is_gone: bool) -> Option<(&'static str, &'static str)> {
    if is_gone {
        return Some(("bad", "No longer in the registry"));
    }
    match state {
        PackState::Active => None,
        PackState::Deprecated => Some(("warn", "Deprecated")),
        PackState::Disabled => Some(("bad", "Disabled")),
        PackState::Deleted => Some(("bad", "Deleted")),
    }
}

/// What people call a layer.
pub(crate) fn layer_word(layer: &str) -> &str {
    match layer {
        "kernel" => "Kernel",
        "os" => "Operating system",
        "k8s" => "Kubernetes",
        "cni" => "Network",
        "csi" => "Storage",
        "addon" => "Add-on",
        other => other,
    }
}
