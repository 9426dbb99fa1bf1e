//! A registry that nobody of this project wrote, with htpasswd: packs that ORAS pushed there are found.

use crate::docker_registry::{DockerRegistry, PASSWORD, USER};
use crate::management::Management;
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::peer_or_skip;
use serde_json::{Value, json};
use std::time::Duration;

fn basic_spec(host: &str, password: &str) -> Value {
    json!({
        "endpoint": format!("http://{host}"), "providerType": "pack", "baseContentPath": "production",
        "isSyncSupported": true,
        "auth": { "type": "basic", "username": USER, "password": password, "tls": { "enabled": true } },
    })
}

#[test]
fn packs_in_docker_registry_with_htpasswd_are_found() {
    let test = "packs_in_docker_registry_with_htpasswd_are_found";
    let (Some(program), Some(oras)) = (peer_or_skip("docker-registry", test), peer_or_skip("oras", test)) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let registry = DockerRegistry::start(&program, folder.path());
    let yard = yard();
    let management = Management::log_in(&yard);
    let shell = Shell::in_folder(folder.path())
        .env("ORAS", oras.path.to_str().unwrap())
        .env("HOST", &registry.host)
        .env("PACKYARD", env!("CARGO_BIN_EXE_packyard"))
        .env("PASSWORD", PASSWORD);
    shell.ok("echo $PASSWORD | $ORAS login --username team --password-stdin $HOST");

    let validate = |password: &str| {
        management.call("POST", "/v1/registries/oci/basic/validate", &basic_spec(&registry.host, password))
    };
    assert_eq!(validate(PASSWORD).status, 204, "an empty registry is no error");
    let wrong = validate("not-the-password");
    assert!(wrong.body["message"].as_str().unwrap_or_default().contains("Credentials"), "{}", wrong.body);

    // The guide's sibling: an empty artifact makes the base, ORAS pushes one pack, we publish another.
    shell.ok("$ORAS push $HOST/production/spectro-packs/archive");
    for (name, version) in [("hello", "1.0.0"), ("hello", "1.10.0"), ("other", "2.0.0")] {
        let pack = folder.path().join(name);
        std::fs::create_dir_all(&pack).unwrap();
        let json =
            json!({"name": name, "displayName": name, "version": version, "layer": "addon", "cloudTypes": ["all"]});
        std::fs::write(pack.join("pack.json"), json.to_string()).unwrap();
        std::fs::write(pack.join("values.yaml"), format!("pack:\n  namespace: {name}\n")).unwrap();
        let shell = shell.env("NAME", name).env("VERSION", version);
        if name == "hello" {
            shell.ok("tar -czf $NAME-$VERSION.tar.gz $NAME && $ORAS push $HOST/production/spectro-packs/archive/$NAME:$VERSION $NAME-$VERSION.tar.gz");
        } else {
            shell.ok("$PACKYARD publish $NAME --to $HOST/production");
        }
    }
    shell.ok(
        "echo text >readme.md && $ORAS push $HOST/production/spectro-packs/archive/notes:1 readme.md:text/markdown",
    );

    let uid = management.register("basic", "harbor-like", &basic_spec(&registry.host, PASSWORD));
    let status = management.get(&format!("/v1/registries/oci/{uid}/basic/sync/status")).body;
    assert_eq!(status["status"], "Success", "{status}");
    assert!(status["message"].as_str().unwrap_or_default().contains("1 of 4 tags"), "{status}");
    assert_eq!(management.packs(), ["hello 1.10.0", "hello 1.0.0", "other 2.0.0"]);
    let by_name = management.get(&format!("/v1/packs/hello/registries/{uid}?cloudType=all")).body;
    assert_eq!(by_name["tags"].as_array().map(Vec::len), Some(2), "{by_name}");
    assert_eq!(by_name["packValues"][0]["values"], "pack:\n  namespace: hello\n");

    the_verbs(&shell.env("PACKYARD_API_KEY", &management.api_key()).env("PACKYARD_SERVER", &yard.url()));

    // It goes away: the catalogue stays as it was, and the status says what failed.
    let host = registry.host.clone();
    drop(registry);
    assert_eq!(management.call("POST", &format!("/v1/registries/oci/{uid}/basic/sync"), &Value::Null).status, 202);
    let failed = (0..600).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let status = management.get(&format!("/v1/registries/oci/{uid}/basic/sync/status")).body;
        (status["status"] == "Failed").then_some(status)
    });
    let message =
        failed.unwrap_or_else(|| panic!("{host}: the sync of a dead registry must fail"))["message"].to_string();
    assert!(message.contains("no connection"), "{message}");
    assert_eq!(management.packs().len(), 3);
}

/// The same by `packyard registry`.
fn the_verbs(shell: &Shell) {
    let out = shell.ok(
        "echo $PASSWORD | $PACKYARD registry add second --endpoint http://$HOST --base production --username team --secret-stdin",
    );
    assert!(out.contains("Success") && out.contains("1 of 4 tags"), "{out}");
    let list = shell.ok("$PACKYARD registry list");
    assert!(list.contains("harbor-like") && list.contains("second"), "{list}");
    assert!(shell.ok("$PACKYARD registry sync second").contains("Success"));
    let status: Value = serde_json::from_str(&shell.ok("$PACKYARD registry status second --output json")).unwrap();
    assert_eq!((status["kind"].as_str(), status["status"].as_str()), (Some("basic"), Some("Success")));
    let wrong = shell.run("echo wrong | $PACKYARD registry validate --endpoint http://$HOST --base production --username team --secret-stdin 2>&1");
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stdout).contains("Credentials"));
    shell.ok("$PACKYARD registry remove second");
    assert!(!shell.ok("$PACKYARD registry list").contains("second"));
}
