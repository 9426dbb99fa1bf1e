//! AWS keys and where they come from. Keys registered with a server are static or a role assumed with them; the
//! default chain is for a person's command line, and for a server whose operator says so.

use super::chain;
use super::sts::{RoleToAssume, sts_assume_role};
use crate::client::{ClientError, ClientOptions, Hop, NO_AWS_KEYS};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// An access key, with the session token of a temporary one.
#[derive(Debug, Clone)]
pub struct AwsKeys {
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    pub session_token: Option<SecretString>,
    pub expires_at: Option<SystemTime>,
}

impl AwsKeys {
    pub fn new(access_key_id: impl Into<String>, secret_access_key: SecretString) -> Self {
        Self { access_key_id: access_key_id.into(), secret_access_key, session_token: None, expires_at: None }
    }

    fn is_fresh(&self) -> bool {
        self.expires_at.is_none_or(|end| end > SystemTime::now() + RENEW_BEFORE)
    }

    pub(super) fn to_reqsign(&self) -> reqsign_aws_v4::Credential {
        reqsign_aws_v4::Credential {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.expose_secret().to_owned(),
            session_token: self.session_token.as_ref().map(|t| t.expose_secret().to_owned()),
            // Expiry is the server's to judge: a clock that is wrong here must not stop the call.
            expires_in: None,
        }
    }
}

/// Temporary keys are renewed this long before they end.
const RENEW_BEFORE: Duration = Duration::from_secs(120);

#[derive(Debug, Clone)]
pub enum AwsCredentials {
    Keys(AwsKeys),
    /// A role, assumed with the keys; renewed when its session ends.
    Role {
        keys: AwsKeys,
        role: RoleToAssume,
    },
    /// A role, assumed with what the default chain gives.
    RoleOfDefaultChain {
        role: RoleToAssume,
    },
    /// Environment, shared files, SSO, web identity, process, container, instance: as the AWS CLI looks for them.
    DefaultChain {
        profile: Option<String>,
    },
}

/// Keys as they are now, cached while they are good.
#[derive(Debug, Clone)]
pub(super) struct KeySource {
    credentials: AwsCredentials,
    sts_url: String,
    region: String,
    options: ClientOptions,
    cached: Arc<tokio::sync::Mutex<Option<AwsKeys>>>,
}

impl KeySource {
    pub(super) fn new(credentials: AwsCredentials, sts_url: String, region: String, options: ClientOptions) -> Self {
        Self { credentials, sts_url, region, options, cached: Arc::default() }
    }

    pub(super) async fn keys(&self, doing: &str) -> Result<AwsKeys, ClientError> {
        if let AwsCredentials::Keys(keys) = &self.credentials {
            return Ok(keys.clone());
        }
        let mut cached = self.cached.lock().await;
        if let Some(keys) = cached.as_ref().filter(|keys| keys.is_fresh()) {
            return Ok(keys.clone());
        }
        let keys = match &self.credentials {
            AwsCredentials::Keys(keys) => keys.clone(),
            AwsCredentials::Role { keys, role } => {
                sts_assume_role(&self.sts_url, &self.region, keys.clone(), role, &self.options).await?.keys
            }
            AwsCredentials::RoleOfDefaultChain { role } => {
                let keys = self.of_chain(None, doing).await?;
                sts_assume_role(&self.sts_url, &self.region, keys, role, &self.options).await?.keys
            }
            AwsCredentials::DefaultChain { profile } => self.of_chain(profile.as_deref(), doing).await?,
        };
        *cached = Some(keys.clone());
        Ok(keys)
    }

    async fn of_chain(&self, profile: Option<&str>, doing: &str) -> Result<AwsKeys, ClientError> {
        let sts = chain::Sts { url: &self.sts_url, region: &self.region, options: &self.options };
        chain::load(profile, sts, doing).await?.ok_or_else(|| no_credentials(doing))
    }
}

fn no_credentials(doing: &str) -> ClientError {
    ClientError::new(Hop::Auth, doing, NO_AWS_KEYS)
}
