//! The commands of the first run.

use super::{Credentials, sample};
use crate::printer::Printer;
use crate::serve::Server;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Name of the registry that the demo registers: itself.
pub(super) const REGISTRY: &str = "team-packs";
const BASE: &str = "team";
const USER: &str = "pack-author";
const POLICY: &str = "arn:aws:iam::aws:policy/PackPublisher";

pub(super) struct Steps<'a> {
    pub(super) server: &'a Server,
    pub(super) credentials: &'a Credentials,
    pub(super) folder: &'a Path,
    pub(super) printer: &'a Printer,
}

/// A key of the AWS kind.
struct Key {
    id: String,
    secret: String,
}

impl Steps<'_> {
    pub(super) async fn first_run(&self) -> anyhow::Result<()> {
        let say = |text: &str| self.printer.line(&format_args!("# {text}"));
        let root = Key {
            id: self.credentials.root_access_key_id.clone(),
            secret: self.credentials.root_secret_access_key.clone(),
        };
        say("An IAM user who may publish packs");
        self.packyard(&["iam", "create-user", "--user-name", USER], &root, None).await?;
        self.packyard(&["iam", "attach-user-policy", "--user-name", USER, "--policy-arn", POLICY], &root, None).await?;
        let key =
            self.packyard(&["--output", "json", "iam", "create-access-key", "--user-name", USER], &root, None).await?;
        let key = access_key(&key)?;

        say("A pack: check, archive, make the two repositories, push, verify");
        let pack = sample::write(self.folder).context("could not write the sample pack")?;
        let to = format!("{}/{BASE}", self.host());
        let out =
            self.packyard(&["publish", &pack.display().to_string(), "--to", &to, "--auth", "ecr"], &key, None).await?;
        self.show(&out);

        say("The registry, registered with the user's key and synchronised");
        let add = [
            "registry",
            "add",
            REGISTRY,
            "--kind",
            "ecr",
            "--endpoint",
            &self.server.public_url,
            "--base",
            BASE,
            "--access-key",
            &key.id,
            "--secret-stdin",
        ];
        let out = self.packyard(&add, &key, Some(&key.secret)).await?;
        self.show(&out);
        let out = self.packyard(&["pack", "search"], &key, None).await?;
        self.show(&out);
        Ok(())
    }

    fn host(&self) -> &str {
        self.server.public_url.split_once("://").map_or(self.server.public_url.as_str(), |(_, host)| host)
    }

    fn show(&self, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            self.printer.line(&text);
        }
        self.printer.line(&"");
    }

    /// Prints the command and runs it with `key` as the AWS credentials; gives its standard output.
    async fn packyard(&self, args: &[&str], key: &Key, stdin: Option<&str>) -> anyhow::Result<String> {
        let typed = args.join(" ");
        let prefix = if stdin.is_some() { "echo $AWS_SECRET_ACCESS_KEY | " } else { "" };
        self.printer.line(&format_args!("$ {prefix}packyard {typed}"));
        let mut child = Command::new(std::env::current_exe().context("where is this program?")?)
            .args(args)
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", &key.secret)
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_ENDPOINT_URL_ECR")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("PACKYARD_SERVER", &self.server.public_url)
            .env("PACKYARD_API_KEY", self.api_key().await?)
            .env("NO_PROXY", "localhost,127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("could not run packyard")?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin.unwrap_or_default().as_bytes()).await?;
        }
        let out = child.wait_with_output().await?;
        if !out.status.success() {
            bail!("`packyard {typed}` failed:\n{}", String::from_utf8_lossy(&out.stderr).trim_end());
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }

    /// A key for `/v1`, as Palette's clients make theirs: log in, then POST /v1/apiKeys. Made once, kept in the folder.
    async fn api_key(&self) -> anyhow::Result<String> {
        let file = self.folder.join("demo-api-key");
        if let Ok(key) = std::fs::read_to_string(&file) {
            return Ok(key);
        }
        let http = reqwest::Client::builder().no_proxy().build()?;
        let base = format!("http://localhost:{}", self.server.address.port());
        let post = async |path: &str, token: &str, body: Value| -> anyhow::Result<Value> {
            let reply = http.post(format!("{base}{path}")).header("Authorization", token).json(&body).send().await?;
            Ok(reply.error_for_status().with_context(|| format!("POST {path}"))?.json().await?)
        };
        let login = json!({ "emailId": self.credentials.admin_email, "password": self.credentials.admin_password });
        let token = post("/v1/auth/authenticate", "", login).await?;
        let token =
            token["Authorization"].as_str().context("no token in the reply of /v1/auth/authenticate")?.to_owned();
        let key = post("/v1/apiKeys", &token, json!({ "metadata": { "name": "demo" }, "spec": {} })).await?;
        let key = key["apiKey"].as_str().context("no key in the reply of /v1/apiKeys")?.to_owned();
        self.server.folder.write_private("demo-api-key", key.as_bytes())?;
        Ok(key)
    }
}

fn access_key(json: &str) -> anyhow::Result<Key> {
    let value: Value = serde_json::from_str(json).context("`create-access-key` did not print JSON")?;
    let field = |name: &str| value["AccessKey"][name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
    Ok(Key { id: field("AccessKeyId")?, secret: field("SecretAccessKey")? })
}
