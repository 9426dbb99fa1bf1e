//! The tables of the catalogue: registered registries, their tags and packs, and the runs that keep them in step.
//!
//! What a sync writes it writes under the lease of that sync, fenced inside the transaction.

mod bulk;
mod charts;
mod names;
mod notifications;
mod packs;
mod reads;
mod registry;
mod run_history;
mod runs;
mod schedule;
mod sync;
mod tags;

pub use charts::{ChartWrite, IndexRow};
pub use notifications::{NOTIFICATION_TOPIC, notified};
pub use packs::{PackWrite, PackWritten, TagRefused, TagRow, TagWrite};
pub use reads::{DetailRow, LogoRow, SummaryRow};
pub use registry::{RegistryRow, RegistrySecrets, RegistryWrite, SecretWrites};
pub(crate) use registry::{client_key_place, login_place, proxy_password_place};
pub use run_history::{OutcomeRow, RunRow};
pub use runs::{RunEnd, RunStart};
pub use schedule::{DueRow, sync_lease};
pub use tags::TagCounts;

use crate::{Core, Store};

/// The tables of the catalogue: registries, tags, packs, runs.
#[derive(Clone)]
pub struct CatalogStore {
    pub(crate) core: Core,
}

impl Store {
    pub fn catalog(&self) -> CatalogStore {
        CatalogStore { core: self.core.clone() }
    }
}

/// A new number of the revision, which each change of `catalog_pack` takes.
pub(crate) const BUMP: &str = "UPDATE catalog_revision SET value = value + 1 WHERE id = 1 RETURNING value";

/// Fails the surrounding unit when `lease` was lost: somebody else does this work now.
macro_rules! held {
    ($tx:ident, $lease:expr) => {{
        let lease: &$crate::Lease = $lease;
        let row: Option<i64> = sqlx::query_scalar($crate::catalog::HOLD_LEASE)
            .bind(lease.name.as_str())
            .bind(lease.holder.as_str())
            .bind(lease.fence)
            .fetch_optional(&mut *$tx)
            .await?;
        if row.is_none() {
            return Err(Error::Conflict(format!("the lease `{}` was taken over", lease.name)));
        }
    }};
}
pub(crate) use held;

/// Holds the row until the transaction ends, so that nobody claims the lease between this check and the writes after it.
pub(crate) const HOLD_LEASE: &str =
    "UPDATE lease SET fence = fence WHERE name = $1 AND holder = $2 AND fence = $3 RETURNING fence";
