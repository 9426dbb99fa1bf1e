//! Every fenced block of README and docs is run, page by page and in order, against a fresh server whose address stands
//! in for `localhost:7225`: commands (`sh`, and the lines after `$` of `console`, whose output is compared), commands
//! that serve until they are stopped, and settings files (`toml`). What is not run is listed here with the reason.

use crate::management::Management;
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{PackBuilder, Yard, peer_or_skip};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Beginnings of commands that are not run here.
const ELSEWHERE: [(&str, &str); 2] = [
    ("scripts/test", "is the run that runs this test"),
    ("cargo install --path crates/packyard", "builds the program that this test runs, into the user's home"),
];

/// Kinds of blocks that are no commands.
const DATA: [(&str, &str); 4] = [
    ("ini", "operations.md: a unit of systemd, which has the machine to itself"),
    ("json", "packs.md: tests of packyard-pack read it; publish.md: the policy that publish::* attaches"),
    ("yaml", "packs.md: tests of packyard-pack read it"),
    ("text", "a grammar and a list of paths"),
];

/// Commands that serve until they are stopped, and what is run for them: the program there is, not a build of it.
const SERVING: [(&str, &str); 3] = [
    ("cargo run --release -- demo", "packyard demo"),
    ("packyard demo", "packyard demo"),
    ("packyard serve", "packyard serve"),
];

const TEST: &str = "docs::every_command_of_the_docs_works";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(project().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.push(project().join("README.md"));
    pages.sort();
    pages
}

/// A fenced block: the word after the fence, and the lines.
struct Block<'a> {
    kind: &'a str,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim().strip_prefix("```") {
            Some(kind) if !inside => {
                blocks.push(Block { kind: kind.trim(), lines: Vec::new() });
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => blocks.last_mut().unwrap().lines.push(line),
            None => {}
        }
    }
    blocks
}

/// What a page asks a reader to do.
#[derive(Default)]
struct Page {
    script: String,
    serving: Vec<String>,
    settings: Vec<String>,
    /// Output that the page shows, of the commands whose output the script keeps in `shown-N`.
    shown: Vec<String>,
    /// Those of [`ELSEWHERE`] and [`DATA`] that it has.
    passed_over: BTreeSet<&'static str>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut page = Self::default();
        for block in blocks(&text) {
            match block.kind {
                "sh" => block.lines.iter().for_each(|line| page.command(line, None)),
                "console" => page.console(&block.lines),
                // What lint is allowed is not a server's settings; pack_lint::* reads such files.
                "toml" if block.lines.first() == Some(&"[[allow]]") => {}
                "toml" => page.settings.push(block.lines.join("\n")),
                kind => {
                    let known = DATA.iter().find(|(name, _)| *name == kind);
                    let (name, _) = known.unwrap_or_else(|| {
                        panic!(
                            "{}: a block of the kind `{kind}` is neither run nor listed in DATA:\n{}",
                            path.display(),
                            block.lines.join("\n")
                        )
                    });
                    page.passed_over.insert(name);
                }
            }
        }
        page
    }

    fn command(&mut self, line: &str, keep_output: Option<usize>) {
        if let Some((start, _)) = ELSEWHERE.iter().find(|(start, _)| line.starts_with(start)) {
            self.passed_over.insert(start);
        } else if let Some((typed, run)) = SERVING.iter().find(|(typed, _)| line.starts_with(typed)) {
            self.serving.push(line.replacen(typed, run, 1));
        } else {
            self.script.push_str(line);
            self.script.push_str(&keep_output.map(|at| format!(" > shown-{at}")).unwrap_or_default());
            self.script.push('\n');
        }
    }

    fn console(&mut self, lines: &[&str]) {
        for line in lines {
            match line.strip_prefix("$ ") {
                Some(command) => {
                    self.command(command, Some(self.shown.len()));
                    self.shown.push(String::new());
                }
                None => {
                    let shown = self.shown.last_mut().expect("output after a command");
                    shown.push_str(line);
                    shown.push('\n');
                }
            }
        }
    }
}

/// A folder with what the pages take for granted: the programs, a pack, and a user of the registry.
struct Reader {
    folder: tempfile::TempDir,
    shell: Shell,
}

impl Reader {
    /// `None` when a program that the script uses is not on this machine.
    fn new(script: &str, yard: &Yard) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        for name in ["aws", "oras", "skopeo", "crane", "helm", "curl"] {
            if script.split_whitespace().any(|word| word.trim_start_matches("<(") == name) {
                std::os::unix::fs::symlink(peer_or_skip(name, TEST)?.path, bin.join(name)).unwrap();
            }
        }
        let packyard = std::env::var_os("PACKYARD_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_packyard").into());
        std::os::unix::fs::symlink(Path::new(&packyard).canonicalize().unwrap(), bin.join("packyard")).unwrap();
        let shell = Shell::in_folder(folder.path())
            .envs(&yard.aws_env())
            .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
            .env("PACKYARD_SERVER", &yard.url())
            .env("PACKYARD_API_KEY", &Management::log_in(yard).api_key())
            .env("PACKYARD_ADMIN_EMAIL", &yard.admin_email)
            .env("PACKYARD_ADMIN_PASSWORD", &yard.admin_password)
            // The user `robot` of a Harbor, whom registries.md speaks of.
            .env("PASSWORD", "a-long-password-of-robot");
        Some(Self { folder, shell })
    }

    fn prepare(&self, page: &str) {
        match page {
            "registries.md" => {
                let full = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess";
                self.shell.ok(&format!(
                    "packyard iam create-user --user-name robot >/dev/null
                     packyard iam create-login-profile --user-name robot --password $PASSWORD >/dev/null
                     packyard iam attach-user-policy --user-name robot --policy-arn {full}"
                ));
            }
            "publish.md" => {
                let pack = PackBuilder::new("my-pack", "1.0.0").folder();
                self.shell.ok(&format!("cp -r {} my-pack", pack.path().display()));
            }
            _ => {}
        }
    }

    fn run(&self, page: &Page, name: &str, yard: &Yard) {
        if page.script.trim().is_empty() {
            return;
        }
        self.prepare(name);
        let here = |text: &str| {
            text.replace("localhost:7225", &yard.host())
                .replace("https://harbor.example.com", &yard.url())
                .replace("admin@packyard.local", &yard.admin_email)
                .replace("\"password\":\"...\"", &format!("\"password\":\"{}\"", yard.admin_password))
        };
        let script = here(&page.script);
        std::fs::write(self.folder.path().join("page.sh"), &script).unwrap();
        let out = self.shell.run("bash -e -o pipefail page.sh");
        let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "{name}:\n{script}\n{stdout}\n{stderr}");
        for (at, expected) in page.shown.iter().enumerate() {
            let shown = std::fs::read_to_string(self.folder.path().join(format!("shown-{at}"))).unwrap();
            assert!(looks_like(&shown, &here(expected)), "{name} shows:\n{expected}\nbut it is:\n{shown}");
        }
    }

    /// Starts what serves until it is stopped, waits until it is ready, and stops it.
    fn serve(&self, command: &str) {
        let mut child = Command::new("bash")
            .args(["-c", &format!("exec 2>&1; exec {command}")])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:/usr/bin:/bin", self.folder.path().join("bin").display()))
            .env("PACKYARD_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ready = lines.any(|line| {
            said.push_str(&line);
            said.push('\n');
            line == "Ctrl-C stops." || line.contains("is ready: ")
        });
        assert!(ready, "{command}:\n{said}");
        // What it says until its end is read, so that it never waits for us.
        let rest = std::thread::spawn(move || lines.count());
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{command}:\n{said}");
        rest.join().unwrap();
    }
}

/// Line by line; `...` and `…` stand for anything.
fn looks_like(shown: &str, expected: &str) -> bool {
    let same = |(shown, expected): (&str, &str)| {
        let expected = expected.replace('…', "...");
        let mut rest = shown;
        let parts: Vec<&str> = expected.split("...").collect();
        let all_there = parts.iter().enumerate().all(|(at, part)| match rest.find(part) {
            Some(0) => {
                rest = &rest[part.len()..];
                true
            }
            Some(place) if at > 0 => {
                rest = &rest[place + part.len()..];
                true
            }
            _ => false,
        });
        all_there && (rest.is_empty() || expected.ends_with("..."))
    };
    expected.lines().count() == shown.lines().count() && shown.lines().zip(expected.lines()).all(same)
}

#[test]
fn every_command_of_the_docs_works() {
    let (mut ran, mut skipped, mut passed_over) = (Vec::new(), Vec::new(), BTreeSet::new());
    for path in pages() {
        let mut page = Page::read(&path);
        passed_over.append(&mut page.passed_over);
        if page.script.trim().is_empty() && page.serving.is_empty() && page.settings.is_empty() {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let yard = yard();
        let Some(reader) = Reader::new(&page.script, &yard) else {
            skipped.push(name);
            continue;
        };
        reader.run(&page, &name, &yard);
        page.serving.iter().for_each(|command| reader.serve(command));
        for settings in &page.settings {
            std::fs::write(reader.folder.path().join("packyard.toml"), settings).unwrap();
            reader.serve("packyard serve");
        }
        ran.push(name);
    }
    packyard_testkit::note(&format!("pages of the docs that were run: {ran:?}; skipped: {skipped:?}"));
    assert!(!ran.is_empty(), "no page was run");
    let listed = ELSEWHERE.iter().chain(&DATA).map(|(what, _)| *what).collect::<BTreeSet<_>>();
    assert_eq!(passed_over, listed, "the lists of what is not run have entries that no page has");
}

#[test]
fn output_is_compared_but_for_what_is_left_out() {
    assert!(looks_like("a sha256:12ab\n{\"t\":\"xyz\",\"m\":false}\n", "a sha256:…\n{\"t\":\"...\",\"m\":false}\n"));
    for other in ["b sha256:12", "a sha256:12\nmore", ""] {
        assert!(!looks_like(other, "a sha256:…"), "{other}");
    }
    assert!(!looks_like("ab", "a"));
    assert!(looks_like("", ""));
}

/// A link to a file of the project that is not there is a broken promise.
#[test]
fn links_between_pages_lead_somewhere() {
    let mut all = pages();
    all.extend(["ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| project().join(name)));
    for page in all {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = page.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", page.display());
        }
    }
}
