//! Create new version: a draft made of what this version is now.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::profiles::head::editable;
use crate::pages::profiles::overlay::{self, Overlay};
use crate::pages::profiles::{capitalised, problem};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{Error, Profile};

pub(super) struct Form {
    pub(super) csrf: String,
    /// Name and version that it is made of.
    pub(super) from: (String, String),
    pub(super) action: String,
    pub(super) back: String,
    pub(super) version: String,
    pub(super) errors: FieldErrors,
}

impl Form {
    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }
}

const TITLE: &str = "Create new version";

pub(super) async fn ask(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    page(&state, &visit, &profile, next(&profile), FieldErrors::default()).await
}

async fn page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    version: String,
    errors: FieldErrors,
) -> Result<Response, Failure> {
    let home = format!("/profiles/{}", profile.uid);
    let form = Form {
        csrf: visit.session.csrf.clone(),
        from: (profile.name.clone(), profile.version.clone()),
        action: format!("{home}/new-version"),
        back: home,
        version,
        errors,
    };
    overlay::page(state, visit, profile, TITLE, Overlay::NewVersion(form)).await
}

pub(super) async fn create(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let version = post.fields.text("version");
    let mut errors = FieldErrors::default();
    match state.profiles.new_version(visit.caller(), &uid, &version).await {
        Ok(made) => {
            let toast = format!("Version {version} of {} is a draft", profile.name);
            return Ok(visit.done(&format!("/profiles/{made}"), &toast));
        }
        Err(Error::Invalid(found)) => errors.add("version", capitalised(&found.message)),
        Err(Error::ProfileExists { name, version }) => {
            errors.add("version", format!("{name} already has a version {version}. Choose another."));
        }
        Err(error) => errors.add("version", problem(error)?),
    }
    page(&state, &visit, &profile, version, errors).await
}

/// The next minor version after the newest.
fn next(profile: &Profile) -> String {
    let newest = profile.versions.first().map_or(profile.version.as_str(), |newest| newest.version.as_str());
    let core = newest.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = core.split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => format!("{major}.{}.0", minor.saturating_add(1)),
        _ => String::new(),
    }
}
