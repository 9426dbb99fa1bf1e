//! docs/packs.md and the sample pack say what the code says.

use packyard_pack::{Pack, lint};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table() -> String {
    let mut out = String::from("| code | | what | why it matters | what to do |\n|---|---|---|---|---|\n");
    let cell = |text: &str| text.replace('|', "\\|");
    for rule in lint::RULES {
        let (title, explanation, fix) = (cell(rule.title), cell(rule.explanation), cell(rule.fix));
        let automatic = rule.automatic().map(|how| format!(" `--fix` {}.", cell(how))).unwrap_or_default();
        writeln!(out, "| {} | {} | {title} | {explanation} | {fix}{automatic} |", rule.code, rule.severity).unwrap();
    }
    out
}

#[test]
fn the_page_lists_every_finding() {
    let path = project().join("docs/packs.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let start = page.find("<!-- findings:").unwrap();
    let start = start + page[start..].find('\n').unwrap() + 1;
    let end = page.find("<!-- end of findings -->").unwrap();
    if std::env::var_os("PACKYARD_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{}{}{}", &page[..start], table(), &page[end..])).unwrap();
        return;
    }
    assert_eq!(&page[start..end], table(), "run this test with PACKYARD_UPDATE_DOCS=1");
}

#[test]
fn the_sample_pack_is_without_any_finding() {
    let pack = Pack::open(project().join("crates/packyard/sample-pack")).unwrap();
    assert_eq!(lint::check(&pack), []);
    assert!(pack.readme.is_some() && pack.logo.is_some());
    assert_eq!((pack.schema.len(), pack.presets.len(), pack.manifests.len()), (4, 4, 1));
    let values = pack.parsed_values().unwrap();
    assert_eq!(values.images().len(), 1);
    assert_eq!(values.enabled_presets().len(), 2);
    for entry in &pack.schema {
        let value = values.lookup(&entry.path).and_then(|node| node.text()).unwrap_or_default();
        assert!(entry.format.as_ref().is_none_or(|format| format.accepts(value)), "{}: {value}", entry.path);
    }
}
