//! The wizard's first step: name, version, description, type, tags. It makes the draft the other steps fill.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::Fields;
use crate::frame::{Frame, Section};
use crate::pages::profiles::stack::{self, LayerView};
use crate::pages::profiles::{MANAGE, Step, capitalised, failure, list, problem, steps, under_draft};
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
    form: Form,
    /// What the draft has so far; absent for a new profile.
    layers: Option<Vec<LayerView>>,
}

#[derive(Default)]
struct Form {
    action: String,
    discard: Option<String>,
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

    fn of(fields: &Fields, action: String, discard: Option<String>) -> Self {
        Self {
            action,
            discard,
            name: fields.text("name"),
            version: fields.text("version"),
            description: fields.text("description"),
            tags: fields.list("tags").join(", "),
            ..Self::default()
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

fn page(visit: &Visit, form: Form) -> Result<Response, Failure> {
    let frame = visit.frame("Add Cluster Profile", Section::Profiles).under("Cluster Profiles", "/profiles");
    visit.page(&BasicsPage { frame, steps: steps(None, 0), form, layers: None })
}

async fn edit_page(state: &ConsoleState, visit: &Visit, draft: &Profile, form: Form) -> Result<Response, Failure> {
    let frame = under_draft(visit.frame("Basic information", Section::Profiles), draft);
    let layers = Some(stack::layers(state, visit, draft.current()).await);
    visit.page(&BasicsPage { frame, steps: steps(Some(&draft.uid), 0), form, layers })
}

pub(super) async fn new(visit: Visit) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let form = Form { action: "/profiles/new".to_owned(), version: "1.0.0".to_owned(), ..Form::default() };
    page(&visit, form)
}

pub(super) async fn create(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let mut form = Form::of(&post.fields, "/profiles/new".to_owned(), None);
    let labels = form.labels();
    if form.errors.is_empty() {
        let new = NewProfile {
            scope: Scope::Tenant,
            name: form.name.clone(),
            version: form.version.clone(),
            description: form.description.clone(),
            labels,
            annotations: Labels::new(),
            kind: Kind::AddOn,
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
    page(&visit, form)
}

pub(super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let form = Form {
        action: format!("/profiles/{uid}/basics"),
        discard: Some(format!("/profiles/{uid}/delete")),
        name: profile.name.clone(),
        version: profile.version.clone(),
        description: profile.description.clone(),
        tags: list::tags(&profile.labels).join(", "),
        ..Form::default()
    };
    edit_page(&state, &visit, &profile, form).await
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let mut form = Form::of(&post.fields, format!("/profiles/{uid}/basics"), Some(format!("/profiles/{uid}/delete")));
    let labels = form.labels();
    if form.errors.is_empty() {
        let change = ProfileChange {
            name: Some(form.name.clone()),
            version: Some(form.version.clone()),
            description: Some(form.description.clone()),
            labels: Some(labels),
            annotations: None,
        };
        match state.profiles.update_metadata(visit.caller(), &uid, change).await {
            Ok(()) => return Ok(visit.go(&format!("/profiles/{uid}/layers"))),
            Err(error) => form.refused(error)?,
        }
    }
    edit_page(&state, &visit, &profile, form).await
}

/// The wizard changes only what was never published and what it can show; else the profile itself is shown, as after
/// Finish Configuration and the browser's Back.
pub(super) async fn draft(state: &ConsoleState, visit: &Visit, uid: &str) -> Result<Profile, Failure> {
    let profile = state.profiles.get(visit.caller(), uid).await.map_err(failure)?;
    if profile.is_published() || profile.kind != Kind::AddOn {
        return Err(Failure::Elsewhere(Box::new(visit.go(&format!("/profiles/{uid}")))));
    }
    Ok(profile)
}
