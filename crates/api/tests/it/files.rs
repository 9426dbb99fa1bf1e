//! Profiles as files, and what is wrong with packs.

use crate::registry::Remote;
use crate::world::World;
use http::{Method, Request, header};
use serde_json::{Value, json};

fn file(name: &str, version: &str, registry: Value) -> Value {
    json!({ "metadata": { "name": name, "labels": null }, "spec": { "version": "1.0.0", "variables": null,
        "template": { "type": "add-on", "cloudType": "all", "packs": [
            { "name": "hello", "type": "oci", "layer": "addon", "version": version, "tag": version, "values": "a: 1\n", "registry": registry },
        ] } } })
}

async fn two_registries(world: &World) -> (String, String) {
    let remote = Remote::start().await;
    for (base, version) in [("team", "1.0.0"), ("team", "1.2.0"), ("other", "1.0.0")] {
        remote.publish(base, "hello", version, "app services");
    }
    let register = async |name: &str| {
        let body = json!({ "metadata": { "name": name }, "spec": {
            "endpoint": remote.endpoint(), "providerType": "pack", "baseContentPath": name, "auth": { "type": "noAuth" } } });
        world.post("/v1/registries/oci/basic", body).await.uid()
    };
    (register("team").await, register("other").await)
}

#[tokio::test]
async fn an_import_says_which_registries_have_a_pack_and_takes_the_one_that_is_named() {
    let world = World::at_work().await;
    let (team, other) = two_registries(&world).await;
    let matched = world.post("/v1/clusterprofiles/import/validate", file("app", "1.0.0", Value::Null)).await;
    let matched = matched.is(200).json();
    let registries = matched["spec"]["template"]["packs"][0]["registry"]["matchingRegistries"].clone();
    let mut uids: Vec<&str> = registries.as_array().unwrap().iter().map(|one| one["uid"].as_str().unwrap()).collect();
    uids.sort_unstable();
    let mut expected = [team.as_str(), other.as_str()];
    expected.sort_unstable();
    assert_eq!(uids, expected, "{registries}");

    let ambiguous = world.post("/v1/clusterprofiles/import", file("app", "1.0.0", Value::Null)).await;
    let message = ambiguous.is_error(400, "ImportIncomplete")["message"].to_string();
    assert!(message.contains("team") && message.contains("other"), "{message}");
    let named = json!({ "metadata": { "uid": "0123456789abcdef01234567", "name": "other" } });
    let uid = world.post("/v1/clusterprofiles/import?publish=true", file("app", "1.0.0", named)).await.uid();
    let made = world.get(&format!("/v1/clusterprofiles/{uid}")).await.json();
    let pack = &made["spec"]["published"]["packs"][0];
    assert_eq!((&pack["registryUid"], &pack["values"]), (&json!(other), &json!("a: 1\n")), "{made}");

    // One registry has 1.2.0, so nothing has to be named; none has 2.0.0, and the newest are offered.
    world.post("/v1/clusterprofiles/import", file("newer", "1.2.0", Value::Null)).await.uid();
    let absent = world.post("/v1/clusterprofiles/import", file("absent", "2.0.0", Value::Null)).await;
    let absent = absent.is_error(400, "ImportIncomplete");
    assert!(absent["message"].as_str().unwrap().contains("1.2.0, 1.0.0"), "{absent}");
    assert_eq!(absent["details"]["missing"][0]["what"], "pack hello 2.0.0");
}

#[tokio::test]
async fn exports_are_bytes_with_a_file_name_and_packs_are_listed_with_what_the_catalogue_knows() {
    let world = World::at_work().await;
    two_registries(&world).await;
    let uid = world.post("/v1/clusterprofiles/import", file("my app", "1.2.0", Value::Null)).await.uid();
    for (format, name) in [("json", "my_app-1.0.0.json"), ("yaml", "my_app-1.0.0.yaml")] {
        let answer = world.get(&format!("/v1/clusterprofiles/{uid}/export?format={format}")).await;
        answer.is(200);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(answer.headers[header::CONTENT_DISPOSITION], format!("attachment; filename=\"{name}\"").as_str());
    }
    world.get(&format!("/v1/clusterprofiles/{uid}/export?format=toml")).await.is_error(400, "InvalidQuery");
    let packs =
        world.get(&format!("/v1/clusterprofiles/{uid}/packs?includePackMeta=schema,presets")).await.is(200).json();
    let pack = &packs["items"][0];
    assert_eq!((&pack["metadata"]["name"], &pack["spec"]["version"]), (&json!("hello"), &json!("1.2.0")), "{packs}");
    assert_eq!((&pack["spec"]["addonType"], &pack["spec"]["values"]), (&json!("app services"), &json!("a: 1\n")));
}

#[tokio::test]
async fn a_form_without_a_file_and_a_file_that_is_none_are_named() {
    let world = World::new().await;
    let form = async |part: &str| {
        let body = format!("--x\r\nContent-Disposition: form-data; {part}--x--\r\n");
        let request = Request::builder().method(Method::POST).uri("/v1/clusterprofiles/import/file?format=json");
        let request = request.header(header::HOST, "localhost").header("ApiKey", &world.key);
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        world.send(request.body(axum::body::Body::from(body)).unwrap()).await
    };
    let none = form("name=\"other\"\r\n\r\ntext\r\n").await.is_error(400, "InvalidBody");
    assert!(none["message"].as_str().unwrap().contains("importFile"), "{none}");
    let broken = form("name=\"importFile\"; filename=\"p\"\r\n\r\n{ not json\r\n").await.is_error(400, "InvalidField");
    assert!(broken["message"].as_str().unwrap().contains("no exported cluster profile"), "{broken}");
    for (file, says) in [
        ("metadata:\n  name: a\n  name: b\n", "`name` at line 3. Remove the one that is not meant"),
        ("metadata: {name: a}\n---\nmetadata: {name: b}\n", "a second document begins at line 2"),
        ("{\"metadata\":\n{\"name\":\"a\",\n\"name\":\"b\"}}", "\"name\" stands twice in one object"),
    ] {
        let twice = form(&format!("name=\"importFile\"; filename=\"p\"\r\n\r\n{file}\r\n")).await;
        let twice = twice.is_error(400, "InvalidField");
        assert!(twice["message"].as_str().unwrap().contains(says), "{says}: {twice}");
    }
    let yaml = "metadata:\n  name: from-yaml\nspec:\n  version: 1.0.0\n  template:\n    type: add-on\n    packs: []\n";
    form(&format!("name=\"importFile\"; filename=\"profile-import1\"\r\n\r\n{yaml}\r\n")).await.uid();
}

#[tokio::test]
async fn everything_that_is_wrong_with_packs_is_said_at_once_and_keeps_nobody_from_saving() {
    let world = World::at_work().await;
    let (team, _) = two_registries(&world).await;
    let template = json!({ "type": "add-on", "cloudType": "all", "packs": [
        { "name": "hello", "type": "oci", "registryUid": team, "tag": "1.0.0", "values": "a: '{{.spectro.var.zone}}'" },
        { "name": "hello", "type": "oci", "registryUid": team, "tag": "1.2.0", "values": "a: [" },
        { "name": "nowhere", "type": "oci", "registryUid": team, "tag": "1.0.0" },
        { "name": "notes", "type": "manifest", "manifests": [{ "name": "m", "content": "kind: Job" }] },
    ] });
    let codes = |answer: &Value| -> Vec<Vec<String>> {
        let results = answer["packs"]["results"].as_array().unwrap().iter();
        let of = |one: &Value| {
            one["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect()
        };
        results.map(of).collect()
    };
    let loose = world.post("/v1/clusterprofiles/validate/packs", template.clone()).await.is(200).json();
    let none: Vec<String> = Vec::new();
    let (unreadable, unknown) = (vec!["ValuesUnreadable".to_owned()], vec!["PackNotFound".to_owned()]);
    assert_eq!(codes(&loose), [none.clone(), unreadable.clone(), unknown.clone(), none.clone()], "{loose}");
    assert_eq!(loose["packs"]["results"][0]["displayName"], "The hello");
    let empty = json!({ "metadata": { "name": "app" }, "spec": { "template": { "type": "add-on" } } });
    let uid = world.post("/v1/clusterprofiles", empty).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}/validate/packs");
    let within = world.post(&path, template).await.is(200).json();
    assert_eq!(codes(&within), [vec!["PackVariablesUndefined".to_owned()], unreadable, unknown, none], "{within}");
    // What the console would keep from being published is said here too, with its place.
    let wrong = json!({ "type": "add-on", "cloudType": "all", "packs": [
        { "name": "hello", "type": "oci", "layer": "cni", "registryUid": team, "tag": "1.0.0", "values": "a: 1\nb: '{{.spectro.system.moon}}'" },
    ] });
    let judged = world.post(&path, wrong).await.is(200).json();
    assert_eq!(codes(&judged), [["LayerNotAllowed", "MacroUndefined"]], "{judged}");
    let message = judged["packs"]["results"][0]["errors"][1]["message"].as_str().unwrap();
    assert!(message.starts_with("line 2 of the values: `.spectro.system.moon`"), "{message}");
}

#[tokio::test]
async fn a_body_with_a_key_that_stands_twice_is_no_profile() {
    let world = World::new().await;
    let body = "{\"metadata\":{\"name\":\"a\",\n\"name\":\"b\"},\"spec\":{}}";
    for path in ["/v1/clusterprofiles/import", "/v1/clusterprofiles/import/validate"] {
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header(header::HOST, "localhost").header("ApiKey", &world.key);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let refused = world.send(request.body(axum::body::Body::from(body)).unwrap()).await;
        let refused = refused.is_error(400, "InvalidBody");
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("\"name\" stands twice in one object") && message.contains("line 2"), "{message}");
    }
}

/// In the words of the provider's schema, which names the default of a dropdown by its label.
#[tokio::test]
async fn a_dropdown_is_exported_for_terraform_and_taken_from_it() {
    let world = World::new().await;
    let body = json!({ "metadata": { "name": "app" }, "spec": { "template": { "type": "add-on" }, "variables": [
        { "name": "size", "displayName": "Size", "format": "string", "defaultValue": "Large", "inputType": "dropdown",
            "options": [{ "value": "s", "label": "Small" }, { "value": "l", "label": "Large", "description": "costs more" }] },
        { "name": "zone", "displayName": "Zone", "inputType": "dropdown", "options": [{ "value": "eu", "label": "Europe", "default": true }] },
        { "name": "text", "displayName": "Text", "inputType": "multiline", "defaultValue": "a\nb\n" },
    ] } });
    let uid = world.post("/v1/clusterprofiles?publish=true", body).await.uid();
    let kept = world.get(&format!("/v1/clusterprofiles/{uid}/variables")).await.is(200).json();
    assert_eq!(
        (&kept["variables"][0]["defaultValue"], &kept["variables"][2]["defaultValue"]),
        (&json!("Large"), &json!("a\nb\n"))
    );
    let exported = world.get(&format!("/v1/clusterprofiles/{uid}/export/terraform")).await;
    let text = String::from_utf8(exported.is(200).bytes.clone()).unwrap();
    for line in [
        "default_value = \"Large\"",
        "input_type = \"dropdown\"",
        "label = \"Small\"",
        "description = \"costs more\"",
        "default_value = \"Europe\"",
        "input_type = \"multiline\"",
    ] {
        assert!(text.contains(line), "no `{line}` in {text}");
    }
    assert_eq!(text.matches("options {").count(), 3, "{text}");
}
