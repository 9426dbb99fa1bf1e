//! The record of a sync as `/v1` gives it, for people and programs.

use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) trigger: String,
    pub(super) state: String,
    message: String,
    start_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    searched: Vec<String>,
    near_misses: Vec<NearMiss>,
    counts: Counts,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct NearMiss {
    repository: String,
    why: String,
    fix: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Counts {
    repositories: u64,
    tags: u64,
    added: u64,
    updated: u64,
    unchanged: u64,
    warned: u64,
    rejected: u64,
    deleted: u64,
    unread_repositories: u64,
    unread_tags: u64,
    requests: u64,
    bytes: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Tag {
    repository: String,
    tag: String,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest_before: Option<String>,
    outcome: String,
    reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack_uid: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Reason {
    code: String,
    reason: String,
    hint: String,
}

impl Run {
    /// Grows with time.
    pub(super) fn number(&self) -> i64 {
        self.id.parse().unwrap_or_default()
    }

    pub(super) fn is_running(&self) -> bool {
        self.state == "running"
    }

    pub(super) fn is_good(&self) -> bool {
        self.state == "success"
    }

    /// How far it came: what is done, of how many tags.
    pub(super) fn progress(&self) -> (u64, u64) {
        let counts = &self.counts;
        let done = counts.added + counts.updated + counts.unchanged + counts.rejected;
        (done.min(counts.tags), counts.tags)
    }
}

/// Enough of a digest to tell two apart.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The whole of a repository that could not be listed has no tag.
        let name =
            if self.tag.is_empty() { self.repository.clone() } else { format!("{}:{}", self.repository, self.tag) };
        write!(f, "{:<10} {name}", self.outcome)?;
        if let Some(before) = &self.digest_before {
            write!(f, "\n    other content: {} is now {}", short(before), short(&self.digest))?;
        }
        for reason in &self.reasons {
            write!(f, "\n    {}: {}", reason.code, reason.reason)?;
            if !reason.hint.is_empty() {
                write!(f, "\n        {}", reason.hint)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        write!(f, "{}  {:<11}  {:<8}  {}", self.start_time, self.state, self.trigger, self.id)?;
        let outcomes = [
            (counts.added, "added"),
            (counts.updated, "updated"),
            (counts.unchanged, "unchanged"),
            (counts.rejected, "rejected"),
            (counts.deleted, "deleted"),
        ];
        let said: Vec<String> =
            outcomes.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let number = |count: u64, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        let repositories = number(counts.repositories, "repository", "repositories");
        write!(f, "\n    {repositories}, {}", number(counts.tags, "tag", "tags"))?;
        if !said.is_empty() {
            write!(f, ": {}", said.join(", "))?;
        }
        write!(f, "; {}, {} bytes", number(counts.requests, "request", "requests"), counts.bytes)?;
        if let Some(took) = self.duration_ms {
            write!(f, ", {}.{:03} s", took / 1000, took % 1000)?;
        }
        if !self.message.is_empty() {
            write!(f, "\n    {}", self.message)?;
        }
        for miss in &self.near_misses {
            write!(f, "\n    {} looks nearly like one: {} {}", miss.repository, miss.why, miss.fix)?;
        }
        Ok(())
    }
}

/// One run with what became of its tags.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    #[serde(flatten)]
    pub(super) run: Run,
    pub(super) tags: Vec<Tag>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for tag in &self.tags {
            writeln!(f, "{tag}")?;
        }
        write!(f, "{}", self.run)
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Runs(pub(super) Vec<Run>);

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no sync has run yet");
        }
        for (n, run) in self.0.iter().enumerate() {
            write!(f, "{}{run}", if n == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
