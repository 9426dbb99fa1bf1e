//! `packyard registry update`: what was not given stays as it is, secrets too.

use super::connection::ConnectionArgs;
use super::find;
use super::flags::with_flags;
use super::settings::secret_from_stdin;
use super::shown::Done;
use crate::commands::WrongArguments;
use crate::commands::server::Server;
use crate::printer::Printer;
use anyhow::anyhow;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Another name for it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Another address; secrets have to be given again then
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Base content path: packs are below PATH/spectro-packs/archive, charts anywhere below PATH; repeat for several, which
    /// replace those before
    #[arg(long = "base", value_name = "PATH")]
    bases: Vec<String>,
    /// Another user, with --secret-stdin
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Another access key, with --secret-stdin
    #[arg(long, value_name = "ID")]
    access_key: Option<String>,
    /// Read the new password or secret access key from standard input
    #[arg(long)]
    secret_stdin: bool,
    /// Take any certificate of the registry, or no longer
    #[arg(long, value_name = "true|false")]
    insecure_skip_verify: Option<bool>,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Show no client certificate any more
    #[arg(long, conflicts_with = "client_cert")]
    without_client_cert: bool,
    /// Use no proxy any more
    #[arg(long, conflicts_with = "proxy")]
    without_proxy: bool,
}

impl UpdateArgs {
    fn changes_nothing(&self) -> bool {
        let texts = [&self.name, &self.endpoint, &self.username, &self.access_key];
        texts.iter().all(|text| text.is_none())
            && self.bases.is_empty()
            && !self.secret_stdin
            && self.insecure_skip_verify.is_none()
            && !self.connection.is_given()
            && !self.without_client_cert
            && !self.without_proxy
    }

    fn apply(&self, spec: &mut Value, kind: &str) -> anyhow::Result<()> {
        if kind == "helm" {
            leave_stored_secret(&mut spec["auth"]);
        }
        if let Some(endpoint) = &self.endpoint {
            spec["endpoint"] = endpoint.as_str().into();
        }
        if !self.bases.is_empty() {
            if kind == "helm" {
                let why = anyhow!("--base is for OCI registries; a Helm repository is its address");
                return Err(WrongArguments(why).into());
            }
            spec["baseContentPath"] = self.bases.join(",").into();
        }
        self.set_login(spec, kind)?;
        self.set_tls(if kind == "ecr" { &mut spec["tls"] } else { &mut spec["auth"]["tls"] })?;
        match self.connection.proxy()? {
            Some(proxy) => spec["proxy"] = proxy,
            None if self.without_proxy => spec["proxy"] = json!({ "url": "" }),
            None => {}
        }
        Ok(())
    }

    fn set_login(&self, spec: &mut Value, kind: &str) -> anyhow::Result<()> {
        let wrong = |what: &str| Err(WrongArguments(anyhow!("{what}")).into());
        let secret = if self.secret_stdin { Some(secret_from_stdin()?) } else { None };
        match (kind, &self.username, &self.access_key) {
            ("ecr", Some(_), _) => return wrong("an ECR registry has an access key (--access-key), no user name"),
            ("ecr", None, access_key) => {
                if let Some(id) = access_key {
                    spec["isPrivate"] = true.into();
                    spec["credentials"]["accessKey"] = id.as_str().into();
                }
                if let Some(secret) = secret {
                    spec["credentials"]["secretKey"] = secret.into();
                }
            }
            (_, _, Some(_)) => return wrong("this registry has a user name (--username), no access key"),
            (_, username, None) => {
                if let Some(name) = username {
                    spec["auth"]["type"] = "basic".into();
                    spec["auth"]["username"] = name.as_str().into();
                }
                if let Some(secret) = secret {
                    let place = if spec["auth"]["type"] == "token" { "token" } else { "password" };
                    spec["auth"][place] = secret.into();
                }
            }
        }
        Ok(())
    }

    fn set_tls(&self, tls: &mut Value) -> anyhow::Result<()> {
        if tls.is_null() {
            *tls = json!({ "enabled": true, "certificate": "", "insecureSkipVerify": false });
        }
        if let Some(skip) = self.insecure_skip_verify {
            tls["insecureSkipVerify"] = skip.into();
        }
        if self.without_client_cert && tls["key"].is_string() {
            tls["certificate"] = tls["ca"].take();
            tls["ca"] = "".into();
            tls["key"] = "".into();
        }
        self.connection.set_tls(tls)
    }
}

/// What stands for a private key that is to stay; an empty one would end the use of its certificate.
const STORED_KEY: &str = "********";

/// A Helm repository's secret is read in clear by who may set it. Sent back it would be one that was given anew, which may
/// go to any address; left out, the server keeps the stored one where that is safe.
fn leave_stored_secret(auth: &mut Value) {
    for place in ["password", "token"] {
        if auth[place].is_string() {
            auth[place] = "".into();
        }
    }
    if auth["tls"]["key"].as_str().is_some_and(|key| !key.is_empty()) {
        auth["tls"]["key"] = STORED_KEY.into();
    }
}

pub(super) async fn run(
    registry: &str,
    args: &UpdateArgs,
    server: &Server,
    printer: &Printer,
) -> anyhow::Result<ExitCode> {
    if args.changes_nothing() {
        let text = "nothing to change was given; `packyard registry update --help` lists what can be";
        return Err(WrongArguments(anyhow!(text)).into());
    }
    let found = find(server, registry).await?;
    let path = match found.kind.as_str() {
        "helm" => format!("/v1/registries/helm/{}", found.uid),
        kind => format!("/v1/registries/oci/{}/{kind}", found.uid),
    };
    let mut body = server.get(&path, &[]).await?;
    args.apply(&mut body["spec"], &found.kind)?;
    if let Some(name) = &args.name {
        body["metadata"]["name"] = name.as_str().into();
    }
    let body = json!({ "metadata": body["metadata"], "spec": body["spec"] });
    server.call(Method::PUT, &path, &[], Some(&body)).await.map_err(|error| with_flags(error, &found.kind, true))?;
    // Its status is still that of the last sync, with the settings from before.
    let now = find(server, &found.uid).await?;
    let text = format!("{} is changed; a sync with the new settings follows", now.name);
    printer.emit(&Done::new(now, "changed", text));
    Ok(ExitCode::SUCCESS)
}
