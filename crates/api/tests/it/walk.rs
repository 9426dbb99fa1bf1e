//! The order in which the Terraform provider calls, from plan to destroy: a registry, a pack of it, a profile on it.

use crate::registry::{Remote, basic, values};
use crate::world::World;
use http::header;
use serde_json::{Value, json};

/// What the provider sends to find the newest version of a pack.
fn latest(name: &str, registry: &str) -> Value {
    json!({
        "filter": {
            "name": { "eq": name }, "type": ["spectro", "helm", "manifest", "oci"],
            "layer": ["kernel", "os", "k8s", "cni", "csi", "addon"], "environment": ["all"], "registryUid": [registry],
            "addOnType": ["load balancer", "ingress", "logging", "monitoring", "security", "authentication", "servicemesh",
                "system app", "app services", "registry", "csi", "cni", "integration", ""],
        },
        "sort": null,
    })
}

fn profile(pack: &Value, registry: &str) -> Value {
    json!({
        "metadata": { "annotations": { "description": "" }, "creationTimestamp": "0001-01-01T00:00:00.000Z", "labels": {}, "name": "hello" },
        "spec": {
            "template": { "cloudType": "all", "type": "add-on", "packs": [{
                "manifests": [], "name": "hello-ai", "registryUid": registry, "tag": "1.10.0", "type": "oci",
                "uid": pack["metadata"]["uid"], "values": pack["spec"]["values"].as_str().unwrap().trim(),
            }] },
            "variables": null, "version": "1.0.0",
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn from_plan_to_destroy() {
    let world = World::at_work().await;
    let remote = Remote::start().await;
    for version in ["1.9.0", "1.10.0", "v0.5"] {
        // A type that is not on the provider's list, which must not hide it.
        remote.publish("base", "hello-ai", version, "ai");
    }
    remote.publish("base", "other", "2.0.0", "monitoring");

    // Plan and apply.
    assert_eq!(
        world.get("/v1/dashboard/projects/metadata").await.is(200).json()["items"][0]["metadata"]["name"],
        "Default"
    );
    let mut body = basic("team", &remote.endpoint());
    body["spec"]["auth"] = json!({ "type": "noAuth" });
    world.post("/v1/registries/oci/basic/validate", body["spec"].clone()).await.is(204);
    let registry = world.post("/v1/registries/oci/basic?skipPackSync=false", body.clone()).await.uid();

    let found = world.post("/v1/packs/search?limit=50", latest("hello-ai", &registry)).await.is(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["items"][0]["spec"]["registries"][0]["latestVersion"], "1.10.0");
    assert_eq!(found["items"][0]["spec"]["registries"][0]["uid"], registry.as_str());
    let filters = format!("spec.name%3Dhello-aiANDspec.version%3D1.10.0ANDspec.registryUid%3D{registry}");
    let list = format!("/v1/packs?filters={filters}&limit=50");
    let packs = world.get(&list).await.is(200).json();
    assert_eq!(packs["items"].as_array().unwrap().len(), 1, "{packs}");
    assert_eq!(packs["listmeta"], json!({ "limit": 50, "offset": 1, "count": 1, "continue": "" }));
    let pack = packs["items"][0].clone();
    assert_eq!(pack["spec"]["values"], values("1.10.0"));
    assert_eq!((&pack["spec"]["type"], &pack["spec"]["registryUid"]), (&json!("oci"), &json!(registry)));
    let status = world.get(&format!("/v1/registries/oci/{registry}/basic/sync/status")).await.is(200).json();
    assert_eq!(status["status"], "Success", "{status}");
    let versions = world.get(&format!("/v1/packs/hello-ai/registries/{registry}?cloudType=all")).await.is(200).json();
    let tags: Vec<_> =
        versions["tags"].as_array().unwrap().iter().map(|tag| tag["version"].as_str().unwrap()).collect();
    assert_eq!(tags, ["v0.5", "1.9.0", "1.10.0"], "clients that name no version take the last");
    for tag in versions["tags"].as_array().unwrap() {
        let own = versions["packValues"].as_array().unwrap().iter().find(|values| values["packUid"] == tag["packUid"]);
        assert_eq!(own.expect("values of every tag")["values"], values(tag["version"].as_str().unwrap()));
    }

    let uid = world.post("/v1/clusterprofiles", profile(&pack, &registry)).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}");
    world.patch(&format!("{path}/publish"), None).await.is(204);

    // The second plan: all that was read before reads the same.
    let refresh = async || {
        let mut seen = Vec::new();
        let pack_uid = pack["metadata"]["uid"].as_str().unwrap();
        let readings = [
            format!("/v1/registries/oci/{registry}/basic"),
            list.clone(),
            path.clone(),
            format!("{path}/variables"),
            format!("/v1/packs/{pack_uid}"),
            "/v1/registries/metadata".to_owned(),
        ];
        for reading in readings {
            seen.push(world.get(&reading).await.is(200).json());
        }
        seen
    };
    let first = refresh().await;
    assert_eq!(first, refresh().await);
    let published = &first[2]["spec"]["published"]["packs"][0];
    let sent = &profile(&pack, &registry)["spec"]["template"]["packs"][0];
    assert_eq!(published["packUid"], sent["uid"]);
    for field in ["name", "registryUid", "tag", "type", "values"] {
        assert_eq!(published[field], sent[field], "{field}");
    }
    assert_eq!(
        (&published["layer"], &published["isInvalid"], &published["version"]),
        (&json!("addon"), &json!(false), &json!("1.10.0"))
    );
    assert_eq!((&first[4]["registryUid"], first[4]["tags"].as_array().unwrap().len()), (&json!(registry), 1));

    // A tag that goes away breaks no plan; the profile says so.
    remote.remove("base", "hello-ai", "1.10.0");
    world
        .call(http::Method::POST, &format!("/v1/registries/oci/{registry}/basic/sync?forceSync=false"), None)
        .await
        .is(202);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while world.get(&path).await.json()["spec"]["published"]["packs"][0]["isInvalid"] == false {
        assert!(std::time::Instant::now() < deadline, "the profile never noticed");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let reply = world.get(&path).await.json();
    assert!(reply["spec"]["published"]["packs"][0]["inValidReason"].as_str().unwrap().contains("1.10.0"), "{reply}");
    let pack_uid = pack["metadata"]["uid"].as_str().unwrap();
    assert_eq!(world.get(&format!("/v1/packs/{pack_uid}")).await.is(200).json()["registryUid"], registry.as_str());

    // Destroy: the profile first.
    world.get(&path).await.is(200);
    world.delete(&path).await.is(204);
    world.delete(&format!("/v1/registries/oci/{registry}/basic")).await.is(204);
    world.get(&path).await.is_error(404, "ResourceNotFound");
    world.get(&format!("/v1/registries/oci/{registry}/basic")).await.is_error(404, "ResourceNotFound");
    assert_eq!(world.get(&format!("/v1/packs/{pack_uid}")).await.is(200).json()["registryUid"], registry.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn packs_are_listed_filtered_sorted_and_read() {
    let world = World::at_work().await;
    let remote = Remote::start().await;
    remote.publish("base", "one", "1.0.0", "monitoring");
    remote.publish("base", "one", "1.2.0", "monitoring");
    remote.publish("base", "two", "26.02.0", "");
    let mut body = basic("team", &remote.endpoint());
    body["spec"]["auth"] = json!({ "type": "noAuth" });
    let registry = world.post("/v1/registries/oci/basic", body).await.uid();

    let found = async |query: &str| -> Vec<String> {
        let list = world.get(&format!("/v1/packs?{query}")).await.is(200).json();
        let row = |item: &Value| {
            format!(
                "{} {}",
                item["spec"]["name"].as_str().unwrap_or_default(),
                item["spec"]["version"].as_str().unwrap_or_default()
            )
        };
        list["items"].as_array().unwrap().iter().map(row).collect()
    };
    assert_eq!(found("").await, ["one 1.2.0", "one 1.0.0", "two 26.02.0"]);
    assert_eq!(found("filters=spec.version%3E1.0.0").await, ["one 1.2.0", "two 26.02.0"]);
    assert_eq!(found("filters=spec.name_in_two,threeORspec.version=1.0.0").await, ["one 1.0.0", "two 26.02.0"]);
    assert_eq!(found("filters=spec.cloudTypes_in_aws,all").await.len(), 3);
    assert_eq!(found("filters=spec.cloudTypes=all").await.len(), 3, "a list matches by any of its elements");
    assert_eq!(found("filters=spec.cloudTypes=aws").await, Vec::<String>::new());
    assert_eq!(found("filters=spec.name=ONE").await, Vec::<String>::new());
    assert_eq!(found("orderBy=metadata.name=-1,spec.version=1").await, ["two 26.02.0", "one 1.0.0", "one 1.2.0"]);
    assert_eq!(found("limit=1&offset=1").await, ["one 1.0.0"]);
    let page = world.get("/v1/packs?limit=2&fields=metadata.uid,spec.name").await.json();
    assert_eq!(page["listmeta"], json!({ "limit": 2, "offset": 2, "count": 3, "continue": "offset.2" }));
    assert_eq!(page["items"][0]["spec"], json!({ "name": "one" }));

    let search = world
        .post("/v1/packs/search", json!({ "filter": { "addOnType": ["monitoring"], "name": { "beginsWith": "ON" } } }))
        .await;
    assert_eq!(search.is(200).json()["items"][0]["spec"]["registries"][0]["name"], "team");
    let sorted =
        world.post("/v1/packs/search", json!({ "sort": [{ "field": "name", "order": "desc" }] })).await.is(200).json();
    assert_eq!(sorted["items"][0]["spec"]["name"], "two");
    assert_eq!(world.call(http::Method::POST, "/v1/packs/search", None).await.is(200).json()["listmeta"]["count"], 2);

    let uid = world.get("/v1/packs?limit=1").await.json()["items"][0]["metadata"]["uid"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("/v1/packs/{uid}/readme")).await.is(200).json(), json!({ "readme": "# one\n" }));
    let logo = world.get(&format!("/v1/packs/{uid}/logo")).await;
    logo.is(200);
    assert_eq!(logo.headers.get(header::CONTENT_TYPE).unwrap(), "image/png");
    assert!(logo.headers.contains_key(header::CACHE_CONTROL) && logo.headers.contains_key(header::EXPIRES));
    assert_eq!(logo.headers.get("x-content-type-options").unwrap(), "nosniff");
    // Clients that know no registry leave the end of the path empty.
    let any = world.get("/v1/packs/one/registries/?cloudType=all").await.is(200).json();
    assert_eq!((&any["registryUid"], any["tags"].as_array().unwrap().len()), (&json!(registry), 2));
    world.get(&format!("/v1/packs/one/registries/{registry}?states=whatever")).await.is_error(400, "InvalidFilter");
    world.get(&format!("/v1/packs/one/registries/{registry}?layer=cni")).await.is_error(404, "ResourceNotFound");

    // A profile may name a pack by registry, name and tag; the uid is ours to find.
    let body = json!({ "metadata": { "name": "p" }, "spec": { "template": { "type": "add-on", "packs": [
        { "name": "mine--one", "registryUid": registry, "tag": "1.2.0", "type": "oci", "values": "x: 1" } ] } } });
    let profile = world.post("/v1/clusterprofiles?publish=true", body).await.uid();
    let path = format!("/v1/clusterprofiles/{profile}?includePackMeta=schema,presets&includePackAnnotations=true");
    let pack = world.get(&path).await.is(200).json()["spec"]["published"]["packs"][0].clone();
    assert_eq!((&pack["packUid"], &pack["name"]), (&json!(uid), &json!("mine--one")));
    // By that name the provider asks for its versions, too.
    let versions = world.get(&format!("/v1/packs/mine--one/registries/{registry}?cloudType=all")).await.is(200).json();
    assert_eq!((&versions["name"], versions["tags"].as_array().unwrap().len()), (&json!("one"), 2));
    assert_eq!((&pack["annotations"]["source"], &pack["presets"]), (&json!("community"), &json!([])));
    assert_eq!(pack["logo"], format!("/v1/packs/{uid}/logo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_found_by_its_own_name_before_the_one_that_a_profile_has_for_it() {
    let world = World::at_work().await;
    let remote = Remote::start().await;
    remote.publish("base", "one", "1.0.0", "monitoring");
    remote.publish("base", "mine--one", "2.0.0", "monitoring");
    let mut body = basic("team", &remote.endpoint());
    body["spec"]["auth"] = json!({ "type": "noAuth" });
    let registry = world.post("/v1/registries/oci/basic", body).await.uid();
    for (asked, found) in [("mine--one", "mine--one"), ("one", "one"), ("other--one", "one")] {
        let versions = world.get(&format!("/v1/packs/{asked}/registries/{registry}")).await.is(200).json();
        assert_eq!(versions["name"], found, "{asked}");
    }
    world.get(&format!("/v1/packs/other--two/registries/{registry}")).await.is_error(404, "ResourceNotFound");
}
