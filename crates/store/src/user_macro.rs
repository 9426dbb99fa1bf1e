//! User macros, by scope: a project's uid, or empty for the tenant. Values rest sealed.

use crate::sealed::sealing;
use crate::{AuditEntry, Core, Error, Result, Store, audit, on, unit};

/// A macro with its value opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroRow {
    pub name: String,
    pub value: String,
}

/// What becomes of the macros of a scope. Each is done whole or not at all.
#[derive(Debug, Clone, Copy)]
pub enum MacroWrite<'a> {
    /// New ones; `AlreadyExists` names those that are there.
    Add(&'a [MacroRow]),
    /// New values; `NotFound` names those that are not there.
    Set(&'a [MacroRow]),
    /// These and no others.
    Replace(&'a [MacroRow]),
    /// `NotFound` names those that are not there.
    Remove(&'a [String]),
}

const NAMES: &str = "SELECT name FROM user_macro WHERE project_uid = $1 ORDER BY name";
const ALL: &str = "SELECT name, value FROM user_macro WHERE project_uid = $1 ORDER BY name";
const PUT: &str = "INSERT INTO user_macro (project_uid, name, value, updated_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (project_uid, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM user_macro WHERE project_uid = $1 AND name = $2";
const DELETE_ALL: &str = "DELETE FROM user_macro WHERE project_uid = $1";
const PROJECT_HOLD: &str = "UPDATE project SET updated_at = updated_at WHERE uid = $1";
/// Writers of the tenant's macros wait for each other at a row of their own, as those of a project do at the project's.
const TENANT_HOLD: &str = "INSERT INTO installation (name, value) VALUES ('tenant-macros', '')
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// Units of work on macros.
#[derive(Clone)]
pub struct UserMacros {
    core: Core,
}

impl Store {
    pub fn user_macros(&self) -> UserMacros {
        UserMacros { core: self.core.clone() }
    }
}

impl UserMacros {
    /// By name.
    pub async fn all(&self, project_uid: &str) -> Result<Vec<MacroRow>> {
        let rows: Vec<(String, Vec<u8>)> =
            on!(self.core.db, p => sqlx::query_as(ALL).bind(project_uid).fetch_all(p).await?);
        rows.into_iter().map(|(name, sealed)| self.open(project_uid, name, &sealed)).collect()
    }

    /// Names alone, which are no secrets.
    pub async fn names(&self, project_uid: &str) -> Result<Vec<String>> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(NAMES).bind(project_uid).fetch_all(p).await?))
    }

    /// `entry` is made from the names that were there before.
    pub async fn write(
        &self,
        project_uid: &str,
        write: MacroWrite<'_>,
        entry: impl Fn(&[String]) -> AuditEntry + Send,
    ) -> Result<()> {
        let now = self.core.now_ms();
        let put: Vec<(&str, Vec<u8>)> = match write {
            MacroWrite::Add(rows) | MacroWrite::Set(rows) | MacroWrite::Replace(rows) => {
                rows.iter().map(|row| (row.name.as_str(), self.seal(project_uid, row))).collect()
            }
            MacroWrite::Remove(_) => Vec::new(),
        };
        unit!(self.core.db, Error, |tx| {
            if !put.is_empty() {
                sealing!(tx, self.core);
            }
            if project_uid.is_empty() {
                sqlx::query(TENANT_HOLD).execute(&mut *tx).await?;
            } else if sqlx::query(PROJECT_HOLD).bind(project_uid).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NoProject(project_uid.to_owned()));
            }
            let before: Vec<String> = sqlx::query_scalar(NAMES).bind(project_uid).fetch_all(&mut *tx).await?;
            fits(write, &before)?;
            if let MacroWrite::Replace(_) = write {
                sqlx::query(DELETE_ALL).bind(project_uid).execute(&mut *tx).await?;
            }
            for (name, value) in &put {
                sqlx::query(PUT).bind(project_uid).bind(*name).bind(value).bind(now).execute(&mut *tx).await?;
            }
            if let MacroWrite::Remove(names) = write {
                for name in names {
                    sqlx::query(DELETE).bind(project_uid).bind(name).execute(&mut *tx).await?;
                }
            }
            audit!(tx, now, entry(&before));
            Ok(())
        })
    }

    fn seal(&self, project_uid: &str, row: &MacroRow) -> Vec<u8> {
        self.core.sealer.seal(&place(project_uid, &row.name), row.value.as_bytes())
    }

    fn open(&self, project_uid: &str, name: String, sealed: &[u8]) -> Result<MacroRow> {
        let value = self.core.sealer.open(&place(project_uid, &name), sealed)?;
        let value = String::from_utf8(value).map_err(|_| Error::Corrupt(format!("the value of macro {name}")))?;
        Ok(MacroRow { name, value })
    }
}

/// What a value is sealed to.
pub(crate) fn place(project_uid: &str, name: &str) -> String {
    format!("user_macro/{project_uid}/{name}")
}

fn fits(write: MacroWrite<'_>, before: &[String]) -> Result<()> {
    let is_there = |name: &&str| before.iter().any(|known| known == name);
    let named = |names: Vec<&str>| names.join(", ");
    match write {
        MacroWrite::Add(rows) => match rows.iter().map(|row| row.name.as_str()).filter(is_there).collect::<Vec<_>>() {
            taken if taken.is_empty() => Ok(()),
            taken => Err(Error::AlreadyExists(named(taken))),
        },
        MacroWrite::Set(rows) => missing(rows.iter().map(|row| row.name.as_str()), before),
        MacroWrite::Remove(names) => missing(names.iter().map(String::as_str), before),
        MacroWrite::Replace(_) => Ok(()),
    }
}

fn missing<'a>(names: impl Iterator<Item = &'a str>, before: &[String]) -> Result<()> {
    let missing: Vec<&str> = names.filter(|name| !before.iter().any(|known| known == name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(Error::NotFound(missing.join(", "))) }
}
