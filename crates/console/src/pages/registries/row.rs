//! A registry as lists and its own page show it.

use super::way_back::WayBack;
use crate::ConsoleState;
use crate::failure::Failure;
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::{When, counted, grouped};
use packyard_catalog::{Auth, Holds, Registry, RegistryKind, RunState, SyncRun, SyncState};

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
    /// The page follows it until this is false.
    pub(super) is_moving: bool,
    pub(super) progress: Option<Progress>,
    pub(super) last_run: Option<When>,
    pub(super) next_run: Option<When>,
    pub(super) can_manage: bool,
    /// The form knows all but pack registries from before OCI.
    pub(super) can_edit: bool,
    pub(super) can_sync: bool,
    /// Where an ordinary sync does not help: it failed, or does not come to an end.
    pub(super) can_force: bool,
    /// Interval and notifications.
    pub(super) can_tune: bool,
    pub(super) has_notifications: bool,
    /// This is its own page, not the list.
    pub(super) is_own_page: bool,
    /// After the address of an action, so that it leads back here.
    pub(super) back: String,
    pub(super) csrf: String,
}

impl RegistryRow {
    pub(super) fn can_act(&self) -> bool {
        self.can_manage || self.can_sync
    }
}

/// How far a run came.
pub(super) struct Progress {
    pub(super) done: u32,
    pub(super) all: u32,
    pub(super) text: String,
}

impl Progress {
    pub(super) fn of(run: &SyncRun) -> Option<Self> {
        let counts = &run.counts;
        if run.state != RunState::Running || counts.tags == 0 {
            return None;
        }
        let all = counts.tags;
        let done = (counts.added + counts.updated + counts.unchanged + counts.rejected).min(all);
        Some(Self { done, all, text: format!("{} of {}", grouped(done.into()), counted(all, "tag")) })
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

/// How one logs in to it, and what it holds where that is not packs.
pub(super) fn kind_word(registry: &Registry) -> &'static str {
    let spec = &registry.spec;
    match (spec.kind, spec.holds(), &spec.auth) {
        (RegistryKind::Ecr, Holds::Packs, _) => "ECR",
        (RegistryKind::Ecr, Holds::Charts, _) => "ECR, Helm",
        (RegistryKind::Basic, Holds::Packs, Auth::Anonymous) => "Anonymous",
        (RegistryKind::Basic, Holds::Charts, Auth::Anonymous) => "Anonymous, Helm",
        (RegistryKind::Basic, Holds::Packs, _) => "Basic",
        (RegistryKind::Basic, Holds::Charts, _) => "Basic, Helm",
        (RegistryKind::Helm, ..) => "Helm",
        (RegistryKind::Pack, ..) => "Pack",
    }
}

pub(super) fn row(visit: &Visit, rights: Rights, registry: &Registry, back: &WayBack) -> RegistryRow {
    let sync = &registry.sync;
    // One that waits for its hour does not move.
    let is_due = sync.next_run_ms.is_some_and(|at| at <= visit.now_ms() + SOON_MS);
    let is_moving = sync.status == SyncState::InProgress || (sync.status == SyncState::Pending && is_due);
    RegistryRow {
        uid: registry.uid.clone(),
        name: registry.name.clone(),
        endpoint: registry.spec.endpoint.clone(),
        kind: kind_word(registry),
        is_this_server: registry.is_this_server
            || (sync.last_run_ms.is_none() && visit.is_own(&registry.spec.endpoint)),
        paths: paths(&registry.spec.base_content_path),
        packs: counted(registry.pack_count, registry.spec.holds().word().trim_end_matches('s')),
        versions: counted(registry.version_count, "version"),
        status: if sync.is_sync_supported { status(sync.status) } else { Status::idle("Not synced") },
        note: match registry.why_not_synced() {
            Some(why) => why.to_owned(),
            None if sync.status == SyncState::Failed => first_line(&sync.message),
            None => String::new(),
        },
        is_moving,
        progress: None,
        last_run: sync.last_run_ms.map(|at| visit.when(at)),
        next_run: sync.next_run_ms.filter(|_| !is_moving).map(|at| visit.when(at)),
        can_manage: rights.manage,
        can_edit: rights.manage && registry.spec.kind != RegistryKind::Pack,
        can_sync: rights.sync && sync.is_sync_supported,
        can_force: rights.sync
            && sync.is_sync_supported
            && matches!(sync.status, SyncState::Failed | SyncState::InProgress),
        can_tune: rights.manage && sync.is_sync_supported,
        has_notifications: registry.spec.kind.is_oci(),
        is_own_page: back.is_history(),
        back: back.query(),
        csrf: visit.session.csrf.clone(),
    }
}

/// Run records that are looked through for the one under way; a push leaves short ones beside it.
const LATEST: u32 = 3;
/// A run that is due within this time counts as under way.
const SOON_MS: i64 = 5_000;

/// The row with how far its run came.
pub(super) async fn with_progress(
    state: &ConsoleState,
    visit: &Visit,
    mut row: RegistryRow,
) -> Result<RegistryRow, Failure> {
    if row.is_moving {
        let runs = state.catalog.sync_runs(visit.caller(), &row.uid, None, LATEST).await.map_err(super::failure)?;
        row.progress = runs.iter().find_map(Progress::of);
    }
    Ok(row)
}

/// A row has place for one line; the history has the rest.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// For its own page.
pub(super) async fn one(state: &ConsoleState, visit: &Visit, uid: &str) -> Result<(Registry, RegistryRow), Failure> {
    let registry = state.catalog.registry(visit.caller(), uid).await.map_err(super::failure)?;
    let row = row(visit, Rights::of(visit).await, &registry, &WayBack::to_history());
    Ok((registry, row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_catalog::{RunCounts, Trigger};

    #[test]
    fn progress_is_what_a_running_run_has_done_of_its_tags() {
        let run = |state, tags| SyncRun {
            id: 1,
            registry_uid: String::new(),
            trigger: Trigger::First,
            state,
            message: String::new(),
            started_ms: 0,
            ended_ms: None,
            searched: Vec::new(),
            near_misses: Vec::new(),
            counts: RunCounts { tags, added: 1_000, updated: 2, unchanged: 3, rejected: 4, ..RunCounts::default() },
        };
        let progress = Progress::of(&run(RunState::Running, 2_000)).unwrap();
        assert_eq!((progress.done, progress.all, progress.text.as_str()), (1_009, 2_000, "1,009 of 2,000 tags"));
        assert!(Progress::of(&run(RunState::Running, 0)).is_none(), "nothing is listed yet");
        assert!(Progress::of(&run(RunState::Success, 2_000)).is_none());
    }
}
