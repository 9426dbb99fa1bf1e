//! All cluster profiles, every version a row.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::{MANAGE, READ, failure, kind_word};
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::When;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use packyard_profile::{Labels, ProfileSummary};
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "profiles/list.html")]
struct ListPage {
    frame: Frame,
    can_manage: bool,
    rows: Vec<Row>,
}

struct Row {
    uid: String,
    address: String,
    name: String,
    version: String,
    description: String,
    tags: Vec<String>,
    kind: &'static str,
    layers: usize,
    state: Status,
    can_continue: bool,
    changed: When,
}

pub(super) async fn show(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    visit.require(READ).await?;
    let profiles = state.profiles.list(visit.caller(), visit.scopes.current.as_deref()).await.map_err(failure)?;
    let mut versions: HashMap<(String, String, String), usize> = HashMap::new();
    for profile in &profiles {
        *versions.entry(group(profile)).or_default() += 1;
    }
    let is_only = |profile: &ProfileSummary| versions.get(&group(profile)) == Some(&1);
    let page = ListPage {
        frame: visit.frame("Cluster Profiles", Section::Profiles),
        can_manage: state.profiles.could(visit.caller(), MANAGE, &visit.scopes.scope()).await,
        rows: profiles.into_iter().map(|profile| row(&visit, is_only(&profile), profile)).collect(),
    };
    visit.page(&page)
}

/// What the versions of one profile have in common.
fn group(profile: &ProfileSummary) -> (String, String, String) {
    (profile.scope.word().to_owned(), profile.scope.project_uid().to_owned(), profile.name.clone())
}

fn row(visit: &Visit, is_only: bool, profile: ProfileSummary) -> Row {
    Row {
        address: format!("/profiles/{}", profile.uid),
        state: state(profile.is_published, profile.has_draft),
        can_continue: is_only && !profile.is_published && profile.kind != packyard_profile::Kind::System,
        tags: tags(&profile.labels),
        kind: kind_word(profile.kind),
        layers: profile.packs,
        changed: visit.when(profile.updated_at_ms),
        uid: profile.uid,
        name: profile.name,
        version: profile.version,
        description: profile.description,
    }
}

pub(super) fn state(is_published: bool, has_draft: bool) -> Status {
    match (is_published, has_draft) {
        (true, false) => Status::good("Published"),
        (true, true) => Status::warn("Published, with a draft"),
        (false, _) => Status::idle("Draft"),
    }
}

/// A label without a value is stored with this word in its place, as clients of Palette do.
pub(super) const BARE_TAG: &str = "spectro__tag";

pub(super) fn tags(labels: &Labels) -> Vec<String> {
    labels
        .iter()
        .map(|(key, value)| if value == BARE_TAG || value.is_empty() { key.clone() } else { format!("{key}:{value}") })
        .collect()
}
