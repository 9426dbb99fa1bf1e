//! `packyard pack build`: the archive that publish would push, as a file. No network.

mod place;
mod report;

use super::publish::find;
use super::publish::prepare::{Prepared, Refusal, prepare};
use super::remote::Transfers;
use crate::limits::PackLimits;
use crate::printer::Printer;
use crate::terminal::line;
use anyhow::Context;
use clap::{Args, ValueEnum};
use packyard_pack::lint::Finding;
use place::{is_folder, lies_in, parent_of, place};
use report::{Built, Report};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::NamedTempFile;

pub(crate) use place::readable_by_others;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Packs: folders with a pack.json, or folders of such folders
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// File to write, or folder for NAME-VERSION.tar.gz: an existing folder, a path that ends in `/`, or any path
    /// when there are several packs
    #[arg(long, short, value_name = "FILE|DIR", default_value = ".")]
    out: PathBuf,
    /// Overwrite a file that holds something else
    #[arg(long)]
    force: bool,
    /// Refuse packs with warnings too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    #[command(flatten)]
    limits: PackLimits,
}

/// A pack's archive on its way to its place.
struct Waiting {
    pack: Prepared,
    file: NamedTempFile,
    target: PathBuf,
}

pub(crate) async fn run(args: BuildArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let (printer_of_work, transfers) = (printer.clone(), Transfers::new(printer));
    // Parsing, checking and compressing are work for a blocking thread.
    let work = tokio::task::spawn_blocking(move || build(&args, &transfers, &printer_of_work));
    let report = work.await.context("the work on a pack crashed")??;
    printer.emit(&report);
    let refused = report.packs.iter().any(|pack| pack.error.is_some());
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// All packs are checked and archived before the first file is put in its place: what is refused leaves nothing.
fn build(args: &BuildArgs, transfers: &Transfers, printer: &Printer) -> anyhow::Result<Report> {
    let packs = find::packs(&args.dirs);
    let into_folder = packs.len() > 1 || is_folder(&args.out);
    let folder = if into_folder { args.out.clone() } else { parent_of(&args.out) };
    let mut ready = Vec::new();
    for pack in packs {
        let dir = match pack {
            Ok(dir) => dir,
            Err(refusal) => {
                ready.push(Err(refusal));
                continue;
            }
        };
        let shown = transfers.spin(&format!("archiving {}", dir.display()));
        ready.push(archive(&dir, args, &folder, into_folder)?);
        drop(shown);
    }
    refuse_same_target(&mut ready);
    for waiting in ready.iter().flatten() {
        let findings = &waiting.pack.findings;
        findings.iter().for_each(|finding| printer.note(&located(&waiting.pack.dir, finding)));
    }
    let refused = ready.iter().any(Result::is_err);
    let mut packs = Vec::new();
    for one in ready {
        packs.push(match one {
            Ok(waiting) if refused => Built::left_out(&waiting),
            Ok(waiting) => place(waiting, args.force),
            Err(refusal) => Built::refused(&refusal, printer),
        });
    }
    Ok(Report { packs })
}

/// Checks one pack and archives it into a temporary file beside its target.
fn archive(dir: &Path, args: &BuildArgs, folder: &Path, into_folder: bool) -> anyhow::Result<Result<Waiting, Refusal>> {
    let refused = |why: String| Ok(Err(Refusal { dir: dir.to_owned(), why, findings: Vec::new() }));
    if lies_in(folder, dir) {
        return refused(format!(
            "{} lies in the pack itself, so the archive would become part of the next one; write it elsewhere, as with `--out ..`",
            folder.display()
        ));
    }
    fs::create_dir_all(folder).with_context(|| format!("could not make the folder {}", folder.display()))?;
    let file = NamedTempFile::with_prefix_in(".packyard-build-", folder)
        .with_context(|| format!("could not write to the folder {}", folder.display()))?;
    let pack = match prepare(dir, file.path(), args.deny == Some(Deny::Warnings), &args.limits.read()?)? {
        Ok(pack) => pack,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let target = if into_folder { folder.join(&pack.layer.file_name) } else { args.out.clone() };
    Ok(Ok(Waiting { pack, file, target }))
}

/// Two packs of one name and version would overwrite each other.
fn refuse_same_target(ready: &mut [Result<Waiting, Refusal>]) {
    let mut first: HashMap<PathBuf, PathBuf> = HashMap::new();
    for one in ready {
        let Ok(waiting) = one else { continue };
        if let Some(other) = first.get(&waiting.target) {
            let why = format!("{} would be written to {} too", other.display(), waiting.target.display());
            *one = Err(Refusal { dir: waiting.pack.dir.clone(), why, findings: Vec::new() });
        } else {
            first.insert(waiting.target.clone(), waiting.pack.dir.clone());
        }
    }
}

/// The finding with the folder it is about.
pub(crate) fn located(dir: &Path, finding: &Finding) -> String {
    let folder = dir.display().to_string();
    let hint = finding.hint.as_ref().map(|hint| format!("\n  hint: {}", line(hint))).unwrap_or_default();
    match finding.place {
        Some(_) => format!("{}/{}{hint}", folder.trim_end_matches('/'), line(&finding.to_string())),
        None => format!("{folder}: {}{hint}", line(&finding.to_string())),
    }
}
