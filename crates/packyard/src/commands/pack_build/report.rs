//! What became of each pack, for people and for programs.

use super::{Waiting, located};
use crate::commands::publish::prepare::{Prepared, Refusal};
use crate::printer::Printer;
use crate::terminal::counted;
use packyard_pack::lint::Finding;
use serde::Serialize;
use std::fmt;
use std::path::Path;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) packs: Vec<Built>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome {
    Built,
    /// The file was there with these very bytes.
    Unchanged,
    Refused,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Built {
    folder: String,
    pub(super) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Hex digits; the digest of the layer is `sha256:` and these.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    findings: Vec<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Built {
    pub(super) fn of(pack: &Prepared, target: &Path) -> Self {
        Self {
            folder: pack.dir.display().to_string(),
            outcome: Outcome::Built,
            name: Some(pack.name.clone()),
            version: Some(pack.version.clone()),
            path: Some(target.display().to_string()),
            bytes: Some(pack.layer.size),
            sha256: Some(pack.layer.digest.hex().to_owned()),
            findings: pack.findings.clone(),
            error: None,
        }
    }

    pub(super) fn fail(&mut self, error: String) {
        (self.outcome, self.error, self.path) = (Outcome::Refused, Some(error), None);
    }

    /// Sound, but another one is refused.
    pub(super) fn left_out(waiting: &Waiting) -> Self {
        let mut built = Self::of(&waiting.pack, &waiting.target);
        built.fail("nothing was written because another pack is refused".to_owned());
        built
    }

    pub(super) fn refused(refusal: &Refusal, printer: &Printer) -> Self {
        refusal.findings.iter().for_each(|finding| printer.note(&located(&refusal.dir, finding)));
        Self {
            folder: refusal.dir.display().to_string(),
            outcome: Outcome::Refused,
            name: None,
            version: None,
            path: None,
            bytes: None,
            sha256: None,
            findings: refusal.findings.clone(),
            error: Some(refusal.why.clone()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.packs.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.error, &self.path, self.bytes, &self.sha256) {
            (None, Some(path), Some(bytes), Some(sha256)) => {
                let outcome = if self.outcome == Outcome::Unchanged { "unchanged" } else { "built" };
                writeln!(f, "{outcome:<10} {path}")?;
                writeln!(f, "{:<10} {bytes} bytes, {}", "size", counted(self.findings.len(), "warning"))?;
                write!(f, "{:<10} {sha256}", "sha256")
            }
            (error, ..) => {
                writeln!(f, "{:<10} {}", "refused", self.folder)?;
                write!(f, "{:<10} {}", "because", error.as_deref().unwrap_or("it is not a pack that can be read"))
            }
        }
    }
}
