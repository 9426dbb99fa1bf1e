//! TLS of a client: whom it trusts, who it is, and what to say when the two sides do not come together.

use super::error::{Hop, SPEAKS_NO_TLS};
use super::options::TlsOptions;
use reqwest::{Certificate, ClientBuilder, Identity};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
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

/// Why a client certificate cannot be used, and which half of it is the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableIdentity {
    #[error("{0}")]
    Certificate(&'static str),
    #[error("{0}")]
    Key(&'static str),
}

/// Whether the two texts are a client's certificate, with the chain that may follow it, and the key of that certificate.
pub fn check_identity(certificate: &str, key: &str) -> Result<(), UnusableIdentity> {
    use UnusableIdentity as Unusable;
    if !certificate.contains("BEGIN CERTIFICATE") {
        return Err(Unusable::Certificate("there is no `BEGIN CERTIFICATE` in it"));
    }
    if key.contains("ENCRYPTED PRIVATE KEY") || key.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(Unusable::Key("its key is encrypted; give one without a passphrase (`openssl pkey` writes it)"));
    }
    if !key.contains("PRIVATE KEY-----") {
        return Err(Unusable::Key("there is no `BEGIN PRIVATE KEY` with it"));
    }
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
    let chain = chain.map_err(|_| Unusable::Certificate("its certificate is damaged"))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| Unusable::Key("its key is damaged"))?;
    match CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()) {
        Ok(_) => Ok(()),
        Err(Error::InconsistentKeys(_)) => {
            Err(Unusable::Key("its key is that of another certificate; give the two that were made together"))
        }
        Err(Error::InvalidCertificate(_)) => Err(Unusable::Certificate("its certificate is damaged")),
        Err(_) => Err(Unusable::Key("its key is of a kind that is not supported; RSA, ECDSA and Ed25519 are")),
    }
}

fn identity(pem: &str) -> Result<Identity, String> {
    let bad = |why: &str| format!("the client certificate cannot be used: {why}");
    check_identity(pem, pem).map_err(|why| bad(&why.to_string()))?;
    Identity::from_pem(pem.as_bytes()).map_err(|e| bad(&super::transport::innermost(&e)))
}

/// What a failure of TLS with `authority` means.
pub(crate) fn diagnose(error: &Error, authority: &str) -> (Hop, String) {
    let text = match error {
        Error::AlertReceived(alert) if is_about_the_client(*alert) => {
            let seen = match alert {
                AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
                    format!("{authority} wants a client certificate, and got none ({alert:?})")
                }
                AlertDescription::CertificateExpired => {
                    format!("{authority} says that the client certificate has expired ({alert:?})")
                }
                _ => format!("{authority} wants a client certificate and got none that it takes ({alert:?})"),
            };
            return (Hop::ClientCertificate, seen);
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
