//! From Kubernetes manifests, and from nothing.

use super::with_tmp;
use crate::pack_shell::{json, pack_shell, said};
use serde_json::json;

#[test]
fn manifests_become_a_pack() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    shell.ok(
        "mkdir -p deploy/rbac deploy/.hidden
        printf 'kind: Deployment\\nspec:\\n  containers:\\n  - image: ghcr.io/a/app:1.0 # why\\n  - image: {{ .Values.image }}\\n' >deploy/app.yaml
        printf 'kind: Role\\n---\\nkind: RoleBinding\\n' >deploy/rbac/role.yml
        echo '{\"kind\": \"ConfigMap\"}' >deploy/config.json
        touch deploy/kustomization.yaml deploy/notes.txt deploy/.hidden/x.yaml",
    );
    let made = json(&shell, "packyard pack init --manifests deploy --output json");
    assert_eq!(
        (&made["name"], &made["version"], &made["images"]),
        (&json!("deploy"), &json!("1.0.0"), &json!(["ghcr.io/a/app:1.0"]))
    );
    let notes = json!([
        "kustomization.yaml is left out: it is no manifest",
        "notes.txt is left out: it is no manifest",
        "the pack has no logo; put one into its folder as logo.png"
    ]);
    assert_eq!(made["notes"], notes);
    let pack = json(&shell, "cat deploy-1.0.0/pack.json");
    assert_eq!(
        pack["kubeManifests"],
        json!(["manifests/app.yaml", "manifests/config.json", "manifests/rbac-role.yml"])
    );
    let values = shell.ok("cat deploy-1.0.0/values.yaml");
    assert!(values.ends_with("manifests:\n  app: {}\n  config: {}\n  rbac-role: {}\n"), "{values}");
    shell.ok("cmp deploy/app.yaml deploy-1.0.0/manifests/app.yaml && packyard pack lint deploy-1.0.0 --deny warnings");
    shell.ok("packyard pack init --manifests deploy/app.yaml deploy/config.json --name two && packyard pack lint two-1.0.0 --deny warnings");
    // What was made from one file is called as the file is.
    shell.ok("packyard pack init --manifests deploy/app.yaml && test -f app-1.0.0/manifests/app.yaml");
}

#[test]
fn what_is_no_manifest_is_refused_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let shell = with_tmp(&pack_shell(folder.path(), &[]), folder.path());
    shell.ok(
        "mkdir chart none same loop && touch chart/Chart.yaml none/readme.txt
        echo 'a: [' >broken.yaml; printf '\\377' >binary.yaml; echo 'a: 1' >'a b.yaml'; echo 'a: 1' >same/x.yaml; cp same/x.yaml same/x.yml
        ln -s ../loop loop/again",
    );
    let before = shell.ok("ls -AR");
    for (args, expected) in [
        ("chart", "`chart` is a Helm chart; give it without --manifests"),
        ("none", "there is no manifest in none"),
        ("none/readme.txt", "they end in .yaml"),
        ("absent.yaml", "there is no file or folder `absent.yaml`"),
        ("broken.yaml", "`broken.yaml` is not YAML: line"),
        ("binary.yaml", "`binary.yaml` is not UTF-8 text"),
        ("'a b.yaml'", "is not a name for a manifest"),
        ("same", "would both have their values under `x`; rename one"),
        ("loop", "there is no manifest in loop"),
        ("same/x.yaml --limit pack.manifest_bytes=3", "limit pack.manifest_bytes"),
    ] {
        let (code, text) = said(&shell, &format!("packyard pack init --name n --manifests {args}"));
        assert_eq!(code, Some(1), "{args}: {text}");
        assert!(text.contains(expected), "{args}: {text}");
        assert_eq!(shell.ok("ls -AR"), before, "{args}");
    }
    let (code, text) = said(&shell, "packyard pack init --manifests same/x.yaml broken.yaml");
    assert!(code == Some(1) && text.contains("broken.yaml"), "{text}");
}

#[test]
fn an_empty_pack_has_a_layer_of_choice() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    for layer in ["os", "k8s", "cni", "csi", "kernel", "addon"] {
        let shell = shell.env("LAYER", layer);
        let made = json(&shell, "packyard pack init --empty --name my-$LAYER --layer $LAYER --output json");
        assert_eq!((&made["layer"], &made["findings"]), (&json!(layer), &json!([])));
        shell.ok("packyard pack lint my-$LAYER-1.0.0 --deny warnings && packyard pack build my-$LAYER-1.0.0");
    }
}
