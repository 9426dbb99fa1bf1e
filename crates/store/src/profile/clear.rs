//! Rows of profiles from before their secrets were sealed, or from a server of such a version that still runs beside this
//! one. What is secret in them only the profile service knows; it says so, page by page.

use crate::profile::secrets::{Resting, state_place, version_place};
use crate::sealed::sealing;
use crate::{Engine, Error, ProfileSecrets, Profiles, Result, on, unit};

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariablesOf {
    Versions,
    States,
}

/// Where a row is; `state` is 0 in a version's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct VariablesAt {
    pub uid: String,
    pub state: i64,
}

/// The variables of one row as they rest.
#[derive(Debug, Clone)]
pub struct VariablesRow {
    pub at: VariablesAt,
    pub variables: String,
    /// `None` where they do not open: the row is damaged.
    pub secrets: Option<ProfileSecrets>,
}

/// What takes the place of a row's variables.
#[derive(Debug, Clone)]
pub struct VariablesSealed {
    pub row: VariablesRow,
    pub variables: String,
    pub secrets: ProfileSecrets,
}

#[derive(sqlx::FromRow)]
struct Read {
    #[sqlx(flatten)]
    at: VariablesAt,
    variables: String,
}

const VERSIONS: &str = "SELECT uid, CAST(0 AS BIGINT) AS state, variables, secrets FROM profile
    WHERE variables LIKE $1 AND uid > $2 AND $3 >= 0 ORDER BY uid LIMIT $4";
const STATES: &str = "SELECT profile_uid AS uid, id AS state, variables, secrets FROM profile_state
    WHERE variables LIKE $1 AND (profile_uid > $2 OR (profile_uid = $2 AND id > $3)) ORDER BY profile_uid, id LIMIT $4";
/// No new revision: nothing that anybody sees has changed.
const SEAL_VERSION: &str =
    "UPDATE profile SET variables = $1, secrets = $2 WHERE uid = $3 AND $4 = 0 AND variables = $5";
const SEAL_STATE: &str =
    "UPDATE profile_state SET variables = $1, secrets = $2 WHERE profile_uid = $3 AND id = $4 AND variables = $5";
/// That rows were sealed whose former content may still be found: kept until it cannot.
const MARK: &str = "INSERT INTO installation (name, value) VALUES ('clear-replaced', '') ON CONFLICT (name) DO NOTHING";
const IS_MARKED: &str = "SELECT COUNT(*) FROM installation WHERE name = 'clear-replaced'";
const UNMARK: &str = "DELETE FROM installation WHERE name = 'clear-replaced'";
const PAGE: i64 = 200;

impl VariablesOf {
    fn place(self, at: &VariablesAt) -> String {
        match self {
            Self::Versions => version_place(&at.uid),
            Self::States => state_place(&at.uid, at.state),
        }
    }
}

impl Profiles {
    /// Some rows whose variables hold the text `part` (which has no `%` and no `_`), in order; those after `after`.
    pub async fn variables_holding(
        &self,
        of: VariablesOf,
        part: &str,
        after: &VariablesAt,
    ) -> Result<Vec<VariablesRow>> {
        let (select, like) = (if of == VariablesOf::Versions { VERSIONS } else { STATES }, format!("%{part}%"));
        let rows: Vec<Resting<Read>> = on!(self.core.db, p => {
            let query = sqlx::query_as(select).bind(like.as_str()).bind(after.uid.as_str());
            query.bind(after.state).bind(PAGE).fetch_all(p).await?
        });
        let opened = rows.into_iter().map(|resting| {
            let secrets = resting.open(&self.core.sealer, &of.place(&resting.row.at)).ok();
            VariablesRow { at: resting.row.at, variables: resting.row.variables, secrets }
        });
        Ok(opened.collect())
    }

    /// Gives these rows their secret part, all in one transaction; a row that was written meanwhile is left alone. Says
    /// how many were sealed.
    pub async fn seal_variables(&self, of: VariablesOf, rows: &[VariablesSealed]) -> Result<u64> {
        let update = if of == VariablesOf::Versions { SEAL_VERSION } else { SEAL_STATE };
        unit!(self.core.db, Error, |tx| {
            sealing!(tx, self.core);
            sqlx::query(MARK).execute(&mut *tx).await?;
            let mut sealed = 0;
            for VariablesSealed { row, variables, secrets } in rows {
                let written = sqlx::query(update)
                    .bind(variables.as_str())
                    .bind(secrets.sealed(&self.core.sealer, &of.place(&row.at)))
                    .bind(row.at.uid.as_str())
                    .bind(row.at.state)
                    .bind(row.variables.as_str())
                    .execute(&mut *tx)
                    .await?;
                sealed += written.rows_affected();
            }
            Ok(sealed)
        })
    }

    /// Once rows were sealed: SQLite's file and its log still have copies of what they were, in places that are free now.
    /// Both are written anew without them. Where nothing was sealed since the last time, nothing is done. (PostgreSQL
    /// does this in its own time.)
    pub async fn forget_replaced(&self) -> Result<()> {
        let is_marked: i64 = on!(self.core.db, p => sqlx::query_scalar(IS_MARKED).fetch_one(p).await?);
        if is_marked == 0 {
            return Ok(());
        }
        if let Engine::Lite { write, .. } = &self.core.db.engine {
            sqlx::query("VACUUM").execute(write).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await?;
        }
        unit!(self.core.db, Error, |tx| {
            sqlx::query(UNMARK).execute(&mut *tx).await?;
            Ok(())
        })
    }
}
