//! Parsers under changed and invented input: `packyard_testkit::fuzz` says how, and what changes its course.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod targets;

use packyard_testkit::{PackBuilder, fuzz, real_packs};

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A file of every real pack, where they are and the file is not long.
fn of_real_packs(file: &str) -> impl Iterator<Item = Vec<u8>> {
    let read =
        move |folder: std::path::PathBuf| std::fs::read(folder.join(file)).ok().filter(|text| text.len() < 8_000);
    real_packs().unwrap_or_default().into_iter().filter_map(read)
}

const YAML: &[&str] = &[
    ": ",
    "- ",
    "\n",
    "\r\n",
    "\n  ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: *a",
    "|\n",
    "|+\n  x\n\n",
    ">-\n  ",
    "\"",
    "'",
    "# ",
    "---\n",
    "!!str ",
    "? ",
    "\u{feff}",
    "\t",
    "é",
    "~",
    "\0",
    "pack",
    "charts",
    "web",
    "$[]",
    "[0]",
];

#[test]
fn archives() {
    let sound = targets::pack_of(&[("p/values.yaml", b"pack: {}\n"), ("p/manifests/app.yaml", b"a: 1\n")]);
    let builder = PackBuilder::new("p", "1.0.0").chart("web", "1.0.0");
    let mut seeds = vec![sound.clone(), builder.archive(), builder.gnu_tar()];
    seeds.push([&sound[..512], &sound[..]].concat());
    seeds.push(vec![0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x01, 0x00, 0x00]);
    let words = [
        "ustar\0",
        "\0\0\0\0",
        "../",
        "/",
        "p/",
        "\x1f\u{8b}",
        "0000644\0",
        "L",
        "x",
        "2",
        "5",
        "30 path=p/../x\n",
        "77777777777\0",
    ];
    fuzz("archive", targets::archive, &seeds, &words, 800);
}

#[test]
fn metadata() {
    let mut seeds = texts(&[
        "{\"name\":\"p\",\"displayName\":\"P\",\"version\":\"1.0.0\",\"layer\":\"addon\",\"charts\":[\"charts/a.tgz\"],\"constraints\":{\"dependencies\":[{\"packName\":\"k\",\"layer\":\"k8s\",\"type\":\"required\",\"minVersion\":\"1\"}]}}",
    ]);
    seeds.extend(of_real_packs("pack.json"));
    fuzz(
        "metadata",
        targets::metadata,
        &seeds,
        &["{", "}", "[", "]", "\"", ",", ":", "\\u00", "null", "1e9", "é", "\"version\":"],
        1500,
    );
}

#[test]
fn schemas() {
    let mut seeds = texts(&[
        "a.b:\n  schema: '{{ required | format \"${number:[1-10]}\" | hints \"x\" \"y\" }}'\n",
        "${string:/^[a-z]+$/} - ${list:[A,B]}",
    ]);
    seeds.extend(of_real_packs("schema.yaml"));
    let words = [
        "{{",
        "}}",
        "required",
        "readonly",
        "|",
        "format ",
        "hints ",
        "${",
        "}",
        "${string:/",
        "/}",
        "${number:[",
        "${list:[",
        "]}",
        "\\Q",
        "(",
        "{1000}",
        "\\\"",
        "é",
        "\n",
    ];
    fuzz("schema", targets::schema, &seeds, &words, 800);
}

#[test]
fn presets() {
    let mut seeds = texts(&[
        "presets:\n- name: p\n  displayName: P\n  group: g\n  remove: [charts.web.port, 'charts.list.$[0].a']\n  add: |\n    charts:\n      web:\n        port: 2\n        more: {a: [1]}\n",
    ]);
    seeds.extend(of_real_packs("presets.yaml"));
    fuzz("presets", targets::presets, &seeds, YAML, 400);
}

#[test]
fn values() {
    let mut seeds = texts(&[
        "# spectrocloud.com/enabled-presets: a:b\npack:\n  namespace: \"a\" # why\ncharts:\n  web:\n    port: 1\n    list:\n    - a: 1\n      b: |\n        text\n    - {c: [d, 'e']}\n    none:\n    empty: {}\n",
        "a: &x {b: 1}\nc:\n  <<: *x\n\0c.d",
        "charts:\r\n    web: >-\r\n      folded\r\n\0charts.list[0]",
    ]);
    seeds.extend(of_real_packs("values.yaml"));
    fuzz("values_edit", targets::values_edit, &seeds, YAML, 400);
}

#[test]
fn macros() {
    let seeds = texts(&[
        "a: \"{{ .spectro.var.b | default \\\"c }}\\\" | upper }}\" # {{.spectro.system.cluster.name}}\n",
        "b: '{{- (.spectro.pack.a.b.c | substr 0 4) -}}' {.spectro.var.x}}\n",
    ]);
    let words = [
        "{{",
        "}}",
        "{",
        "}",
        ".spectro.",
        "system.",
        "pack.",
        "|",
        "(",
        ")",
        "\"",
        "'",
        "`",
        "\\",
        "#",
        "-",
        "\n",
        "é",
        " ",
    ];
    fuzz("macros", targets::macro_text, &seeds, &words, 3000);
}

#[test]
fn whole_packs() {
    let mut seeds = texts(&[
        "pack:\n  content:\n    images:\n      - image: quay.io/a/b:1\n    charts:\n      - {repo: r, name: n, version: v}\nx: '{{.spectro.pack.p.a}}'\n\0image: a/b:1\n",
    ]);
    seeds.extend(of_real_packs("values.yaml"));
    fuzz("whole_pack", targets::whole_pack, &seeds, YAML, 400);
}

#[test]
fn helm_indexes() {
    let seeds = texts(&[
        "apiVersion: v1\nentries:\n  web:\n  - version: 1.0.0\n    digest: \"00\"\n    urls:\n    - web-1.0.0.tgz\n  - {version: 1.2.0, urls: [a]}\n  zoo: []\ngenerated: \"2026-11-25\"\n",
        "{\"entries\":{\"web\":[{\"version\":\"v1.5\",\"urls\":[\"x\"],\"deps\":[{\"a\":[]}]}]}}",
    ]);
    let words = [YAML, &["entries:\n", "- version: 1.1.0\n", "urls", "web:\n", "\u{1f600}"]].concat();
    fuzz("helm_index", targets::helm_index, &seeds, &words, 600);
}

#[test]
fn helm_charts() {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in
        [("web/Chart.yaml", "name: web\nversion: 1.0.0\n"), ("web/values.yaml", "a: 1\n"), ("web/README.md", "# W\n")]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    let seeds = [tar.into_inner().unwrap()];
    fuzz("helm_chart", targets::helm_chart, &seeds, &["web/", "Chart.yaml", "../", "name: ", "\0"], 600);
}

#[test]
fn new_packs() {
    let mut seeds = texts(&[
        "# about\nimage: {repository: a/b, tag: ''}\nsub:\n  on: false\nlist:\n- a: |+\n    x\n\n",
        "---\na: &x {b: 1}\nc:\n  <<: *x\n...\n\0{\"properties\":{\"a\":{\"$ref\":\"#/definitions/d\"},\"c\":{\"enum\":[\"x\",1]}},\"definitions\":{\"d\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"pattern\":\"^[a-z]+$\"}}}}}",
        "port: 80\nhosts: [{name: a}]\n\0{\"required\":[\"port\"],\"properties\":{\"port\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9,\"description\":\"it's\"},\"hosts\":{\"items\":{\"properties\":{\"name\":{\"type\":\"string\"}}},\"type\":\"array\"}}}",
    ]);
    seeds.extend(of_real_packs("values.yaml"));
    let words =
        [YAML, &["{\"type\":", "\"$ref\":\"#/properties/a\"", "/}", "{{", "\\\\", "image", "tag", "\0{"]].concat();
    fuzz("new_pack", targets::new_pack, &seeds, &words, 400);
}
