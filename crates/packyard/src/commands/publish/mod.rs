//! `packyard publish PATH... --to HOST/BASE`: check, archive, ask, push, verify.
//!
//! The eight manual steps of "Add a Pack to an ECR Registry" in one, for many packs side by side. Invariants: nothing is
//! changed while one of the packs is refused (unless asked to keep going), or in a dry run; on ECR no action is needed
//! beyond the guide's own list and GetAuthorizationToken; what is printed as published was read back from the registry; a
//! run that was cut off leaves nothing that the next one does not finish.

mod args;
mod ask;
mod decide;
mod dry_run;
mod ecr_args;
pub(crate) mod find;
mod jobs;
mod outcome;
mod places;
mod plan;
pub(crate) mod prepare;
mod push;
mod ready;
mod report;
mod requests;
mod send;

pub(crate) use args::PublishArgs;

use crate::commands::remote::{Registry, Transfers};
use crate::printer::Printer;
use anyhow::{Context, bail};
use jobs::{Stop, is_stopped, side_by_side, unless_stopped};
use outcome::{Outcome, PackReport, located};
use plan::Plan;
use prepare::{Prepared, Refusal};
use report::{Report, said};
use send::Sender;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A pack that is ready to travel, or why it is not.
type Checked = Result<Prepared, Refusal>;

const NOT_TRIED: &str = "nothing was published because another pack is refused (see --keep-going)";

pub(crate) async fn run(args: PublishArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let plan = args.plan()?;
    let (transfers, stop) = (Transfers::new(printer), jobs::stop());
    let work = tempfile::tempdir().context("could not make a temporary folder for the archives")?;
    let mut packs = prepare_all(&args.paths, &plan, work.path(), &transfers, &stop).await?;
    prepare::refuse_duplicates(&mut packs);
    for pack in packs.iter().flatten() {
        pack.findings.iter().for_each(|finding| printer.note(&located(&pack.dir.display().to_string(), finding)));
    }
    if packs.iter().any(Result::is_err) && !plan.keep_going && !plan.dry_run {
        let reports = packs.iter().map(|pack| unsent(pack, &plan, Outcome::NotTried, NOT_TRIED)).collect();
        return Ok(finished(&Report::new(&plan, reports), printer));
    }
    let registry = match unless_stopped(&stop, Registry::connect(&plan.access, printer)).await.flatten() {
        Ok(registry) => registry,
        Err(error) if plan.dry_run && !is_stopped(&stop) => {
            return Ok(finished(&dry_run::without_asking(&packs, &plan, &error).await, printer));
        }
        // A program gets its document also then.
        Err(error) if printer.is_json() => {
            let text = said(&error);
            let reports = packs.iter().map(|pack| unsent(pack, &plan, Outcome::Failed, &text)).collect();
            let mut report = Report::new(&plan, reports);
            report.error = Some(text);
            printer.emit(&report);
            return Ok(printer.complain(&error));
        }
        Err(error) => return Err(error),
    };
    let sender = Sender { registry: &registry, plan: &plan, printer, transfers: &transfers, stop: &stop };
    Ok(finished(&sender.run(&packs).await?, printer))
}

fn finished(report: &Report, printer: &Printer) -> ExitCode {
    printer.emit(report);
    if report.all_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Parsing, checking and compressing are work for blocking threads: as many as there are cores, each with one pack, whose
/// archive is a file.
async fn prepare_all(
    paths: &[PathBuf],
    plan: &Plan,
    work: &Path,
    transfers: &Transfers,
    stop: &Stop,
) -> anyhow::Result<Vec<Checked>> {
    let found: Vec<(usize, Result<PathBuf, Refusal>)> = find::packs(paths).into_iter().enumerate().collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let shown = transfers.count("checking", found.len());
    let done = side_by_side(&found, plan.jobs.min(cores), stop, async |(at, found)| {
        let checked = match found {
            Ok(path) => prepare_blocking(path.clone(), work.join(format!("{at}.tar.gz")), plan).await,
            Err(refusal) => Ok(Err(refusal.clone())),
        };
        shown.done();
        checked
    });
    let packs = done.await.into_iter();
    packs.map(|pack| pack.unwrap_or_else(|| bail!("it was interrupted; nothing was sent"))).collect()
}

async fn prepare_blocking(path: PathBuf, archive: PathBuf, plan: &Plan) -> anyhow::Result<Checked> {
    let (deny_warnings, limits) = (plan.deny_warnings, plan.limits);
    let work = move || {
        if path.is_file() {
            ready::prepare(&path, deny_warnings, &limits)
        } else {
            prepare::prepare(&path, &archive, deny_warnings, &limits)
        }
    };
    let checked = tokio::task::spawn_blocking(work).await.context("the check of a pack crashed")??;
    Ok(match &plan.tag {
        Some(tag) => checked.and_then(|pack| pack.retagged(tag, deny_warnings)),
        None => checked,
    })
}

/// The report on a pack that was not sent: its own refusal, or what happened to all.
fn unsent(pack: &Checked, plan: &Plan, outcome: Outcome, why: &str) -> PackReport {
    match pack {
        Ok(pack) => PackReport::of(pack, plan.reference(pack), outcome).because(why),
        Err(refusal) => PackReport::refused(refusal),
    }
}
