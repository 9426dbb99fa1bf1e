//! Rules about what a pack uses and brings along: macros, images, presets, dependencies, secrets, sizes.

use crate::tar_bytes::Tar;
use packyard_pack::{Pack, lint};
use packyard_testkit::{PNG, PackBuilder};
use serde_json::json;

/// Code, place and message of each finding.
fn findings(builder: &PackBuilder) -> Vec<(&'static str, String, String)> {
    let pack = Pack::open(builder.folder().path()).unwrap();
    let place = |finding: &packyard_pack::Finding| finding.place.as_ref().map(ToString::to_string).unwrap_or_default();
    lint::check(&pack).into_iter().map(|finding| (finding.code, place(&finding), finding.message)).collect()
}

#[track_caller]
fn warned(builder: &PackBuilder, code: &str, place: &str, part: &str) {
    let found = findings(builder);
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    assert!(one.0 == code && one.1 == place && one.2.contains(part), "{one:?}");
}

#[track_caller]
fn accepted(builder: &PackBuilder) {
    assert_eq!(findings(builder), []);
}

fn base() -> PackBuilder {
    PackBuilder::new("hello", "1.2.3")
}

fn values(rest: &str) -> PackBuilder {
    base().values(&format!("pack:\n  namespace: a\n{rest}"))
}

const IMAGES: &str = "  content:\n    images:\n      - image: quay.io/a/server:1\n";

#[test]
fn macros() {
    accepted(&values(
        "x: '{{.spectro.system.cluster.name}}-{{ .spectro.var.any }}'\n# {{.spectro.nothing.a}} {{.spectro.var.a\n",
    ));
    warned(
        &values("x: '{{.spectro.system.cluster.nam}}'\n"),
        "PACK148",
        "values.yaml:3:7",
        "no macro `.spectro.system.cluster.nam`",
    );
    warned(&values("x: '{{ .spectro.vars.a }}'\n"), "PACK148", "values.yaml:3:8", "`.spectro.vars` is none of");
    warned(&values("x: '{{.spectro.var.a}'\n"), "PACK147", "values.yaml:3:5", "do not close");
    accepted(&values("x: '{{.spectro.pack.hello.pack.namespace}} {{.spectro.pack.other.a}}'\n"));
    warned(&values("x: '{{.spectro.pack.hello.pack.name}}'\n"), "PACK149", "values.yaml:3:7", "`pack.name`");
    let pack = Pack::open(values("x: '{{ .spectro.vars.a }}'\n").folder().path()).unwrap();
    assert_eq!(lint::check(&pack)[0].hint.as_deref(), Some("did you mean `var`?"));
}

#[test]
fn images_of_manifests() {
    let manifest = |image: &str| format!("kind: Pod\nspec:\n  containers:\n    - image: {image}\n");
    let with = |image: &str| values(IMAGES).file("manifests/app.yaml", manifest(image));
    accepted(&with("quay.io/a/server:1"));
    accepted(&with("mirror.local:5000/x/server:2"));
    accepted(&values("").file("manifests/app.yaml", manifest("quay.io/a/server:1")));
    let found = findings(&with("quay.io/a/agent:1 # why"));
    let [unlisted, unused] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((unlisted.0, unlisted.1.as_str()), ("PACK181", "manifests/app.yaml:4:5"));
    assert_eq!((unused.0, unused.1.as_str()), ("PACK182", "values.yaml:5:9"));
    assert!(unlisted.2.contains("`quay.io/a/agent:1`") && unused.2.contains("names `server`"));
    // A template, or a preset, may use it.
    accepted(&with("'{{ .Values.registry }}/server:{{ .Values.tag }}'"));
    accepted(&with("{{ .Values.image }}").file(
        "presets.yaml",
        "presets:\n- {name: p, group: g, remove: [], add: 'manifests: {app: {image: x/server}}'}\n",
    ));
}

fn chart(template: &str, own: &str) -> Vec<u8> {
    let chart =
        Tar::default().file("web/Chart.yaml", b"name: web\nversion: 1.0.0\n").file("web/values.yaml", own.as_bytes());
    chart.file("web/templates/pod.yaml", template.as_bytes()).gz()
}

fn with_chart(rest: &str, template: &str, own: &str) -> PackBuilder {
    values(rest).set("charts", json!(["charts/web.tgz"])).file("charts/web.tgz", chart(template, own))
}

#[test]
fn images_of_charts() {
    let template = "image: {{ .Values.image.repository }}\n";
    let own = "image:\n  registry: quay.io\n  repository: a/server\n  tag: '1'\n";
    let listed = format!("{IMAGES}charts:\n  web: {{}}\n");
    accepted(&with_chart(&listed, template, own));
    let sidecar = format!("{own}sidecar:\n  enabled: true\n  image: quay.io/a/sidecar:2\n");
    warned(&with_chart(&listed, template, &sidecar), "PACK181", "charts/web.tgz", "`quay.io/a/sidecar:2`");
    // Switched off by the pack.
    accepted(&with_chart(&listed.replace("{}", "{sidecar: {enabled: false}}"), template, &sidecar));
    let over = listed.replace("web: {}", "web:\n    image:\n      repository: b/other");
    let found = findings(&with_chart(&over, template, own));
    assert_eq!((found[0].0, found[0].1.as_str()), ("PACK181", "values.yaml:9:7"), "{found:?}");
}

#[test]
fn presets_that_nothing_reads() {
    let preset = |add: &str| {
        let rest = "charts:\n  web:\n    labels: {}\n    port: 1\n";
        let text = format!("presets:\n- name: p\n  group: g\n  displayName: P\n  remove: []\n  add: '{add}'\n");
        with_chart(rest, "replicas: {{ .Values.copies }}\n", "own: {deep: 1}\n").file("presets.yaml", text)
    };
    for read in ["port: 2", "copies: 2", "own: {deep: 2}", "labels: {anything: {at: all}}"] {
        accepted(&preset(&format!("charts: {{web: {{{read}}}}}")));
    }
    accepted(&preset("pack: {namespace: b, anything: 1}"));
    warned(
        &preset("charts: {web: {ports: 2, port: 3}}"),
        "PACK162",
        "presets.yaml:2:1",
        "preset `p` adds `charts.web.ports`",
    );
    warned(&preset("charts: {wep: {port: 2}}"), "PACK162", "presets.yaml:2:1", "`charts.wep`");
}

#[test]
fn dependencies_that_no_version_meets() {
    let with = |min: &str, max: &str| {
        let one =
            json!({"packName": "kubernetes", "layer": "k8s", "type": "required", "minVersion": min, "maxVersion": max});
        base().set("constraints", json!({"dependencies": [one]}))
    };
    for (min, max) in [("1.28", "1.29"), ("1.29.4", "1.29"), ("", ""), ("2", "")] {
        accepted(&with(min, max));
    }
    let found = findings(&with("1.30", "1.29"));
    assert!(
        matches!(found.as_slice(), [one] if one.0 == "PACK111" && one.2.contains("from 1.30 up to 1.29")),
        "{found:?}"
    );
}

#[test]
fn secrets_and_sizes() {
    let key = format!("AKIA{}", "Q3EGRIOTLXV2PDM5");
    warned(&values(&format!("aws: {key}\n")), "PACK180", "values.yaml:3:6", "an AWS access key");
    let found = findings(&values(&format!("aws: {key}\n")));
    assert!(!format!("{found:?}").contains(&key));
    accepted(&values("aws: AKIAIOSFODNN7EXAMPLE\n"));
    let mut logo = PNG.to_vec();
    logo.resize(600 << 10, 0);
    warned(&base().file("logo.png", logo), "PACK172", "logo.png", "600 KiB");
}
