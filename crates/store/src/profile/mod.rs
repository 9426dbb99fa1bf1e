//! The tables of cluster profiles, the projects that they live in, and the history of each version.

mod clear;
mod project;
mod row;
mod secrets;
mod state;
mod version;

pub use clear::{VariablesAt, VariablesOf, VariablesRow, VariablesSealed};
pub use project::{ProjectRow, Projects};
pub use row::{PackUse, ProfileHead, ProfileRow};
pub use secrets::ProfileSecrets;
pub(crate) use secrets::{state_place, version_place};
pub use state::{KEPT_STATES, StateRow};
pub use version::{AtRevision, Profiles};
