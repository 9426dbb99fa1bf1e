//! Archives as people really make them.

use packyard_pack::archive::{Compression, read};
use packyard_pack::{ArchivedPack, ReadLimits, lint};
use packyard_testkit::{PackBuilder, gnu_tar};
use packyard_testkit::{Tar, gzip};
use std::process::Command;

fn take(bytes: &[u8]) -> ArchivedPack {
    read(bytes, &ReadLimits::PACK).unwrap_or_else(|error| panic!("{error}"))
}

fn builder() -> PackBuilder {
    PackBuilder::new("hello", "1.2.3").chart("web", "4.5.6").values(
        "pack:\n  namespace: x\n  content:\n    images:\n      - image: a/b:1\ncharts:\n  web:\n    replicas: 1\nmanifests:\n  app: {}\n",
    )
}

#[test]
fn a_sound_pack_has_no_findings_in_any_form() {
    let folder = builder().folder();
    let opened = packyard_pack::Pack::open(folder.path()).unwrap();
    assert_eq!(lint::check(&opened), []);
    for bytes in [gnu_tar(folder.path()), builder().archive()] {
        let read = take(&bytes);
        assert_eq!(lint::check(&read.pack), []);
        assert_eq!(read.compression, Compression::Gzip);
        assert_eq!(read.packed_bytes, bytes.len() as u64);
        assert_eq!(read.pack.files, opened.files);
        assert_eq!(read.pack.charts, opened.charts);
        assert_eq!(read.pack.manifests, opened.manifests);
        assert_eq!(read.pack.metadata, opened.metadata);
        assert_eq!(read.pack.values, opened.values);
    }
    assert_eq!(opened.charts.len(), 1);
    assert_eq!((opened.charts[0].name.as_str(), opened.charts[0].version.as_str()), ("web", "4.5.6"));
    assert_eq!(opened.charts[0].values.as_deref(), Some("replicas: 1\n"));
}

#[test]
fn the_top_folder_may_have_any_name_or_none() {
    let folder = builder().folder();
    let tar = |args: &[&str]| {
        let output = Command::new("tar").args(args).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    let names = |bytes: &[u8]| take(bytes).pack.files.into_iter().map(|f| f.path).collect::<Vec<_>>();
    let expected = names(&gnu_tar(folder.path()));
    assert_eq!(expected.len(), 6);
    let dot = tar(&["-czf", "-", "."]);
    assert_eq!((take(&dot).top_folder, names(&dot)), (None, expected.clone()));
    let glob = tar(&["-czf", "-", "pack.json", "values.yaml", "README.md", "logo.png", "manifests", "charts"]);
    assert_eq!((take(&glob).top_folder, names(&glob)), (None, expected.clone()));
    let renamed = tar(&["-czf", "-", "--transform", "s,^.,./Some Folder,", "."]);
    assert_eq!((take(&renamed).top_folder.as_deref(), names(&renamed)), (Some("Some Folder"), expected));
}

#[test]
fn every_tar_format_and_compression_is_read() {
    let folder = builder().file(&format!("docs/{}/x.md", "long".repeat(20)), "deep").folder();
    let parent = folder.path().parent().unwrap();
    for args in [
        &["--format=gnu", "-czf"][..],
        &["--format=pax", "-czf"],
        &["--format=ustar", "-cf"],
        &["--format=oldgnu", "-cf"],
        &["--zstd", "-cf"],
    ] {
        let output = Command::new("tar").args(args).args(["-", "hello"]).current_dir(parent).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let read = take(&output.stdout);
        assert_eq!(read.pack.files.len(), 7, "{args:?}");
        assert_eq!(lint::check(&read.pack), [], "{args:?}");
    }
}

#[test]
fn a_zstd_frame_with_a_huge_window_is_refused() {
    let folder = builder().file("big.bin", vec![7_u8; 20 << 20]).folder();
    let output = Command::new("sh")
        .args(["-c", "tar -cf - hello | zstd --long=27 -c"])
        .current_dir(folder.path().parent().unwrap())
        .output()
        .unwrap();
    let error = read(&output.stdout[..], &ReadLimits::PACK).unwrap_err();
    assert!(error.to_string().contains("zstd_window_bytes"), "{error}");
}

#[test]
fn gzip_of_several_members_is_one_stream() {
    let plain = Tar::pack().file("p/README.md", b"second member").plain();
    let mut bytes = gzip(&plain[..700]);
    bytes.extend_from_slice(&gzip(&plain[700..]));
    assert_eq!(take(&bytes).pack.readme.as_deref(), Some("second member"));
}

/// bsdtar by its name, where it is installed; what it writes on a Mac is below, byte by byte.
#[test]
fn what_bsd_tar_writes_is_read() {
    let folder = builder().file(&format!("docs/{}/x.md", "long".repeat(30)), "deep").folder();
    let parent = folder.path().parent().unwrap();
    for args in [&["-czf"][..], &["--format=ustar", "-cf"], &["--format=pax", "-czf"], &["--format=gnutar", "-cf"]] {
        let output = Command::new("bsdtar").args(args).args(["-", "hello"]).current_dir(parent).output();
        let Ok(output) = output else {
            packyard_testkit::note("bsdtar is not installed; what it writes is read from hand-made headers only");
            return;
        };
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let read = take(&output.stdout);
        assert_eq!((read.pack.files.len(), lint::check(&read.pack)), (7, vec![]), "{args:?}");
    }
}

/// The headers of bsdtar 3 on a Mac: pax for times with fractions and names beyond ASCII, the owner's name in full, `./` or
/// none, folders with their slash, and an AppleDouble file before each that has extended attributes.
#[test]
fn what_bsd_tar_on_a_mac_writes_is_read() {
    let json = br#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"]}"#;
    let times: &[(&str, &[u8])] = &[("mtime", b"1718000000.123456789"), ("LIBARCHIVE.creationtime", b"1717000000")];
    for top in ["", "./", "my pack/"] {
        let at = |name: &str| format!("{top}{name}");
        let mut tar = Tar::default();
        if !top.is_empty() {
            tar = tar.pax(times).folder(top);
        }
        let bytes = tar
            .pax(times)
            .file(&at("._pack.json"), b"\0\x05\x16\x07\0\x02\0\0Mac OS X")
            .pax(times)
            .file(&at("pack.json"), json)
            .pax(&[("path", at("docs/übersicht.md").as_bytes()), ("mtime", b"1.5")])
            .file(&at("docs/u.md"), b"# text")
            .pax(times)
            .file(&at("values.yaml"), b"pack: {}\n")
            .gz();
        let read = take(&bytes);
        let files: Vec<_> = read.pack.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["docs/übersicht.md", "pack.json", "values.yaml"], "{top:?}");
        assert_eq!(lint::check(&read.pack), []);
    }
}

#[test]
fn what_macs_leave_does_not_disturb() {
    let json = br#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"]}"#;
    let bytes = Tar::default()
        .entry("._p", b'0', "", b"\0\x05\x16\x07\0\x02")
        .pax(&[("LIBARCHIVE.xattr.com.apple.provenance", b"AQAA"), ("mtime", b"1700000000.5")])
        .folder("p/")
        .file("p/.DS_Store", b"\0\0\0\x01Bud1")
        .file("p/._pack.json", b"\0\x05\x16\x07")
        .pax(&[("SCHILY.xattr.com.apple.quarantine", b"0081;\n;x")])
        .file("p/pack.json", json)
        .file("p/values.yaml", b"")
        .file("__MACOSX/p/._values.yaml", b"\0")
        .gz();
    let read = take(&bytes);
    assert_eq!(read.pack.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["pack.json", "values.yaml"]);
    assert_eq!(lint::check(&read.pack), []);
}

#[test]
fn a_hard_link_to_an_earlier_file_is_that_file() {
    let bytes =
        Tar::pack().file("p/manifests/a.yaml", b"kind: A").hardlink("p/manifests/b.yaml", "p/manifests/a.yaml").gz();
    let texts: Vec<String> = take(&bytes).pack.manifests.into_iter().map(|m| m.text).collect();
    assert_eq!(texts, ["kind: A", "kind: A"]);
    let folder = builder().folder();
    std::fs::hard_link(folder.path().join("manifests/app.yaml"), folder.path().join("manifests/b.yaml")).unwrap();
    let read = take(&gnu_tar(folder.path()));
    assert_eq!(read.pack.manifests.len(), 2);
    assert!(read.pack.unread.is_empty() && read.pack.manifests[0].text == read.pack.manifests[1].text);
}

#[test]
fn git_archive_is_read() {
    let bytes = Tar::default()
        .entry("pax_global_header", b'g', "", b"52 comment=0123456789012345678901234567890123456789\n")
        .folder("p/")
        .file(
            "p/pack.json",
            br#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"]}"#,
        )
        .gz();
    assert_eq!(take(&bytes).pack.metadata.name, "p");
}
