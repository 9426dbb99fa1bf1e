//! A log that programs read: each line is one JSON object, from the first word to the last.

use crate::{ANY_PORT, ended};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn serve(data: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_packyard"));
    command.arg("serve").arg("--data").arg(data).args(["--log-format", "json"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn message(line: &str) -> String {
    let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    event["fields"]["message"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn a_start_and_a_stop_are_objects_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut child = serve(&data, &ANY_PORT);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut said = Vec::new();
    while !said.iter().any(|text: &String| text.contains("is ready: http://localhost:")) {
        said.push(message(&lines.next().expect("the server ended before it was ready")));
    }
    assert!(said.iter().any(|text| text.contains("first-login.txt")), "{said:?}");
    Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
    let rest: Vec<String> = lines.map(|line| message(&line)).collect();
    assert_eq!(rest.last().map(String::as_str), Some("stopped"), "{rest:?}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_start_that_is_refused_is_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap();
    let (code, said) = ended(serve(&folder.path().join("data"), &["--listen", &taken.to_string()]));
    drop(listener);
    // Before it there may be what the tests' own variables are warned of.
    let lines: Vec<String> = said.lines().map(message).collect();
    let last = lines.last().is_some_and(|line| line.contains("another program is there"));
    assert!(code == Some(1) && last, "{code:?} {said}");
}
