//! A new password for a user, and the end of one: each asked first.

use super::users::{Made, one, page, shown_name};
use super::{USERS, failure, rights};
use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::visit::{Post, Visit};
use axum::extract::{Path, State};
use axum::response::Response;

/// A question about a user, over the list, for whoever has the right to do it.
async fn ask(
    state: &ConsoleState,
    visit: &Visit,
    uid: &str,
    right: &str,
    (title, verb, way): (&str, &'static str, &str),
    consequences: &[&str],
) -> Result<Response, Failure> {
    visit.require(right).await?;
    let known = one(state, visit, uid).await?;
    let mut page = page(state, visit, "").await?;
    page.frame = page.frame.under("Users", USERS);
    page.frame.title = format!("{title} {}", shown_name(&known.user));
    page.dialog = Some(Dialog {
        title: format!("{title} {}?", shown_name(&known.user)),
        consequences: consequences.iter().map(|text| (*text).to_owned()).collect(),
        links: Vec::new(),
        action: format!("{USERS}/{uid}/{way}"),
        back: USERS.to_owned(),
        csrf: visit.session.csrf.clone(),
        verb,
    });
    visit.page(&page)
}

pub(super) async fn ask_password(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let consequences = [
        "The old password stops working, and every session of the user ends.",
        "You are shown a one-time password once. The user chooses another at the next login.",
        "Access keys and API keys go on working.",
    ];
    let words = ("Reset the password of", "Reset password", "password");
    ask(&state, &visit, &uid, rights::RESET_PASSWORD, words, &consequences).await
}

pub(super) async fn reset_password(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let issued = state.access.iam(visit.caller()).reset_password(&uid).await.map_err(failure)?;
    let mut page = page(&state, &visit, "").await?;
    page.made = Some(Made::new(&state, format!("Password of {} reset.", shown_name(&issued.user)), &issued));
    visit.page(&page)
}

pub(super) async fn ask_deactivate(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let consequences = [
        "The user is logged out, and password, access keys and API keys stop working.",
        "Nothing is deleted: activate the user again, and all but the sessions work as before.",
    ];
    let words = ("Deactivate", "Deactivate user", "deactivate");
    ask(&state, &visit, &uid, rights::EDIT, words, &consequences).await
}

pub(super) async fn deactivate(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    set_active(&state, &post.visit, &uid, false).await
}

pub(super) async fn activate(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    set_active(&state, &post.visit, &uid, true).await
}

async fn set_active(state: &ConsoleState, visit: &Visit, uid: &str, active: bool) -> Result<Response, Failure> {
    let known = one(state, visit, uid).await?;
    state.access.iam(visit.caller()).set_active(uid, active).await.map_err(failure)?;
    let word = if active { "activated" } else { "deactivated" };
    Ok(visit.done(USERS, &format!("User {} {word}", shown_name(&known.user))))
}

pub(super) async fn ask_delete(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let consequences = [
        "Password, access keys, API keys, roles and memberships of the user are erased, and whatever uses them is refused.",
        "What the user made stays, and the activity log keeps the name.",
        "Deactivate the user instead to be able to go back.",
    ];
    ask(&state, &visit, &uid, rights::DELETE, ("Delete user", "Delete user", "delete"), &consequences).await
}

pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let known = one(&state, &visit, &uid).await?;
    state.access.iam(visit.caller()).delete_person(&uid).await.map_err(failure)?;
    Ok(visit.done(USERS, &format!("User {} deleted", shown_name(&known.user))))
}
