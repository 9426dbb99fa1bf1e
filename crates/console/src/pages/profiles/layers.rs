//! The wizard's second step, the stack, and its third, the review.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::basics::draft;
use crate::pages::profiles::profile::{Head, head};
use crate::pages::profiles::stack::{self, LayerView, Tools};
use crate::pages::profiles::{MANAGE, Step, failure, problem, steps};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{Draft, Profile};

#[derive(Template)]
#[template(path = "profiles/layers.html")]
struct LayersPage {
    frame: Frame,
    steps: Vec<Step>,
    uid: String,
    name: String,
    version: String,
    layers: Vec<LayerView>,
}

#[derive(Template)]
#[template(path = "profiles/review.html")]
struct ReviewPage {
    frame: Frame,
    steps: Vec<Step>,
    head: Head,
    layers: Vec<LayerView>,
    problem: Option<String>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let mut layers = stack::layers(&state, &visit, profile.current()).await;
    let last = layers.len().saturating_sub(1);
    for (at, layer) in layers.iter_mut().enumerate() {
        layer.address = Some(format!("/profiles/{uid}/layers/{at}"));
        layer.tools = Some(Tools {
            action: format!("/profiles/{uid}/layers/{at}/move"),
            csrf: visit.session.csrf.clone(),
            is_first: at == 0,
            is_last: at == last,
        });
    }
    let frame = visit.frame("Profile layers", Section::Profiles).under("Cluster Profiles", "/profiles");
    visit.page(&LayersPage {
        frame,
        steps: steps(Some(&uid), 1),
        uid,
        name: profile.name,
        version: profile.version,
        layers,
    })
}

/// `move` is `up`, `down` or `out`.
pub(super) async fn move_layer(
    State(state): State<ConsoleState>,
    Path((uid, at)): Path<(String, usize)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let mut packs: Vec<_> = profile.current().packs.iter().map(stack::as_input).collect();
    if at >= packs.len() {
        return Err(Failure::NotFound("This layer".to_owned()));
    }
    let back = format!("/profiles/{uid}/layers");
    let done = match post.fields.text("move").as_str() {
        "up" if at > 0 => {
            packs.swap(at - 1, at);
            None
        }
        "down" if at + 1 < packs.len() => {
            packs.swap(at, at + 1);
            None
        }
        "out" => Some(format!("{} removed from the profile", packs.remove(at).name)),
        _ => return Ok(visit.go(&back)),
    };
    state.profiles.update(visit.caller(), &uid, Draft { packs, ..Draft::default() }).await.map_err(failure)?;
    Ok(done.map_or_else(|| visit.go(&back), |toast| visit.done(&back, &toast)))
}

pub(super) async fn review(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    if profile.current().packs.is_empty() {
        return Ok(visit.go(&format!("/profiles/{uid}/layers")));
    }
    review_page(&state, &visit, &profile, None).await
}

async fn review_page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let frame = visit.frame("Review", Section::Profiles).under("Cluster Profiles", "/profiles");
    let layers = stack::layers(state, visit, profile.current()).await;
    visit.page(&ReviewPage { frame, steps: steps(Some(&profile.uid), 2), head: head(visit, profile), layers, problem })
}

pub(super) async fn finish(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    if profile.current().packs.is_empty() {
        return Ok(visit.go(&format!("/profiles/{uid}/layers")));
    }
    match state.profiles.publish(visit.caller(), &uid).await {
        Ok(()) => Ok(visit.done(
            &format!("/profiles/{uid}"),
            &format!("Cluster profile {} {} created", profile.name, profile.version),
        )),
        Err(error) => review_page(&state, &visit, &profile, Some(problem(error)?)).await,
    }
}
