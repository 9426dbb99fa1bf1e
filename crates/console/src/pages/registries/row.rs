//! A registry as lists and its own page show it.

use crate::ConsoleState;
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::{When, counted};
use packyard_catalog::{Registry, RegistryKind, SyncState};

pub(super) struct RegistryRow {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) endpoint: String,
    pub(super) kind: &'static str,
    pub(super) is_this_server: bool,
    pub(super) paths: Vec<String>,
    pub(super) packs: String,
    pub(super) versions: String,
    pub(super) status: Status,
    pub(super) note: String,
    /// The row asks again until this is false.
    pub(super) is_moving: bool,
    pub(super) progress: Option<(u32, u32)>,
    pub(super) last_run: Option<When>,
    pub(super) next_run: Option<When>,
    pub(super) can_manage: bool,
    pub(super) can_sync: bool,
    pub(super) csrf: String,
}

impl RegistryRow {
    pub(super) fn can_act(&self) -> bool {
        self.can_manage || self.can_sync
    }
}

/// What a visitor may do with registries; asked once a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rights {
    pub(super) manage: bool,
    pub(super) sync: bool,
}

impl Rights {
    pub(super) async fn of(visit: &Visit) -> Self {
        Self { manage: visit.may(super::MANAGE).await, sync: visit.may(super::SYNC).await }
    }
}

pub(super) fn status(state: SyncState) -> Status {
    match state {
        SyncState::Pending => Status::idle("Pending"),
        SyncState::InProgress => Status::running("InProgress"),
        SyncState::Success => Status::good("Success"),
        SyncState::Failed => Status::bad("Failed"),
    }
}

pub(super) fn paths(base_content_path: &str) -> Vec<String> {
    let parts = base_content_path.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

pub(super) fn row(visit: &Visit, rights: Rights, registry: &Registry) -> RegistryRow {
    let sync = &registry.sync;
    let is_moving = matches!(sync.status, SyncState::Pending | SyncState::InProgress);
    RegistryRow {
        uid: registry.uid.clone(),
        name: registry.name.clone(),
        endpoint: registry.spec.endpoint.clone(),
        kind: match registry.spec.kind {
            RegistryKind::Ecr => "ECR",
            RegistryKind::Basic => "Basic",
        },
        is_this_server: registry.is_this_server,
        paths: paths(&registry.spec.base_content_path),
        packs: counted(registry.pack_count, "pack"),
        versions: counted(registry.version_count, "version"),
        status: status(sync.status),
        note: if sync.status == SyncState::Failed { first_line(&sync.message) } else { String::new() },
        is_moving,
        progress: None,
        last_run: sync.last_run_ms.map(|at| visit.when(at)),
        next_run: sync.next_run_ms.filter(|_| !is_moving).map(|at| visit.when(at)),
        can_manage: rights.manage,
        can_sync: rights.sync && sync.is_sync_supported,
        csrf: visit.session.csrf.clone(),
    }
}

/// A row has place for one line; the history has the rest.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

pub(super) async fn one(
    state: &ConsoleState,
    visit: &Visit,
    uid: &str,
) -> Result<(Registry, RegistryRow), crate::failure::Failure> {
    let registry = state.catalog.registry(visit.caller(), uid).await.map_err(super::failure)?;
    let row = row(visit, Rights::of(visit).await, &registry);
    Ok((registry, row))
}
