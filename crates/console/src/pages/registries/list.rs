//! All registered registries. While a sync is under way the page follows it (`live`).

use super::certificate::CertificateView;
use super::live::Look;
use super::row::{self, RegistryRow, Rights};
use super::{Overlay, failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::commands;
use crate::visit::Visit;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "registries/list.html")]
pub(super) struct ListPage {
    pub(super) frame: Frame,
    can_manage: bool,
    rows: Vec<RegistryRow>,
    is_moving: bool,
    first_steps: Vec<(&'static str, String)>,
    pub(super) overlay: Overlay,
}

#[derive(Template)]
#[template(path = "registries/cells.html")]
struct CellsPart {
    rows: Vec<RegistryRow>,
}

/// The list, with something over it or not.
pub(super) async fn page(state: &ConsoleState, visit: &Visit, overlay: Overlay) -> Result<ListPage, Failure> {
    let rights = Rights::of(visit).await;
    let rows = rows(state, visit, rights).await?;
    Ok(ListPage {
        frame: visit.frame("OCI Registries", Section::Registries),
        can_manage: rights.manage,
        is_moving: rows.iter().any(|row| row.is_moving),
        rows,
        first_steps: commands::first_pack(&state.config),
        overlay,
    })
}

pub(super) async fn show(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    let page = page(&state, &visit, Overlay::None).await?;
    visit.page(&page)
}

async fn rows(state: &ConsoleState, visit: &Visit, rights: Rights) -> Result<Vec<RegistryRow>, Failure> {
    let registries = state.catalog.registries(visit.caller()).await.map_err(failure)?;
    let mut rows = Vec::with_capacity(registries.len());
    for registry in &registries {
        rows.push(row::with_progress(state, visit, row::row(visit, rights, registry)).await?);
    }
    Ok(rows)
}

/// The cells that change while a sync is under way.
pub(super) async fn look(state: &ConsoleState, visit: &Visit) -> Result<Look, Failure> {
    let rows = rows(state, visit, Rights::of(visit).await).await?;
    let is_moving = rows.iter().any(|row| row.is_moving);
    Ok(Look { html: CellsPart { rows }.render()?, is_moving })
}
