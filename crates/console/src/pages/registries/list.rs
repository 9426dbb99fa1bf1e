//! All registered registries. Rows whose sync is under way refresh themselves.

use super::certificate::CertificateView;
use super::row::{self, RegistryRow, Rights};
use super::{Overlay, failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::commands;
use crate::visit::Visit;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

#[derive(Template)]
#[template(path = "registries/list.html")]
pub(super) struct ListPage {
    pub(super) frame: Frame,
    can_manage: bool,
    rows: Vec<RegistryRow>,
    first_steps: Vec<(&'static str, String)>,
    pub(super) overlay: Overlay,
}

#[derive(Template)]
#[template(path = "registries/row.html")]
struct RowPart {
    row: RegistryRow,
}

/// The list, with something over it or not.
pub(super) async fn page(state: &ConsoleState, visit: &Visit, overlay: Overlay) -> Result<ListPage, Failure> {
    let registries = state.catalog.registries(visit.caller()).await.map_err(failure)?;
    let rights = Rights::of(visit).await;
    Ok(ListPage {
        frame: visit.frame("OCI Registries", Section::Registries),
        can_manage: rights.manage,
        rows: registries.iter().map(|registry| row::row(visit, rights, registry)).collect(),
        first_steps: commands::first_pack(&state.config),
        overlay,
    })
}

pub(super) async fn show(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    let page = page(&state, &visit, Overlay::None).await?;
    visit.page(&page)
}

pub(super) async fn row(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    let (_, row) = row::one(&state, &visit, &uid).await?;
    visit.part(&RowPart { row })
}
