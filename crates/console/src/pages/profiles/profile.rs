//! One profile to read: its stack, and the values of the layer that is chosen. Deleting names what goes.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::{MANAGE, READ, failure, kind_word, list, stack};
use crate::pages::registries::Dialog;
use crate::parts::Status;
use crate::visit::{Post, Visit};
use crate::words::{When, counted};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_profile::{Kind, Profile};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "profiles/profile.html")]
struct ProfilePage {
    frame: Frame,
    can_manage: bool,
    head: Head,
    layers: Vec<stack::LayerView>,
    chosen: Option<Chosen>,
    versions: Vec<(String, String, bool)>,
    dialog: Option<Dialog>,
}

pub(super) struct Head {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) kind: &'static str,
    pub(super) scope: &'static str,
    pub(super) description: String,
    pub(super) tags: Vec<String>,
    pub(super) state: Status,
    pub(super) can_continue: bool,
    pub(super) created: When,
    pub(super) changed: When,
}

struct Chosen {
    title: String,
    values: String,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    layer: Option<usize>,
}

pub(super) fn head(visit: &Visit, profile: &Profile) -> Head {
    Head {
        uid: profile.uid.clone(),
        name: profile.name.clone(),
        version: profile.version.clone(),
        kind: kind_word(profile.kind),
        scope: match profile.scope {
            packyard_profile::Scope::System => "System",
            packyard_profile::Scope::Tenant => "Tenant",
            packyard_profile::Scope::Project(_) => "Project",
        },
        description: profile.description.clone(),
        tags: list::tags(&profile.labels),
        state: list::state(profile.is_published(), profile.draft.is_some()),
        can_continue: !profile.is_published() && profile.kind == Kind::AddOn,
        created: visit.when(profile.created_at_ms),
        changed: visit.when(profile.updated_at_ms),
    }
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(choice): Query<Choice>,
) -> Result<Response, Failure> {
    let page = page(&state, &visit, &uid, choice.layer).await?;
    visit.page(&page)
}

pub(super) async fn ask_delete(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let mut page = page(&state, &visit, &uid, None).await?;
    let head = &page.head;
    let mut consequences = vec![match page.layers.len() {
        0 => "It has no layers yet.".to_owned(),
        1 => "Its layer with its values is gone; the pack itself stays in the catalogue.".to_owned(),
        n => format!(
            "Its {} with their values are gone; the packs themselves stay in the catalogue.",
            counted(n as i64, "layer")
        ),
    }];
    if page.versions.len() > 1 {
        consequences.push("Other versions of this profile stay.".to_owned());
    }
    page.dialog = Some(Dialog {
        title: format!("Delete cluster profile {} {}?", head.name, head.version),
        consequences,
        links: Vec::new(),
        action: format!("/profiles/{}/delete", head.uid),
        back: format!("/profiles/{}", head.uid),
        csrf: page.frame.csrf.clone(),
        verb: "Delete cluster profile",
    });
    visit.page(&page)
}

pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let profile = state.profiles.get(visit.caller(), &uid).await.map_err(failure)?;
    state.profiles.delete(visit.caller(), &uid).await.map_err(failure)?;
    Ok(visit.done("/profiles", &format!("Cluster profile {} {} deleted", profile.name, profile.version)))
}

async fn page(state: &ConsoleState, visit: &Visit, uid: &str, layer: Option<usize>) -> Result<ProfilePage, Failure> {
    visit.require(READ).await?;
    let profile = state.profiles.get(visit.caller(), uid).await.map_err(failure)?;
    let mut layers = stack::layers(state, visit, profile.current()).await;
    let at = layer.filter(|at| *at < layers.len()).or((!layers.is_empty()).then_some(0));
    for (index, view) in layers.iter_mut().enumerate() {
        view.address = Some(format!("/profiles/{uid}?layer={index}"));
        view.is_chosen = at == Some(index);
    }
    let chosen =
        at.map(|at| Chosen { title: layers[at].name.clone(), values: profile.current().packs[at].values.clone() });
    let versions = profile
        .versions
        .iter()
        .map(|other| (other.version.clone(), format!("/profiles/{}", other.uid), other.uid == profile.uid));
    Ok(ProfilePage {
        frame: visit.frame(profile.name.as_str(), Section::Profiles).under("Cluster Profiles", "/profiles"),
        can_manage: visit.may(MANAGE).await,
        head: head(visit, &profile),
        layers,
        chosen,
        versions: versions.collect(),
        dialog: None,
    })
}
