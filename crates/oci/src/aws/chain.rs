//! The default chain of AWS credentials, walked by `reqsign` over this machine's environment, files, commands and
//! metadata service: for the command line. A server uses it only where its operator says so, and at Amazon's endpoints:
//! its own rights must not leak into what its users register.

use super::AwsKeys;
use super::profile::{ProfileRole, Profiles, RoleSource};
use super::sts::{RoleToAssume, sts_assume_role};
use crate::client::{AddressClass, ClientError, ClientOptions, Hop, TlsOptions, configured_tls};
use bytes::Bytes;
use reqsign_aws_v4::{
    AssumeRoleWithWebIdentityCredentialProvider, Credential, DefaultCredentialProvider,
    DefaultCredentialProviderBuilder, ECSCredentialProvider, EnvCredentialProvider, IMDSv2CredentialProvider,
};
use reqsign_core::{CommandExecute, CommandOutput, Context, Error, FileRead, HttpSend, OsEnv, ProvideCredential};
use secrecy::SecretString;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Longest chain of roles that profiles lead through; more is a circle.
const ROLES_IN_A_ROW: usize = 5;

/// The profile that counts where none is named.
const DEFAULT: &str = "default";

/// Where roles are assumed.
pub(super) struct Sts<'a> {
    pub(super) url: &'a str,
    pub(super) region: &'a str,
    pub(super) options: &'a ClientOptions,
}

/// Keys from the chain; `None` when no link has any. A profile that was asked for comes before keys in the environment;
/// one that `AWS_PROFILE` names comes after them, as for the AWS CLI.
pub(super) async fn load(asked_for: Option<&str>, sts: Sts<'_>, doing: &str) -> Result<Option<AwsKeys>, ClientError> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let profiles = Profiles::load().await;
    let context = context(&sts.options.tls).map_err(|why| cannot_load(doing, why))?;
    let chain = Chain { context, profiles, sts, doing };
    if let Some(name) = asked_for {
        chain.must_have(name, "which was asked for")?;
        return chain.of_profile(name, DefaultCredentialProvider::builder().with_profile(name).no_env()).await;
    }
    let whole = DefaultCredentialProvider::builder();
    if set("AWS_ACCESS_KEY_ID").is_some() && set("AWS_SECRET_ACCESS_KEY").is_some() {
        return chain.keys(whole.build()).await;
    }
    // An empty variable is none, as for the AWS CLI; the chain would take it for a key.
    let whole = whole.no_env();
    let Some(name) = set("AWS_PROFILE") else { return chain.of_profile(DEFAULT, whole).await };
    // Where there are no files `default` says nothing, and keys may come from the instance.
    if name != DEFAULT {
        chain.must_have(&name, "which AWS_PROFILE names")?;
    }
    chain.of_profile(&name, whole).await
}

fn cannot_load(doing: &str, why: impl fmt::Display) -> ClientError {
    ClientError::new(Hop::Auth, doing, format!("AWS credentials cannot be loaded: {why}"))
}

struct Chain<'a> {
    context: Context,
    profiles: Profiles,
    sts: Sts<'a>,
    doing: &'a str,
}

impl Chain<'_> {
    /// `why` says who names the profile: a typing error there must not lead to the keys of somebody else.
    fn must_have(&self, profile: &str, why: &str) -> Result<(), ClientError> {
        if self.profiles.has(profile) {
            return Ok(());
        }
        let known = match self.profiles.names() {
            names if names.is_empty() => "they name none".to_owned(),
            names => format!("there are: {}", names.join(", ")),
        };
        let seen = format!("there is no profile `{profile}` in the AWS configuration files, {why}; {known}");
        Err(cannot_load(self.doing, seen))
    }

    /// The keys of a profile; `plain` finds those of one that names no role.
    async fn of_profile(
        &self,
        name: &str,
        plain: DefaultCredentialProviderBuilder,
    ) -> Result<Option<AwsKeys>, ClientError> {
        let mut roles = Vec::new();
        let mut profile = name.to_owned();
        let mut keys = loop {
            let found = self.profiles.role(&profile).map_err(|why| cannot_load(self.doing, why))?;
            let Some(ProfileRole { role, source }) = found else {
                break if roles.is_empty() { self.keys(plain.build()).await? } else { self.own(&profile).await? };
            };
            roles.push(role);
            if roles.len() > ROLES_IN_A_ROW {
                let why = format!("the profile `{name}` leads through more than {ROLES_IN_A_ROW} roles");
                return Err(cannot_load(self.doing, why));
            }
            match source {
                // A profile may be its own source: its keys assume its role.
                RoleSource::Profile(next) if next == profile => break self.own(&profile).await?,
                RoleSource::Profile(next) => profile = next,
                RoleSource::Environment => break self.keys(EnvCredentialProvider::new()).await?,
                RoleSource::Instance => break self.keys(IMDSv2CredentialProvider::default()).await?,
                RoleSource::Container => break self.keys(ECSCredentialProvider::default()).await?,
                RoleSource::WebIdentity(file) => break self.web_identity(roles.pop(), file).await?,
            }
        };
        for role in roles.iter().rev() {
            let Some(source) = keys else {
                let why = format!(
                    "the profile `{name}` names the role {}, but there are no keys to assume it",
                    role.role_arn
                );
                return Err(cannot_load(self.doing, why));
            };
            let Sts { url, region, options } = self.sts;
            keys = Some(sts_assume_role(url, region, source, role, options).await?.keys);
        }
        Ok(keys)
    }

    /// Keys that stand in the profile itself, or that its process or SSO session gives.
    async fn own(&self, profile: &str) -> Result<Option<AwsKeys>, ClientError> {
        let builder = DefaultCredentialProvider::builder().with_profile(profile);
        self.keys(builder.no_env().no_web_identity().no_ecs().no_imds().build()).await
    }

    async fn web_identity(&self, role: Option<RoleToAssume>, file: PathBuf) -> Result<Option<AwsKeys>, ClientError> {
        let Some(role) = role else { return Ok(None) };
        let provider = AssumeRoleWithWebIdentityCredentialProvider::with_config(role.role_arn, file)
            .with_role_session_name(role.session_name)
            .with_region(self.sts.region.to_owned())
            .with_regional_sts_endpoint();
        self.keys(provider).await
    }

    async fn keys(
        &self,
        provider: impl ProvideCredential<Credential = Credential>,
    ) -> Result<Option<AwsKeys>, ClientError> {
        let found = provider.provide_credential(&self.context).await.map_err(|e| cannot_load(self.doing, e))?;
        Ok(found.map(|credential| AwsKeys {
            access_key_id: credential.access_key_id,
            secret_access_key: SecretString::from(credential.secret_access_key),
            // `export AWS_SESSION_TOKEN=` is how one is taken away.
            session_token: credential.session_token.filter(|token| !token.is_empty()).map(SecretString::from),
            expires_at: credential.expires_in.map(|end| end.as_system_time()),
        }))
    }
}

fn context(tls: &TlsOptions) -> reqsign_core::Result<Context> {
    let http = Http::new(tls)?;
    Ok(Context::new().with_env(OsEnv).with_file_read(Files).with_command_execute(Commands).with_http_send(http))
}

#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> reqsign_core::Result<Vec<u8>> {
        tokio::fs::read(path).await.map_err(|e| Error::config_invalid(format!("{path} cannot be read: {e}")))
    }
}

#[derive(Debug)]
struct Commands;

impl CommandExecute for Commands {
    async fn command_execute<'a>(
        &'a self,
        program: &'a str,
        args: &'a [&'a str],
    ) -> reqsign_core::Result<CommandOutput> {
        let output = tokio::process::Command::new(program)
            .args(args)
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .map_err(|e| Error::config_invalid(format!("{program} cannot be run: {e}")))?;
        Ok(CommandOutput { status: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr: output.stderr })
    }
}

/// To the metadata services, SSO and STS. Those answer at once or not at all.
#[derive(Debug)]
struct Http {
    /// By the proxies that the environment names.
    outside: reqwest::Client,
    /// To this machine's metadata service, which no proxy may see: its answers are keys.
    metadata: reqwest::Client,
}

const METADATA_CONNECT: Duration = Duration::from_millis(1500);
const OUTSIDE_CONNECT: Duration = Duration::from_secs(10);
const WHOLE_EXCHANGE: Duration = Duration::from_secs(20);
const REPLY_LIMIT: usize = 1024 * 1024;

impl Http {
    fn new(tls: &TlsOptions) -> reqsign_core::Result<Self> {
        crate::client::install_crypto_provider();
        let no_client = |why: String| Error::config_invalid(format!("no HTTP client: {why}"));
        let common = || {
            let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
            builder.timeout(WHOLE_EXCHANGE)
        };
        let outside = configured_tls(common().connect_timeout(OUTSIDE_CONNECT), tls).map_err(no_client)?;
        let metadata = common().connect_timeout(METADATA_CONNECT).no_proxy();
        Ok(Self {
            outside: outside.build().map_err(|e| no_client(e.to_string()))?,
            metadata: metadata.build().map_err(|e| no_client(e.to_string()))?,
        })
    }

    fn client_for(&self, uri: &http::Uri) -> &reqwest::Client {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let is_local = |ip: IpAddr| AddressClass::of(ip) >= AddressClass::Loopback;
        if host == "localhost" || host.parse().is_ok_and(is_local) { &self.metadata } else { &self.outside }
    }
}

impl HttpSend for Http {
    async fn http_send(&self, request: http::Request<Bytes>) -> reqsign_core::Result<http::Response<Bytes>> {
        let failed = |e: reqwest::Error| Error::unexpected(format!("the call for credentials failed: {e}"));
        let client = self.client_for(request.uri());
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from)).map_err(failed)?;
        let mut response = client.execute(request).await.map_err(failed)?;
        let mut reply = http::Response::builder().status(response.status());
        if let Some(headers) = reply.headers_mut() {
            *headers = response.headers().clone();
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > REPLY_LIMIT {
                return Err(Error::unexpected("the reply to a call for credentials is too long"));
            }
        }
        reply.body(body.into()).map_err(|e| Error::unexpected(e.to_string()))
    }
}
