//! Another name for a layer of manifests. A layer of a pack is called as its pack.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::profiles::head::editable;
use crate::pages::profiles::overlay::{self, Overlay};
use crate::pages::profiles::{capitalised, guard, in_wizard, layer_home, layers, stack};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{PackType, Profile, check_name};

pub(super) struct Form {
    pub(super) csrf: String,
    pub(super) action: String,
    pub(super) back: String,
    /// Which layer it is, wherever it stands by the time the form comes in.
    pub(super) layer: String,
    /// What it was called when the form was made.
    pub(super) was: String,
    pub(super) old: String,
    pub(super) name: String,
    /// Layers with a macro that names this one.
    pub(super) taken_from_by: Vec<String>,
    pub(super) errors: FieldErrors,
    pub(super) problem: Option<String>,
}

impl Form {
    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    fn about(visit: &Visit, profile: &Profile, at: usize) -> Result<Self, Failure> {
        let packs = &profile.current().packs;
        let layer = packs.get(at).ok_or_else(|| Failure::NotFound("This layer".to_owned()))?;
        if layer.pack_type != PackType::Manifest {
            let text = format!("{} is called as its pack; a layer of manifests can be renamed", layer.name);
            return Err(Failure::Refused(text));
        }
        Ok(Self {
            csrf: visit.session.csrf.clone(),
            action: format!("/profiles/{}/layers/{at}/rename", profile.uid),
            back: layer_home(profile, at),
            layer: stack::id(packs, at),
            was: guard::layer_name(layer),
            old: layer.name.clone(),
            name: layer.name.clone(),
            taken_from_by: profile.layers_taking_from(&layer.name).into_iter().map(str::to_owned).collect(),
            errors: FieldErrors::default(),
            problem: None,
        })
    }

    /// Whether the profile could call the layer so.
    fn check(&mut self, profile: &Profile, at: usize) {
        if let Err(error) = check_name("layer-name", &self.name) {
            self.errors.add("layer-name", capitalised(&error.to_string()));
        } else if let Some(other) = stack::place_of(profile.current(), &self.name, Some(at)) {
            let text = format!("Layer {other} of this profile has this name. Choose another.");
            self.errors.add("layer-name", text);
        }
    }
}

/// Over the page that has the stack.
async fn show(state: &ConsoleState, visit: &Visit, profile: &Profile, form: Form) -> Result<Response, Failure> {
    let title = format!("Rename {}", form.old);
    if in_wizard(profile) {
        return layers::page_under(state, visit, profile, &title, Overlay::Rename(form)).await;
    }
    overlay::page(state, visit, profile, &title, Overlay::Rename(form)).await
}

pub(super) async fn ask(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, at)): Path<(String, usize)>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let form = Form::about(&visit, &profile, at)?;
    show(&state, &visit, &profile, form).await
}

pub(super) async fn rename(
    State(state): State<ConsoleState>,
    Path((uid, at)): Path<(String, usize)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let Ok(at) = stack::find(profile.current(), at, &post.fields.text("layer")) else {
        // Somebody else removed or renamed it.
        let text = guard::overtaken(&visit, &profile).await;
        return layers::refused(&state, &visit, &profile, None, text).await;
    };
    let mut form = Form { name: post.fields.text("layer-name"), ..Form::about(&visit, &profile, at)? };
    form.check(&profile, at);
    if guard::is_stale(&post.fields, &form.was) {
        form.problem = Some(guard::overtaken(&visit, &profile).await);
    } else if form.name == form.old {
        return Ok(visit.go(&form.back));
    } else if form.errors.is_empty() {
        let mut packs = stack::inputs(&profile);
        packs[at].name.clone_from(&form.name);
        match stack::save(&state, &visit, &profile, packs).await? {
            None => return Ok(visit.done(&form.back, &format!("{} is called {} now", form.old, form.name))),
            Some(problem) => form.problem = Some(problem.text),
        }
    }
    show(&state, &visit, &profile, form).await
}
