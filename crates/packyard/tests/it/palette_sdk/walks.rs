//! The walks of the compatibility list, each from the first apply to the destroy.

use super::provider::{
    VALUES, add_on, apply, assert_plan_is_empty, change, data_pack, latest, manifest, oci, refresh, text, with_packs,
};
use super::sdk::Sdk;
use super::world::World;
use packyard_testkit::PackBuilder;
use serde_json::json;

#[test]
fn a_registry_a_pack_and_a_profile_from_the_first_plan_to_the_destroy() {
    let Some(world) = World::start("a_registry_a_pack_and_a_profile_from_the_first_plan_to_the_destroy") else {
        return;
    };
    let mut sdk = world.sdk();
    world.publish(PackBuilder::new("hello", "1.0.0"));
    world.publish(PackBuilder::new("hello", "1.1.0"));
    sdk.call("GetProjects", &[]).ok();
    let registry = world.basic("team-packs");
    sdk.call("ValidateOciBasicRegistry", &[registry["spec"].clone()]).ok();
    let registry_uid = sdk.call("CreateOciBasicRegistry", &[registry]).text();

    let version = latest(&mut sdk, "hello", &registry_uid).expect("a newest version");
    assert_eq!(version, "1.1.0");
    let filters = ["spec.name=hello".to_owned(), format!("spec.version={version}")];
    let pack = data_pack(&mut sdk, &filters, &registry_uid).expect("one pack");
    assert_eq!(pack["spec"]["registryUid"], registry_uid.as_str());
    // The uid is looked up where the configuration gives none.
    sdk.operation("V1BasicOciRegistriesUIDSyncStatus", json!({ "UID": registry_uid })).ok();
    let versions = sdk.call("GetPacksByNameAndRegistry", &[json!("hello"), json!(registry_uid)]).ok();
    let tags = versions["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 2, "{versions}");
    assert!(
        tags.iter().any(|tag| tag["version"] == "1.1.0" && tag["packUid"] == pack["metadata"]["uid"]),
        "{versions}"
    );

    let mut profile = add_on("hello", "1.0.0", &[oci("hello", &pack["metadata"]["uid"], &registry_uid, &version)]);
    let uid = apply(&mut sdk, &profile);
    assert_plan_is_empty(&mut sdk, &uid, &profile);
    // And the server says the same without the SDK.
    let direct = world.direct.get(&format!("/v1/clusterprofiles/{uid}")).body;
    assert_eq!(direct["spec"]["published"]["packs"][0]["values"], VALUES);
    assert_eq!(
        (&direct["metadata"]["annotations"]["scope"], &direct["status"]["isPublished"]),
        (&json!("tenant"), &json!(true))
    );

    profile["spec"]["template"]["packs"][0]["values"] = json!("pack:\n  namespace: other");
    profile["metadata"]["annotations"]["description"] = json!("changed");
    change(&mut sdk, &uid, &profile, None);
    assert_plan_is_empty(&mut sdk, &uid, &profile);

    sdk.call("DeleteClusterProfile", &[json!(uid)]).ok();
    assert!(sdk.call("GetClusterProfile", &[json!(uid)]).ok().is_null(), "gone is nothing, and no error");
    sdk.call("DeleteOciBasicRegistry", &[json!(registry_uid)]).ok();
    sdk.call("GetOciBasicRegistry", &[json!(registry_uid)]).gone();
}

/// Case 5: with a version, without one, by id, with filters of one's own, for a cloud, by search.
#[test]
fn packs_are_found_in_all_the_ways_that_the_data_source_has() {
    let Some(world) = World::start("packs_are_found_in_all_the_ways_that_the_data_source_has") else { return };
    let mut sdk = world.sdk();
    world.publish(PackBuilder::new("edge-only", "2.0.0").set("cloudTypes", json!(["edge-native", "maas"])));
    let (registry, newest) = with_packs(&world, &mut sdk);
    let find = |sdk: &mut Sdk, filters: &[&str]| {
        let filters: Vec<String> = filters.iter().map(|one| (*one).to_owned()).collect();
        data_pack(sdk, &filters, &registry).map(|pack| text(&pack["spec"]["version"]))
    };
    assert_eq!(find(&mut sdk, &["spec.name=hello", "spec.version=1.0.0"]).as_deref(), Ok("1.0.0"));
    assert_eq!(find(&mut sdk, &[&format!("metadata.uid={}", text(&newest))]).as_deref(), Ok("1.1.0"));
    assert_eq!(find(&mut sdk, &["spec.name=hello", "spec.version>1.0.0"]).as_deref(), Ok("1.1.0"));
    assert_eq!(find(&mut sdk, &["spec.name=edge-only", "spec.cloudTypes=edge-native"]).as_deref(), Ok("2.0.0"));
    assert_eq!(find(&mut sdk, &["spec.name=edge-only", "spec.cloudTypes_in_maas,all"]).as_deref(), Ok("2.0.0"));
    assert_eq!(find(&mut sdk, &["spec.name=edge-only", "spec.cloudTypes=aws"]), Err("no matching packs".to_owned()));
    assert_eq!(find(&mut sdk, &["spec.name=hello"]), Err("multiple packs returned: 2".to_owned()));
    assert_eq!(latest(&mut sdk, "hello", &registry).as_deref(), Some("1.1.0"));
    let unknown = sdk.call("GetPacks", &[json!(["spec.nmae=hello"]), json!("")]).error();
    assert_eq!((&unknown["status"], &unknown["code"]), (&json!(400), &json!("InvalidFilter")), "{unknown}");
    // `advance_filters` without a registry leaves the last part of the path empty.
    let everywhere = sdk.operation("V1PacksNameRegistryUIDList", json!({ "PackName": "hello", "RegistryUID": "" }));
    let versions = everywhere.payload()["tags"].clone();
    // Of those it takes the last where no version is given.
    let versions: Vec<_> = versions.as_array().unwrap().iter().map(|tag| text(&tag["version"])).collect();
    assert_eq!(versions, ["1.0.0", "1.1.0"]);
    sdk.call("GetPack", &[json!("a pack of that name")]).gone();
}

/// Case 6: a type that the provider's own list lacks.
#[test]
fn a_pack_of_a_type_that_the_provider_does_not_know_has_a_newest_version() {
    let test = "a_pack_of_a_type_that_the_provider_does_not_know_has_a_newest_version";
    let Some(world) = World::start(test) else { return };
    let mut sdk = world.sdk();
    world.publish(PackBuilder::new("trainer", "26.02.0").set("addonType", json!("ai")));
    let registry = sdk.call("CreateOciBasicRegistry", &[world.basic("team-packs")]).text();
    assert_eq!(latest(&mut sdk, "trainer", &registry).as_deref(), Some("26.02.0"));
}

/// Case 7: by uid; by name, tag and registry; on an ECR registry with type oci; with the default type on an OCI registry.
#[test]
fn packs_of_a_profile_are_told_by_uid_or_by_name_and_keep_the_type_they_were_sent_with() {
    let test = "packs_of_a_profile_are_told_by_uid_or_by_name_and_keep_the_type_they_were_sent_with";
    let Some(world) = World::start(test) else { return };
    let mut sdk = world.sdk();
    let (registry, newest) = with_packs(&world, &mut sdk);
    let ecr = sdk.call("CreateOciEcrRegistry", &[world.ecr("cloud-packs")]).text();
    let in_ecr = data_pack(&mut sdk, &["spec.name=hello".to_owned(), "spec.version=1.1.0".to_owned()], &ecr).unwrap();
    // The sync of an ECR registry is asked for on the path of the basic ones.
    sdk.operation("V1BasicOciRegistriesUIDSyncStatus", json!({ "UID": ecr })).ok();
    let mut by_default = oci("hello", &newest, &registry, "1.1.0");
    by_default["type"] = json!("spectro");
    for (name, pack) in [
        ("by-uid", oci("hello", &newest, &registry, "1.1.0")),
        ("ecr", oci("hello", &in_ecr["metadata"]["uid"], &ecr, "1.1.0")),
        ("default-type", by_default),
    ] {
        let profile = add_on(name, "1.0.0", &[pack]);
        let uid = apply(&mut sdk, &profile);
        assert_plan_is_empty(&mut sdk, &uid, &profile);
    }
    // Without a uid the server finds it.
    let profile = add_on("by-name", "1.0.0", &[oci("hello", &json!(""), &registry, "1.1.0")]);
    let uid = apply(&mut sdk, &profile);
    assert_eq!(refresh(&mut sdk, &uid)["packs"][0]["uid"], newest);
    let common = sdk.call("GetPackRegistryCommonByName", &[json!("team-packs")]).ok();
    assert_eq!(common["uid"], registry.as_str());
}

/// Case 8: manifests are read by the layer's uid, so two layers have two; order and texts come back as they were.
#[test]
fn manifests_order_and_texts_of_a_profile_come_back_as_they_were() {
    let Some(world) = World::start("manifests_order_and_texts_of_a_profile_come_back_as_they_were") else { return };
    let mut sdk = world.sdk();
    let (registry, newest) = with_packs(&world, &mut sdk);
    let mut with_manifest = oci("hello", &newest, &registry, "1.1.0");
    with_manifest["manifests"] = json!([{ "name": "extra", "content": "kind: Secret" }]);
    with_manifest["values"] = json!("a: 1\r\nb: 2\r\n\r\n  # end");
    let mut profile = add_on(
        "layers",
        "1.0.0",
        &[manifest("first", "kind: ConfigMap\nmetadata:\n  name: one"), with_manifest, manifest("second", "kind: Job")],
    );
    let uid = apply(&mut sdk, &profile);
    let state = assert_plan_is_empty(&mut sdk, &uid, &profile);
    assert_ne!(state["packs"][0]["uid"], state["packs"][2]["uid"], "the provider keys their contents by it");

    let packs = profile["spec"]["template"]["packs"].as_array_mut().unwrap();
    packs.reverse();
    packs[0]["manifests"][0]["content"] = json!("kind: CronJob");
    change(&mut sdk, &uid, &profile, None);
    assert_plan_is_empty(&mut sdk, &uid, &profile);
    profile["spec"]["template"]["packs"].as_array_mut().unwrap().remove(1);
    change(&mut sdk, &uid, &profile, None);
    assert_eq!(assert_plan_is_empty(&mut sdk, &uid, &profile)["packs"].as_array().unwrap().len(), 2);
}

/// Case 9: variables come and go with the packs that use them; every undefined one is named.
#[test]
fn variables_are_applied_before_the_packs_that_use_them() {
    let Some(world) = World::start("variables_are_applied_before_the_packs_that_use_them") else { return };
    let mut sdk = world.sdk();
    let (registry, newest) = with_packs(&world, &mut sdk);
    let mut pack = oci("hello", &newest, &registry, "1.1.0");
    pack["values"] = json!("a: '{{.spectro.var.zone}}-{{ .spectro.var.size | upper }}'");
    let mut profile = add_on("variables", "1.0.0", &[pack]);
    let refused = sdk.call("CreateClusterProfile", std::slice::from_ref(&profile)).error();
    assert_eq!(refused["code"], "PackVariablesUndefined", "{refused}");
    let message = text(&refused["message"]);
    assert!(message.contains("zone") && message.contains("size"), "{message}");

    let zone = json!({ "name": "zone", "displayName": "Zone", "format": "string", "required": true });
    let size = json!({ "name": "size", "displayName": "Size", "description": "s or l", "defaultValue": "s", "format": "string",
        "regex": "^[sl]$", "immutable": true, "hidden": true });
    let secret = json!({ "name": "token", "displayName": "Token", "format": "string", "isSensitive": true, "defaultValue": "s3cret" });
    profile["spec"]["variables"] = json!([zone, size, secret]);
    let uid = apply(&mut sdk, &profile);
    let state = assert_plan_is_empty(&mut sdk, &uid, &profile);
    let names: Vec<String> = state["variables"].as_array().unwrap().iter().map(|one| text(&one["name"])).collect();
    assert_eq!(names, ["zone", "size", "token"]);
    // It is compared with the configuration, so a mask would be a difference in every plan.
    assert_eq!(state["variables"][2]["defaultValue"], "s3cret");
    assert_eq!(state["variables"][1]["regex"], size["regex"]);
    // This version of the SDK knows no drop-downs; one that somebody else made does not disturb it.
    let dropdown = json!({
        "name": "size", "displayName": "Size", "inputType": "dropdown", "format": "string", "defaultValue": "s",
        "options": [{ "value": "s", "label": "small", "default": true }, { "value": "l", "label": "large" }],
    });
    let path = format!("/v1/clusterprofiles/{uid}/variables");
    assert_eq!(world.direct.call("PATCH", &path, &json!({ "variables": [dropdown] })).status, 204);
    assert_eq!(refresh(&mut sdk, &uid)["variables"][1]["defaultValue"], "s");
    assert_eq!(world.direct.get(&path).body["variables"][1]["options"][1]["value"], "l");

    profile["spec"]["template"]["packs"][0]["values"] = json!("a: '{{.spectro.var.region}}'");
    let region = json!({ "name": "region", "displayName": "Region", "format": "string", "defaultValue": "eu" });
    profile["spec"]["variables"] = json!([region]);
    change(&mut sdk, &uid, &profile, Some(&json!([region])));
    let state = assert_plan_is_empty(&mut sdk, &uid, &profile);
    assert_eq!(state["variables"].as_array().unwrap().len(), 1, "{state}");
    change(
        &mut sdk,
        &uid,
        &add_on("variables", "1.0.0", &[oci("hello", &newest, &registry, "1.1.0")]),
        Some(&json!([])),
    );
    // One that is added or changed by name, which a later version of the provider does.
    let patch = json!({ "UID": uid, "Body": { "variables": [region] } });
    sdk.operation("V1ClusterProfilesUIDVariablesPatch", patch).ok();
    let variables = sdk.call("GetProfileVariables", &[json!(uid)]).ok();
    assert_eq!(variables[0]["name"], "region", "{variables}");
}

/// Case 10: tags with and without a colon, and the description.
#[test]
fn tags_and_the_description_of_a_profile_come_back_and_can_be_cleared() {
    let Some(world) = World::start("tags_and_the_description_of_a_profile_come_back_and_can_be_cleared") else {
        return;
    };
    let mut sdk = world.sdk();
    let mut profile = add_on("tagged", "1.0.0", &[manifest("m", "kind: Job")]);
    let uid = apply(&mut sdk, &profile);
    assert_plan_is_empty(&mut sdk, &uid, &profile);
    profile["metadata"]["labels"] = json!({ "only": "spectro__tag" });
    profile["metadata"]["annotations"]["description"] = json!("");
    change(&mut sdk, &uid, &profile, None);
    assert_plan_is_empty(&mut sdk, &uid, &profile);
    // The SDK leaves an empty map out, so without any tag there is no word of them in what it sends.
    profile["metadata"]["labels"] = json!({});
    change(&mut sdk, &uid, &profile, None);
    let read = sdk.call("GetClusterProfile", &[json!(uid)]).ok();
    assert!(read["metadata"]["labels"].as_object().is_none_or(serde_json::Map::is_empty), "{read}");
}
