//! Unpacking: what comes out is what was put in, and nothing gets out of the folder (oci.md section 5, attacks 23 to 25).

use packyard_pack::archive::{LeftOut, UnpackError, Unpacked, unpack};
use packyard_pack::{ArchiveError, Pack, ReadLimits};
use packyard_testkit::PackBuilder;
use packyard_testkit::{Tar, gzip};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Unpacks into `yard/in` beside a file that nothing may touch, and says that nothing did.
fn in_yard(bytes: &[u8], limits: &ReadLimits) -> (tempfile::TempDir, Result<Unpacked, UnpackError>) {
    let yard = tempfile::tempdir().unwrap();
    fs::write(yard.path().join("sentinel"), "untouched").unwrap();
    let result = unpack(bytes, limits, &yard.path().join("in"));
    let mut beside: Vec<_> = fs::read_dir(yard.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    beside.sort();
    assert_eq!(beside, ["in", "sentinel"], "something was written beside the folder");
    assert_eq!(fs::read_to_string(yard.path().join("sentinel")).unwrap(), "untouched");
    (yard, result)
}

/// Every file below a folder with its text; panics at anything that is neither file nor folder.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                open.push(entry.path());
            } else {
                assert!(kind.is_file(), "{}", entry.path().display());
                let inner = entry.path().strip_prefix(folder).unwrap().display().to_string();
                found.insert(inner, String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned());
            }
        }
    }
    found
}

#[test]
fn what_was_archived_comes_back() {
    let builder = PackBuilder::new("hello", "1.0.0").chart("web", "1.2.3").file("deep/er/x.bin", [0, 159, 146, 150]);
    let folder = builder.folder();
    fs::set_permissions(folder.path().join("deep/er/x.bin"), fs::Permissions::from_mode(0o755)).unwrap();
    for archive in [builder.gnu_tar(), packyard_testkit::gnu_tar(folder.path()), builder.archive()] {
        let (yard, result) = in_yard(&archive, &ReadLimits::PACK);
        let unpacked = result.unwrap();
        assert_eq!(tree(&unpacked.root), tree(folder.path()));
        assert_eq!((unpacked.files, &unpacked.left_out), (tree(folder.path()).len(), &Vec::new()));
        assert_eq!(Pack::open(&unpacked.root).unwrap().metadata, unpacked.archived.pack.metadata);
        assert!(unpacked.root.starts_with(yard.path().join("in")));
    }
    let (_yard, result) = in_yard(&packyard_testkit::gnu_tar(folder.path()), &ReadLimits::PACK);
    let mode =
        |path: &str| fs::metadata(result.as_ref().unwrap().root.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_ne!(mode("deep/er/x.bin") & 0o100, 0);
    assert_eq!(mode("pack.json") & 0o111, 0);
}

#[test]
fn without_a_top_folder_the_folder_itself_is_the_pack() {
    let json = br#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"]}"#;
    let tar = Tar::default().folder("./").file("./pack.json", json).file("./._pack.json", b"mac").file("./a/b", b"c");
    let (yard, result) = in_yard(&tar.gz(), &ReadLimits::PACK);
    let unpacked = result.unwrap();
    assert_eq!(unpacked.root, yard.path().join("in"));
    assert_eq!(tree(&unpacked.root).keys().collect::<Vec<_>>(), ["a/b", "pack.json"]);
}

#[test]
fn attack_23_nothing_leaves_the_folder() {
    for (what, tar) in [
        ("parent", Tar::pack().file("../x", b"evil")),
        ("deep parent", Tar::pack().file("p/../../x", b"evil")),
        ("absolute", Tar::pack().file("/tmp/packyard-unpack-evil", b"evil")),
        ("pax path", Tar::pack().pax(&[("path", b"../x")]).file("p/x", b"evil")),
        ("gnu long name", Tar::pack().entry("long", b'L', "", b"../x\0").file("p/x", b"evil")),
        ("through a link", Tar::pack().symlink("p/a", "..").file("p/a/x", b"evil")),
        ("through a link out", Tar::pack().symlink("p/a", "../..").file("p/a/x", b"evil")),
        ("chain of links", Tar::pack().symlink("p/a", ".").symlink("p/a/b", "..").file("p/a/b/x", b"evil")),
        ("link over a file", Tar::pack().symlink("p/a", "/etc/passwd").file("p/a", b"evil")),
        ("hard link out", Tar::pack().hardlink("p/x", "../sentinel")),
        ("hard link absolute", Tar::pack().hardlink("p/x", "/etc/passwd")),
        ("hard link by cwd", Tar::pack().hardlink("p/x", "Cargo.toml")),
        ("hard link to a link", Tar::pack().symlink("p/a", "pack.json").hardlink("p/x", "p/a")),
        ("device", Tar::pack().entry("p/x", b'3', "", b"")),
        ("pipe", Tar::pack().entry("p/x", b'6', "", b"")),
        ("backslash", Tar::pack().file("p\\..\\..\\x", b"evil")),
        ("escape", Tar::pack().file("p/\x1b[31m", b"evil")),
        ("case", Tar::pack().file("p/Pack.json", b"evil")),
        ("twice", Tar::pack().file("p/a", b"1").file("p/a", b"2")),
        ("sparse", Tar::pack().pax(&[("GNU.sparse.realsize", b"107374182400")]).file("p/x", b"")),
    ] {
        let (_yard, result) = in_yard(&tar.gz(), &ReadLimits::PACK);
        assert!(matches!(result, Err(UnpackError::Archive(_))), "{what}: {result:?}");
    }
    assert!(!Path::new("/tmp/packyard-unpack-evil").exists());
}

#[test]
fn links_inside_become_copies_or_are_left_out() {
    let tar = Tar::pack()
        .file("p/a.md", b"text")
        .symlink("p/README.md", "a.md")
        .symlink("p/docs/b.md", "../a.md")
        .symlink("p/chain", "README.md")
        .symlink("p/nowhere", "gone")
        .hardlink("p/second", "p/a.md");
    let (_yard, result) = in_yard(&tar.gz(), &ReadLimits::PACK);
    let unpacked = result.unwrap();
    let files = tree(&unpacked.root);
    for path in ["README.md", "docs/b.md", "second", "a.md"] {
        assert_eq!(files.get(path).map(String::as_str), Some("text"), "{path}");
    }
    let left = |path: &str, target: &str| LeftOut { path: path.into(), target: target.into() };
    assert_eq!(unpacked.left_out, [left("chain", "README.md"), left("nowhere", "gone")]);
    assert_eq!((unpacked.files, files.len()), (5, 5));
}

#[test]
fn setuid_and_sticky_bits_are_dropped() {
    let folder = PackBuilder::new("hello", "1.0.0").file("run", "x").folder();
    fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o7777)).unwrap();
    let (_yard, result) = in_yard(&packyard_testkit::gnu_tar(folder.path()), &ReadLimits::PACK);
    let mode = fs::metadata(result.unwrap().root.join("run")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7022, 0, "{mode:o}");
}

#[test]
fn attack_24_limits_hold_on_disk_too() {
    let small = ReadLimits { unpacked_bytes: 64 << 10, ..ReadLimits::PACK };
    let limit_of = |bytes: &[u8], limits: &ReadLimits| match in_yard(bytes, limits).1 {
        Err(UnpackError::Archive(ArchiveError::Limit { limit, .. })) => limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(limit_of(&Tar::pack().file("p/zeros", &vec![0; 128 << 10]).gz(), &small), "unpacked_bytes");
    // Each copy of a link takes room again.
    let tar = (0..4).fold(Tar::pack().file("p/a", &[7; 20 << 10]), |tar, n| tar.hardlink(&format!("p/h{n}"), "p/a"));
    assert_eq!(limit_of(&tar.clone().gz(), &small), "unpacked_bytes");
    let tar = (0..4).fold(Tar::pack().file("p/a", &[7; 20 << 10]), |tar, n| tar.symlink(&format!("p/s{n}"), "a"));
    assert_eq!(limit_of(&tar.gz(), &small), "unpacked_bytes");
    let few = ReadLimits { entries: 10, ..ReadLimits::PACK };
    assert_eq!(limit_of(&(0..20).fold(Tar::pack(), |tar, n| tar.file(&format!("p/{n}"), b"")).gz(), &few), "entries");
    let mut members = Tar::pack().gz();
    (0..32).for_each(|_| members.extend_from_slice(&gzip(&vec![0; 1 << 20])));
    assert_eq!(limit_of(&members, &ReadLimits::PACK), "ratio");
}

#[test]
fn attack_25_identities_that_are_no_names() {
    for (name, version) in [(".", "1.0.0"), ("..", "1.0.0"), ("p", "1.0/../../x"), ("p/q", "1.0.0"), ("p", "..")] {
        let json = format!(r#"{{"name":"{name}","displayName":"P","version":"{version}","layer":"addon"}}"#);
        let (_yard, result) = in_yard(&Tar::default().file("p/pack.json", json.as_bytes()).gz(), &ReadLimits::PACK);
        assert!(matches!(result, Err(UnpackError::Archive(ArchiveError::Invalid(_)))), "{name} {version}: {result:?}");
    }
}

#[test]
fn a_chart_that_cannot_be_read_is_still_written_whole() {
    let tar = Tar::pack().file("p/charts/broken-1.0.0.tgz", b"this is no chart, but it is the pack's file");
    let (_yard, result) = in_yard(&tar.gz(), &ReadLimits::PACK);
    let text = tree(&result.unwrap().root).remove("charts/broken-1.0.0.tgz").unwrap();
    assert_eq!(text, "this is no chart, but it is the pack's file");
}

#[test]
fn the_folder_must_be_new() {
    let yard = tempfile::tempdir().unwrap();
    let result = unpack(&Tar::pack().gz()[..], &ReadLimits::PACK, yard.path());
    assert!(matches!(result, Err(UnpackError::Write { .. })), "{result:?}");
}

#[test]
fn every_real_pack_comes_back() {
    let Some(packs) = packyard_testkit::real_packs() else {
        packyard_testkit::skip_without_shared("every_real_pack_comes_back", "../shared/packs");
        return;
    };
    for pack in packs {
        let mut archive = Vec::new();
        packyard_pack::archive::write(&pack, &mut archive, &packyard_pack::WriteOptions::default()).unwrap();
        let (_yard, result) = in_yard(&archive, &ReadLimits::PACK);
        let unpacked = result.unwrap();
        let listed: Vec<String> = Pack::open(&pack).unwrap().files.into_iter().map(|file| file.path).collect();
        let found: Vec<String> = tree(&unpacked.root).into_keys().collect();
        let mut listed_sorted = listed;
        listed_sorted.sort();
        assert_eq!(found, listed_sorted, "{}", pack.display());
        let mut again = Vec::new();
        packyard_pack::archive::write(&unpacked.root, &mut again, &packyard_pack::WriteOptions::default()).unwrap();
        assert!(again == archive, "{}: unpacked and archived again it is another archive", pack.display());
    }
}

/// oci.md attack 23: who unpacks a pack gets no program that runs as somebody else.
#[test]
fn a_setuid_file_loses_the_bit() {
    let tar = Tar::pack().file("p/values.yaml", b"pack: {}").file("p/run.sh", b"#!/bin/sh").mode(b"0006755\0").gz();
    let (_yard, result) = in_yard(&tar, &ReadLimits::PACK);
    let mode = fs::metadata(result.unwrap().root.join("run.sh")).unwrap().permissions().mode();
    assert_eq!((mode & 0o7000, mode & 0o100), (0, 0o100), "{mode:o}");
}
