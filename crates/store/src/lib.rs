//! Persistence: SQL on SQLite and PostgreSQL, objects on disk, sealed secrets. No HTTP, no policy.
//!
//! Each table family is one struct, in a file or a folder of its own, with its SQL as constants. A method is a whole unit
//! of work: its preconditions arrive as data and are checked inside the transaction, so the store decides races, never
//! rules.

mod catalog;
mod clock;
mod db;
mod error;
pub mod identity;
mod ids;
mod instance;
mod journal;
mod journal_search;
mod lease;
mod migrate;
pub mod objects;
mod open;
mod profile;
pub mod registry;
mod rotate;
mod seal;
mod sealed;
mod user_macro;

/// Statements that the macros use in other modules.
pub mod sql {
    pub use crate::journal::{AUDIT_INSERT, OUTBOX_INSERT};
}

pub use catalog::{
    CatalogStore, ChartWrite, DetailRow, DueRow, IndexRow, LogoRow, NOTIFICATION_TOPIC, OutcomeRow, PackWrite,
    PackWritten, RegistryRow, RegistrySecrets, RegistryWrite, RunEnd, RunRow, RunStart, SecretWrites, SummaryRow,
    TagCounts, TagRefused, TagRow, TagWrite, notified, sync_lease,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use db::{Core, Db, DbLocation, Engine, Store};
pub use error::Error;
pub use ids::{new_uid, random_bytes, sequence_id};
pub use journal::{AuditEntry, AuditRow, Event, Journal};
pub use journal_search::AuditSearch;
pub use lease::{Lease, Leases};
pub use migrate::SCHEMA_VERSION;
pub use open::LockedStore;
pub use profile::{
    AtRevision, KEPT_STATES, PackUse, ProfileHead, ProfileRow, ProfileSecrets, Profiles, ProjectRow, Projects,
    StateRow, VariablesAt, VariablesOf, VariablesRow, VariablesSealed,
};
pub use rotate::SealedCounts;
pub use seal::{SealKey, Sealer};
pub use user_macro::{MacroRow, MacroWrite, UserMacros};

pub type Result<T, E = Error> = std::result::Result<T, E>;
