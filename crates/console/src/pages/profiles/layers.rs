//! The wizard's second step, the stack, and its third, the review.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::basics::draft;
use crate::pages::profiles::profile::{Head, head};
use crate::pages::profiles::stack::{self, LayerView, Tools};
use crate::pages::profiles::{MANAGE, Step, failure, problem, steps, under_draft};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use packyard_profile::{Draft, Profile};

#[derive(Template)]
#[template(path = "profiles/layers.html")]
struct LayersPage {
    frame: Frame,
    steps: Vec<Step>,
    head: Head,
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
    let packs = &profile.current().packs;
    for (at, layer) in layers.iter_mut().enumerate() {
        layer.address = Some(format!("/profiles/{uid}/layers/{at}"));
        layer.tools = Some(Tools {
            id: format!(
                "{}-{}",
                packs[at].pack_uid,
                packs[..at].iter().filter(|p| p.pack_uid == packs[at].pack_uid).count()
            ),
            action: format!("/profiles/{uid}/layers/{at}/move"),
            csrf: visit.session.csrf.clone(),
            is_first: at == 0,
            is_last: at == last,
        });
    }
    let frame = under_draft(visit.frame("Profile layers", Section::Profiles), &profile);
    visit.page(&LayersPage { frame, steps: steps(Some(&uid), 1), head: head(&visit, &profile), layers })
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
        _ => return Ok(Redirect::to(&back).into_response()),
    };
    state.profiles.update(visit.caller(), &uid, Draft { packs, ..Draft::default() }).await.map_err(failure)?;
    // A layer that is moved in place asks as a part: its request follows the redirect and takes the stack from the page.
    Ok(done.map_or_else(|| Redirect::to(&back).into_response(), |toast| visit.done(&back, &toast)))
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
    let frame = under_draft(visit.frame("Review", Section::Profiles), profile);
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
