//! When the next run is due.

use crate::{CatalogConfig, SyncInterval};
use std::time::Duration;

/// How the run went that is through now.
#[derive(Debug, Clone, Copy)]
pub(super) enum Went {
    Well,
    /// Some of it could not be read.
    Partly,
    Failed {
        /// Runs that failed before it, in a row.
        before: u32,
        /// How long the registry asked us to stay away.
        asked: Option<Duration>,
    },
}

/// A registry that asks for more is not believed.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// `None` when there is no next one by itself.
pub(super) fn wait(config: &CatalogConfig, interval: SyncInterval, went: Went) -> Option<Duration> {
    let interval = interval.time(config.sync_interval)?;
    Some(match went {
        Went::Well => interval,
        Went::Partly => config.retry_interval.min(interval),
        Went::Failed { before, asked } => {
            let backed_off = config.retry_interval.saturating_mul(1 << before.min(16)).min(interval);
            backed_off.max(asked.unwrap_or_default().min(LONGEST_ASKED))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn after(interval: SyncInterval, went: Went) -> Option<Duration> {
        wait(&CatalogConfig::default(), interval, went)
    }

    #[test]
    fn a_registry_has_its_own_interval_or_the_servers_or_none() {
        assert_eq!(after(SyncInterval::Server, Went::Well), Some(24 * HOUR));
        assert_eq!(after(SyncInterval::Every(HOUR), Went::Well), Some(HOUR));
        assert_eq!(after(SyncInterval::Never, Went::Well), None);
        let off = CatalogConfig { sync_interval: Duration::ZERO, ..CatalogConfig::default() };
        assert_eq!(wait(&off, SyncInterval::Server, Went::Well), None);
    }

    #[test]
    fn failures_in_a_row_wait_longer_up_to_the_interval() {
        let failed = |before| after(SyncInterval::Server, Went::Failed { before, asked: None });
        assert_eq!(failed(0), Some(HOUR / 4));
        assert_eq!(failed(2), Some(HOUR));
        assert_eq!(failed(60), Some(24 * HOUR));
        assert_eq!(after(SyncInterval::Server, Went::Partly), Some(HOUR / 4));
        assert_eq!(after(SyncInterval::Every(HOUR / 30), Went::Partly), Some(HOUR / 30));
    }

    #[test]
    fn what_the_registry_asks_for_is_kept_up_to_a_day() {
        let asked = |time| after(SyncInterval::Every(HOUR / 4), Went::Failed { before: 0, asked: Some(time) });
        assert_eq!(asked(HOUR), Some(HOUR));
        assert_eq!(asked(HOUR / 60), Some(HOUR / 4));
        assert_eq!(asked(1000 * HOUR), Some(24 * HOUR));
    }
}
