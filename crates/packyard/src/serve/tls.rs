//! Certificates: given as files, or made here by a private authority whose certificate clients can be told to trust.

use super::folder::DataFolder;
use crate::settings::{Settings, Tls};
use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

const CA_CERT: &str = "tls/ca.pem";
const CA_KEY: &str = "tls/ca.key";

pub(super) fn acceptor(
    settings: &Settings,
    folder: &DataFolder,
    hosts: &[String],
) -> anyhow::Result<Option<TlsAcceptor>> {
    let (chain, key) = match &settings.tls {
        Tls::Off => return Ok(None),
        Tls::Files { cert, key } => (read(cert)?, read(key)?),
        Tls::SelfSigned => self_signed(folder, hosts)?,
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&chain).collect::<Result<_, _>>().context("the TLS certificate is not PEM")?;
    let key = PrivateKeyDer::from_pem_slice(&key).context("the TLS key is not PEM")?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("the TLS certificate and key do not fit together")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("could not read {}", path.display()))
}

/// A leaf for `hosts`, new at each start, signed by the authority that was made once.
fn self_signed(folder: &DataFolder, hosts: &[String]) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
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
    let mut chain = leaf.pem().into_bytes();
    chain.extend_from_slice(&ca_cert);
    Ok((chain, leaf_key.serialize_pem().into_bytes()))
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
