//! The demo's commands as somebody would type them in a shell: how they are shown, and how they are run.

use super::{Step, Steps};
use crate::commands::demo::kept::Key;
use crate::terminal::word;
use anyhow::{Context, bail};
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Settings of AWS clients that would lead the commands elsewhere.
const MISLEADING: [&str; 4] = ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL"];
const PROXIES: [&str; 6] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

impl Steps<'_> {
    pub(super) fn title(&mut self, title: &'static str) {
        self.title = Some(title);
    }

    /// Everything the commands need to know that they do not say themselves.
    pub(super) fn show_environment(&mut self) -> anyhow::Result<()> {
        if !self.is_on_path() {
            let folder = self.program.parent().context("this program is in no folder")?;
            self.show(format!("export PATH={}:$PATH", word(&folder.display().to_string())), None);
        }
        let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let misleading: Vec<&str> = MISLEADING.into_iter().filter(set).collect();
        if !misleading.is_empty() {
            self.show(format!("unset {}", misleading.join(" ")), None);
        }
        if PROXIES.iter().any(set) {
            self.export("NO_PROXY", "localhost,127.0.0.1");
        }
        if let Some(path) = &self.door.ca {
            self.export("AWS_CA_BUNDLE", &path.display().to_string());
        }
        self.export("PACKYARD_SERVER", &self.door.url);
        self.export("PACKYARD_API_KEY", &self.api_key.clone());
        self.export("AWS_DEFAULT_REGION", self.region);
        self.show_key(&self.root.clone());
        Ok(())
    }

    pub(super) fn show_key(&mut self, key: &Key) {
        self.export("AWS_ACCESS_KEY_ID", &key.id);
        self.export("AWS_SECRET_ACCESS_KEY", &key.secret);
    }

    fn export(&mut self, name: &str, value: &str) {
        self.show(format!("export {name}={}", word(value)), None);
    }

    /// Whether `packyard` means this program in a shell.
    fn is_on_path(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = std::env::split_paths(&path).map(|folder| folder.join("packyard")).find(|path| path.is_file());
        first.and_then(|path| path.canonicalize().ok()) == self.program.canonicalize().ok()
    }

    /// Prints a line, and keeps it for the document.
    fn show(&mut self, command: String, output: Option<String>) {
        self.announce(&command);
        self.lines.push(Step { title: self.title.take().map(str::to_owned), command, output });
    }

    fn announce(&self, command: &str) {
        if let Some(title) = self.title {
            let gap = if self.lines.is_empty() { "" } else { "\n" };
            self.printer.text(&format_args!("{gap}# {title}"));
        }
        self.printer.text(&format_args!("$ {command}"));
    }

    /// Prints the command and runs it with `key` as the AWS credentials; gives its standard output, and shows it unless
    /// it holds a secret.
    pub(super) async fn packyard(&mut self, args: &[&str], key: &Key, stdin: Option<&str>) -> anyhow::Result<String> {
        let typed = args.iter().map(|arg| word(arg)).collect::<Vec<_>>().join(" ");
        let typed = format!("{}packyard {typed}", if stdin.is_some() { "echo $AWS_SECRET_ACCESS_KEY | " } else { "" });
        self.announce(&typed);
        let out = self.child(args, key, stdin).await?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        if !out.status.success() {
            let errors = String::from_utf8_lossy(&out.stderr);
            bail!("`{typed}` failed:\n{}", [text.trim_end(), errors.trim_end()].join("\n").trim());
        }
        let shown = (args[0] != "iam" && !args.contains(&"iam")).then(|| text.trim_end().to_owned());
        if let Some(shown) = shown.as_ref().filter(|shown| !shown.is_empty()) {
            self.printer.text(shown);
        }
        self.lines.push(Step { title: self.title.take().map(str::to_owned), command: typed, output: shown });
        Ok(text)
    }

    /// For questions, which a person would not need to ask.
    pub(super) async fn quietly(&self, args: &[&str], key: &Key) -> anyhow::Result<Output> {
        self.child(args, key, None).await
    }

    async fn child(&self, args: &[&str], key: &Key, stdin: Option<&str>) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.program);
        MISLEADING.iter().for_each(|name| {
            command.env_remove(name);
        });
        if let Some(path) = &self.door.ca {
            command.env("AWS_CA_BUNDLE", path);
        }
        let mut child = command
            .args(args)
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", &key.secret)
            .env("AWS_DEFAULT_REGION", self.region)
            .env("PACKYARD_SERVER", &self.door.url)
            .env("PACKYARD_API_KEY", &self.api_key)
            .env("NO_PROXY", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("could not run packyard")?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin.unwrap_or_default().as_bytes()).await?;
        }
        Ok(child.wait_with_output().await?)
    }
}
