//! Users, as `spectrocloud_user` makes, reads, changes and deletes them; and what there is none of.

use super::provider::text;
use super::sdk::Sdk;
use super::world::World;
use serde_json::{Value, json};

const EMAIL: &str = "ada@packyard.test";

fn role(sdk: &mut Sdk, name: &str) -> Value {
    sdk.call("GetRole", &[json!(name)]).ok()["metadata"]["uid"].clone()
}

fn uids(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|one| one["uid"].as_str().unwrap()).collect()
}

/// What a refresh reads, all of it on every one, and what it keeps.
fn refresh(sdk: &mut Sdk, uid: &str) -> Value {
    let summary = sdk.call("GetUserSummaryByEmail", &[json!(EMAIL)]).ok();
    assert_eq!(summary["metadata"]["uid"], uid);
    let spec = &summary["spec"];
    let projects = sdk.call("GetUserProjectRole", &[json!(uid)]).ok();
    let projects = projects["projects"].as_array().into_iter().flatten();
    let projects: Vec<_> = projects.map(|one| json!({ "id": one["uid"], "roles": uids(&one["roles"]) })).collect();
    let tenant = sdk.call("GetUserTenantRole", &[json!(uid)]).ok();
    let workspaces = sdk.call("GetUserWorkspaceRole", &[json!(uid)]).ok();
    let resources = sdk.call("GetUserResourceRoles", &[json!(uid)]).ok();
    json!({
        "firstName": text(&spec["firstName"]), "lastName": text(&spec["lastName"]), "email": spec["emailId"],
        "teams": uids(&spec["teams"]), "projects": projects, "tenant": uids(&tenant["roles"]),
        "workspaces": uids(&workspaces["projects"]), "resources": uids(&resources),
    })
}

#[test]
fn a_user_is_applied_planned_empty_changed_and_destroyed() {
    let Some(world) = World::start("a_user_is_applied_planned_empty_changed_and_destroyed") else { return };
    let mut sdk = world.sdk();
    let project = sdk.call("GetProjectUID", &[json!("Default")]).text();
    let (editor, viewer) = (role(&mut sdk, "PackyardProjectEditor"), role(&mut sdk, "PackyardViewer"));
    let user = json!({ "metadata": { "name": "Ada Lovelace" },
        "spec": { "emailId": EMAIL, "firstName": "Ada", "lastName": "Lovelace" } });
    let uid = sdk.call("CreateUser", std::slice::from_ref(&user)).text();
    let twice = sdk.call("CreateUser", &[user]).error();
    assert_eq!((&twice["status"], &twice["code"]), (&json!(409), &json!("UserAlreadyExists")), "{twice}");
    let in_project = json!({ "projects": [{ "projectUid": project, "roles": [editor] }] });
    sdk.call("AssociateUserProjectRole", &[json!(uid), in_project]).ok();
    sdk.call("AssociateUserTenantRole", &[json!(uid), json!({ "roles": [viewer] })]).ok();
    let mut planned = json!({
        "firstName": "Ada", "lastName": "Lovelace", "email": EMAIL, "teams": [],
        "projects": [{ "id": project, "roles": [editor] }], "tenant": [viewer], "workspaces": [], "resources": [],
    });
    assert_eq!(refresh(&mut sdk, &uid), planned, "the plan after apply is not empty");

    // A change begins with one that names no project.
    sdk.call("AssociateUserProjectRole", &[json!(uid), json!({ "projects": null })]).ok();
    let in_project = json!({ "projects": [{ "projectUid": project, "roles": [viewer] }] });
    sdk.call("AssociateUserProjectRole", &[json!(uid), in_project]).ok();
    sdk.call("AssociateUserTenantRole", &[json!(uid), json!({ "roles": [] })]).ok();
    planned["projects"][0]["roles"] = json!([viewer]);
    planned["tenant"] = json!([]);
    assert_eq!(refresh(&mut sdk, &uid), planned, "the plan after the change is not empty");

    sdk.call("DeleteUser", &[json!(uid)]).ok();
    for function in ["GetUserByID", "GetUserProjectRole", "GetUserWorkspaceRole", "GetUserResourceRoles", "DeleteUser"]
    {
        sdk.call(function, &[json!(uid)]).gone();
    }
}

/// What a configuration for all of Palette may hold, and we do not: refused at once, saying what to do instead.
#[test]
fn what_is_not_here_is_refused_with_what_to_do_instead() {
    let Some(world) = World::start("what_is_not_here_is_refused_with_what_to_do_instead") else { return };
    let key = world.direct.api_key();
    let mut sdk = world.sdk_with(&[("PALETTE_API_KEY", &key), ("PALETTE_RETRIES", "10")]);
    let named = json!({ "metadata": { "name": "ours" }, "spec": {} });
    for (function, args, says) in [
        ("CreateTeam", vec![named.clone()], "no teams"),
        ("CreateRole", vec![named.clone()], "GET /v1/roles"),
        ("GetPermissionByName", vec![json!("clusterProfile.get"), json!("project")], "GET /v1/roles"),
        ("CreateTagFilter", vec![named.clone()], "no tag filters"),
        ("CreateUserResourceRole", vec![json!("someone"), json!({})], "not by resource"),
        ("UpdatePasswordPolicy", vec![json!("tenant"), json!({})], "only its macros"),
    ] {
        let refused = sdk.call(function, &args).error();
        assert!([404, 405].contains(&refused["status"].as_u64().unwrap()), "{function}: {refused}");
        assert!(text(&refused["message"]).contains(says), "{function}: {refused}");
    }
}
