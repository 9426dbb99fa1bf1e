//! The option `--limit` of the verbs that need no server.

use super::{LimitSetting, Limits, LimitsTable};
use crate::commands::WrongArguments;
use clap::Args;
use packyard_pack::ReadLimits;
use packyard_pack::helm::IndexLimits;

/// The option of verbs that read packs.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PackLimits {
    /// Another value for a limit of packs, such as pack.archive_bytes=500MiB; docs/operations.md lists them
    /// [also: PACKYARD_LIMITS=NAME=VALUE,...]
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = LimitSetting::parse_of_packs)]
    limit: Vec<LimitSetting>,
}

impl PackLimits {
    /// The variable may have limits of a server too, which mean nothing here.
    pub(crate) fn read(&self) -> Result<ReadLimits, WrongArguments> {
        Ok(Limits::resolve(&LimitsTable::default(), &self.limit)?.sync.pack)
    }
}

/// The option of `pack init`, which reads charts and the repositories they are in.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SourceLimits {
    /// Another value for a limit of packs or of Helm repositories, such as helm.index_bytes=1GiB;
    /// docs/operations.md lists them [also: PACKYARD_LIMITS=NAME=VALUE,...]
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = LimitSetting::parse_of_sources)]
    limit: Vec<LimitSetting>,
}

impl SourceLimits {
    pub(crate) fn read(&self) -> Result<(ReadLimits, IndexLimits), WrongArguments> {
        let limits = Limits::resolve(&LimitsTable::default(), &self.limit)?;
        Ok((limits.sync.pack, limits.sync.index))
    }
}
