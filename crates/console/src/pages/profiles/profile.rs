//! One profile: its stack, what is wrong with it, and the chosen layer in an editor. Deleting names what goes.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::checks::{self, CheckView};
use crate::pages::profiles::editor::{self, Editor};
use crate::pages::profiles::head::{self, Tab, Top, editable, read};
use crate::pages::profiles::stack::{self, LayerView};
use crate::pages::profiles::{failure, under_list};
use crate::pages::registries::Dialog;
use crate::visit::{Post, Visit};
use crate::words::counted;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_profile::{Error, Profile};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "profiles/profile.html")]
pub(super) struct ProfilePage {
    frame: Frame,
    top: Top,
    layers: Vec<LayerView>,
    checks: Vec<CheckView>,
    /// For those who may not edit, `editor` is read-only.
    editor: Option<Editor>,
    problem: Option<String>,
    pub(super) dialog: Option<Dialog>,
}

#[derive(Deserialize, Default, Clone, Copy)]
pub(super) struct Choice {
    layer: Option<usize>,
    /// Of its values, to begin at.
    line: Option<usize>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(choice): Query<Choice>,
) -> Result<Response, Failure> {
    let profile = read(&visit, &uid).await?;
    let page = page(&state, &visit, &profile, choice).await?;
    visit.page(&page)
}

pub(super) async fn page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    choice: Choice,
) -> Result<ProfilePage, Failure> {
    let uid = &profile.uid;
    let address = |at: usize, line: Option<usize>| match line {
        Some(line) => format!("/profiles/{uid}?layer={at}&line={line}#values-title"),
        None => format!("/profiles/{uid}?layer={at}"),
    };
    let checks = checks::checks(state, visit, profile, address).await?;
    let mut top = head::top(visit, profile, Tab::Layers).await;
    top.errors = checks::errors(&checks);
    let mut layers = stack::layers(state, visit, profile.current()).await;
    let at = choice.layer.filter(|at| *at < layers.len()).or((!layers.is_empty()).then_some(0));
    if top.can_manage {
        stack::with_tools(state, visit, profile, &mut layers, at).await;
    }
    for (index, view) in layers.iter_mut().enumerate() {
        view.address = Some(address(index, None));
        view.is_chosen = at == Some(index);
    }
    let editor = match at {
        Some(at) => {
            let mut editor = editor::of_layer(state, visit, profile, at).await?;
            editor.line = choice.line;
            editor.is_fixed = !top.can_manage;
            Some(editor)
        }
        None => None,
    };
    Ok(ProfilePage {
        frame: under_list(visit.frame(profile.name.as_str(), Section::Profiles)),
        top,
        layers,
        checks,
        editor,
        problem: None,
        dialog: None,
    })
}

/// Makes the draft what is published, where the check finds no error.
pub(super) async fn publish(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    match state.profiles.publish_checked(visit.caller(), &uid).await {
        Ok(()) => Ok(visit.done(
            &format!("/profiles/{uid}"),
            &format!("Cluster profile {} {} published", profile.name, profile.version),
        )),
        Err(Error::Unfit(found)) => {
            let errors = found.iter().filter(|remark| remark.is_error()).count();
            let mut page = page(&state, &visit, &profile, Choice::default()).await?;
            page.problem = Some(format!("Not published: {} to mend first.", counted(errors as i64, "error")));
            visit.page(&page)
        }
        Err(error) => Err(failure(error)),
    }
}

/// Back to what is published.
pub(super) async fn discard(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    editable(&visit, &uid).await?;
    state.profiles.discard_draft(visit.caller(), &uid).await.map_err(failure)?;
    Ok(visit.done(&format!("/profiles/{uid}"), "Draft discarded; History has it"))
}

pub(super) async fn ask_delete(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let mut page = page(&state, &visit, &profile, Choice::default()).await?;
    let mut consequences = vec![match page.layers.len() {
        0 => "It has no layers yet.".to_owned(),
        1 => "Its layer with its values is gone; the pack itself stays in the catalogue.".to_owned(),
        n => format!(
            "Its {} with their values are gone; the packs themselves stay in the catalogue.",
            counted(n as i64, "layer")
        ),
    }];
    consequences.push("Its history is gone too.".to_owned());
    if profile.versions.len() > 1 {
        consequences.push("Other versions of this profile stay.".to_owned());
    }
    page.dialog = Some(Dialog {
        title: format!("Delete cluster profile {} {}?", profile.name, profile.version),
        consequences,
        links: Vec::new(),
        action: format!("/profiles/{uid}/delete"),
        back: format!("/profiles/{uid}"),
        csrf: page.frame.csrf.clone(),
        verb: "Delete cluster profile",
    });
    visit.page(&page)
}

/// To another version, where there is one.
pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    state.profiles.delete(visit.caller(), &uid).await.map_err(failure)?;
    let other = profile.versions.iter().find(|other| other.uid != uid);
    let next = other.map_or_else(|| "/profiles".to_owned(), |other| format!("/profiles/{}", other.uid));
    Ok(visit.done(&next, &format!("Cluster profile {} {} deleted", profile.name, profile.version)))
}
