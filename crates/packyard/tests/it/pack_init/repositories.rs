//! From a Helm repository on a web server and from an OCI registry.

use super::files::{Files, Instead};
use super::{with_tmp, write_chart};
use crate::pack_shell::{as_root, json, pack_shell, said};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip};
use serde_json::json;
use std::path::Path;

/// A repository of three versions, as `helm repo index` lists them; but without helm.
fn write_repository(shell: &Shell, folder: &Path) {
    for version in ["1.2.0", "1.10.0", "2.0.0-rc.1"] {
        write_chart(folder, "lights", version);
        shell.env("V", version).ok("mkdir -p repo/charts && tar -czf repo/charts/lights-$V.tgz lights && rm -r lights");
    }
    shell.ok(
        r#"cd repo && {
            printf 'apiVersion: v1\nentries:\n  lights:\n'
            for v in 1.2.0 1.10.0 2.0.0-rc.1; do
                printf -- '  - name: lights\n    version: %s\n    digest: %s\n    urls:\n    - charts/lights-%s.tgz\n' $v $(sha256sum charts/lights-$v.tgz | cut -d' ' -f1) $v
            done
            printf '  zoo: []\n'
        } >index.yaml"#,
    );
}

#[test]
fn the_version_that_fits_comes_from_a_repository_verified() {
    let folder = tempfile::tempdir().unwrap();
    let shell = with_tmp(&pack_shell(folder.path(), &[]), folder.path());
    write_repository(&shell, folder.path());
    let files = Files::serve(&folder.path().join("repo"));
    let shell = shell.env("R", &files.url);
    for (at, (args, version)) in [
        ("", "1.10.0"),
        ("--version '~1.2'", "1.2.0"),
        ("--version '<1.10 || 3.x'", "1.2.0"),
        ("--version 2.0.0-rc.1", "2.0.0-rc.1"),
        ("--version '>0.0.0-0'", "2.0.0-rc.1"),
    ]
    .into_iter()
    .enumerate()
    {
        let made = json(&shell, &format!("packyard pack init lights --repo $R {args} --out {at} --output json"));
        assert_eq!((&made["version"], &made["source"]["kind"]), (&json!(version), &json!("repository")), "{args}");
        let shell = shell.env("FILE", &format!("lights-{version}.tgz")).env("AT", &at.to_string());
        shell.ok("cmp repo/charts/$FILE $AT/charts/$FILE");
        let digest = shell.ok("sha256sum repo/charts/$FILE | cut -d' ' -f1");
        assert_eq!(made["source"]["digest"], json!(format!("sha256:{}", digest.trim())));
    }
    assert_eq!(files.seen()[..2], ["/index.yaml", "/charts/lights-1.10.0.tgz"]);
    // Below a path, with a query that is part of the address, and by an address of its own.
    shell.ok(
        "mkdir below && cp -r repo below/stable && cd below/stable && sed -i \"s,- charts/,- $R/charts/,\" index.yaml",
    );
    let below = Files::serve(&folder.path().join("below"));
    shell.env("B", &below.url).ok("packyard pack init lights --repo $B/stable?token=t --out q");
    assert_eq!(below.seen(), ["/stable/index.yaml?token=t"]);
    assert_eq!(files.seen().last().unwrap(), "/charts/lights-1.10.0.tgz");
    shell.ok("test -z \"$(ls -A tmp)\"");
}

#[test]
fn a_login_and_a_private_authority_are_for_that_repository() {
    let folder = tempfile::tempdir().unwrap();
    let shell = with_tmp(&pack_shell(folder.path(), &[]), folder.path());
    write_repository(&shell, folder.path());
    let locked = Files::with_login(&folder.path().join("repo"));
    let shell = shell.env("R", &locked.url);
    shell.ok("echo secret | packyard pack init lights --repo $R --username ann --password-stdin --out a");
    let (code, text) = said(&shell, "packyard pack init lights --repo $R");
    assert!(code == Some(1) && text.contains("401") && text.contains("check user name and password"), "{text}");
    let (code, text) =
        said(&shell, "echo wrong-secret | packyard pack init lights --repo $R --username ann --password-stdin -vv");
    assert!(code == Some(1) && text.contains("401") && !text.contains("wrong-secret"), "{text}");
    let (code, text) = said(&shell, "packyard pack init lights --repo http://ann:my-secret@localhost:1");
    assert!(
        code == Some(2) && text.contains("--username and --password-stdin") && !text.contains("my-secret"),
        "{text}"
    );
    let (code, text) = said(&shell, "packyard pack init lights --repo $R --username ann </dev/null");
    assert!(code == Some(1) && text.contains("--password-stdin"), "{text}");

    let private = Files::over_tls(&folder.path().join("repo"));
    std::fs::write(folder.path().join("ca.pem"), &private.ca_pem).unwrap();
    let shell = shell.env("R", &private.url);
    shell.ok("packyard pack init lights --repo $R --ca-file ca.pem --out b && diff -r a b");
    let (code, text) = said(&shell, "packyard pack init lights --repo $R --out c");
    assert!(code == Some(1) && text.contains("certificate"), "{text}");
    shell.ok("test ! -e c && test -z \"$(ls -A tmp)\"");
}

#[test]
fn what_a_repository_gets_wrong_is_said_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let shell = with_tmp(&pack_shell(folder.path(), &[]), folder.path());
    write_repository(&shell, folder.path());
    let odd = [
        ("/endless/index.yaml", Instead::Endless("a")),
        (
            "/page/index.yaml",
            Instead::Answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"),
        ),
        (
            "/cut/index.yaml",
            Instead::Answer("HTTP/1.1 200 OK\r\nContent-Length: 600\r\nConnection: close\r\n\r\nentries:\n  a:\n"),
        ),
        ("/list/index.yaml", Instead::Answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n- a\n")),
        (
            "/large/index.yaml",
            Instead::Answer(
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nentries: {lights: [{version: 1.0.0, urls: [endless.tgz]}]}\n",
            ),
        ),
        ("/large/endless.tgz", Instead::Endless("0123456789")),
        (
            "/other/index.yaml",
            Instead::Answer(
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nentries: {lights: [{version: 1.0.0, urls: ['oci://h/lights:1.0.0']}], none: [{version: 1.0.0}], local: [{version: 1.0.0, urls: ['file:///etc/passwd']}]}\n",
            ),
        ),
    ];
    let files = Files::odd(&folder.path().join("repo"), &odd);
    let shell = shell.env("R", &files.url);
    shell.ok("mkdir repo/wrong && cp -r repo/charts repo/wrong/ && sed 's/digest: ....../digest: 000000/' repo/index.yaml >repo/wrong/index.yaml");
    let before = shell.ok("ls -AR");
    for (args, code, expected) in [
        ("lamps --repo $R", 1, "there is no chart `lamps`; there are: lights"),
        ("lights --repo $R --version ^3", 1, "no version in the range `^3`; there are: 1.2.0, 1.10.0, 2.0.0-rc.1"),
        ("lights --repo $R --version latest", 2, "--version: `latest` is not a range of versions"),
        ("lights --repo $R/absent", 1, "/absent is no Helm repository that can be read"),
        ("lights --repo localhost:1", 2, "it starts with https:// or http://"),
        ("lights --repo oci://localhost/x", 2, "give oci://HOST/PATH/CHART without --repo"),
        ("lights --repo http://localhost:1", 1, "no connection to localhost:1"),
        ("lights --repo $R/wrong", 1, "not 000000"),
        ("lights --repo $R/endless", 1, "over the limit helm.index_value_bytes = 1048576"),
        ("lights --repo $R/endless --limit helm.index_value_bytes=64KiB", 1, "helm.index_value_bytes = 65536"),
        ("lights --repo $R --limit helm.index_bytes=64", 1, "helm.index_bytes"),
        ("lights --repo $R --limit helm.index_entries=1", 1, "helm.index_entries = 1"),
        ("lights --repo $R --limit page=1", 2, "page is no limit of this verb"),
        ("lights --repo $R/page", 1, "a web page came"),
        ("lights --repo $R/cut", 1, "index.yaml"),
        ("lights --repo $R/list", 1, "this is no index of a Helm repository"),
        ("lights --repo $R/large --limit pack.archive_bytes=1MiB", 1, "1048576 bytes (limit pack.archive_bytes)"),
        ("lights --repo $R/other", 1, "packyard pack init oci://h/lights:1.0.0"),
        ("none --repo $R/other", 1, "no address for chart none 1.0.0"),
        ("local --repo $R/other", 1, "not one of http or https"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard pack init {args}"));
        assert_eq!(exit, Some(code), "{args}: {text}");
        assert!(text.contains(expected), "{args}: {text}");
        assert_eq!(shell.ok("ls -AR"), before, "{args}");
    }
}

#[test]
fn a_repository_that_helm_made_is_read() {
    let Some(helm) = peer_or_skip("helm", "a_repository_that_helm_made_is_read") else { return };
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[("helm", &helm)]);
    shell.ok(
        "for c in web api; do helm create $c >/dev/null; for v in 0.1.0 0.2.0 0.10.0; do helm package $c --version $v -d repo >/dev/null; done; done
        helm repo index repo && mkdir pulled",
    );
    let files = Files::serve(&folder.path().join("repo"));
    let shell = shell.env("R", &files.url);
    for (range, version) in [("", "0.10.0"), ("--version 0.1", "0.1.0"), ("--version '>0.1 <0.10'", "0.2.0")] {
        let shell = shell.env("V", version);
        let made = json(&shell, &format!("packyard pack init web --repo $R {range} --out made-$V --output json"));
        assert_eq!(made["source"]["version"], json!(version));
        assert!(made["source"]["digest"].is_string(), "helm writes digests: {made}");
        // Helm takes the same one.
        shell.ok(&format!(
            "helm pull web --repo $R {range} -d pulled && cmp pulled/web-$V.tgz made-$V/charts/web-$V.tgz"
        ));
    }
}

#[test]
fn a_chart_that_helm_pushed_comes_from_the_registry() {
    let Some(helm) = peer_or_skip("helm", "a_chart_that_helm_pushed_comes_from_the_registry") else { return };
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = with_tmp(&pack_shell(folder.path(), &[("helm", &helm)]), folder.path());
    let shell = as_root(&shell, &yard).env("WHO", &yard.admin_email).env("WORD", &yard.admin_password);
    shell.ok(
        "helm create web >/dev/null
        helm registry login $H -u $WHO --password-stdin --plain-http <<<$WORD || helm registry login $H -u $WHO --password-stdin --insecure <<<$WORD
        for v in 0.1.0 0.10.0 0.11.0-rc.1 0.2.0+5; do helm package web --version $v >/dev/null && helm push web-$v.tgz oci://$H/charts --plain-http; done",
    );
    for (reference, version) in [
        ("oci://$H/charts/web", "0.10.0"),
        ("oci://$H/charts/web:0.1.0", "0.1.0"),
        ("oci://$H/charts/web:0.2.0+5", "0.2.0+5"),
        ("oci://$H/charts/web --version ~0.2", "0.2.0+5"),
        ("oci://$H/charts/web --version '>0.0.0-0'", "0.11.0-rc.1"),
    ] {
        let shell = shell.env("V", version);
        let made = json(&shell, &format!("packyard pack init {reference} --force --out made-$V --output json"));
        assert_eq!((&made["version"], &made["source"]["kind"]), (&json!(version), &json!("registry")), "{reference}");
        shell.ok("cmp web-$V.tgz made-$V/charts/web-$V.tgz");
    }
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    shell.ok("packyard publish hello --to $H/team");
    let before = shell.ok("ls -AR");
    for (args, code, expected) in [
        ("oci://$H/team/spectro-packs/archive/hello:1.0.0", 1, "is not a Helm chart"),
        ("oci://$H/charts/web:9.9.9", 1, "there is no oci://localhost:"),
        ("oci://$H/charts/absent", 1, "there is no repository localhost:"),
        ("oci://$H/charts/web --version ^3", 1, "no version in the range `^3`; its tags are: 0.1.0"),
        ("oci://$H/charts/web:0.1.0 --version 0.1.0", 2, "names a version, and --version 0.1.0 too"),
        ("oci://$H", 2, "is not a chart in a registry"),
        ("oci://$H/charts/web:0.1.0 --limit pack.archive_bytes=100", 1, "limit pack.archive_bytes"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard pack init {args}"));
        assert_eq!(exit, Some(code), "{args}: {text}");
        assert!(text.contains(expected), "{args}: {text}");
        assert_eq!(shell.ok("ls -AR"), before, "{args}");
    }
}

/// As Docker Hub and GitHub's registry are: open to everybody, with a token.
#[test]
fn a_public_registry_is_read_without_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    write_chart(folder.path(), "lights", "1.0.0");
    shell.ok(
        r#"tar -czf lights-1.0.0.tgz lights && mkdir -p public/v2/charts/lights/manifests public/v2/charts/lights/blobs
        digest=sha256:$(sha256sum lights-1.0.0.tgz | cut -d' ' -f1) size=$(stat -c %s lights-1.0.0.tgz)
        cp lights-1.0.0.tgz public/v2/charts/lights/blobs/$digest
        printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"%s","size":%s}]}' $digest $size >public/v2/charts/lights/manifests/1.0.0"#,
    );
    let registry = Files::with_token(&folder.path().join("public"));
    let shell = shell.env("P", registry.url.trim_start_matches("http://"));
    shell.ok(
        "packyard pack init oci://$P/charts/lights:1.0.0 --out a && cmp lights-1.0.0.tgz a/charts/lights-1.0.0.tgz",
    );
    let asked = registry.seen();
    assert!(asked.iter().any(|path| path.starts_with("/token?") && path.contains("lights")), "{asked:?}");
}
