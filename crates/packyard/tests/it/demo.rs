//! `packyard demo`: the first minute of a new user.

use packyard_testkit::peer_or_skip;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

struct Demo {
    child: Child,
    /// Everything printed until "Ctrl-C stops."
    text: String,
}

impl Demo {
    fn start(args: &[&str], folder: &Path) -> Self {
        let binary = std::env::var_os("PACKYARD_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_packyard").into());
        let mut child = Command::new(binary)
            .arg("demo")
            .args(["--listen", "127.0.0.1:0"])
            .args(args)
            .env("TMPDIR", folder)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut text = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            text.push_str(&line);
            text.push('\n');
            if line == "Ctrl-C stops." {
                return Self { child, text };
            }
        }
        let ended = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&ended.stderr);
        panic!("the demo ended early:\n{text}\n{errors}");
    }

    fn value(&self, label: &str) -> String {
        let line = self.text.lines().find(|line| line.trim_start().starts_with(label)).expect(label);
        line.trim_start()[label.len()..].trim().to_owned()
    }

    fn stop(mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn the_demo_publishes_registers_and_shows_the_way_in_and_leaves_nothing_behind() {
    let Some(curl) = peer_or_skip("curl", "the_demo_publishes_registers_and_shows_the_way_in") else { return };
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&[], folder.path());
    for step in [
        "$ packyard iam create-user",
        "$ packyard publish",
        "packyard registry add team-packs",
        "$ packyard pack search",
    ] {
        assert!(demo.text.contains(step), "{step}\n{}", demo.text);
    }
    let url = demo.value("Console");
    let login = format!(r#"{{"emailId":"{}","password":"{}"}}"#, demo.value("email"), demo.value("password"));
    let get = |args: &[&str]| {
        let out = Command::new(&curl.path).args(["-sS", "--noproxy", "*"]).args(args).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&out.stdout).unwrap()
    };
    let token = get(&[&format!("{url}/v1/auth/authenticate"), "-H", "Content-Type: application/json", "-d", &login]);
    let header = format!("Authorization: {}", token["Authorization"].as_str().unwrap());
    let packs = get(&[&format!("{url}/v1/packs"), "-H", &header]);
    assert_eq!(packs["items"].as_array().unwrap().len(), 1, "{packs}");
    demo.stop();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the demo's temporary folder is removed");
}

#[test]
fn with_a_folder_of_its_own_a_second_run_continues() {
    let folder = tempfile::tempdir().unwrap();
    let first = Demo::start(&["--data", "yard"], folder.path());
    let password = first.value("password");
    first.stop();
    let second = Demo::start(&["--data", "yard"], folder.path());
    assert_eq!(second.value("password"), password);
    assert!(!second.text.contains("create-user"), "{}", second.text);
    second.stop();
    assert!(folder.path().join("yard/packyard.db").exists());
}
