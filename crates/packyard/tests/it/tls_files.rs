//! A certificate that is renewed while the server runs.

use crate::doors::Authority;
use crate::yard_builder;
use packyard_testkit::{Peer, Yard, peer_or_skip};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn is_trusted(curl: &Peer, yard: &Yard, ca: &Path) -> bool {
    let url = format!("https://localhost:{}/healthz", yard.port);
    let mut command = Command::new(&curl.path);
    command.args(["-sS", "--noproxy", "*", "--cacert"]).arg(ca).arg(&url);
    command.output().unwrap().status.success()
}

fn wait_for(yard: &Yard, what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not in 90 s:\n{}", yard.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
    let Some(curl) = peer_or_skip("curl", "a_renewed_certificate_is_used_and_a_broken_one_is_not") else { return };
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = ["old", "new"].map(|name| Authority::in_folder(&folder.path().join(name)));
    let (cert, key) = (folder.path().join("served.pem"), folder.path().join("served.key"));
    let put = |authority: &Authority| {
        std::fs::copy(&authority.cert, &cert).unwrap();
        std::fs::copy(&authority.key, &key).unwrap();
    };
    put(&old);
    let yard = yard_builder().arg("--tls-cert").arg(cert.to_str().unwrap()).arg("--tls-key").arg(key.to_str().unwrap());
    let yard = yard.start();
    assert!(is_trusted(&curl, &yard, &old.ca) && !is_trusted(&curl, &yard, &new.ca));

    std::fs::write(&cert, "half a certificate").unwrap();
    wait_for(&yard, "the log names the file", || {
        let log = yard.log();
        log.contains("the TLS files cannot be used") && log.contains("served.pem")
    });
    assert!(is_trusted(&curl, &yard, &old.ca), "what was there before still is");

    put(&new);
    wait_for(&yard, "the new certificate", || is_trusted(&curl, &yard, &new.ca));
    yard.log_with("the TLS certificate was renewed");
}
