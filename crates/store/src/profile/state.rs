//! The history of a profile version: what it was each time it was saved, the newest some of them.

use crate::profile::secrets::{Resting, state_place};
use crate::{Core, ProfileRow, ProfileSecrets, Profiles, Result, on};

/// States kept of each version unless [`Profiles::keeping`] says otherwise.
pub const KEPT_STATES: i64 = 50;

/// A version as it was saved once. `labels`, `variables` and `template` are JSON of the profile service.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StateRow {
    /// Grows with time.
    pub id: i64,
    pub profile_uid: String,
    pub at: i64,
    /// Who saved it, and by which action; empty for what was there before there was a history.
    pub actor: String,
    pub action: String,
    pub name: String,
    pub version: String,
    pub description: String,
    pub labels: String,
    pub variables: String,
    /// What is secret in the variables; rests sealed.
    #[sqlx(skip)]
    pub secrets: ProfileSecrets,
    pub template: String,
    /// 1 where the template was what is published, 0 where it was a draft.
    pub is_published: i64,
}

/// A template of nothing, for a version that has none yet.
pub(crate) const NO_TEMPLATE: &str = "{\"packs\":[]}";

/// What is saved again unchanged is no new state; `$14` is 1 where the secrets are those of the newest state, which SQL
/// cannot tell.
pub(crate) const STATE_INSERT: &str = "INSERT INTO profile_state (id, profile_uid, at, actor, action, name, version,
    description, labels, variables, template, is_published, secrets)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 WHERE $14 = 0 OR NOT EXISTS (SELECT 1 FROM profile_state
        WHERE id = (SELECT MAX(id) FROM profile_state WHERE profile_uid = $2) AND name = $6 AND version = $7
        AND description = $8 AND labels = $9 AND variables = $10 AND template = $11 AND is_published = $12)";
/// The newest state's secrets, as they rest.
pub(crate) const NEWEST_SECRETS: &str =
    "SELECT id, secrets FROM profile_state WHERE profile_uid = $1 ORDER BY id DESC LIMIT 1";
pub(crate) const STATES_PRUNE: &str = "DELETE FROM profile_state WHERE profile_uid = $1 AND id NOT IN
    (SELECT id FROM profile_state WHERE profile_uid = $1 ORDER BY id DESC LIMIT $2)";
const STATES: &str = "SELECT id, profile_uid, at, actor, action, name, version, description, labels, variables,
    template, is_published, secrets FROM profile_state WHERE profile_uid = $1 AND id <= $2 ORDER BY id DESC LIMIT $3";

/// Writes the row's state into the history, inside the [`unit!`](crate::unit) that writes the row.
macro_rules! keep_state {
    ($tx:ident, $core:expr, $now:expr, $keep:expr, $row:ident, $entry:ident) => {
        let template = $row.draft.as_deref().or($row.published.as_deref());
        let newest = sqlx::query_as($crate::profile::state::NEWEST_SECRETS).bind($row.uid.as_str());
        let newest = newest.fetch_optional(&mut *$tx).await?;
        let id = $crate::sequence_id($now);
        sqlx::query($crate::profile::state::STATE_INSERT)
            .bind(id)
            .bind($row.uid.as_str())
            .bind($now)
            .bind($entry.actor.as_str())
            .bind($entry.action)
            .bind($row.name.as_str())
            .bind($row.version.as_str())
            .bind($row.description.as_str())
            .bind($row.labels.as_str())
            .bind($row.variables.as_str())
            .bind(template.unwrap_or($crate::profile::state::NO_TEMPLATE))
            .bind(i64::from($row.draft.is_none()))
            .bind($crate::profile::state::sealed(&$core, $row, id))
            .bind(i64::from($crate::profile::state::has_secrets_of(&$core, $row, newest)))
            .execute(&mut *$tx)
            .await?;
        sqlx::query($crate::profile::state::STATES_PRUNE)
            .bind($row.uid.as_str())
            .bind($keep)
            .execute(&mut *$tx)
            .await?;
    };
}
pub(crate) use keep_state;

pub(crate) fn sealed(core: &Core, row: &ProfileRow, id: i64) -> Option<Vec<u8>> {
    row.secrets.sealed(&core.sealer, &state_place(&row.uid, id))
}

/// Whether the secrets of the newest state are the row's. One that does not open has others.
pub(crate) fn has_secrets_of(core: &Core, row: &ProfileRow, newest: Option<(i64, Option<Vec<u8>>)>) -> bool {
    let Some((id, sealed)) = newest else { return false };
    let opened = ProfileSecrets::open(&core.sealer, &state_place(&row.uid, id), sealed.as_deref());
    opened.is_ok_and(|known| known == row.secrets)
}

impl Profiles {
    /// States of a version, newest first, from state `from` on (`i64::MAX` for the newest).
    pub async fn states(&self, profile_uid: &str, from: i64, limit: i64) -> Result<Vec<StateRow>> {
        let rows: Vec<Resting<StateRow>> = on!(self.core.db, p => {
            sqlx::query_as(STATES).bind(profile_uid).bind(from).bind(limit).fetch_all(p).await?
        });
        let open = |resting: Resting<StateRow>| {
            let secrets = resting.open(&self.core.sealer, &state_place(profile_uid, resting.row.id))?;
            Ok(StateRow { secrets, ..resting.row })
        };
        rows.into_iter().map(open).collect()
    }
}
