//! `packyard serve`: starting, stopping, refusing.

use crate::{ANY_PORT, refused, yard, yard_builder};
use packyard_testkit::peer_or_skip;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;

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
fn a_second_server_on_the_folder_refuses_and_says_what_to_do() {
    let yard = yard();
    let text = refused(&yard.data, &ANY_PORT, &[]);
    assert!(text.contains("in use by another packyard") && text.contains("--data"), "{text}");
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

/// Never a redirect: it would teach clients to send their secrets in clear first.
#[test]
fn plain_http_from_another_machine_is_told_the_https_address() {
    let test = "plain_http_from_another_machine_is_told_the_https_address";
    // Nothing is sent: this only asks which address packets would come from.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let Some(own) = own.ok().map(|own| own.ip()).filter(|own| !own.is_loopback() && !own.is_unspecified()) else {
        packyard_testkit::skip(test, "this machine has no address but loopback");
        return;
    };
    let yard = yard_builder()
        .listen("0.0.0.0:0")
        .arg("--tls-self-signed")
        .arg("--public-url=https://packs.example.com:7225")
        .start();
    let ask = |host: std::net::IpAddr| {
        let mut stream = TcpStream::connect((host, yard.port)).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    };
    let reply = ask(own);
    assert!(reply.starts_with("HTTP/1.1 400 "), "{reply}");
    assert!(reply.contains("Use https://packs.example.com:7225\n") && !reply.contains("ocation:"), "{reply}");
    let reply = ask([127, 0, 0, 1].into());
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    let log = yard.log();
    let ready = log.lines().find(|line| line.contains("is ready")).unwrap();
    assert_eq!(ready.matches("https://packs.example.com:7225").count(), 1, "{ready}");
}

#[test]
fn the_log_of_no_terminal_has_no_colours() {
    let yard = yard();
    let log = yard.log();
    assert!(log.contains("INFO") && !log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn metrics_are_open_to_loopback_and_count_what_was_answered() {
    let Some(curl) = peer_or_skip("curl", "metrics_are_open_to_loopback_and_count_what_was_answered") else { return };
    let yard = yard();
    let get = |path: &str| {
        let url = format!("{}{path}", yard.url());
        let out = Command::new(&curl.path).args(["-sS", "--noproxy", "*", &url]).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    for path in ["/v2/", "/v2/", "/v1/nothing", "/login"] {
        get(path);
    }
    let text = get("/metrics");
    for expected in [
        "packyard_build_info{",
        "process_resident_memory_bytes ",
        "packyard_requests_total{door=\"registry\",status=\"4xx\"} 2\n",
        "packyard_requests_total{door=\"console\",status=\"2xx\"} 1\n",
        "packyard_request_duration_seconds_bucket{door=\"registry\",le=\"+Inf\"} 2\n",
        "packyard_request_duration_seconds_count{door=\"api\"} 1\n",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
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
    let text = refused(&data, &ANY_PORT, &[]);
    assert!(text.contains("9999") && text.contains("9.9.9"), "{text}");
}

#[test]
fn help_has_examples_and_completion_prints_a_script() {
    let help = String::from_utf8(packyard().args(["serve", "--help"]).output().unwrap().stdout).unwrap();
    assert!(help.contains("Examples:") && help.contains("PACKYARD_LISTEN"), "{help}");
    let script = String::from_utf8(packyard().args(["completion", "bash"]).output().unwrap().stdout).unwrap();
    assert!(script.contains("complete -F"), "{script}");
}
