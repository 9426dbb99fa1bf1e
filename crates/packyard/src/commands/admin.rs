//! `packyard admin`: work on a data folder whose server is stopped.

mod rotate_secret_key;

use crate::printer::Printer;
use crate::serve::{self, DataFolder};
use crate::settings::ServeArgs;
use anyhow::bail;
use clap::{Arg, Args, Subcommand};
use packyard_access::Access;
use secrecy::ExposeSecret;
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Give a person a new password and end all of that person's sessions.
    #[command(after_help = "Examples:
  packyard admin reset-password --data /var/lib/packyard
  packyard admin reset-password --email jo@example.com")]
    #[command(mut_args(only_what_counts))]
    ResetPassword(ResetPasswordArgs),
    /// Replace the account root's AWS access key.
    #[command(after_help = "Examples:
  packyard admin rotate-root-key --data /var/lib/packyard")]
    #[command(mut_args(only_what_counts))]
    RotateRootKey(AdminArgs),
    /// Seal every stored secret anew, under another secret key.
    ///
    /// Secrets of registries, access keys, macros and the defaults of masked profile variables rest sealed with the key in the
    /// data folder's secret.key, or in PACKYARD_SECRET_KEY; the new key then is given in PACKYARD_NEW_SECRET_KEY. Servers that
    /// share the database have to be stopped. Interrupted at any point nothing is lost: run it again. Logins by token (/v1,
    /// ECR, STS) have to be made again afterwards; backups from before need the old key.
    #[command(after_help = "Examples:
  packyard admin rotate-secret-key --data /var/lib/packyard --dry-run
  packyard admin rotate-secret-key --data /var/lib/packyard
  packyard admin rotate-secret-key --keep-old-key /root/packyard-old.key
  packyard admin rotate-secret-key --output json

Exit codes: 0 sealed anew (or could be, in a dry run), 1 not, 2 wrong arguments.")]
    #[command(mut_args(only_what_counts))]
    RotateSecretKey(rotate_secret_key::RotateSecretKeyArgs),
}

/// Settings of a server that say how it answers. They are taken, since the settings file is the server's own, and not shown.
const OF_ANSWERING: [&str; 21] = [
    "blobs",
    "listen",
    "public_url",
    "allowed_hosts",
    "trusted_proxies",
    "region",
    "endpoint_policy",
    "tls_cert",
    "tls_key",
    "tls_self_signed",
    "admin_email",
    "first_sync_wait",
    "sync_interval",
    "recheck_tags",
    "allow_server_aws_identity",
    "session_idle",
    "one_time_password_life",
    "audit_retention",
    "drain_wait",
    "log_format",
    "limit",
];

fn only_what_counts(arg: Arg) -> Arg {
    let hidden = OF_ANSWERING.contains(&arg.get_id().as_str());
    if hidden { arg.hide(true) } else { arg }
}

#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ResetPasswordArgs {
    /// Whose password [default: the tenant administrator's, if there is one only]
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Serialize)]
struct NewPassword {
    email: String,
    password: String,
}

impl fmt::Display for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "email     {}\npassword  {}", self.email, self.password)
    }
}

#[derive(Serialize)]
struct NewRootKey {
    access_key_id: String,
    secret_access_key: String,
}

impl fmt::Display for NewRootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}",
            self.access_key_id, self.secret_access_key
        )
    }
}

/// Whoever there is now: the address in the settings is that of the first start, whose user may be gone, or be no
/// administrator any more.
async fn the_administrator(access: &Access) -> anyhow::Result<String> {
    match access.administrators().await?.as_slice() {
        [only] => Ok(only.clone()),
        [] => bail!("the tenant has no administrator; say with --email whose password is meant"),
        several => {
            bail!("say with --email whose password is meant; the tenant's administrators are: {}", several.join(", "))
        }
    }
}

pub(super) async fn run(command: AdminCommand, printer: &Printer) -> anyhow::Result<ExitCode> {
    let args = match &command {
        AdminCommand::ResetPassword(args) => args.serve.clone(),
        AdminCommand::RotateRootKey(args) => args.serve.clone(),
        AdminCommand::RotateSecretKey(args) => args.serve.clone(),
    };
    let settings = args.resolve()?;
    let folder = DataFolder::open_existing(&settings.data, settings.database_url.is_none())?;
    if let AdminCommand::RotateSecretKey(args) = command {
        return rotate_secret_key::run(args, &settings, &folder, printer).await;
    }
    let (store, access) = serve::open_existing(&settings, &folder).await?;
    match command {
        AdminCommand::ResetPassword(args) => {
            let email = match args.email {
                Some(email) => email,
                None => the_administrator(&access).await?,
            };
            let password = access.reset_password(&email, None).await?;
            printer.emit(&NewPassword { email, password: password.expose_secret().to_owned() });
        }
        AdminCommand::RotateRootKey(_) => {
            let (access_key_id, secret) = access.rotate_root_key().await?;
            printer.emit(&NewRootKey { access_key_id, secret_access_key: secret.expose_secret().to_owned() });
        }
        // Opens the database in its own way.
        AdminCommand::RotateSecretKey(_) => {}
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
