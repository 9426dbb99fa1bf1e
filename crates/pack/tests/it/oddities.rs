//! The irregularities of real packs, each with the treatment it gets: taken silently (A), warned about (W), refused (E).
//! The numbers are those of palette.md section 1.10.

use packyard_pack::metadata::State;
use packyard_pack::{Finding, Pack, Severity, lint};
use packyard_testkit::Tar;
use packyard_testkit::{PNG, PackBuilder};
use serde_json::json;

fn open(builder: &PackBuilder) -> Pack {
    Pack::open(builder.folder().path()).unwrap_or_else(|error| panic!("{error}"))
}

fn findings(builder: &PackBuilder) -> Vec<Finding> {
    lint::check(&open(builder))
}

fn base() -> PackBuilder {
    PackBuilder::new("hello", "1.2.3")
}

#[track_caller]
fn accepted(builder: &PackBuilder) {
    assert_eq!(findings(builder), []);
}

/// Exactly one finding, a warning.
#[track_caller]
fn warned(builder: &PackBuilder, code: &str, place: &str, part: &str) {
    let findings = findings(builder);
    let [one] = findings.as_slice() else { panic!("{findings:#?}") };
    let shown = one.place.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!((one.code, one.severity, shown.as_str()), (code, Severity::Warning, place), "{one:?}");
    assert!(one.message.contains(part) && one.hint.is_some(), "{one:?}");
}

/// The pack cannot be loaded, or is loaded and has an error.
#[track_caller]
fn refused(builder: &PackBuilder, code: &str, place: &str) {
    let findings = match Pack::open(builder.folder().path()) {
        Ok(pack) => {
            assert!(!lint::Report::of(&pack).is_acceptable());
            lint::check(&pack)
        }
        Err(error) => error.findings(),
    };
    let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
    let [one] = errors.as_slice() else { panic!("{findings:#?}") };
    let shown = one.place.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!((one.code, shown.as_str()), (code, place), "{one:?}");
}

#[test]
fn n01_a_folder_of_any_name() {
    let bytes = Tar::default()
        .file(
            "Something_else-v9/pack.json",
            br#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"]}"#,
        )
        .file("Something_else-v9/values.yaml", b"")
        .gz();
    let read = packyard_pack::archive::read(&bytes[..], &Default::default()).unwrap();
    assert_eq!((read.pack.metadata.name.as_str(), lint::check(&read.pack)), ("p", vec![]));
}

#[test]
fn n02_to_n04_versions_that_are_not_semver() {
    let version = |text: &str| base().set("version", json!(text));
    warned(&version("v1.8.7"), "PACK101", "pack.json:4:3", "`v1.8.7` starts with `v`");
    warned(&version("1.5"), "PACK102", "pack.json:4:3", "`1.5`");
    warned(&version("26.02.0"), "PACK103", "pack.json:4:3", "`26.02.0`");
    warned(&version("latest"), "PACK104", "pack.json:4:3", "`latest`");
    accepted(&version("2.0.2-up.4"));
    accepted(&version("0.30.0-5.5.2026"));
}

#[test]
fn n05_repository_and_tag_that_differ() {
    let pack = open(&base());
    assert_eq!(lint::check_reference(&pack, "team/spectro-packs/archive/hello", "1.2.3"), []);
    let codes =
        |repository, tag| lint::check_reference(&pack, repository, tag).iter().map(|f| f.code).collect::<Vec<_>>();
    assert_eq!(codes("a/spectro-packs/archive/other", "1.2.3"), ["PACK131"]);
    assert_eq!(codes("a/spectro-packs/archive/hello", "latest"), ["PACK130"]);
    let plus = open(&base().set("version", json!("1.2.3+build.5")));
    assert_eq!(lint::check_reference(&plus, "hello", "1.2.3_build.5"), []);
}

#[test]
fn n06_n07_readme_and_logo() {
    accepted(&base().without("README.md").without("logo.png"));
    let jpeg = base().file("logo.png", b"\xff\xd8\xff\xe0jpeg");
    accepted(&jpeg);
    assert_eq!(open(&jpeg).logo.unwrap().media_type, "image/jpeg");
    assert_eq!(open(&base()).logo.unwrap().bytes, PNG);
    warned(&base().file("logo.png", "<svg onload='x()'/>"), "PACK170", "logo.png", "no PNG");
    assert_eq!(
        open(&base().without("README.md").set("readme", json!("## inline"))).readme.as_deref(),
        Some("## inline")
    );
}

#[test]
fn n08_n09_empty_values_and_values_without_pack_map() {
    accepted(&base().values(""));
    accepted(&base().values("# only a comment\n"));
    warned(&base().values("\nmanifests:\n  app: {}\n"), "PACK140", "values.yaml:2:1", "no `pack` map");
    warned(&base().without("values.yaml"), "PACK144", "values.yaml", "missing");
    let misnamed = findings(&base().without("values.yaml").file("values.yml", "pack: {}\n"));
    assert_eq!(misnamed[0].hint.as_deref(), Some("Rename `values.yml`: only `values.yaml` is read."), "{misnamed:?}");
}

const CHART_VALUES: &str = "pack:\n  namespace: x\ncharts:\n  web: {}\n";

#[test]
fn n10_n12_unpacked_copies_and_leftovers() {
    let pack = base()
        .chart("web", "1.0.0")
        .values(CHART_VALUES)
        .file("charts/web/Chart.yaml", "name: web\nversion: 1.0.0\n")
        .file("charts/web/charts/sub-1.0.0.tgz", "not even an archive")
        .file("charts/web/.helmignore", "*.md\n")
        .file("charts/old-0.9.0.tgz", "undeclared and broken")
        .file("charts/web-1.0.0.tgz.orig", "x")
        .file("charts/.DS_Store", "x")
        .file("._README.md", "x");
    accepted(&pack);
    assert_eq!(open(&pack).charts.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["charts/web-1.0.0.tgz"]);
}

#[test]
fn n11_a_declared_file_that_is_missing() {
    let chart = base().chart("web", "1.0.0").values(CHART_VALUES);
    let missing = chart.clone().set("charts", json!(["charts/web-1.0.0.tgz", "charts/crds-1.4.0.tgz"]));
    let findings = findings(&missing);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].to_string().split(": `").next(), Some("pack.json:18:5: warning PACK120"));
    let near = base().set("kubeManifests", json!(["manifests/app.yml"]));
    warned(&near, "PACK120", "pack.json:14:5", "`manifests/app.yml` is declared");
    let broken = chart.file("charts/web-1.0.0.tgz", "<html>");
    warned(&broken, "PACK121", "pack.json:17:5", "it is a web page");
    let dotted = base().set("kubeManifests", json!(["./manifests/app.yaml"]));
    accepted(&dotted);
    assert!(open(&dotted).manifests[0].declared);
    refused(&base().set("kubeManifests", json!(["../../etc/passwd"])), "PACK016", "pack.json:14:5");
}

#[test]
fn n13_n14_keys_of_charts_and_manifests() {
    let chart = base().chart("web", "1.0.0");
    warned(
        &chart.clone().values("pack: {}\ncharts:\n  other: {}\n"),
        "PACK141",
        "values.yaml:2:1",
        "`charts.web` is missing",
    );
    warned(&chart.values("pack: {}\nreplicas: 1\n"), "PACK141", "values.yaml:1:1", "`charts.web` is missing");
    accepted(&base().values("pack: {}\n"));
}

#[test]
fn n15_n16_content_images() {
    let typo = "pack:\n  content:\n    images:\n      - image: a/b:1\n      - iamge: c/d:2\n";
    warned(&base().values(typo), "PACK142", "values.yaml:5:9", "no `image`, but `iamge`");
    let values = open(&base().values(typo)).parsed_values().unwrap();
    assert_eq!(values.images().len(), 1);
    let other = "pack:\n  content:\n    charts:\n      - repo: https://x\n        name: y\n";
    warned(&base().values(other), "PACK142", "values.yaml:4:9", "no `version`");
    accepted(&base().values("pack:\n  namespace: x\n"));
}

#[test]
fn n17_to_n19_dependencies() {
    let dependency = |value| base().set("constraints", json!({"dependencies": [value]}));
    warned(
        &dependency(json!({"packName": "kubernetes", "layer": "k8s", "minVersion": "1.34"})),
        "PACK109",
        "pack.json:18:7",
        "`kubernetes` has no type",
    );
    accepted(&dependency(
        json!({"packName": "k", "layer": "k8s", "type": "optional", "minVersion": "", "maxVersion": "1.29"}),
    ));
    accepted(&dependency(json!({"packName": "hello", "layer": "addon", "type": "upgrade", "minVersion": "1.0"})));
}

#[test]
fn n20_n21_addon_types() {
    accepted(&base().set("addonType", json!("ai")));
    accepted(&base().unset("addonType"));
}

#[test]
fn n22_schemas() {
    accepted(&base().file("schema.yaml", ""));
    accepted(&base().file("schema.yaml", "# nothing\n# yet\n"));
    accepted(
        &base().file("schema.yaml", "manifests.app.replicas:\n  schema: '{{ required | format \"${input}\" }}'\n"),
    );
    let nowhere = "pack.namespace:\n  schema: '{{ required }}'\nmanifests.app.port:\n  schema: '{{ format \"${number:[1-65535]}\" }}'\n";
    warned(
        &base().file("schema.yaml", nowhere),
        "PACK150",
        "schema.yaml:3:1",
        "`manifests.app.port` is neither in values.yaml",
    );
    let preset = "presets:\n- {name: p, group: g, remove: [], add: 'manifests: {app: {port: 80}}'}\n";
    let reads_it = "port: '{{ .Values.port }}'\n";
    accepted(&base().file("schema.yaml", nowhere).file("presets.yaml", preset).file("manifests/app.yaml", reads_it));
    let wrong = "pack.namespace:\n  schema: '{{ mandatory }}'\n";
    warned(&base().file("schema.yaml", wrong), "PACK152", "schema.yaml:2:11", "`mandatory` is not a word");
    let regex = "pack.namespace:\n  schema: '{{ format \"${string:/(/}\" }}'\n";
    warned(&base().file("schema.yaml", regex), "PACK152", "schema.yaml:2:11", "not a regular expression");
    warned(&base().file("schema.yaml", "- a\n- b\n"), "PACK151", "schema.yaml:1:1", "not a map");
}

#[test]
fn n23_presets() {
    accepted(&base().file("presets.yaml", ""));
    let preset = "presets:\n- {name: small, displayName: Small, group: Size, remove: [], add: 'manifests: {app: {replicas: 1}}'}\n";
    let values = |comment: &str| format!("{comment}\npack: {{}}\n");
    let enabled = "# spectrocloud.com/enabled-presets: Size:small";
    let reads_it = "replicas: {{ .Values.replicas }}\n";
    accepted(&base().values(&values(enabled)).file("presets.yaml", preset).file("manifests/app.yaml", reads_it));
    warned(&base().values(&values(enabled)), "PACK146", "values.yaml:1:37", "the pack has no presets");
    let two = format!("{enabled}, Size:huge");
    warned(
        &base().values(&values(&two)).file("presets.yaml", preset).file("manifests/app.yaml", reads_it),
        "PACK146",
        "values.yaml:1:49",
        "`Size:huge`",
    );
    warned(&base().file("presets.yaml", "presets:\n- name: x\n"), "PACK161", "presets.yaml:2:3", "no `group`");
    warned(&base().file("presets.yaml", "other: []\n"), "PACK160", "presets.yaml:1:1", "no list `presets`");
}

#[test]
fn n24_states() {
    let state = |annotations| {
        let builder = base().set("annotations", annotations);
        accepted(&builder);
        open(&builder).metadata.state()
    };
    assert_eq!(state(json!({"system_state": "deprecated"})), State::Deprecated);
    assert_eq!(state(json!({"system_state": "deleted"})), State::Deleted);
    assert_eq!(state(json!({"disabled": "false"})), State::Active);
    assert_eq!(state(json!({"disabled": "true"})), State::Disabled);
    assert_eq!(state(json!({})), State::Active);
}

#[test]
fn n25_anchors_and_merge_keys() {
    let values = "defaults: &d {namespace: x, content: {images: [{image: a:1}]}}\npack:\n  <<: *d\n";
    accepted(&base().values(values));
    let values = open(&base().values(values)).parsed_values().unwrap();
    assert_eq!((values.namespace(), values.images().len()), (Some("x"), 1));
}

#[test]
fn outer_whitespace_and_unknown_fields_are_taken() {
    let odd = base()
        .set("eol", json!(" "))
        .set("displayName", json!(" Hello "))
        .set("commit_msg", json!({"any": ["thing", 1]}));
    accepted(&odd);
    let metadata = open(&odd).metadata;
    assert_eq!((metadata.eol.as_str(), metadata.display_name.as_str()), ("", "Hello"));
    assert_eq!(metadata.unknown["commit_msg"]["any"][1], json!(1));
    assert_eq!(serde_json::to_value(&metadata).unwrap()["commit_msg"], json!({"any": ["thing", 1]}));
}

#[test]
fn fields_of_a_wrong_type_are_named_and_ignored() {
    warned(&base().set("charts", json!("a.tgz")), "PACK106", "pack.json:16:3", "`charts` is a string, not an array");
    warned(&base().unset("displayName"), "PACK105", "pack.json", "`displayName` is missing");
    warned(&base().unset("cloudTypes"), "PACK108", "pack.json", "`cloudTypes` is missing");
    warned(&base().set("name", json!("a--b")), "PACK110", "pack.json:2:3", "`a--b` contains `--`");
    let twice =
        r#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"],"layer":"csi"}"#;
    warned(&base().file("pack.json", twice), "PACK107", "pack.json:1:86", "`layer` is given twice");
}

#[test]
fn e_identity() {
    refused(&base().file("pack.json", "{\n  \"name\": \"x\",\n}"), "PACK002", "pack.json:3:1");
    refused(&base().file("pack.json", "[]"), "PACK002", "pack.json:1:1");
    refused(&base().file("pack.json", "\u{feff}{}"), "PACK002", "pack.json:1:1");
    refused(&base().file("pack.json", b"{\"name\": \"\xff\"}"), "PACK002", "pack.json:1:11");
    refused(&base().unset("name"), "PACK003", "pack.json");
    refused(&base().set("version", json!(1.5)), "PACK003", "pack.json:4:3");
    refused(&base().set("layer", json!(" ")), "PACK003", "pack.json:5:3");
    refused(&base().set("layer", json!("addons")), "PACK004", "pack.json:5:3");
    refused(&base().set("name", json!("Hello World")), "PACK005", "pack.json:2:3");
}

/// Neither the place nor the rule says what to do here.
#[test]
fn e_identity_with_a_hint_of_its_own() {
    let hint = |builder: &PackBuilder| {
        let error = Pack::open(builder.folder().path()).unwrap_err();
        let [one] = <[Finding; 1]>::try_from(error.findings()).unwrap();
        (one.message, one.hint.unwrap_or_default())
    };
    let (message, said) = hint(&base().file("pack.json", "\u{feff}{}"));
    assert!(message.contains("byte order mark") && said.contains("without a byte order mark"), "{message}: {said}");
    let (message, said) = hint(&base().set("version", json!(1.5)));
    assert_eq!(
        (message.as_str(), said.as_str()),
        ("`version` is a number, not a string", "Write `version` as a text in double quotes.",)
    );
}

#[test]
fn e_values_that_are_not_utf8_or_not_yaml() {
    refused(&base().file("values.yaml", b"pack:\n  namespace: \"\xe9\"\n"), "PACK006", "values.yaml:2:15");
    refused(&base().values("pack:\n  namespace: {{ .Values.x }}\n"), "PACK007", "values.yaml:2:15");
    refused(&base().values("a: [1, 2\n"), "PACK007", "values.yaml:2:1");
    warned(&base().values("pack: {}\npack: {}\n"), "PACK143", "values.yaml:2:1", "`pack` is given twice");
    warned(&base().values("pack: {}\n---\nother: 1\n"), "PACK145", "values.yaml:2:1", "second YAML document");
}

#[test]
fn every_code_is_unique_and_explained() {
    for (index, rule) in lint::RULES.iter().enumerate() {
        assert!(lint::RULES[..index].iter().all(|other| other.code < rule.code), "{} is out of order", rule.code);
        assert!(rule.explanation.ends_with('.') && rule.fix.ends_with(['.', '`']), "{}", rule.code);
        assert_eq!(lint::rule(rule.code), Some(rule));
        assert_eq!(rule.code.as_bytes()[4] == b'0', rule.severity == Severity::Error, "{}", rule.code);
    }
}
