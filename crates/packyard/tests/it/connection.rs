//! The way to a registry: private authorities, client certificates, and proxies with a password.

use crate::doors::{Authority, PROXY_PASSWORD, Proxy, tls_door};
use crate::pack_shell::{as_root, pack_shell, said};
use crate::yard;
use packyard_testkit::PackBuilder;

#[test]
fn a_registry_that_wants_to_know_its_clients() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let authority = Authority::in_folder(&folder.path().join("tls"));
    let host = format!("localhost:{}", tls_door(&authority, yard.port, true));
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard).env("T", &host);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    let known = "--cert tls/client.cert --key tls/client.key";
    for (flags, code, expected) in [
        ("", 1, "does not trust; give its authority's certificate with --ca-file, or --insecure"),
        ("--ca-file tls/ca.crt", 1, "made for you with --cert and --key"),
        ("--ca-file tls/ca.crt --cert tls/client.cert", 2, "--key"),
        (
            "--ca-file tls/ca.crt --cert tls/client.cert --key tls/none.key",
            1,
            "could not read tls/none.key, the key of",
        ),
        ("--ca-file tls/ca.crt --cert tls/client.key --key tls/client.key", 1, "no `BEGIN CERTIFICATE` in it"),
        ("--ca-file tls/client.key", 1, "no `BEGIN CERTIFICATE` in it"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard publish hello --to https://$T/team {flags}"));
        assert_eq!(exit, Some(code), "{flags}: {text}");
        assert!(text.contains(expected), "{flags}: {text}");
        assert!(!text.contains("rustls"), "the error says it, and no log beside it: {text}");
    }
    // The ECR API is called through the same door as the registry.
    shell.ok(&format!("packyard publish hello --to https://$T/team --ca-file tls/ca.crt {known}"));
    shell.ok(&format!("packyard pack pull https://$T/team/hello:1.0.0 --ca-file tls/ca.crt {known} --out a && diff -r hello a/hello-1.0.0"));

    // As docker keeps them.
    shell.ok("mkdir -p certs.d/$T && cp tls/ca.crt tls/client.cert tls/client.key certs.d/$T");
    shell.ok("packyard pack pull https://$T/team/hello:1.0.0 --out b && diff -r hello b/hello-1.0.0");
    shell.ok("packyard login https://$T --auth ecr && packyard logout $T");
    shell.ok("packyard iam list-users --server https://$T");
    shell.ok("rm certs.d/$T/client.key");
    let (exit, text) = said(&shell, "packyard pack list https://$T/team");
    assert!(exit == Some(1) && text.contains("client.key, the key of"), "{text}");
    assert!(text.contains(&format!("certificates for {host} in ")), "{text}");
    // What was typed comes before what is kept.
    shell.ok(&format!("rm certs.d/$T/* && packyard pack list https://$T/team --ca-file tls/ca.crt {known}"));
}

#[test]
fn proxies_are_used_for_the_registry_and_for_aws_and_excepted() {
    let folder = tempfile::tempdir().unwrap();
    let (yard, proxy) = (yard(), Proxy::start());
    let authority = Authority::in_folder(&folder.path().join("tls"));
    // A name that only the proxy knows: clients pass it for this machine's own names.
    let host = format!("packs.test:{}", tls_door(&authority, yard.port, false));
    let plain = format!("packs.test:{}", yard.port);
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard).env("T", &host).env("P", &plain).env("NO_PROXY", "");
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    let good = proxy.url(PROXY_PASSWORD);
    let through = shell.env("HTTPS_PROXY", &good).env("HTTP_PROXY", &good);

    through.ok("packyard publish hello --to https://$T/team --ca-file tls/ca.crt");
    let tunnels = proxy.seen();
    assert!(
        !tunnels.is_empty() && tunnels.iter().all(|line| *line == format!("CONNECT {host} HTTP/1.1")),
        "{tunnels:?}"
    );

    through.ok("packyard pack pull http://$P/team/hello:1.0.0 && diff -r hello hello-1.0.0");
    through.ok("packyard iam list-users --server http://$P");
    let asked = proxy.seen().split_off(tunnels.len());
    for (start, what) in
        [(format!("POST http://{plain}/ "), "ECR or IAM API"), (format!("GET http://{plain}/v2/"), "registry")]
    {
        assert!(asked.iter().any(|line| line.starts_with(&start)), "the {what} was not asked by the proxy: {asked:?}");
    }

    let before = proxy.seen().len();
    through.ok("packyard pack list $H/team && packyard iam list-users --server http://$H");
    for (shell, script) in [
        (through.env("NO_PROXY", "example.com,packs.test"), "packyard pack list http://$P/team"),
        (shell.env("HTTPS_PROXY", &good), "packyard pack list http://$P/team"),
    ] {
        let (code, text) = said(&shell, script);
        assert!(code == Some(1) && text.contains("packs.test does not resolve"), "{text}");
    }
    assert_eq!(proxy.seen().len(), before, "this machine, excepted hosts and other schemes do not go by the proxy");
}

#[test]
fn a_proxy_that_refuses_or_is_away_is_named_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::start();
    let shell = pack_shell(folder.path(), &[]).env("NO_PROXY", "");
    let away = "http://ann:away-secret-1@127.0.0.1:1";
    for (url, secret, address) in [
        (proxy.url("wrong-secret-1").as_str(), "wrong-secret-1", "http://packs.test/team"),
        (proxy.url("wrong-secret-1").as_str(), "wrong-secret-1", "https://registry.example.com/team"),
        (away, "away-secret-1", "http://packs.test/team"),
        (away, "away-secret-1", "https://registry.example.com/team"),
    ] {
        let shell = shell.env("HTTPS_PROXY", url).env("HTTP_PROXY", url).env("RUST_LOG", "trace");
        let (code, text) = said(&shell, &format!("packyard pack list {address} --auth anonymous -vv"));
        assert!(code == Some(1) && !text.contains(secret), "{url} {address}: {text}");
        let last = text.lines().rfind(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(last.contains("proxy") || last.contains("407"), "{url} {address}: {last}");
    }
}
