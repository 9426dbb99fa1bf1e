//! Cluster profiles: the list, one profile, and the wizard that makes an Add-on profile.
//!
//! The wizard keeps nothing of its own: its first step makes a draft, each later step changes it, the last publishes
//! it. So every step has an address, survives a reload, and can be left and found again in the list.

mod basics;
mod layers;
mod list;
mod picker;
mod profile;
mod stack;
mod values;

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::Frame;
use axum::Router;
use axum::routing::{get, post};
use packyard_profile::{Error, Kind, Profile};

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/profiles", get(list::show))
        .route("/profiles/new", get(basics::new).post(basics::create))
        .route("/profiles/check-values", post(values::check))
        .route("/profiles/presets/{pack}/{at}", post(values::apply_preset))
        .route("/profiles/{uid}", get(profile::show))
        .route("/profiles/{uid}/delete", get(profile::ask_delete).post(profile::delete))
        .route("/profiles/{uid}/basics", get(basics::edit).post(basics::change))
        .route("/profiles/{uid}/layers", get(layers::show))
        .route("/profiles/{uid}/layers/add", get(picker::show))
        .route("/profiles/{uid}/layers/add/{pack}", get(values::new).post(values::add))
        .route("/profiles/{uid}/layers/{at}", get(values::edit).post(values::change))
        .route("/profiles/{uid}/layers/{at}/move", post(layers::move_layer))
        .route("/profiles/{uid}/review", get(layers::review))
        .route("/profiles/{uid}/finish", post(layers::finish))
}

const READ: &str = "packyard:ReadProfiles";
const MANAGE: &str = "packyard:ManageProfiles";

fn failure(error: Error) -> Failure {
    match error {
        Error::ProfileNotFound(_) => Failure::NotFound("This cluster profile".to_owned()),
        Error::Denied(denied) => Failure::Denied(denied.to_string()),
        other => Failure::while_doing("read or change a cluster profile")(other),
    }
}

/// What a person can mend, as words for the page; anything else is a failure.
fn problem(error: Error) -> Result<String, Failure> {
    match error {
        Error::ProfileExists { .. } | Error::Invalid(_) | Error::VariablesUndefined(_) | Error::Conflict(_) => {
            Ok(capitalised(&error.to_string()))
        }
        other => Err(failure(other)),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Cluster => "Full",
        Kind::Infra => "Infrastructure",
        Kind::AddOn => "Add-on",
        Kind::System => "System",
    }
}

/// The trail of a wizard's page: the list, then the draft.
fn under_draft(frame: Frame, draft: &Profile) -> Frame {
    frame
        .under("Cluster Profiles", "/profiles")
        .under(format!("{} {}", draft.name, draft.version), format!("/profiles/{}", draft.uid))
}

struct Step {
    number: usize,
    name: &'static str,
    is_done: bool,
    is_here: bool,
    address: Option<String>,
}

/// The wizard's steps; those behind can be gone back to.
fn steps(uid: Option<&str>, here: usize) -> Vec<Step> {
    let names = [("Basic information", "basics"), ("Profile layers", "layers"), ("Review", "review")];
    let step = |(at, (name, page)): (usize, (&'static str, &str))| Step {
        number: at + 1,
        name,
        is_done: at < here,
        is_here: at == here,
        address: uid.filter(|_| at < here).map(|uid| format!("/profiles/{uid}/{page}")),
    };
    names.into_iter().enumerate().map(step).collect()
}
