//! How a registry's syncs stand, and how often it is synchronised by itself.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The four words clients understand; any other makes Terraform's wait fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncState {
    Pending,
    InProgress,
    Success,
    Failed,
}

impl SyncState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Success => "Success",
            Self::Failed => "Failed",
        }
    }

    pub(crate) fn parse(raw: &str) -> Self {
        match raw {
            "InProgress" => Self::InProgress,
            "Success" => Self::Success,
            "Failed" => Self::Failed,
            _ => Self::Pending,
        }
    }
}

impl fmt::Display for SyncState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncStatus {
    pub is_sync_supported: bool,
    pub status: SyncState,
    /// Complete by itself: clients show it alone. Empty when there is nothing to say.
    pub message: String,
    pub last_run_ms: Option<i64>,
    /// When the catalogue last agreed with the registry.
    pub last_synced_ms: Option<i64>,
    pub next_run_ms: Option<i64>,
    pub interval: SyncInterval,
}

/// How often a registry is synchronised by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum SyncInterval {
    /// As the server's setting says.
    #[default]
    Server,
    /// Only when somebody asks, or a push or notification says what changed.
    Never,
    Every(Duration),
}

impl SyncInterval {
    /// Shorter ones would only keep the registry busy: a push is better told by a notification.
    pub(crate) const SHORTEST: Duration = Duration::from_secs(60);
    const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

    /// Of seconds as clients say them: none for the server's setting, 0 for never.
    pub fn of_seconds(seconds: Option<u64>) -> Result<Self, String> {
        match seconds.map(Duration::from_secs) {
            None => Ok(Self::Server),
            Some(Duration::ZERO) => Ok(Self::Never),
            Some(time) if (Self::SHORTEST..=Self::LONGEST).contains(&time) => Ok(Self::Every(time)),
            Some(time) => Err(format!("{} seconds is not between one minute and one year; 0 is never", time.as_secs())),
        }
    }

    pub fn seconds(self) -> Option<u64> {
        match self {
            Self::Server => None,
            Self::Never => Some(0),
            Self::Every(time) => Some(time.as_secs()),
        }
    }

    /// The time between two syncs; `None` when there is none by itself.
    pub fn time(self, server: Duration) -> Option<Duration> {
        match self {
            Self::Server if server.is_zero() => None,
            Self::Server => Some(server),
            Self::Never => None,
            Self::Every(time) => Some(time),
        }
    }
}
