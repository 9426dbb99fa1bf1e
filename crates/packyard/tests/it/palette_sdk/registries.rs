//! Registries, as `spectrocloud_registry_oci`, `spectrocloud_registry_helm` and their data sources use them.

use super::sdk::Sdk;
use super::world::World;
use serde_json::{Value, json};

/// What the provider puts into the state of a basic registry. What a plan compares is this and nothing else.
fn basic_state(registry: &Value) -> Value {
    let (spec, auth) = (&registry["spec"], &registry["spec"]["auth"]);
    json!({
        "name": registry["metadata"]["name"], "endpoint": spec["endpoint"], "endpointSuffix": text(&spec["basePath"]),
        "baseContentPath": text(&spec["baseContentPath"]), "providerType": spec["providerType"],
        "auth": auth["type"], "username": text(&auth["username"]), "certificate": text(&auth["tls"]["certificate"]),
        "skipVerify": auth["tls"]["insecureSkipVerify"] == true,
    })
}

/// The same of an ECR registry. Any `tls` that is not null becomes a block of the state.
fn ecr_state(registry: &Value) -> Value {
    let (spec, credentials) = (&registry["spec"], &registry["spec"]["credentials"]);
    json!({
        "name": registry["metadata"]["name"], "endpoint": spec["endpoint"], "isPrivate": spec["isPrivate"],
        "baseContentPath": text(&spec["baseContentPath"]), "providerType": spec["providerType"],
        "credentialType": credentials["credentialType"], "accessKey": text(&credentials["accessKey"]),
        "arn": text(&credentials["sts"]["arn"]), "externalId": text(&credentials["sts"]["externalId"]),
        "hasTls": !spec["tls"].is_null(),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Absent where it is false.
fn is_synchronization(registry: &Value) -> bool {
    let status = &registry["status"]["syncStatus"];
    assert!(status.is_object(), "the provider looks into it without asking: {registry}");
    status["isSyncSupported"] == true
}

/// The functions of one of the two OCI types.
struct Kind {
    validate: &'static str,
    create: &'static str,
    get: &'static str,
    update: &'static str,
    delete: &'static str,
    state: fn(&Value) -> Value,
}

const BASIC: Kind = Kind {
    validate: "ValidateOciBasicRegistry",
    create: "CreateOciBasicRegistry",
    get: "GetOciBasicRegistry",
    update: "UpdateOciBasicRegistry",
    delete: "DeleteOciBasicRegistry",
    state: basic_state,
};
const ECR: Kind = Kind {
    validate: "ValidateOciEcrRegistry",
    create: "CreateOciEcrRegistry",
    get: "GetOciEcrRegistry",
    update: "UpdateOciEcrRegistry",
    delete: "DeleteOciEcrRegistry",
    state: ecr_state,
};

/// Apply, empty plan, change, empty plan, destroy; in the provider's order of calls.
fn life(sdk: &mut Sdk, kind: &Kind, mut registry: Value, planned: &Value, change: impl Fn(&mut Value)) {
    sdk.call(kind.validate, &[registry["spec"].clone()]).ok();
    let uid = json!(sdk.call(kind.create, std::slice::from_ref(&registry)).text());
    let read = sdk.call(kind.get, std::slice::from_ref(&uid)).ok();
    assert_eq!((kind.state)(&read), *planned, "the plan after apply is not empty");
    assert_eq!(is_synchronization(&read), registry["spec"]["isSyncSupported"] == true);

    let before = (kind.state)(&registry);
    change(&mut registry);
    assert!(before != (kind.state)(&registry) || registry["spec"] != read["spec"], "the change changes something");
    registry["metadata"]["uid"] = uid.clone();
    sdk.call(kind.validate, &[registry["spec"].clone()]).ok();
    sdk.call(kind.update, &[uid.clone(), registry.clone()]).ok();
    let read = sdk.call(kind.get, std::slice::from_ref(&uid)).ok();
    let mut planned = planned.clone();
    planned["name"] = registry["metadata"]["name"].clone();
    assert_eq!((kind.state)(&read), planned, "the plan after the change is not empty");

    sdk.call(kind.delete, std::slice::from_ref(&uid)).ok();
    sdk.call(kind.get, &[uid]).gone();
}

/// Cases 3 and 4 for type basic: packs, charts and Zarf packages; with a `tls_config` block, and the password changed.
#[test]
fn a_basic_registry_is_applied_planned_empty_changed_and_destroyed() {
    let Some(world) = World::start("a_basic_registry_is_applied_planned_empty_changed_and_destroyed") else { return };
    let mut sdk = world.sdk();
    for (provider, is_synced) in [("pack", true), ("helm", true), ("helm", false), ("zarf", false)] {
        let mut registry = world.basic(&format!("basic-{provider}-{is_synced}"));
        registry["spec"]["providerType"] = json!(provider);
        registry["spec"]["isSyncSupported"] = json!(is_synced);
        let planned = basic_state(&registry);
        life(&mut sdk, &BASIC, registry, &planned, |registry| {
            registry["metadata"]["name"] = json!("renamed");
            registry["spec"]["auth"]["password"] = json!(world.yard.admin_password);
        });
    }
}

/// Without a `tls_config` block the provider sends `tls` all the same; it must not come back as one.
#[test]
fn an_ecr_registry_is_applied_planned_empty_changed_and_destroyed() {
    let Some(world) = World::start("an_ecr_registry_is_applied_planned_empty_changed_and_destroyed") else { return };
    let mut sdk = world.sdk();
    for provider in ["pack", "helm"] {
        let mut registry = world.ecr(&format!("ecr-{provider}"));
        registry["spec"]["providerType"] = json!(provider);
        let mut planned = ecr_state(&registry);
        planned["hasTls"] = json!(false);
        life(&mut sdk, &ECR, registry, &planned, |registry| registry["metadata"]["name"] = json!("renamed"));
    }
    // With the block, which says something, it is a block.
    let mut registry = world.ecr("ecr-tls");
    registry["spec"]["endpoint"] = json!(format!("https://{}", world.yard.host()));
    registry["spec"]["tls"]["certificate"] = json!(std::fs::read_to_string(&world.ca).unwrap());
    let planned = ecr_state(&registry);
    life(&mut sdk, &ECR, registry, &planned, |registry| registry["metadata"]["name"] = json!("renamed"));
}

#[test]
fn a_registry_that_cannot_be_used_is_refused_with_the_hop_and_nothing_is_kept() {
    let test = "a_registry_that_cannot_be_used_is_refused_with_the_hop_and_nothing_is_kept";
    let Some(world) = World::start(test) else { return };
    let mut sdk = world.sdk();
    let mut registry = world.basic("wrong");
    registry["spec"]["auth"]["password"] = json!("not-the-password");
    let refused = sdk.call("ValidateOciBasicRegistry", &[registry["spec"].clone()]).error();
    assert_eq!((&refused["status"], &refused["code"]), (&json!(400), &json!("RegistryValidationFailed")), "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("Credentials"), "{refused}");
    assert!(!refused["text"].as_str().unwrap().contains("not-the-password"), "{refused}");
    let mut ecr = world.ecr("zarf");
    ecr["spec"]["providerType"] = json!("zarf");
    let refused = sdk.call("CreateOciEcrRegistry", &[ecr]).error();
    assert!(refused["message"].as_str().unwrap().contains("Zarf"), "{refused}");
    assert_eq!(world.direct.get("/v1/registries/metadata").body["items"], json!([]));
}

/// Names are looked up in lists of every kind, which have to be whole; and an import finds out by 404 what it has.
#[test]
fn registries_are_found_by_name_and_imported_by_uid() {
    let Some(world) = World::start("registries_are_found_by_name_and_imported_by_uid") else { return };
    let mut sdk = world.sdk();
    let basic = sdk.call("CreateOciBasicRegistry", &[world.basic("team-packs")]).text();
    let ecr = sdk.call("CreateOciEcrRegistry", &[world.ecr("cloud-packs")]).text();
    let twice = sdk.call("CreateOciBasicRegistry", &[world.basic("cloud-packs")]).error();
    assert_eq!((&twice["status"], &twice["code"]), (&json!(409), &json!("RegistryAlreadyExists")), "{twice}");

    let known = sdk.call("GetPackRegistryCommonByName", &[json!("team-packs")]).ok();
    assert_eq!((&known["uid"], &known["kind"]), (&json!(basic), &json!("oci")));
    let known = sdk.call("GetOciRegistryByName", &[json!("cloud-packs")]).ok();
    assert_eq!((&known["metadata"]["uid"], &known["spec"]["registryType"]), (&json!(ecr), &json!("ecr")));
    assert_eq!(known["status"]["sync"]["status"], "Success");
    // A pack of a profile that names its registry and no type is looked up here.
    assert_eq!(sdk.call("GetPackRegistryByName", &[json!("team-packs")]).ok()["metadata"]["uid"], basic);

    // Import: ecr, then basic, then by name. A name in the place of a uid is not found, and is no bad request.
    sdk.call("GetOciEcrRegistry", &[json!(basic)]).gone();
    sdk.call("GetOciBasicRegistry", &[json!(ecr)]).gone();
    sdk.call("GetOciEcrRegistry", &[json!("team packs/old")]).gone();
    sdk.call("GetHelmRegistry", &[json!(basic)]).gone();

    // Clients ask on the path of another kind.
    for operation in [
        "V1BasicOciRegistriesUIDSyncStatus",
        "V1EcrRegistriesUIDSyncStatus",
        "V1RegistriesPackUIDSyncStatus",
        "V1RegistriesHelmUIDSyncStatus",
    ] {
        for uid in [&basic, &ecr] {
            let status = sdk.operation(operation, json!({ "UID": uid })).payload();
            assert_eq!(
                (&status["status"], &status["isSyncSupported"]),
                (&json!("Success"), &json!(true)),
                "{operation}"
            );
        }
    }
    sdk.operation("V1BasicOciRegistriesUIDSync", json!({ "UID": basic, "ForceSync": false })).ok();
    sdk.operation("V1RegistriesUIDDelete", json!({ "UID": ecr })).ok();
    sdk.call("GetOciEcrRegistry", &[json!(ecr)]).gone();
}

/// A Helm repository is read, so its sync has a status; the secret comes back as the provider compares it.
#[test]
fn helm_repositories_are_registered_changed_and_synced() {
    let Some(world) = World::start("helm_repositories_are_registered_changed_and_synced") else { return };
    let mut sdk = world.sdk();
    for auth in [
        json!({ "type": "noAuth" }),
        json!({ "type": "basic", "username": "me", "password": "helm-secret" }),
        json!({ "type": "token", "username": "me", "token": "helm-secret" }),
    ] {
        let name = format!("charts-{}", auth["type"].as_str().unwrap());
        let mut registry = json!({
            "metadata": { "name": name },
            "spec": { "endpoint": "https://charts.invalid/stable", "isPrivate": true, "auth": auth },
        });
        let uid = json!(sdk.call("CreateHelmRegistry", std::slice::from_ref(&registry)).text());
        let read = sdk.call("GetHelmRegistry", std::slice::from_ref(&uid)).ok();
        assert_eq!(read["metadata"]["name"], name.as_str());
        // The provider does not keep the secret, but compares the one that it reads.
        for field in ["type", "username", "password", "token"] {
            assert_eq!(text(&read["spec"]["auth"][field]), text(&auth[field]), "{field} of {read}");
        }
        assert_eq!(read["spec"]["endpoint"], registry["spec"]["endpoint"]);
        let found = sdk.call("GetHelmRegistryByName", &[json!(name)]).ok();
        assert_eq!(found["metadata"]["uid"], uid);
        assert!(!found.to_string().contains("helm-secret"), "a list has no secrets: {found}");
        // A status that the provider's wait understands, with what is wrong.
        let status = sdk.operation("V1RegistriesHelmUIDSyncStatus", json!({ "UID": uid })).payload();
        assert_eq!((&status["isSyncSupported"], &status["status"]), (&json!(true), &json!("Failed")), "{status}");
        assert!(text(&status["message"]).contains("charts.invalid"), "{status}");
        sdk.operation("V1RegistriesHelmUIDSync", json!({ "UID": uid })).ok();

        registry["spec"]["endpoint"] = json!("https://charts.invalid/stable/");
        registry["metadata"]["uid"] = uid.clone();
        sdk.call("UpdateHelmRegistry", &[uid.clone(), registry.clone()]).ok();
        assert_eq!(
            sdk.call("GetHelmRegistry", std::slice::from_ref(&uid)).ok()["spec"]["endpoint"],
            registry["spec"]["endpoint"]
        );
        sdk.call("DeleteHelmRegistry", std::slice::from_ref(&uid)).ok();
        sdk.call("GetHelmRegistry", &[uid]).gone();
    }
    // One that is registered without synchronisation stays so, and says it.
    let unsynced = json!({
        "metadata": { "name": "unsynced" },
        "spec": { "endpoint": "https://charts.invalid", "auth": { "type": "noAuth" }, "createOption": { "skipSync": true } },
    });
    let uid = json!(sdk.call("CreateHelmRegistry", &[unsynced]).text());
    let status = sdk.operation("V1RegistriesHelmUIDSyncStatus", json!({ "UID": uid })).payload();
    assert_eq!(status["isSyncSupported"], false, "{status}");
    let asked = sdk.operation("V1RegistriesHelmUIDSync", json!({ "UID": uid })).error();
    assert!(text(&asked["message"]).contains("without synchronisation"), "{asked}");
    sdk.call("DeleteHelmRegistry", std::slice::from_ref(&uid)).ok();
    assert_eq!(sdk.call("ListHelmRegistries", &[json!("all")]).ok(), json!([]));
}

#[test]
fn pack_registries_from_before_oci_are_kept_and_shown_as_not_synced() {
    let Some(world) = World::start("pack_registries_from_before_oci_are_kept_and_shown_as_not_synced") else { return };
    let mut sdk = world.sdk();
    let body = json!({
        "metadata": { "name": "legacy" },
        "spec": { "endpoint": "https://registry.example.com", "private": true,
            "auth": { "type": "basic", "username": "me", "password": "legacy-secret" } },
    });
    sdk.operation("V1RegistriesPackValidate", json!({ "Body": body["spec"] })).ok();
    let uid = text(&sdk.operation("V1RegistriesPackCreate", json!({ "Body": body })).payload()["uid"]);
    let read = sdk.operation("V1RegistriesPackUIDGet", json!({ "UID": uid })).payload();
    assert_eq!((&read["metadata"]["name"], &read["spec"]["private"]), (&json!("legacy"), &json!(true)));
    assert_eq!(read["status"]["packSyncStatus"]["isSyncSupported"], false);
    assert!(!read.to_string().contains("legacy-secret"));
    let listed = sdk.call("ListPackRegistries", &[]).ok();
    assert_eq!(listed[0]["metadata"]["uid"], uid.as_str());
    assert_eq!(sdk.call("GetPackRegistryCommonByName", &[json!("legacy")]).ok()["kind"], "pack");
    sdk.operation("V1RegistriesPackUIDUpdate", json!({ "UID": uid, "Body": body })).ok();
    sdk.operation("V1RegistriesPackUIDDelete", json!({ "UID": uid })).ok();
    sdk.operation("V1RegistriesPackUIDGet", json!({ "UID": uid })).gone();
}
