//! The certificate that we show to a registry that wants to know its clients.

use crate::Hop;
use crate::connect::Unusable;
use packyard_oci::client::{UnusableIdentity, check_identity};
use secrecy::{ExposeSecret, SecretString};
use x509_parser::pem::Pem;

/// A certificate of ours, with the chain that may follow it, and its private key.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// PEM.
    pub certificate: String,
    /// PEM. `None` in an update keeps the one that is stored for this certificate.
    pub key: Option<SecretString>,
}

impl ClientCertificate {
    /// Both in one text.
    pub(crate) fn identity_pem(&self) -> Option<SecretString> {
        let key = self.key.as_ref()?;
        Some(SecretString::from(format!("{}\n{}", self.certificate.trim_end(), key.expose_secret())))
    }

    /// What can be said against the pair without showing it to anybody.
    pub(crate) fn check(&self, now_ms: i64) -> Result<(), Unusable> {
        let key = self.key.as_ref().map_or("", |key| key.expose_secret());
        check_identity(&self.certificate, key).map_err(|why| {
            let field = if matches!(why, UnusableIdentity::Key(_)) { "tls.key" } else { "tls.certificate" };
            unusable(field, format!("the client certificate cannot be used: {why}"))
        })?;
        let Some(Ok(first)) = Pem::iter_from_buffer(self.certificate.as_bytes()).next() else { return Ok(()) };
        let Ok(certificate) = first.parse_x509() else { return Ok(()) };
        let (validity, now) = (certificate.validity(), now_ms / 1000);
        if now > validity.not_after.timestamp() {
            let text = format!(
                "the client certificate expired at {}; give one that is valid (the registry's operator makes them)",
                validity.not_after
            );
            return Err(unusable("tls.certificate", text));
        }
        if now < validity.not_before.timestamp() {
            let text = format!(
                "the client certificate is not valid before {}; give one that is, or check this server's clock",
                validity.not_before
            );
            return Err(unusable("tls.certificate", text));
        }
        Ok(())
    }
}

fn unusable(field: &'static str, message: String) -> Unusable {
    Unusable { field, hop: Hop::Tls, message }
}
