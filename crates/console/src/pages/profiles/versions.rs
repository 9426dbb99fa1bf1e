//! Create new version: a draft made of what this version is now.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::head::{self, Tab, Top, editable};
use crate::pages::profiles::{capitalised, problem, under_profile};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{Error, Profile};

#[derive(Template)]
#[template(path = "profiles/new_version.html")]
struct NewVersionPage {
    frame: Frame,
    top: Top,
    version: String,
    errors: FieldErrors,
}

impl NewVersionPage {
    fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }
}

pub(super) async fn ask(visit: Visit, Path(uid): Path<String>) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    page(&visit, &profile, next(&profile), FieldErrors::default()).await
}

async fn page(visit: &Visit, profile: &Profile, version: String, errors: FieldErrors) -> Result<Response, Failure> {
    let frame = under_profile(visit.frame("Create new version", Section::Profiles), profile);
    let top = head::top(visit, profile, Tab::Layers).await;
    visit.page(&NewVersionPage { frame, top, version, errors })
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
    page(&visit, &profile, version, errors).await
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
