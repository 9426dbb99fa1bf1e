//! The JSON in which a registry's spec rests in the database. Its secrets are not in it.

use crate::error::{Doing, Error};
use crate::{
    Auth, ClientCertificate, ProxySpec, Registry, RegistryKind, RegistrySpec, SyncInterval, SyncState, SyncStatus,
    TlsSpec,
};
use packyard_store::RegistryRow;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct StoredSpec {
    kind: RegistryKind,
    endpoint: String,
    base_path: String,
    base_content_path: String,
    provider_type: String,
    is_sync_supported: bool,
    is_private: bool,
    default_region: String,
    tls: Option<TlsSpec>,
    #[serde(default)]
    client_certificate: Option<String>,
    #[serde(default)]
    proxy: Option<StoredProxy>,
    auth: StoredAuth,
    #[serde(default)]
    labels: Vec<(String, String)>,
    #[serde(default)]
    annotations: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct StoredProxy {
    url: String,
    username: String,
    no_proxy: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum StoredAuth {
    Anonymous,
    Basic { username: String },
    Token { username: String },
    Keys { access_key: String },
    Server,
    Role { role_arn: String, external_id: String, access_key: String },
}

pub(crate) fn to_json(spec: &RegistrySpec) -> String {
    let auth = match &spec.auth {
        Auth::Anonymous => StoredAuth::Anonymous,
        Auth::Basic { username, .. } => StoredAuth::Basic { username: username.clone() },
        Auth::Token { username, .. } => StoredAuth::Token { username: username.clone() },
        Auth::AwsKeys { access_key, .. } => StoredAuth::Keys { access_key: access_key.clone() },
        Auth::AwsServer => StoredAuth::Server,
        Auth::AwsRole { role_arn, external_id, access_key, .. } => StoredAuth::Role {
            role_arn: role_arn.clone(),
            external_id: external_id.clone(),
            access_key: access_key.clone(),
        },
    };
    let stored = StoredSpec {
        kind: spec.kind,
        endpoint: spec.endpoint.clone(),
        base_path: spec.base_path.clone(),
        base_content_path: spec.base_content_path.clone(),
        provider_type: spec.provider_type.clone(),
        is_sync_supported: spec.is_sync_supported,
        is_private: spec.is_private,
        default_region: spec.default_region.clone(),
        tls: spec.tls.clone(),
        client_certificate: spec.client_certificate.as_ref().map(|pair| pair.certificate.clone()),
        proxy: spec.proxy.as_ref().map(|proxy| StoredProxy {
            url: proxy.url.clone(),
            username: proxy.username.clone(),
            no_proxy: proxy.no_proxy.clone(),
        }),
        auth,
        labels: spec.labels.clone(),
        annotations: spec.annotations.clone(),
    };
    json(&stored)
}

fn from_json(text: &str) -> Result<RegistrySpec, packyard_store::Error> {
    let stored: StoredSpec = serde_json::from_str(text)
        .map_err(|e| packyard_store::Error::Corrupt(format!("the spec of a registry: {e}")))?;
    let auth = match stored.auth {
        StoredAuth::Anonymous => Auth::Anonymous,
        StoredAuth::Basic { username } => Auth::Basic { username, password: None },
        StoredAuth::Token { username } => Auth::Token { username, token: None },
        StoredAuth::Keys { access_key } => Auth::AwsKeys { access_key, secret_key: None },
        StoredAuth::Server => Auth::AwsServer,
        StoredAuth::Role { role_arn, external_id, access_key } => {
            Auth::AwsRole { role_arn, external_id, access_key, secret_key: None }
        }
    };
    Ok(RegistrySpec {
        kind: stored.kind,
        endpoint: stored.endpoint,
        base_path: stored.base_path,
        base_content_path: stored.base_content_path,
        provider_type: stored.provider_type,
        is_sync_supported: stored.is_sync_supported,
        is_private: stored.is_private,
        default_region: stored.default_region,
        tls: stored.tls,
        client_certificate: stored.client_certificate.map(|certificate| ClientCertificate { certificate, key: None }),
        proxy: stored.proxy.map(|StoredProxy { url, username, no_proxy }| ProxySpec {
            url,
            username,
            password: None,
            no_proxy,
        }),
        auth,
        labels: stored.labels,
        annotations: stored.annotations,
    })
}

/// Counts are filled in by the caller.
pub(crate) fn registry(row: RegistryRow) -> Result<Registry, Error> {
    let spec = from_json(&row.spec).doing("read a registry")?;
    Ok(Registry {
        uid: row.uid,
        name: row.name,
        has_secret: row.has_secret != 0,
        has_proxy_password: row.has_proxy_password != 0,
        is_this_server: row.is_self != 0,
        sync: SyncStatus {
            is_sync_supported: spec.is_synced(),
            status: SyncState::parse(&row.status),
            message: spec.why_not_synced().map_or(row.message, str::to_owned),
            last_run_ms: row.last_run,
            last_synced_ms: row.last_synced,
            next_run_ms: row.next_run,
            interval: interval(row.sync_interval),
        },
        spec,
        pack_count: 0,
        version_count: 0,
        created_ms: row.created,
        updated_ms: row.updated,
    })
}

pub(crate) fn interval(seconds: Option<i64>) -> SyncInterval {
    SyncInterval::of_seconds(seconds.and_then(|seconds| u64::try_from(seconds).ok())).unwrap_or_default()
}

/// JSON of a value that always has one: maps with text keys, lists, texts, numbers.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

pub(crate) fn parse_json<T: for<'de> Deserialize<'de> + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}
