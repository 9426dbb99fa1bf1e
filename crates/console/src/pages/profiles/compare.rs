//! What differs between two versions of a profile, or between a draft and what is published.

use crate::ConsoleState;
use crate::diff::Diff;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::profiles::failure;
use crate::pages::profiles::head::{self, Tab, Top, read};
use crate::pages::profiles::under_profile;
use crate::visit::Visit;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_profile::{Change, Difference, LayerChange, Profile, TextChange};
use serde::Deserialize;

/// A difference as a page shows it.
pub(super) struct DifferenceView {
    pub(super) summary: Vec<String>,
    pub(super) basics: Vec<TextView>,
    pub(super) layers: Vec<LayerView>,
    pub(super) variables: Vec<TextView>,
}

pub(super) struct LayerView {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) change: Badge,
    pub(super) versions: String,
    pub(super) texts: Vec<TextView>,
}

pub(super) struct TextView {
    pub(super) name: String,
    pub(super) change: Badge,
    pub(super) diff: Diff,
}

/// Colour and word of a change.
pub(super) type Badge = (&'static str, &'static str);

fn badge(change: Change) -> Badge {
    match change {
        Change::Added => ("good", "Added"),
        Change::Removed => ("bad", "Removed"),
        Change::Changed => ("warn", "Changed"),
    }
}

/// `old` and `new` are what people call the two sides.
pub(super) fn view(difference: &Difference, old: &str, new: &str) -> DifferenceView {
    let text = |change: &TextChange| TextView {
        name: change.name.clone(),
        change: badge(change.change),
        diff: Diff::new(change.name.as_str(), (old, &change.from), (new, &change.to)),
    };
    let layer = |change: &LayerChange| LayerView {
        name: match &change.old_name {
            Some(old) => format!("{old} → {}", change.name),
            None => change.name.clone(),
        },
        kind: change.layer.clone(),
        change: badge(change.change),
        versions: if change.from == change.to {
            change.to.clone()
        } else {
            format!("{} → {}", change.from, change.to)
        },
        texts: change.values.iter().chain(&change.manifests).map(text).collect(),
    };
    DifferenceView {
        summary: difference.summary(),
        basics: difference.basics.iter().map(text).collect(),
        layers: difference.layers.iter().map(layer).collect(),
        variables: difference.variables.iter().map(text).collect(),
    }
}

#[derive(Template)]
#[template(path = "profiles/compare.html")]
struct ComparePage {
    frame: Frame,
    top: Top,
    /// Value, word, whether it is chosen.
    others: Vec<(String, String, bool)>,
    this: String,
    /// `None` while there is nothing to compare with.
    difference: Option<DifferenceView>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    with: String,
}

/// What is published of this very version, in place of another one's uid.
const PUBLISHED: &str = "published";

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let profile = read(&visit, &uid).await?;
    let mut others = others(&profile);
    let chosen = others.iter().position(|(value, ..)| *value == asked.with).unwrap_or(default(&profile));
    let this = format!("{}{}", profile.version, if profile.draft.is_some() { " (draft)" } else { "" });
    let mut difference = None;
    if let Some((value, word, is_on)) = others.get_mut(chosen) {
        *is_on = true;
        let old = match (value.as_str(), profile.published_snapshot()) {
            (PUBLISHED, Some(published)) => published,
            (other, _) => state.profiles.get(visit.caller(), other).await.map_err(failure)?.snapshot(),
        };
        let mut found = Difference::between(&old, &profile.snapshot());
        // That the versions differ is why somebody compares them.
        found.basics.retain(|change| change.name != "Version");
        difference = Some(view(&found, word, &this));
    }
    let frame = under_profile(visit.frame("Compare", Section::Profiles), &profile);
    let top = head::top(&visit, &profile, Tab::Compare).await;
    visit.page(&ComparePage { frame, top, others, this, difference })
}

fn others(profile: &Profile) -> Vec<(String, String, bool)> {
    let has_both = profile.draft.is_some() && profile.is_published();
    let published = has_both.then(|| (PUBLISHED.to_owned(), format!("{} as published", profile.version), false));
    let versions = profile.versions.iter().filter(|other| other.uid != profile.uid);
    published.into_iter().chain(versions.map(|other| (other.uid.clone(), other.version.clone(), false))).collect()
}

/// What is published where there is a draft on it, else the version before this one, else the one after it.
fn default(profile: &Profile) -> usize {
    if profile.draft.is_some() && profile.is_published() {
        return 0;
    }
    let own = profile.versions.iter().position(|other| other.uid == profile.uid).unwrap_or(0);
    if own + 1 < profile.versions.len() { own } else { own.saturating_sub(1) }
}
