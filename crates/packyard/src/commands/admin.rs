//! `packyard admin`: work on a data folder whose server is stopped.

use crate::printer::Printer;
use crate::serve::{self, DataFolder};
use crate::settings::ServeArgs;
use clap::{Args, Subcommand};
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
    ResetPassword(ResetPasswordArgs),
    /// Replace the account root's AWS access key.
    #[command(after_help = "Examples:
  packyard admin rotate-root-key --data /var/lib/packyard")]
    RotateRootKey(AdminArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ResetPasswordArgs {
    /// Whose password [default: the tenant administrator's]
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

pub(super) async fn run(command: AdminCommand, printer: &Printer) -> anyhow::Result<ExitCode> {
    let args = match &command {
        AdminCommand::ResetPassword(args) => args.serve.clone(),
        AdminCommand::RotateRootKey(args) => args.serve.clone(),
    };
    let settings = args.resolve()?;
    let folder = DataFolder::open_existing(&settings.data, settings.database_url.is_none())?;
    let (store, access) = serve::open_existing(&settings, &folder).await?;
    match command {
        AdminCommand::ResetPassword(args) => {
            let email =
                args.email.or(settings.admin_email).unwrap_or_else(|| packyard_access::DEFAULT_ADMIN.to_owned());
            let password = access.reset_password(&email, None).await?;
            printer.emit(&NewPassword { email, password: password.expose_secret().to_owned() });
        }
        AdminCommand::RotateRootKey(_) => {
            let (access_key_id, secret) = access.rotate_root_key().await?;
            printer.emit(&NewRootKey { access_key_id, secret_access_key: secret.expose_secret().to_owned() });
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
