//! The wizard's first step: name, version, description, type, tags. It makes the draft the other steps fill.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::Fields;
use crate::frame::{Frame, Section};
use crate::pages::profiles::head::editable;
use crate::pages::profiles::scopes::{self, ScopeChoice};
use crate::pages::profiles::stack::{self, LayerView};
use crate::pages::profiles::{
    MANAGE, Step, capitalised, guard, in_wizard, kind_word, list, problem, steps, steps_of, under_profile,
};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{Error, Kind, Labels, NewProfile, Profile, ProfileChange, Scope};

#[derive(Template)]
#[template(path = "profiles/basics.html")]
struct BasicsPage {
    frame: Frame,
    steps: Vec<Step>,
    title: &'static str,
    form: Form,
    /// What the draft has so far; absent for a new profile.
    layers: Option<Vec<LayerView>>,
}

const WIZARD: &str = "Add Cluster Profile";
const INFO: &str = "Edit Info";
/// What a person may make here; the cloud comes from the packs.
const KINDS: [Kind; 3] = [Kind::Cluster, Kind::Infra, Kind::AddOn];

struct KindChoice {
    value: &'static str,
    word: &'static str,
    about: &'static str,
    is_on: bool,
}

fn kinds(chosen: Kind) -> Vec<KindChoice> {
    let about = |kind: Kind| match kind {
        Kind::Cluster => "Operating system, Kubernetes, network, storage, and add-ons",
        Kind::Infra => "Operating system, Kubernetes, network and storage",
        _ => "Applications and services on top of a cluster",
    };
    let choice = |kind: Kind| KindChoice {
        value: kind.as_str(),
        word: kind_word(kind),
        about: about(kind),
        is_on: kind == chosen,
    };
    KINDS.into_iter().map(choice).collect()
}

#[derive(Default)]
struct Form {
    action: String,
    discard: Option<String>,
    /// Where Cancel leads to.
    cancel: String,
    verb: &'static str,
    /// Chosen once: a profile keeps its type. Empty for a profile that is there.
    kinds: Vec<KindChoice>,
    kind: &'static str,
    /// Chosen once, too.
    scopes: Vec<ScopeChoice>,
    /// The basic information that the form was made of.
    was: String,
    name: String,
    version: String,
    description: String,
    tags: String,
    errors: FieldErrors,
    problem: Option<String>,
}

impl Form {
    fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    /// For a new profile.
    fn new(kind: Kind) -> Self {
        Self {
            action: "/profiles/new".to_owned(),
            cancel: "/profiles".to_owned(),
            verb: "Next",
            kinds: kinds(kind),
            ..Self::default()
        }
    }

    fn about(profile: &Profile) -> Self {
        let uid = &profile.uid;
        let is_new = in_wizard(profile);
        Self {
            action: format!("/profiles/{uid}/{}", if is_new { "basics" } else { "info" }),
            discard: is_new.then(|| format!("/profiles/{uid}/delete")),
            cancel: if is_new { "/profiles".to_owned() } else { format!("/profiles/{uid}") },
            verb: if is_new { "Next" } else { "Save Changes" },
            kind: kind_word(profile.kind),
            was: guard::basics(profile),
            ..Self::default()
        }
    }

    fn filled(self, fields: &Fields) -> Self {
        Self {
            name: fields.text("name"),
            version: fields.text("version"),
            description: fields.text("description"),
            tags: fields.list("tags").join(", "),
            ..self
        }
    }

    fn labels(&mut self) -> Labels {
        let mut labels = Labels::new();
        for tag in self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            let (key, value) = tag.split_once(':').unwrap_or((tag, list::BARE_TAG));
            if key.trim().is_empty() {
                self.errors.add("tags", format!("`{tag}` has no key before the colon."));
            }
            labels.insert(key.trim().to_owned(), value.trim().to_owned());
        }
        labels
    }

    /// Puts an error beside its field where it has one.
    fn refused(&mut self, error: Error) -> Result<(), Failure> {
        match error {
            Error::Invalid(found) if matches!(found.field, "name" | "version") => {
                self.errors.add(found.field, capitalised(&found.message))
            }
            Error::ProfileExists { name, version } => {
                self.errors.add(
                    "version",
                    format!("{name} already has a version {version}. Choose another version, or another name."),
                );
            }
            other => self.problem = Some(problem(other)?),
        }
        Ok(())
    }
}

async fn page(visit: &Visit, scope: &Scope, mut form: Form) -> Result<Response, Failure> {
    form.scopes = scopes::choices(visit, scope).await;
    let frame = visit.frame("Add Cluster Profile", Section::Profiles).under("Cluster Profiles", "/profiles");
    visit.page(&BasicsPage { frame, steps: steps(None, 0), title: WIZARD, form, layers: None })
}

async fn edit_page(state: &ConsoleState, visit: &Visit, draft: &Profile, form: Form) -> Result<Response, Failure> {
    let title = if in_wizard(draft) { "Basic information" } else { INFO };
    let frame = under_profile(visit.frame(title, Section::Profiles), draft);
    let layers = Some(stack::layers(state, visit, draft.current()).await);
    let title = if in_wizard(draft) { WIZARD } else { INFO };
    visit.page(&BasicsPage { frame, steps: steps_of(draft, 0), title, form, layers })
}

pub(super) async fn new(visit: Visit) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    page(&visit, &visit.scopes.scope(), Form { version: "1.0.0".to_owned(), ..Form::new(Kind::AddOn) }).await
}

pub(super) async fn create(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let kind = post.fields.text("type").parse().ok().filter(|kind| KINDS.contains(kind)).unwrap_or(Kind::AddOn);
    let mut form = Form::new(kind).filled(&post.fields);
    let scope = scopes::asked(&visit, &post.fields);
    let labels = form.labels();
    if form.errors.is_empty() {
        let new = NewProfile {
            scope: scope.clone(),
            name: form.name.clone(),
            version: form.version.clone(),
            description: form.description.clone(),
            labels,
            annotations: Labels::new(),
            kind,
            cloud: "all".to_owned(),
            packs: Vec::new(),
            variables: Vec::new(),
            publish: false,
        };
        match state.profiles.create(visit.caller(), new).await {
            Ok(uid) => return Ok(visit.go(&format!("/profiles/{uid}/layers"))),
            Err(error) => form.refused(error)?,
        }
    }
    page(&visit, &scope, form).await
}

/// The wizard's step.
pub(super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = draft(&visit, &uid).await?;
    filled_page(&state, &visit, profile).await
}

/// The same for a profile that is there.
pub(super) async fn info(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    filled_page(&state, &visit, profile).await
}

async fn filled_page(state: &ConsoleState, visit: &Visit, profile: Profile) -> Result<Response, Failure> {
    let form = Form {
        name: profile.name.clone(),
        version: profile.version.clone(),
        description: profile.description.clone(),
        tags: list::tags(&profile.labels).join(", "),
        ..Form::about(&profile)
    };
    edit_page(state, visit, &profile, form).await
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let mut form = Form::about(&profile).filled(&post.fields);
    let labels = form.labels();
    if guard::is_stale(&post.fields, &form.was) {
        form.problem = Some(guard::overtaken(&visit, &profile).await);
    } else if form.errors.is_empty() {
        let change = ProfileChange {
            name: Some(form.name.clone()),
            version: Some(form.version.clone()),
            description: Some(form.description.clone()),
            labels: Some(labels),
            annotations: None,
        };
        match state.profiles.at(profile.revision).update_metadata(visit.caller(), &uid, change).await {
            Ok(()) if in_wizard(&profile) => return Ok(visit.go(&format!("/profiles/{uid}/layers"))),
            Ok(()) => return Ok(visit.done(&format!("/profiles/{uid}"), "Basic information saved")),
            Err(error) => form.refused(error)?,
        }
    }
    edit_page(&state, &visit, &profile, form).await
}

/// The wizard's own pages are for what it made and did not finish; else the profile itself is shown, as after Finish
/// Configuration and the browser's Back.
pub(super) async fn draft(visit: &Visit, uid: &str) -> Result<Profile, Failure> {
    let profile = editable(visit, uid).await?;
    if !in_wizard(&profile) {
        return Err(Failure::Elsewhere(Box::new(visit.go(&format!("/profiles/{uid}")))));
    }
    Ok(profile)
}
