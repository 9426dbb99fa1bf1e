//! `packyard pack lint`: what is wrong or odd in packs, shown with the line it stands in. Folders and archives need no
//! network; a pack in a registry is read once, as a stream.

pub(crate) mod allow;
mod fix;
mod formats;
mod input;
mod known;
mod report;

use super::WrongArguments;
use super::remote::RegistryArgs;
use crate::limits::PackLimits;
use crate::printer::Printer;
use allow::Allowed;
use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use futures_util::{StreamExt, TryStreamExt, stream};
use input::Input;
use packyard_pack::lint::{self, Finding, Versions};
use report::{AllowedFinding, LintedFinding, LintedPack, Report, line_of};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Packs: folders with a pack.json, folders of such folders, archives, or HOST[:PORT]/BASE/NAME:VERSION
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<String>,
    /// Fail for warnings too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Mend in the folders what needs no person to decide; `packyard pack explain CODE` says what that is
    #[arg(long)]
    fix: bool,
    /// With --fix: show what would change, and change nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Look also for what only Palette's community repository asks for
    #[arg(long)]
    pedantic: bool,
    /// Check dependencies against the packs under this base path too, not only against those that are linted together
    #[arg(long, value_name = "HOST[:PORT]/BASE")]
    against: Option<String>,
    /// How findings are printed; without it as --output says
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Take what is allowed from this file, not from .packlint.toml or packlint.toml in each pack's folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    limits: PackLimits,
    #[command(flatten)]
    registry: RegistryArgs,
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

pub(crate) async fn run(args: LintArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let limits = args.limits.read()?;
    let given = args.config.as_deref().map(Allowed::read).transpose()?;
    let mut inputs = Vec::new();
    for typed in &args.packs {
        let packs = Input::of(typed, given.as_ref())?;
        if let Some(other) = packs.iter().find(|input| args.fix && !input.is_folder()) {
            let why = format!("--fix changes folders, and `{typed}` is {}", other.kind());
            return Err(WrongArguments(anyhow!(why)).into());
        }
        inputs.extend(packs);
    }
    let parallel = std::thread::available_parallelism().map_or(1, usize::from);
    let read = stream::iter(inputs).map(|input| input.read(&args.registry, limits, printer));
    let read: Vec<input::Read> = read.buffered(parallel).try_collect().await?;
    let mut others = known::together(&read);
    if let Some(place) = &args.against {
        known::add_registry(&mut others, &read, place, &args.registry, printer).await?;
    }
    let job = Arc::new(Job { others, pedantic: args.pedantic, fix: args.fix, dry_run: args.dry_run, limits });
    let linted =
        stream::iter(read).map(|pack| {
            let job = job.clone();
            async move {
                tokio::task::spawn_blocking(move || job.lint(pack)).await.context("the linting of a pack crashed")?
            }
        });
    let linted: Vec<(LintedPack, Vec<String>)> = linted.buffered(parallel).try_collect().await?;
    let mut packs = Vec::new();
    for (pack, notes) in linted {
        // A file for many packs allows what only some of them have.
        if given.is_none() {
            notes.iter().for_each(|note| printer.note(note));
        }
        packs.push(pack);
    }
    let report = Report::of(packs, args.dry_run);
    print(&report, args.format, printer)?;
    let denied = report.errors > 0 || (args.deny == Some(Deny::Warnings) && report.warnings > 0);
    Ok(if denied { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(report: &Report, format: Option<Format>, printer: &Printer) -> anyhow::Result<()> {
    match format {
        None => printer.emit(report),
        Some(Format::Human) => printer.line(report),
        Some(Format::Json) => printer.line(&serde_json::to_string_pretty(report)?),
        Some(Format::Sarif) => printer.line(&serde_json::to_string_pretty(&formats::sarif(report))?),
        Some(Format::Github) => {
            let commands = formats::github(report);
            if !commands.is_empty() {
                printer.line(&commands);
            }
        }
    }
    Ok(())
}

/// What is done to every pack that was read.
struct Job {
    others: Versions,
    pedantic: bool,
    fix: bool,
    dry_run: bool,
    limits: packyard_pack::ReadLimits,
}

impl Job {
    /// The pack's findings, and notes on what is allowed in vain.
    fn lint(&self, mut read: input::Read) -> anyhow::Result<(LintedPack, Vec<String>)> {
        let mut findings = self.findings(&read);
        let mut changes = fix::Changes::default();
        if let (true, Some(dir), Ok(pack)) = (self.fix, read.input.folder(), &read.pack) {
            let kept = read.input.allowed.left(findings.clone());
            changes = fix::Changes::of(pack, &kept);
            if !self.dry_run && !changes.is_empty() {
                changes.write(dir)?;
                read.pack = input::folder(dir, &self.limits);
                findings = self.findings(&read);
            }
        }
        let notes = read.input.allowed.idle(&findings).collect();
        let (mut kept, mut allowed) = (Vec::new(), Vec::new());
        for finding in findings {
            let line = line_of(read.pack.as_ref().ok(), read.input.folder(), &finding);
            let reason = read.input.allowed.reason(&finding).map(str::to_owned);
            let linted = LintedFinding { finding, line };
            match reason {
                Some(reason) => allowed.push(AllowedFinding { linted, reason }),
                None => kept.push(linted),
            }
        }
        let pack = read.pack.as_ref().ok();
        let linted = LintedPack {
            path: read.input.shown(),
            name: pack.map(|pack| pack.metadata.name.clone()),
            version: pack.map(|pack| pack.metadata.version.clone()),
            findings: kept,
            allowed,
            is_folder: read.input.is_folder(),
            changes,
        };
        Ok((linted, notes))
    }

    fn findings(&self, read: &input::Read) -> Vec<Finding> {
        let pack = match &read.pack {
            Ok(pack) => pack,
            Err(findings) => return findings.clone(),
        };
        let mut findings = lint::check_among(pack, &self.others);
        if let Some((repository, tag)) = &read.place {
            findings.extend(lint::check_reference(pack, repository, tag));
        }
        if self.pedantic {
            findings.extend(lint::check_pedantic(pack));
        }
        findings
    }
}
