//! Clone: a copy of a version under another name, as another version, or in another scope.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::profiles::head::copyable;
use crate::pages::profiles::overlay::{self, Overlay};
use crate::pages::profiles::scopes::{self, ScopeChoice};
use crate::pages::profiles::{capitalised, problem};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{CopyTarget, Error, NAME_MAX, Profile, Scope};

pub(super) struct Form {
    pub(super) csrf: String,
    /// What is copied.
    pub(super) of: String,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) scopes: Vec<ScopeChoice>,
    pub(super) errors: FieldErrors,
}

impl Form {
    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    async fn new(visit: &Visit, profile: &Profile, name: String, version: String, scope: &Scope) -> Self {
        let home = format!("/profiles/{}", profile.uid);
        Self {
            csrf: visit.session.csrf.clone(),
            of: format!("{} {}", profile.name, profile.version),
            action: format!("{home}/clone"),
            back: home,
            name,
            version,
            scopes: scopes::choices(visit, scope).await,
            errors: FieldErrors::default(),
        }
    }
}

async fn page(state: &ConsoleState, visit: &Visit, profile: &Profile, form: Form) -> Result<Response, Failure> {
    overlay::page(state, visit, profile, "Clone", Overlay::Clone(form)).await
}

pub(super) async fn ask(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = copyable(&visit, &uid).await?;
    let name: String = format!("{}-copy", profile.name).chars().take(NAME_MAX).collect();
    let form = Form::new(&visit, &profile, name, profile.version.clone(), &profile.scope).await;
    page(&state, &visit, &profile, form).await
}

pub(super) async fn create(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = copyable(&visit, &uid).await?;
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
    let form = Form::new(&visit, &profile, name, version, &scope).await;
    page(&state, &visit, &profile, Form { errors, ..form }).await
}
