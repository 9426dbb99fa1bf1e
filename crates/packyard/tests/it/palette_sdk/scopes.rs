//! Projects, macros and files.

use super::provider::{add_on, apply, assert_plan_is_empty, text};
use super::sdk::Sdk;
use super::world::World;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

fn layer(content: &str) -> Value {
    json!({ "name": "notes", "type": "manifest", "values": "", "manifests": [{ "name": "notes", "content": content }] })
}

fn macros(pairs: &[(&str, &str)]) -> Value {
    json!({ "macros": pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>() })
}

/// Case 11 for projects, and the scope of profiles.
#[test]
fn a_project_is_made_read_changed_imported_and_deleted_and_profiles_live_in_it() {
    let test = "a_project_is_made_read_changed_imported_and_deleted_and_profiles_live_in_it";
    let Some(world) = World::start(test) else { return };
    let mut sdk = world.sdk();
    let mut project = json!({ "metadata": {
        "name": "team a", "labels": { "x": "spectro__tag" }, "annotations": { "description": "first" },
    }, "spec": {} });
    let uid = sdk.call("CreateProject", std::slice::from_ref(&project)).text();
    let state = |sdk: &mut Sdk| {
        let read = sdk.call("GetProject", &[json!(uid)]).ok();
        json!({ "name": read["metadata"]["name"], "labels": read["metadata"]["labels"],
            "description": read["metadata"]["annotations"]["description"] })
    };
    let planned = |project: &Value| {
        json!({ "name": project["metadata"]["name"], "labels": project["metadata"]["labels"],
            "description": project["metadata"]["annotations"]["description"] })
    };
    assert_eq!(state(&mut sdk), planned(&project));
    project["metadata"]["annotations"]["description"] = json!("second");
    project["metadata"]["labels"] = json!({});
    project["metadata"]["uid"] = json!(uid);
    sdk.call("UpdateProject", &[json!(uid), project.clone()]).ok();
    let read = sdk.call("GetProject", &[json!(uid)]).ok();
    assert_eq!(read["metadata"]["annotations"]["description"], "second");
    assert!(read["metadata"]["labels"].as_object().is_none_or(serde_json::Map::is_empty), "{read}");
    // An import tries the uid first, and what it is given may be a name with a space.
    sdk.call("GetProject", &[json!("team a")]).gone();
    assert_eq!(sdk.call("GetProjectUID", &[json!("team a")]).text(), uid);

    sdk.scope(&uid);
    let profile = add_on("in-project", "1.0.0", &[layer("kind: Job")]);
    let own = apply(&mut sdk, &profile);
    // A profile is read whatever scope its reader stands in, since the provider shares one client.
    sdk.scope("");
    assert_plan_is_empty(&mut sdk, &own, &profile);
    let read = sdk.call("GetClusterProfile", &[json!(own)]).ok();
    assert_eq!(read["metadata"]["annotations"]["scope"], "project");
    let copy = json!({ "UID": own, "Body": { "metadata": { "name": "shared", "version": "2.0.0", "target": { "scope": "tenant" } } } });
    let copied = text(&sdk.operation("V1ClusterProfilesUIDClone", copy).payload()["uid"]);
    let copied = sdk.call("GetClusterProfile", &[json!(copied)]).ok();
    assert_eq!(copied["metadata"]["annotations"]["scope"], "tenant");

    let refused = sdk.call("DeleteProject", &[json!(uid)]).error();
    assert_eq!((&refused["status"], &refused["code"]), (&json!(409), &json!("Conflict")), "{refused}");
    sdk.call("DeleteClusterProfile", &[json!(own)]).ok();
    sdk.call("DeleteProject", &[json!(uid)]).ok();
    sdk.call("GetProject", &[json!(uid)]).gone();
}

#[test]
fn macros_of_the_tenant_and_of_projects_are_apart_and_clash_with_422() {
    let Some(world) = World::start("macros_of_the_tenant_and_of_projects_are_apart_and_clash_with_422") else { return };
    let mut sdk = world.sdk();
    let project = json!(sdk.call("GetProjectUID", &[json!("Default")]).text());
    for scope in [json!(""), project.clone()] {
        sdk.call("CreateMacros", &[scope.clone(), macros(&[("zone", "eu"), ("size", "s")])]).ok();
        let clash = sdk.call("CreateMacro", &[scope.clone(), macros(&[("new", "1"), ("zone", "x")])]).error();
        assert_eq!((&clash["status"], &clash["code"]), (&json!(422), &json!("MacroAlreadyExists")), "{clash}");
        assert!(text(&clash["message"]).contains("zone"), "{clash}");
        sdk.call("UpdateMacro", &[scope.clone(), macros(&[("zone", "us")])]).ok();
        assert_eq!(sdk.call("GetMacro", &[json!("zone"), scope.clone()]).ok()["value"], "us");
        assert!(
            sdk.call("GetMacro", &[json!("new"), scope.clone()]).ok().is_null(),
            "nothing of a refused request is done"
        );
        sdk.call("UpdateMacros", &[scope.clone(), macros(&[("only", "1")])]).ok();
        assert_eq!(sdk.call("GetMacrosV2", std::slice::from_ref(&scope)).ok(), macros(&[("only", "1")])["macros"]);
        sdk.call("UpdateMacro", &[scope.clone(), macros(&[("absent", "1")])]).gone();
        sdk.call("DeleteMacros", &[scope.clone(), macros(&[("only", "")])]).ok();
        assert!(sdk.call("GetMacrosV2", &[scope]).ok().as_array().is_none_or(Vec::is_empty));
    }
    sdk.call("GetMacrosV2", &[json!("0123456789abcdef01234567")]).gone();
}

/// Case 15: JSON and YAML; the SDK calls both JSON.
#[test]
fn an_exported_profile_is_imported_from_json_and_from_yaml() {
    let Some(world) = World::start("an_exported_profile_is_imported_from_json_and_from_yaml") else { return };
    let mut sdk = world.sdk();
    let mut profile = add_on("exported", "1.0.0", &[layer("kind: Job\nmetadata:\n  name: '{{.spectro.var.zone}}'\n")]);
    profile["spec"]["variables"] = json!([
        { "name": "zone", "displayName": "Zone", "format": "string", "defaultValue": "eu" },
        { "name": "token", "displayName": "Token", "format": "string", "isSensitive": true, "defaultValue": "s3cret" },
    ]);
    let uid = apply(&mut sdk, &profile);
    let before = super::provider::refresh(&mut sdk, &uid);
    for format in ["json", "yaml"] {
        let file = sdk.call("ExportClusterProfile", &[json!(uid), json!(format)]).written();
        assert!(!file.contains("s3cret"), "{file}");
        let refused = sdk.call("ImportClusterProfile", &[json!(file)]).error();
        assert_eq!(refused["code"], "ClusterProfileAlreadyExists", "{refused}");
        let renamed = file.replace("exported", &format!("from-{format}"));
        let made = sdk
            .call("CreateClusterProfileImport", &[json!({ "name": "/tmp/profile-import1", "content": renamed })])
            .text();
        let after = super::provider::refresh(&mut sdk, &made);
        assert_eq!(after["packs"][0]["manifests"], before["packs"][0]["manifests"], "{file}");
        assert_eq!((&after["labels"], &after["description"]), (&before["labels"], &before["description"]));
        assert_eq!(text(&after["variables"][1]["defaultValue"]), "", "a secret has to be given again");
    }
    let absent = json!({ "metadata": { "name": "absent" }, "spec": { "version": "1.0.0", "template": { "type": "add-on", "cloudType": "all",
        "packs": [{ "name": "nowhere", "version": "9.9.9", "tag": "9.9.9", "type": "oci", "values": "a: '{{.spectro.macro.none}}'" }] } } });
    let refused = sdk.call("ImportClusterProfile", &[json!(absent.to_string())]).error();
    let message = text(&refused["message"]);
    assert_eq!((&refused["status"], &refused["code"]), (&json!(400), &json!("ImportIncomplete")), "{refused}");
    assert!(message.contains("nowhere 9.9.9") && message.contains("macro none"), "all at once: {message}");
    let terraform = sdk.operation("V1ClusterProfilesUIDExportTerraform", json!({ "UID": uid })).written();
    assert!(terraform.starts_with("resource \"spectrocloud_cluster_profile\" \"exported\" {"), "{terraform}");
    assert!(!terraform.contains("s3cret"), "{terraform}");
    is_hcl(&terraform);
}

/// Terraform itself reads it, where it is installed: `fmt` parses what it is given.
fn is_hcl(text: &str) {
    let Some(terraform) = packyard_testkit::peer("terraform") else {
        packyard_testkit::note("`terraform` is not installed: the exported resource was not parsed by it");
        return;
    };
    let mut child = Command::new(terraform.path)
        .args(["fmt", "-no-color", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{}\n{text}", String::from_utf8_lossy(&out.stderr));
}
