//! Hand-written manifests: a layer of them (Add Manifest), and more of them in a layer that is there (New manifest).

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::editor::{self, Open, Problem};
use crate::pages::profiles::head::editable;
use crate::pages::profiles::{
    Step, capitalised, guard, home, in_wizard, layer_address, layer_home, stack, steps_of, under_profile, values,
};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, PostText, Visit};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use packyard_profile::{ManifestInput, PackInput, PackType, Profile, check_name, manifest_faults};

/// Where a layer of manifests stands among the others.
const LAYER: &str = "addon";

#[derive(Template)]
#[template(path = "profiles/manifest.html")]
struct ManifestPage {
    frame: Frame,
    steps: Vec<Step>,
    title: String,
    form: Form,
}

#[derive(Default)]
struct Form {
    action: String,
    back: String,
    /// `None` in a layer that is there.
    layer: Option<String>,
    /// Which that is, wherever it stands by the time the form comes in.
    into: String,
    name: String,
    content: String,
    errors: FieldErrors,
    problem: Option<Problem>,
}

impl Form {
    fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    fn is_sound(&self) -> bool {
        self.errors.is_empty() && self.problem.is_none()
    }

    fn new_layer(profile: &Profile) -> Self {
        let uid = &profile.uid;
        let action = format!("/profiles/{uid}/layers/new-manifest");
        Self { action, back: home(profile), layer: Some(String::new()), ..Self::default() }
    }

    fn in_layer(profile: &Profile, at: usize) -> Self {
        let action = format!("/profiles/{}/layers/{at}/manifests/new", profile.uid);
        let into = stack::id(&profile.current().packs, at);
        Self { action, back: layer_home(profile, at), into, ..Self::default() }
    }

    fn filled(self, post: &Post) -> Self {
        let fields = &post.fields;
        Self {
            layer: self.layer.map(|_| fields.text("layer-name")),
            name: fields.text("name"),
            content: fields.long_text("values", ""),
            ..self
        }
    }

    fn manifest(&self) -> ManifestInput {
        ManifestInput { uid: String::new(), name: self.name.clone(), content: self.content.clone() }
    }
}

fn page(visit: &Visit, profile: &Profile, title: &str, form: Form) -> Result<Response, Failure> {
    let mut frame = under_profile(visit.frame(title, Section::Profiles), profile);
    if in_wizard(profile) {
        frame = frame.under("Profile layers", home(profile));
    }
    visit.page(&ManifestPage { frame, steps: steps_of(profile, 1), title: title.to_owned(), form })
}

const ADD_MANIFEST: &str = "Add Manifest";

pub(super) async fn new_layer(visit: Visit, Path(uid): Path<String>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    page(&visit, &profile, ADD_MANIFEST, Form::new_layer(&profile))
}

pub(super) async fn add_layer(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = &post.visit;
    let profile = editable(visit, &uid).await?;
    let mut form = Form::new_layer(&profile).filled(&post);
    let layer = form.layer.clone().unwrap_or_default();
    match check_name("layer-name", &layer) {
        Err(error) => form.errors.add("layer-name", capitalised(&error.to_string())),
        Ok(()) => {
            if let Some(at) = stack::place_of(profile.current(), &layer, None) {
                form.errors.add("layer-name", format!("Layer {at} of this profile has this name. Choose another."));
            }
        }
    }
    checked(&mut form, &[]);
    if form.is_sound() {
        let mut packs = stack::inputs(&profile);
        let at = stack::place_for(profile.current(), LAYER);
        let input = PackInput {
            name: layer.clone(),
            pack_type: Some(PackType::Manifest),
            layer: Some(LAYER.to_owned()),
            manifests: vec![form.manifest()],
            ..PackInput::default()
        };
        packs.insert(at, input);
        form.problem = stack::save(&state, visit, &profile, packs).await?;
        if form.problem.is_none() {
            return Ok(visit.done(&layer_home(&profile, at), &format!("{layer} added")));
        }
    }
    page(visit, &profile, ADD_MANIFEST, form)
}

/// Says beside the fields what is wrong with a name and a text. A text that no cluster would take is refused here.
fn checked(form: &mut Form, names: &[&str]) {
    if let Some(text) = wrong_name(&form.name, names) {
        form.errors.add("name", text);
    }
    form.problem = wrong_content(&form.content);
}

fn wrong_name(name: &str, names: &[&str]) -> Option<String> {
    if let Err(error) = check_name("name", name) {
        return Some(capitalised(&error.to_string()));
    }
    names.contains(&name).then(|| format!("This layer has a manifest {name} already. Choose another name."))
}

fn wrong_content(content: &str) -> Option<Problem> {
    if content.trim().is_empty() {
        return Some("The manifest is empty. Type or paste at least one Kubernetes object.".to_owned().into());
    }
    let fault = manifest_faults(content).into_iter().find(|fault| fault.is_error)?;
    let text = format!("Line {}: {}.", fault.line, fault.message.trim_end_matches('.'));
    Some(Problem { text, line: Some(fault.line) })
}

fn title_of(profile: &Profile, at: usize) -> Result<String, Failure> {
    let layer = profile.current().packs.get(at).ok_or_else(|| Failure::NotFound("This layer".to_owned()))?;
    Ok(format!("New manifest of {}", layer.name))
}

pub(super) async fn new(visit: Visit, Path((uid, at)): Path<(String, usize)>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let title = title_of(&profile, at)?;
    page(&visit, &profile, &title, Form::in_layer(&profile, at))
}

pub(super) async fn add(
    State(state): State<ConsoleState>,
    Path((uid, at)): Path<(String, usize)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = &post.visit;
    let profile = editable(visit, &uid).await?;
    let at = stack::find(profile.current(), at, &post.fields.text("layer"))?;
    let title = title_of(&profile, at)?;
    let mut form = Form::in_layer(&profile, at).filled(&post);
    let manifests = &profile.current().packs[at].manifests;
    checked(&mut form, &manifests.iter().map(|manifest| manifest.name.as_str()).collect::<Vec<_>>());
    if form.is_sound() {
        let mut packs = stack::inputs(&profile);
        packs[at].manifests.push(form.manifest());
        form.problem = stack::save(&state, visit, &profile, packs).await?;
        if form.problem.is_none() {
            return Ok(visit.done(&layer_home(&profile, at), &format!("Manifest {} added", form.name)));
        }
    }
    page(visit, &profile, &title, form)
}

type Place = (String, usize, String);

/// Where a manifest stands in its layer.
fn position(profile: &Profile, at: usize, manifest: &str) -> Result<usize, Failure> {
    let found = profile.current().packs[at].manifests.iter().position(|known| known.uid == manifest);
    found.ok_or_else(|| Failure::NotFound("This manifest".to_owned()))
}

/// Whoever reloads the address of a form comes to the page with the form.
pub(super) async fn show(visit: Visit, Path((uid, at, manifest)): Path<Place>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    Ok(Redirect::to(&layer_address(&profile, at, Some(&manifest))).into_response())
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path((uid, at, manifest)): Path<Place>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = &post.visit;
    let profile = editable(visit, &uid).await?;
    let at = stack::find(profile.current(), at, &post.fields.text("layer"))?;
    let own = position(&profile, at, &manifest)?;
    let manifests = &profile.current().packs[at].manifests;
    let (name, saved) = (post.fields.text("name"), &manifests[own].content);
    let content = post.fields.long_text("values", saved);
    let others: Vec<&str> = manifests.iter().filter(|other| other.uid != manifest).map(|m| m.name.as_str()).collect();
    let stale = guard::overtaken_text(&post.fields.text("seen"), saved, &content).map(Problem::from);
    let mut refused = wrong_name(&name, &others).map(Problem::from).or_else(|| wrong_content(&content)).or(stale);
    if refused.is_none() {
        let mut packs = stack::inputs(&profile);
        packs[at].manifests[own].name.clone_from(&name);
        packs[at].manifests[own].content.clone_from(&content);
        refused = stack::save(&state, visit, &profile, packs).await?;
    }
    let Some(problem) = refused else {
        let back = layer_address(&profile, at, Some(&manifest));
        return Ok(visit.done(&back, &format!("Manifest {name} saved")));
    };
    let open = Open { file: Some(manifest), line: None };
    let mut editor = editor::of_layer(&state, visit, &profile, at, &open).await?;
    editor.texts.values = content;
    if let Some(field) = &mut editor.manifest {
        field.name = name;
    }
    editor.problem = Some(problem);
    values::page(visit, &profile, editor)
}

/// A layer of manifests keeps one: without any it is removed as a layer.
pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path((uid, at, manifest)): Path<Place>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = &post.visit;
    let profile = editable(visit, &uid).await?;
    let at = stack::find(profile.current(), at, &post.fields.text("layer"))?;
    let own = position(&profile, at, &manifest)?;
    let layer = &profile.current().packs[at];
    let saved = &layer.manifests[own];
    let refused = if layer.pack_type == PackType::Manifest && layer.manifests.len() == 1 {
        Some(format!("{} is the only manifest of this layer. Remove the layer instead.", saved.name).into())
    } else if let Some(text) = guard::overtaken_text(&post.fields.text("seen"), &saved.content, "") {
        Some(Problem::from(text))
    } else {
        let mut packs = stack::inputs(&profile);
        packs[at].manifests.remove(own);
        stack::save(&state, visit, &profile, packs).await?
    };
    match refused {
        None => Ok(visit.done(&layer_home(&profile, at), &format!("Manifest {} removed", saved.name))),
        Some(problem) => {
            let open = Open { file: Some(manifest), line: None };
            let editor = editor::of_layer(&state, visit, &profile, at, &open).await?;
            values::page(visit, &profile, editor::Editor { problem: Some(problem), ..editor })
        }
    }
}

/// For the editor, as one types.
pub(super) async fn check(body: PostText) -> Json<Vec<values::Remark>> {
    let remark = |fault: packyard_profile::ManifestFault| values::Remark {
        line: fault.line,
        column: fault.column,
        severity: if fault.is_error { "error" } else { "warning" },
        message: fault.message,
    };
    Json(manifest_faults(&body.text).into_iter().map(remark).collect())
}
