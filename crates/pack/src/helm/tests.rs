use super::{FindError, IndexEntry, IndexError, IndexLimits, IndexReader, find};
use proptest::prelude::*;
use std::io::{self, Read};

const INDEX: &str = "\
apiVersion: v1
entries:
  nothing: []
  null-chart:
  odd: text
  web:
  - apiVersion: v2
    appVersion: \"1.16.0\"
    annotations: {a: b, list: \"x\"}
    created: \"2026-11-25T12:00:00Z\"
    dependencies:
    - name: redis
      version: 1.x
      urls: [no]
    description: A web server, \"quoted\"
    digest: 0123abcd
    name: other-than-the-key
    urls:
    - web-1.2.0.tgz
    - https://example.com/web-1.2.0.tgz
    version: 1.2.0
  - version: 2.0.0-rc.1
    urls: [web-2.0.0-rc.1.tgz]
    deprecated: true
  -
  - version: not a version
  - version: 1.10.0
    urls: [web-1.10.0.tgz]
  zoo:
  - version: 0.1.0
generated: \"2026-11-25T12:00:00Z\"
";

/// Gives a few bytes at a time, so that characters are cut.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(out.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn read(text: &'static [u8], limits: &IndexLimits) -> Result<Vec<IndexEntry>, IndexError> {
    IndexReader::new(text, limits).collect()
}

fn entries(text: &'static str) -> Vec<IndexEntry> {
    read(text.as_bytes(), &IndexLimits::HELM).unwrap()
}

#[test]
fn entries_come_one_after_the_other() {
    let all = entries(INDEX);
    let versions: Vec<_> = all.iter().map(|entry| format!("{} {}", entry.name, entry.version)).collect();
    assert_eq!(versions, ["web 1.2.0", "web 2.0.0-rc.1", "web not a version", "web 1.10.0", "zoo 0.1.0"]);
    let first = &all[0];
    assert_eq!(first.app_version.as_deref(), Some("1.16.0"));
    assert_eq!(first.description.as_deref(), Some("A web server, \"quoted\""));
    assert_eq!((first.digest.as_deref(), first.deprecated, all[1].deprecated), (Some("0123abcd"), false, true));
    assert_eq!(first.urls, ["web-1.2.0.tgz", "https://example.com/web-1.2.0.tgz"]);
    let json = r#"{"entries":{"web":[{"version":"1.0.0","urls":["a.tgz"],"x":{"y":[1]}}]},"apiVersion":"v1"}"#;
    assert_eq!(entries(json).len(), 1);
    assert_eq!(entries("\u{feff}apiVersion: v1\r\nentries: {}\r\n"), []);
    assert_eq!(entries("apiVersion: v1\n"), []);
}

#[test]
fn what_is_no_index_says_so() {
    for (text, expected) in [
        ("", "it is empty"),
        ("# only a comment\n", "it is empty"),
        ("- a\n", "not a map"),
        ("entries:\n- a\n", "`entries` is not a map"),
        ("entries:\n  web:\n  - version: [\n", "not YAML"),
        ("entries: {web: [{version: 1", "not YAML"),
        ("a: \0b\n", "not UTF-8 text"),
    ] {
        let error = read(text.as_bytes(), &IndexLimits::HELM).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
    let error = read(b"entries: {a: \xff\xfe}\n", &IndexLimits::HELM).unwrap_err().to_string();
    assert!(error.contains("not UTF-8"), "{error}");
    let error = read(b"a: \xc3", &IndexLimits::HELM).unwrap_err().to_string();
    assert!(error.contains("not UTF-8"), "{error}");
}

#[test]
fn every_limit_is_named() {
    let small = IndexLimits { bytes: 40, ..IndexLimits::HELM };
    assert_eq!(
        read(INDEX.as_bytes(), &small).unwrap_err().to_string(),
        "the index is over the limit helm.index_bytes = 40"
    );
    let few = IndexLimits { entries: 4, ..IndexLimits::HELM };
    assert!(read(INDEX.as_bytes(), &few).unwrap_err().to_string().contains("helm.index_entries = 4"));
    for endless in ["entries: \"", "entries: {web: [{version: ", "a: |\n ", "? ", "# ", "&"] {
        let text = io::Read::chain(endless.as_bytes(), io::repeat(b'a'));
        let limits = IndexLimits { value_bytes: 65_536, ..IndexLimits::HELM };
        let error = IndexReader::new(text, &limits).find_map(Result::err).unwrap().to_string();
        assert!(error.contains("helm.index_value_bytes = 65536"), "{endless}: {error}");
    }
    // What the parser holds until the end, however little of it there is at once.
    for (start, again, name) in [
        // Of what stands in brackets, the parser has a limit of its own.
        ("other: ", "[", "recursion limit exceeded"),
        ("other:\n  ", "- ", "helm.index_depth = 100"),
        ("entries:\n  web:\n  - ", "- ", "helm.index_depth = 100"),
        ("entries:\n  web:\n", "  - &a 1\n", "helm.index_anchors = 1000"),
        ("entries:\n  web:\n", "  - &a {&b version: &c [1]}\n", "helm.index_anchors = 1000"),
    ] {
        let text = format!("{start}{}", again.repeat(2_000));
        let error = IndexReader::new(io::Cursor::new(text), &IndexLimits::HELM).find_map(Result::err).unwrap();
        assert!(error.to_string().contains(name), "{again}: {error}");
    }
}

fn found(name: &str, version: Option<&str>) -> Result<String, String> {
    let index = IndexReader::new(INDEX.as_bytes(), &IndexLimits::HELM);
    find(index, name, version).map(|entry| entry.version).map_err(|error: FindError| error.to_string())
}

#[test]
fn the_version_is_the_one_helm_would_take() {
    for (version, expected) in [
        (None, "1.10.0"),
        (Some("1.2.0"), "1.2.0"),
        (Some("^1"), "1.10.0"),
        (Some("~1.2"), "1.2.0"),
        (Some("<1.10"), "1.2.0"),
        (Some(">0.0.0-0"), "2.0.0-rc.1"),
        (Some("2.0.0-rc.1"), "2.0.0-rc.1"),
    ] {
        assert_eq!(found("web", version).as_deref(), Ok(expected), "{version:?}");
    }
    let error = found("web", Some("^3")).unwrap_err();
    assert_eq!(
        error,
        "chart `web` has no version in the range `^3`; there are: 1.2.0, 2.0.0-rc.1, not a version, 1.10.0"
    );
    assert!(found("web", Some("latest")).unwrap_err().contains("not a range of versions"));
    assert_eq!(found("webb", None).unwrap_err(), "there is no chart `webb`; there are: web, zoo");
    assert_eq!(found("zoo-keeper", None).unwrap_err(), "there is no chart `zoo-keeper`; there are: zoo");
}

/// That a chart's versions are over is seen at the next chart; what is behind is not read.
#[test]
fn the_reading_ends_with_the_chart() {
    let index = "entries:\n  web:\n  - version: 1.0.0\n  zoo:\n  - version: 1.0.0\n  zoz: [}\n";
    let entry = find(IndexReader::new(index.as_bytes(), &IndexLimits::HELM), "web", None).unwrap();
    assert_eq!(entry.version, "1.0.0");
}

proptest! {
    #[test]
    fn it_does_not_matter_how_the_bytes_come(size in 1..9_usize, name in "[äöü€a-z😀]{1,9}") {
        let text: &'static str = String::leak(INDEX.replace("zoo", &name));
        let all: Result<Vec<_>, _> = IndexReader::new(Slow(text.as_bytes(), size), &IndexLimits::HELM).collect();
        prop_assert_eq!(all.unwrap(), entries(text));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(entries|urls|version|[a-c]|: |\n|  |- |\\[|\\]|\\{|\\}|,|#|'|\"|&a |\\*a|\\||>|---|!|%|\t|\r|ä){0,40}", size in 1..5_usize) {
        let text: &'static str = String::leak(text);
        let slow: Result<Vec<_>, _> = IndexReader::new(Slow(text.as_bytes(), size), &IndexLimits::HELM).collect();
        let fast = read(text.as_bytes(), &IndexLimits::HELM);
        prop_assert_eq!(slow.ok(), fast.ok());
    }
}
