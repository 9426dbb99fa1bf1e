//! The cluster profiles that have this version of a pack.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::Visit;
use crate::words::When;
use packyard_profile::Error;

pub(super) struct UserRow {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) address: String,
    pub(super) description: String,
    pub(super) changed: When,
}

pub(super) async fn users(state: &ConsoleState, visit: &Visit, pack_uid: &str) -> Result<Vec<UserRow>, Failure> {
    let found = state.profiles.using_pack(visit.caller(), pack_uid).await.map_err(|error| match error {
        Error::Denied(denied) => denied.into(),
        other => Failure::while_doing("find the profiles that use a pack")(other),
    })?;
    let rows = found.into_iter().map(|profile| UserRow {
        address: format!("/profiles/{}", profile.uid),
        changed: visit.when(profile.updated_at_ms),
        name: profile.name,
        version: profile.version,
        description: profile.description,
    });
    Ok(rows.collect())
}
