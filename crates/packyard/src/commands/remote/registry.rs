//! Which registry is it? Finds out how to talk to the host that was typed, and logs in (design, "Which registry is it?").

use super::args::{Access, AuthKind};
use super::docker_config::{DockerConfig, StoredLogin};
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use packyard_oci::aws::{AwsCredentials, AwsEndpoints, EcrApi, EcrHost};
use packyard_oci::client::{Client, ClientError, Credentials};

/// The user name of every ECR token.
const ECR_USER: &str = "AWS";

/// A registry that was reached and, unless anonymous, logged in to.
#[derive(Clone)]
pub(crate) struct Registry {
    pub(crate) client: Client,
    /// The ECR API, where there is one and keys for it.
    pub(crate) ecr: Option<EcrApi>,
}

impl Registry {
    pub(crate) async fn connect(access: &Access, printer: &Printer) -> anyhow::Result<Self> {
        let stored = stored_login(access, printer).await?;
        match decide(access, stored.as_ref()).await? {
            AuthKind::Anonymous => Self::with(access, Credentials::Anonymous, None),
            AuthKind::Basic => {
                let Some(login) = stored else {
                    let host = access.endpoint.authority();
                    bail!(
                        "no login is stored for {host}; log in with `packyard login {host}`, `oras login` or `docker login`"
                    );
                };
                let registry = Self::with(access, login.into_credentials(), None)?;
                log_in(&registry.client).await?;
                Ok(registry)
            }
            AuthKind::Ecr => Self::ecr(access, stored).await,
        }
    }

    fn with(access: &Access, credentials: Credentials, ecr: Option<EcrApi>) -> anyhow::Result<Self> {
        Ok(Self { client: Client::new(access.endpoint.clone(), credentials, access.options.clone())?, ecr })
    }

    /// Keys of the AWS chain come first: they can make repositories, and their tokens are fresh. A stored token is what
    /// is left where there are no keys.
    ///
    /// With keys nothing is asked yet: many calls need no registry token. [`Registry::log_in`] gets it.
    async fn ecr(access: &Access, stored: Option<StoredLogin>) -> anyhow::Result<Self> {
        let endpoints = access.ecr_endpoints();
        let credentials = AwsCredentials::DefaultChain { profile: access.aws_profile.clone() };
        let api = EcrApi::new(endpoints, credentials, access.options.clone())?;
        let registry = Self::with(access, Credentials::Ecr(api.clone()), Some(api.clone()))?;
        if let Err(error) = api.check_keys().await {
            let Some(login) = stored else {
                let host = access.endpoint.authority();
                return Err(anyhow!(error).context(format!(
                    "{host} takes ECR logins, but there are no AWS keys; with a user name and password run `packyard login {host}` first"
                )));
            };
            let registry = Self::with(access, login.into_credentials(), None)?;
            log_in(&registry.client).await?;
            return Ok(registry);
        }
        Ok(registry)
    }

    /// Logs in, where that was left for later, so that calls made side by side need not do it each.
    pub(crate) async fn log_in(&self) -> anyhow::Result<()> {
        match self.ecr {
            Some(_) => log_in(&self.client).await,
            None => Ok(()),
        }
    }
}

impl Access {
    /// Whether it is ECR by what was typed, without asking.
    pub(crate) fn is_ecr_by_name(&self) -> bool {
        self.auth == Some(AuthKind::Ecr)
            || self.auth.is_none()
                && (EcrHost::parse(self.endpoint.host()).is_some() || self.ecr_endpoint_url.is_some())
    }

    /// Where the ECR API is, if there is one.
    pub(crate) fn ecr_endpoints(&self) -> AwsEndpoints {
        let mut endpoints = AwsEndpoints::of(&self.endpoint, self.region.as_deref());
        if let Some(url) = &self.ecr_endpoint_url {
            endpoints.ecr = url.trim_end_matches('/').to_owned();
        }
        endpoints
    }
}

async fn log_in(client: &Client) -> anyhow::Result<()> {
    client.ping().await.map_err(with_hint)
}

/// The error with what a person can do about it.
pub(crate) fn with_hint(error: ClientError) -> anyhow::Error {
    match error.hint() {
        Some(hint) => anyhow!("{error}; {hint}"),
        None => anyhow!(error),
    }
}

async fn stored_login(access: &Access, printer: &Printer) -> anyhow::Result<Option<StoredLogin>> {
    if access.auth == Some(AuthKind::Anonymous) {
        return Ok(None);
    }
    let config = DockerConfig::load().context("could not read the stored logins")?;
    let found = config.login(&access.endpoint.authority()).await;
    Ok(found.unwrap_or_else(|error| {
        // A helper that is not installed must not stop a push that has keys.
        printer.warn(&format_args!("{error:#}"));
        None
    }))
}

/// `--auth`, else the stored login, else what the host name, the settings or the registry itself say.
async fn decide(access: &Access, stored: Option<&StoredLogin>) -> anyhow::Result<AuthKind> {
    if let Some(auth) = access.auth {
        return Ok(auth);
    }
    if stored.is_some_and(|login| login.user() != Some(ECR_USER)) {
        return Ok(AuthKind::Basic);
    }
    if access.is_ecr_by_name() {
        return Ok(AuthKind::Ecr);
    }
    let probe = Client::new(access.endpoint.clone(), Credentials::Anonymous, access.options.clone())?
        .probe()
        .await
        .map_err(with_hint)?;
    if probe.is_ecr() {
        return Ok(AuthKind::Ecr);
    }
    if probe.status == 200 || stored.is_none() && probe.is_registry && probe.challenges.is_empty() {
        return Ok(AuthKind::Anonymous);
    }
    if !probe.is_registry {
        bail!("{} answers {} to /v2/ and does not look like a registry", access.endpoint.origin(), probe.status);
    }
    Ok(AuthKind::Basic)
}
