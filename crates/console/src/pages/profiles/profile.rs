//! One profile: its stack, what is wrong with it, and the chosen layer in an editor. Deleting names what goes.

use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::checks::{self, CheckView, Spot};
use crate::pages::profiles::editor::{self, Editor, Open};
use crate::pages::profiles::guard::Was;
use crate::pages::profiles::head::{self, Tab, Top, editable, read};
use crate::pages::profiles::overlay::{self, Overlay};
use crate::pages::profiles::stack::{self, LayerView};
use crate::pages::profiles::{guard, problem, under_list};
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
    pub(super) frame: Frame,
    top: Top,
    layers: Vec<LayerView>,
    checks: Vec<CheckView>,
    /// For those who may not edit, `editor` is read-only.
    editor: Option<Editor>,
    pub(super) overlay: Overlay,
}

#[derive(Deserialize, Default)]
pub(super) struct Choice {
    layer: Option<usize>,
    file: Option<String>,
    line: Option<usize>,
}

impl Choice {
    pub(super) fn of_layer(at: Option<usize>) -> Self {
        Self { layer: at, ..Self::default() }
    }
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
    let address = |at: usize, spot: &Spot| match (&spot.file, spot.line) {
        (Some(file), Some(line)) => format!("/profiles/{uid}?layer={at}&file={file}&line={line}#values-title"),
        _ => format!("/profiles/{uid}?layer={at}"),
    };
    let checks = checks::checks(state, visit, profile, address).await?;
    let top = head::top_with(visit, profile, Tab::Layers, checks::errors(&checks)).await;
    let mut layers = stack::layers(state, visit, profile.current()).await;
    let at = choice.layer.filter(|at| *at < layers.len()).or((!layers.is_empty()).then_some(0));
    if top.can_manage {
        stack::with_tools(state, visit, profile, &mut layers, at).await;
    }
    for (index, view) in layers.iter_mut().enumerate() {
        view.address = Some(address(index, &Spot::default()));
        view.is_chosen = at == Some(index);
    }
    let editor = match at {
        Some(at) => {
            // A layer's text that is asked for and gone is no reason not to show the profile.
            let open = Open { file: choice.file, line: choice.line };
            let asked = editor::of_layer(state, visit, profile, at, &open).await;
            let mut editor = match asked {
                Err(Failure::NotFound(_)) => editor::of_layer(state, visit, profile, at, &Open::default()).await?,
                asked => asked?,
            };
            editor.is_fixed = !top.can_manage;
            Some(editor)
        }
        None => None,
    };
    Ok(ProfilePage {
        frame: under_list(visit.frame(format!("{} {}", profile.name, profile.version), Section::Profiles)),
        top,
        layers,
        checks,
        editor,
        overlay: Overlay::None,
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
    if guard::is_stale(&post.fields, &guard::whole(&profile)) {
        return refused(&state, &visit, &profile, guard::overtaken(&visit, &profile).await).await;
    }
    match state.profiles.at(profile.revision).publish_checked(visit.caller(), &uid).await {
        Ok(()) => Ok(visit.done(
            &format!("/profiles/{uid}"),
            &format!("Cluster profile {} {} published", profile.name, profile.version),
        )),
        Err(Error::Unfit(found)) => {
            let errors = found.iter().filter(|remark| remark.is_error()).count();
            let text = format!("Not published: {} to mend first.", counted(errors as i64, "error"));
            refused(&state, &visit, &profile, text).await
        }
        Err(error) => refused(&state, &visit, &profile, problem(error)?).await,
    }
}

/// The profile as it is, and why it was not changed.
pub(super) async fn refused(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    text: String,
) -> Result<Response, Failure> {
    refused_at(state, visit, profile, None, text).await
}

/// The same with a layer open.
pub(super) async fn refused_at(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    at: Option<usize>,
    text: String,
) -> Result<Response, Failure> {
    let mut page = page(state, visit, profile, Choice::of_layer(at)).await?;
    page.top.problem = Some(text);
    visit.page(&page)
}

/// Back to what is published.
pub(super) async fn discard(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    if guard::is_stale(&post.fields, &guard::whole(&profile)) {
        return refused(&state, &visit, &profile, guard::overtaken(&visit, &profile).await).await;
    }
    match state.profiles.at(profile.revision).discard_draft(visit.caller(), &uid).await {
        Ok(()) => Ok(visit.done(&format!("/profiles/{uid}"), "Draft discarded; History has it")),
        Err(error) => refused(&state, &visit, &profile, problem(error)?).await,
    }
}

pub(super) async fn ask_delete(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let mut consequences = vec![match profile.current().packs.len() {
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
    let dialog = Dialog {
        title: format!("Delete cluster profile {} {}?", profile.name, profile.version),
        consequences,
        links: Vec::new(),
        action: format!("/profiles/{uid}/delete?was={}", guard::whole(&profile)),
        back: format!("/profiles/{uid}"),
        csrf: visit.session.csrf.clone(),
        verb: "Delete cluster profile",
    };
    overlay::page(&state, &visit, &profile, "Delete", Overlay::Question(dialog)).await
}

/// To another version, where there is one.
pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    Query(was): Query<Was>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    if was.is_stale(&guard::whole(&profile)) {
        let text = guard::overtaken_before(&visit, &profile, "deleted").await;
        return refused(&state, &visit, &profile, text).await;
    }
    if let Err(error) = state.profiles.at(profile.revision).delete(visit.caller(), &uid).await {
        return refused(&state, &visit, &profile, problem(error)?).await;
    }
    let other = profile.versions.iter().find(|other| other.uid != uid);
    let next = other.map_or_else(|| "/profiles".to_owned(), |other| format!("/profiles/{}", other.uid));
    Ok(visit.done(&next, &format!("Cluster profile {} {} deleted", profile.name, profile.version)))
}
