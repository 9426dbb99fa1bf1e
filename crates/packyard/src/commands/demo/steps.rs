//! The commands of the demo. Each is printed as one would type it, in the order in which they work, and each is done
//! only where its outcome is missing.

use super::door::Door;
use super::kept::{self, Credentials, Key};
use super::sample;
use crate::printer::Printer;
use crate::serve::Server;
use crate::terminal::word;
use anyhow::{Context, bail};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Name of the registry that the demo registers: itself.
pub(super) const REGISTRY: &str = "team-packs";
const BASE: &str = "team";
const USER: &str = "pack-author";
const POLICY: &str = "arn:aws:iam::aws:policy/PackPublisher";
/// Settings of AWS clients that would lead the commands elsewhere.
const MISLEADING: [&str; 4] = ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL"];
const PROXIES: [&str; 6] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

/// A line of the demo.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// What it and the lines after it are for.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

pub(super) struct Steps<'a> {
    server: &'a Server,
    door: &'a Door,
    folder: &'a Path,
    region: &'a str,
    printer: &'a Printer,
    root: Key,
    http: reqwest::Client,
    program: PathBuf,
    /// For the next line.
    title: Option<&'static str>,
    pub(super) api_key: String,
    pub(super) lines: Vec<Step>,
}

impl<'a> Steps<'a> {
    pub(super) async fn new(
        server: &'a Server,
        credentials: &'a Credentials,
        door: &'a Door,
        folder: &'a Path,
        region: &'a str,
        printer: &'a Printer,
    ) -> anyhow::Result<Self> {
        let mut http = reqwest::Client::builder().no_proxy();
        if let Some(path) = &door.ca {
            http = http.tls_certs_merge(reqwest::Certificate::from_pem_bundle(&std::fs::read(path)?)?);
        }
        let root =
            Key { id: credentials.root_access_key_id.clone(), secret: credentials.root_secret_access_key.clone() };
        let program = std::env::current_exe().context("where is this program?")?;
        let (http, api_key, lines) = (http.build()?, String::new(), Vec::new());
        let mut steps =
            Self { server, door, folder, region, printer, root, http, program, title: None, api_key, lines };
        steps.api_key = steps.usable_api_key(credentials).await?;
        Ok(steps)
    }

    /// Does what is not done yet.
    pub(super) async fn run(&mut self) -> anyhow::Result<()> {
        self.title("In another terminal, these lines make those below work as they stand");
        self.show_environment()?;
        if kept::is_done(self.folder)? {
            let author = kept::author_key(self.folder)?.context("the key of the demo's user is lost")?;
            self.show_key(&author);
            self.printer.text(&"\nThis folder has seen the demo before; nothing is done twice.");
            return self.follow_the_port(&author).await;
        }
        self.all().await?;
        kept::mark_done(&self.server.folder)
    }

    async fn all(&mut self) -> anyhow::Result<()> {
        let root = self.root.clone();
        self.title("An IAM user who may publish packs");
        if !self.quietly(&["iam", "get-user", "--user-name", USER], &root).await?.status.success() {
            self.packyard(&["iam", "create-user", "--user-name", USER], &root, None).await?;
        }
        self.packyard(&["iam", "attach-user-policy", "--user-name", USER, "--policy-arn", POLICY], &root, None).await?;
        let author = self.author_key().await?;
        self.show_key(&author);

        self.title("A pack: check, archive, make the two repositories, push, verify");
        let pack = sample::write(self.folder).context("could not write the sample pack")?.display().to_string();
        let host = self.door.url.split_once("://").map_or(self.door.url.as_str(), |(_, host)| host);
        let to = format!("{host}/{BASE}");
        let ca = self.door.ca.as_ref().map(|path| path.display().to_string());
        let mut publish = vec!["publish", &pack, "--to", &to, "--auth", "ecr"];
        publish.extend(ca.iter().flat_map(|path| ["--ca-file", path]));
        self.packyard(&publish, &author, None).await?;

        self.title("The registry, registered with the user's key and synchronised");
        self.register(&author, ca.as_deref()).await?;
        let mut search = vec!["pack", "search"];
        search.extend(ca.iter().flat_map(|path| ["--server-ca", path]));
        self.packyard(&search, &author, None).await.map(drop)
    }

    async fn register(&mut self, author: &Key, ca: Option<&str>) -> anyhow::Result<()> {
        let endpoint = self.door.url.clone();
        let mut command = vec!["registry"];
        let mut secret = None;
        match self.registered().await? {
            // An earlier run came this far; the port or the key may be others now.
            Some(row) => {
                self.update(&row, author).await?;
                command.extend(["sync", REGISTRY]);
            }
            None => {
                let kind = ["add", REGISTRY, "--kind", "ecr", "--endpoint", &endpoint, "--base", BASE];
                command.extend(kind);
                command.extend(["--access-key", &author.id, "--secret-stdin"]);
                command.extend(ca.iter().flat_map(|path| ["--registry-ca", path]));
                secret = Some(author.secret.as_str());
            }
        }
        command.extend(ca.iter().flat_map(|path| ["--server-ca", path]));
        self.packyard(&command, author, secret).await.map(drop)
    }

    /// A later run may have another port: the registry that the demo registered is this very server still.
    async fn follow_the_port(&self, author: &Key) -> anyhow::Result<()> {
        match self.registered().await? {
            Some(row) if row["spec"]["endpoint"] != self.door.url.as_str() => self.update(&row, author).await,
            _ => Ok(()),
        }
    }

    async fn registered(&self) -> anyhow::Result<Option<Value>> {
        let list = self.v1(Method::GET, "/v1/registries/oci/summary", None).await?;
        let rows = list["items"].as_array().into_iter().flatten();
        Ok(rows.into_iter().find(|row| row["metadata"]["name"] == REGISTRY).cloned())
    }

    async fn update(&self, row: &Value, author: &Key) -> anyhow::Result<()> {
        let uid = row["metadata"]["uid"].as_str().context("a registry without a uid")?;
        let ca = match &self.door.ca {
            Some(path) => std::fs::read_to_string(path)?,
            None => String::new(),
        };
        let spec = json!({
            "endpoint": self.door.url, "baseContentPath": BASE, "providerType": "pack", "isSyncSupported": true,
            "isPrivate": true, "tls": { "enabled": true, "certificate": ca, "insecureSkipVerify": false },
            "credentials": { "credentialType": "secret", "accessKey": author.id, "secretKey": author.secret },
        });
        let body = json!({ "metadata": { "name": REGISTRY }, "spec": spec });
        self.v1(Method::PUT, &format!("/v1/registries/oci/{uid}/ecr"), Some(&body)).await.map(drop)
    }

    /// The user's key, which is made once.
    async fn author_key(&mut self) -> anyhow::Result<Key> {
        if let Some(key) = kept::author_key(self.folder)? {
            return Ok(key);
        }
        // A key whose secret an interrupted run did not keep is of no use, and a user may have only two.
        let root = self.root.clone();
        let listed = self.quietly(&["--output", "json", "iam", "list-access-keys", "--user-name", USER], &root).await?;
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap_or_default();
        for id in listed["AccessKeyMetadata"].as_array().into_iter().flatten().filter_map(|k| k["AccessKeyId"].as_str())
        {
            let delete = ["iam", "delete-access-key", "--user-name", USER, "--access-key-id", id];
            self.quietly(&delete, &root).await?;
        }
        let create = ["--output", "json", "iam", "create-access-key", "--user-name", USER];
        let made = self.packyard(&create, &root, None).await?;
        let made: Value = serde_json::from_str(&made).context("`create-access-key` did not print JSON")?;
        let field =
            |name: &str| made["AccessKey"][name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
        let key = Key { id: field("AccessKeyId")?, secret: field("SecretAccessKey")? };
        kept::keep_author_key(&self.server.folder, &key)?;
        Ok(key)
    }

    fn title(&mut self, title: &'static str) {
        self.title = Some(title);
    }

    /// Everything the commands need to know that they do not say themselves.
    fn show_environment(&mut self) -> anyhow::Result<()> {
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

    fn show_key(&mut self, key: &Key) {
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
    async fn packyard(&mut self, args: &[&str], key: &Key, stdin: Option<&str>) -> anyhow::Result<String> {
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
    async fn quietly(&self, args: &[&str], key: &Key) -> anyhow::Result<Output> {
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

    /// A key for `/v1`, as Palette's clients make theirs: log in, then POST /v1/apiKeys. Made once, kept in the folder.
    async fn usable_api_key(&mut self, credentials: &Credentials) -> anyhow::Result<String> {
        if let Some(key) = kept::api_key(self.folder)? {
            self.api_key = key;
            if self.registered().await.is_ok() {
                return Ok(self.api_key.clone());
            }
        }
        let url = &self.door.url;
        let post = async |path: &str, token: &str, body: Value| -> anyhow::Result<Value> {
            let request = self.http.post(format!("{url}{path}")).header("Authorization", token).json(&body);
            Ok(request.send().await?.error_for_status().with_context(|| format!("POST {path}"))?.json().await?)
        };
        let login = json!({ "emailId": credentials.admin_email, "password": credentials.admin_password });
        let token = post("/v1/auth/authenticate", "", login).await?;
        let token = token["Authorization"].as_str().context("no token in the reply of /v1/auth/authenticate")?;
        let key = post("/v1/apiKeys", token, json!({ "metadata": { "name": "demo" }, "spec": {} })).await?;
        let key = key["apiKey"].as_str().context("no key in the reply of /v1/apiKeys")?.to_owned();
        kept::keep_api_key(&self.server.folder, &key)?;
        Ok(key)
    }

    async fn v1(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let doing = || format!("{method} {path}");
        let mut request =
            self.http.request(method.clone(), format!("{}{path}", self.door.url)).header("ApiKey", &self.api_key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await.and_then(reqwest::Response::error_for_status).with_context(doing)?;
        Ok(serde_json::from_str(&reply.text().await.with_context(doing)?).unwrap_or_default())
    }
}
