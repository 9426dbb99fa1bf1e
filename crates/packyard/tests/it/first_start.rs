//! The first start's credentials reach a person, whatever happens to the start.

use crate::http::Client;
use crate::{ANY_PORT, refused, yard, yard_builder};
use packyard_store::{DbLocation, SealKey, Store};
use packyard_testkit::{Yard, postgres_or_skip, skip};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Email and password as the file or the terminal shows them.
fn login_in(text: &str) -> (String, String) {
    let value = |label: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in:\n{text}")).trim().to_owned()
    };
    (value("email"), value("password"))
}

fn logs_in(yard: &Yard, (email, password): &(String, String)) -> bool {
    let body = format!(r#"{{"emailId":"{email}","password":"{password}"}}"#);
    let headers = "Content-Type: application/json\r\n";
    Client::of(yard).send("POST", "/v1/auth/authenticate", headers, body.as_bytes()).unwrap().status == 200
}

#[test]
fn without_a_terminal_the_credentials_go_to_a_private_file_and_not_to_the_log() {
    let yard = yard_builder().without_credentials().start();
    let path = yard.data.join("first-login.txt");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("AWS_ACCESS_KEY_ID=AKIA") && text.contains(&yard.url()), "{text}");
    let login = login_in(&text);
    assert!(logs_in(&yard, &login));
    let log = yard.log();
    assert!(log.contains("first-login.txt") && !log.contains(&login.1) && !log.contains("SECRET"), "{log}");
}

#[test]
fn credentials_that_were_given_are_written_nowhere() {
    let yard = yard();
    assert!(!yard.data.join("first-login.txt").exists() && !yard.log().contains("first start"), "{}", yard.log());
}

#[test]
fn a_start_that_fails_after_making_credentials_leaves_them_for_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(data.join("blobs"), "in the way").unwrap();
    let text = refused(&data, &ANY_PORT, &[]);
    assert!(text.contains("blobs"), "{text}");
    let login = login_in(&std::fs::read_to_string(data.join("first-login.txt")).unwrap());
    std::fs::remove_file(data.join("blobs")).unwrap();
    let yard = yard_builder().data(&data).without_credentials().start();
    assert!(yard.log().contains("still in") && yard.log().contains("first-login.txt"), "{}", yard.log());
    assert!(logs_in(&yard, &login));
}

#[test]
fn a_second_start_in_the_same_folder_keeps_the_first_ones_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut first = yard_builder().data(&data).without_credentials().start();
    let login = login_in(&std::fs::read_to_string(data.join("first-login.txt")).unwrap());
    first.terminate();
    std::fs::remove_file(data.join("first-login.txt")).unwrap();
    let second = yard_builder().data(&data).without_credentials().start();
    assert!(!second.log().contains("first start") && !data.join("first-login.txt").exists(), "{}", second.log());
    assert!(logs_in(&second, &login));
}

/// As after `kill -9` in the middle of it: the first start is not marked, its lease is held for long.
#[test]
fn an_interrupted_first_start_is_made_again_at_once() {
    let test = "an_interrupted_first_start_is_made_again_at_once";
    let Some(python) = Some(Path::new("/usr/bin/python3")).filter(|path| path.exists()) else {
        skip(test, "python3 is not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = yard_builder().data(&data).without_credentials().start();
    first.kill();
    let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"delete from installation where name='first_start'\"); c.execute(\"update lease set holder='dead', until=9000000000000000 where name='first_start'\"); assert c.total_changes == 2; c.commit()";
    assert!(Command::new(python).args(["-c", script]).arg(data.join("packyard.db")).status().unwrap().success());
    let second = yard_builder().data(&data).without_credentials().start();
    assert!(logs_in(&second, &login_in(&std::fs::read_to_string(data.join("first-login.txt")).unwrap())));
}

/// On PostgreSQL nobody can know whether the other server is dead; whoever waits is told for what.
#[tokio::test]
async fn a_first_start_of_another_server_is_waited_for_in_words() {
    let Some(url) = postgres_or_skip("a_first_start_of_another_server_is_waited_for_in_words") else { return };
    let key = SealKey::from_bytes([0xab; 32]);
    let store = Store::open(&DbLocation::Postgres(url.clone()), key).await.unwrap();
    let lease = store.leases().claim("first_start", "another", i64::MAX / 2).await.unwrap().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_packyard"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("data"))
        .env("PACKYARD_DATABASE_URL", url)
        .env("PACKYARD_SECRET_KEY", "ab".repeat(32))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let waits = lines.find(|line| line.contains("waiting for another server's first start"));
    assert!(waits.is_some(), "the server ended without a word");
    assert!(store.leases().release(&lease).await.unwrap());
    assert!(lines.any(|line| line.contains("is ready")));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// `script` runs a program on a terminal of its own.
#[test]
fn on_a_terminal_they_are_shown_also_with_quiet_and_no_file_is_left() {
    let test = "on_a_terminal_they_are_shown_also_with_quiet_and_no_file_is_left";
    let Some(script) = Some(Path::new("/usr/bin/script")).filter(|path| path.exists()) else {
        skip(test, "script is not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let command =
        format!("{} serve --quiet --listen 127.0.0.1:0 --data {}", env!("CARGO_BIN_EXE_packyard"), data.display());
    let mut child = Command::new(script)
        .args(["-qefc", &command, "/dev/null"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        shown.push_str(&line);
        shown.push('\n');
        if line.contains("AWS_SECRET_ACCESS_KEY=") {
            break;
        }
    }
    let (_, password) = login_in(&shown);
    assert!(shown.contains("shown once") && password.len() >= 8, "{shown}");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while data.join("first-login.txt").exists() {
        assert!(std::time::Instant::now() < deadline, "the file is still there");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let pid = std::fs::read_to_string(data.join("lock")).unwrap();
    assert!(Command::new("kill").arg(pid.trim()).status().unwrap().success());
    child.wait().unwrap();
}
