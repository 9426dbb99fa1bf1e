//! The management API of a running server, for the verbs that ask it.

use super::WrongArguments;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use packyard_oci::client::{ClientError, Endpoint, Hop, is_loopback, network_error, without_userinfo};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::Value;
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
    api_key: HeaderValue,
}

impl ServerArgs {
    pub(crate) fn connect(&self) -> anyhow::Result<Server> {
        let Some(api_key) = self.api_key.clone().filter(|key| !key.is_empty()) else {
            bail!(
                "no API key: make one in the console at {} under API Keys, or as docs/api.md shows, and set PACKYARD_API_KEY",
                without_userinfo(&self.server)
            );
        };
        let mut api_key = HeaderValue::from_str(&api_key).context("the API key holds characters that no key has")?;
        api_key.set_sensitive(true);
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
        Ok(Server { http: http.build().context("could not set up HTTPS")?, url, shown, api_key })
    }
}

impl ServerArgs {
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

/// The error with what to do about it.
fn unreachable(error: ClientError) -> anyhow::Error {
    let advice = match error.hop {
        Hop::Tls if error.is_without_tls() => "write http:// before the host, in --server or PACKYARD_SERVER",
        Hop::Tls => {
            "give its authority's certificate with --server-ca; of `packyard serve --tls-self-signed` that is DATA/tls/ca.pem"
        }
        Hop::Tcp | Hop::Dns => "--server or PACKYARD_SERVER says where the server is; is it running?",
        _ => return anyhow!(error),
    };
    anyhow!("{error}; {advice}")
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
        let mut request = self.http.request(method, url.clone()).header("ApiKey", self.api_key.clone());
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |error| unreachable(network_error(&format!("reach the server at {}", self.shown), &url, error));
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
            Some(message) => bail!("{message}"),
            None => bail!("the server at {} answered {status}; is it a Packyard server?", self.shown),
        }
    }
}
