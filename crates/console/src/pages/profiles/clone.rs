//! Clone: a copy of a version under another name, as another version, or in another scope.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::head::{self, Tab, Top, editable};
use crate::pages::profiles::scopes::{self, ScopeChoice};
use crate::pages::profiles::{capitalised, problem, under_profile};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{CopyTarget, Error, NAME_MAX, Profile, Scope};

#[derive(Template)]
#[template(path = "profiles/clone.html")]
struct ClonePage {
    frame: Frame,
    top: Top,
    form: Form,
    scopes: Vec<ScopeChoice>,
}

struct Form {
    name: String,
    version: String,
    scope: Scope,
    errors: FieldErrors,
}

impl ClonePage {
    fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.form.errors.slot(field)
    }
}

async fn page(visit: &Visit, profile: &Profile, form: Form) -> Result<Response, Failure> {
    let frame = under_profile(visit.frame("Clone", Section::Profiles), profile);
    let top = head::top(visit, profile, Tab::Layers).await;
    let scopes = scopes::choices(visit, &form.scope).await;
    visit.page(&ClonePage { frame, top, form, scopes })
}

pub(super) async fn ask(visit: Visit, Path(uid): Path<String>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let name: String = format!("{}-copy", profile.name).chars().take(NAME_MAX).collect();
    let scope = profile.scope.clone();
    page(&visit, &profile, Form { name, version: profile.version.clone(), scope, errors: FieldErrors::default() }).await
}

pub(super) async fn create(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let fields = &post.fields;
    let (name, version) = (fields.text("name"), fields.text("version"));
    let scope = scopes::asked(&visit, fields);
    let target = CopyTarget { name: Some(name.clone()), version: version.clone(), scope: Some(scope.clone()) };
    let mut errors = FieldErrors::default();
    match state.profiles.copy(visit.caller(), &uid, target).await {
        Ok(made) => {
            let toast = format!("{} {} cloned as {name} {version}", profile.name, profile.version);
            return Ok(visit.done(&format!("/profiles/{made}"), &toast));
        }
        Err(Error::Invalid(found)) if found.field == "name" => errors.add("name", capitalised(&found.message)),
        Err(Error::Invalid(found)) => errors.add("version", capitalised(&found.message)),
        Err(Error::ProfileExists { name, version }) => {
            let text =
                format!("{name} already has a version {version} there. Choose another version, or another name.");
            errors.add("version", text);
        }
        Err(error @ Error::ProjectNotFound(_)) => errors.add("scope", problem(error)?),
        Err(error) => errors.add("name", problem(error)?),
    }
    page(&visit, &profile, Form { name, version, scope, errors }).await
}
