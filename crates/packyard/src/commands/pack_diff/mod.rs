//! `packyard pack diff`: what changed between two packs, wherever they are.

mod changes;
mod show;

use super::remote::RegistryArgs;
use super::target::Target;
use crate::limits::PackLimits;
use crate::printer::Printer;
use anyhow::Context;
use changes::Differences;
use clap::Args;
use std::process::ExitCode;

/// As with diff(1): 0 the same, 1 different, 2 trouble.
const TROUBLE: u8 = 2;

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The older pack: folder, archive, or HOST[:PORT]/BASE/NAME:VERSION
    a: String,
    /// The newer one
    b: String,
    /// Say only whether they differ, by the exit code
    #[arg(long)]
    brief: bool,
    #[command(flatten)]
    limits: PackLimits,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(crate) async fn run(args: DiffArgs, printer: &Printer) -> ExitCode {
    match differences(&args, printer).await {
        Ok(found) => {
            if !args.brief {
                printer.emit(&found);
            }
            if found.same { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            printer.fail(&error);
            ExitCode::from(TROUBLE)
        }
    }
}

async fn differences(args: &DiffArgs, printer: &Printer) -> anyhow::Result<Differences> {
    let a = Target::of(&args.a)?.unpack(&args.registry, args.limits.read()?, printer).await?;
    let b = Target::of(&args.b)?.unpack(&args.registry, args.limits.read()?, printer).await?;
    let paints = printer.paints();
    // Comparing files is work for a blocking thread.
    tokio::task::spawn_blocking(move || Differences::between(&a, &b, paints)).await.context("the comparison crashed")?
}
