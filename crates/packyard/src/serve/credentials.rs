//! The key that seals stored secrets, and where the first start's credentials are shown.

use super::folder::DataFolder;
use crate::settings::Settings;
use anyhow::{Context, bail};
use packyard_access::FirstLogin;
use packyard_store::SealKey;
use secrecy::ExposeSecret;
use std::fmt::Write as _;
use std::io::IsTerminal;

const KEY_FILE: &str = "secret.key";
const FIRST_LOGIN_FILE: &str = "first-login.txt";

/// `PACKYARD_SECRET_KEY`, else the key file of the data folder, made on first use.
pub(super) fn seal_key(settings: &Settings, folder: &DataFolder) -> anyhow::Result<SealKey> {
    if let Some(text) = &settings.secret_key {
        return parse_key(text.expose_secret()).context("PACKYARD_SECRET_KEY is wrong");
    }
    let text = folder.private_file(KEY_FILE, || hex(SealKey::generate().as_bytes()).into_bytes())?;
    let text = String::from_utf8(text).context("the key file is not text")?;
    parse_key(&text).with_context(|| format!("{} is wrong", folder.path().join(KEY_FILE).display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn parse_key(text: &str) -> anyhow::Result<SealKey> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        bail!(
            "expected 64 hex digits (32 bytes), got {} characters; `openssl rand -hex 32` makes a key",
            text.chars().count()
        );
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(0..) {
        *byte = u8::from_str_radix(&text[pair * 2..pair * 2 + 2], 16).context("expected hex digits only")?;
    }
    Ok(SealKey::from_bytes(key))
}

/// First-start credentials, shown once: on a terminal, else in a private file of the data folder.
pub(crate) struct FirstLoginNote<'a> {
    pub(crate) login: &'a FirstLogin,
    pub(crate) url: &'a str,
}

impl FirstLoginNote<'_> {
    fn text(&self) -> String {
        format!(
            "Console: {url}
  email     {email}
  password  {password}

AWS key of the account root (for the AWS CLI and `packyard iam`):
  export AWS_ACCESS_KEY_ID={id}
  export AWS_SECRET_ACCESS_KEY={secret}
",
            url = self.url,
            email = self.login.admin_email,
            password = self.login.admin_password.expose_secret(),
            id = self.login.root_access_key_id,
            secret = self.login.root_secret_access_key.expose_secret(),
        )
    }

    /// What to print: the credentials for a terminal, else only the path of the file that holds them.
    pub(crate) fn show(&self, data: &std::path::Path) -> anyhow::Result<String> {
        if std::io::stderr().is_terminal() {
            return Ok(format!("First start. These credentials are shown once:\n\n{}", self.text()));
        }
        let path = data.join(FIRST_LOGIN_FILE);
        write_private(&path, self.text().as_bytes()).with_context(|| format!("could not write {}", path.display()))?;
        Ok(format!("first start: the credentials are in {}", path.display()))
    }
}

fn write_private(path: &std::path::Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_64_hex_digits() {
        let key = SealKey::generate();
        assert_eq!(parse_key(&hex(key.as_bytes())).unwrap().as_bytes(), key.as_bytes());
        for bad in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
            assert!(parse_key(bad).is_err(), "{bad}");
        }
    }
}
