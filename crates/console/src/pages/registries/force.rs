//! Forcing a sync: first what that means, then it is started like any other.

use super::way_back::WayBack;
use super::{LIST, Overlay, SYNC, failure, list};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::Visit;
use crate::words::counted;
use axum::extract::{Path, Query, State};
use axum::response::Response;

/// The question.
pub(crate) struct ForceDialog {
    pub(crate) name: String,
    pub(crate) consequences: Vec<String>,
    pub(crate) action: String,
    pub(crate) back: String,
    pub(crate) csrf: String,
}

pub(super) async fn ask(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(back): Query<WayBack>,
) -> Result<Response, Failure> {
    visit.require(SYNC).await?;
    let registry = state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    if let Some(why) = registry.why_not_synced() {
        return Err(Failure::Refused(why.to_owned()));
    }
    let dialog = ForceDialog {
        consequences: vec![
            match registry.version_count {
                0 => "What the registry says is believed, also if it lists nothing any more.".to_owned(),
                known => format!(
                    "What the registry says is believed: if it lists nothing any more, {} leave the catalogue.",
                    counted(known, "pack version")
                ),
            },
            "Cluster profiles keep the packs that they have.".to_owned(),
            "A sync that has gone on for an hour is ended first.".to_owned(),
        ],
        action: format!("{LIST}/{uid}/sync{}", back.query()),
        back: back.address(&uid),
        csrf: visit.session.csrf.clone(),
        name: registry.name,
    };
    let title = format!("Force sync of {}", dialog.name);
    let mut page = list::page(&state, &visit, &back, Overlay::Force(dialog)).await?;
    page.frame = page.frame.under("OCI Registries", LIST);
    page.frame.title = title;
    visit.page(&page)
}
