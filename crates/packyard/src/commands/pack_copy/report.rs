//! What came of the copies, for people and for programs.

use crate::terminal::{counted, line};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    registry: String,
    /// The reason for which other content may be replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    forced: Option<String>,
    pub(super) packs: Vec<Copied>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Copied,
    /// The tag held something else before.
    Replaced,
    /// The same archive was there.
    Unchanged,
    Failed,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Copied {
    pub(super) from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    pub(super) outcome: Outcome,
    /// Of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
    pub(super) blobs_there: usize,
    pub(super) blobs_mounted: usize,
    pub(super) blobs_sent: usize,
    pub(super) bytes_sent: u64,
    pub(super) repositories_created: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Report {
    pub(super) fn new(registry: String, forced: Option<String>) -> Self {
        Self { registry, forced, packs: Vec::new() }
    }

    pub(super) fn all_good(&self) -> bool {
        self.packs.iter().all(|pack| pack.outcome != Outcome::Failed)
    }
}

impl Copied {
    pub(super) fn new(from: String) -> Self {
        Self {
            from,
            to: None,
            outcome: Outcome::Failed,
            digest: None,
            blobs_there: 0,
            blobs_mounted: 0,
            blobs_sent: 0,
            bytes_sent: 0,
            repositories_created: Vec::new(),
            error: None,
        }
    }

    pub(super) fn failed(from: String, error: &anyhow::Error) -> Self {
        let mut failed = Self::new(from);
        failed.fail(error);
        failed
    }

    /// With its causes, each said once.
    pub(super) fn fail(&mut self, error: &anyhow::Error) {
        let mut text = String::new();
        for cause in error.chain().map(ToString::to_string) {
            if !text.contains(&cause) {
                text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
            }
        }
        (self.outcome, self.error) = (Outcome::Failed, Some(text));
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Copied => "copied",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pack in &self.packs {
            writeln!(f, "{pack}")?;
        }
        let mut parts = Vec::new();
        for outcome in [Outcome::Copied, Outcome::Replaced, Outcome::Unchanged, Outcome::Failed] {
            let count = self.packs.iter().filter(|pack| pack.outcome == outcome).count();
            if count > 0 {
                parts.push(format!("{count} {outcome}"));
            }
        }
        f.write_str(&if parts.is_empty() { "nothing to copy".to_owned() } else { parts.join(", ") })?;
        let replaces = self.packs.iter().any(|pack| pack.outcome == Outcome::Replaced);
        match self.forced.as_ref().filter(|_| replaces) {
            Some(reason) => write!(f, "\nforced: {}", line(reason)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10} {}", self.outcome.to_string(), self.from)?;
        if let Some(to) = &self.to {
            write!(f, "\n{:<10} {to}", "to")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "\n{:<10} {digest}", "digest")?;
        }
        if self.blobs_mounted + self.blobs_sent > 0 {
            let sent = format!("{} sent ({} bytes)", counted(self.blobs_sent, "blob"), self.bytes_sent);
            write!(f, "\n{:<10} {sent}, {} mounted, {} there", "content", self.blobs_mounted, self.blobs_there)?;
        }
        for repository in &self.repositories_created {
            write!(f, "\n{:<10} {repository}", "created")?;
        }
        match &self.error {
            Some(error) => write!(f, "\n{:<10} {error}", "because"),
            None => Ok(()),
        }
    }
}
