//! Persistence: SQL on SQLite and PostgreSQL, objects on disk, sealed secrets. No HTTP, no policy.
//!
//! Each table family is one struct in one file, with its SQL as constants. A method is a whole unit of work: its
//! preconditions arrive as data and are checked inside the transaction, so the store decides races, never rules.

mod catalog;
mod catalog_bulk;
mod catalog_charts;
mod catalog_names;
mod catalog_notices;
mod catalog_packs;
mod catalog_reads;
mod catalog_runs;
mod catalog_sync;
mod catalog_tags;
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
mod profile_clear;
mod profile_project;
mod profile_row;
mod profile_secrets;
mod profile_state;
pub mod registry;
mod rotate;
mod seal;
mod sealed;
mod user_macro;

/// Statements that the macros use in other modules.
pub mod sql {
    pub use crate::journal::{AUDIT_INSERT, OUTBOX_INSERT};
}

pub use catalog::{CatalogStore, DueRow, RegistryRow, RegistrySecrets, RegistryWrite, SecretWrites, sync_lease};
pub use catalog_charts::{ChartWrite, IndexRow};
pub use catalog_notices::{NOTICE_TOPIC, notice};
pub use catalog_packs::{PackWrite, PackWritten, TagRefused, TagRow, TagWrite};
pub use catalog_reads::{DetailRow, LogoRow, SummaryRow};
pub use catalog_runs::{OutcomeRow, RunEnd, RunRow, RunStart};
pub use catalog_tags::TagCounts;
pub use clock::{Clock, ManualClock, SystemClock};
pub use db::{Core, Db, DbLocation, Engine, Store};
pub use error::Error;
pub use ids::{new_uid, random_bytes, sequence_id};
pub use journal::{AuditEntry, AuditRow, Event, Journal};
pub use journal_search::AuditSearch;
pub use lease::{Lease, Leases};
pub use migrate::SCHEMA_VERSION;
pub use open::LockedStore;
pub use profile::{AtRevision, Profiles};
pub use profile_clear::{VariablesAt, VariablesOf, VariablesRow, VariablesSealed};
pub use profile_project::{ProjectRow, Projects};
pub use profile_row::{PackUse, ProfileHead, ProfileRow};
pub use profile_secrets::ProfileSecrets;
pub use profile_state::{KEPT_STATES, StateRow};
pub use rotate::SealedCounts;
pub use seal::{SealKey, Sealer};
pub use user_macro::{MacroRow, MacroWrite, UserMacros};

pub type Result<T, E = Error> = std::result::Result<T, E>;
