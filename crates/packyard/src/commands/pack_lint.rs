//! `packyard pack lint`: what is wrong or odd in packs, shown with the line it stands in. No network.

mod allow;
mod formats;

use crate::limits::PackLimits;
use crate::printer::Printer;
use allow::Allowed;
use anyhow::Context;
use clap::{Args, ValueEnum};
use packyard_pack::lint::{self, Finding, Severity};
use packyard_pack::{Pack, ReadLimits, archive};
use serde::Serialize;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Characters of a line of a pack that are shown.
const SHOWN_WIDTH: usize = 140;

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Folders of packs, or archives of packs
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Fail for warnings too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    #[command(flatten)]
    limits: PackLimits,
    /// How findings are printed; without it as --output says
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Take what is allowed from this file, not from .packlint.toml or packlint.toml in each pack's folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, with the line of each finding
    Human,
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a workflow on GitHub
    Github,
}

pub(crate) fn run(args: &LintArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let limits = args.limits.read()?;
    let given = args.config.as_deref().map(Allowed::read).transpose()?;
    let mut report = Report { packs: Vec::new(), errors: 0, warnings: 0, allowed: 0 };
    for path in &args.paths {
        // Without a slash at the end or a doubled one, so that places read as they are.
        let path: PathBuf = path.components().collect();
        let pack = lint_path(&path, &limits, given.as_ref(), printer)?;
        report.allowed += pack.allowed.len();
        report.errors += pack.count(Severity::Error);
        report.warnings += pack.count(Severity::Warning);
        report.packs.push(pack);
    }
    match args.format {
        None => printer.emit(&report),
        Some(Format::Human) => printer.line(&report),
        Some(Format::Json) => printer.line(&serde_json::to_string_pretty(&report)?),
        Some(Format::Sarif) => printer.line(&serde_json::to_string_pretty(&formats::sarif(&report))?),
        Some(Format::Github) => {
            let commands = formats::github(&report);
            if !commands.is_empty() {
                printer.line(&commands);
            }
        }
    }
    let denied = report.errors > 0 || (args.deny == Some(Deny::Warnings) && report.warnings > 0);
    Ok(if denied { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[derive(Debug, Serialize)]
struct Report {
    packs: Vec<LintedPack>,
    errors: usize,
    warnings: usize,
    /// Findings that a configuration file allows; they count for nothing.
    allowed: usize,
}

#[derive(Debug, Serialize)]
struct LintedPack {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    findings: Vec<LintedFinding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<AllowedFinding>,
    #[serde(skip)]
    is_folder: bool,
}

#[derive(Debug, Serialize)]
struct AllowedFinding {
    #[serde(flatten)]
    linted: LintedFinding,
    reason: String,
}

#[derive(Debug, Serialize)]
struct LintedFinding {
    #[serde(flatten)]
    finding: Finding,
    /// The line the finding speaks of.
    #[serde(skip)]
    line: Option<String>,
}

impl LintedPack {
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|linted| linted.finding.severity == severity).count()
    }
}

fn lint_path(
    path: &Path,
    limits: &ReadLimits,
    given: Option<&Allowed>,
    printer: &Printer,
) -> anyhow::Result<LintedPack> {
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let allowed = match given {
        Some(given) => given.clone(),
        None if metadata.is_dir() => Allowed::beside(path)?,
        None => Allowed::default(),
    };
    let loaded = if metadata.is_dir() {
        Pack::open_with(path, limits).map_err(|error| error.findings())
    } else {
        let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        archive::read(file, limits).map(|read| read.pack).map_err(|error| error.findings())
    };
    let (pack, findings) = match loaded {
        Ok(pack) => {
            let findings = lint::check(&pack);
            (Some(pack), findings)
        }
        Err(findings) => (None, findings),
    };
    // A file for many packs allows what only some of them have.
    if given.is_none() {
        allowed.idle(&findings).for_each(|note| printer.note(&note));
    }
    let (mut kept, mut silenced) = (Vec::new(), Vec::new());
    for finding in findings {
        let line = line_of(pack.as_ref(), path, &finding);
        let reason = allowed.reason(&finding).map(str::to_owned);
        let linted = LintedFinding { finding, line };
        match reason {
            Some(reason) => silenced.push(AllowedFinding { linted, reason }),
            None => kept.push(linted),
        }
    }
    Ok(LintedPack {
        path: path.display().to_string(),
        findings: kept,
        allowed: silenced,
        is_folder: metadata.is_dir(),
        name: pack.as_ref().map(|pack| pack.metadata.name.clone()),
        version: pack.as_ref().map(|pack| pack.metadata.version.clone()),
    })
}

/// The text is the loaded pack's; of a folder that could not be loaded, the file's.
fn line_of(pack: Option<&Pack>, path: &Path, finding: &Finding) -> Option<String> {
    let place = finding.place.as_ref()?;
    let number = place.line?.checked_sub(1)?;
    let line = match pack {
        Some(pack) => pack.text_of(&place.file)?.lines().nth(number)?.to_owned(),
        None if path.is_dir() => {
            let bytes = std::fs::read(path.join(&place.file)).ok()?;
            String::from_utf8_lossy(&bytes).lines().nth(number)?.to_owned()
        }
        None => return None,
    };
    // Each character keeps its column; what would move the cursor becomes a space.
    Some(line.chars().take(SHOWN_WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pack in &self.packs {
            for linted in &pack.findings {
                show(f, &pack.path, linted)?;
            }
        }
        let plural = |count: usize, thing: &str| format!("{count} {thing}{}", if count == 1 { "" } else { "s" });
        let (packs, errors) = (plural(self.packs.len(), "pack"), plural(self.errors, "error"));
        write!(f, "{packs}: {errors}, {}", plural(self.warnings, "warning"))?;
        if self.allowed > 0 {
            write!(f, ", {} allowed", self.allowed)?;
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
