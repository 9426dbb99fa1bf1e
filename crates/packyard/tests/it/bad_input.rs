//! Input that only a whole server and a real connection can be tried with.

use crate::management::Management;
use crate::registry_syncs::with_a_pack;
use crate::{yard, yard_builder};
use packyard_testkit::{Peer, Yard, peer_or_skip, postgres_or_skip};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sends `head` and a body of `size` to its end before it reads, and returns the reply.
fn send_all(port: u16, head: &str, size: usize) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!("{head}\r\nHost: localhost:{port}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = vec![b'a'; 1 << 16];
    for _ in 0..size / chunk.len() {
        stream
            .write_all(&chunk)
            .unwrap_or_else(|error| panic!("the connection broke while the body was sent: {error}"));
    }
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

/// Palette's clients send a body to its end, and try again for an hour what they take for a broken connection.
#[test]
fn a_huge_body_is_heard_out_so_that_its_sender_reads_why_it_was_refused() {
    let yard = yard();
    let key = Management::log_in(&yard).api_key();
    let huge = 64 << 20;
    for (head, status, says) in [
        (format!("POST /v1/projects HTTP/1.1\r\nApiKey: {key}\r\nContent-Type: application/json"), 413, "16 MiB"),
        (
            format!(
                "POST /v1/clusterprofiles/import/file HTTP/1.1\r\nApiKey: {key}\r\nContent-Type: multipart/form-data; boundary=x"
            ),
            413,
            "16 MiB",
        ),
        ("POST /v1/projects HTTP/1.1\r\nApiKey: wrong".to_owned(), 401, "POST /v1/apiKeys"),
        (format!("POST /v1/nothing/here HTTP/1.1\r\nApiKey: {key}"), 404, "there is no endpoint"),
        (format!("PUT /v1/packs/search HTTP/1.1\r\nApiKey: {key}"), 405, "does not take PUT"),
        (
            format!("PATCH /v1/clusterprofiles/5eecc89d0b150045ae661cef/publish HTTP/1.1\r\nApiKey: {key}"),
            404,
            "was not found",
        ),
    ] {
        let reply = send_all(yard.port, &head, huge);
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {reply}");
        assert!(reply.contains(says) && reply.contains("application/json"), "{head}: {reply}");
    }
}

/// The console as its administrator, without scripts.
struct Console {
    curl: Peer,
    url: String,
    cookies: PathBuf,
}

impl Console {
    fn log_in(yard: &Yard, curl: Peer, folder: &Path) -> Self {
        let console = Self { curl, url: yard.url(), cookies: folder.join("cookies") };
        let field = |name: &str, value: &str| format!("{name}={value}");
        let login = [field("email", &yard.admin_email), field("password", &yard.admin_password)];
        let (status, page) = console.ask(
            &["--data-urlencode", &login[0], "--data-urlencode", &login[1], "-H", &format!("Origin: {}", yard.url())],
            "/login",
        );
        assert_eq!(status, "303", "{page}");
        console
    }

    fn ask(&self, args: &[&str], path: &str) -> (String, String) {
        let jar = self.cookies.to_str().unwrap();
        let out = Command::new(&self.curl.path)
            .args(["-sS", "--noproxy", "*", "-w", "\n%{http_code}", "-b", jar, "-c", jar])
            .args(args)
            .arg(format!("{}{path}", self.url))
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let (page, status) = text.rsplit_once('\n').unwrap();
        (status.to_owned(), page.to_owned())
    }

    #[track_caller]
    fn shows(&self, path: &str, says: &str) {
        let (status, page) = self.ask(&[], path);
        assert_eq!(status, "200", "{path}: {page}");
        assert!(page.contains(says), "{path} does not say `{says}`: {page}");
    }
}

/// A profile outlives what it was made of: it is read, shown and exported, and the checks say what became of the rest.
#[test]
fn a_profile_stays_readable_when_its_registry_its_pack_and_its_project_are_gone() {
    let test = "a_profile_stays_readable_when_its_registry_its_pack_and_its_project_are_gone";
    let Some(curl) = peer_or_skip("curl", test) else { return };
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    with_a_pack(&yard, folder.path());
    let api = Management::log_in(&yard);
    let console = Console::log_in(&yard, curl, folder.path());
    let pack = api.get("/v1/packs").body["items"][0].clone();
    let (uid, registry) = (pack["metadata"]["uid"].as_str().unwrap(), pack["spec"]["registryUid"].as_str().unwrap());
    let layers = json!([
        { "name": "hello", "uid": uid, "registryUid": registry, "tag": "1.0.0", "type": "oci", "values": "a: 1" },
        { "name": "never-there", "uid": "64eaff5630402973c4e1856a", "registryUid": "5eecc89d0b150045ae661cef", "tag": "9", "type": "oci", "values": "b: 2" },
    ]);
    let profile = json!({ "metadata": { "name": "app" }, "spec": { "version": "1.0.0", "template": { "type": "add-on", "cloudType": "all", "packs": layers.clone() } } });
    let made = api.call("POST", "/v1/clusterprofiles?publish=true", &profile);
    let profile = made.body["uid"].as_str().unwrap_or_else(|| panic!("{}", made.body)).to_owned();
    assert_eq!(api.call("DELETE", &format!("/v1/registries/{registry}"), &json!(null)).status, 204);

    let read = api.get(&format!("/v1/clusterprofiles/{profile}"));
    let packs = read.body["spec"]["published"]["packs"].clone();
    assert_eq!((read.status, &packs[0]["values"], &packs[1]["values"]), (200, &json!("a: 1"), &json!("b: 2")));
    assert_eq!(packs[0]["isInvalid"], true);
    assert!(packs[0]["inValidReason"].as_str().unwrap().contains("its registry was removed"), "{packs}");
    // The provider asks this of every layer, and drops the registry from its state where the answer fails.
    assert_eq!(api.get(&format!("/v1/packs/{uid}")).body["registryUid"], registry);
    let template = json!({ "type": "add-on", "cloudType": "all", "packs": layers });
    let judged = api.call("POST", &format!("/v1/clusterprofiles/{profile}/validate/packs"), &template);
    let results = &judged.body["packs"]["results"];
    assert_eq!(results[0]["errors"][0]["code"], "PackDeleted", "{}", judged.body);
    let advice = "Choose the pack from another registry";
    assert!(results[0]["errors"][0]["message"].as_str().unwrap().contains(advice), "{}", judged.body);
    assert_eq!(results[1]["errors"][0]["code"], "PackNotFound", "{}", judged.body);
    for path in ["export", "export?format=yaml", "export/terraform", "packs", "variables", "packs/hello/manifests"] {
        let (status, text) = console
            .ask(&["-H", &format!("ApiKey: {}", api.api_key())], &format!("/v1/clusterprofiles/{profile}/{path}"));
        assert_eq!(status, "200", "{path}: {text}");
    }
    console.shows(&format!("/profiles/{profile}"), "its registry was removed; this profile keeps its values");
    console.shows(&format!("/profiles/{profile}"), "Registry removed");
    console.shows(&format!("/profiles/{profile}"), "Not in the catalogue");
    console.shows(&format!("/profiles/{profile}?layer=0"), "a: 1");
    console.shows("/profiles", "app");

    // A project goes only with its profiles, and only when that is asked for.
    let project = api.call("POST", "/v1/projects", &json!({ "metadata": { "name": "team" } })).body["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    let copy = json!({ "metadata": { "name": "copy", "target": { "scope": "project", "projectUid": project } } });
    let copy = api.call("POST", &format!("/v1/clusterprofiles/{profile}/clone"), &copy).body["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/projects/{project}");
    let refused = api.call("DELETE", &path, &json!(null));
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("Conflict")), "{}", refused.body);
    console.shows(&format!("/profiles/{copy}"), "its registry was removed");
    assert_eq!(api.call("DELETE", &format!("{path}?cleanupProjectResources=true"), &json!(null)).status, 204);
    assert_eq!(api.get(&format!("/v1/clusterprofiles/{copy}")).status, 404);
    assert_eq!(console.ask(&[], &format!("/profiles/{copy}")).0, "404");
    console.shows(&format!("/profiles/{profile}"), "app");
}

/// PostgreSQL keeps no U+0000 in a text. What it would say to one is no fault of the server, which clients try again.
#[test]
fn the_character_that_a_database_cannot_keep_is_refused_at_the_door() {
    let test = "the_character_that_a_database_cannot_keep_is_refused_at_the_door";
    let (Some(curl), Some(database)) = (peer_or_skip("curl", test), postgres_or_skip(test)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let yard = yard_builder().arg("--database-url").arg(database).start();
    let api = Management::log_in(&yard);
    let nul = "a\u{0}b";
    for path in ["clusterprofiles", "packs", "registries/helm", "projects", "apiKeys", "packs/x/registries"] {
        let reply = api.get(&format!("/v1/{path}/a%00b"));
        assert_eq!((reply.status, &reply.body["code"]), (404, &json!("ResourceNotFound")), "{path}: {}", reply.body);
    }
    let layer = json!({ "name": "m", "type": "manifest", "values": nul });
    for (path, body) in [
        ("projects", json!({ "metadata": { "name": "p", "annotations": { "description": nul } } })),
        ("projects", json!({ "metadata": { "name": "p", "labels": { nul: "x" } } })),
        (
            "clusterprofiles",
            json!({ "metadata": { "name": "c" }, "spec": { "template": { "type": "add-on", "cloudType": nul } } }),
        ),
        (
            "clusterprofiles",
            json!({ "metadata": { "name": "c" }, "spec": { "template": { "type": "add-on", "cloudType": "all", "packs": [layer] } } }),
        ),
        ("apiKeys", json!({ "metadata": { "name": nul } })),
        (
            "registries/helm",
            json!({ "metadata": { "name": "h" }, "spec": { "endpoint": "https://x.example", "auth": { "type": "basic", "username": nul, "password": "x" } } }),
        ),
        ("packs/search", json!({ "filter": { "name": { "eq": nul } } })),
        ("auth/authenticate", json!({ "emailId": nul, "password": "x" })),
    ] {
        let reply = api.call("POST", &format!("/v1/{path}"), &body);
        assert_eq!(reply.status, 400, "{path} {body}: {}", reply.body);
        assert!(reply.body["message"].as_str().unwrap().contains("U+0000"), "{path}: {}", reply.body);
    }
    // Files, forms and logins have doors of their own.
    let file = folder.path().join("profile");
    let yaml =
        "metadata: {name: n}\nspec: {version: 1.0.0, template: {type: add-on, cloudType: \"a\\0b\", packs: []}}\n";
    std::fs::write(&file, yaml).unwrap();
    let console = Console::log_in(&yard, curl, folder.path());
    let key = format!("ApiKey: {}", api.api_key());
    let form = format!("importFile=@{}", file.display());
    let (status, text) = console.ask(&["-H", &key, "-F", &form], "/v1/clusterprofiles/import/file");
    assert_eq!(status, "400", "{text}");
    let reply = api.get("/v1/packs?filters=a%00b");
    assert_eq!((reply.status, &reply.body["code"]), (400, &json!("InvalidQuery")), "{}", reply.body);
    for path in [
        "/profiles/a%00b",
        "/packs/a%00b",
        "/registries/a%00b/history",
        "/activity?q=a%00b",
        "/activity?actor=a%00b",
        "/activity?object=a%00b",
        "/packs?q=a%00b",
    ] {
        assert_eq!(console.ask(&[], path).0, "404", "{path}");
    }
    // `\0\0:x`
    let (status, text) = console.ask(&["-H", "Authorization: Basic AAA6eA=="], "/v2/");
    assert_eq!(status, "401", "{text}");
    let login = Console { cookies: folder.path().join("others"), ..console };
    let (status, page) =
        login.ask(&["-d", "email=a%00b&password=x", "-H", &format!("Origin: {}", yard.url())], "/login");
    assert!(page.contains("do not belong together"), "{status}: {page}");
}
