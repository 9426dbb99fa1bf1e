//! `packyard pack list`: on this server through the ECR API, on docker-registry through `_catalog`.

use crate::docker_registry::DockerRegistry;
use crate::pack_shell::{as_root, json, logged_in, pack_shell, said};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip};
use serde_json::Value;
use std::path::Path;

/// Two packs under `team`, one of them in four versions.
fn publish(shell: &Shell, folder: &Path, host: &str) {
    for (name, version) in
        [("hello", "1.9.0"), ("hello", "1.10.0"), ("hello", "1.10.0-rc.1"), ("hello", "v2.0"), ("other", "26.02.0")]
    {
        let pack = folder.join("packs").join(format!("{name}-{version}"));
        PackBuilder::new(name, version).write_to(&pack);
    }
    shell.ok(&format!("packyard publish packs/* --to {host}/team && packyard publish packs/other* --to {host}/second"));
}

fn tags(pack: &Value) -> Vec<&str> {
    pack["versions"].as_array().unwrap().iter().map(|version| version["tag"].as_str().unwrap()).collect()
}

#[test]
fn on_ecr_with_digests_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    let empty = said(&shell, "packyard pack list $H/team");
    assert!(empty.0 == Some(0) && empty.1.contains("there are no packs under localhost:"), "{}", empty.1);
    publish(&shell, folder.path(), "$H");
    let text = shell.ok("packyard pack list $H/team");
    let expected =
        format!("{:<32}  v2.0, 1.10.0, 1.10.0-rc.1, 1.9.0\n{:<32}  26.02.0\n2 packs, 5 versions\n", "hello", "other");
    assert_eq!(text, expected);
    let list = json(&shell, "packyard pack list $H/team/spectro-packs/archive --output json");
    assert_eq!((list["registry"].as_str(), tags(&list["packs"][0])[0]), (Some(yard.url().as_str()), "v2.0"));
    assert!(list["packs"][0]["versions"][0]["digest"].as_str().unwrap().starts_with("sha256:"), "{list}");
    assert_eq!(list["packs"][1]["repository"], "team/spectro-packs/archive/other");
    let one = json(&shell, "packyard pack list $H/team --name other --output json");
    assert_eq!(one["packs"].as_array().unwrap().len(), 1);
    let (code, text) = said(&shell, "packyard pack list $H/team --name absent");
    assert!(code == Some(1) && text.contains("there is no pack `absent`"), "{text}");
    // Nothing under the base, something elsewhere: it is named.
    let (code, text) = said(&shell, "packyard pack list $H/team/spectro-packs --output json 2>&1 >/dev/null");
    assert!(code == Some(0) && text.contains("packs are looked for in BASE/spectro-packs/archive/NAME"), "{text}");
    for (arguments, code) in [("", 2), ("h/UPPER", 2), ("localhost:1/x", 1)] {
        assert_eq!(said(&shell, &format!("packyard pack list {arguments}")).0, Some(code), "{arguments}");
    }
}

#[test]
fn on_docker_registry_also_tags_that_are_no_versions() {
    let test = "on_docker_registry_also_tags_that_are_no_versions";
    let (Some(program), Some(oras)) = (peer_or_skip("docker-registry", test), peer_or_skip("oras", test)) else {
        return;
    };
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let registry = DockerRegistry::start(&program, data.path());
    let shell = logged_in(&pack_shell(folder.path(), &[("oras", &oras)]), &registry);
    publish(&shell, folder.path(), "$D");
    shell.ok("oras tag $D/team/spectro-packs/archive/hello:1.9.0 latest stable");
    let list = json(&shell, "packyard pack list $D/team --output json");
    assert_eq!(tags(&list["packs"][0]), ["v2.0", "1.10.0", "1.10.0-rc.1", "1.9.0"]);
    let all = json(&shell, "packyard pack list $D/team --all-tags --output json");
    let with_others = tags(&all["packs"][0]);
    assert!(with_others.contains(&"latest") && with_others.contains(&"stable") && with_others.len() == 6);
    let second = json(&shell, "packyard pack list $D/second --output json");
    assert_eq!(second["packs"].as_array().unwrap().len(), 1);
}

/// A registry that refuses `_catalog`, as Harbor does for all but administrators.
#[test]
fn where_the_catalogue_is_refused_packs_can_be_named() {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut writer = stream;
                let mut first = String::new();
                while reader.read_line(&mut first).is_ok_and(|count| count > 0) {
                    let mut line = String::new();
                    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
                        line.clear();
                    }
                    let path = first.split_whitespace().nth(1).unwrap_or_default();
                    let (status, body) = if path.contains("_catalog") {
                        ("403 Forbidden", r#"{"errors":[{"code":"DENIED","message":"administrators only"}]}"#)
                    } else if path.contains("/tags/list") {
                        ("200 OK", r#"{"name":"x","tags":["1.0.0","1.2.0"]}"#)
                    } else {
                        ("200 OK", "{}")
                    };
                    let head = format!(
                        "HTTP/1.1 {status}\r\ndocker-distribution-api-version: registry/2.0\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    let _ = writer.write_all(format!("{head}{body}").as_bytes());
                    first.clear();
                }
            });
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]).env("H", &host);
    let (code, text) = said(&shell, "packyard pack list $H/team");
    assert_eq!(code, Some(1));
    assert!(text.contains("administrators only") && text.contains("may not list the repositories"), "{text}");
    assert!(text.contains(&format!("`packyard pack list http://{host}/team --name NAME`")), "{text}");
    let list = json(&shell, "packyard pack list $H/team --name hello --output json");
    assert_eq!(tags(&list["packs"][0]), ["1.2.0", "1.0.0"]);
}
