//! `packyard admin rotate-secret-key`.

use crate::printer::Printer;
use crate::serve::{DataFolder, RotateKey, Rotated, rotate_secret_key};
use crate::settings::{ServeArgs, Settings};
use clap::Args;
use packyard_store::SealedCounts;
use secrecy::SecretString;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct RotateSecretKeyArgs {
    /// Change nothing; count what would be sealed anew, and see that all of it opens
    #[arg(long)]
    dry_run: bool,
    /// Keep the old key in this file, for backups from before; else nothing is kept of it
    #[arg(long, value_name = "FILE")]
    keep_old_key: Option<PathBuf>,
    /// 64 hex digits; made up where the key is in the data folder's file
    #[arg(long, env = "PACKYARD_NEW_SECRET_KEY", hide = true, hide_env_values = true)]
    new_secret_key: Option<String>,
    #[command(flatten)]
    pub(super) serve: ServeArgs,
}

#[derive(Serialize)]
struct Report {
    dry_run: bool,
    secrets: SealedCounts,
    /// An interrupted run had sealed them already; this one ended it.
    was_begun: bool,
    /// Absent when the key comes from the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_key_file: Option<PathBuf>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SealedCounts { access_keys, registry_secrets, macros, profile_secrets } = self.secrets;
        let done = match (self.dry_run, self.was_begun) {
            (false, false) => "sealed anew",
            (true, false) => "to seal anew; all of them open with the key in use",
            (false, true) => "had been sealed anew by a run that was interrupted, which is finished now",
            (true, true) => "were sealed anew by a run that was interrupted; running this again finishes it",
        };
        writeln!(f, "{} secrets {done}", self.secrets.total())?;
        write!(f, "  access keys {access_keys}, secrets of registries {registry_secrets}, macros {macros}, ")?;
        write!(f, "defaults of masked profile variables {profile_secrets} (with those of the history)")?;
        match (&self.key_file, self.dry_run) {
            (_, true) => {}
            (Some(path), false) => {
                write!(f, "\nthe new key is in {}; keep a copy of it, apart from the data", path.display())?
            }
            (None, false) => f.write_str("\nset PACKYARD_SECRET_KEY to the new key before a server starts again")?,
        }
        match &self.old_key_file {
            Some(path) => write!(f, "\nthe old key is in {}", path.display()),
            None => Ok(()),
        }
    }
}

pub(super) async fn run(
    args: RotateSecretKeyArgs,
    settings: &Settings,
    folder: &DataFolder,
    printer: &Printer,
) -> anyhow::Result<ExitCode> {
    let asked = RotateKey {
        new_key: args.new_secret_key.map(SecretString::from),
        keep_old_key: args.keep_old_key,
        dry_run: args.dry_run,
    };
    let Rotated { secrets, was_begun, key_file } = rotate_secret_key(settings, folder, &asked).await?;
    let old_key_file = asked.keep_old_key.filter(|_| !asked.dry_run);
    printer.emit(&Report { dry_run: asked.dry_run, secrets, was_begun, key_file, old_key_file });
    Ok(ExitCode::SUCCESS)
}
