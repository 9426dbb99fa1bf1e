//! Which registry is it? Finds out how to talk to the host that was typed, and logs in (design, "Which registry is it?").

use super::args::{AuthKind, Plan};
use super::docker_config::{DockerConfig, StoredLogin};
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use packyard_oci::aws::{AwsCredentials, AwsEndpoints, EcrApi, EcrHost};
use packyard_oci::client::{Client, ClientError, Credentials};

/// The user name of every ECR token.
const ECR_USER: &str = "AWS";

/// A registry that was reached and, unless anonymous, logged in to.
pub(super) struct Registry {
    pub(super) client: Client,
    /// The ECR API, where there is one and keys for it.
    pub(super) ecr: Option<EcrApi>,
}

impl Registry {
    pub(super) async fn connect(plan: &Plan, printer: &Printer) -> anyhow::Result<Self> {
        let stored = stored_login(plan, printer).await?;
        match decide(plan, stored.as_ref()).await? {
            AuthKind::Anonymous => Self::with(plan, Credentials::Anonymous, None),
            AuthKind::Basic => {
                let Some(login) = stored else {
                    let host = plan.endpoint.authority();
                    bail!(
                        "no login is stored for {host}; log in with `packyard login {host}`, `oras login` or `docker login`"
                    );
                };
                let registry = Self::with(plan, login.into_credentials(), None)?;
                log_in(&registry.client).await?;
                Ok(registry)
            }
            AuthKind::Ecr => Self::ecr(plan, stored).await,
        }
    }

    fn with(plan: &Plan, credentials: Credentials, ecr: Option<EcrApi>) -> anyhow::Result<Self> {
        Ok(Self { client: Client::new(plan.endpoint.clone(), credentials, plan.options.clone())?, ecr })
    }

    /// Keys of the AWS chain come first: they can make repositories, and their tokens are fresh. A stored token is what
    /// is left where there are no keys.
    async fn ecr(plan: &Plan, stored: Option<StoredLogin>) -> anyhow::Result<Self> {
        let mut endpoints = AwsEndpoints::of(&plan.endpoint, plan.region.as_deref());
        if let Some(url) = &plan.ecr_endpoint_url {
            endpoints.ecr = url.trim_end_matches('/').to_owned();
        }
        let credentials = AwsCredentials::DefaultChain { profile: plan.aws_profile.clone() };
        let api = EcrApi::new(endpoints, credentials, plan.options.clone())?;
        let registry = Self::with(plan, Credentials::Ecr(api.clone()), Some(api.clone()))?;
        if let Err(error) = api.check_keys().await {
            let Some(login) = stored else {
                let host = plan.endpoint.authority();
                return Err(anyhow!(error).context(format!(
                    "{host} takes ECR logins, but there are no AWS keys; with a user name and password run `packyard login {host}` first"
                )));
            };
            let registry = Self::with(plan, login.into_credentials(), None)?;
            log_in(&registry.client).await?;
            return Ok(registry);
        }
        log_in(&registry.client).await?;
        Ok(registry)
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

async fn stored_login(plan: &Plan, printer: &Printer) -> anyhow::Result<Option<StoredLogin>> {
    if plan.auth == Some(AuthKind::Anonymous) {
        return Ok(None);
    }
    let config = DockerConfig::load().context("could not read the stored logins")?;
    let found = config.login(&plan.endpoint.authority()).await;
    Ok(found.unwrap_or_else(|error| {
        // A helper that is not installed must not stop a push that has keys.
        printer.warn(&format_args!("{error:#}"));
        None
    }))
}

/// `--auth`, else the stored login, else what the host name, the settings or the registry itself say.
async fn decide(plan: &Plan, stored: Option<&StoredLogin>) -> anyhow::Result<AuthKind> {
    if let Some(auth) = plan.auth {
        return Ok(auth);
    }
    if stored.is_some_and(|login| login.user() != Some(ECR_USER)) {
        return Ok(AuthKind::Basic);
    }
    if EcrHost::parse(plan.endpoint.host()).is_some() || plan.ecr_endpoint_url.is_some() {
        return Ok(AuthKind::Ecr);
    }
    let probe = Client::new(plan.endpoint.clone(), Credentials::Anonymous, plan.options.clone())?
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
        bail!("{} answers {} to /v2/ and does not look like a registry", plan.endpoint.origin(), probe.status);
    }
    Ok(AuthKind::Basic)
}
