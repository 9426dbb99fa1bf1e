//! What stands above every page of one profile: name, version with the other versions, state, what can be done, tabs.

use crate::failure::Failure;
use crate::pages::profiles::scopes;
use crate::pages::profiles::{MANAGE, READ, failure, guard, in_wizard, kind_word, list};
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::{When, counted};
use packyard_profile::{Difference, Profile, Remark};

pub(super) struct Head {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) kind: &'static str,
    pub(super) scope: String,
    pub(super) description: String,
    pub(super) tags: Vec<String>,
    pub(super) state: Status,
    pub(super) can_continue: bool,
    pub(super) created: When,
    pub(super) changed: When,
}

pub(super) async fn head(visit: &Visit, profile: &Profile) -> Head {
    Head {
        uid: profile.uid.clone(),
        name: profile.name.clone(),
        version: profile.version.clone(),
        kind: kind_word(profile.kind),
        scope: scopes::word(&visit.scopes, &profile.scope),
        description: profile.description.clone(),
        tags: list::tags(&profile.labels),
        state: list::state(profile.is_published(), profile.draft.is_some()),
        can_continue: in_wizard(profile),
        created: visit.when(profile.created_at_ms),
        changed: visit.when(profile.updated_at_ms),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Layers,
    Variables,
    Compare,
    History,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Layers, Self::Variables, Self::Compare, Self::History];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Layers => ("Layers", ""),
            Self::Variables => ("Variables", "/variables"),
            Self::Compare => ("Compare", "/compare"),
            Self::History => ("History", "/history"),
        }
    }
}

pub(super) struct TabLink {
    pub(super) label: &'static str,
    pub(super) address: String,
    pub(super) is_on: bool,
    pub(super) count: Option<usize>,
}

/// The top of a profile's page.
pub(super) struct Top {
    pub(super) head: Head,
    pub(super) csrf: String,
    pub(super) can_manage: bool,
    /// There is somewhere to put a copy.
    pub(super) can_clone: bool,
    /// Version, address, whether it is this one.
    pub(super) versions: Vec<(String, String, bool)>,
    pub(super) tabs: Vec<TabLink>,
    /// What a publish would change; `None` where there is nothing to publish.
    pub(super) pending: Option<Pending>,
    /// Errors that keep it from being published.
    pub(super) errors: usize,
    /// What was asked for and not done.
    pub(super) problem: Option<String>,
    /// What Publish and Discard are about.
    pub(super) was: String,
}

impl Top {
    /// `2 errors to mend`.
    pub(super) fn to_mend(&self) -> String {
        format!("{} to mend", counted(self.errors as i64, "error"))
    }
}

pub(super) struct Pending {
    /// False before the first publish: then everything is new.
    pub(super) is_published: bool,
    pub(super) changes: Vec<String>,
    pub(super) more: usize,
}

/// Changes that are named; the rest is a number.
const NAMED: usize = 6;

pub(super) async fn top(visit: &Visit, profile: &Profile, tab: Tab) -> Top {
    // Only a draft can be published.
    let errors = match &profile.draft {
        Some(_) => {
            let found = visit.state.profiles.check(visit.caller(), profile).await.unwrap_or_default();
            found.iter().filter(|remark| Remark::is_error(remark)).count()
        }
        None => 0,
    };
    top_with(visit, profile, tab, errors).await
}

/// The same where the page has checked the profile already.
pub(super) async fn top_with(visit: &Visit, profile: &Profile, tab: Tab, errors: usize) -> Top {
    let uid = &profile.uid;
    let layers = profile.current().packs.len();
    let link = |each: Tab| TabLink {
        label: each.words().0,
        address: format!("/profiles/{uid}{}", each.words().1),
        is_on: each == tab,
        count: match each {
            Tab::Layers => Some(layers),
            Tab::Variables => Some(profile.variables.len()),
            _ => None,
        },
    };
    let version = |other: &packyard_profile::ProfileVersion| {
        (other.version.clone(), format!("/profiles/{}", other.uid), other.uid == *uid)
    };
    Top {
        head: head(visit, profile).await,
        csrf: visit.session.csrf.clone(),
        can_manage: visit.state.profiles.could(visit.caller(), MANAGE, &profile.scope).await,
        can_clone: visit.may(MANAGE).await,
        versions: profile.versions.iter().map(version).collect(),
        tabs: Tab::ALL.into_iter().map(link).collect(),
        pending: pending(profile),
        errors,
        problem: None,
        was: guard::whole(profile),
    }
}

fn pending(profile: &Profile) -> Option<Pending> {
    profile.draft.as_ref()?;
    let published = profile.published_snapshot();
    let mut changes = published
        .as_ref()
        .map_or_else(Vec::new, |published| Difference::between(published, &profile.snapshot()).summary());
    let more = changes.len().saturating_sub(NAMED);
    changes.truncate(NAMED);
    Some(Pending { is_published: published.is_some(), changes, more })
}

/// A profile somebody looks at.
pub(super) async fn read(visit: &Visit, uid: &str) -> Result<Profile, Failure> {
    visit.require(READ).await?;
    visit.state.profiles.get(visit.caller(), uid).await.map_err(failure)
}

/// A profile somebody is about to change, and may.
pub(super) async fn editable(visit: &Visit, uid: &str) -> Result<Profile, Failure> {
    let profile = read(visit, uid).await?;
    visit.require_in(MANAGE, &profile.scope).await?;
    Ok(profile)
}

/// A profile somebody is about to copy: it is read here, and the copy made wherever they may.
pub(super) async fn copyable(visit: &Visit, uid: &str) -> Result<Profile, Failure> {
    visit.require(MANAGE).await?;
    read(visit, uid).await
}
