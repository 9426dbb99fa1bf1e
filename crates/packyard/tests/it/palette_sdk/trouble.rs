//! What happens beside a plan: a tag that goes, many applies at once, a server that is started again.

use super::provider::{add_on, apply, assert_plan_is_empty, data_pack, refresh};
use super::sdk::Sdk;
use super::world::World;
use crate::shell::Shell;
use crate::yard_builder;
use packyard_testkit::{PackBuilder, peer_or_skip};
use serde_json::{Value, json};
use std::time::Duration;

/// Case 13: nobody's plan changes because a tag was deleted, but the profile says what is wrong.
#[test]
fn a_deleted_tag_leaves_the_plan_empty_and_marks_the_profile() {
    let test = "a_deleted_tag_leaves_the_plan_empty_and_marks_the_profile";
    let (Some(world), Some(aws)) = (World::start(test), peer_or_skip("aws", test)) else { return };
    let mut sdk = world.sdk();
    world.publish(PackBuilder::new("hello", "1.0.0"));
    let registry = sdk.call("CreateOciBasicRegistry", &[world.basic("team-packs")]).text();
    let pack = data_pack(&mut sdk, &["spec.name=hello".to_owned()], &registry).unwrap();
    let profile = add_on(
        "app",
        "1.0.0",
        &[json!({
            "name": "hello", "uid": pack["metadata"]["uid"], "registryUid": registry, "tag": "1.0.0", "type": "oci", "values": "a: 1",
        })],
    );
    let uid = apply(&mut sdk, &profile);
    let before = assert_plan_is_empty(&mut sdk, &uid, &profile);

    let folder = tempfile::tempdir().unwrap();
    Shell::in_folder(folder.path())
        .envs(&world.yard.aws_env())
        .env("AWS", aws.path.to_str().unwrap())
        .env("ENDPOINT", &world.yard.url())
        .ok("$AWS --endpoint-url $ENDPOINT ecr batch-delete-image --repository-name team/spectro-packs/archive/hello --image-ids imageTag=1.0.0");
    sdk.operation("V1BasicOciRegistriesUIDSync", json!({ "UID": registry, "ForceSync": true })).ok();
    world.direct.until(Duration::from_secs(30), <[String]>::is_empty);

    assert_eq!(assert_plan_is_empty(&mut sdk, &uid, &profile), before);
    let read = sdk.call("GetClusterProfile", &[json!(uid)]).ok();
    let marked = &read["spec"]["published"]["packs"][0];
    assert_eq!(marked["isInvalid"], true, "{marked}");
    assert!(marked["inValidReason"].as_str().unwrap().contains("1.0.0"), "{marked}");
    let summary = sdk.call("GetClusterProfileSummary", &[json!(uid)]).ok();
    assert_eq!(summary["status"]["pack"]["deleted"], 1, "{summary}");
    assert!(data_pack(&mut sdk, &["spec.name=hello".to_owned()], &registry).is_err());
}

/// Who runs at a time, and what each of them makes.
const USERS: usize = 5;
const EACH: usize = 4;

/// Case 14: the provider shares one client between scopes, so that any call may carry the scope of another. That of a
/// registry has none.
#[test]
fn twenty_registries_and_profiles_are_applied_at_once_in_whatever_scope() {
    let Some(world) = World::start("twenty_registries_and_profiles_are_applied_at_once_in_whatever_scope") else {
        return;
    };
    world.publish(PackBuilder::new("hello", "1.0.0"));
    let project = world.sdk().call("GetProjectUID", &[json!("Default")]).text();
    let key = world.direct.api_key();
    std::thread::scope(|threads| {
        for user in 0..USERS {
            let (world, project, key) = (&world, &project, &key);
            threads.spawn(move || {
                let mut sdk = world.sdk_with(&[("PALETTE_API_KEY", key)]);
                for turn in 0..EACH {
                    let name = format!("at-once-{user}-{turn}");
                    sdk.scope(if turn % 2 == 0 { project } else { "" });
                    let registry = sdk.call("CreateOciBasicRegistry", &[world.basic(&name)]).text();
                    let pack = data_pack(&mut sdk, &["spec.name=hello".to_owned()], &registry).expect("its pack");
                    let profile = add_on(
                        &name,
                        "1.0.0",
                        &[json!({
                            "name": "hello", "uid": pack["metadata"]["uid"], "registryUid": registry, "tag": "1.0.0",
                            "type": "oci", "values": "a: 1",
                        })],
                    );
                    let uid = apply(&mut sdk, &profile);
                    // Read in the other scope than it was made in.
                    sdk.scope(if turn % 2 == 0 { "" } else { project });
                    assert_plan_is_empty(&mut sdk, &uid, &profile);
                    sdk.call("GetOciBasicRegistry", &[json!(registry)]).ok();
                }
            });
        }
    });
    let registries = world.direct.get("/v1/registries/metadata").body;
    assert_eq!(registries["items"].as_array().unwrap().len(), USERS * EACH);
    let profiles =
        world.direct.call("POST", "/v1/dashboard/clusterprofiles", &json!({ "filter": { "scope": "project" } }));
    assert_eq!(profiles.body["items"].as_array().unwrap().len(), USERS * EACH / 2, "{}", profiles.body);
}

/// Case 16: the SDK tries again what nobody answered, and what was there before is there.
#[test]
fn a_server_that_is_started_again_during_an_apply_is_waited_for() {
    let test = "a_server_that_is_started_again_during_an_apply_is_waited_for";
    let Some(program) = peer_or_skip("palette-sdk", test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let yard = yard_builder().arg("--tls-self-signed").data(&data).start();
    let (port, host) = (yard.port, yard.host());
    let world = World::around(yard, program);
    let key = world.direct.api_key();
    let profile = add_on(
        "kept",
        "1.0.0",
        &[json!({
            "name": "notes", "type": "manifest", "values": "", "manifests": [{ "name": "notes", "content": "kind: Job" }],
        })],
    );
    let uid = apply(&mut world.sdk(), &profile);
    let (program, ca) = (world.program(), world.ca.clone());
    world.yard.kill();

    let credential = [("PALETTE_API_KEY", key.as_str()), ("PALETTE_RETRIES", "5")];
    let mut sdk = Sdk::start(&program, &host, &ca, &credential);
    let waiting = std::thread::spawn(move || {
        // Nobody is there for the first try.
        let created = sdk.call("CreateProject", &[json!({ "metadata": { "name": "after" }, "spec": {} })]);
        (created.text(), sdk)
    });
    let again = yard_builder().arg("--tls-self-signed").data(&data).listen(&format!("127.0.0.1:{port}")).start();
    let (project, mut sdk) = waiting.join().unwrap();
    assert_eq!(sdk.call("GetProject", &[json!(project)]).ok()["metadata"]["name"], "after");
    let state: Value = refresh(&mut sdk, &uid);
    assert_eq!(state["name"], "kept");
    drop(again);
}
