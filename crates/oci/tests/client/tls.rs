//! TLS: unknown authorities are refused, a given CA is trusted, skipping is possible, and the two protocols are told
//! apart when somebody mixes them up.

use crate::fake::{Fake, quick, reply, repo, with};
use packyard_oci::client::{Client, ClientOptions, Credentials, Hop};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// A registry behind TLS whose certificate for `name` is signed by a CA of its own. Gives the port and the CA's PEM.
async fn tls_registry(name: &str) -> (u16, String) {
    let (port, ca, _) = registry(name, false).await;
    (port, ca)
}

/// The same; it may ask its clients for a certificate of that CA, and one with its key is given in PEM.
async fn registry(name: &str, asks: bool) -> (u16, String, SecretString) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca_params = CertificateParams::new(Vec::new()).unwrap();
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = ca_params.self_signed(&ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(ca_params, ca_key);
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    packyard_oci::client::install_crypto_provider();
    let client_key = KeyPair::generate().unwrap();
    let client = CertificateParams::new(vec!["ann".to_owned()]).unwrap().signed_by(&client_key, &issuer).unwrap();
    let identity = SecretString::from(format!("{}{}", client.pem(), client_key.serialize_pem()));
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = if asks {
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone()).unwrap();
        ServerConfig::builder().with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build().unwrap())
    } else {
        ServerConfig::builder().with_no_client_auth()
    };
    let config = config.with_single_cert(vec![leaf.der().clone()], private).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(socket).await.ok()?;
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.ok()? > 0 {}
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                stream.write_all(answer).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    (port, ca.pem(), identity)
}

async fn ping(origin: &str, options: ClientOptions) -> Result<(), Hop> {
    let client = Client::new(origin.parse().unwrap(), Credentials::Anonymous, options).map_err(|e| e.hop)?;
    client.ping().await.map_err(|e| e.hop)
}

#[tokio::test]
async fn certificates_are_checked_unless_told_otherwise() {
    let (port, ca) = tls_registry("localhost").await;
    let (https, by_address) = (format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}"));
    assert_eq!(ping(&https, quick()).await, Err(Hop::Tls));
    let mut with_ca = quick();
    with_ca.tls.ca_pem = Some(ca);
    assert_eq!(ping(&https, with_ca.clone()).await, Ok(()));
    assert_eq!(ping(&by_address, with_ca.clone()).await, Err(Hop::Tls), "the certificate is for another name");
    let mut insecure = quick();
    insecure.tls.insecure_skip_verify = true;
    assert_eq!(ping(&by_address, insecure.clone()).await, Ok(()));
    insecure.tls.ca_pem = Some("not read when verification is skipped".into());
    assert_eq!(ping(&by_address, insecure).await, Ok(()));
    let (_, other_ca) = tls_registry("localhost").await;
    with_ca.tls.ca_pem = Some(other_ca);
    assert_eq!(ping(&https, with_ca).await, Err(Hop::Tls));
}

#[tokio::test]
async fn what_is_no_certificate_is_said_at_once() {
    for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let mut options = quick();
        options.tls.ca_pem = Some(pem.into());
        assert_eq!(ping("https://localhost:1", options).await, Err(Hop::Local), "{pem}");
    }
}

#[tokio::test]
async fn mixed_up_protocols_are_told_apart() {
    let plain = Fake::start(|_, _| reply(200)).await;
    let client =
        Client::new(format!("https://127.0.0.1:{}", plain.port).parse().unwrap(), Credentials::Anonymous, quick())
            .unwrap();
    let error = client.ping().await.unwrap_err();
    assert_eq!(error.hop, Hop::Tls);
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    assert_eq!(error.hint(), Some("check the port; for a registry without TLS write http:// before the host"));
    let (port, _) = tls_registry("localhost").await;
    assert!(matches!(ping(&format!("http://127.0.0.1:{port}"), quick()).await, Err(Hop::Protocol | Hop::Tcp)));
    // Servers in Go, and nginx, answer without TLS, and say what is wrong.
    for (kind, said) in [
        ("text/plain", "Client sent an HTTP request to an HTTPS server.\n"),
        ("text/html", "<html><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</html>"),
    ] {
        let picky = Fake::start(move |_, _| with(400, &[("content-type", kind)], said)).await;
        let error = picky.anonymous().ping().await.unwrap_err();
        assert!(error.hop == Hop::Protocol && error.to_string().contains("speaks TLS on that port"), "{error}");
        assert_eq!(error.hint(), Some("write https:// before the host"));
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_asked_for() {
    let (port, ca, identity) = registry("localhost", true).await;
    let https = format!("https://localhost:{port}");
    let mut options = quick();
    options.tls.ca_pem = Some(ca);
    assert_eq!(ping(&https, options.clone()).await, Err(Hop::ClientCertificate), "none was given");
    options.tls.identity_pem = Some(identity.clone());
    assert_eq!(ping(&https, options.clone()).await, Ok(()));
    assert!(!format!("{options:?}").contains("PRIVATE KEY"), "keys do not print");
    let (_, _, of_another) = registry("localhost", true).await;
    options.tls.identity_pem = Some(of_another);
    assert_eq!(ping(&https, options.clone()).await, Err(Hop::ClientCertificate), "another authority's");
    for (pem, why) in [
        (String::new(), "BEGIN CERTIFICATE"),
        (identity.expose_secret().split_once("-----BEGIN PRIV").unwrap().0.to_owned(), "BEGIN PRIVATE KEY"),
        (identity.expose_secret().replace("PRIVATE", "ENCRYPTED PRIVATE"), "without a passphrase"),
    ] {
        options.tls.identity_pem = Some(SecretString::from(pem));
        let error = Client::new(https.parse().unwrap(), Credentials::Anonymous, options.clone()).unwrap_err();
        assert!(error.hop == Hop::Local && error.to_string().contains(why), "{error}");
    }
}

/// A certificate says who we are, so a host that the registry leads to does not get to see it (oci.md section 5).
#[tokio::test]
async fn a_client_certificate_is_not_shown_where_a_registry_leads() {
    let (port, ca, identity) = registry("localhost", true).await;
    let away = format!("https://localhost:{port}/blob");
    let fake = Fake::start(move |_, _| with(307, &[("location", &away)], "")).await;
    let digest = packyard_oci::Digest::sha256(b"{}");
    let mut options = quick();
    options.tls.ca_pem = Some(ca);
    options.tls.identity_pem = Some(identity);
    let get = async |options: ClientOptions| {
        let client = Client::new(fake.origin().parse().unwrap(), Credentials::Anonymous, options).unwrap();
        client.get_blob(&repo(), &digest, Some(2)).await.map(|_| ()).map_err(|error| error.hop)
    };
    assert_eq!(get(options.clone()).await, Err(Hop::ClientCertificate), "the other host wants one and gets none");
    options.trusted_realms = vec![format!("localhost:{port}")];
    assert_eq!(get(options).await, Ok(()), "a host that the settings trust");
}
