//! What came of it, for people and for programs.

use super::args::Plan;
use super::prepare::{Prepared, Refusal, counted};
use packyard_pack::lint::{Finding, Severity};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) registry: String,
    pub(super) packs: Vec<PackReport>,
    /// Why nothing could be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Published,
    /// The tag had other content before.
    Replaced,
    Unchanged,
    /// `--dry-run`.
    Checked,
    /// Sound, but another pack was refused.
    NotTried,
    Refused,
    Failed(anyhow::Error),
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::Checked => "checked",
            Self::NotTried => "not tried",
            Self::Refused => "refused",
            Self::Failed(_) => "failed",
        }
    }

    fn is_good(&self) -> bool {
        matches!(self, Self::Published | Self::Replaced | Self::Unchanged | Self::Checked)
    }
}

impl Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackReport {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) archive_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) archive_bytes: Option<u64>,
    /// Repositories that did not exist before.
    pub(super) repositories_created: Vec<String>,
    pub(super) warnings: usize,
    pub(super) findings: Vec<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Report {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { registry: plan.endpoint.origin(), packs: Vec::new(), error: None }
    }

    pub(super) fn all_good(&self) -> bool {
        self.packs.iter().all(|pack| pack.outcome.is_good())
    }
}

impl PackReport {
    pub(super) fn of(pack: &Prepared, reference: &str, outcome: Outcome) -> Self {
        let error = match &outcome {
            Outcome::Failed(error) => Some(said(error)),
            Outcome::NotTried => {
                Some("nothing was published because another pack is refused (see --keep-going)".to_owned())
            }
            _ => None,
        };
        Self {
            folder: pack.dir.display().to_string(),
            outcome,
            name: Some(pack.name.clone()),
            version: Some(pack.version.clone()),
            reference: Some(reference.to_owned()),
            digest: None,
            archive_digest: Some(pack.layer.digest.to_string()),
            archive_bytes: Some(pack.layer.size),
            repositories_created: Vec::new(),
            warnings: pack.findings.len(),
            findings: pack.findings.clone(),
            error,
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
            archive_digest: None,
            archive_bytes: None,
            repositories_created: Vec::new(),
            warnings: refusal.findings.iter().filter(|f| f.severity == Severity::Warning).count(),
            findings: refusal.findings.clone(),
            error: Some(refusal.why.clone()),
        }
    }
}

/// The finding with the folder it is about.
pub(super) fn located(folder: &str, finding: &Finding) -> String {
    match finding.place {
        Some(_) => format!("{}/{finding}", folder.trim_end_matches('/')),
        None => format!("{folder}: {finding}"),
    }
}

/// An error with its causes, each said once.
pub(super) fn said(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
        }
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pack in &self.packs {
            writeln!(f, "{pack}")?;
        }
        let count = |wanted: &[&str]| self.packs.iter().filter(|p| wanted.contains(&p.outcome.name())).count();
        let warnings: usize = self.packs.iter().map(|p| p.warnings).sum();
        let mut parts = Vec::new();
        for (names, label) in [
            (&["published", "replaced"][..], "published"),
            (&["unchanged"], "unchanged"),
            (&["checked"], "checked"),
            (&["not tried"], "not tried"),
            (&["refused"], "refused"),
            (&["failed"], "failed"),
        ] {
            if count(names) > 0 {
                parts.push(format!("{} {label}", count(names)));
            }
        }
        parts.push(counted(warnings, "warning"));
        write!(f, "{}", parts.join(", "))
    }
}

impl fmt::Display for PackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.reference.as_deref().unwrap_or(&self.folder);
        write!(f, "{:<10} {what}", self.outcome.name())?;
        if let Some(digest) = &self.digest {
            write!(f, "\n{:<10} {digest}", "digest")?;
        }
        if let (Outcome::Checked, Some(digest)) = (&self.outcome, &self.archive_digest) {
            write!(f, "\n{:<10} {digest}", "archive")?;
        }
        for repository in &self.repositories_created {
            write!(f, "\n{:<10} {repository}", "created")?;
        }
        if let Some(error) = &self.error {
            write!(f, "\n{:<10} {error}", "because")?;
        }
        if matches!(self.outcome, Outcome::Refused) {
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
