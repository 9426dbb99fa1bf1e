//! Charts as entries of the catalogue, with the real helm: from a repository that `helm repo index` made, and from this very
//! server, where `helm push` put them.

use crate::management::Management;
use crate::pack_init::files::Files;
use crate::pack_shell::{as_root, json as document, pack_shell, said};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Yard, peer_or_skip};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

fn managed(shell: &Shell, yard: &Yard) -> Shell {
    shell.env("PACKYARD_SERVER", &yard.url()).env("PACKYARD_API_KEY", &Management::log_in(yard).api_key())
}

fn package(shell: &Shell, chart: &str, version: &str) {
    shell.env("C", chart).env("V", version).ok("test -d $C || helm create $C >/dev/null
        sed -i \"s/^replicaCount:.*/replicaCount: 1 # of $V/\" $C/values.yaml
        helm package $C --version $V -d repo >/dev/null && helm repo index repo");
}

fn uid(found: &Management, path: &str) -> String {
    found.get(path).body["items"][0]["metadata"]["uid"].as_str().unwrap().to_owned()
}

fn repository(folder: &Path, helm: &packyard_testkit::Peer) -> (Shell, Files) {
    let shell = pack_shell(folder, &[("helm", helm)]);
    for (chart, version) in [("web", "0.1.0"), ("web", "0.2.0"), ("api", "1.0.0")] {
        package(&shell, chart, version);
    }
    let files = Files::serve(&folder.join("repo"));
    let shell = shell.env("R", &files.url);
    (shell, files)
}

#[test]
fn a_repository_that_helm_made_is_synced_shown_and_used_in_a_profile() {
    let test = "a_repository_that_helm_made_is_synced_shown_and_used_in_a_profile";
    let (Some(helm), Some(_)) = (peer_or_skip("helm", test), peer_or_skip("curl", test)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let (shell, files) = repository(folder.path(), &helm);
    let shell = managed(&shell, &yard);
    let added = shell.ok("packyard registry add stable --kind helm --endpoint $R");
    let line = added.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with("stable") && line.contains("Success") && line.contains("helm"), "{added}");
    assert!(shell.ok("packyard registry list").lines().any(|listed| listed == line));
    let asked = files.seen().len();
    let run = document(&shell, "packyard registry sync stable --follow --output json");
    assert_eq!(
        (&run["state"], &run["counts"]["unchanged"], &run["counts"]["requests"]),
        (&json!("success"), &json!(3), &json!(1))
    );
    assert_eq!(files.seen()[asked..], ["/index.yaml"]);

    package(&shell, "web", "0.10.0");
    let text = shell.ok("packyard registry sync stable --follow && packyard registry history stable --run last");
    assert!(text.contains("added      web:0.10.0"), "{text}");

    // As Palette's clients look for it.
    let direct = Management::log_in(&yard);
    let registry = uid(&direct, "/v1/registries/helm");
    let status = &direct.get("/v1/registries/helm").body["items"][0]["status"]["helmSyncStatus"];
    assert_eq!((&status["isSyncSupported"], &status["status"]), (&json!(true), &json!("Success")));
    let search = json!({ "filter": { "name": { "eq": "web" }, "type": ["helm"], "registryUid": [registry] } });
    let found = direct.call("POST", "/v1/packs/search?limit=50", &search).body;
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    let spec = &found["items"][0]["spec"];
    assert_eq!((&spec["type"], &spec["layer"]), (&json!("helm"), &json!("addon")));
    assert_eq!(spec["registries"][0]["latestVersion"], "0.10.0");
    let versions = direct.get(&format!("/v1/packs/web/registries/{registry}?cloudType=all")).body;
    let values = versions["packValues"].as_array().unwrap();
    assert_eq!(values.len(), 3, "{versions}");
    for tag in versions["tags"].as_array().unwrap() {
        let version = tag["version"].as_str().unwrap();
        let ours = values.iter().find(|values| values["packUid"] == tag["packUid"]).unwrap();
        let helms =
            shell.env("V", version).ok("mkdir -p away && cd away && helm show values web --repo $R --version $V");
        assert_eq!(ours["values"].as_str().unwrap().trim(), helms.trim(), "of {version}");
    }

    // A layer of type helm; by registry, name and version alone.
    let layer = json!({ "name": "web", "type": "helm", "tag": "0.2.0", "registryUid": registry, "uid": "", "values": "replicaCount: 3" });
    let profile = json!({
        "metadata": { "name": "with-a-chart" },
        "spec": { "version": "1.0.0", "template": { "type": "add-on", "cloudType": "all", "packs": [layer] } },
    });
    let made = direct.call("POST", "/v1/clusterprofiles?publish=true", &profile);
    assert_eq!(made.status, 201, "{}", made.body);
    let read = direct.get(&format!("/v1/clusterprofiles/{}", made.body["uid"].as_str().unwrap())).body;
    let pack = &read["spec"]["published"]["packs"][0];
    assert_eq!((&pack["type"], &pack["values"]), (&json!("helm"), &json!("replicaCount: 3")));
    let known = direct.get(&format!("/v1/packs/{}", pack["packUid"].as_str().unwrap())).body;
    assert_eq!((&known["registryUid"], &known["tags"][0]["version"]), (&json!(registry), &json!("0.2.0")));

    // A version that leaves the repository leaves the lists, and the profile stays readable and says so.
    shell.ok("rm repo/web-0.2.0.tgz && helm repo index repo && packyard registry sync stable");
    assert!(!direct.packs().contains(&"web 0.2.0".to_owned()));
    let read = direct.get(&format!("/v1/clusterprofiles/{}", made.body["uid"].as_str().unwrap())).body;
    assert_eq!(read["spec"]["published"]["packs"][0]["isInvalid"], true, "{read}");

    shell.ok("packyard registry remove stable");
    assert_eq!(shell.ok("packyard registry list --output json").trim(), "[]");
}

#[test]
fn the_command_line_says_what_is_wrong_with_a_repository() {
    let test = "the_command_line_says_what_is_wrong_with_a_repository";
    if peer_or_skip("curl", test).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = managed(&pack_shell(folder.path(), &[]), &yard);
    std::fs::create_dir_all(folder.path().join("repo/charts")).unwrap();
    std::fs::write(folder.path().join("repo/charts/index.yaml"), "apiVersion: v1\nentries: {}\ngenerated: now\n")
        .unwrap();
    let files = Files::serve(&folder.path().join("repo"));
    let locked = Files::with_login(&folder.path().join("repo"));
    let private = Files::over_tls(&folder.path().join("repo"));
    std::fs::write(folder.path().join("ca.pem"), &private.ca_pem).unwrap();
    let shell = shell.env("R", &files.url).env("L", &locked.url).env("T", &private.url).env("OWN", &yard.url());
    for (args, code, says) in [
        ("--kind helm --endpoint $R", 1, "/charts`: enter that address"),
        ("--kind helm --endpoint $OWN", 1, "register it as an OCI registry with provider type Helm"),
        ("--kind helm --endpoint oci://registry.example.com", 1, "provider type Helm"),
        ("--kind helm --endpoint $L/charts", 1, "wants somebody to log in"),
        ("--kind helm --endpoint $T/charts", 1, "certificate"),
        ("--kind helm --endpoint $R --base team", 2, "--base is for OCI registries"),
        ("--endpoint $R --access-key A", 2, "--access-key is for ECR registries"),
        ("--kind ecr --endpoint $R --username ann", 2, "ECR has --access-key"),
        ("--kind helm --endpoint $R --secret-stdin </dev/null", 2, "--secret-stdin needs --username"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard registry validate {args}"));
        assert_eq!(exit, Some(code), "{args}: {text}");
        assert!(text.contains(says), "{args}: {text}");
    }
    shell.ok("packyard registry validate --kind helm --endpoint $R/charts");
    shell.ok("echo secret | packyard registry validate --kind helm --endpoint $L/charts --username ann --secret-stdin");
    shell.ok("packyard registry validate --kind helm --endpoint $T/charts --registry-ca ca.pem");
    let noted = shell.ok("packyard registry validate --kind helm --endpoint $T/charts --insecure-skip-verify");
    assert!(noted.contains("lists no charts yet"), "{noted}");

    // The stored password goes to no other address, though /v1 shows it to who may set it.
    shell.ok("echo secret | packyard registry add own --kind helm --endpoint $L/charts --username ann --secret-stdin");
    let asked = files.seen().len();
    let (exit, text) = said(&shell, "packyard registry update own --endpoint $R/charts");
    assert!(exit == Some(1) && text.contains("enter it again") && text.contains("(--secret-stdin)"), "{text}");
    shell.ok("packyard registry update own --name ours && packyard registry sync ours");
    assert_eq!(files.seen().len(), asked, "the other address was never asked");
    let (exit, text) = said(&shell, "packyard registry notifications ours");
    assert!(exit == Some(1) && text.contains("packyard registry interval ours"), "{text}");
}

#[test]
fn charts_that_helm_pushes_to_this_server_appear_by_themselves() {
    let test = "charts_that_helm_pushes_to_this_server_appear_by_themselves";
    let (Some(helm), Some(_)) = (peer_or_skip("helm", test), peer_or_skip("curl", test)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[("helm", &helm)]), &yard);
    let shell = managed(&shell, &yard).env("WHO", &yard.admin_email).env("WORD", &yard.admin_password);
    shell.ok("helm create web >/dev/null && mkdir repo
        helm registry login $H -u $WHO --password-stdin --plain-http <<<$WORD || helm registry login $H -u $WHO --password-stdin --insecure <<<$WORD");
    let push = |version: &str| {
        shell
            .env("V", version)
            .ok("helm package web --version $V >/dev/null && helm push web-$V.tgz oci://$H/charts --plain-http");
    };
    push("0.1.0");
    shell.ok("echo $WORD | packyard registry add charts --provider helm --base charts --endpoint $PACKYARD_SERVER --username $WHO --secret-stdin");
    let direct = Management::log_in(&yard);
    assert_eq!(direct.packs(), ["web 0.1.0"]);
    push("0.2.0+5");
    direct.until(Duration::from_secs(30), |packs| packs.len() == 2);
    let found = direct.get("/v1/packs?filters=spec.name=webANDspec.version=0.2.0%2B5").body;
    let values: &Value = &found["items"][0]["spec"]["values"];
    assert_eq!(values.as_str().unwrap().trim(), shell.ok("helm show values web").trim());
    let run = document(&shell, "packyard registry sync charts --follow --output json");
    assert_eq!((&run["state"], &run["counts"]["unchanged"]), (&json!("success"), &json!(2)), "{run}");
}
