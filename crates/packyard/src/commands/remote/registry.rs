//! Which registry is it? Finds out how to talk to the host that was typed, and logs in (design, "Which registry is it?").

use super::args::{Access, AuthKind};
use super::certs;
use super::docker_config::{DockerConfig, StoredLogin};
use crate::printer::Printer;
use anyhow::{Context, anyhow, bail};
use packyard_oci::aws::{AwsCredentials, AwsEndpoints, EcrApi, EcrHost, EcrService, is_ecr_public};
use packyard_oci::client::{Challenge, Client, ClientError, ClientOptions, Credentials, Hop};
use packyard_oci::{Reference, RepoName, Tag};

/// The user name of every ECR token.
const ECR_USER: &str = "AWS";

/// A registry that was reached and, unless anonymous, logged in to.
#[derive(Clone)]
pub(crate) struct Registry {
    pub(crate) client: Client,
    /// The ECR API, where there is one and keys for it.
    pub(crate) ecr: Option<EcrApi>,
    /// The API of ECR Public, which makes repositories and tells nothing of images.
    pub(super) ecr_public: Option<EcrApi>,
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
        let client = Client::new(access.endpoint.clone(), credentials, access.options.clone())?;
        let is_public = |api: &EcrApi| api.endpoints().service == EcrService::Public;
        let (ecr_public, ecr) = if ecr.as_ref().is_some_and(is_public) { (ecr, None) } else { (None, ecr) };
        Ok(Self { client, ecr, ecr_public })
    }

    /// Keys of the AWS chain come first: they can make repositories, and their tokens are fresh. A stored token is what
    /// is left where there are no keys.
    ///
    /// With keys nothing is asked yet: many calls need no registry token. [`Registry::log_in`] gets it.
    async fn ecr(access: &Access, stored: Option<StoredLogin>) -> anyhow::Result<Self> {
        let api = access.ecr_api()?;
        let registry = Self::with(access, Credentials::Ecr(api.clone()), Some(api.clone()))?;
        if let Err(error) = api.check_keys().await {
            // Whoever names a profile that cannot be used does not mean the token of another one.
            let Some(login) = stored.filter(|_| error.is_without_aws_keys()) else {
                let host = access.endpoint.authority();
                // Everybody may read there.
                if is_ecr_public(&host) && error.is_without_aws_keys() {
                    return Self::with(access, Credentials::Anonymous, None);
                }
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
        if self.makes_repositories() { log_in(&self.client).await } else { Ok(()) }
    }

    /// The digest of the manifest under a tag, without the ECR API. Where the answer to HEAD has none, the manifest is read.
    pub(crate) async fn digest_by_head(&self, repository: &RepoName, tag: &Tag) -> anyhow::Result<Option<String>> {
        let (client, reference) = (&self.client, Reference::Tag(tag.clone()));
        match client.head_manifest(repository, &reference).await.map_err(with_hint)? {
            Some(head) if head.digest.is_some() => Ok(head.digest.map(|digest| digest.to_string())),
            Some(_) => {
                let fetched = client.get_manifest(repository, &reference).await.map_err(with_hint)?;
                Ok(fetched.map(|fetched| fetched.digest.to_string()))
            }
            None => Ok(None),
        }
    }
}

impl Access {
    /// The ECR API of the registry, with this user's AWS keys.
    pub(crate) fn ecr_api(&self) -> anyhow::Result<EcrApi> {
        let credentials = AwsCredentials::DefaultChain { profile: self.aws_profile.clone() };
        Ok(EcrApi::new(self.ecr_endpoints(), credentials, self.aws_options()?)?)
    }

    /// Where the ECR API is, if there is one.
    pub(crate) fn ecr_endpoints(&self) -> AwsEndpoints {
        let mut endpoints = AwsEndpoints::of(&self.endpoint, self.region.as_deref());
        if let Some(url) = &self.ecr_endpoint_url {
            endpoints.ecr = url.trim_end_matches('/').to_owned();
        }
        endpoints
    }

    /// Calls to AWS trust what `AWS_CA_BUNDLE` names too, as those of the AWS CLI.
    fn aws_options(&self) -> anyhow::Result<ClientOptions> {
        let mut options = self.options.clone();
        let bundle = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
        if let (Some(path), None) = (bundle, &options.tls.ca_pem) {
            let path = std::path::PathBuf::from(path);
            options.tls.ca_pem = Some(certs::read(&path).context("AWS_CA_BUNDLE cannot be used")?);
        }
        Ok(options)
    }

    /// The host is one of AWS's, or was said to be one.
    pub(crate) fn is_ecr(&self) -> bool {
        let host = self.endpoint.host();
        match self.auth {
            Some(auth) => auth == AuthKind::Ecr,
            None => EcrHost::parse(host).is_some() || is_ecr_public(host),
        }
    }

    /// It is ECR by what was typed, without asking.
    pub(crate) fn is_ecr_by_name(&self) -> bool {
        self.is_ecr() || self.auth.is_none() && self.ecr_endpoint_url.is_some()
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.auth == Some(AuthKind::Anonymous)
    }
}

async fn log_in(client: &Client) -> anyhow::Result<()> {
    client.ping().await.map_err(with_hint)
}

/// The error with what a person can do about it, by the flags of this program where there are some.
pub(crate) fn with_hint(error: ClientError) -> anyhow::Error {
    let hint = match error.hop {
        Hop::Tls if !error.is_without_tls() => {
            Some("give its authority's certificate with --ca-file, or --insecure if you trust the network")
        }
        Hop::ClientCertificate => {
            Some("give the certificate and key that the registry's operator made for you with --cert and --key")
        }
        _ => error.hint(),
    };
    match hint {
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
    // A token server may give tokens to nobody in particular: for reading, on many a registry.
    let takes_anybody = probe.challenges.iter().all(|challenge| matches!(challenge, Challenge::Bearer { .. }));
    if probe.status == 200 || stored.is_none() && probe.is_registry && takes_anybody {
        return Ok(AuthKind::Anonymous);
    }
    if !probe.is_registry {
        bail!("{} answers {} to /v2/ and does not look like a registry", access.endpoint.origin(), probe.status);
    }
    Ok(AuthKind::Basic)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The endpoint of a VPC is another address of the API; the region to sign for is still the registry's.
    #[test]
    fn an_address_of_the_api_changes_nothing_else() {
        let endpoint = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team".parse().unwrap();
        let access = Access {
            endpoint,
            options: ClientOptions::default(),
            auth: None,
            region: Some("us-east-1".into()),
            aws_profile: None,
            ecr_endpoint_url: Some("https://vpce-0a1b2c-x.api.ecr.eu-west-1.vpce.amazonaws.com/".into()),
        };
        assert!(access.is_ecr());
        let api = access.ecr_api().unwrap();
        assert_eq!(api.endpoints().ecr, "https://vpce-0a1b2c-x.api.ecr.eu-west-1.vpce.amazonaws.com");
        assert_eq!(
            (api.endpoints().region.as_str(), api.endpoints().sts.as_str()),
            ("eu-west-1", "https://sts.eu-west-1.amazonaws.com")
        );
    }
}
