//! All cluster profiles, every version a row, filtered by scope and by words.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::encode;
use crate::frame::{Frame, Section};
use crate::pages::profiles::scopes;
use crate::pages::profiles::{MANAGE, READ, failure, kind_word};
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::When;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use packyard_profile::{Labels, ProfileSummary, Scope};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Template)]
#[template(path = "profiles/list.html")]
struct ListPage {
    frame: Frame,
    /// Where the visitor is.
    can_make: bool,
    /// Where the visitor is, or somewhere else.
    can_clone: bool,
    /// Whether there is any profile, whatever the filter.
    is_empty: bool,
    /// Words to search for are asked for: few profiles are seen at a glance.
    has_search: bool,
    /// What is searched for.
    query: String,
    /// The chosen scope, which a search keeps.
    scope: String,
    /// Scopes to filter by; none where there is nothing to choose.
    scopes: Vec<Chip>,
    rows: Vec<Row>,
}

struct Chip {
    label: String,
    address: String,
    count: usize,
    is_on: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// `tenant`, `system`, or a project's uid.
    #[serde(default)]
    scope: String,
    #[serde(default)]
    q: String,
}

/// So many rows are seen at a glance.
const FEW: usize = 8;

struct Row {
    uid: String,
    address: String,
    name: String,
    version: String,
    description: String,
    tags: Vec<String>,
    kind: &'static str,
    scope: String,
    layers: usize,
    state: Status,
    can_manage: bool,
    can_continue: bool,
    changed: When,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.require(READ).await?;
    let profiles = state.profiles.list(visit.caller(), visit.scopes.current.as_deref()).await.map_err(failure)?;
    let mut versions: HashMap<(String, String, String), usize> = HashMap::new();
    for profile in &profiles {
        *versions.entry(group(profile)).or_default() += 1;
    }
    let is_only = |profile: &ProfileSummary| versions.get(&group(profile)) == Some(&1);
    let manageable = manageable(&visit, &profiles).await;
    let is_shown = |profile: &ProfileSummary| {
        (asked.scope.is_empty() || key(&profile.scope) == asked.scope) && has_words(profile, &asked.q)
    };
    let page = ListPage {
        frame: visit.frame("Cluster Profiles", Section::Profiles),
        can_make: state.profiles.could(visit.caller(), MANAGE, &visit.scopes.scope()).await,
        can_clone: visit.may(MANAGE).await,
        is_empty: profiles.is_empty(),
        has_search: profiles.len() > FEW || !asked.q.trim().is_empty(),
        scopes: chips(&visit, &profiles, &asked),
        rows: profiles
            .iter()
            .filter(|profile| is_shown(profile))
            .map(|profile| Row {
                can_manage: manageable.contains(key(&profile.scope)),
                ..row(&visit, is_only(profile), profile.clone())
            })
            .collect(),
        query: asked.q.trim().to_owned(),
        scope: asked.scope,
    };
    visit.page(&page)
}

/// Each word is part of the name, the version, the description or a tag.
fn has_words(profile: &ProfileSummary, query: &str) -> bool {
    let tags = tags(&profile.labels).join(" ");
    let text = format!("{} {} {} {tags}", profile.name, profile.version, profile.description).to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// The scopes, as addresses have them, whose profiles the visitor may change.
pub(super) async fn manageable<'a>(visit: &Visit, profiles: &'a [ProfileSummary]) -> HashSet<&'a str> {
    let scopes: HashMap<&str, &Scope> = profiles.iter().map(|profile| (key(&profile.scope), &profile.scope)).collect();
    let mut found = HashSet::new();
    for (key, scope) in scopes {
        if visit.state.profiles.could(visit.caller(), MANAGE, scope).await {
            found.insert(key);
        }
    }
    found
}

/// A scope as the address has it.
pub(super) fn key(scope: &Scope) -> &str {
    match scope {
        Scope::Project(uid) => uid,
        other => other.word(),
    }
}

/// The scopes that have profiles, each with how many; a chosen one stays, so that it can be taken away.
fn chips(visit: &Visit, profiles: &[ProfileSummary], asked: &Asked) -> Vec<Chip> {
    let chosen = asked.scope.as_str();
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for profile in profiles.iter().filter(|profile| has_words(profile, &asked.q)) {
        *counts.entry((scopes::word(&visit.scopes, &profile.scope), key(&profile.scope))).or_default() += 1;
    }
    if counts.len() < 2 && chosen.is_empty() {
        return Vec::new();
    }
    let chip = |((label, key), count): ((String, &str), usize)| {
        let is_on = key == chosen;
        let address = address(if is_on { "" } else { key }, &asked.q);
        Chip { label, address, count, is_on }
    };
    counts.into_iter().map(chip).collect()
}

fn address(scope: &str, query: &str) -> String {
    let pairs = [("scope", scope), ("q", query.trim())].into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if pairs.is_empty() { "/profiles".to_owned() } else { format!("/profiles?{}", pairs.join("&")) }
}

/// What the versions of one profile have in common.
fn group(profile: &ProfileSummary) -> (String, String, String) {
    (profile.scope.word().to_owned(), profile.scope.project_uid().to_owned(), profile.name.clone())
}

fn row(visit: &Visit, is_only: bool, profile: ProfileSummary) -> Row {
    Row {
        address: format!("/profiles/{}", profile.uid),
        state: state(profile.is_published, profile.has_draft),
        can_manage: false,
        can_continue: is_only && !profile.is_published && profile.kind != packyard_profile::Kind::System,
        tags: tags(&profile.labels),
        kind: kind_word(profile.kind),
        scope: scopes::word(&visit.scopes, &profile.scope),
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
