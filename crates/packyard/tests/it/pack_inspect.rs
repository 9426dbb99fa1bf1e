//! `packyard pack inspect`: the same said of a folder, its archive, and the pack in a registry.

use crate::docker_registry::DockerRegistry;
use crate::pack_shell::{as_root, json, logged_in, pack_shell, said};
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip};
use serde_json::{Value, json};

fn pack() -> PackBuilder {
    let values = "# spectrocloud.com/enabled-presets: Size:small\npack:\n  namespace: hello\n  content:\n    images:\n      - image: example.org/a:1\n      - image: example.org/b:2\ncharts:\n  web:\n    replicas: 1\nmanifests:\n  app: {}";
    PackBuilder::new("hello", "1.0.0")
        .chart("web", "0.1.0")
        .values(values)
        .file(
            "presets.yaml",
            "presets:\n- name: small\n  displayName: Small\n  group: Size\n  remove: []\n  add: |\n    a: 1\n",
        )
        .file("schema.yaml", "charts.web.replicas:\n  schema: '{{ required | format \"${number:[1-9]}\" }}'\n")
        .set("displayName", json!("Hello \u{1b}[31mred"))
        .set(
            "constraints",
            json!({"dependencies": [{"packName": "k8s", "minVersion": "1.2", "layer": "k8s", "type": "required"}]}),
        )
}

#[test]
fn folder_archive_and_registry_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    pack().write_to(&folder.path().join("src"));
    let published = json(&shell, "packyard publish src --to $H/team --output json");
    shell.ok("packyard pack build src");
    let places = ["src", "hello-1.0.0.tar.gz", "$H/team/hello:1.0.0"];
    let mut all: Vec<Value> = places
        .iter()
        .map(|place| json(&shell, &format!("packyard pack inspect {place} --output json --values")))
        .collect();
    assert_eq!(all[2]["digest"], published["packs"][0]["digest"]);
    for (at, kind) in ["folder", "archive", "registry"].into_iter().enumerate() {
        assert_eq!(all[at]["kind"], kind);
        assert_eq!(all[at]["archiveDigest"], published["packs"][0]["archiveDigest"], "{kind}");
        for own in ["place", "kind", "digest", "topFolder"] {
            all[at].as_object_mut().unwrap().remove(own);
        }
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[1], all[2]);
    let one = &all[0];
    assert_eq!(one["images"], json!(["example.org/a:1", "example.org/b:2"]));
    assert_eq!(one["charts"][0]["name"], "web");
    assert_eq!((&one["schema"][0]["required"], &one["enabledPresets"][0]), (&json!(true), &json!("Size:small")));
    assert_eq!((&one["metadata"]["layer"], &one["namespace"]), (&json!("addon"), &json!("hello")));
    assert!(one["files"].as_array().unwrap().iter().any(|file| file["path"] == "manifests/app.yaml"), "{one}");

    let text = shell.ok("packyard pack inspect $H/team/hello:1.0.0 --files");
    for line in [
        "hello 1.0.0  Hello \\u{1b}[31mred",
        "layer       addon (app services)",
        "clouds      all",
        "namespace   hello",
        "needs       k8s from 1.2 (required)",
        "chart       web 0.1.0 (charts/web-0.1.0.tgz, app 1)",
        "image       example.org/b:2",
        "preset      Size:small (Small, enabled)",
        "field       charts.web.replicas (required)",
        "  values.yaml",
        "files       8 files, ",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text}");
    // Byte for byte, also without a line end.
    shell.ok("packyard pack inspect $H/team/hello:1.0.0 --values | cmp - src/values.yaml");
    shell.ok("packyard pack inspect hello-1.0.0.tar.gz --readme | cmp - src/README.md");
    assert!(
        shell.ok("packyard pack inspect src --readme --values").starts_with("==> README.md <==\n# hello\n==> values")
    );
}

#[test]
fn what_is_not_a_pack_is_named() {
    let test = "what_is_not_a_pack_is_named";
    let (Some(program), Some(oras)) = (peer_or_skip("docker-registry", test), peer_or_skip("oras", test)) else {
        return;
    };
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let registry = DockerRegistry::start(&program, data.path());
    let shell = logged_in(&pack_shell(folder.path(), &[("oras", &oras)]), &registry);
    shell.ok("echo text >a.txt && oras push $D/team/notes:1 a.txt && oras push $D/team/empty:1");
    shell.ok("echo a >b.txt && oras push $D/team/two:1 a.txt:text/plain b.txt:text/plain && mkdir not-a-pack");
    for (target, code, expected) in [
        ("$D/team/notes:1", 1, "no tar archive"),
        ("$D/team/empty:1", 1, "an artifact without content"),
        ("$D/team/two:1", 1, "its 2 layers have nothing that says"),
        ("$D/team/absent:1", 1, "there is no "),
        ("./absent", 1, "there is no file or folder `./absent`"),
        ("absent", 1, "a pack in a registry is HOST"),
        ("absent.tar.gz", 1, "there is no file or folder"),
        ("host.example/UPPER:1", 1, "is not a repository name"),
        ("not-a-pack", 1, "packyard pack lint not-a-pack"),
        ("a.txt", 1, "`a.txt` cannot be read"),
        ("", 2, "TARGET"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard pack inspect {target}"));
        assert_eq!(exit, Some(code), "{target}: {text}");
        assert!(text.contains(expected), "{target}: {text}");
    }
}
