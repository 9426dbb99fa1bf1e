//! The fields of the way to a registry: our certificate there, and a proxy. Each group counts when its box is checked, and
//! unchecking it ends what is stored.

use super::super::certificate::{self, CertificateView};
use crate::form::Fields;
use crate::parts::FieldErrors;
use packyard_catalog::{ClientCertificate, ProxySpec, Registry};
use secrecy::SecretString;

#[derive(Default)]
pub(in super::super) struct Connection {
    pub(in super::super) shows_certificate: bool,
    pub(in super::super) certificate: String,
    pub(in super::super) certificates: Vec<CertificateView>,
    has_key: bool,
    key_was_typed: bool,
    pub(in super::super) by_proxy: bool,
    pub(in super::super) proxy_url: String,
    pub(in super::super) proxy_username: String,
    pub(in super::super) no_proxy: String,
    has_proxy_password: bool,
    proxy_password_was_typed: bool,
}

impl Connection {
    pub(super) fn of(registry: &Registry, now_ms: i64) -> Self {
        let mut shown = Self { has_proxy_password: registry.has_proxy_password, ..Self::default() };
        if let Some(pair) = &registry.spec.client_certificate {
            shown.shows_certificate = true;
            shown.has_key = true;
            shown.certificate.clone_from(&pair.certificate);
            shown.certificates = certificate::read(&shown.certificate, now_ms);
        }
        if let Some(proxy) = &registry.spec.proxy {
            shown.by_proxy = true;
            shown.proxy_url.clone_from(&proxy.url);
            shown.proxy_username.clone_from(&proxy.username);
            shown.no_proxy.clone_from(&proxy.no_proxy);
        }
        shown
    }

    pub(super) fn fill(&mut self, fields: &Fields, now_ms: i64) {
        self.shows_certificate = fields.is_checked("shows_certificate");
        let sent = fields.long_text("client_certificate", "").trim().to_owned();
        self.certificates = certificate::read(&sent, now_ms);
        // A key that came into the wrong field is not shown again.
        self.certificate = if sent.contains("PRIVATE KEY") { String::new() } else { sent };
        self.key_was_typed = !fields.text("client_key").is_empty();
        self.by_proxy = fields.is_checked("by_proxy");
        self.proxy_url = fields.text("proxy_url");
        self.proxy_username = fields.text("proxy_username");
        self.no_proxy = fields.list("no_proxy").join(", ");
        self.proxy_password_was_typed = !fields.exact("proxy_password").is_empty();
    }

    pub(super) fn client_certificate(&self, fields: &Fields) -> Option<ClientCertificate> {
        let key = fields.long_text("client_key", "").trim().to_owned();
        self.shows_certificate.then(|| ClientCertificate {
            certificate: format!("{}\n", self.certificate),
            key: (!key.is_empty()).then(|| SecretString::from(format!("{key}\n"))),
        })
    }

    pub(super) fn proxy(&self, fields: &Fields) -> Option<ProxySpec> {
        let password = Some(fields.exact("proxy_password")).filter(|text| !text.is_empty()).map(SecretString::from);
        let no_proxy = self.no_proxy.replace(", ", ",");
        self.by_proxy.then(|| ProxySpec::new(&self.proxy_url, &self.proxy_username, password, &no_proxy))
    }

    /// What can be said without asking anybody.
    pub(super) fn check(&self, errors: &mut FieldErrors) {
        if self.shows_certificate {
            if !certificate::is_readable(&self.certificates) {
                errors.add(
                    "client_certificate",
                    "This does not read as certificates in PEM form. The key has a field of its own.",
                );
            } else if self.certificate.is_empty() {
                errors.add("client_certificate", "Upload the certificate that this server shows to the registry.");
            }
            if !self.key_was_typed && !self.has_key {
                errors.add("client_key", "Upload the private key of the certificate.");
            }
        }
        if self.by_proxy && self.proxy_url.is_empty() {
            errors.add("proxy_url", "Enter the proxy's address, such as http://proxy.example.com:3128.");
        }
    }

    /// Shows the group that `field` belongs to: what is wrong with it would else not be seen.
    pub(super) fn open(&mut self, field: &str) {
        self.shows_certificate |= matches!(field, "client_certificate" | "client_key");
        self.by_proxy |= matches!(field, "proxy_url" | "proxy_username" | "proxy_password" | "no_proxy");
    }

    pub(in super::super) fn key_placeholder(&self) -> &'static str {
        match (self.key_was_typed, self.has_key) {
            (true, _) => "Upload it again",
            (false, true) => "Unchanged",
            (false, false) => "-----BEGIN PRIVATE KEY-----",
        }
    }

    pub(in super::super) fn password_placeholder(&self) -> &'static str {
        match (self.proxy_password_was_typed, self.has_proxy_password) {
            (true, _) => "Type it again",
            (false, true) => "Unchanged",
            (false, false) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::filled;

    #[test]
    fn a_group_counts_when_its_box_is_checked() {
        let sent = "auth=none&endpoint=h&client_certificate=x&proxy_url=http%3A%2F%2Fp%3A1&no_proxy=a%2C+b";
        let (form, spec) = filled(sent, false);
        assert!(form.errors.is_empty() && spec.client_certificate.is_none() && spec.proxy.is_none());
        let (_, spec) = filled(&format!("{sent}&by_proxy=yes&proxy_username=ann&proxy_password=+s"), false);
        let proxy = spec.proxy.unwrap();
        assert_eq!(
            (proxy.url.as_str(), proxy.username.as_str(), proxy.no_proxy.as_str()),
            ("http://p:1", "ann", "a,b")
        );
        let (form, _) = filled("auth=none&endpoint=h&shows_certificate=yes&by_proxy=yes", false);
        let wrong = |field| form.errors.slot(field).to_string().contains("class=\"error\"");
        assert!(wrong("client_certificate") && wrong("client_key") && wrong("proxy_url"));
        let (form, _) = filled(&format!("{sent}&shows_certificate=yes&client_key=k"), false);
        assert!(form.errors.slot("client_certificate").to_string().contains("PEM form"));
    }
}
