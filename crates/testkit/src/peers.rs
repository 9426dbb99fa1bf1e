//! Programs that nobody of this project wrote. `scripts/peers` installs them; a missing one skips its tests by name,
//! and fails them where `CI` is set, with the command that installs it.

use crate::skip;
use std::path::{Path, PathBuf};

/// A program found on this machine.
#[derive(Debug, Clone)]
pub struct Peer {
    pub path: PathBuf,
    /// What it is exactly, for test output: `oras 1.1.0`.
    pub label: String,
}

/// Where `scripts/peers` puts what it builds; keyed by name and version.
fn cache() -> PathBuf {
    std::env::var_os("PACKYARD_PEERS").map(PathBuf::from).unwrap_or_else(|| {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_else(|| "/root".into());
        home.join(".cache/packyard-peers")
    })
}

/// The places a peer may be, best first: folder in the cache or absolute path, and its label.
fn candidates(name: &str) -> Vec<(PathBuf, String)> {
    let cached = |folder: &str, program: &str| (cache().join(folder).join(program), folder.replacen('-', " ", 1));
    let system = |path: &str, label: &str| (PathBuf::from(path), label.to_owned());
    match name {
        // The guide's version first; where it cannot be had, the oldest that can.
        "oras" => vec![cached("oras-1.0.0", "oras"), cached("oras-1.1.0", "oras")],
        "oras-newest" => vec![cached("oras-1.3.6", "oras")],
        "oras-library" => vec![cached("oras-library-2.0.2", "oras-library")],
        "palette-sdk" => vec![cached("palette-sdk-20250813", "palette-sdk")],
        "conformance" => vec![cached("conformance", "conformance")],
        "crane" => vec![cached("crane", "crane")],
        "helm" => vec![cached("helm", "helm")],
        // Debian's AWS CLI v2; a v1 from pip may stand before it on PATH.
        "aws" => vec![system("/usr/bin/aws", "aws 2")],
        "skopeo" => vec![system("/usr/bin/skopeo", "skopeo")],
        "docker-registry" => vec![system("/usr/bin/docker-registry", "docker-registry")],
        "htpasswd" => vec![system("/usr/bin/htpasswd", "htpasswd")],
        "strace" => vec![system("/usr/bin/strace", "strace")],
        "chromium" => vec![system("/usr/bin/chromium", "chromium")],
        "chromedriver" => vec![system("/usr/bin/chromedriver", "chromedriver")],
        "tar" => vec![system("/usr/bin/tar", "tar"), system("/bin/tar", "tar")],
        "openssl" => vec![system("/usr/bin/openssl", "openssl")],
        "terraform" => vec![system("/usr/local/bin/terraform", "terraform"), system("/usr/bin/terraform", "terraform")],
        "curl" => vec![system("/usr/bin/curl", "curl")],
        "script" => vec![system("/usr/bin/script", "script")],
        other => vec![(cache().join(other).join(other), other.to_owned())],
    }
}

pub fn peer(name: &str) -> Option<Peer> {
    candidates(name).into_iter().find(|(path, _)| is_program(path)).map(|(path, label)| Peer { path, label })
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The peer, or `None` after saying by name that the test is skipped.
///
/// # Panics
/// Where `CI` is set: there a missing peer is a failure.
pub fn peer_or_skip(name: &str, test: &str) -> Option<Peer> {
    let found = peer(name);
    if found.is_none() {
        skip(test, &format!("`{name}` is not installed; `scripts/peers` installs it"));
    }
    found
}
