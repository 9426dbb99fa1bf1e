//! The two calls of STS that a registry with a role needs (query protocol, XML answers).

use super::credentials::AwsKeys;
use super::query::post_form;
use super::xml;
use crate::client::{ClientError, ClientOptions, Endpoint, Hop, Transport, form_encoded};
use bytes::Bytes;
use reqsign_core::time::Timestamp;
use reqwest::Url;
use secrecy::SecretString;
use std::sync::Arc;

const VERSION: &str = "2011-06-15";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleToAssume {
    pub role_arn: String,
    /// What the role's trust policy demands as `sts:ExternalId`.
    pub external_id: Option<String>,
    /// Shows in the other account's audit log.
    pub session_name: String,
    /// 900 to 43200; STS's own default (one hour) when absent.
    pub duration_s: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct AssumedRole {
    pub keys: AwsKeys,
    /// `arn:aws:sts::…:assumed-role/Role/Session`.
    pub arn: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    pub account: String,
    pub arn: String,
    pub user_id: String,
}

/// Exchanges `keys` for those of a role's session.
pub async fn sts_assume_role(
    sts_url: &str,
    region: &str,
    keys: AwsKeys,
    role: &RoleToAssume,
    options: &ClientOptions,
) -> Result<AssumedRole, ClientError> {
    let doing = format!("assume the role {}", role.role_arn);
    let duration = role.duration_s.map(|s| s.to_string());
    let mut form = vec![
        ("Action", "AssumeRole"),
        ("Version", VERSION),
        ("RoleArn", role.role_arn.as_str()),
        ("RoleSessionName", role.session_name.as_str()),
    ];
    form.extend(role.external_id.as_deref().map(|id| ("ExternalId", id)));
    form.extend(duration.as_deref().map(|seconds| ("DurationSeconds", seconds)));
    let body = call(sts_url, region, &keys, &form, options, &doing).await?;
    let names = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "Arn"];
    let found = xml::texts(&body, &names);
    match found.as_deref() {
        Some([Some(id), Some(secret), Some(token), expiration, arn]) => Ok(AssumedRole {
            keys: AwsKeys {
                access_key_id: id.clone(),
                secret_access_key: SecretString::from(secret.as_str()),
                session_token: Some(SecretString::from(token.as_str())),
                expires_at: expiration.as_deref().and_then(|t| t.parse::<Timestamp>().ok()).map(|t| t.as_system_time()),
            },
            arn: arn.clone(),
        }),
        _ => Err(ClientError::new(Hop::Protocol, doing, "the answer holds no credentials")),
    }
}

/// Who the keys are. Needs no permission.
pub async fn sts_caller_identity(
    sts_url: &str,
    region: &str,
    keys: AwsKeys,
    options: &ClientOptions,
) -> Result<CallerIdentity, ClientError> {
    let doing = format!("ask {sts_url} who the access key belongs to");
    let body =
        call(sts_url, region, &keys, &[("Action", "GetCallerIdentity"), ("Version", VERSION)], options, &doing).await?;
    match xml::texts(&body, &["Account", "Arn", "UserId"]).as_deref() {
        Some([Some(account), Some(arn), Some(user_id)]) => {
            Ok(CallerIdentity { account: account.clone(), arn: arn.clone(), user_id: user_id.clone() })
        }
        _ => Err(ClientError::new(Hop::Protocol, doing, "the answer holds no identity")),
    }
}

async fn call(
    sts_url: &str,
    region: &str,
    keys: &AwsKeys,
    form: &[(&str, &str)],
    options: &ClientOptions,
    doing: &str,
) -> Result<Bytes, ClientError> {
    let bad = |why: String| ClientError::new(Hop::Local, doing, why);
    let endpoint: Endpoint = sts_url.parse().map_err(|e: crate::client::InvalidEndpoint| bad(e.to_string()))?;
    let url = Url::parse(&format!("{}/", endpoint.origin())).map_err(|e| bad(e.to_string()))?;
    let transport = Transport::new(&endpoint, Arc::new(options.clone()))?;
    post_form(&transport, &url, "sts", region, keys, form_encoded(form), doing).await
}
