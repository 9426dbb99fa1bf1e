//! `packyard serve`: starting, stopping, refusing.

use crate::{yard, yard_builder};
use packyard_testkit::peer_or_skip;
use std::process::Command;
use std::time::Instant;

fn packyard() -> Command {
    Command::new(env!("CARGO_BIN_EXE_packyard"))
}

#[test]
fn an_empty_machine_gets_a_private_data_folder_and_a_server_that_stops_on_sigterm() {
    use std::os::unix::fs::PermissionsExt;
    let mut yard = yard();
    assert_eq!(std::fs::metadata(&yard.data).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(yard.terminate(), Some(0), "{}", yard.log());
}

#[test]
fn a_second_start_in_the_same_folder_is_quick_and_keeps_the_first_ones_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut first = yard_builder().data(&data).start();
    first.terminate();
    let start = Instant::now();
    let second = yard_builder().data(&data).start();
    packyard_testkit::note(&format!("ready after {:?}", start.elapsed()));
    assert!(!second.log().contains("first start"), "{}", second.log());
}

#[test]
fn a_second_server_on_the_folder_refuses_and_says_what_to_do() {
    let yard = yard();
    let out = packyard().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&yard.data).output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(text.contains("in use by another packyard") && text.contains("--data"), "{text}");
}

#[test]
fn listening_to_other_machines_needs_a_public_url() {
    let folder = tempfile::tempdir().unwrap();
    let out =
        packyard().args(["serve", "--listen", "0.0.0.0:0", "--data"]).arg(folder.path().join("d")).output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(text.contains("--public-url"), "{text}");
}

#[test]
fn without_a_terminal_the_first_credentials_go_to_a_private_file_and_not_to_the_log() {
    use std::os::unix::fs::PermissionsExt;
    let yard = yard();
    let path = yard.data.join("first-login.txt");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(&yard.admin_email) && text.contains(&yard.root_key_id), "{text}");
    let log = yard.log();
    assert!(
        log.contains("first-login.txt") && !log.contains(&yard.admin_password) && !log.contains(&yard.root_secret),
        "{log}"
    );
}

#[test]
fn tls_and_plain_http_share_the_port() {
    let Some(curl) = peer_or_skip("curl", "tls_and_plain_http_share_the_port") else { return };
    let yard = yard_builder().arg("--tls-self-signed").start();
    let ca = yard.data.join("tls/ca.pem");
    let get = |args: &[&str]| {
        let out = Command::new(&curl.path).args(["-sS", "--noproxy", "*"]).args(args).output().unwrap();
        (
            out.status.success(),
            String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr),
        )
    };
    assert_eq!(get(&[&format!("http://localhost:{}/healthz", yard.port)]), (true, "ok\n".into()));
    let https = format!("https://localhost:{}/healthz", yard.port);
    assert_eq!(get(&["--cacert", ca.to_str().unwrap(), &https]), (true, "ok\n".into()));
    let (trusted, text) = get(&[&https]);
    assert!(!trusted, "a client without the private authority must not trust it: {text}");
}

#[test]
fn metrics_are_open_to_loopback() {
    let Some(curl) = peer_or_skip("curl", "metrics_are_open_to_loopback") else { return };
    let yard = yard();
    let out =
        Command::new(curl.path).args(["-sS", "--noproxy", "*", &format!("{}/metrics", yard.url())]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(text.contains("packyard_build_info") && text.contains("process_resident_memory_bytes"), "{text}");
}

#[test]
fn a_schema_newer_than_the_binary_is_refused_by_version() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut first = yard_builder().data(&data).start();
    first.terminate();
    let Some(python) = ["/usr/bin/python3"].into_iter().find(|path| std::path::Path::new(path).exists()) else {
        packyard_testkit::skip("a_schema_newer_than_the_binary_is_refused_by_version", "python3 is not installed");
        return;
    };
    let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"insert into schema_version values (9999,'9.9.9')\"); c.commit()";
    assert!(Command::new(python).args(["-c", script]).arg(data.join("packyard.db")).status().unwrap().success());
    let out = packyard().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(text.contains("9999") && text.contains("9.9.9"), "{text}");
}

#[test]
fn help_has_examples_and_completion_prints_a_script() {
    let help = String::from_utf8(packyard().args(["serve", "--help"]).output().unwrap().stdout).unwrap();
    assert!(help.contains("Examples:") && help.contains("PACKYARD_LISTEN"), "{help}");
    let script = String::from_utf8(packyard().args(["completion", "bash"]).output().unwrap().stdout).unwrap();
    assert!(script.contains("complete -F"), "{script}");
}
