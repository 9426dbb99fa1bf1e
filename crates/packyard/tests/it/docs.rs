//! Every `sh` block of README and docs is run, page by page and in order, against a fresh server whose address stands in
//! for `localhost:7225`. Commands that start a server, build or install are run by other tests, which are named here.

use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Yard, peer_or_skip};
use std::path::{Path, PathBuf};

/// First words of commands that other tests run.
const ELSEWHERE: [(&str, &str); 5] = [
    ("packyard serve", "serve::*"),
    ("packyard demo", "demo::*"),
    ("cargo run --release -- demo", "demo::*, with the release binary"),
    ("cargo install", "cargo build of the same package"),
    ("scripts/test", "the run that runs this test"),
];

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

/// The page's `sh` blocks as one script.
fn script(text: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            command if inside && !ELSEWHERE.iter().any(|(start, _)| command.starts_with(start)) => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

fn run(page: &Path, script: &str, yard: &Yard) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let test = "docs::every_command_of_the_docs_works";
    for name in ["aws", "oras", "skopeo", "crane", "helm"] {
        if script.split_whitespace().any(|word| word == name) {
            let Some(peer) = peer_or_skip(name, test) else { return };
            std::os::unix::fs::symlink(peer.path, bin.join(name)).unwrap();
        }
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_packyard"), bin.join("packyard")).unwrap();
    let shell = Shell::in_folder(folder.path())
        .envs(&yard.aws_env())
        .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
        .env("PACKYARD_SERVER", &yard.url())
        .env("PACKYARD_ADMIN_EMAIL", &yard.admin_email)
        .env("PACKYARD_ADMIN_PASSWORD", &yard.admin_password);
    let script = format!("set -e\n{}", script.replace("localhost:7225", &yard.host()));
    std::fs::write(folder.path().join("page.sh"), &script).unwrap();
    let out = shell.run("bash -e -o pipefail page.sh");
    assert!(
        out.status.success(),
        "{}:\n{script}\n{}\n{}",
        page.display(),
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn every_command_of_the_docs_works() {
    let mut ran = 0;
    for page in pages() {
        let script = script(&std::fs::read_to_string(&page).unwrap());
        if script.trim().is_empty() {
            continue;
        }
        run(&page, &script, &yard());
        ran += 1;
    }
    assert!(ran >= 1, "no page has a command");
    packyard_testkit::note(&format!("{ran} pages run"));
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
