use crate::registry::{Remote, basic};
use crate::world::World;
use http::Method;
use serde_json::{Value, json};

/// As the Terraform provider sends it.
fn profile(name: &str, version: &str) -> Value {
    json!({
        "metadata": {
            "annotations": { "description": "made by a test" }, "creationTimestamp": "0001-01-01T00:00:00.000Z",
            "labels": { "owner": "platform", "x": "spectro__tag" }, "name": name,
        },
        "spec": {
            "template": {
                "cloudType": "all",
                "packs": [
                    { "manifests": null, "name": "b-pack", "registryUid": "5eecc89d0b150045ae661cef", "tag": "1.0.x", "type": "spectro",
                      "uid": "64eaff5630402973c4e1856a", "values": "# first line\nb: 1 # kept  \n\n\ta: tab" },
                    { "name": "a-pack", "tag": "2.0.0", "type": "oci", "uid": "64eaff5630402973c4e1856b", "values": "" },
                    { "name": "extra", "type": "manifest", "uid": "spectro-manifest-pack",
                      "manifests": [{ "name": "one", "content": "kind: A" }, { "name": "two", "content": "kind: B" }] },
                ],
                "type": "add-on",
            },
            "variables": null,
            "version": version,
        },
    })
}

#[tokio::test]
async fn a_profile_comes_back_as_it_was_sent() {
    let world = World::new().await;
    let uid = world.post("/v1/clusterprofiles", profile("web", "1.0.0")).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}");
    let before = world.get(&path).await.is(200).json();
    assert_eq!(before["spec"]["published"]["packs"], json!([]), "never null, not even before the first publish");
    assert_eq!(before["status"]["isPublished"], false);
    world.patch(&format!("{path}/publish"), None).await.is(204);

    let reply = world.get(&path).await.is(200).json();
    assert_eq!(reply["metadata"]["labels"], json!({ "owner": "platform", "x": "spectro__tag" }), "no label of ours");
    assert_eq!(reply["metadata"]["annotations"], json!({ "description": "made by a test", "scope": "tenant" }));
    assert!(!reply["metadata"]["creationTimestamp"].as_str().unwrap().starts_with("0001"));
    assert_eq!(reply["spec"]["version"], "1.0.0");
    assert_eq!(reply["spec"]["versions"], json!([{ "uid": uid, "version": "1.0.0" }]));
    assert!(reply["spec"]["draft"].is_null());
    let published = &reply["spec"]["published"];
    assert_eq!((published["type"].as_str(), published["cloudType"].as_str()), (Some("add-on"), Some("all")));
    let sent = profile("web", "1.0.0");
    let packs = published["packs"].as_array().unwrap();
    for (index, field) in [
        (0, "name"),
        (0, "registryUid"),
        (0, "tag"),
        (0, "type"),
        (0, "values"),
        (1, "name"),
        (1, "type"),
        (1, "tag"),
        (2, "name"),
    ] {
        assert_eq!(packs[index][field], sent["spec"]["template"]["packs"][index][field], "{field} of pack {index}");
    }
    assert_eq!(
        (&packs[0]["packUid"], &packs[1]["packUid"]),
        (&json!("64eaff5630402973c4e1856a"), &json!("64eaff5630402973c4e1856b"))
    );
    assert_eq!(packs[2]["packUid"], "spectro-manifest-pack", "the first of them may keep what all are sent with");
    assert!(packs.iter().all(|pack| pack["layer"] == "addon"));

    let list = world.get("/v1/dashboard/clusterprofiles/metadata").await.is(200).json();
    assert_eq!(
        list["items"],
        json!([{ "metadata": { "uid": uid, "name": "web" }, "spec": { "cloudType": "all", "version": "1.0.0" } }])
    );
}

#[tokio::test]
async fn manifests_keep_their_uids_over_updates() {
    let world = World::new().await;
    let uid = world.post("/v1/clusterprofiles?publish=true", profile("web", "1.0.0")).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}");
    let manifests = async || world.get(&format!("{path}/packs/extra/manifests")).await.is(200).json()["items"].clone();
    let before = manifests().await;
    assert_eq!(before[0]["spec"]["published"]["content"], "kind: A");
    let pack = world.get(&path).await.json()["spec"]["published"]["packs"][2]["packUid"].clone();

    let kept = before[1]["metadata"]["uid"].clone();
    let update = json!({
        "metadata": { "name": "web-2", "uid": "ffffffffffffffffffffffff" },
        "spec": { "version": "1.0.0", "template": { "type": "add-on", "packs": [
            { "name": "extra", "type": "manifest", "uid": "spectro-manifest-pack", "manifests": [
                { "uid": kept, "name": "two", "content": "kind: B2" }, { "uid": "", "name": "three", "content": "kind: C" } ] },
        ] } },
    });
    world.put(&path, update).await.is(204);
    let draft = world.get(&path).await.json();
    assert_eq!(draft["metadata"]["name"], "web-2");
    assert_eq!(draft["spec"]["published"]["packs"].as_array().unwrap().len(), 3, "published until the next publish");
    assert_eq!(draft["spec"]["draft"]["packs"].as_array().unwrap().len(), 1, "what is missing leaves the profile");
    assert_eq!(draft["spec"]["draft"]["packs"][0]["packUid"], pack);
    assert_eq!(draft["metadata"]["labels"]["owner"], "platform", "a PUT leaves labels alone");

    world.patch(&format!("{path}/publish"), None).await.is(204);
    let after = manifests().await;
    assert_eq!((&after[0]["metadata"]["uid"], &after[0]["spec"]["published"]["content"]), (&kept, &json!("kind: B2")));
    assert!(after[1]["metadata"]["uid"] != before[0]["metadata"]["uid"] && after.as_array().unwrap().len() == 2);
    world.get(&format!("{path}/packs/none/manifests")).await.is_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_put_without_a_template_is_refused_and_empties_nothing() {
    let world = World::new().await;
    let uid = world.post("/v1/clusterprofiles", profile("web", "1.0.0")).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}");
    for body in
        [json!({}), json!({ "spec": {} }), json!({ "metadata": { "name": "web" }, "spec": { "template": null } })]
    {
        let refused = world.put(&path, body).await.is_error(400, "InvalidField");
        assert!(refused["message"].as_str().unwrap().contains("spec.template"), "{refused}");
    }
    let draft = world.get(&path).await.json()["spec"]["draft"]["packs"].clone();
    assert_eq!(draft.as_array().unwrap().len(), 3);
    world.put(&path, json!({ "spec": { "template": { "packs": [] } } })).await.is(204);
    assert_eq!(world.get(&path).await.json()["spec"]["draft"]["packs"], json!([]), "asked for, so done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_whose_registry_was_removed_says_so() {
    let world = World::at_work().await;
    let remote = Remote::start().await;
    remote.publish("base", "hello", "1.0.0", "system app");
    remote.publish("base", "hello", "2.0.0", "system app");
    let mut registry = basic("team-packs", &remote.endpoint());
    registry["spec"]["auth"] = json!({ "type": "noAuth" });
    let registry = world.post("/v1/registries/oci/basic", registry).await.uid();
    let versions = world.get(&format!("/v1/packs/hello/registries/{registry}")).await.is(200).json();
    let pack = versions["tags"].as_array().unwrap().iter().find(|tag| tag["version"] == "1.0.0").unwrap();
    let mut body = profile("web", "1.0.0");
    body["spec"]["template"]["packs"] =
        json!([{ "name": "hello", "uid": pack["packUid"], "registryUid": registry, "tag": "1.0.0", "type": "oci" }]);
    let uid = world.post("/v1/clusterprofiles", body).await.uid();
    let reason = async || {
        let reply = world.get(&format!("/v1/clusterprofiles/{uid}")).await.json();
        reply["spec"]["draft"]["packs"][0]["inValidReason"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(reason().await, "");
    world.delete(&format!("/v1/registries/{registry}")).await.is(204);
    assert_eq!(reason().await, "version 1.0.0 of hello is no longer there: its registry was removed");
}

#[tokio::test]
async fn metadata_changes_alone() {
    let world = World::new().await;
    let uid = world.post("/v1/clusterprofiles?publish=true", profile("web", "1.0.0")).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}");
    let change = async |metadata: Value| {
        let body = json!({ "metadata": metadata, "spec": { "version": "1.0.0" } });
        world.patch(&format!("{path}/metadata"), Some(body)).await.is(204);
        world.get(&path).await.json()
    };
    let renamed = change(json!({ "name": "web" })).await;
    assert_eq!(renamed["metadata"]["labels"]["owner"], "platform", "what is not sent stays");
    // Palette's SDK leaves out a map that is empty: without the last label there is no word of them.
    for cleared in [
        json!({ "name": "web", "annotations": { "description": "" } }),
        json!({ "name": "web", "labels": {}, "annotations": { "description": "" } }),
    ] {
        change(json!({ "name": "web", "labels": { "a": "b" } })).await;
        let reply = change(cleared).await;
        assert_eq!(
            (&reply["metadata"]["labels"], &reply["metadata"]["annotations"]["description"]),
            (&json!({}), &json!(""))
        );
    }
    let reply = world.get(&path).await.json();
    assert_eq!(reply["spec"]["published"]["packs"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn versions_are_objects_of_their_own_under_one_name() {
    let world = World::new().await;
    let first = world.post("/v1/clusterprofiles", profile("web", "1.2.0")).await.uid();
    let second = world.post("/v1/clusterprofiles", profile("web", "1.10.0")).await.uid();
    let body =
        world.post("/v1/clusterprofiles", profile("web", "1.2.0")).await.is_error(409, "ClusterProfileAlreadyExists");
    assert!(body["message"].as_str().unwrap().contains("web") && body["message"].as_str().unwrap().contains("1.2.0"));
    let reply = world.get(&format!("/v1/clusterprofiles/{first}")).await.json();
    assert_eq!(
        reply["spec"]["versions"],
        json!([{ "uid": second, "version": "1.10.0" }, { "uid": first, "version": "1.2.0" }])
    );

    let name = "/v1/clusterprofiles/validate/name";
    world.get(&format!("{name}?name=web&version=1.3.0")).await.is(204);
    world.get(&format!("{name}?name=web&version=1.2.0")).await.is_error(409, "ClusterProfileAlreadyExists");
    world.get(&format!("{name}?name=new%20one")).await.is(204);
    for wrong in ["name=web&version=v1.2", "name=web&version=2.2.2.develop", "name=&version=1.0.0", "version=1.0.0"] {
        world.get(&format!("{name}?{wrong}")).await.is_error(400, "InvalidField");
    }
    world.delete(&format!("/v1/clusterprofiles/{first}")).await.is(204);
    world.get(&format!("/v1/clusterprofiles/{first}")).await.is_error(404, "ResourceNotFound");
    world.get(&format!("/v1/clusterprofiles/{second}")).await.is(200);
}

#[tokio::test]
async fn a_project_sees_its_own_and_the_tenants_profiles() {
    let world = World::new().await;
    let default = world.get("/v1/dashboard/projects/metadata").await.json()["items"][0]["metadata"]["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = world.post("/v1/projects", json!({ "metadata": { "name": "other" } })).await.uid();
    world.post("/v1/clusterprofiles", profile("tenants", "1.0.0")).await.uid();
    let body = Some(profile("projects", "1.0.0"));
    let own =
        world.call_with(Method::POST, "/v1/clusterprofiles", body.clone(), &[("ProjectUid", &default)]).await.uid();
    let gone = [("ProjectUid", "ffffffffffffffffffffffff")];
    world.call_with(Method::POST, "/v1/clusterprofiles", body, &gone).await.is_error(404, "ResourceNotFound");
    let name = "/v1/clusterprofiles/validate/name?name=new";
    world.call_with(Method::GET, name, None, &gone).await.is_error(404, "ResourceNotFound");
    world.call_with(Method::GET, name, None, &[("ProjectUid", &default)]).await.is(204);

    let reply = world.get(&format!("/v1/clusterprofiles/{own}")).await.is(200).json();
    assert_eq!(reply["metadata"]["annotations"]["scope"], "project", "found also without the header");
    assert_eq!(reply["metadata"]["annotations"]["projectUid"], default.as_str());
    let names = async |project: &str| {
        let headers: Vec<_> = (!project.is_empty()).then_some(("ProjectUid", project)).into_iter().collect();
        let list = world.call_with(Method::GET, "/v1/dashboard/clusterprofiles/metadata", None, &headers).await.json();
        let names: Vec<_> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["metadata"]["name"].as_str().unwrap().to_owned())
            .collect();
        names
    };
    assert_eq!(names(&default).await, ["projects", "tenants"]);
    assert_eq!(names(&other).await, ["tenants"]);
    assert_eq!(names("").await, ["projects", "tenants"]);
    let filter = json!({ "filter": { "scope": "project", "profileName": { "contains": "PROJ" } }, "sort": [{ "field": "profileName", "order": "desc" }] });
    let found = world.post("/v1/dashboard/clusterprofiles?limit=50", filter).await.is(200).json();
    assert_eq!((found["listmeta"]["count"].as_u64(), &found["items"][0]["metadata"]["uid"]), (Some(1), &json!(own)));
}

#[tokio::test]
async fn variables_are_kept_in_order_and_undefined_ones_are_all_named() {
    let world = World::new().await;
    let mut body = profile("web", "1.0.0");
    body["spec"]["template"]["packs"][0]["values"] =
        json!("a: '{{.spectro.var.region}}'\nb: '{{ .spectro.var.size | upper }}'");
    let refused = world.post("/v1/clusterprofiles", body.clone()).await.is_error(400, "PackVariablesUndefined");
    assert_eq!(refused["details"]["variables"].as_array().unwrap().len(), 2, "{refused}");
    body["spec"]["variables"] = json!([
        { "name": "size", "format": "number", "defaultValue": "3", "isSensitive": true },
        { "name": "region", "displayName": "Region", "inputType": "dropdown", "options": [{ "value": "eu", "default": true }, { "value": "us" }] },
    ]);
    let uid = world.post("/v1/clusterprofiles?publish=true", body.clone()).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}/variables");
    let variables = world.get(&path).await.is(200).json()["variables"].clone();
    assert_eq!(
        (&variables[0]["name"], &variables[0]["defaultValue"], &variables[0]["format"]),
        (&json!("size"), &json!("3"), &json!("number"))
    );
    assert_eq!((&variables[1]["options"][1]["value"], &variables[1]["format"]), (&json!("us"), &json!("string")));

    world
        .patch(&path, Some(json!({ "variables": [{ "name": "zone" }, { "name": "size", "format": "string" }] })))
        .await
        .is(204);
    let names: Vec<_> =
        world.get(&path).await.json()["variables"].as_array().unwrap().iter().map(|v| v["name"].clone()).collect();
    assert_eq!(names, ["size", "region", "zone"]);
    // Variables go first, packs after: the packs are judged by what is there then.
    world.put(&path, json!({ "variables": null })).await.is(204);
    assert_eq!(world.get(&path).await.json(), json!({ "variables": [] }));
    world.put(&format!("/v1/clusterprofiles/{uid}"), body).await.is_error(400, "PackVariablesUndefined");

    for wrong in [
        json!([{ "name": "1 bad" }]),
        json!([{ "name": "a" }, { "name": "a" }]),
        json!([{ "name": "a", "displayName": "A" }, { "name": "b", "displayName": "A" }]),
        json!([{ "name": "a", "inputType": "dropdown" }]),
        json!([{ "name": "a", "inputType": "dropdown", "options": [{ "value": "x" }] }]),
        json!([{ "name": "a", "hidden": true, "required": true }]),
        json!([{ "name": "a", "immutable": true }]),
        json!([{ "name": "a", "format": "boolean", "defaultValue": "yes" }]),
        json!([{ "name": "a", "format": "colour" }]),
    ] {
        world.put(&path, json!({ "variables": wrong })).await.is_error(400, "InvalidField");
    }
}

#[tokio::test]
async fn what_a_profile_cannot_be_is_said() {
    let world = World::new().await;
    let with = |edit: fn(&mut Value)| {
        let mut body = profile("web", "1.0.0");
        edit(&mut body);
        body
    };
    for body in [
        json!({}),
        with(|body| body["metadata"]["name"] = json!("")),
        with(|body| body["spec"]["version"] = json!("v1")),
        with(|body| body["spec"]["template"]["type"] = json!("addon")),
        with(|body| body["spec"]["template"]["packs"][0]["name"] = json!(null)),
        with(|body| body["spec"]["template"]["packs"][0]["type"] = json!("zip")),
        with(|body| body["spec"]["template"]["packs"][0]["layer"] = json!("middle")),
        with(|body| body["spec"]["template"]["packs"][0]["layer"] = json!("cni")),
    ] {
        world.post("/v1/clusterprofiles", body).await.is_error(400, "InvalidField");
    }
}
