//! Where the first start's credentials are shown.

use super::folder::DataFolder;
use super::{Place, Server};
use crate::printer::Printer;
use packyard_access::FirstLogin;
use secrecy::ExposeSecret;
use std::fmt::Write as _;
use std::io::IsTerminal;

const FIRST_LOGIN_FILE: &str = "first-login.txt";

/// The first start's credentials on their way to a person: written to a private file before the first start counts,
/// then shown on a terminal and removed, or left there where nobody watches. What the operator gave is not in them.
pub(crate) struct FirstLoginNote;

impl FirstLoginNote {
    /// Nothing is written when nothing was made up.
    pub(crate) fn write(folder: &DataFolder, place: &Place<'_>, login: &FirstLogin) -> anyhow::Result<()> {
        match text(place, login) {
            Some(text) => folder.write_private(FIRST_LOGIN_FILE, text.as_bytes()).map(drop),
            None => Ok(()),
        }
    }

    /// Also with `--quiet`: nobody can ask for them again.
    pub(crate) fn show(server: &Server, printer: &Printer) {
        let path = server.folder.path().join(FIRST_LOGIN_FILE);
        let Ok(text) = std::fs::read_to_string(&path) else { return };
        let shown = path.display();
        if server.first_login.is_none() {
            printer.note(&format_args!(
                "the credentials of the first start are still in {shown}; take them from there and delete the file"
            ));
        } else if !std::io::stderr().is_terminal() {
            // Whether it can be told or not: the file is there.
            let _ = printer.say(&format_args!("first start: the credentials are in {shown}"));
        } else if printer.say(&format_args!("First start. These credentials are shown once:\n\n{text}")).is_ok()
            && let Err(error) = std::fs::remove_file(&path)
        {
            printer.warn(&format_args!("could not remove {shown}, which holds these credentials: {error}"));
        }
    }
}

/// The exports make the commands of Spectro Cloud's guide work here as they stand.
fn text(place: &Place<'_>, login: &FirstLogin) -> Option<String> {
    let mut out = String::new();
    let Place { url, region } = place;
    if login.password_is_new {
        let (email, password) = (&login.admin_email, login.admin_password.expose_secret());
        let _ = writeln!(
            out,
            "Console: {url}\n  email     {email}\n  password  {password}\n\nFor `packyard api-key create`, which makes the key of `packyard registry`, scripts and Terraform:\n  export PACKYARD_ADMIN_EMAIL={email} PACKYARD_ADMIN_PASSWORD={password}\n"
        );
    }
    if login.root_key_is_new {
        let (id, secret) = (&login.root_access_key_id, login.root_secret_access_key.expose_secret());
        let _ = writeln!(
            out,
            "AWS key of the account root, for the AWS CLI and `packyard` in another terminal:\n  export AWS_ENDPOINT_URL={url} PACKYARD_SERVER={url}\n  export AWS_DEFAULT_REGION={region}\n  export AWS_ACCESS_KEY_ID={id}\n  export AWS_SECRET_ACCESS_KEY={secret}"
        );
    }
    Some(out).filter(|out| !out.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_up_is_shown() {
        let login = |password_is_new, root_key_is_new| FirstLogin {
            admin_email: "a@example.com".into(),
            admin_password: "the-password".into(),
            root_access_key_id: "AKIAROOT".into(),
            root_secret_access_key: "the-secret".into(),
            password_is_new,
            root_key_is_new,
        };
        let place = Place { url: "http://localhost:7225", region: "eu-west-1" };
        let both = text(&place, &login(true, true)).unwrap();
        assert!(both.contains("the-password") && both.contains("the-secret"), "{both}");
        let key = text(&place, &login(false, true)).unwrap();
        assert!(!key.contains("the-password") && key.contains("the-secret"), "{key}");
        for export in ["AWS_ENDPOINT_URL=http://localhost:7225", "AWS_DEFAULT_REGION=eu-west-1"] {
            assert!(key.contains(&format!("export {export}")), "{key}");
        }
        assert_eq!(text(&place, &login(false, false)), None);
    }
}
