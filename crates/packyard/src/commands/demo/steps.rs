//! The commands of the demo. Each is printed as one would type it, in the order in which they work, and each is done
//! only where its outcome is missing.

mod shell;

use super::door::Door;
use super::kept::{self, Credentials, Key};
use super::sample;
use crate::printer::Printer;
use crate::serve::Server;
use anyhow::Context;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Name of the registry that the demo registers: itself.
pub(super) const REGISTRY: &str = "team-packs";
const BASE: &str = "team";
const USER: &str = "pack-author";
const POLICY: &str = "arn:aws:iam::aws:policy/PackPublisher";
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
