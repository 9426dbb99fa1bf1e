//! What an archive can do to its reader: each attack has its own error, and memory stays flat.

use packyard_pack::archive::read;
use packyard_pack::{ArchiveError, ReadLimits};
use packyard_testkit::{Tar, gzip};
use std::io::{self, Read};

fn refused(bytes: &[u8]) -> ArchiveError {
    read(bytes, &ReadLimits::PACK).expect_err("the archive must be refused")
}

macro_rules! assert_refused {
    ($bytes:expr, $pattern:pat) => {{
        let error = refused(&$bytes);
        assert!(matches!(error, $pattern), "{error:?}");
        let findings = error.findings();
        assert!(
            !findings.is_empty() && findings.iter().any(|f| f.severity == packyard_pack::Severity::Error),
            "{findings:?}"
        );
    }};
}

#[test]
fn the_pack_the_attacks_start_from_is_sound() {
    let read = read(&Tar::pack().gz()[..], &ReadLimits::PACK).unwrap();
    assert_eq!((read.pack.metadata.name.as_str(), read.top_folder.as_deref()), ("p", Some("p")));
}

#[test]
fn paths_that_leave_the_folder() {
    assert_refused!(Tar::pack().file("../x", b"").gz(), ArchiveError::ParentPath(_));
    assert_refused!(Tar::pack().file("p/../../x", b"").gz(), ArchiveError::ParentPath(_));
    assert_refused!(Tar::pack().file("/etc/passwd", b"").gz(), ArchiveError::AbsolutePath(_));
    assert_refused!(Tar::pack().file("C:/x", b"").gz(), ArchiveError::AbsolutePath(_));
    assert_refused!(Tar::pack().pax(&[("path", b"/etc/passwd")]).file("p/x", b"").gz(), ArchiveError::AbsolutePath(_));
}

#[test]
fn names_that_show_something_else() {
    for name in ["p\\..\\x", "p/a\nb", "p/a\x1b[31mb", "p/a\u{202e}gnp.exe", "p/\u{7f}"] {
        assert_refused!(Tar::pack().file(name, b"").gz(), ArchiveError::BadName { .. });
    }
    assert_refused!(Tar::pack().pax(&[("path", b"p/a\0b")]).file("p/x", b"").gz(), ArchiveError::BadName { .. });
    assert_refused!(Tar::pack().pax(&[("path", b"p/\xff")]).file("p/x", b"").gz(), ArchiveError::BadName { .. });
    let shown = refused(&Tar::pack().file("p/a\x1b[31mb", b"").gz()).to_string();
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[test]
fn links_that_leave_the_folder() {
    for target in ["/etc/passwd", "../../x", "..", "../other/x", "C:/x"] {
        assert_refused!(Tar::pack().symlink("p/link", target).gz(), ArchiveError::LinkOutside { .. });
    }
    assert_refused!(Tar::pack().hardlink("p/link", "/etc/passwd").gz(), ArchiveError::LinkOutside { .. });
    assert_refused!(Tar::pack().hardlink("p/link", "../x").gz(), ArchiveError::LinkOutside { .. });
    assert_refused!(
        Tar::pack().hardlink("p/link", "p/later").file("p/later", b"").gz(),
        ArchiveError::HardLinkToNothing { .. }
    );
    assert_refused!(
        Tar::pack().pax(&[("linkpath", b"/etc/passwd")]).symlink("p/link", "x").gz(),
        ArchiveError::LinkOutside { .. }
    );
}

#[test]
fn writing_through_a_link() {
    assert_refused!(Tar::pack().symlink("p/a", "charts").file("p/a/x", b"").gz(), ArchiveError::BelowNoFolder { .. });
    assert_refused!(Tar::pack().symlink("p/a", ".").symlink("p/a/b", "..").gz(), ArchiveError::BelowNoFolder { .. });
    assert_refused!(Tar::pack().file("p/a", b"").file("p/a/x", b"").gz(), ArchiveError::BelowNoFolder { .. });
}

#[test]
fn a_link_inside_is_listed_and_not_followed() {
    let bytes = Tar::pack().file("p/a.md", b"text").symlink("p/README.md", "a.md").gz();
    let read = read(&bytes[..], &ReadLimits::PACK).unwrap();
    assert_eq!(read.pack.readme, None);
    let findings = packyard_pack::lint::check(&read.pack);
    let values = Tar::pack().file("p/other.yaml", b"pack: {}").symlink("p/values.yaml", "other.yaml").gz();
    let error = refused(&values);
    assert_eq!(error.findings()[0].code, "PACK012", "{error:?}");
    assert!(findings.iter().any(|f| f.code == "PACK171" && f.message.contains("link to `a.md`")), "{findings:?}");
}

#[test]
fn devices_pipes_and_sparse_files() {
    for (kind, word) in [
        (b'3', "character device"),
        (b'4', "block device"),
        (b'6', "named pipe"),
        (b'V', "volume label"),
        (b'Z', "unknown"),
    ] {
        let error = refused(&Tar::pack().entry("p/x", kind, "", b"").gz());
        assert!(matches!(error, ArchiveError::SpecialFile { kind, .. } if kind.contains(word)), "{error:?}");
    }
    assert_refused!(Tar::pack().entry("p/x", b'S', "", b"").gz(), ArchiveError::Sparse(_));
    assert_refused!(
        Tar::pack().pax(&[("GNU.sparse.realsize", b"107374182400")]).file("p/x", b"").gz(),
        ArchiveError::Sparse(_)
    );
}

#[test]
fn entries_that_hide_each_other() {
    assert_refused!(Tar::pack().file("p/pack.json", b"{}").gz(), ArchiveError::Duplicate(_));
    assert_refused!(Tar::pack().file("./p//pack.json", b"{}").gz(), ArchiveError::Duplicate(_));
    assert_refused!(Tar::pack().file("p/PACK.json", b"{}").gz(), ArchiveError::CaseCollision { .. });
    assert_refused!(
        Tar::pack().file("p/Charts/x", b"").file("p/charts/y", b"").gz(),
        ArchiveError::CaseCollision { .. }
    );
    assert_refused!(Tar::pack().file("p/x", b"").folder("p/x/").gz(), ArchiveError::Duplicate(_));
}

#[test]
fn headers_that_contradict_each_other() {
    assert_refused!(
        Tar::pack().pax(&[("size", b"512")]).file("p/x", b"abc").gz(),
        ArchiveError::SizeMismatch { header: 3, extended: 512, .. }
    );
    assert_refused!(
        Tar::pack().pax(&[("path", b"p/a"), ("path", b"p/b")]).file("p/x", b"").gz(),
        ArchiveError::Damaged(_)
    );
    assert_refused!(
        Tar::pack().entry("long", b'L', "", b"p/a\0").pax(&[("path", b"p/b")]).file("p/x", b"").gz(),
        ArchiveError::Damaged(_)
    );
    assert_refused!(
        Tar::pack().entry("global", b'g', "", b"12 path=p/a\n").file("p/x", b"").gz(),
        ArchiveError::Damaged(_)
    );
    assert_refused!(Tar::pack().entry("p/dir/", b'5', "", b"content").gz(), ArchiveError::Damaged(_));
    assert_refused!(
        Tar::pack().entry("pax", b'x', "", b"999 path=p/a\n").file("p/x", b"").gz(),
        ArchiveError::Damaged(_)
    );
    assert_refused!(Tar::pack().pax(&[("path", b"p/a")]).gz(), ArchiveError::Damaged(_));
}

#[test]
fn archives_that_stop_in_the_middle() {
    let whole = Tar::pack().file("p/values.yaml", &[b'#'; 5000]);
    let gz = whole.clone().gz();
    for cut in [gz.len() - 1, gz.len() - 8, gz.len() / 2, 12, 3] {
        let error = refused(&gz[..cut]);
        assert!(matches!(error, ArchiveError::Truncated(_) | ArchiveError::NotAnArchive(_)), "{cut}: {error:?}");
    }
    assert_refused!(whole.clone().open(), ArchiveError::Truncated(_));
    let plain = whole.plain();
    assert_refused!(plain[..1300], ArchiveError::Truncated(_));
    assert_refused!(plain[..2000], ArchiveError::Truncated(_));
}

#[test]
fn bytes_after_the_end() {
    let mut plain = Tar::pack().plain();
    plain.extend_from_slice(&Tar::pack().file("p/hidden", b"x").plain());
    assert_refused!(gzip(&plain), ArchiveError::TrailingData);
    let mut padded = Tar::pack().gz();
    padded.extend_from_slice(&[0; 100_000]);
    read(&padded[..], &ReadLimits::PACK).expect("zeros fill a block");
    padded.extend_from_slice(&Tar::pack().file("p/hidden", b"x").gz());
    assert_refused!(padded, ArchiveError::Damaged(_));
    let mut junk = Tar::pack().gz();
    junk.extend_from_slice(b"junk after the last member");
    assert!(matches!(refused(&junk), ArchiveError::Damaged(_) | ArchiveError::Truncated(_)));
}

#[test]
fn one_flipped_bit() {
    let gz = Tar::pack().file("p/values.yaml", b"pack: {}\n").gz();
    for at in [gz.len() / 2, gz.len() - 6, gz.len() - 2] {
        let mut flipped = gz.clone();
        flipped[at] ^= 0x10;
        assert!(read(&flipped[..], &ReadLimits::PACK).is_err(), "bit at {at}");
    }
}

#[test]
fn things_that_are_no_archives_are_named() {
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04zip", "zip"),
        (b"<!DOCTYPE html><html>rate limited</html>", "web page"),
        (b"{\"errors\":[]}", "JSON"),
        (b"\xfd7zXZ\0xz", "xz"),
        (&[7; 2000], "no tar header"),
    ] {
        let error = refused(bytes);
        assert!(matches!(&error, ArchiveError::NotAnArchive(what) if what.contains(word)), "{word}: {error:?}");
    }
    assert_refused!(gzip(b"<html>"), ArchiveError::NotAnArchive(_));
}

/// Yields zeros for ever, counting.
struct Zeros<'a>(&'a mut u64);

impl Read for Zeros<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        buf.fill(0);
        *self.0 += buf.len() as u64;
        Ok(buf.len())
    }
}

#[test]
fn an_endless_archive_stops_at_the_limit() {
    let mut taken = 0;
    let endless = Tar::pack().plain();
    let error = read(endless.chain(Zeros(&mut taken)), &ReadLimits::PACK).unwrap_err();
    assert!(matches!(error, ArchiveError::Limit { limit: "archive_bytes", .. }), "{error:?}");
    assert!(taken < ReadLimits::PACK.archive_bytes + (1 << 20));
}

trait ChainPlain {
    fn chain<'a>(&'a self, zeros: Zeros<'a>) -> io::Chain<&'a [u8], Zeros<'a>>;
}

impl ChainPlain for Vec<u8> {
    fn chain<'a>(&'a self, zeros: Zeros<'a>) -> io::Chain<&'a [u8], Zeros<'a>> {
        Read::chain(self.as_slice(), zeros)
    }
}

/// 1000:1, the best that gzip does.
fn bomb(bytes: u64) -> Vec<u8> {
    let mut tar = Tar::pack();
    tar.header(b"p/zeros", b'0', "", bytes);
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    io::copy(&mut &tar.open()[..], &mut out).unwrap();
    let mut written = 0;
    io::copy(&mut Zeros(&mut written).take(bytes), &mut out).unwrap();
    out.finish().unwrap()
}

#[test]
fn bombs_run_into_a_named_limit() {
    let error = refused(&bomb(100 << 20));
    assert!(matches!(error, ArchiveError::Limit { limit: "ratio", .. }), "{error:?}");
    assert!(error.to_string().contains("ratio = 200"), "{error}");

    let small = ReadLimits { unpacked_bytes: 1 << 20, ..ReadLimits::PACK };
    let error = read(&bomb(2 << 20)[..], &small).unwrap_err();
    assert!(matches!(error, ArchiveError::Limit { limit: "unpacked_bytes", .. }), "{error:?}");

    let error = refused(&{
        let mut tar = Tar::pack();
        tar.header(b"p/huge", b'0', "", 100 << 30 >> 4);
        gzip(&tar.open())
    });
    assert!(matches!(error, ArchiveError::Limit { limit: "file_bytes", .. }), "{error:?}");
}

#[test]
fn a_bomb_of_several_members_is_one_bomb() {
    let zeros = gzip(&vec![0; 1 << 20]);
    let mut bytes = Tar::pack().gz();
    for _ in 0..64 {
        bytes.extend_from_slice(&zeros);
    }
    assert_refused!(bytes, ArchiveError::Limit { limit: "ratio", .. });
}

/// oci.md attack 24: what is packed twice is not unpacked twice.
#[test]
fn an_archive_packed_twice_is_no_archive() {
    assert_refused!(gzip(&Tar::pack().gz()), ArchiveError::NotAnArchive(_));
    assert_refused!(gzip(&bomb(50 << 20)), ArchiveError::NotAnArchive(_));
}

#[test]
fn a_bomb_inside_a_chart_costs_only_the_chart() {
    let tar = Tar::pack().file("p/charts/a.tgz", &bomb(100 << 20)).file("p/README.md", b"after it");
    let read = read(&tar.gz()[..], &ReadLimits::PACK).unwrap();
    assert_eq!(read.pack.readme.as_deref(), Some("after it"));
    assert!(read.pack.unread.iter().any(|u| u.path == "charts/a.tgz" && u.reason.to_string().contains("ratio")));
}

#[test]
fn too_many_too_deep_too_long() {
    let few = ReadLimits { entries: 10, ..ReadLimits::PACK };
    let many = (0..20).fold(Tar::pack(), |tar, n| tar.file(&format!("p/{n}"), b""));
    assert!(matches!(read(&many.gz()[..], &few), Err(ArchiveError::Limit { limit: "entries", .. })));
    let deep = format!("p{}", "/d".repeat(40));
    assert_refused!(Tar::pack().file(&deep, b"").gz(), ArchiveError::Limit { limit: "depth", .. });
    let long = format!("p/{}", "n".repeat(2000));
    assert_refused!(
        Tar::pack().pax(&[("path", long.as_bytes())]).file("p/x", b"").gz(),
        ArchiveError::Limit { limit: "path_bytes", .. }
    );
    let huge = vec![b'a'; 70 << 10];
    assert_refused!(
        Tar::pack().pax(&[("comment", &huge)]).file("p/x", b"").gz(),
        ArchiveError::Limit { limit: "extended_header_bytes", .. }
    );
}

#[test]
fn names_cannot_fill_the_memory() {
    let mut tar = Tar::pack();
    for n in 0..9_500 {
        let path = format!("p/{n:05}{}", "n".repeat(900));
        tar = tar.pax(&[("path", path.as_bytes())]).file("p/x", b"");
    }
    assert_refused!(tar.plain(), ArchiveError::Limit { limit: "names_bytes", .. });
}

#[test]
fn a_text_of_the_pack_over_its_limit_is_named() {
    let limits = ReadLimits { text_bytes: 1000, ..ReadLimits::PACK };
    let tar = Tar::pack().file("p/values.yaml", &[b'#'; 1001]).gz();
    let error = read(&tar[..], &limits).unwrap_err();
    assert!(error.to_string().contains("values.yaml is larger than 1000 bytes (limit text_bytes)"), "{error}");
}

#[test]
fn no_pack_json_or_several() {
    let near = Tar::default().file("a/b/pack.json", b"{}").gz();
    assert!(refused(&near).to_string().contains("there is `a/b/pack.json`"));
    assert_refused!(Tar::default().file("a/x", b"").gz(), ArchiveError::NoPackJson { found: None });
    assert_refused!(
        Tar::default().file("a/pack.json", b"{}").file("b/pack.json", b"{}").gz(),
        ArchiveError::SeveralPacks { .. }
    );
}

#[test]
fn identities_that_cannot_be_published() {
    for (name, version) in [
        (".", "1.0.0"),
        ("..", "1.0.0"),
        ("a/b", "1.0.0"),
        ("A", "1.0.0"),
        ("a", "1.0/../../x"),
        ("a", ".1"),
        ("a", "1 0"),
    ] {
        let json = format!(r#"{{"name":"{name}","displayName":"x","version":"{version}","layer":"addon"}}"#);
        let error = refused(&Tar::default().file("p/pack.json", json.as_bytes()).gz());
        let ArchiveError::Invalid(findings) = &error else { panic!("{error:?}") };
        assert!(findings.iter().any(|f| f.code == "PACK005" && f.place.is_some()), "{name} {version}: {findings:?}");
    }
}

#[test]
fn a_yaml_alias_bomb_is_just_a_small_file() {
    let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for n in 1..60 {
        text.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(",")));
    }
    text.push_str("m0: &m0 {k: 1}\n");
    for n in 1..60 {
        text.push_str(&format!("m{n}: &m{n} {{<<: [*m{0}, *m{0}]}}\n", n - 1));
    }
    text.push_str("charts:\n  <<: *m59\npack: {}\n");
    let read = read(&Tar::pack().file("p/values.yaml", text.as_bytes()).gz()[..], &ReadLimits::PACK).unwrap();
    let started = std::time::Instant::now();
    let values = read.pack.parsed_values().unwrap();
    assert_eq!(values.lookup("charts.k").and_then(|node| node.text()), Some("1"));
    assert!(values.lookup("charts.absent").is_none());
    packyard_pack::lint::check(&read.pack);
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_yaml_alias_bomb_of_maps_is_just_a_small_file() {
    let mut bomb = String::from("m0: &m0 {k: {image: a/b:1}}\n");
    for n in 1..60 {
        bomb.push_str(&format!("m{n}: &m{n} {{x: *m{0}, y: *m{0}}}\n", n - 1));
    }
    let values = format!("pack: {{content: {{images: [{{image: c/d:1}}]}}}}\n{bomb}");
    let preset =
        format!("presets:\n- name: p\n  group: g\n  add: |\n    {}\n", bomb.trim_end().replace('\n', "\n    "));
    let tar = Tar::pack().file("p/values.yaml", values.as_bytes()).file("p/presets.yaml", preset.as_bytes());
    let read = read(&tar.gz()[..], &ReadLimits::PACK).unwrap();
    assert_eq!(read.pack.presets.len(), 1);
    let codes: Vec<_> = packyard_pack::lint::check(&read.pack).iter().map(|f| f.code).collect();
    assert!(codes.contains(&"PACK181"), "{codes:?}");
}

/// Has an error before its end, as a transfer has whose digest is wrong; it is told once.
struct Broken<'a> {
    bytes: &'a [u8],
    told: &'a std::cell::Cell<bool>,
}

impl Read for Broken<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() && !self.told.replace(true) {
            return Err(io::Error::other("the digest is wrong"));
        }
        self.bytes.read(buf)
    }
}

#[test]
fn an_error_of_the_source_is_reported_as_such() {
    use packyard_pack::archive::{UnpackError, unpack};
    let sound = packyard_testkit::PackBuilder::new("hello", "1.0.0").archive();
    for at in (0..sound.len()).step_by(5) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        let told = std::cell::Cell::new(false);
        let error = read(Broken { bytes: &bytes, told: &told }, &ReadLimits::PACK).unwrap_err();
        assert!(!told.get() || matches!(error, ArchiveError::Io(_)), "byte {at}: {error:?}");
        told.set(false);
        let folder = tempfile::tempdir().unwrap();
        let broken = Broken { bytes: &bytes, told: &told };
        let error = unpack(broken, &ReadLimits::PACK, &folder.path().join("in")).unwrap_err();
        let is_io = matches!(error, UnpackError::Archive(ArchiveError::Io(_)));
        assert!(!told.get() || is_io, "unpacking, byte {at}: {error:?}");
    }
}
