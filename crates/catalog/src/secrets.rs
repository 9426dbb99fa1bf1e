//! The secrets of a registry on their way in. None of them is ever shown, so a client that changes a registry sends none,
//! or a mask, where it means the stored one. That is kept only for the place, the user and the way that it was given for:
//! nobody gets a stored secret sent to another address.

use crate::error::Error;
use crate::{Auth, RegistrySpec};
use packyard_oci::client::{Endpoint, WebFolder};
use packyard_store::SecretWrites;
use secrecy::{ExposeSecret, SecretString};

/// What a registry knows us by, in clear.
#[derive(Debug, Clone, Default)]
pub struct RegistrySecrets {
    /// A password, a token or a secret key.
    pub login: Option<SecretString>,
    /// Of the client certificate. PEM.
    pub client_key: Option<SecretString>,
}

/// What becomes of one stored secret.
#[derive(Debug, Clone)]
enum Change {
    Keep,
    Set(SecretString),
    End,
}

impl Change {
    /// The given one; none ends what is stored.
    fn to(given: Option<&SecretString>) -> Self {
        given.cloned().map_or(Self::End, Self::Set)
    }

    fn write(&self) -> Option<&[u8]> {
        match self {
            Self::Keep => None,
            Self::Set(secret) => Some(secret.expose_secret().as_bytes()),
            Self::End => Some(&[]),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SecretChanges {
    login: Change,
    client_key: Change,
    proxy_password: Change,
}

impl SecretChanges {
    pub(crate) fn of_new(spec: &mut RegistrySpec) -> Self {
        forget_masks(spec);
        Self {
            login: Change::to(spec.auth.secret()),
            client_key: Change::to(spec.client_certificate.as_ref().and_then(|pair| pair.key.as_ref())),
            proxy_password: Change::to(spec.proxy.as_ref().and_then(|proxy| proxy.password.as_ref())),
        }
    }

    /// Fills in the stored secrets where none are given.
    pub(crate) fn of_edit(spec: &mut RegistrySpec, before: &RegistrySpec) -> Result<Self, Error> {
        forget_masks(spec);
        Ok(Self {
            login: login(spec, before)?,
            client_key: client_key(spec, before)?,
            proxy_password: proxy_password(spec, before)?,
        })
    }

    pub(crate) fn writes(&self) -> SecretWrites<'_> {
        SecretWrites {
            login: self.login.write(),
            client_key: self.client_key.write(),
            proxy_password: self.proxy_password.write(),
        }
    }
}

fn login(spec: &mut RegistrySpec, before: &RegistrySpec) -> Result<Change, Error> {
    if matches!(spec.auth, Auth::Anonymous | Auth::AwsServer) {
        return Ok(Change::End);
    }
    if let Some(given) = spec.auth.secret() {
        return Ok(Change::Set(given.clone()));
    }
    if before.auth.secret().is_some() {
        if !same_origin(&before.endpoint, &spec.endpoint) || !same_identity(&before.auth, &spec.auth) {
            return Err(again(login_field(&spec.auth), "to another address or for another user"));
        }
        // AWS's secret keys stay here, but what they are changed for, a token or a role's keys, goes by it.
        if goes_by_another_proxy(before, spec) {
            return Err(again(login_field(&spec.auth), "by another proxy"));
        }
        spec.auth.set_secret(before.auth.secret().cloned());
    }
    Ok(Change::Keep)
}

/// A proxy reads what is sent over plain http, and over https where the edit also says whose certificates to trust.
fn goes_by_another_proxy(before: &RegistrySpec, spec: &RegistrySpec) -> bool {
    let known = before.proxy.as_ref().map(|proxy| &proxy.url);
    spec.proxy.as_ref().is_some_and(|proxy| known != Some(&proxy.url))
}

fn client_key(spec: &mut RegistrySpec, before: &RegistrySpec) -> Result<Change, Error> {
    let Some(pair) = &mut spec.client_certificate else { return Ok(Change::End) };
    if let Some(given) = &pair.key {
        return Ok(Change::Set(given.clone()));
    }
    match &before.client_certificate {
        Some(known) if known.certificate.trim() == pair.certificate.trim() => {
            pair.key.clone_from(&known.key);
            Ok(Change::Keep)
        }
        _ => Err(Error::invalid("tls.key", "give the key of this client certificate too; the stored one is another's")),
    }
}

fn proxy_password(spec: &mut RegistrySpec, before: &RegistrySpec) -> Result<Change, Error> {
    let Some(proxy) = &mut spec.proxy else { return Ok(Change::End) };
    if let Some(given) = &proxy.password {
        return Ok(Change::Set(given.clone()));
    }
    let known = before.proxy.as_ref().filter(|known| known.password.is_some() && !proxy.username.is_empty());
    match known {
        None => Ok(Change::End),
        Some(known) if known.is_same_login(proxy) => {
            proxy.password.clone_from(&known.password);
            Ok(Change::Keep)
        }
        Some(_) => Err(again("proxy.password", "to another proxy or for another user")),
    }
}

fn again(field: &'static str, not: &str) -> Error {
    Error::invalid(field, format!("enter it again: a stored secret is not sent {not}"))
}

/// What clients show instead of a secret is none.
fn forget_masks(spec: &mut RegistrySpec) {
    let is_mask = |secret: &SecretString| secret.expose_secret().chars().all(|c| c == '*');
    if spec.auth.secret().is_some_and(is_mask) {
        spec.auth.set_secret(None);
    }
    if let Some(pair) = &mut spec.client_certificate {
        pair.key.take_if(|key| is_mask(key));
    }
    if let Some(proxy) = &mut spec.proxy {
        proxy.password.take_if(|password| is_mask(password));
    }
}

/// Whether both texts mean the same scheme, host and port, however they are written.
fn same_origin(a: &str, b: &str) -> bool {
    // The path of a Helm repository may be one that no registry has.
    let folder = |text: &str| WebFolder::parse_lenient(text).ok().map(|folder| folder.server().origin());
    let origin = |text: &str| text.parse::<Endpoint>().ok().map(|endpoint| endpoint.origin()).or_else(|| folder(text));
    origin(a).is_some_and(|a| origin(b) == Some(a))
}

fn same_identity(a: &Auth, b: &Auth) -> bool {
    match (a, b) {
        (Auth::Basic { username: a, .. }, Auth::Basic { username: b, .. }) => a == b,
        (Auth::Token { username: a, .. }, Auth::Token { username: b, .. }) => a == b,
        (Auth::AwsKeys { access_key: a, .. }, Auth::AwsKeys { access_key: b, .. }) => a == b,
        (Auth::AwsRole { access_key: a, .. }, Auth::AwsRole { access_key: b, .. }) => a == b,
        _ => false,
    }
}

fn login_field(auth: &Auth) -> &'static str {
    match auth {
        Auth::Basic { .. } => "password",
        Auth::Token { .. } => "token",
        _ => "secretKey",
    }
}
