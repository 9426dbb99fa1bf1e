//! All registered registries. While a sync is under way the page follows it (`live`).

use super::certificate::CertificateView;
use super::live::Look;
use super::row::{self, RegistryRow, Rights};
use super::way_back::WayBack;
use super::{LIST, Overlay, failure, order};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::commands;
use crate::sorting::{Heading, Sorting};
use crate::visit::Visit;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

#[derive(Template)]
#[template(path = "registries/list.html")]
pub(super) struct ListPage {
    pub(super) frame: Frame,
    can_manage: bool,
    rows: Vec<RegistryRow>,
    sorting: Sorting,
    /// Where the page follows syncs, while one is under way.
    live: Option<String>,
    first_steps: Vec<(&'static str, String)>,
    pub(super) overlay: Overlay,
}

impl ListPage {
    fn heading(&self, key: &'static str, label: &'static str, class: &'static str) -> Heading {
        self.sorting.heading(key, label, class, |next| WayBack::to_list(next).list())
    }
}

#[derive(Template)]
#[template(path = "registries/cells.html")]
struct CellsPart {
    rows: Vec<RegistryRow>,
}

/// The list, with something over it or not.
pub(super) async fn page(
    state: &ConsoleState,
    visit: &Visit,
    back: &WayBack,
    overlay: Overlay,
) -> Result<ListPage, Failure> {
    let rights = Rights::of(visit).await;
    let sorting = back.sorting();
    let back = WayBack::to_list(sorting);
    let rows = rows(state, visit, rights, &back).await?;
    Ok(ListPage {
        frame: visit.frame("OCI Registries", Section::Registries),
        can_manage: rights.manage,
        live: rows.iter().any(|row| row.is_moving).then(|| format!("{LIST}/live{}", back.query())),
        rows,
        sorting,
        first_steps: commands::first_pack(&state.config),
        overlay,
    })
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Query(back): Query<WayBack>,
) -> Result<Response, Failure> {
    let page = page(&state, &visit, &back, Overlay::None).await?;
    visit.page(&page)
}

async fn rows(
    state: &ConsoleState,
    visit: &Visit,
    rights: Rights,
    back: &WayBack,
) -> Result<Vec<RegistryRow>, Failure> {
    let mut registries = state.catalog.registries(visit.caller()).await.map_err(failure)?;
    registries.sort_by(order::by_name);
    back.sorting().sort(&mut registries, order::compare);
    let mut rows = Vec::with_capacity(registries.len());
    for registry in &registries {
        rows.push(row::with_progress(state, visit, row::row(visit, rights, registry, back)).await?);
    }
    Ok(rows)
}

/// The cells that change while a sync is under way.
pub(super) async fn look(state: &ConsoleState, visit: &Visit, back: &WayBack) -> Result<Look, Failure> {
    let rows = rows(state, visit, Rights::of(visit).await, back).await?;
    let is_moving = rows.iter().any(|row| row.is_moving);
    Ok(Look { html: CellsPart { rows }.render()?, is_moving })
}
