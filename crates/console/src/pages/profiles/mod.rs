//! Cluster profiles: the list, one profile with its layers, variables, versions and history, and the wizard that makes
//! one.
//!
//! Nothing is kept between pages: each change goes into the draft, which Publish makes what is used. The wizard's first
//! step makes that draft, its last publishes it. So every step has an address, survives a reload, and can be left and
//! found again in the list.

mod basics;
mod checks;
mod clone;
mod compare;
mod editor;
mod export;
mod guard;
mod head;
mod history;
mod import;
mod layers;
mod list;
mod manifests;
mod offers;
mod overlay;
mod pack_version;
mod picker;
mod profile;
mod rename;
mod scopes;
mod stack;
mod takers;
mod values;
mod variable_form;
mod variables;
mod versions;

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::encode;
use crate::frame::Frame;
use crate::words::capitalised;
use axum::Router;
use axum::extract::Path;
use axum::response::Redirect;
use axum::routing::{get, post};
use packyard_profile::{Error, Kind, Profile};

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/profiles", get(list::show))
        .route("/packs/{uid}/add-to-profile", get(takers::show))
        .route("/profiles/new", get(basics::new).post(basics::create))
        .route("/profiles/import", get(import::ask).post(import::import))
        .route("/profiles/check-manifest", post(manifests::check))
        .route("/profiles/check-values", post(values::check))
        .route("/profiles/check-values/{pack}", post(values::check_of_pack))
        .route("/profiles/presets/{pack}/{at}", post(values::apply_preset))
        .route("/profiles/{uid}", get(profile::show))
        .route("/profiles/{uid}/publish", get(to_profile).post(profile::publish))
        .route("/profiles/{uid}/discard", get(to_profile).post(profile::discard))
        .route("/profiles/{uid}/new-version", get(versions::ask).post(versions::create))
        .route("/profiles/{uid}/clone", get(clone::ask).post(clone::create))
        .route("/profiles/{uid}/compare", get(compare::show))
        .route("/profiles/{uid}/history", get(history::list))
        .route("/profiles/{uid}/history/{state}", get(history::show).post(history::restore))
        .route("/profiles/{uid}/variables", get(variables::list))
        .route("/profiles/{uid}/variables/new", get(variables::new).post(variables::create))
        .route("/profiles/{uid}/variables/preview", get(to_variables).post(variables::preview))
        .route("/profiles/{uid}/variables/{name}/edit", get(variables::edit).post(variables::change))
        .route("/profiles/{uid}/variables/{name}/move", get(to_variables_of).post(variables::move_variable))
        .route("/profiles/{uid}/variables/{name}/delete", get(variables::ask_delete).post(variables::delete))
        .route("/profiles/{uid}/export", get(export::download))
        .route("/profiles/{uid}/delete", get(profile::ask_delete).post(profile::delete))
        .route("/profiles/{uid}/basics", get(basics::edit).post(basics::change))
        .route("/profiles/{uid}/info", get(basics::info).post(basics::change))
        .route("/profiles/{uid}/layers", get(layers::show))
        .route("/profiles/{uid}/layers/add", get(picker::show))
        .route("/profiles/{uid}/layers/add/{pack}", get(values::new).post(values::add))
        .route("/profiles/{uid}/layers/new-manifest", get(manifests::new_layer).post(manifests::add_layer))
        .route("/profiles/{uid}/layers/{at}", get(values::edit).post(values::change))
        .route("/profiles/{uid}/layers/{at}/move", get(to_profile_of).post(layers::move_layer))
        .route("/profiles/{uid}/layers/{at}/rename", get(rename::ask).post(rename::rename))
        .route("/profiles/{uid}/layers/{at}/manifests/new", get(manifests::new).post(manifests::add))
        .route("/profiles/{uid}/layers/{at}/manifests/{manifest}", get(manifests::show).post(manifests::change))
        .route("/profiles/{uid}/layers/{at}/manifests/{manifest}/delete", post(manifests::delete))
        .route("/profiles/{uid}/layers/{at}/version/{pack}", get(pack_version::show).post(pack_version::change))
        .route("/profiles/{uid}/review", get(layers::review))
        .route("/profiles/{uid}/finish", post(layers::finish))
}

/// Addresses that only take a form: whoever reloads one comes to the page with the form.
async fn to_profile(Path(uid): Path<String>) -> Redirect {
    Redirect::to(&format!("/profiles/{}", encode(&uid)))
}

async fn to_profile_of(Path((uid, _)): Path<(String, String)>) -> Redirect {
    Redirect::to(&format!("/profiles/{}", encode(&uid)))
}

async fn to_variables(Path(uid): Path<String>) -> Redirect {
    Redirect::to(&format!("/profiles/{}/variables", encode(&uid)))
}

async fn to_variables_of(Path((uid, _)): Path<(String, String)>) -> Redirect {
    Redirect::to(&format!("/profiles/{}/variables", encode(&uid)))
}

/// Versions of a pack that stand beside each other; more are in a menu.
pub(crate) const VERSION_CHIPS: usize = 8;

pub(crate) const READ: &str = "packyard:ReadProfiles";
pub(crate) const MANAGE: &str = "packyard:ManageProfiles";

fn failure(error: Error) -> Failure {
    match error {
        Error::ProfileNotFound(_) => Failure::NotFound("This cluster profile".to_owned()),
        Error::StateNotFound(_) => Failure::NotFound("This state".to_owned()),
        Error::Denied(denied) => denied.into(),
        other => Failure::while_doing("read or change a cluster profile")(other),
    }
}

/// What a person can mend, as words for the page; anything else is a failure.
fn problem(error: Error) -> Result<String, Failure> {
    match error {
        Error::ProfileExists { .. }
        | Error::Invalid(_)
        | Error::VariablesUndefined(_)
        | Error::ImportIncomplete(_)
        | Error::Overtaken { .. }
        | Error::Conflict(_) => Ok(capitalised(&error.to_string())),
        Error::ProjectNotFound(_) => Ok("This project is gone. Choose another scope.".to_owned()),
        other => Err(failure(other)),
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Cluster => "Full",
        Kind::Infra => "Infrastructure",
        Kind::AddOn => "Add-on",
        Kind::System => "System",
    }
}

fn under_list(frame: Frame) -> Frame {
    frame.under("Cluster Profiles", "/profiles")
}

/// The trail of a page below a profile's: the list, then the profile.
fn under_profile(frame: Frame, profile: &Profile) -> Frame {
    under_list(frame).under(format!("{} {}", profile.name, profile.version), format!("/profiles/{}", profile.uid))
}

/// Whether the wizard made it and did not finish: the first version of something that was never published.
fn in_wizard(profile: &Profile) -> bool {
    !profile.is_published() && profile.versions.len() <= 1 && profile.kind != Kind::System
}

/// Where the stack of a profile is changed.
fn home(profile: &Profile) -> String {
    let page = if in_wizard(profile) { "/layers" } else { "" };
    format!("/profiles/{}{page}", profile.uid)
}

/// The same with this layer open.
fn layer_home(profile: &Profile, at: usize) -> String {
    if in_wizard(profile) { home(profile) } else { format!("/profiles/{}?layer={at}", profile.uid) }
}

/// Where one text of a layer is edited: its values, or a manifest by its uid; `None` for what opens by itself.
fn layer_address(profile: &Profile, at: usize, file: Option<&str>) -> String {
    let (uid, file) = (&profile.uid, file.map(encode));
    match (in_wizard(profile), file) {
        (true, None) => format!("/profiles/{uid}/layers/{at}"),
        (true, Some(file)) => format!("/profiles/{uid}/layers/{at}?file={file}"),
        (false, None) => format!("/profiles/{uid}?layer={at}"),
        (false, Some(file)) => format!("/profiles/{uid}?layer={at}&file={file}"),
    }
}

struct Step {
    number: usize,
    name: &'static str,
    is_done: bool,
    is_here: bool,
    address: Option<String>,
}

/// The wizard's steps for a profile that is in it; else none.
fn steps_of(profile: &Profile, here: usize) -> Vec<Step> {
    if in_wizard(profile) { steps(Some(&profile.uid), here) } else { Vec::new() }
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
