//! What came of one pack.

use super::prepare::{Prepared, Refusal};
use super::requests::Request;
use packyard_pack::lint::{Finding, Severity};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Published,
    /// The tag had other content before.
    Replaced,
    Unchanged,
    /// `--dry-run`.
    Checked,
    /// Sound, but another pack was refused.
    NotTried,
    /// The work was told to stop before it was done.
    Interrupted,
    Refused,
    Failed,
}

impl Outcome {
    pub(super) const ALL: [Self; 8] = [
        Self::Published,
        Self::Replaced,
        Self::Unchanged,
        Self::Checked,
        Self::NotTried,
        Self::Interrupted,
        Self::Refused,
        Self::Failed,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::Checked => "checked",
            Self::NotTried => "not tried",
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    pub(super) fn is_good(self) -> bool {
        matches!(self, Self::Published | Self::Replaced | Self::Unchanged | Self::Checked)
    }
}

impl Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackReport {
    /// Or the archive.
    pub(super) folder: String,
    pub(super) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// `host/repository:tag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    /// Of the manifest, as the registry has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
    /// What the tag held before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replaced: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) archive_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) archive_bytes: Option<u64>,
    /// Repositories that did not exist before.
    pub(super) repositories_created: Vec<String>,
    /// Of a dry run: what would become of it, and by which requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) would_be: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) requests: Option<Vec<Request>>,
    pub(super) warnings: usize,
    pub(super) findings: Vec<Finding>,
    /// What should be known although it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl PackReport {
    pub(super) fn of(pack: &Prepared, reference: String, outcome: Outcome) -> Self {
        Self {
            folder: pack.dir.display().to_string(),
            outcome,
            name: Some(pack.name.clone()),
            version: Some(pack.version.clone()),
            reference: Some(reference),
            digest: None,
            replaced: None,
            archive_digest: Some(pack.layer.digest.to_string()),
            archive_bytes: Some(pack.layer.size),
            repositories_created: Vec::new(),
            would_be: None,
            requests: None,
            warnings: pack.findings.len(),
            findings: pack.findings.clone(),
            note: None,
            error: None,
        }
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self {
            folder: refusal.dir.display().to_string(),
            outcome: Outcome::Refused,
            name: None,
            version: None,
            reference: None,
            digest: None,
            replaced: None,
            archive_digest: None,
            archive_bytes: None,
            repositories_created: Vec::new(),
            would_be: None,
            requests: None,
            warnings: refusal.findings.iter().filter(|f| f.severity == Severity::Warning).count(),
            findings: refusal.findings.clone(),
            note: None,
            error: Some(refusal.why.clone()),
        }
    }

    pub(super) fn at(mut self, digest: String) -> Self {
        self.digest = Some(digest);
        self
    }

    pub(super) fn because(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }
}

/// The finding with the folder it is about.
pub(super) fn located(folder: &str, finding: &Finding) -> String {
    match finding.place {
        Some(_) => format!("{}/{finding}", folder.trim_end_matches('/')),
        None => format!("{folder}: {finding}"),
    }
}

impl fmt::Display for PackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.reference.as_deref().unwrap_or(&self.folder);
        write!(f, "{:<10} {what}", self.outcome.name())?;
        let line = |f: &mut fmt::Formatter<'_>, label: &str, text: &dyn fmt::Display| write!(f, "\n{label:<10} {text}");
        if let Some(digest) = &self.digest {
            // Of a refused pack it is what the registry has, and is going to keep.
            line(f, if self.outcome == Outcome::Refused { "there" } else { "digest" }, digest)?;
        }
        if let Some(digest) = &self.replaced {
            line(f, "was", digest)?;
        }
        if let (Outcome::Checked, Some(digest)) = (&self.outcome, &self.archive_digest) {
            line(f, "archive", digest)?;
        }
        if let Some(outcome) = self.would_be {
            line(f, "would be", &outcome.name())?;
        }
        for request in self.requests.iter().flatten() {
            line(f, "request", request)?;
        }
        for repository in &self.repositories_created {
            line(f, "created", repository)?;
        }
        if let Some(error) = &self.error {
            line(f, "because", error)?;
        }
        if self.outcome == Outcome::Refused {
            for finding in &self.findings {
                write!(f, "\n           {}", located(&self.folder, finding))?;
                if let Some(hint) = &finding.hint {
                    write!(f, "\n           hint: {hint}")?;
                }
            }
        }
        Ok(())
    }
}
