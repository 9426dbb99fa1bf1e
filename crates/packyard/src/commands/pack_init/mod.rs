//! `packyard pack init`: a new pack from a Helm chart or from Kubernetes manifests, wherever they are.
//!
//! The order is what makes it safe to stop: look at the place, fetch and read the source, ask, write into a temporary folder
//! beside the place, check the outcome, and move it there. Ctrl-C ends it anywhere before the last step and leaves nothing:
//! what is temporary belongs to this future and goes with it.

mod args;
mod ask;
mod helm_registry;
mod helm_repository;
mod place;
mod report;
mod source;

use super::pack_build::located;
use crate::printer::Printer;
use anyhow::{Context, bail};
use packyard_pack::lint::{self, Finding, Severity};
use packyard_pack::scaffold::{Answers, Draft, draft};
use packyard_pack::{Logo, Pack, ReadLimits};
use place::{Place, Waiting};
use report::Created;
use source::{Found, blocking};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;

pub(crate) use args::InitArgs;

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(crate) async fn run(args: InitArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let mut interrupt = pin!(stop_asked());
    let prepared = tokio::select! {
        prepared = prepare(&args, printer) => prepared?,
        () = &mut interrupt => return interrupted(printer),
    };
    // The writing is not left half done: it is waited for, and thrown away when Ctrl-C came meanwhile.
    let written = prepared.write(args.limits.read()?.0).await?;
    let came = tokio::select! {
        biased;
        () = &mut interrupt => true,
        () = std::future::ready(()) => false,
    };
    if came {
        drop(written);
        return interrupted(printer);
    }
    let created = written.put()?;
    created.notes().iter().for_each(|note| printer.note(&format_args!("note: {}", crate::terminal::line(note))));
    printer.emit(&created);
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or the signal that asks a process to end.
async fn stop_asked() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Where it cannot be listened for, it ends the process as it always did.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

fn interrupted(printer: &Printer) -> anyhow::Result<ExitCode> {
    printer.say(&"\ninterrupted; nothing was written").context("nobody can read what happened")?;
    Ok(ExitCode::from(INTERRUPTED))
}

/// Everything is known; nothing is written.
struct Prepared {
    found: Found,
    answers: Answers,
    draft: Draft,
    place: Place,
    target: PathBuf,
    printer: Printer,
}

struct Written {
    prepared: (Found, Answers, Draft, PathBuf),
    waiting: Waiting,
    findings: Vec<Finding>,
}

async fn prepare(args: &InitArgs, printer: &Printer) -> anyhow::Result<Prepared> {
    let (limits, index_limits) = args.limits.read()?;
    // Before anything is fetched or asked for.
    if let Some(out) = &args.out {
        Place::check(out, args.force)?;
    }
    let logo = args.logo.as_deref().map(|path| read_logo(path, &limits)).transpose()?;
    let found = source::find(args, limits, index_limits, printer).await?;
    let answers = ask::answers(found.source.suggest(), &args.answers, !args.yes, printer).await?;
    let target = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}-{}", answers.name, answers.version)));
    let place = Place::check(&target, args.force)?;
    let draft = draft(&found.source, &answers, logo.as_ref())?;
    Ok(Prepared { found, answers, draft, place, target, printer: printer.clone() })
}

fn read_logo(path: &Path, limits: &ReadLimits) -> anyhow::Result<Logo> {
    let mut bytes = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(limits.logo_bytes + 1).read_to_end(&mut bytes));
    opened.with_context(|| format!("the logo `{}` cannot be read", path.display()))?;
    if bytes.len() as u64 > limits.logo_bytes {
        bail!("the logo `{}` has more than {} bytes (limit pack.logo_bytes)", path.display(), limits.logo_bytes);
    }
    Logo::sniff(bytes).with_context(|| format!("the logo `{}` is no PNG, JPEG, GIF or WebP image", path.display()))
}

impl Prepared {
    /// Writes and checks what was written, as `packyard pack lint` will.
    async fn write(self, limits: ReadLimits) -> anyhow::Result<Written> {
        let work = move || {
            let waiting = self.place.write(&self.draft, self.found.archive.as_ref().map(source::Archive::path))?;
            let findings = match Pack::open_with(&waiting.root(), &limits) {
                Ok(pack) => lint::check(&pack),
                Err(error) => error.findings(),
            };
            findings.iter().for_each(|finding| self.printer.note(&located(&self.target, finding)));
            if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
                bail!("no pack can be made of this: {}", error.message);
            }
            Ok(Written { prepared: (self.found, self.answers, self.draft, self.target), waiting, findings })
        };
        blocking(work).await
    }
}

impl Written {
    fn put(self) -> anyhow::Result<Created> {
        let (found, answers, draft, target) = self.prepared;
        self.waiting.put()?;
        Ok(Created::new(&target, found, answers, draft, self.findings))
    }
}
