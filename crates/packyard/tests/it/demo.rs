//! `packyard demo`: the first minute of a new user.

use crate::shell::Shell;
use packyard_testkit::peer_or_skip;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

struct Demo {
    child: Child,
    /// Everything printed until "Ctrl-C stops."
    text: String,
}

const LAST_LINE: &str = "Ctrl-C stops.";

fn demo(args: &[&str], folder: &Path) -> Command {
    let binary = std::env::var_os("PACKYARD_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_packyard").into());
    let mut command = Command::new(binary);
    command.arg("demo").args(args).env("TMPDIR", folder).current_dir(folder);
    if !args.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Demo {
    fn start(args: &[&str], folder: &Path) -> Self {
        Self::until(args, folder, |line| line == LAST_LINE)
    }

    /// Started, and read until a line is `enough`.
    fn until(args: &[&str], folder: &Path, mut enough: impl FnMut(&str) -> bool) -> Self {
        let mut child = demo(args, folder).spawn().unwrap();
        let mut text = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            text.push_str(&line);
            text.push('\n');
            if enough(&line) {
                return Self { child, text };
            }
        }
        let ended = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&ended.stderr);
        panic!("the demo ended early:\n{text}\n{errors}");
    }

    /// The commands it printed.
    fn commands(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.strip_prefix("$ ")).collect()
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

/// Names of the packs that `packyard pack search` of the second run would show, asked through the printed environment.
fn packs(demo: &Demo, folder: &Path) -> String {
    let exports: Vec<&str> = demo.commands().into_iter().filter(|line| line.starts_with("export ")).collect();
    Shell::in_folder(folder).ok(&format!("{}\npackyard pack search", exports.join("\n")))
}

#[test]
fn with_a_folder_of_its_own_a_second_run_continues() {
    let folder = tempfile::tempdir().unwrap();
    let first = Demo::start(&["--data", "yard"], folder.path());
    let password = first.value("password");
    first.stop();
    let second = Demo::start(&["--data", "yard"], folder.path());
    assert_eq!(second.value("password"), password);
    assert!(second.text.contains("nothing is done twice") && !second.text.contains("create-user"), "{}", second.text);
    // The port is another one, and the registry that the demo registered went with it.
    let exports =
        second.commands().into_iter().filter(|line| line.starts_with("export ")).collect::<Vec<_>>().join("\n");
    let listed = Shell::in_folder(folder.path()).ok(&format!("{exports}\npackyard registry sync team-packs"));
    assert!(listed.contains("Success") && listed.contains(&second.value("Console")), "{listed}");
    second.stop();
    assert!(folder.path().join("yard/packyard.db").exists());
}

#[test]
fn a_run_that_was_killed_is_resumed_wherever_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--data", "yard"];
    // Killed at its first command, in the next run at the one after the first, and so on.
    let steps =
        ["iam create-user", "iam attach-user-policy", "iam create-access-key", "packyard publish", "registry add"];
    for step in steps {
        let mut cut = Demo::until(&args, folder.path(), |line| {
            line.starts_with("$ ") && line.contains(step) || line == LAST_LINE
        });
        cut.child.kill().unwrap();
        cut.child.wait().unwrap();
    }
    // Whether that says "done" or does the rest, the pack must be there.
    let whole = Demo::start(&args, folder.path());
    assert!(packs(&whole, folder.path()).contains("harbour-lights"), "{}", whole.text);
    whole.stop();
    let again = Demo::start(&args, folder.path());
    assert!(again.text.contains("nothing is done twice"), "{}", again.text);
    again.stop();
}

#[test]
fn a_run_that_was_told_to_stop_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    Demo::until(&["--data", "yard"], folder.path(), |line| line.contains("iam create-user")).stop();
    let whole = Demo::start(&["--data", "yard"], folder.path());
    assert!(packs(&whole, folder.path()).contains("harbour-lights"), "{}", whole.text);
    whole.stop();
}

#[test]
fn the_printed_commands_work_in_another_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&["--data", "a yard"], folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    // What makes something can be done once.
    let once = ["iam create-user", "registry add"];
    let script: Vec<&str> =
        demo.commands().into_iter().filter(|line| !once.iter().any(|words| line.contains(words))).collect();
    let said = Shell::in_folder(elsewhere.path()).ok(&script.join("\n"));
    assert!(said.contains("unchanged") && said.contains("harbour-lights"), "{said}");
    // The others are understood and answered: what they make is there.
    for words in once {
        let at = demo.commands().iter().position(|line| line.contains(words)).unwrap();
        let exports: Vec<&str> =
            demo.commands()[..at].iter().filter(|line| line.starts_with("export ")).copied().collect();
        let script = format!("{}\n{}", exports.join("\n"), demo.commands()[at]);
        let out = Shell::in_folder(elsewhere.path()).run(&script);
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(1) && errors.contains("exist"), "{script}\n{errors}");
    }
    demo.stop();
}

#[test]
fn the_document_has_everything_that_the_text_has() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::until(&["--output", "json"], folder.path(), |line| line == "}");
    let document: serde_json::Value = serde_json::from_str(&demo.text).unwrap_or_else(|e| panic!("{e}: {}", demo.text));
    for name in ["email", "password", "accessKeyId", "secretAccessKey", "apiKey"] {
        assert!(document["credentials"][name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {document:#}");
    }
    let commands: Vec<&str> =
        document["steps"].as_array().unwrap().iter().map(|s| s["command"].as_str().unwrap()).collect();
    let exports: Vec<&str> = commands.iter().filter(|line| line.starts_with("export ")).copied().collect();
    let script = format!("{}\npackyard pack search --output json", exports.join("\n"));
    let found: serde_json::Value = serde_json::from_str(&Shell::in_folder(folder.path()).ok(&script)).unwrap();
    assert_eq!(found[0]["name"], "harbour-lights", "{found}");
    demo.stop();
}

#[test]
fn it_takes_the_settings_of_a_server() {
    let folder = tempfile::tempdir().unwrap();
    // Neither address leads anywhere, or is trusted, on this machine.
    for args in [
        &["--public-url", "https://localhost:17321"][..],
        &["--listen", "0.0.0.0:0", "--public-url", "http://packs.example.com:17321", "--region", "eu-west-1"],
    ] {
        let demo = Demo::start(args, folder.path());
        let public = args.iter().find(|arg| arg.contains("//")).unwrap();
        assert!(demo.value("Console").starts_with(public), "{}", demo.text);
        assert!(packs(&demo, folder.path()).contains("harbour-lights"), "{}", demo.text);
        demo.stop();
    }
    std::fs::write(folder.path().join("packyard.toml"), "data = \"mydata\"\n").unwrap();
    Demo::start(&[], folder.path()).stop();
    assert!(folder.path().join("mydata/packyard.db").exists(), "the folder of packyard.toml is used, and kept");
}

#[test]
fn what_would_leave_rubbish_or_cannot_work_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let served = folder.path().join("served");
    let mut yard = crate::yard_builder().data(&served).start();
    yard.terminate();
    for (args, expected) in [
        (&["--database-url", "postgres://nobody@localhost:1/none"][..], "needs --data too"),
        (&["--endpoint-policy", "public"], "refuses such addresses"),
        (&["--data", "served"], "was not made by `packyard demo`"),
    ] {
        let out = demo(args, folder.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(1) && errors.contains(expected), "{args:?}: {errors}");
    }
    assert!(!served.join("demo-credentials.json").exists());
}
