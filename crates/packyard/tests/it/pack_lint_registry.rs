//! `packyard pack lint` of packs in registries, and one set of findings at every door.

use crate::docker_registry::DockerRegistry;
use crate::pack_shell::{as_root, json, logged_in, pack_shell, said};
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip};
use serde_json::{Value, json};

fn codes(pack: &Value) -> Vec<String> {
    let findings = pack["findings"].as_array().unwrap_or_else(|| panic!("{pack}"));
    let mut codes: Vec<String> = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

/// Findings of several kinds, none an error.
fn odd() -> PackBuilder {
    let values = "pack:\n  namespace: Not_A_Name\n  content:\n    images:\n    - iamge: a/b:1\ncharts: {}\nx: '{{.spectro.nothing}}'\n";
    PackBuilder::new("hello", "1.5").chart("web", "0.1.0").values(values).set("cloudTypes", json!(["vpshere"]))
}

#[test]
fn folder_archive_registry_and_publish_find_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    odd().write_to(&folder.path().join("src"));
    let published = json(&shell, "packyard publish src --to $H/team --output json");
    shell.ok("packyard pack build src");
    let linted =
        json(&shell, "packyard pack lint src hello-1.5.tar.gz $H/team/hello:1.5 oci://$H/team/hello:1.5 --output json");
    let expected = codes(&linted["packs"][0]);
    assert!(expected.len() >= 5 && expected.contains(&"PACK142".to_owned()), "{expected:?}");
    for pack in linted["packs"].as_array().unwrap().iter().chain([&published["packs"][0]]) {
        assert_eq!(codes(pack), expected, "{pack}");
    }
    let text = shell.ok("packyard pack lint $H/team/hello:1.5");
    assert!(text.contains("/team/hello:1.5/values.yaml:5:7\n") && text.contains("5 |     - iamge: a/b:1"), "{text}");
    assert_eq!(said(&shell, "packyard pack lint $H/team/hello:1.5 --deny warnings").0, Some(1));

    // What is too large by its manifest is not fetched; what is not there is said; nothing remote is changed.
    let (code, text) = said(&shell, "packyard pack lint $H/team/hello:1.5 --limit pack.archive_bytes=10");
    assert!(code == Some(1) && text.contains("limit pack.archive_bytes"), "{text}");
    let (code, text) = said(&shell, "packyard pack lint $H/team/hello:9");
    assert!(code == Some(1) && text.contains("there is no "), "{text}");
    let (code, text) = said(&shell, "packyard pack lint $H/team/hello:1.5 --fix");
    assert!(code == Some(2) && text.contains("--fix changes folders"), "{text}");
}

#[test]
fn dependencies_are_checked_against_a_registry() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    let needs = |min: &str| {
        let one = |name: &str| json!({"packName": name, "layer": "addon", "type": "required", "minVersion": min});
        PackBuilder::new("app", "1.0.0").set("constraints", json!({"dependencies": [one("base"), one("Not A Name")]}))
    };
    for version in ["1.9.0", "2.1.0"] {
        PackBuilder::new("base", version).write_to(&folder.path().join(format!("base-{version}")));
    }
    needs("2.0").write_to(&folder.path().join("met"));
    needs("3.0").write_to(&folder.path().join("unmet"));
    shell.ok("packyard publish base-* --to $H/team");
    shell.ok("packyard pack lint met unmet --deny warnings");
    shell.ok("packyard pack lint met --against $H/team --deny warnings && packyard pack lint unmet --against $H/other");
    let text = shell.ok("packyard pack lint unmet --against $H/team");
    let expected = "no known version of `base` is 3.0 or newer; the newest are 2.1.0, 1.9.0";
    assert!(text.contains("warning[PACK112]: ") && text.contains(expected), "{text}");
}

#[test]
fn what_is_broken_in_a_foreign_registry_is_a_finding() {
    let test = "what_is_broken_in_a_foreign_registry_is_a_finding";
    let (Some(program), Some(oras)) = (peer_or_skip("docker-registry", test), peer_or_skip("oras", test)) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let registry = DockerRegistry::start(&program, folder.path());
    let shell = logged_in(&pack_shell(folder.path(), &[("oras", &oras)]), &registry);
    shell.ok("echo '<html>' >p.tar.gz && oras push $D/team/spectro-packs/archive/p:1.0.0 p.tar.gz");
    let (code, text) = said(&shell, "packyard pack lint $D/team/p:1.0.0");
    assert!(code == Some(1) && text.contains("error[PACK015]: ") && text.contains("web page"), "{text}");
    // Another repository and tag than the pack says of itself.
    odd().write_to(&folder.path().join("src"));
    shell.ok("packyard pack build src && oras push $D/team/spectro-packs/archive/other:2 hello-1.5.tar.gz");
    let linted = json(&shell, "packyard pack lint $D/team/other:2 --output json");
    let found = codes(&linted["packs"][0]);
    assert!(found.contains(&"PACK130".to_owned()) && found.contains(&"PACK131".to_owned()), "{found:?}");
}
