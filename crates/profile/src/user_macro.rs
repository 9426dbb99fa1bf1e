//! User macros: texts that profiles use as `{{ .spectro.macro.NAME }}`, kept for the tenant and for each project.

use crate::{Error, Result, rights};
use packyard_access::{Access, Caller};
use packyard_store::{AuditEntry, MacroRow, MacroWrite, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Values may be secrets, so reading them is a right of its own.
const READ: &str = "packyard:ReadMacros";
const MANAGE: &str = "packyard:ManageMacros";
/// Longest name of a macro, in characters.
const NAME_MAX: usize = 128;
/// Longest value of a macro, in bytes.
const VALUE_MAX: usize = 64 << 10;

/// A macro of the tenant or of a project.
#[derive(Clone, PartialEq, Eq)]
pub struct UserMacro {
    pub name: String,
    pub value: String,
}

impl std::fmt::Debug for UserMacro {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserMacro").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a caller wants of the macros of a scope. Each is done whole or not at all.
#[derive(Debug, Clone)]
pub enum MacroChange {
    /// New macros; refused when one is there already.
    Add(Vec<UserMacro>),
    /// New values of macros that are there.
    Set(Vec<UserMacro>),
    /// These and no others.
    Replace(Vec<UserMacro>),
    Remove(Vec<String>),
}

impl MacroChange {
    fn given(&self) -> &[UserMacro] {
        match self {
            Self::Add(given) | Self::Set(given) | Self::Replace(given) => given,
            Self::Remove(_) => &[],
        }
    }
}

#[derive(Clone)]
pub struct UserMacros {
    store: Store,
    access: Access,
}

impl UserMacros {
    pub(crate) fn new(store: &Store, access: &Access) -> Self {
        Self { store: store.clone(), access: access.clone() }
    }

    /// By name. `project` of `None` means the tenant's.
    pub async fn list(&self, caller: &Caller, project: Option<&str>) -> Result<Vec<UserMacro>> {
        self.may(caller, READ, project).await?;
        if let Some(uid) = project {
            crate::project::known(&self.store, uid).await?;
        }
        let rows = self.store.user_macros().all(project.unwrap_or_default()).await.map_err(Error::Store)?;
        Ok(rows.into_iter().map(|row| UserMacro { name: row.name, value: row.value }).collect())
    }

    /// What a profile there may use: the project's own, and those of the tenant that the project does not redefine.
    pub async fn visible(&self, caller: &Caller, project: Option<&str>) -> Result<Vec<UserMacro>> {
        let mut all: BTreeMap<String, UserMacro> = BTreeMap::new();
        let mut found = self.list(caller, None).await?;
        if project.is_some() {
            found.extend(self.list(caller, project).await?);
        }
        all.extend(found.into_iter().map(|one| (one.name.clone(), one)));
        Ok(all.into_values().collect())
    }

    /// Names that a profile there may use. No right is needed: names stand in profiles.
    pub(crate) async fn visible_names(&self, project: &str) -> Result<BTreeSet<String>> {
        let macros = self.store.user_macros();
        let mut names: BTreeSet<String> = macros.names("").await.map_err(Error::Store)?.into_iter().collect();
        if !project.is_empty() {
            names.extend(macros.names(project).await.map_err(Error::Store)?);
        }
        Ok(names)
    }

    pub async fn change(&self, caller: &Caller, project: Option<&str>, change: MacroChange) -> Result<()> {
        self.may(caller, MANAGE, project).await?;
        let rows = rows(change.given())?;
        let (action, write) = match &change {
            MacroChange::Add(_) => ("packyard:CreateMacros", MacroWrite::Add(&rows)),
            MacroChange::Set(_) => ("packyard:UpdateMacros", MacroWrite::Set(&rows)),
            MacroChange::Replace(_) => ("packyard:ReplaceMacros", MacroWrite::Replace(&rows)),
            MacroChange::Remove(names) => ("packyard:DeleteMacros", MacroWrite::Remove(names)),
        };
        let scope = project.unwrap_or("tenant");
        let arn = caller.arn().to_owned();
        let entry = |before: &[String]| AuditEntry::new(&*arn, action, scope).detail(detail(write, before));
        self.store
            .user_macros()
            .write(project.unwrap_or_default(), write, entry)
            .await
            .map_err(|error| failed(error, scope))
    }

    async fn may(&self, caller: &Caller, action: &str, project: Option<&str>) -> Result<()> {
        self.access.may(caller, action, &rights::target(&self.access, project)).await.map_err(Error::Denied)
    }
}

/// Checked, each name once.
fn rows(given: &[UserMacro]) -> Result<Vec<MacroRow>> {
    let mut names = BTreeSet::new();
    for one in given {
        check(one)?;
        if !names.insert(one.name.as_str()) {
            return Err(Error::MacroClash(one.name.clone()));
        }
    }
    Ok(given.iter().map(|one| MacroRow { name: one.name.clone(), value: one.value.clone() }).collect())
}

fn check(one: &UserMacro) -> Result<()> {
    let is_name = one.name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && one.name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && one.name.len() <= NAME_MAX;
    if !is_name {
        let message = format!(
            "`{}` cannot be the name of a macro. Use letters, digits, `_`, `-` and `.`, starting with a letter, at most {NAME_MAX}",
            one.name
        );
        return Err(Error::invalid("macros", message));
    }
    if one.value.len() > VALUE_MAX {
        let message = format!("the value of macro {} is longer than {VALUE_MAX} bytes", one.name);
        return Err(Error::invalid("macros", message));
    }
    Ok(())
}

/// Which macros changed; their values are left out, since they may be secrets.
fn detail(write: MacroWrite<'_>, before: &[String]) -> String {
    let names = |rows: &[MacroRow]| rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
    let after: Vec<String> = match write {
        MacroWrite::Add(rows) => before.iter().cloned().chain(names(rows)).collect(),
        MacroWrite::Set(_) => before.to_vec(),
        MacroWrite::Replace(rows) => names(rows),
        MacroWrite::Remove(gone) => before.iter().filter(|name| !gone.contains(name)).cloned().collect(),
    };
    let given = match write {
        MacroWrite::Add(rows) | MacroWrite::Set(rows) | MacroWrite::Replace(rows) => names(rows),
        MacroWrite::Remove(_) => Vec::new(),
    };
    serde_json::json!({ "before": before, "after": after, "newValues": given }).to_string()
}

fn failed(error: packyard_store::Error, scope: &str) -> Error {
    match error {
        packyard_store::Error::AlreadyExists(names) => Error::MacroClash(names),
        packyard_store::Error::NoProject(_) => Error::ProjectNotFound(scope.to_owned()),
        packyard_store::Error::NotFound(names) => Error::MacroNotFound(names),
        other => Error::Store(other),
    }
}
