//! Archives that are made to harm (oci.md section 5, attacks 23 to 25), given to the verbs that read and unpack files: each is
//! refused by its name, nothing is written outside, and no name paints the terminal. The reader has each of them in the tests
//! of packyard-pack, `pack pull` those that come from a registry.

use packyard_testkit::{Tar, gzip};
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, args: &[&str]) -> Output {
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    Command::new(env!("CARGO_BIN_EXE_packyard"))
        .args(args)
        .current_dir(folder)
        .env("TMPDIR", temporary)
        .output()
        .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Linted: refused with this code. Unpacked, for `pack diff`: refused too, and nothing is left.
#[track_caller]
fn refused(what: &str, bytes: &[u8], code: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.tar.gz"), bytes).unwrap();
    let linted = run(folder.path(), &["pack", "lint", "x.tar.gz"]);
    let text = String::from_utf8_lossy(&linted.stdout).into_owned();
    assert_eq!(linted.status.code(), Some(1), "{what}: {text}");
    assert!(text.contains(&format!("error[{code}]: ")) && text.contains(" = help: "), "{what}: {text}");
    assert!(text.lines().all(|line| !line.contains(|c: char| c.is_control())), "{what}: {text:?}");
    let compared = run(folder.path(), &["pack", "diff", "x.tar.gz", "x.tar.gz"]);
    let said = String::from_utf8_lossy(&compared.stderr).into_owned();
    assert!(compared.status.code() == Some(2) && said.contains("`x.tar.gz` cannot be read"), "{what}: {said}");
    assert!(said.lines().all(|line| !line.contains(|c: char| c.is_control())), "{what}: {said:?}");
    assert_eq!(names(folder.path()), ["tmp", "x.tar.gz"], "{what}");
    assert_eq!(names(&folder.path().join("tmp")), [""; 0], "{what}");
}

#[test]
fn attack_23_paths_that_leave_the_folder() {
    for path in ["../x", "p/../../x", "/tmp/x", "C:/x", "p\\..\\x"] {
        refused(path, &Tar::pack().file(path, b"x").gz(), "PACK011");
    }
    let long = Tar::pack().entry("long", b'L', "", b"p/../../../x\0").file("p/short", b"").gz();
    refused("a GNU long name", &long, "PACK011");
    refused("a pax path", &Tar::pack().pax(&[("path", b"/tmp/x")]).file("p/y", b"").gz(), "PACK011");
}

#[test]
fn attack_23_names_that_paint_or_hide() {
    for name in ["p/a\nb", "p/a\x1b[31mb", "p/a\u{202e}gnp.exe"] {
        refused(name, &Tar::pack().file(name, b"").gz(), "PACK011");
    }
    refused("NUL", &Tar::pack().pax(&[("path", b"p/a\0b")]).file("p/x", b"").gz(), "PACK011");
}

#[test]
fn attack_23_links_out_of_the_folder_and_writes_through_them() {
    for target in ["/etc/passwd", "../../x", ".."] {
        refused(target, &Tar::pack().symlink("p/link", target).gz(), "PACK012");
    }
    refused("a hard link out", &Tar::pack().hardlink("p/link", "../x").gz(), "PACK012");
    refused("a hard link to what comes later", &Tar::pack().hardlink("p/l", "x").file("x", b"").gz(), "PACK012");
    let through = Tar::pack().symlink("p/a", "charts").file("p/a/x", b"").gz();
    refused("a write through a link", &through, "PACK012");
    refused("a chain", &Tar::pack().symlink("p/a", ".").symlink("p/a/b", "..").gz(), "PACK012");
}

#[test]
fn attack_23_devices_and_collisions() {
    for kind in *b"346" {
        refused("a device", &Tar::pack().entry("p/x", kind, "", b"").gz(), "PACK013");
    }
    refused("twice", &Tar::pack().file("p/pack.json", b"{}").gz(), "PACK014");
    refused("another case", &Tar::pack().file("p/PACK.json", b"{}").gz(), "PACK014");
    refused("a sparse file", &Tar::pack().entry("p/x", b'S', "", b"").gz(), "PACK013");
}

#[test]
fn attack_24_bombs_and_floods() {
    let zeros = gzip(&vec![0; 20 << 20]);
    let mut several = Tar::pack().gz();
    several.extend_from_slice(&zeros);
    refused("a bomb of two members", &several, "PACK010");
    refused("a bomb in a pack", &Tar::pack().file("p/zeros", &vec![0; 40 << 20]).gz(), "PACK010");
    refused("packed twice", &gzip(&Tar::pack().gz()), "PACK015");
    let mut flood = Tar::pack();
    for n in 0..20_001 {
        flood = flood.file(&format!("p/{n}"), b"");
    }
    refused("entries without end", &flood.gz(), "PACK010");
    let mut sparse = Tar::pack();
    sparse.header(b"p/huge", b'0', "", 100 << 30 >> 4);
    refused("a file of 6 GiB that is not there", &gzip(&sparse.open()), "PACK010");
    let mut junk = Tar::pack().plain();
    junk.extend_from_slice(b"junk");
    refused("junk behind the end", &gzip(&junk), "PACK015");
    // 2 GiB of window, in a frame that promises nothing else.
    refused("a zstd window", &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0, 0], "PACK010");
}

#[test]
fn attack_25_identities_and_texts() {
    let with = |json: &str| Tar::default().file("p/pack.json", json.as_bytes()).gz();
    for (name, version) in [(".", "1.0.0"), ("..", "1.0.0"), ("a", "1.0/../../x"), ("a\u{1b}[31m", "1.0.0")] {
        let json = serde_json::json!({"name": name, "displayName": "x", "version": version, "layer": "addon"});
        refused(name, &with(&json.to_string()), "PACK005");
    }
    refused("no object", &with("[]"), "PACK002");
    refused("a wrong layer", &with(r#"{"name":"a","version":"1.0.0","layer":"\u001b[31m"}"#), "PACK004");
}

/// What is refused by no name is still harmless: a script is no logo, and aliases are never copied.
#[test]
fn attack_25_scripts_and_alias_bombs_are_just_odd() {
    let mut bomb = String::from("pack: {}\nm0: &m0 {k: v}\n");
    for n in 1..60 {
        bomb.push_str(&format!("m{n}: &m{n} {{x: *m{0}, y: *m{0}}}\n", n - 1));
    }
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let bytes = Tar::pack().file("p/values.yaml", bomb.as_bytes()).file("p/logo.png", svg).gz();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.tar.gz"), bytes).unwrap();
    let linted = run(folder.path(), &["pack", "lint", "x.tar.gz"]);
    let text = String::from_utf8_lossy(&linted.stdout).into_owned();
    assert_eq!(linted.status.code(), Some(0), "{text}");
    assert!(text.starts_with("warning[PACK170]: ") && text.ends_with("1 pack: 0 errors, 1 warning\n"), "{text}");
}
