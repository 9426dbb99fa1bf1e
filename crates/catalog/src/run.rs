//! The record every synchronisation leaves.

use crate::NearMiss;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// The registry was just created.
    First,
    Schedule,
    /// Somebody asked for it.
    Demand,
    /// Somebody asked for it who knows that the registry is empty: an empty list is believed.
    Force,
    /// A push, to this very server or told by a notification; covers the repositories that were pushed to.
    Push,
    /// The registry was edited.
    Edit,
    /// The run before was cut off.
    Resume,
}

impl Trigger {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Schedule => "schedule",
            Self::Demand => "demand",
            Self::Force => "force",
            Self::Push => "push",
            Self::Edit => "edit",
            Self::Resume => "resume",
        }
    }

    pub(crate) fn parse(raw: &str) -> Self {
        match raw {
            "first" => Self::First,
            "demand" => Self::Demand,
            "force" => Self::Force,
            "push" => Self::Push,
            "edit" => Self::Edit,
            "resume" => Self::Resume,
            _ => Self::Schedule,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    Running,
    Success,
    Failed,
    /// The process that ran it went away; another run took over.
    Interrupted,
    /// Somebody ended it; what it had read until then is kept.
    Cancelled,
}

impl RunState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(raw: &str) -> Self {
        match raw {
            "running" => Self::Running,
            "success" => Self::Success,
            "interrupted" => Self::Interrupted,
            "cancelled" => Self::Cancelled,
            _ => Self::Failed,
        }
    }
}

/// What became of one tag in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Fetched; in the catalogue since this run, or with new content.
    Added,
    Updated,
    /// The digest was the known one, so nothing was fetched.
    Unchanged,
    /// Not taken; an older content stays when there was one.
    Rejected,
    /// The tag is gone; its pack is kept for the profiles that use it, marked deleted.
    Deleted,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }

    pub(crate) fn parse(raw: &str) -> Self {
        match raw {
            "added" => Self::Added,
            "updated" => Self::Updated,
            "unchanged" => Self::Unchanged,
            "deleted" => Self::Deleted,
            _ => Self::Rejected,
        }
    }
}

/// How a run's message names the sync that believes an emptied registry; a page can offer it there.
pub const FORCE_SYNC: &str = "Force sync";

/// Why a tag was not taken, or what to mend in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable, for filters and tests: `digest-mismatch`, `not-a-pack`, `tag-differs`, …
    pub code: String,
    pub reason: String,
    pub hint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagOutcome {
    pub repository: String,
    pub tag: String,
    pub digest: String,
    pub outcome: Outcome,
    /// Why it was rejected; of a pack that was taken, its warnings.
    pub reasons: Vec<Reason>,
    /// The pack in the catalogue, if there is one.
    pub pack_uid: Option<String>,
    /// What the tag held before, where this run found other content.
    pub digest_before: Option<String>,
}

impl TagOutcome {
    pub fn is_problem(&self) -> bool {
        self.outcome == Outcome::Rejected || !self.reasons.is_empty()
    }
}

/// `added`, `updated`, `unchanged`, `rejected` add up to `tags`; `warned` counts those in the catalogue with warnings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunCounts {
    pub repositories: u32,
    pub tags: u32,
    pub added: u32,
    pub updated: u32,
    pub unchanged: u32,
    pub warned: u32,
    pub rejected: u32,
    pub deleted: u32,
    /// Repositories whose tags could not be listed.
    pub unread_repositories: u32,
    /// Tags that could not be read this time; they are among the rejected.
    pub unread_tags: u32,
    pub requests: u64,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncRun {
    pub id: i64,
    pub registry_uid: String,
    pub trigger: Trigger,
    pub state: RunState,
    /// What to know about the run as a whole; the error when it failed.
    pub message: String,
    pub started_ms: i64,
    pub ended_ms: Option<i64>,
    /// Repository prefixes (after a push: repositories) that were searched.
    pub searched: Vec<String>,
    pub near_misses: Vec<NearMiss>,
    pub counts: RunCounts,
}

impl SyncRun {
    pub fn duration_ms(&self) -> Option<i64> {
        self.ended_ms.map(|ended| (ended - self.started_ms).max(0))
    }
}
