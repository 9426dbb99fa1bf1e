//! Certificates for one registry, kept where docker keeps them: `certs.d/HOST[:PORT]/` holds `*.crt`, the authorities to
//! trust, and `*.cert` with `*.key`, a client certificate with its key.

use super::docker_config;
use anyhow::{Context, bail};
use packyard_oci::client::{Endpoint, Scheme, TlsOptions};
use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Where docker's engine looks.
const OF_THE_MACHINE: &str = "/etc/docker/certs.d";

/// TLS with a host: what was given for this command, else what is kept for the host.
pub(crate) fn tls(
    endpoint: &Endpoint,
    ca_file: Option<&Path>,
    given: Option<(&Path, &Path)>,
) -> anyhow::Result<TlsOptions> {
    let kept = match endpoint.scheme {
        Scheme::Https => Certificates::kept_for(&endpoint.authority())?,
        Scheme::Http => Certificates::default(),
    };
    let identity_pem = match given {
        Some((cert, key)) => Some(identity(cert, key)?),
        None => kept.identity_pem,
    };
    let ca_pem = ca_file.map(read).transpose()?.or(kept.ca_pem);
    Ok(TlsOptions { ca_pem, identity_pem, insecure_skip_verify: false })
}

#[derive(Debug, Default)]
struct Certificates {
    ca_pem: Option<String>,
    identity_pem: Option<SecretString>,
}

impl Certificates {
    /// Those of this user, else those of the machine; nothing when neither has a folder for the host.
    fn kept_for(host: &str) -> anyhow::Result<Self> {
        let own = docker_config::folder().ok().map(|folder| folder.join("certs.d"));
        for place in own.into_iter().chain([PathBuf::from(OF_THE_MACHINE)]) {
            let folder = place.join(host);
            match std::fs::read_dir(&folder) {
                Ok(entries) => {
                    let files = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
                    return Self::read(files).with_context(|| {
                        format!("the certificates for {host} in {} cannot be used", folder.display())
                    });
                }
                // The machine's folder may be closed to this user, who then has none.
                Err(error) => tracing::debug!(folder = %folder.display(), %error, "no certificates"),
            }
        }
        Ok(Self::default())
    }

    fn read(mut files: Vec<PathBuf>) -> anyhow::Result<Self> {
        // In the order of their names, so that a folder means the same on every machine.
        files.sort();
        let with =
            |extension: &'static str| files.iter().filter(move |path| path.extension().is_some_and(|e| e == extension));
        let authorities = with("crt").map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let identity_pem = match with("cert").next() {
            Some(cert) => Some(identity(cert, &cert.with_extension("key"))?),
            None => None,
        };
        if let (None, Some(key)) = (&identity_pem, with("key").next()) {
            bail!(
                "{} has no certificate; it belongs beside it as {}",
                key.display(),
                key.with_extension("cert").display()
            );
        }
        Ok(Self { ca_pem: (!authorities.is_empty()).then(|| authorities.join("\n")), identity_pem })
    }
}

/// A file of certificates.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("could not read the certificate file {}", path.display()))
}

/// A client certificate and its key, as one text.
fn identity(cert: &Path, key: &Path) -> anyhow::Result<SecretString> {
    let key = std::fs::read_to_string(key)
        .with_context(|| format!("could not read {}, the key of {}", key.display(), cert.display()))?;
    Ok(SecretString::from(format!("{}\n{key}", read(cert)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn folder(files: &[&str]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = files.iter().map(|name| folder.path().join(name)).collect();
        paths.iter().for_each(|path| std::fs::write(path, path.file_name().unwrap().as_encoded_bytes()).unwrap());
        (folder, paths)
    }

    #[test]
    fn authorities_and_the_first_pair() {
        let (_folder, files) = folder(&["z.crt", "ca.crt", "client.key", "client.cert", "notes.txt"]);
        let kept = Certificates::read(files).unwrap();
        assert_eq!(kept.ca_pem.as_deref(), Some("ca.crt\nz.crt"));
        assert_eq!(kept.identity_pem.unwrap().expose_secret(), "client.cert\nclient.key");
    }

    #[test]
    fn half_a_pair_is_an_error_that_names_the_other_half() {
        for (file, missing) in [("client.cert", "client.key"), ("client.key", "client.cert")] {
            let (_folder, files) = folder(&[file]);
            let error = format!("{:#}", Certificates::read(files).unwrap_err());
            assert!(error.contains(missing), "{error}");
        }
    }
}
