//! A certificate and its key in files, which somebody renews while the server runs: the files are looked at now and then,
//! and new connections get what they hold. Files that cannot be used leave what was there before.

use anyhow::{Context, bail};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Whoever renews a certificate writes two files; one look may find only the first of them new.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What new connections are answered with.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

#[derive(PartialEq, Eq)]
struct Content {
    chain: Vec<u8>,
    key: Vec<u8>,
}

/// The two files, and what was last read of them.
pub(super) struct TlsFiles {
    cert: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    used: Content,
    current: Arc<Current>,
}

impl TlsFiles {
    pub(super) fn open(cert: &Path, key: &Path, provider: &Arc<CryptoProvider>) -> anyhow::Result<Self> {
        let used = read(cert, key)?;
        let certified = certified(&used, provider).with_context(|| names(cert, key))?;
        let current = Arc::new(Current(RwLock::new(Arc::new(certified))));
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), provider: provider.clone(), used, current })
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        self.current.clone()
    }

    /// Looks at the files until `stopped`.
    pub(super) async fn follow(mut self, stopped: impl Future<Output = ()>) {
        let work = async {
            let mut trouble = Trouble::default();
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                match self.look() {
                    Ok(false) => trouble = Trouble::default(),
                    Ok(true) => {
                        trouble = Trouble::default();
                        tracing::info!(cert = %self.cert.display(), "the TLS certificate was renewed; new connections get it");
                    }
                    Err(error) if trouble.is_news(format!("{error:#}")) => {
                        tracing::error!(
                            error = format!("{error:#}"),
                            "the TLS files cannot be used; the certificate from before still is"
                        );
                    }
                    Err(_) => {}
                }
            }
        };
        tokio::select! {
            () = stopped => {}
            () = work => {}
        }
    }

    /// Whether there was something new.
    fn look(&mut self) -> anyhow::Result<bool> {
        let found = read(&self.cert, &self.key)?;
        if found == self.used {
            return Ok(false);
        }
        let certified = certified(&found, &self.provider).with_context(|| names(&self.cert, &self.key))?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
        self.used = found;
        Ok(true)
    }
}

/// What was wrong at the last look. It is told at the second look that finds it, and once.
#[derive(Default)]
struct Trouble {
    text: String,
    is_told: bool,
}

impl Trouble {
    fn is_news(&mut self, text: String) -> bool {
        if self.text != text {
            *self = Self { text, is_told: false };
            return false;
        }
        !std::mem::replace(&mut self.is_told, true)
    }
}

fn read(cert: &Path, key: &Path) -> anyhow::Result<Content> {
    let file = |path: &Path| std::fs::read(path).with_context(|| format!("could not read {}", path.display()));
    Ok(Content { chain: file(cert)?, key: file(key)? })
}

fn names(cert: &Path, key: &Path) -> String {
    format!("{} and {} cannot be used for TLS", cert.display(), key.display())
}

fn certified(content: &Content, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&content.chain)
        .collect::<Result<_, _>>()
        .context("the certificate is not PEM")?;
    if chain.is_empty() {
        bail!("there is no certificate in the first");
    }
    let key = PrivateKeyDer::from_pem_slice(&content.key).context("the key is not PEM")?;
    CertifiedKey::from_der(chain, key, provider).context("they do not fit together")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_once_and_not_while_files_are_being_written() {
        let mut trouble = Trouble::default();
        let told = ["half", "other", "other", "other", "third", "third"].map(|text| trouble.is_news(text.to_owned()));
        assert_eq!(told, [false, false, true, false, false, true]);
    }
}
