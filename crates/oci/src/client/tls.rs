//! TLS of a client: whom it trusts, who it is, and what to say when the two sides do not come together.

use super::error::{Hop, SPEAKS_NO_TLS};
use super::options::TlsOptions;
use reqwest::{Certificate, ClientBuilder, Identity};
use rustls::{AlertDescription, CertificateError, Error};
use secrecy::ExposeSecret;

/// Applies the settings; the text says which of them cannot be used, and why.
pub(crate) fn configured(mut builder: ClientBuilder, tls: &TlsOptions) -> Result<ClientBuilder, String> {
    if tls.insecure_skip_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    } else if let Some(pem) = &tls.ca_pem {
        let bad = |why: String| format!("the CA certificate cannot be used: {why}");
        let certificates =
            Certificate::from_pem_bundle(pem.as_bytes()).map_err(|e| bad(super::transport::innermost(&e)))?;
        if certificates.is_empty() {
            return Err(bad("there is no `BEGIN CERTIFICATE` in it".into()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(pem) = &tls.identity_pem {
        builder = builder.identity(identity(pem.expose_secret())?);
    }
    Ok(builder)
}

fn identity(pem: &str) -> Result<Identity, String> {
    let bad = |why: &str| format!("the client certificate cannot be used: {why}");
    if !pem.contains("BEGIN CERTIFICATE") {
        return Err(bad("there is no `BEGIN CERTIFICATE` in it"));
    }
    if pem.contains("ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(bad("its key is encrypted; give one without a passphrase (`openssl pkey` writes it)"));
    }
    if !pem.contains("PRIVATE KEY-----") {
        return Err(bad("there is no `BEGIN PRIVATE KEY` with it"));
    }
    Identity::from_pem(pem.as_bytes()).map_err(|e| bad(&super::transport::innermost(&e)))
}

/// What a failure of TLS with `authority` means.
pub(crate) fn diagnose(error: &Error, authority: &str) -> (Hop, String) {
    let text = match error {
        Error::AlertReceived(alert) if is_about_the_client(*alert) => {
            return (
                Hop::ClientCertificate,
                format!("{authority} wants a client certificate and got none that it takes ({alert:?})"),
            );
        }
        Error::InvalidMessage(_) => format!("{authority} {SPEAKS_NO_TLS}"),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            format!("the certificate of {authority} is signed by an authority that this machine does not trust")
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            format!("the certificate of {authority} has expired")
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            format!("the certificate of {authority} is for another name: {error}")
        }
        other => format!("TLS with {authority} failed: {other}"),
    };
    (Hop::Tls, text)
}

/// Alerts that a server sends for the certificate of its client; our own checks end with errors of their own.
fn is_about_the_client(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::NoCertificate
            | Alert::DecryptError
            | Alert::AccessDenied
    )
}
