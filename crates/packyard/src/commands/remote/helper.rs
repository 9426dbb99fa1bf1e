//! Credential helpers: `docker-credential-NAME get|store|erase`, host on standard input, JSON on standard output (the protocol
//! of docker-credential-helpers).

use super::docker_config::StoredLogin;
use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A helper may ask a person to unlock something, but not for ever.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a helper says instead of a user name when the secret is a refresh token.
const TOKEN_USER: &str = "<token>";

#[derive(Debug)]
pub(super) struct Helper {
    program: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// What a helper that failed says of it; some say nothing where the protocol wants it.
fn reason(output: &std::process::Output) -> String {
    let said: String = String::from_utf8_lossy(&output.stdout).trim().chars().take(200).collect();
    if said.is_empty() { format!("it ended with {}", output.status) } else { said }
}

impl Helper {
    /// `None` for names that are no part of a file name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let plain =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        plain.then(|| Self { program: format!("docker-credential-{name}") })
    }

    pub(super) fn program(&self) -> &str {
        &self.program
    }

    pub(super) async fn get(&self, host: &str) -> anyhow::Result<Option<StoredLogin>> {
        let output = self.run("get", host.as_bytes()).await?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            // The protocol has no code for this, only this sentence.
            if text.contains("credentials not found") {
                return Ok(None);
            }
            bail!("{} get failed for {host}: {}", self.program, reason(&output));
        }
        let answer: Answer =
            serde_json::from_str(&text).with_context(|| format!("{} get did not answer with JSON", self.program))?;
        if answer.secret.is_empty() {
            return Ok(None);
        }
        let secret = SecretString::from(answer.secret);
        Ok(Some(match answer.username.as_str() {
            TOKEN_USER => StoredLogin::IdentityToken(secret),
            _ => StoredLogin::Password { user: answer.username, password: secret },
        }))
    }

    pub(super) async fn store(&self, host: &str, user: &str, password: &SecretString) -> anyhow::Result<()> {
        let input = json!({ "ServerURL": host, "Username": user, "Secret": password.expose_secret() }).to_string();
        let output = self.run("store", input.as_bytes()).await?;
        if !output.status.success() {
            bail!("{} store failed: {}", self.program, reason(&output));
        }
        Ok(())
    }

    pub(super) async fn erase(&self, host: &str) -> anyhow::Result<()> {
        let output = self.run("erase", host.as_bytes()).await?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() && !said.contains("credentials not found") {
            bail!("{} erase failed for {host}: {}", self.program, reason(&output));
        }
        Ok(())
    }

    async fn run(&self, verb: &str, input: &[u8]) -> anyhow::Result<std::process::Output> {
        let mut child = Command::new(&self.program)
            .arg(verb)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("the credential helper {} cannot be run", self.program))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A helper that does not read its input is heard all the same.
            let _ = stdin.write_all(input).await;
        }
        tokio::time::timeout(PATIENCE, child.wait_with_output())
            .await
            .with_context(|| format!("{} {verb} did not end within {} s", self.program, PATIENCE.as_secs()))?
            .with_context(|| format!("{} {verb} failed", self.program))
    }
}
