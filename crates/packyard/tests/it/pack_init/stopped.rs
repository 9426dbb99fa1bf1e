//! Ctrl-C, or a polite end, while a chart is on its way.

use super::files::{Files, Instead};
use crate::ended;
use std::process::{Command, Stdio};

#[test]
fn ctrl_c_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (here, tmp) = (folder.path().join("here"), folder.path().join("tmp"));
    std::fs::create_dir_all(&here).unwrap();
    std::fs::create_dir_all(&tmp).unwrap();
    let index = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nentries: {web: [{version: 1.0.0, urls: [web.tgz]}]}\n";
    for (path, signal) in [("/index.yaml", "-INT"), ("/web.tgz", "-INT"), ("/web.tgz", "-TERM")] {
        let files = Files::odd(folder.path(), &[("/index.yaml", Instead::Answer(index)), (path, Instead::Stall)]);
        let child = Command::new(env!("CARGO_BIN_EXE_packyard"))
            .args(["pack", "init", "web", "--repo", &files.url, "--out", "made"])
            .current_dir(&here)
            .env("TMPDIR", &tmp)
            .env("NO_PROXY", "*")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        files.wait_for_stall();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let (code, text) = ended(child);
        assert_eq!(code, Some(130), "{path}: {text}");
        assert!(text.contains("interrupted; nothing was written"), "{path}: {text}");
        for left in [&here, &tmp] {
            assert_eq!(std::fs::read_dir(left).unwrap().count(), 0, "{path}: something was left in {}", left.display());
        }
    }
}
