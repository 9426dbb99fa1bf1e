//! Why there are no packs: what each registry's last sync came to, in words that do not claim more than is known.

use crate::parts::Status;
use packyard_catalog::{Registry, SyncState};

/// What one registry's sync came to, with the way to its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) status: Status,
    pub(crate) text: String,
    pub(crate) address: String,
    pub(crate) link: String,
}

/// A title and one line a registry; `is_running` while a sync may still bring packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reads {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) is_running: bool,
    pub(crate) registries: Vec<Read>,
}

/// One that is kept without synchronisation is pending for ever.
fn is_running(registry: &Registry) -> bool {
    registry.why_not_synced().is_none() && matches!(registry.sync.status, SyncState::Pending | SyncState::InProgress)
}

fn has_failed(registry: &Registry) -> bool {
    registry.why_not_synced().is_none() && registry.sync.status == SyncState::Failed
}

/// The registry that is read for the first time just now.
pub(super) fn first_sync(registries: &[Registry]) -> Option<&str> {
    let first = registries.iter().find(|registry| is_running(registry) && registry.sync.last_synced_ms.is_none());
    first.map(|registry| registry.name.as_str())
}

/// For registries of which no pack is in the catalogue.
pub(crate) fn reads(registries: &[Registry]) -> Reads {
    let is_running = registries.iter().any(is_running);
    let (title, text) = if is_running {
        ("First sync is running", "Packs appear here as soon as they are read; this page follows.")
    } else if registries.iter().all(|registry| registry.why_not_synced().is_some()) {
        (
            "No packs: no registry here is synchronised",
            "Each is kept as a reference only. Add one whose packs are read.",
        )
    } else if registries.iter().all(has_failed) {
        ("No packs: the registries could not be read", "Mend what stands below and sync again.")
    } else if registries.iter().any(has_failed) {
        ("No packs yet", "One registry could not be read; in the others nothing reads as a pack.")
    } else {
        (
            "No packs under the base content paths yet",
            "The registries were read, and nothing that reads as a pack was found. A registry's history says what was searched, with near misses.",
        )
    };
    Reads { title, text, is_running, registries: registries.iter().map(read).collect() }
}

fn read(registry: &Registry) -> Read {
    let name = &registry.name;
    let (status, text) = match (registry.why_not_synced(), registry.sync.status) {
        (Some(why), _) => (Status::idle("Not synced"), format!("Registry {name}: {why}.")),
        (None, SyncState::Pending) => (Status::idle("Pending"), format!("The first sync of {name} is about to start.")),
        (None, SyncState::InProgress) => {
            (Status::running("InProgress"), format!("The first sync of {name} is running."))
        }
        (None, SyncState::Failed) => {
            (Status::bad("Failed"), format!("Registry {name} could not be read: {}", why(registry)))
        }
        (None, SyncState::Success) => (
            Status::good("Success"),
            format!("Registry {name} was read; there are no {} in it.", registry.spec.holds().word()),
        ),
    };
    Read { status, text, address: format!("/settings/registries/{}", registry.uid), link: format!("History of {name}") }
}

/// The first line of the sync's message; the history has the rest.
fn why(registry: &Registry) -> &str {
    registry.sync.message.lines().next().filter(|line| !line.is_empty()).unwrap_or("its history says why.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_catalog::{Auth, RegistrySpec, SyncStatus};

    fn registry(name: &str, status: SyncState) -> Registry {
        Registry {
            uid: "u".to_owned(),
            name: name.to_owned(),
            spec: RegistrySpec::basic("http://127.0.0.1:9", "team", Auth::Anonymous),
            has_secret: false,
            has_proxy_password: false,
            is_this_server: false,
            sync: SyncStatus {
                is_sync_supported: true,
                status,
                message: "connection refused\nmore".to_owned(),
                last_run_ms: None,
                last_synced_ms: None,
                next_run_ms: None,
                interval: packyard_catalog::SyncInterval::Server,
            },
            pack_count: 0,
            version_count: 0,
            created_ms: 0,
            updated_ms: 0,
        }
    }

    #[test]
    fn a_registry_that_was_not_read_is_not_called_reachable() {
        let failed = reads(&[registry("far", SyncState::Failed)]);
        assert_eq!(failed.title, "No packs: the registries could not be read");
        assert_eq!(failed.registries[0].text, "Registry far could not be read: connection refused");
        assert!(!failed.is_running);
        let mixed = reads(&[registry("far", SyncState::Failed), registry("near", SyncState::Success)]);
        assert_eq!(mixed.title, "No packs yet");
        let running = reads(&[registry("far", SyncState::Failed), registry("new", SyncState::Pending)]);
        assert!(running.is_running && running.title == "First sync is running");
        let empty = reads(&[registry("near", SyncState::Success)]);
        assert_eq!(empty.title, "No packs under the base content paths yet");
    }

    #[test]
    fn a_registry_that_is_never_synchronised_is_not_waited_for() {
        let mut kept = registry("kept", SyncState::Pending);
        kept.sync.is_sync_supported = false;
        assert_eq!(first_sync(std::slice::from_ref(&kept)), None);
        let alone = reads(std::slice::from_ref(&kept));
        assert_eq!((alone.is_running, alone.title), (false, "No packs: no registry here is synchronised"));
        assert_eq!(alone.registries[0].status.word, "Not synced");
        assert_eq!(alone.registries[0].text, "Registry kept: This registry is registered without synchronisation.");
        let beside = [kept, registry("new", SyncState::InProgress)];
        assert_eq!(first_sync(&beside), Some("new"));
    }
}
