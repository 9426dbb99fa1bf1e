//! What may stand between a client and a registry: a door that speaks TLS, perhaps for known clients only, and a proxy that
//! wants a password and keeps a list.

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio_rustls::TlsAcceptor;

/// The names in the server's certificate; those of AWS are for a model behind a proxy.
const SERVED: &[&str] =
    &["localhost", "127.0.0.1", "packs.test", "public.ecr.aws", "api.ecr-public.us-east-1.amazonaws.com"];

/// A certificate authority with a certificate for [`SERVED`], as files; `client.cert` and `client.key` lie beside them.
pub(crate) struct Authority {
    pub(crate) ca: PathBuf,
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    ca_der: rustls::pki_types::CertificateDer<'static>,
    server_der: rustls::pki_types::CertificateDer<'static>,
    server_key: Vec<u8>,
}

impl Authority {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL takes a certificate with the name of its issuer for one that signed itself.
        params.distinguished_name.push(DnType::CommonName, "authority of the tests");
        let ca = params.self_signed(&ca_key).unwrap();
        let issuer = Issuer::new(params, ca_key);
        let signed = |names: &[&str]| {
            let key = KeyPair::generate().unwrap();
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            (CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap(), key)
        };
        let ((server, server_key), (client, client_key)) = (signed(SERVED), signed(&["ann"]));
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        std::fs::create_dir_all(folder).unwrap();
        write("client.cert", client.pem());
        write("client.key", client_key.serialize_pem());
        Self {
            ca: write("ca.crt", ca.pem()),
            cert: write("server.pem", server.pem()),
            key: write("server-key.pem", server_key.serialize_pem()),
            ca_der: ca.der().clone(),
            server_der: server.der().clone(),
            server_key: server_key.serialize_der(),
        }
    }
}

/// Opens a door at a port of its own that leads to `target`; for clients with a certificate of the authority only, if it
/// `asks`. It stays open until the test process ends.
pub(crate) fn tls_door(authority: &Authority, target: u16, asks: bool) -> u16 {
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = if asks {
        let mut roots = RootCertStore::empty();
        roots.add(authority.ca_der.clone()).unwrap();
        ServerConfig::builder().with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build().unwrap())
    } else {
        ServerConfig::builder().with_no_client_auth()
    };
    let key = PrivateKeyDer::try_from(authority.server_key.clone()).unwrap();
    let acceptor =
        TlsAcceptor::from(Arc::new(config.with_single_cert(vec![authority.server_der.clone()], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut inside = acceptor.accept(socket).await.ok()?;
                    let mut outside = tokio::net::TcpStream::connect(("127.0.0.1", target)).await.ok()?;
                    tokio::io::copy_bidirectional(&mut inside, &mut outside).await.ok()
                });
            }
        });
    });
    port
}

pub(crate) const PROXY_USER: &str = "proxy-ann";
pub(crate) const PROXY_PASSWORD: &str = "proxy-secret-4711";

/// An HTTP proxy for one user, to whom every host name is this machine. It stays until the test process ends.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Where port 443 leads.
    https: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        Self::start_with_https_at(443)
    }

    /// For names that are typed without a port.
    pub(crate) fn start_with_https_at(https: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), https, seen: Arc::default() };
        let served = proxy.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let proxy = served.clone();
                std::thread::spawn(move || proxy.serve(socket));
            }
        });
        proxy
    }

    pub(crate) fn url(&self, password: &str) -> String {
        format!("http://{PROXY_USER}:{password}@127.0.0.1:{}", self.port)
    }

    /// The first lines of the connections it was asked to make, such as `CONNECT localhost:443 HTTP/1.1`.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn serve(&self, socket: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(socket.try_clone().ok()?);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            if line == "\r\n" {
                break;
            }
            head.push(line);
        }
        let first = head.first()?.trim_end().to_owned();
        self.seen.lock().unwrap().push(first.clone());
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{PROXY_USER}:{PROXY_PASSWORD}"));
        let knows =
            |line: &String| line.to_ascii_lowercase().starts_with("proxy-authorization:") && line.contains(&login);
        let mut socket = socket;
        if !head.iter().any(knows) {
            let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"proxy\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            return socket.write_all(refusal.as_bytes()).ok();
        }
        let target = first.split(' ').nth(1)?;
        let is_tunnel = first.starts_with("CONNECT ");
        // Every host is this machine.
        let (_host, port) = target.trim_start_matches("http://").split('/').next()?.split_once(':')?;
        let port = port.parse().ok().map(|port| if port == 443 { self.https } else { port })?;
        let mut outside = TcpStream::connect(("127.0.0.1", port)).ok()?;
        if is_tunnel {
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
        } else {
            // The whole address stays in the first line, and whatever comes on this connection goes the same way.
            head.iter().try_for_each(|line| outside.write_all(line.as_bytes())).ok()?;
            outside.write_all(b"\r\n").ok()?;
        }
        let mut back = (outside.try_clone().ok()?, socket.try_clone().ok()?);
        let answers = std::thread::spawn(move || {
            let _ = std::io::copy(&mut back.0, &mut back.1);
            let _ = back.1.shutdown(std::net::Shutdown::Write);
        });
        let _ = std::io::copy(&mut reader, &mut outside);
        let _ = outside.shutdown(std::net::Shutdown::Write);
        answers.join().ok()
    }
}
