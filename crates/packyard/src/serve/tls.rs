//! Certificates: given as files, or made here by a private authority whose certificate clients can be told to trust.

use super::folder::DataFolder;
use super::tls_files::TlsFiles;
use crate::settings::{Settings, Tls};
use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

const CA_CERT: &str = "tls/ca.pem";
const CA_KEY: &str = "tls/ca.key";

/// TLS as the settings want it.
pub(super) struct ServerTls {
    pub(super) acceptor: TlsAcceptor,
    /// To be followed while the server runs.
    pub(super) files: Option<TlsFiles>,
}

pub(super) fn set_up(settings: &Settings, folder: &DataFolder, hosts: &[String]) -> anyhow::Result<Option<ServerTls>> {
    let builder = || ServerConfig::builder().with_no_client_auth();
    let (mut config, files) = match &settings.tls {
        Tls::Off => return Ok(None),
        Tls::Files { cert, key } => {
            let builder = builder();
            let files = TlsFiles::open(cert, key, builder.crypto_provider())?;
            (builder.with_cert_resolver(files.resolver()), Some(files))
        }
        Tls::SelfSigned => {
            let (chain, key) = self_signed(folder, hosts)?;
            let config =
                builder().with_single_cert(chain, key).context("the TLS certificate that was made is of no use")?;
            (config, None)
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(ServerTls { acceptor: TlsAcceptor::from(Arc::new(config)), files }))
}

/// A chain, and the key of its first certificate.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A leaf for `hosts`, new at each start, signed by the authority that was made once.
fn self_signed(folder: &DataFolder, hosts: &[String]) -> anyhow::Result<Identity> {
    let ca_key_pem = folder.private_file(CA_KEY, || match KeyPair::generate() {
        Ok(key) => key.serialize_pem().into_bytes(),
        Err(_) => Vec::new(),
    })?;
    let ca_key =
        KeyPair::from_pem(std::str::from_utf8(&ca_key_pem)?).context("the private authority's key is damaged")?;
    let ca_params = authority_params();
    let ca_cert = folder.private_file(CA_CERT, || match ca_params.self_signed(&ca_key) {
        Ok(cert) => cert.pem().into_bytes(),
        Err(_) => Vec::new(),
    })?;
    let issuer = Issuer::new(ca_params, ca_key);
    let leaf_key = KeyPair::generate().context("could not make a TLS key")?;
    let names: Vec<String> = hosts.iter().map(|host| host.trim_matches(['[', ']']).to_owned()).collect();
    let mut params = CertificateParams::new(names).context("a host name cannot stand in a certificate")?;
    params.distinguished_name = name("Packyard");
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = params.signed_by(&leaf_key, &issuer).context("could not sign the TLS certificate")?;
    let ca_cert = CertificateDer::from_pem_slice(&ca_cert).context("the private authority's certificate is damaged")?;
    let key = PrivatePkcs8KeyDer::from(leaf_key.serialize_der());
    Ok((vec![leaf.der().clone(), ca_cert], key.into()))
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name("Packyard private authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}
