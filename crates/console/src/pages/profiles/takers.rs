//! Add to profile, from a pack's page: the cluster profiles that can take it as a layer, and the way to a new one.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::packs;
use crate::pages::profiles::{MANAGE, failure, kind_word, list, scopes};
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::When;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{Kind, ProfileSummary};

#[derive(Template)]
#[template(path = "profiles/takers.html")]
struct TakersPage {
    frame: Frame,
    pack: String,
    version: String,
    layer: String,
    back: String,
    /// Where the visitor is.
    can_make: bool,
    rows: Vec<Taker>,
}

struct Taker {
    name: String,
    version: String,
    address: String,
    kind: &'static str,
    scope: String,
    state: Status,
    changed: When,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let pack = state.catalog.pack(visit.caller(), &uid).await.map_err(packs::failure)?.row;
    let mut known = state.profiles.list(visit.caller(), visit.scopes.current.as_deref()).await.map_err(failure)?;
    known.sort_by_key(|profile| std::cmp::Reverse(profile.updated_at_ms));
    let manageable = list::manageable(&visit, &known).await;
    let takes =
        |profile: &&ProfileSummary| takes(profile.kind, &pack.layer) && manageable.contains(list::key(&profile.scope));
    let row = |profile: &ProfileSummary| Taker {
        name: profile.name.clone(),
        version: profile.version.clone(),
        address: format!("/profiles/{}/layers/add/{uid}", profile.uid),
        kind: kind_word(profile.kind),
        scope: scopes::word(&visit.scopes, &profile.scope),
        state: list::state(profile.is_published, profile.has_draft),
        changed: visit.when(profile.updated_at_ms),
    };
    let back = format!("/packs/{uid}");
    let name = pack.display_name.trim();
    let frame = visit.frame("Add to profile", Section::Packs).under("Packs", "/packs");
    let page = TakersPage {
        frame: frame.under(format!("{name} {}", pack.version), back.clone()),
        can_make: state.profiles.could(visit.caller(), MANAGE, &visit.scopes.scope()).await,
        rows: known.iter().filter(takes).map(row).collect(),
        pack: name.to_owned(),
        version: pack.version.clone(),
        layer: packs::layer_word(&pack.layer).to_owned(),
        back,
    };
    visit.page(&page)
}

/// An Add-on profile takes only packs of that layer; what a system profile has is not for people.
fn takes(kind: Kind, layer: &str) -> bool {
    match kind {
        Kind::AddOn => layer == "addon",
        Kind::Cluster | Kind::Infra => true,
        Kind::System => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_add_on_profile_takes_no_infrastructure() {
        assert!(takes(Kind::AddOn, "addon") && takes(Kind::Cluster, "cni") && takes(Kind::Infra, "os"));
        assert!(!takes(Kind::AddOn, "cni") && !takes(Kind::System, "addon"));
    }
}
