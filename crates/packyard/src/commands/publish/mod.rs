//! `packyard publish DIR... --to HOST/BASE`: check, archive, push, verify.
//!
//! The eight manual steps of "Add a Pack to an ECR Registry" in one. Invariants: nothing is pushed while one of the
//! packs is refused (unless asked to keep going); on ECR no action is needed beyond the guide's own list and
//! GetAuthorizationToken; what is printed as published was read back from the registry.

mod args;
pub(crate) mod prepare;
mod push;
mod report;

pub(crate) use args::PublishArgs;

use crate::commands::remote::{Registry, Transfers};
use crate::printer::Printer;
use anyhow::{Context, anyhow};
use prepare::{Prepared, Refusal};
use push::Pusher;
use report::{Outcome, PackReport, Report, located, said};
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) async fn run(args: PublishArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let plan = args.plan()?;
    let work = tempfile::tempdir().context("could not make a temporary folder for the archives")?;
    let mut packs = Vec::with_capacity(args.dirs.len());
    for (at, dir) in args.dirs.iter().enumerate() {
        // Without a slash at the end or a doubled one, so that places in findings read as they are.
        let dir = dir.components().collect();
        packs.push(prepare_blocking(dir, work.path().join(format!("{at}.tar.gz")), &plan).await?);
    }
    prepare::refuse_duplicates(&mut packs);
    for pack in packs.iter().flatten() {
        pack.findings.iter().for_each(|finding| printer.note(&located(&pack.dir.display().to_string(), finding)));
    }
    let mut report = Report::new(&plan);
    let refused = packs.iter().any(Result::is_err);
    if plan.dry_run || (refused && !plan.keep_going) {
        report.packs = packs.into_iter().map(|pack| unpushed(pack, &plan)).collect();
    } else {
        let registry = match Registry::connect(&plan.access, printer).await {
            Ok(registry) => registry,
            // A program gets its document also then.
            Err(error) if printer.is_json() => {
                let text = said(&error);
                report.packs = packs.into_iter().map(|pack| not_reached(pack, &plan, &text)).collect();
                report.error = Some(text);
                printer.emit(&report);
                return Ok(printer.complain(&error));
            }
            Err(error) => return Err(error),
        };
        let mut pusher = Pusher::new(registry, &plan, Transfers::new(printer));
        for pack in packs {
            report.packs.push(match pack {
                Ok(pack) => publish_one(&mut pusher, &pack, printer).await,
                Err(refusal) => PackReport::refused(&refusal),
            });
        }
    }
    printer.emit(&report);
    Ok(if report.all_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Parsing, checking and compressing are work for a blocking thread.
async fn prepare_blocking(
    dir: PathBuf,
    archive: PathBuf,
    plan: &args::Plan,
) -> anyhow::Result<Result<Prepared, Refusal>> {
    let (deny_warnings, limits) = (plan.deny_warnings, plan.limits);
    tokio::task::spawn_blocking(move || prepare::prepare(&dir, &archive, deny_warnings, &limits))
        .await
        .context("the check of a pack crashed")?
}

fn unpushed(pack: Result<Prepared, Refusal>, plan: &args::Plan) -> PackReport {
    match pack {
        Ok(pack) => PackReport::of(
            &pack,
            &plan.reference(&pack),
            if plan.dry_run { Outcome::Checked } else { Outcome::NotTried },
        ),
        Err(refusal) => PackReport::refused(&refusal),
    }
}

fn not_reached(pack: Result<Prepared, Refusal>, plan: &args::Plan, why: &str) -> PackReport {
    match pack {
        Ok(pack) => PackReport::of(&pack, &plan.reference(&pack), Outcome::Failed(anyhow!("{why}"))),
        Err(refusal) => PackReport::refused(&refusal),
    }
}

async fn publish_one(pusher: &mut Pusher<'_>, pack: &Prepared, printer: &Printer) -> PackReport {
    match pusher.push(pack, printer).await {
        Ok(report) => report,
        Err(error) => PackReport::of(pack, &pusher.reference(pack), Outcome::Failed(error)),
    }
}
