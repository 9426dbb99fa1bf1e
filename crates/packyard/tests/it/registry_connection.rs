//! The server's way to a registry: a client certificate, a proxy, and what is said when they do not fit.

use crate::doors::{Authority, PROXY_PASSWORD, Proxy, tls_door};
use crate::management::Management;
use crate::pack_shell::{as_root, json, pack_shell, said};
use crate::shell::Shell;
use crate::{yard, yard_builder};
use packyard_testkit::{PackBuilder, Yard};
use serde_json::json;
use std::path::Path;

/// A server with a pack, and one that is to read it, for whose verbs the shell is.
struct World {
    folder: tempfile::TempDir,
    peer: Yard,
    yard: Yard,
    shell: Shell,
}

/// Adds the peer as `peer`, by the address in `$T`.
const ADD: &str = "echo $AWS_SECRET_ACCESS_KEY | packyard registry add peer --kind ecr --base team --endpoint $T \
    --access-key $AWS_ACCESS_KEY_ID --secret-stdin";

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (peer, yard) = (yard(), yard_builder().arg("--first-sync-wait").arg("60").start());
        let shell = as_root(&pack_shell(folder.path(), &[]), &peer);
        PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
        shell.ok("packyard publish hello --to $H/team");
        let key = Management::log_in(&yard).api_key();
        let shell = shell.env("PACKYARD_SERVER", &yard.url()).env("PACKYARD_API_KEY", &key);
        Self { folder, peer, yard, shell }
    }

    fn at(&self, address: &str) -> Shell {
        self.shell.env("T", address)
    }

    fn management(&self) -> Management {
        Management::log_in(&self.yard)
    }
}

#[track_caller]
fn refused(shell: &Shell, flags: &str, parts: &[&str]) {
    let (code, text) = said(shell, &format!("{ADD} {flags}"));
    assert_eq!(code, Some(1), "{flags}: {text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "{flags}: no `{part}` in {text}"));
}

/// A certificate of nobody's that ended in 2021, with its key.
fn write_expired(folder: &Path) {
    let mut params = rcgen::CertificateParams::new(vec!["ann".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    std::fs::write(folder.join("expired.cert"), params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(folder.join("expired.key"), key.serialize_pem()).unwrap();
}

#[test]
fn a_registry_that_wants_to_know_its_clients_is_read_with_a_certificate() {
    let world = World::new();
    let tls = world.folder.path().join("tls");
    let authority = Authority::in_folder(&tls);
    Authority::in_folder(&world.folder.path().join("other"));
    write_expired(&tls);
    let shell = world.at(&format!("https://localhost:{}", tls_door(&authority, world.peer.port, true)));
    let trusting = "--registry-ca tls/ca.crt";

    let missing = ["TLS: ", "wants a client certificate, and got none", "that the registry's operator made for you"];
    refused(&shell, trusting, &missing);
    refused(
        &shell,
        &format!("{trusting} --client-cert other/client.cert --client-key other/client.key"),
        &["TLS: ", "got none that it takes"],
    );
    // Nothing is asked of the registry for these.
    for (pair, part) in [
        ("--client-cert tls/client.key --client-key tls/client.key", "no `BEGIN CERTIFICATE` in it"),
        ("--client-cert tls/client.cert --client-key tls/client.cert", "no `BEGIN PRIVATE KEY`"),
        ("--client-cert tls/client.cert --client-key other/client.key", "its key is that of another certificate"),
        ("--client-cert tls/expired.cert --client-key tls/expired.key", "client certificate expired at"),
    ] {
        refused(&shell, &format!("{trusting} {pair}"), &[part]);
    }

    let pair = "--client-cert tls/client.cert --client-key tls/client.key";
    shell.ok(&format!("{ADD} {trusting} {pair}"));
    assert_eq!(world.management().packs(), ["hello 1.0.0"]);
    let uid = json(&shell, "packyard registry list --output json")[0]["uid"].as_str().unwrap().to_owned();
    let path = format!("/v1/registries/oci/{uid}/ecr");
    let read = world.management().get(&path).body;
    let certificate = std::fs::read_to_string(tls.join("client.cert")).unwrap();
    let (tls_read, ca) = (&read["spec"]["tls"], std::fs::read_to_string(&authority.ca).unwrap());
    assert_eq!(
        (&tls_read["certificate"], &tls_read["key"], &tls_read["ca"]),
        (&json!(certificate), &json!("********"), &json!(ca)),
        "{read}"
    );

    // Palette's clients know of no key: what they send changes nothing about it.
    let mut spec = read["spec"].clone();
    spec["tls"] = json!({ "enabled": true, "certificate": "", "insecureSkipVerify": false });
    let body = json!({ "metadata": { "name": "peer" }, "spec": spec });
    assert_eq!(world.management().call("PUT", &path, &body).status, 204);
    shell.ok("packyard registry sync peer");
    assert_eq!(&world.management().get(&path).body["spec"]["tls"], tls_read);

    shell.ok("packyard registry update peer --base team --base other && packyard registry sync peer");
    shell.ok("packyard registry update peer --without-client-cert");
    let (code, text) = said(&shell, "packyard registry sync peer");
    assert!(code == Some(1) && text.contains("wants a client certificate"), "{text}");
    // A run that was under way has the settings from before; it is not the one that is waited for.
    shell.ok(&format!("packyard registry update peer {pair} && packyard registry sync peer"));
    let log = world.yard.log();
    assert!(!log.contains("PRIVATE KEY"), "{log}");
}

#[test]
fn a_registry_is_read_by_a_proxy_and_each_failure_of_it_is_named() {
    let (world, proxy) = (World::new(), Proxy::start());
    // A name that only the proxy knows.
    let shell = world.at(&format!("http://packs.test:{}", world.peer.port));
    let address = format!("127.0.0.1:{}", proxy.port);
    let wrong = "wrong-secret-1";
    std::fs::write(world.folder.path().join("proxy.txt"), format!("{PROXY_PASSWORD}\n")).unwrap();

    refused(&shell, "", &["DNS: "]);
    refused(&shell, &format!("--proxy http://{address}"), &["Proxy: ", "wants a user name and password"]);
    let with_wrong = format!("--proxy {}", proxy.url(wrong));
    refused(&shell, &with_wrong, &["Proxy: ", "does not take this user name and password"]);
    refused(&shell, "--proxy http://127.0.0.1:1", &["Proxy: ", "o connection to the proxy 127.0.0.1:1", "refused"]);
    refused(&shell, "--proxy http://no-such-proxy.invalid:1", &["Proxy: ", "no-such-proxy.invalid:1 does not resolve"]);
    refused(&shell, &format!("--proxy {} --no-proxy .test", proxy.url(wrong)), &["DNS: ", "packs.test"]);
    for (flags, part) in [
        ("--proxy socks5://127.0.0.1:1080", "`socks5` are not supported, only http and https"),
        ("--proxy ftp://proxy-ann@proxy:21", "The proxy `ftp://proxy:21` cannot be used"),
        ("--proxy proxy.example.com:3128", "write http://proxy.example.com:3128"),
        ("--proxy http://127.0.0.1:1 --no-proxy 10.0.0.0/99", "`10.0.0.0/99` is no host to leave out"),
        ("--proxy http://169.254.169.254:80", "Proxy: The proxy 169.254.169.254:80 may not be used"),
    ] {
        refused(&shell, flags, &[part]);
    }
    let before = proxy.seen().len();

    shell.ok(&format!("{ADD} --proxy http://proxy-ann@{address} --proxy-password-file proxy.txt"));
    assert_eq!(world.management().packs(), ["hello 1.0.0"]);
    let seen = proxy.seen().split_off(before);
    for (start, what) in [("POST http://packs.test", "ECR API"), ("GET http://packs.test", "registry")] {
        assert!(seen.iter().any(|line| line.starts_with(start)), "the {what} was not asked by the proxy: {seen:?}");
    }
    let uid = json(&shell, "packyard registry list --output json")[0]["uid"].as_str().unwrap().to_owned();
    let path = format!("/v1/registries/oci/{uid}/ecr");
    let read = world.management().get(&path).body;
    let shown = json!({
        "url": format!("http://{address}"), "username": "proxy-ann", "password": "********", "noProxy": "",
    });
    assert_eq!(read["spec"]["proxy"], shown);
    assert!(read["spec"]["tls"].is_null(), "nothing new for clients that know of no proxy: {read}");

    // Palette's clients do not send it, and it stays.
    let mut spec = read["spec"].clone();
    spec.as_object_mut().unwrap().remove("proxy");
    let body = json!({ "metadata": { "name": "peer" }, "spec": spec });
    assert_eq!(world.management().call("PUT", &path, &body).status, 204);
    shell.ok("packyard registry sync peer");
    assert_eq!(world.management().get(&path).body["spec"]["proxy"], shown);

    // The stored password goes to no other proxy.
    let (code, text) = said(&shell, "packyard registry update peer --proxy http://proxy-ann@127.0.0.1:2");
    assert!(code == Some(1) && text.contains("enter it again"), "{text}");
    shell.ok("packyard registry update peer --without-proxy");
    let (code, text) = said(&shell, "packyard registry sync peer");
    assert!(code == Some(1) && text.contains("does not resolve"), "{text}");
    let log = world.yard.log();
    assert!(!log.contains(PROXY_PASSWORD) && !log.contains(wrong), "{log}");
}

#[test]
fn https_goes_through_a_tunnel_of_the_proxy() {
    let (world, proxy) = (World::new(), Proxy::start());
    let authority = Authority::in_folder(&world.folder.path().join("tls"));
    let host = format!("packs.test:{}", tls_door(&authority, world.peer.port, true));
    let shell = world.at(&format!("https://{host}"));
    let flags = "--registry-ca tls/ca.crt --client-cert tls/client.cert --client-key tls/client.key";
    refused(&shell, &format!("{flags} --proxy {}", proxy.url("wrong-secret-1")), &["Proxy: ", "does not take this"]);
    let nobody = shell.env("T", "https://packs.test:1");
    refused(&nobody, &format!("{flags} --proxy {}", proxy.url(PROXY_PASSWORD)), &["Proxy: "]);
    let before = proxy.seen().len();
    shell.ok(&format!("{ADD} {flags} --proxy {}", proxy.url(PROXY_PASSWORD)));
    let seen = proxy.seen().split_off(before);
    assert!(!seen.is_empty() && seen.iter().all(|line| *line == format!("CONNECT {host} HTTP/1.1")), "{seen:?}");
    assert_eq!(world.management().packs(), ["hello 1.0.0"]);
}
