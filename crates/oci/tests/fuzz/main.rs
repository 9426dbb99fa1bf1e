//! Parsers under changed and invented input: `packyard_testkit::fuzz` says how, and what changes its course.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod targets;

use packyard_testkit::fuzz;

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn references() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let seeds = texts(&[
        "localhost:7225/team/spectro-packs/archive/hello:1.0.0",
        &format!("h/a:1@{digest}"),
        &digest,
        "team/a__b-c.d",
        "v1.0.0_5",
    ]);
    let words = [
        "/",
        ":",
        "@",
        ".",
        "..",
        "-",
        "_",
        "__",
        "%2f",
        "sha256:",
        "sha512:",
        &digest,
        "A",
        "é",
        "\0",
        " ",
        "\n",
        "spectro-packs/archive",
        "[::1]",
        "https://",
    ];
    fuzz("reference", targets::reference, &seeds, &words, 20_000);
}

#[test]
fn manifests() {
    let layer = r#"{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":10,"annotations":{"org.opencontainers.image.title":"a-1.tar.gz"}}"#;
    let image = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{layer},"layers":[{layer}]}}"#
    );
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{layer}]}}"#);
    let words = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "null",
        "-1",
        "1e99",
        "99999999999999999999",
        "\"layers\":",
        "\"size\":",
        "\"manifests\":",
        "\"subject\":",
        layer,
        "\\u0000",
        "é",
    ];
    fuzz("manifest", targets::manifest, &texts(&[&image, &index]), &words, 3000);
}
