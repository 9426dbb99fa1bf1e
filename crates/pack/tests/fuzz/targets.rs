//! One function for each parser of what anybody may send. Each takes bytes, must never panic, and asserts what must hold of
//! whatever it accepts. They use nothing but the crate's public face, so a cargo-fuzz target is one line around one of them.

use packyard_pack::archive::read;
use packyard_pack::helm::{IndexLimits, IndexReader, find, read_chart};
use packyard_pack::scaffold::{ChartSource, Source, draft};
use packyard_pack::schema::Format;
use packyard_pack::values::edit::{apply, remove, set, unapply, unset};
use packyard_pack::{Metadata, Pack, ReadLimits, lint, macros, yaml};
use serde_json::{Value, json};
use std::io::Write;

/// Small, so that a case ends soon whatever it unpacks to.
const LIMITS: ReadLimits = ReadLimits {
    archive_bytes: 1 << 20,
    unpacked_bytes: 8 << 20,
    file_bytes: 1 << 20,
    entries: 500,
    chart_bytes: 4 << 20,
    kept_bytes: 4 << 20,
    ..ReadLimits::PACK
};

/// An archive, packed or not.
pub(crate) fn archive(bytes: &[u8]) {
    match read(bytes, &LIMITS) {
        Ok(archived) => sound(&archived.pack),
        Err(error) => {
            assert!(error.findings().iter().any(|finding| finding.severity == packyard_pack::Severity::Error))
        }
    }
}

fn sound(pack: &Pack) {
    for file in &pack.files {
        let inside = !file.path.starts_with('/') && !file.path.split('/').any(|part| matches!(part, ".." | ""));
        assert!(inside, "{:?}", file.path);
    }
    let findings = [lint::check(pack), lint::check_pedantic(pack)].concat();
    mended(pack, &findings);
    for finding in findings {
        assert!(lint::rule(finding.code).is_some());
        let Some(place) = &finding.place else { continue };
        if let (Some(text), Some(line)) = (pack.text_of(&place.file), place.line) {
            assert!(line <= text.lines().count() + 2, "{finding:?}");
        }
    }
}

/// What is mended is still what it was, and needs no mending again.
fn mended(pack: &Pack, findings: &[lint::Finding]) {
    let fixes = lint::fix::fix(pack, findings);
    for (file, text) in &fixes.texts {
        if *file == "values.yaml" {
            assert!(yaml::parse(text).is_ok(), "{text:?}");
        } else {
            let (metadata, _) = Metadata::parse(text).unwrap();
            assert_eq!((&metadata.name, &metadata.version), (&pack.metadata.name, &pack.metadata.version));
            assert_eq!((&metadata.charts, &metadata.unknown), (&pack.metadata.charts, &pack.metadata.unknown));
        }
    }
}

/// pack.json.
pub(crate) fn metadata(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok((metadata, _)) = Metadata::parse(text) {
        assert!(!metadata.name.is_empty() && !metadata.tag().contains('+'));
        assert_eq!(metadata.text, text);
    }
    if let Ok(archived) = read(&tar_of(&[("p/pack.json", bytes), ("p/values.yaml", b"pack: {}\n")])[..], &LIMITS) {
        sound(&archived.pack);
    }
}

/// schema.yaml in a pack, and the format of one expression.
pub(crate) fn schema(bytes: &[u8]) {
    if let Ok(archived) = read(&pack_with("schema.yaml", bytes)[..], &LIMITS) {
        let values = archived.pack.parsed_values().unwrap();
        let violations = packyard_pack::schema::violations(&archived.pack.schema, &values, Some(&values));
        assert!(violations.iter().all(|violation| !violation.to_string().is_empty()));
        for entry in &archived.pack.schema {
            if let Some(format) = &entry.format {
                format.accepts("10.0.0.1");
            }
        }
        sound(&archived.pack);
    }
    if let Ok(format) = std::str::from_utf8(bytes).map_or(Err(()), |text| Format::parse(text).map_err(drop)) {
        format.accepts("1");
    }
}

/// presets.yaml in a pack; what it has is applied and taken back.
pub(crate) fn presets(bytes: &[u8]) {
    let values = "# about\npack:\n  namespace: a\ncharts:\n  web: {port: 1} # why\n  list:\n    - a: 1\n";
    let Ok(archived) = read(&pack_with("presets.yaml", bytes)[..], &LIMITS) else { return };
    for preset in archived.pack.presets.iter().take(4) {
        if let Ok(on) = apply(values, preset) {
            assert!(yaml::parse(&on).is_ok(), "{on:?}");
            assert_eq!(unapply(&on, preset, values).as_deref(), Ok(values));
        }
    }
    sound(&archived.pack);
}

/// A values.yaml, and behind a zero byte a path; the value there is set and removed, and a new one set and unset.
pub(crate) fn values_edit(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (text, path) = text.split_once('\0').unwrap_or((text, "charts.web.port"));
    for value in [json!("a: b"), json!({"k": [1, {"l": null}]}), Value::Null] {
        let Ok(after) = set(text, path, &value) else { continue };
        assert!(yaml::parse(&after).is_ok(), "{after:?}");
        let _ = unset(&after, path);
    }
    // Where nothing was, nothing is left; only a document that is null itself goes.
    let new = "brand-new.\"ke.y\"";
    let is_null = yaml::parse(text).is_ok_and(|document| document.root().is_null());
    if let (Ok(after), false) = (set(text, new, &json!(["x"])), is_null) {
        assert_eq!(unset(&after, new).as_deref(), Ok(text), "{after:?}");
    }
    if let Ok(after) = remove(text, path) {
        assert!(yaml::parse(&after).is_ok() && after.len() <= text.len() + 4, "{after:?}");
    }
}

/// A text with macros.
pub(crate) fn macro_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let found = macros::find(&text);
    let lines: Vec<&str> = text.lines().collect();
    for one in &found.macros {
        let line: String = lines[one.mark.line - 1].chars().skip(one.mark.column - 1).collect();
        assert!(line.starts_with(&one.text) && !one.references.is_empty(), "{one:?}");
        assert!(one.functions().iter().all(|name| one.text.contains(name)), "{one:?}");
        for reference in &one.references {
            assert!(reference.mark.column > one.mark.column && reference.mark.line == one.mark.line);
        }
    }
    for one in &found.unbalanced {
        assert!(one.mark.line <= lines.len());
    }
}

/// The index of a Helm repository.
pub(crate) fn helm_index(bytes: &[u8]) {
    let limits = IndexLimits { bytes: 1 << 16, entries: 100, value_bytes: 1 << 12, ..IndexLimits::HELM };
    let input = std::io::Cursor::new(bytes.to_vec());
    let entries: Vec<_> = IndexReader::new(input.clone(), &limits).map_while(Result::ok).collect();
    assert!(entries.len() <= 100 && entries.iter().all(|entry| entry.urls.len() <= 16));
    if let Ok(found) = find(IndexReader::new(input, &limits), "web", Some("^1")) {
        assert!(entries.contains(&found) && found.name == "web");
    }
}

/// A values.yaml and, behind a zero byte, a values.schema.json, of a chart that becomes a pack.
pub(crate) fn new_pack(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (values, schema) = bytes.split_at(at);
    let chart = b"apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: sub, condition: sub.on}]\n";
    let sub = b"name: sub\nversion: 1.0.0\nappVersion: 2.0.0\n";
    let files: [(&str, &[u8]); 5] = [
        ("web/Chart.yaml", chart),
        ("web/values.yaml", values),
        ("web/values.schema.json", schema.get(1..).unwrap_or_default()),
        ("web/charts/sub/Chart.yaml", sub),
        ("web/charts/sub/values.yaml", values),
    ];
    let mut archive = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    archive.write_all(&tar_of(&files)).unwrap();
    let archive = archive.finish().unwrap();
    let Ok(chart) = ChartSource::read(&mut &archive[..], &LIMITS) else { return };
    let source = Source::Chart(Box::new(chart));
    let Ok(draft) = draft(&source, &source.suggest(), None) else { return };
    let path = |path: &str| format!("p/{path}");
    let files: Vec<(String, &[u8])> = draft.files.iter().map(|(at, text)| (path(at), text.as_slice())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(at, text)| (at.as_str(), *text)).collect();
    let pack = read(&tar_of(&files)[..], &LIMITS).unwrap().pack;
    // The chart itself is not in this archive.
    let errors: Vec<_> = lint::check(&pack).into_iter().filter(|f| f.code != "PACK120").collect();
    assert!(errors.iter().all(|finding| finding.severity == packyard_pack::Severity::Warning), "{errors:?}");
    let kept = yaml::parse(&pack.values).unwrap();
    let kept = kept.root().get("charts").and_then(|charts| charts.get("web")).unwrap();
    let own = yaml::parse(std::str::from_utf8(values).unwrap()).unwrap();
    assert_eq!(kept.entries().count(), own.root().entries().count());
}

/// A values.yaml and, behind a zero byte, a manifest: everything that lint looks at.
pub(crate) fn whole_pack(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (values, manifest) = bytes.split_at(at);
    let manifest = manifest.get(1..).unwrap_or_default();
    let bytes = pack_of(&[("p/values.yaml", values), ("p/manifests/app.yaml", manifest)]);
    if let Ok(archived) = read(&bytes[..], &LIMITS) {
        sound(&archived.pack);
    }
}

fn pack_with(name: &str, text: &[u8]) -> Vec<u8> {
    pack_of(&[(&format!("p/{name}"), text), ("p/values.yaml", b"pack:\n  namespace: a\n")])
}

/// A plain tar of a pack with these files.
pub(crate) fn pack_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let json = br#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"],"kubeManifests":["manifests/app.yaml"]}"#;
    tar_of(&[&[("p/pack.json", &json[..])], files].concat())
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A chart's archive, as a sync of a Helm repository reads it.
pub(crate) fn helm_chart(bytes: &[u8]) {
    let limits = ReadLimits { text_bytes: 1 << 14, ..LIMITS };
    if let Ok(chart) = read_chart(bytes, &limits) {
        assert!(!chart.name.is_empty() && !chart.version.is_empty() && chart.values.len() <= 1 << 14);
    }
}
