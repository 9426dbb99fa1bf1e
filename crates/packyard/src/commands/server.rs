//! The management API of a running server, for the verbs that ask it.

use super::WrongArguments;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use packyard_oci::client::{ClientError, Endpoint, Hop, is_loopback, network_error, without_userinfo};
use reqwest::Method;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Longer than a server waits for a first sync.
const TIMEOUT: Duration = Duration::from_secs(150);

#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    /// The server to talk to
    #[arg(long, env = "PACKYARD_SERVER", default_value = "http://localhost:7225", value_name = "URL")]
    server: String,
    /// An API key of yours; better given in the variable
    #[arg(long, env = "PACKYARD_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,
    /// Certificates to trust for the server, in PEM, besides the system's
    #[arg(long, alias = "ca-file", value_name = "FILE")]
    server_ca: Option<PathBuf>,
}

pub(crate) struct Server {
    http: reqwest::Client,
    url: String,
    /// The address for messages.
    shown: String,
    /// The header that says who asks, and what it says; none for who logs in.
    credential: Option<(&'static str, HeaderValue)>,
}

/// What a server says of a request that it does not do; shown are its own words.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    pub(crate) message: String,
    /// For programs; `null` where there are none.
    pub(crate) details: Value,
}

impl ServerArgs {
    pub(crate) fn connect(&self) -> anyhow::Result<Server> {
        let Some(key) = self.given_key() else {
            bail!(
                "no API key: `packyard api-key create NAME` makes one, and so does the console at {} under API Keys; set PACKYARD_API_KEY to it",
                without_userinfo(&self.server)
            );
        };
        let mut server = self.connect_as_nobody()?;
        server.credential = Some(("apikey", secret(key).context("the API key holds characters that no key has")?));
        Ok(server)
    }

    pub(crate) fn given_key(&self) -> Option<&str> {
        self.api_key.as_deref().filter(|key| !key.is_empty())
    }

    /// As who has this e-mail address and password at the console.
    pub(crate) async fn log_in(&self, email: &str, password: &SecretString) -> anyhow::Result<Server> {
        let mut server = self.connect_as_nobody()?;
        let login = json!({ "emailId": email, "password": password.expose_secret() });
        let reply = server.call(Method::POST, "/v1/auth/authenticate", &[], Some(&login)).await?;
        let token = reply["Authorization"].as_str().unwrap_or_default();
        server.credential = Some(("authorization", secret(token).context("the server gave a token that is none")?));
        Ok(server)
    }

    fn connect_as_nobody(&self) -> anyhow::Result<Server> {
        packyard_oci::client::install_crypto_provider();
        let mut http = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &self.server_ca {
            let pem = std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("{} is no PEM certificate", path.display()))?;
            http = http.tls_certs_merge(certificates);
        }
        let url = self.url()?;
        let host = reqwest::Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned));
        if host.is_some_and(|host| is_loopback(&host)) {
            http = http.no_proxy();
        }
        let shown = without_userinfo(&url).into_owned();
        Ok(Server { http: http.build().context("could not set up HTTPS")?, url, shown, credential: None })
    }

    /// With the scheme that other verbs take where none was typed: http for this machine, https for all others.
    fn url(&self) -> anyhow::Result<String> {
        let typed = self.server.trim_end_matches('/');
        if typed.contains("://") {
            return Ok(typed.to_owned());
        }
        let endpoint = typed.parse::<Endpoint>().map_err(|error| WrongArguments(anyhow!("--server: {error}")))?;
        Ok(endpoint.origin())
    }
}

/// A value that is in no log.
fn secret(text: &str) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The error with what to do about it; `ca_flag` is the verb's for an authority to trust.
pub(super) fn unreachable(error: ClientError, ca_flag: &str) -> anyhow::Error {
    match error.hop {
        Hop::Tls if error.is_without_tls() => {
            anyhow!("{error}; write http:// before the host, in --server or PACKYARD_SERVER")
        }
        Hop::Tls => anyhow!(
            "{error}; give its authority's certificate with {ca_flag}; of `packyard serve --tls-self-signed` that is \
             DATA/tls/ca.pem"
        ),
        Hop::Tcp | Hop::Dns => {
            anyhow!("{error}; --server or PACKYARD_SERVER says where the server is; is it running?")
        }
        _ => anyhow!(error),
    }
}

impl Server {
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.call(Method::GET, path, query, None).await
    }

    /// The reply's body; `null` for an empty one. An error's message is the server's own.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.call_with_notes(method, path, query, body).await.map(|(body, _)| body)
    }

    /// The same, with what else the server says: its headers `Packyard-Note`.
    pub(crate) async fn call_with_notes(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<(Value, Vec<String>)> {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.url))
            .map_err(|e| anyhow!("`{}` is no address of a server: {e}", self.shown))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.http.request(method, url.clone());
        if let Some((name, value)) = &self.credential {
            request = request.header(*name, value.clone());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let doing = format!("reach the server at {}", self.shown);
        let failed = |error| unreachable(network_error(&doing, &url, error), "--server-ca");
        let reply = request.send().await.map_err(failed)?;
        let status = reply.status();
        let notes = reply.headers().get_all("packyard-note").iter();
        let notes = notes.map(|note| String::from_utf8_lossy(note.as_bytes()).into_owned()).collect();
        let text = reply.text().await.map_err(failed)?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok((body, notes));
        }
        match body["message"].as_str().filter(|message| !message.is_empty()) {
            Some(message) => Err(Refused { message: message.to_owned(), details: body["details"].clone() }.into()),
            None => bail!("the server at {} answered {status}; is it a Packyard server?", self.shown),
        }
    }
}
