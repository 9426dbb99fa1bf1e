//! The wizard's second step, the stack, and its third, the review.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::basics::draft;
use crate::pages::profiles::checks::{self, CheckView, Spot};
use crate::pages::profiles::head::{Head, editable, head};
use crate::pages::profiles::overlay::Overlay;
use crate::pages::profiles::stack::{self, LayerView};
use crate::pages::profiles::{Step, guard, home, in_wizard, layer_address, problem, profile, steps, under_profile};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use packyard_profile::{Error, Profile};

#[derive(Template)]
#[template(path = "profiles/layers.html")]
struct LayersPage {
    frame: Frame,
    steps: Vec<Step>,
    head: Head,
    layers: Vec<LayerView>,
    /// What was asked for and not done.
    problem: Option<String>,
    overlay: Overlay,
}

#[derive(Template)]
#[template(path = "profiles/review.html")]
struct ReviewPage {
    frame: Frame,
    steps: Vec<Step>,
    head: Head,
    layers: Vec<LayerView>,
    checks: Vec<CheckView>,
    can_finish: bool,
    /// What Finish Configuration publishes.
    was: String,
    problem: Option<String>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = draft(&visit, &uid).await?;
    visit.page(&page(&state, &visit, &profile, None).await)
}

/// The step with something over it, which the trail names.
pub(super) async fn page_under(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    title: &str,
    overlay: Overlay,
) -> Result<Response, Failure> {
    let mut page = page(state, visit, profile, None).await;
    page.frame = page.frame.under(STACK, home(profile));
    title.clone_into(&mut page.frame.title);
    page.overlay = overlay;
    visit.page(&page)
}

const STACK: &str = "Profile layers";

async fn page(state: &ConsoleState, visit: &Visit, profile: &Profile, problem: Option<String>) -> LayersPage {
    let uid = &profile.uid;
    let mut layers = stack::layers(state, visit, profile.current()).await;
    stack::with_tools(state, visit, profile, &mut layers, None).await;
    for (at, layer) in layers.iter_mut().enumerate() {
        layer.address = Some(format!("/profiles/{uid}/layers/{at}"));
    }
    let frame = under_profile(visit.frame(STACK, Section::Profiles), profile);
    let head = head(visit, profile).await;
    LayersPage { frame, steps: steps(Some(uid), 1), head, layers, problem, overlay: Overlay::None }
}

/// The page with the stack, and why that was not changed.
pub(super) async fn refused(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    chosen: Option<usize>,
    text: String,
) -> Result<Response, Failure> {
    if in_wizard(profile) && chosen.is_none() {
        return visit.page(&page(state, visit, profile, Some(text)).await);
    }
    profile::refused_at(state, visit, profile, chosen, text).await
}

/// `move` is `up`, `down`, `out`, or `to` with a place, counted from 0.
pub(super) async fn move_layer(
    State(state): State<ConsoleState>,
    Path((uid, at)): Path<(String, usize)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let fields = &post.fields;
    let chosen = stack::find(profile.current(), usize::MAX, &fields.text("chosen")).ok();
    let at = match stack::find(profile.current(), at, &fields.text("layer")) {
        Ok(at) => at,
        // Somebody else removed it.
        Err(_) => return refused(&state, &visit, &profile, chosen, guard::overtaken(&visit, &profile).await).await,
    };
    let packs = &profile.current().packs;
    let is_out = fields.text("move") == "out";
    let now = if is_out { guard::layer(&packs[at]) } else { guard::order(packs) };
    if guard::is_stale(fields, &now) {
        return refused(&state, &visit, &profile, chosen, guard::overtaken(&visit, &profile).await).await;
    }
    let mut packs = stack::inputs(&profile);
    let mut names: Vec<String> = (0..packs.len()).map(|at| stack::id(&profile.current().packs, at)).collect();
    let place = match fields.text("move").as_str() {
        "up" => at.checked_sub(1),
        "down" => Some(at + 1),
        "to" => fields.text("to").parse().ok(),
        _ => None,
    };
    let done = match place.filter(|place| *place < packs.len() && *place != at) {
        Some(place) => {
            let (pack, name) = (packs.remove(at), names.remove(at));
            packs.insert(place, pack);
            names.insert(place, name);
            None
        }
        None if is_out => {
            names.remove(at);
            Some(format!("{} removed from the profile", packs.remove(at).name))
        }
        None => return Ok(Redirect::to(&back(&profile, &names, &fields.text("chosen"))).into_response()),
    };
    if let Some(problem) = stack::save(&state, &visit, &profile, packs).await? {
        return refused(&state, &visit, &profile, chosen, problem.text).await;
    }
    let back = back(&profile, &names, &fields.text("chosen"));
    // A layer that is moved in place asks as a part: its request follows the redirect and takes the stack from the page.
    Ok(done.map_or_else(|| Redirect::to(&back).into_response(), |toast| visit.done(&back, &toast)))
}

/// The page the stack stands on, with the same layer open.
fn back(profile: &Profile, names: &[String], chosen: &str) -> String {
    match names.iter().position(|name| name == chosen).filter(|_| !chosen.is_empty()) {
        Some(at) => format!("/profiles/{}?layer={at}", profile.uid),
        None => home(profile),
    }
}

pub(super) async fn review(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = draft(&visit, &uid).await?;
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
    let frame = under_profile(visit.frame("Review", Section::Profiles), profile);
    let layers = stack::layers(state, visit, profile.current()).await;
    let address = |at: usize, spot: &Spot| match (&spot.file, spot.line) {
        (Some(file), Some(line)) => format!("{}&line={line}", layer_address(profile, at, Some(file))),
        _ => layer_address(profile, at, None),
    };
    let checks = checks::checks(state, visit, profile, address).await?;
    visit.page(&ReviewPage {
        frame,
        steps: steps(Some(&profile.uid), 2),
        head: head(visit, profile).await,
        layers,
        was: guard::whole(profile),
        can_finish: checks::errors(&checks) == 0,
        checks,
        problem,
    })
}

pub(super) async fn finish(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = draft(&visit, &uid).await?;
    if profile.current().packs.is_empty() {
        return Ok(visit.go(&format!("/profiles/{uid}/layers")));
    }
    if guard::is_stale(&post.fields, &guard::whole(&profile)) {
        let text = guard::overtaken(&visit, &profile).await;
        return review_page(&state, &visit, &profile, Some(text)).await;
    }
    match state.profiles.at(profile.revision).publish_checked(visit.caller(), &uid).await {
        Ok(()) => Ok(visit.done(
            &format!("/profiles/{uid}"),
            &format!("Cluster profile {} {} created", profile.name, profile.version),
        )),
        // The page says what is wrong by itself.
        Err(Error::Unfit(_)) => review_page(&state, &visit, &profile, None).await,
        Err(error) => review_page(&state, &visit, &profile, Some(problem(error)?)).await,
    }
}
