//! Rules about what a pack uses and brings along: macros, images, presets, dependencies, secrets, sizes.

use packyard_pack::{Pack, lint};
use packyard_testkit::Tar;
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
    for (name, why) in [
        ("var.", "a name is missing"),
        ("var.a.b", "a variable has no parts"),
        ("macro.", "a name is missing"),
        ("pack.hello", "the path of a value is missing"),
        ("pack.hello..a", "a name is missing"),
    ] {
        warned(&values(&format!("x: '{{{{.spectro.{name}}}}}'\n")), "PACK148", "values.yaml:3:7", why);
    }
    warned(&values("x: '{{.spectro.var.a}'\n"), "PACK147", "values.yaml:3:5", "do not close");
    let other = values("x: '{{.spectro.pack.hello.pack.namespace}} {{.spectro.pack.other.pack.a}}'\n");
    warned(&other, "PACK185", "values.yaml:3:46", "a value of the pack `other`, but has no dependency on it");
    let needs = json!({"dependencies": [{"packName": "other.pack", "layer": "addon", "type": "required"}]});
    accepted(&other.clone().set("constraints", needs));
    let pack = Pack::open(other.folder().path()).unwrap();
    let others = lint::Versions::from([("other".to_owned(), vec!["1.0.0".to_owned()])]);
    assert_eq!(lint::check_among(&pack, &others), []);
    accepted(&values("x: '{{ .spectro.var.a | default \"b\" | (upper | trim) }}'\n"));
    warned(
        &values("x: '{{ .spectro.var.a | uper }}'\n"),
        "PACK186",
        "values.yaml:3:5",
        "no template function is called `uper`",
    );
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
fn values_that_no_chart_has() {
    let own = "replicas: 1\nimage: {tag: '1'}\nlabels: {}\n";
    let with = |web: &str| with_chart(&format!("charts:\n  web: {web}\n"), "port: {{ .Values.servicePort }}\n", own);
    for read in ["{}", "{replicas: 2, labels: {any: thing}, servicePort: 80, global: {x: 1}, image: {tag: '2'}}"] {
        accepted(&with(read));
    }
    warned(&with("{replica: 2}"), "PACK183", "values.yaml:4:9", "chart `web` 1.0.0 has no value `charts.web.replica`");
    warned(&with("{image: {tga: '2'}}"), "PACK183", "values.yaml:4:17", "`charts.web.image.tga`");

    let two = with_chart("charts:\n  web: {}\n  wep: {a: 1}\n", "", own);
    warned(&two, "PACK184", "values.yaml:5:3", "`charts.wep` is read by no chart: the pack has `web`");
    let pack = Pack::open(with_chart("charts:\n  wep: {a: 1}\n", "", own).folder().path()).unwrap();
    let found = lint::check(&pack);
    let hint = found[0].hint.as_deref();
    assert_eq!(
        (found.len(), found[0].code, hint),
        (1, "PACK141", Some("did you mean `charts.web` instead of `charts.wep`?"))
    );
}

#[test]
fn fields_of_the_pack_map() {
    let with = |field: &str| base().values(&format!("pack:\n  {field}\n"));
    for fine in ["namespace: a-1", "namespace: '{{.spectro.var.ns}}'", "additionalNamespaces: 'a, b'", "namespace:"] {
        accepted(&with(fine));
    }
    warned(&with("namespace: My_Space"), "PACK187", "values.yaml:2:3", "`My_Space` cannot be the name of a namespace");
    warned(&with("additionalNamespaces: a,-b"), "PACK187", "values.yaml:2:3", "`-b` in `additionalNamespaces`");
    warned(&with("spectrocloud.com/install-priority: high"), "PACK187", "values.yaml:2:3", "not a number");
    let release = "  releaseNameOverride: {web: a, wep: b}\ncharts: {web: {}}\n";
    warned(&with_chart(release, "", ""), "PACK187", "values.yaml:3:33", "`wep`, which is no chart of the pack");
}

#[test]
fn clouds_and_resources() {
    accepted(&base().set("cloudTypes", json!(["edge-native", "custom", "gke"])));
    warned(&base().set("cloudTypes", json!(["all", "vpshere"])), "PACK115", "pack.json:9:5", "no cloud type `vpshere`");
    let with = |resource: serde_json::Value| base().set("constraints", json!({"resources": [resource]}));
    let component = |schedule: &str, path: &str| {
        with(json!({"type": "cpu", "components": [{"scheduleType": schedule, "resourceRequestParamRef": path}]}))
    };
    accepted(&with(json!({"type": "memory", "minLimit": 256})));
    accepted(&component("control-plane", "manifests.app.replicas"));
    warned(
        &with(json!({"type": "disk", "minLimit": 1})),
        "PACK116",
        "pack.json:18:7",
        "the type `disk`, not one of cpu",
    );
    warned(&with(json!({"type": "cpu"})), "PACK116", "pack.json:18:7", "neither `minLimit` nor `components`");
    warned(&component("some", ""), "PACK116", "pack.json:22:13", "`scheduleType` is `some`");
    warned(
        &component("all", "manifests.app.cpu"),
        "PACK117",
        "pack.json:23:13",
        "`manifests.app.cpu`, which no values have",
    );
}

#[test]
fn defaults_that_their_schema_refuses() {
    let schema = "pack.namespace:\n  schema: '{{ required | format \"${string:/^[a-z]+$/}\" }}'\n";
    let with =
        |namespace: &str| base().values(&format!("pack:\n  namespace: {namespace}\n")).file("schema.yaml", schema);
    for fine in ["abc", "''", "'{{.spectro.var.ns}}'"] {
        accepted(&with(fine));
    }
    warned(&with("a1"), "PACK153", "values.yaml:2:14", "`a1` at `pack.namespace` is not of the form");
    // What the chart has by default is there.
    let schema = "charts.web.deep.port:\n  schema: '{{ format \"${number}\" }}'\n";
    let chart = with_chart("charts: {web: {}}\n", "", "deep: {port: 80}\n").file("schema.yaml", schema);
    accepted(&chart);
    warned(
        &chart.file("schema.yaml", schema.replace("port", "prot")),
        "PACK150",
        "schema.yaml:1:1",
        "`charts.web.deep.prot`",
    );
}

#[test]
fn presets_that_clash() {
    let small = "- {name: small, displayName: S, group: Size, remove: [], add: 'pack: {a: 1}'}\n";
    let large = small.replace("small", "large");
    let two = format!("presets:\n{small}{large}");
    accepted(&base().file("presets.yaml", &two));
    warned(
        &base().file("presets.yaml", format!("{two}{small}")),
        "PACK163",
        "presets.yaml:4:1",
        "there already, in line 2",
    );
    let values = "# spectrocloud.com/enabled-presets: Size:small,Size:large\npack: {}\n";
    let both = base().values(values).file("presets.yaml", &two);
    warned(&both, "PACK164", "values.yaml:1:48", "`small` and `large` of the group `Size` are enabled");
}

#[test]
fn pedantic_rules_are_those_of_the_community_repository() {
    let pedantic = |builder: &PackBuilder| -> Vec<(&'static str, String)> {
        assert_eq!(findings(builder), []);
        let found = lint::check_pedantic(&Pack::open(builder.folder().path()).unwrap());
        found.iter().map(|f| (f.code, f.place.as_ref().map(ToString::to_string).unwrap_or_default())).collect()
    };
    assert_eq!(pedantic(&base()), []);
    let place = |file: &str| file.to_owned();
    assert_eq!(pedantic(&base().without("README.md")), [("PACK190", place("pack.json"))]);
    assert_eq!(pedantic(&base().without("logo.png")), [("PACK191", place("pack.json"))]);
    assert_eq!(pedantic(&base().values("pack: {}\n")), [("PACK192", place("values.yaml"))]);
    assert_eq!(pedantic(&base().values("pack: {}\n").set("layer", json!("os"))), []);
    let odd = "pack:\n   content: {images: [{image: a:1}]}\n";
    assert_eq!(pedantic(&base().values(odd)), [("PACK193", place("values.yaml:2:1"))]);
    assert_eq!(pedantic(&base().set("eol", json!(" "))), [("PACK194", place("pack.json:16:3"))]);
    assert_eq!(pedantic(&base().file("logo.png", b"\xff\xd8\xff\xe0")), [("PACK195", place("logo.png"))]);
    assert!(lint::RULES.iter().filter(|rule| rule.is_pedantic()).count() == 6);
}

#[test]
fn presets_that_nothing_reads() {
    let preset = |add: &str| {
        let rest = "charts:\n  web:\n    labels: {}\n    port: 1\n";
        let text = format!("presets:\n- name: p\n  group: g\n  displayName: P\n  remove: []\n  add: '{add}'\n");
        with_chart(rest, "replicas: {{ .Values.copies }}{{ .Values.labels }}{{ .Values.port }}\n", "own: {deep: 1}\n")
            .file("presets.yaml", text)
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

/// A path leads somewhere when something has it, or somebody may have written it.
#[test]
fn presets_that_remove_what_is_not_there() {
    let rest = "charts:\n  web:\n    labels: {}\n    port: 1\n    hosts: [{name: a}]\n    a.b/c: 1\n";
    let chart = || with_chart(rest, "{{ .Values.copies.high }} labels port hosts a.b/c\n", "own: {deep: 1}\n");
    let preset = |path: &str| {
        let other = "{name: q, group: g, remove: [], add: 'charts: {web: {copies: {high: 1}}}'}";
        let path = json!(path);
        chart()
            .file("presets.yaml", format!("presets:\n- {other}\n- {{name: p, group: g, remove: [{path}], add: ''}}\n"))
    };
    for there in [
        "charts.web.port",
        "charts.web.a.b/c",
        "charts.web.\"a.b/c\"",
        "charts.web.hosts[0].name",
        "charts.web.hosts.$[].name",
        "charts.web.own.deep",
        "charts.web.copies.high",
        "charts.web.labels.anything.at.all",
        "charts.web.copies",
        "pack.k8sHardening",
    ] {
        accepted(&preset(there));
    }
    let removes = |path: &str, part: &str| warned(&preset(path), "PACK165", "presets.yaml:3:1", part);
    removes("charts.web.prot", "preset `p` removes `charts.web.prot`, but there is no `charts.web.prot`");
    removes("charts.wep.port.deep", "but there is no `charts.wep`");
    removes("web.port", "but there is no `web`");
    removes("charts.web.own.deeper", "but there is no `charts.web.own.deeper`");
    removes("charts..port", "`charts..port` is no path: a part is empty");
    let found = lint::check(&Pack::open(preset("charts.web.prot").folder().path()).unwrap());
    assert_eq!(found[0].hint.as_deref(), Some("did you mean `port`?"));
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
    warned(
        &with(">=1.28", ""),
        "PACK114",
        "pack.json:22:9",
        "`minVersion` of the dependency on `kubernetes` is `>=1.28`",
    );
    let nameless = json!({"dependencies": [{"layer": "k8s", "type": "required"}]});
    warned(&base().set("constraints", nameless), "PACK113", "pack.json:18:7", "no `packName`");
    let among = |min: &str, max: &str, versions: &[&str]| {
        let pack = Pack::open(with(min, max).folder().path()).unwrap();
        let known = ("kubernetes".to_owned(), versions.iter().map(|v| (*v).to_owned()).collect());
        let found = lint::check_among(&pack, &lint::Versions::from([known]));
        found.into_iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect::<Vec<_>>()
    };
    assert_eq!(among("1.28", "1.29", &["1.27.1", "1.29.4"]), [""; 0]);
    assert_eq!(among("1.28", "1.29", &[]), [""; 0]);
    assert_eq!(
        among("1.28", "1.29", &["1.27.1", "1.9.0", "1.30.0"]),
        ["PACK112 no known version of `kubernetes` is from 1.28 up to 1.29; the newest are 1.30.0, 1.27.1, 1.9.0"]
    );
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
