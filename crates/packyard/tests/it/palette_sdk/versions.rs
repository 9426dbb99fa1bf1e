//! Versions of a profile beside each other.

use super::provider::{add_on, apply, assert_plan_is_empty, change, manifest, oci, refresh, text, with_packs};
use super::sdk::Sdk;
use super::world::World;
use serde_json::json;

/// Case 11 for profiles, and the data source: every visible version by name, whatever scope it is in.
#[test]
fn a_profile_is_imported_by_uid_and_found_by_name_version_and_scope() {
    let Some(world) = World::start("a_profile_is_imported_by_uid_and_found_by_name_version_and_scope") else { return };
    let mut sdk = world.sdk();
    let project = sdk.call("GetProjectUID", &[json!("Default")]).text();
    let profile = |version| add_on("shared name", version, &[manifest("m", "kind: Job")]);
    let tenant = apply(&mut sdk, &profile("1.0.0"));
    let newer = apply(&mut sdk, &profile("1.1.0"));
    sdk.scope(&project);
    let own = apply(&mut sdk, &profile("1.0.0"));
    let all = sdk.call("GetClusterProfiles", &[]).ok();
    let mut found: Vec<(String, String)> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["metadata"]["uid"]), text(&one["spec"]["version"])))
        .collect();
    found.sort();
    let mut expected =
        vec![(tenant.clone(), "1.0.0".to_owned()), (newer, "1.1.0".to_owned()), (own.clone(), "1.0.0".to_owned())];
    expected.sort();
    assert_eq!(found, expected);
    // Of several of one name and version the scope decides, which only the profile itself says.
    for (uid, scope) in [(&tenant, "tenant"), (&own, "project")] {
        let read = sdk.call("ClusterProfileExport", &[json!(uid)]).ok();
        assert_eq!(read["metadata"]["annotations"]["scope"], scope);
    }
    // An import by name tries the name as a uid first.
    assert!(sdk.call("GetClusterProfile", &[json!("shared name")]).ok().is_null());
    let missing = sdk.call("GetClusterProfileUID", &[json!("shared name"), json!("9.0.0")]).error();
    assert!(text(&missing["text"]).contains("not found"), "{missing}");
}

/// Case 12: a new version while the old one stays, which is a clone and an update.
#[test]
fn a_new_version_is_a_clone_that_is_changed_and_the_old_one_stays() {
    let Some(world) = World::start("a_new_version_is_a_clone_that_is_changed_and_the_old_one_stays") else { return };
    let mut sdk = world.sdk();
    let (registry, newest) = with_packs(&world, &mut sdk);
    let mut profile = add_on("app", "1.0.0", &[oci("hello", &newest, &registry, "1.1.0"), manifest("m", "kind: Job")]);
    profile["spec"]["variables"] =
        json!([{ "name": "zone", "displayName": "Zone", "format": "string", "defaultValue": "a" }]);
    let uid = apply(&mut sdk, &profile);
    let before = refresh(&mut sdk, &uid);

    assert_eq!(sdk.call("GetClusterProfileUID", &[json!("app"), json!("1.0.0")]).text(), uid);
    let body = json!({ "metadata": { "name": "app", "version": "1.1.0" } });
    let clone = |sdk: &mut Sdk| sdk.operation("V1ClusterProfilesUIDClone", json!({ "UID": uid, "Body": body }));
    let new = text(&clone(&mut sdk).payload()["uid"]);
    let again = clone(&mut sdk).error();
    assert_eq!((&again["status"], &again["code"]), (&json!(409), &json!("ClusterProfileAlreadyExists")), "{again}");
    let state = refresh(&mut sdk, &new);
    assert_eq!((&state["packs"], &state["variables"]), (&before["packs"], &before["variables"]));

    profile["spec"]["version"] = json!("1.1.0");
    profile["spec"]["template"]["packs"][0]["values"] = json!("a: '{{.spectro.var.other}}'");
    let other = json!([{ "name": "other", "displayName": "Other", "format": "string", "defaultValue": "b" }]);
    let patch = json!({ "UID": new, "Body": { "variables": other } });
    sdk.operation("V1ClusterProfilesUIDVariablesPatch", patch).ok();
    profile["spec"]["variables"] = other.clone();
    change(&mut sdk, &new, &profile, Some(&other));
    assert_plan_is_empty(&mut sdk, &new, &profile);
    assert_eq!(refresh(&mut sdk, &uid), before, "the old version is as it was");
    let versions = sdk.call("GetClusterProfile", &[json!(new)]).ok()["spec"]["versions"].clone();
    assert_eq!(versions.as_array().unwrap().len(), 2, "{versions}");
    let deleted = sdk.call("BulkDeleteClusterProfiles", &[json!([uid, new, "0123456789abcdef01234567"])]).ok();
    assert_eq!(
        (&deleted["deletedCount"], &deleted["failures"][0]["uid"]),
        (&json!(2), &json!("0123456789abcdef01234567")),
        "{deleted}"
    );
}
