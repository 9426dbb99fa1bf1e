//! Every limit by its name, whichever crate keeps it: what `--limit NAME=VALUE`, `PACKYARD_LIMITS` and the table
//! `[limits]` of packyard.toml set. docs/operations.md has the same table, written by a test.

mod args;
mod file;
mod setting;
mod table;
#[cfg(test)]
mod tests;

use crate::commands::WrongArguments;
use crate::serve::ConnectionLimits;
use anyhow::anyhow;
use packyard_catalog::SyncLimits;
use packyard_profile::ProfileLimits;
use table::{ALL, Limit};

pub(crate) use args::{PackLimits, SourceLimits};
pub(crate) use file::LimitsTable;
pub(crate) use setting::LimitSetting;

/// All of them, with values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    pub(crate) registry: packyard_registry::Limits,
    pub(crate) sync: SyncLimits,
    pub(crate) profiles: ProfileLimits,
    pub(crate) connections: ConnectionLimits,
}

impl Limits {
    /// Those that do not have their default, for the log.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let defaults = Self::default();
        let value = move |limit: &Limit| ((limit.get)(self), (limit.get)(&defaults));
        ALL.iter().filter_map(move |limit| {
            let (value, default) = value(limit);
            (value != default).then_some((limit.name, value))
        })
    }

    /// The defaults, overruled by the file, by `PACKYARD_LIMITS`, and by what was typed.
    pub(crate) fn resolve(file: &LimitsTable, typed: &[LimitSetting]) -> Result<Self, WrongArguments> {
        let mut limits = Self::default();
        for setting in file.0.iter().chain(&from_environment()?).chain(typed) {
            (setting.limit().set)(&mut limits, setting.value);
        }
        Ok(limits)
    }
}

fn from_environment() -> Result<Vec<LimitSetting>, WrongArguments> {
    const NAME: &str = "PACKYARD_LIMITS";
    let text = std::env::var(NAME).unwrap_or_default();
    let settings = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    settings.map(|part| LimitSetting::parse(part).map_err(|why| WrongArguments(anyhow!("{NAME}: {why}")))).collect()
}
