//! `packyard pack build`: the archive that publish would push, as a file. No network.

use super::publish::find;
use super::publish::prepare::{Prepared, Refusal, prepare};
use super::remote::Transfers;
use crate::limits::PackLimits;
use crate::printer::Printer;
use crate::terminal::{counted, line};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use packyard_pack::lint::Finding;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::NamedTempFile;

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

#[derive(Debug, Serialize)]
struct Report {
    packs: Vec<Built>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    Built,
    /// The file was there with these very bytes.
    Unchanged,
    Refused,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Built {
    folder: String,
    outcome: Outcome,
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
    error: Option<String>,
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

/// Puts the archive in its place; a file that is there stays unless it is the same or `force` is given.
fn place(waiting: Waiting, force: bool) -> Built {
    let Waiting { pack, file, target } = waiting;
    let same = same_bytes(&target, file.path(), pack.layer.size);
    let outcome = match same {
        Ok(true) => Ok(Outcome::Unchanged),
        _ => persist(file, &target, force).map(|()| Outcome::Built),
    };
    let mut built = Built::of(&pack, &target);
    match outcome {
        Ok(outcome) => built.outcome = outcome,
        Err(error) => built.fail(format!("{error:#}")),
    }
    built
}

fn persist(file: NamedTempFile, target: &Path, force: bool) -> anyhow::Result<()> {
    readable_by_others(&file)?;
    if fs::symlink_metadata(target).is_ok_and(|there| !there.is_file()) {
        bail!("{} is there and is not a plain file; give another --out", target.display());
    }
    if force {
        file.persist(target).map_err(|e| e.error).with_context(|| format!("could not write {}", target.display()))?;
        return Ok(());
    }
    match file.persist_noclobber(target) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there with other content; --force overwrites it", target.display())
        }
        Err(refused) => Err(refused.error).with_context(|| format!("could not write {}", target.display())),
    }
}

/// A temporary file is its owner's only; an archive is an ordinary file.
#[cfg(unix)]
pub(crate) fn readable_by_others(file: &NamedTempFile) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::Permissions::from_mode(0o644);
    file.as_file().set_permissions(permissions).with_context(|| format!("could not share {}", file.path().display()))
}

#[cfg(not(unix))]
pub(crate) fn readable_by_others(_: &NamedTempFile) -> anyhow::Result<()> {
    Ok(())
}

fn same_bytes(a: &Path, b: &Path, size: u64) -> io::Result<bool> {
    let there = fs::symlink_metadata(a)?;
    if !there.is_file() || there.len() != size {
        return Ok(false);
    }
    super::local::same_content(a, b)
}

fn is_folder(out: &Path) -> bool {
    out.is_dir() || out.as_os_str().to_string_lossy().ends_with('/')
}

fn parent_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Whether `folder`, which may not exist yet, is the pack's folder or below it.
fn lies_in(folder: &Path, pack: &Path) -> bool {
    let Ok(pack) = fs::canonicalize(pack) else { return false };
    let mut there = folder.to_owned();
    loop {
        if let Ok(real) = fs::canonicalize(&there) {
            return real.starts_with(&pack);
        }
        if !there.pop() || there.as_os_str().is_empty() {
            return fs::canonicalize(".").is_ok_and(|real| real.starts_with(&pack));
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

impl Built {
    fn of(pack: &Prepared, target: &Path) -> Self {
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

    fn fail(&mut self, error: String) {
        (self.outcome, self.error, self.path) = (Outcome::Refused, Some(error), None);
    }

    /// Sound, but another one is refused.
    fn left_out(waiting: &Waiting) -> Self {
        let mut built = Self::of(&waiting.pack, &waiting.target);
        built.fail("nothing was written because another pack is refused".to_owned());
        built
    }

    fn refused(refusal: &Refusal, printer: &Printer) -> Self {
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
