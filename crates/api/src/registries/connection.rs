//! How a registry is reached: TLS in Palette's shape, and the proxy, which is a field of our own.
//!
//! Palette's clients know of no proxy, and of an OCI registry of no private key. What they do not send stays as it is, so
//! that a change that they make to a registry does not cut it off. Of a Helm repository they know the key too, so there
//! what they do not send is not wanted.

use super::{MASK, mask, secret};
use packyard_catalog::{ClientCertificate, ProxySpec, Registry, RegistryKind, RegistrySpec, TlsSpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// TLS settings, both ways.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TlsConfiguration {
    #[serde(default)]
    enabled: bool,
    /// PEM of an authority to trust beside the system's. Where there is a `key`, PEM of the certificate that it belongs to.
    #[serde(default)]
    certificate: String,
    /// PEM of an authority to trust, where `certificate` is our own.
    #[serde(default)]
    #[schema(value_type = String)]
    ca: Option<String>,
    /// PEM of the private key of `certificate`, which then is shown to a registry that wants to know its clients. Masked,
    /// except that a Helm repository by uid shows it to who may set it. Asterisks only keep the stored one, an empty one
    /// ends it; absent, it ends with a Helm repository and is kept with an OCI registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String)]
    key: Option<String>,
    #[serde(default)]
    insecure_skip_verify: bool,
}

/// The proxy that a registry is reached by.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProxyConfiguration {
    /// `http://host[:port]` or `https://host[:port]`; an empty one ends the use of a proxy. A login in it is taken out of it.
    #[serde(default)]
    url: String,
    #[serde(default)]
    username: String,
    /// Masked; asterisks only, or absent, keeps the stored one.
    #[serde(default)]
    password: String,
    /// Hosts that are reached without the proxy, as the variable NO_PROXY lists them.
    #[serde(default)]
    no_proxy: String,
}

/// What a client sent, as settings. `before` is the registry that is changed.
pub(super) fn set(
    spec: &mut RegistrySpec,
    tls: Option<TlsConfiguration>,
    proxy: Option<ProxyConfiguration>,
    before: Option<&RegistrySpec>,
) {
    let known = before.filter(|_| spec.kind != RegistryKind::Helm);
    spec.client_certificate = client_certificate(tls.as_ref(), known);
    let is_kept = spec.client_certificate.as_ref().is_some_and(|pair| pair.key.is_none());
    let authority = || known.and_then(|known| known.tls.as_ref()?.authority()).unwrap_or_default().to_owned();
    spec.tls = match tls {
        None if is_kept => known.and_then(|known| known.tls.clone()),
        None => None,
        Some(TlsConfiguration { enabled, certificate, ca, insecure_skip_verify, .. }) => Some(TlsSpec {
            enabled,
            certificate: if spec.client_certificate.is_some() { String::new() } else { certificate },
            ca: ca.unwrap_or_else(|| if is_kept { authority() } else { String::new() }),
            insecure_skip_verify,
        }),
    };
    spec.proxy = match proxy {
        None => before.and_then(|before| before.proxy.clone()),
        Some(proxy) if proxy.url.trim().is_empty() => None,
        Some(ProxyConfiguration { url, username, password, no_proxy }) => {
            Some(ProxySpec::new(&url, &username, secret(password), &no_proxy))
        }
    };
}

fn client_certificate(tls: Option<&TlsConfiguration>, before: Option<&RegistrySpec>) -> Option<ClientCertificate> {
    let sent = tls.map_or("", |tls| tls.certificate.as_str());
    match tls.and_then(|tls| tls.key.as_deref()) {
        Some("") => None,
        Some(key) => Some(ClientCertificate { certificate: sent.to_owned(), key: Some(key.to_owned().into()) }),
        // Another certificate is the authority's, as it always was for clients that know of no key.
        None => {
            let known = before?.client_certificate.clone()?;
            (sent.trim().is_empty() || sent.trim() == known.certificate.trim()).then_some(known)
        }
    }
}

impl TlsConfiguration {
    pub(super) fn of(spec: &RegistrySpec) -> Self {
        let tls = spec.tls.clone().unwrap_or_default();
        let (enabled, insecure_skip_verify) = (tls.enabled, tls.insecure_skip_verify);
        match &spec.client_certificate {
            Some(pair) => Self {
                // A pair that was given without any other setting is in use all the same.
                enabled: enabled || spec.tls.is_none(),
                certificate: pair.certificate.clone(),
                ca: Some(tls.authority().unwrap_or_default().to_owned()),
                key: Some(MASK.to_owned()),
                insecure_skip_verify,
            },
            None => Self { enabled, certificate: tls.certificate, ca: Some(tls.ca), key: None, insecure_skip_verify },
        }
    }

    pub(super) fn show_key(&mut self, key: String) {
        self.key = Some(key);
    }

    /// Only when it says something: an empty one shows as a difference in every plan.
    pub(super) fn if_meaningful(spec: &RegistrySpec) -> Option<Self> {
        let says_something = spec.client_certificate.is_some() || spec.tls.as_ref().is_some_and(TlsSpec::is_meaningful);
        says_something.then(|| Self::of(spec))
    }
}

impl ProxyConfiguration {
    pub(super) fn of(registry: &Registry) -> Option<Self> {
        let ProxySpec { url, username, no_proxy, .. } = registry.spec.proxy.clone()?;
        Some(Self { url, username, password: mask(registry.has_proxy_password), no_proxy })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_catalog::Auth;
    use serde_json::{Value, json};

    fn settings(tls: Value, proxy: Value, before: Option<&RegistrySpec>) -> RegistrySpec {
        let mut spec = RegistrySpec::basic("h", "", Auth::Anonymous);
        let (tls, proxy) = (serde_json::from_value(tls).unwrap(), serde_json::from_value(proxy).unwrap());
        set(&mut spec, tls, proxy, before);
        spec
    }

    fn authority(spec: &RegistrySpec) -> &str {
        spec.tls.as_ref().and_then(TlsSpec::authority).unwrap_or_default()
    }

    #[test]
    fn a_certificate_is_the_authoritys_unless_it_has_a_key() {
        let plain = settings(json!({ "enabled": true, "certificate": "CA" }), json!(null), None);
        assert!(plain.client_certificate.is_none() && authority(&plain) == "CA");
        let ours = settings(json!({ "certificate": "US", "key": "KEY", "ca": "CA" }), json!(null), None);
        assert_eq!(ours.client_certificate.as_ref().unwrap().certificate, "US");
        assert_eq!(authority(&ours), "CA");
        let shown = serde_json::to_value(TlsConfiguration::of(&ours)).unwrap();
        assert_eq!((&shown["certificate"], &shown["key"], &shown["ca"]), (&json!("US"), &json!(MASK), &json!("CA")));
        let shown = serde_json::to_value(TlsConfiguration::of(&plain)).unwrap();
        let expected = json!({ "enabled": true, "certificate": "CA", "ca": "", "insecureSkipVerify": false });
        assert_eq!(shown, expected, "nothing new for clients that know of no key");
    }

    #[test]
    fn what_a_client_does_not_know_stays() {
        let proxy = json!({ "url": "http://p:1" });
        let mut before = settings(json!({ "certificate": "US", "key": "KEY", "ca": "CA" }), proxy, None);
        // As it is read.
        before.client_certificate.as_mut().unwrap().key = None;
        for tls in
            [json!(null), json!({ "certificate": "" }), json!({ "certificate": "US", "insecureSkipVerify": true })]
        {
            let after = settings(tls.clone(), json!(null), Some(&before));
            let pair = after.client_certificate.as_ref().unwrap();
            assert!(pair.certificate == "US" && pair.key.is_none(), "{tls}");
            assert_eq!((authority(&after), after.proxy.as_ref().unwrap().url.as_str()), ("CA", "http://p:1"), "{tls}");
        }
        let other = settings(json!({ "certificate": "OTHER" }), json!(null), Some(&before));
        assert!(other.client_certificate.is_none() && authority(&other) == "OTHER");
        let ended = settings(json!({ "certificate": "", "key": "" }), json!({ "url": "" }), Some(&before));
        assert!(ended.client_certificate.is_none() && ended.proxy.is_none());
    }

    #[test]
    fn of_a_helm_repository_clients_know_the_key_so_one_they_leave_out_ends() {
        let settings = |tls: Value, before: Option<&RegistrySpec>| {
            let mut spec = RegistrySpec::other(RegistryKind::Helm, "https://h".to_owned(), Auth::Anonymous);
            set(&mut spec, serde_json::from_value(tls).unwrap(), None, before);
            spec
        };
        let pair = json!({ "enabled": false, "certificate": "US", "key": "KEY", "ca": "CA" });
        let before = settings(pair, None);
        let shown = serde_json::to_value(TlsConfiguration::of(&before)).unwrap();
        assert_eq!((&shown["enabled"], &shown["key"]), (&json!(false), &json!(MASK)));
        let masked = settings(json!({ "certificate": "US", "key": MASK, "ca": "CA" }), Some(&before));
        assert!(masked.client_certificate.is_some(), "a mask stands for the stored key");
        let authority_only = settings(json!({ "enabled": true, "ca": "CA" }), Some(&before));
        assert!(authority_only.client_certificate.is_none() && authority(&authority_only) == "CA");
        let none = settings(json!(null), Some(&before));
        assert!(none.client_certificate.is_none() && none.tls.is_none());
    }
}
