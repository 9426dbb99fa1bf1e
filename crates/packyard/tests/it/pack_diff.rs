//! `packyard pack diff` between folders, archives and packs in registries.

use crate::pack_shell::{as_root, json, pack_shell, said};
use crate::yard;
use packyard_testkit::PackBuilder;
use serde_json::json;

fn old() -> PackBuilder {
    let values = "pack:\n  namespace: hello\n  content:\n    images:\n      - image: example.org:5000/a:1\n      - image: example.org/b:2\ncharts:\n  web:\n    replicas: 1\n";
    PackBuilder::new("hello", "1.0.0")
        .chart("web", "0.1.0")
        .values(values)
        .file("presets.yaml", "presets:\n- name: small\n  group: Size\n  remove: []\n  add: |\n    a: 1\n")
        .file("schema.yaml", "charts.web.replicas:\n  schema: '{{ required }}'\n")
        .file("gone.txt", "x")
}

fn new() -> PackBuilder {
    let values = "pack:\n  namespace: hello\n  content:\n    images:\n      - image: example.org:5000/a:2\n      - image: example.org/c:1\ncharts:\n  web:\n    replicas: 3\n";
    old()
        .set("version", json!("1.1.0"))
        .set("group", json!("g"))
        .set("charts", json!([]))
        .without("charts/web-0.1.0.tgz")
        .chart("web", "0.2.0")
        .values(values)
        .file("manifests/app.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n")
        .file("presets.yaml", "presets:\n- name: small\n  group: Size\n  remove: []\n  add: |\n    a: 2\n")
        .file("schema.yaml", "charts.web.replicas:\n  schema: '{{ required | readonly }}'\n")
        .without("gone.txt")
        .file("come.txt", "yy")
}

#[test]
fn what_changed_is_said_section_by_section() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    old().write_to(&folder.path().join("old"));
    new().write_to(&folder.path().join("new"));
    shell.ok("packyard pack build old && packyard publish old new --to $H/team");

    // The same pack in three places: nothing differs.
    for (a, b) in
        [("old", "hello-1.0.0.tar.gz"), ("old", "$H/team/hello:1.0.0"), ("$H/team/hello:1.0.0", "hello-1.0.0.tar.gz")]
    {
        let (code, text) = said(&shell, &format!("packyard pack diff {a} {b}"));
        assert!(code == Some(0) && text.ends_with("are the same\n"), "{a} {b}: {text}");
    }
    let (code, text) = said(&shell, "packyard pack diff $H/team/hello:1.0.0 new");
    assert_eq!(code, Some(1), "{text}");
    for line in [
        "metadata\n",
        "  ~ version: \"1.0.0\" -> \"1.1.0\"\n",
        "  + group: \"g\"\n",
        "values\n--- a/values.yaml\n+++ b/values.yaml\n@@ -",
        "\n-    replicas: 1\n+    replicas: 3\n",
        "charts\n  ~ web: 0.1.0 -> 0.2.0\n",
        "manifests\n  ~ manifests/app.yaml\n",
        "\n-kind: ConfigMap\n+kind: Secret\n",
        "  ~ example.org:5000/a: 1 -> 2\n",
        "  - example.org/b: 2\n",
        "  + example.org/c: 1\n",
        "  ~ charts.web.replicas: {{ required }} -> {{ required | readonly }}\n",
        "presets\n  ~ Size:small\n",
        "\n-a: 1\n+a: 2\n",
        "  + come.txt: 2 bytes\n",
        "  - gone.txt: 1 bytes\n",
    ] {
        assert!(text.contains(line), "{line:?}:\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colours where nobody watches: {text}");
    let painted = said(&shell, "packyard pack diff old new --color always").1;
    assert!(painted.contains("\x1b[32m+    replicas: 3\x1b[0m"), "{painted:?}");
    // On a terminal (script(1) makes one) it is painted, unless NO_COLOR says otherwise.
    let terminal = r#"script -qec "packyard pack diff old new" /dev/null"#;
    let on_terminal = |env: &str| said(&shell.env("TERM", "xterm"), &format!("{env} {terminal}"));
    let (code, text) = on_terminal("");
    assert!(code == Some(1) && text.contains("\x1b[31m-    replicas: 1\x1b[0m"), "{code:?} {text:?}");
    assert!(!on_terminal("NO_COLOR=1").1.contains("\x1b[3"), "NO_COLOR");

    let out = shell.run("packyard pack diff old new --output json");
    let found: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((out.status.code(), &found["same"]), (Some(1), &json!(false)));
    assert_eq!(found["charts"][0]["to"], "0.2.0");
    // Fields of pack.json keep their types.
    let fields = [
        json!({"name": "charts", "change": "changed", "from": ["charts/web-0.1.0.tgz"], "to": ["charts/web-0.2.0.tgz"]}),
        json!({"name": "group", "change": "added", "to": "g"}),
        json!({"name": "version", "change": "changed", "from": "1.0.0", "to": "1.1.0"}),
    ];
    assert_eq!(found["metadata"], json!(fields));
    assert_eq!(found["images"][0], json!({"name": "example.org/b", "change": "removed", "from": "2"}));
    assert!(found["values"].as_str().unwrap().contains("+    replicas: 3\n"));
    assert_eq!(json(&shell, "packyard pack diff old old --output json")["same"], true);
    let brief = shell.run("packyard pack diff old new --brief");
    assert_eq!((brief.status.code(), brief.stdout.as_slice()), (Some(1), &b""[..]));
}

#[test]
fn content_of_one_size_and_the_executable_bit_count() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    for name in ["a", "b"] {
        PackBuilder::new("hello", "1.0.0").file("run.sh", "one").file("x.bin", "1").write_to(&folder.path().join(name));
    }
    shell.ok("packyard pack diff a b && printf 2 >b/x.bin && chmod +x b/run.sh");
    let (code, text) = said(&shell, "packyard pack diff a b");
    assert_eq!(code, Some(1));
    assert!(
        text.contains("files\n  ~ run.sh: 3 bytes -> 3 bytes, executable\n  ~ x.bin: 1 bytes -> 1 bytes\n"),
        "{text}"
    );
    // The bit travels in the archive.
    shell.ok("packyard pack build b && packyard pack diff b hello-1.0.0.tar.gz");
}

#[test]
fn trouble_is_two() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("a"));
    shell.ok("mkdir empty && echo x >file");
    for (arguments, expected) in [
        ("a ./absent", "there is no file or folder `./absent`"),
        ("absent a", "there is no file or folder `absent`"),
        ("a empty", "`empty` is not a pack that can be read"),
        ("a file", "`file` cannot be read"),
        ("a localhost:1/team/hello:1.0.0", "no connection to localhost:1"),
        ("a", "<B>"),
    ] {
        let (code, text) = said(&shell, &format!("packyard pack diff {arguments}"));
        assert!(code == Some(2) && text.contains(expected), "{arguments}: {code:?} {text}");
    }
}
