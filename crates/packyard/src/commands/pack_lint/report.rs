//! Findings as a person reads them: rendered like a compiler's, with the line each stands in.

use super::fix::Changes;
use crate::terminal::{counted, is_invisible, lines};
use packyard_pack::Pack;
use packyard_pack::lint::{Finding, Severity};
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// Characters of a line of a pack that are shown.
const SHOWN_WIDTH: usize = 140;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) packs: Vec<LintedPack>,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    /// Findings that a configuration file allows; they count for nothing.
    pub(super) allowed: usize,
    /// Findings that `--fix` mended, or would mend; those it mended are not among the findings any more.
    pub(super) fixed: usize,
    #[serde(skip)]
    dry_run: bool,
}

impl Report {
    pub(super) fn of(packs: Vec<LintedPack>, dry_run: bool) -> Self {
        Self {
            errors: packs.iter().map(|pack| pack.count(Severity::Error)).sum(),
            warnings: packs.iter().map(|pack| pack.count(Severity::Warning)).sum(),
            allowed: packs.iter().map(|pack| pack.allowed.len()).sum(),
            fixed: packs.iter().map(|pack| pack.changes.fixed.len()).sum(),
            packs,
            dry_run,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct LintedPack {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    pub(super) findings: Vec<LintedFinding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) allowed: Vec<AllowedFinding>,
    #[serde(skip)]
    pub(super) is_folder: bool,
    #[serde(flatten, skip_serializing_if = "Changes::is_empty")]
    pub(super) changes: Changes,
}

#[derive(Debug, Serialize)]
pub(super) struct AllowedFinding {
    #[serde(flatten)]
    pub(super) linted: LintedFinding,
    pub(super) reason: String,
}

#[derive(Debug, Serialize)]
pub(super) struct LintedFinding {
    #[serde(flatten)]
    pub(super) finding: Finding,
    /// The line the finding speaks of.
    #[serde(skip)]
    pub(super) line: Option<String>,
}

impl LintedPack {
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|linted| linted.finding.severity == severity).count()
    }
}

/// What would move the cursor becomes a space, and what would not be seen, or would reorder the line, a mark.
fn in_its_column(c: char) -> char {
    match c {
        c if c.is_control() => ' ',
        c if is_invisible(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// The text is the loaded pack's; of a folder that could not be loaded, the file's.
pub(super) fn line_of(pack: Option<&Pack>, folder: Option<&Path>, finding: &Finding) -> Option<String> {
    let place = finding.place.as_ref()?;
    let number = place.line?.checked_sub(1)?;
    let line = match (pack, folder) {
        (Some(pack), _) => pack.text_of(&place.file)?.lines().nth(number)?.to_owned(),
        (None, Some(folder)) => {
            let bytes = std::fs::read(folder.join(&place.file)).ok()?;
            String::from_utf8_lossy(&bytes).lines().nth(number)?.to_owned()
        }
        (None, None) => return None,
    };
    Some(line.chars().take(SHOWN_WIDTH).map(in_its_column).collect())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pack in &self.packs {
            if self.dry_run && !pack.changes.is_empty() {
                writeln!(f, "{}:\n{}", pack.path, lines(&pack.changes.diff))?;
            }
            for fixed in pack.changes.fixed.iter().filter(|_| !self.dry_run) {
                writeln!(f, "fixed[{}]: {}\n --> {}/{}\n", fixed.code, fixed.message, pack.path, fixed.file)?;
            }
            for linted in &pack.findings {
                show(f, &pack.path, linted)?;
            }
        }
        let (packs, errors) = (counted(self.packs.len(), "pack"), counted(self.errors, "error"));
        write!(f, "{packs}: {errors}, {}", counted(self.warnings, "warning"))?;
        if self.allowed > 0 {
            write!(f, ", {} allowed", self.allowed)?;
        }
        if self.fixed > 0 {
            write!(f, ", {} {}", self.fixed, if self.dry_run { "to fix with --fix" } else { "fixed" })?;
        }
        Ok(())
    }
}

fn show(f: &mut fmt::Formatter<'_>, path: &str, linted: &LintedFinding) -> fmt::Result {
    let finding = &linted.finding;
    writeln!(f, "{}[{}]: {}", finding.severity, finding.code, finding.message)?;
    let place = finding.place.as_ref();
    let number = place.and_then(|place| place.line).map(|line| line.to_string()).unwrap_or_default();
    let margin = " ".repeat(number.len());
    match place {
        Some(place) => writeln!(f, "{margin}--> {}/{place}", path.trim_end_matches('/'))?,
        None => writeln!(f, "{margin}--> {path}")?,
    }
    if let (Some(line), Some(column)) = (&linted.line, place.and_then(|place| place.column)) {
        writeln!(f, "{margin} |\n{number} | {line}")?;
        if column <= SHOWN_WIDTH {
            writeln!(f, "{margin} | {}^", " ".repeat(column.saturating_sub(1)))?;
        }
    }
    if let Some(hint) = &finding.hint {
        writeln!(f, "{margin} = help: {hint}")?;
    }
    writeln!(f)
}
