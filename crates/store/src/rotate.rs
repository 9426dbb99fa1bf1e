//! Another key for the database's secrets.
//!
//! All of them, and the canary, are sealed anew in one transaction: whatever interrupts it, one key opens all. A process
//! that still has the old key then is refused when it wants to write a secret ([`sealing!`](crate::sealed::sealing)).

use crate::db::PG_ALONE;
use crate::open::{CANARY, new_canary, open_canary};
use crate::sealed::{self, COLUMNS, Owner, SealedColumn, SealedValue};
use crate::{AuditEntry, Engine, Error, LockedStore, Result, SealKey, Sealer, audit, unit};
use serde::Serialize;
use std::time::{Duration, Instant};

/// How many secrets there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SealedCounts {
    pub access_keys: usize,
    pub registry_secrets: usize,
    pub macros: usize,
    /// Default values of masked variables: one for a version, and one for each saved state of its history.
    pub profile_secrets: usize,
}

impl SealedCounts {
    pub fn total(self) -> usize {
        self.access_keys + self.registry_secrets + self.macros + self.profile_secrets
    }

    fn add(&mut self, column: &SealedColumn, count: usize) {
        match column.owner {
            Owner::AccessKey => self.access_keys += count,
            Owner::Registry => self.registry_secrets += count,
            Owner::Macro => self.macros += count,
            Owner::Profile => self.profile_secrets += count,
        }
    }
}

const HOLD_CANARY: &str = "UPDATE installation SET value = value WHERE name = $1 RETURNING value";
const SET_CANARY: &str = "UPDATE installation SET value = $2 WHERE name = $1";
/// How long connections of a server that was stopped may still be seen.
const LEAVING: Duration = Duration::from_secs(3);
/// What was there before is overwritten in the file, not only no longer referred to.
const OVERWRITE: &str = "PRAGMA secure_delete = ON";

impl LockedStore {
    /// Seals every secret anew. Nothing is changed when one of them does not open with `old`, and
    /// [`Error::InUse`] says that another process has the database open (the data folder's lock says it for SQLite). For
    /// a store that was opened by [`LockedStore::open_alone`].
    pub async fn rotate(
        &self,
        old: SealKey,
        new: SealKey,
        entry: impl Fn(SealedCounts) -> AuditEntry + Send,
    ) -> Result<SealedCounts> {
        let (old, new) = (Sealer::new(old), Sealer::new(new));
        let now = self.clock.now_ms();
        self.wait_until_alone().await?;
        let is_pg = match &self.db.engine {
            Engine::Pg(_) => true,
            Engine::Lite { write, .. } => {
                sqlx::query(OVERWRITE).execute(write).await?;
                false
            }
        };
        unit!(self.db, Error, |tx| {
            if is_pg && !sqlx::query_scalar::<_, bool>(PG_ALONE).fetch_one(&mut *tx).await? {
                return Err(Error::InUse);
            }
            let canary: Option<String> = sqlx::query_scalar(HOLD_CANARY).bind(CANARY).fetch_optional(&mut *tx).await?;
            open_canary(&old, &canary.ok_or(Error::Unsealable)?)?;
            let mut counts = SealedCounts::default();
            for column in &COLUMNS {
                let rows: Vec<(String, String, Vec<u8>)> = sqlx::query_as(column.read).fetch_all(&mut *tx).await?;
                counts.add(column, rows.len());
                for row in rows {
                    let value = column.value(row);
                    let sealed = value.sealed_anew(&old, &new).map_err(|_| lost(column, &value))?;
                    let (first, second) = (value.row.0.as_str(), value.row.1.as_str());
                    sqlx::query(column.write).bind(sealed).bind(first).bind(second).execute(&mut *tx).await?;
                }
            }
            sqlx::query(SET_CANARY).bind(CANARY).bind(new_canary(&new)).execute(&mut *tx).await?;
            audit!(tx, now, entry(counts));
            Ok(counts)
        })
    }

    /// What [`LockedStore::rotate`] would seal anew; fails as it would.
    pub async fn rehearse_rotation(&self, old: SealKey) -> Result<SealedCounts> {
        let old = Sealer::new(old);
        self.wait_until_alone().await?;
        let mut counts = SealedCounts::default();
        for (column, values) in sealed::by_column(&self.db).await? {
            counts.add(column, values.len());
            if let Some(value) = values.iter().find(|value| value.open(&old).is_err()) {
                return Err(lost(column, value));
            }
        }
        Ok(counts)
    }

    /// PostgreSQL takes a moment to notice that a server which has just been stopped is gone.
    async fn wait_until_alone(&self) -> Result<()> {
        let Engine::Pg(pool) = &self.db.engine else { return Ok(()) };
        let until = Instant::now() + LEAVING;
        while !sqlx::query_scalar::<_, bool>(PG_ALONE).fetch_one(pool).await? {
            if Instant::now() >= until {
                return Err(Error::InUse);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

fn lost(column: &SealedColumn, value: &SealedValue) -> Error {
    let (of, name) = (column.owner.name(), &value.row.0);
    Error::Conflict(format!(
        "the secret of {of} {name} does not open with the key that opens the others: it is damaged. Give it anew or delete it, then try again"
    ))
}
