//! Layers of manifests, whose uids the provider mixes up.

use super::provider::{add_on, apply, assert_plan_is_empty, change, manifest};
use super::sdk::Sdk;
use super::world::World;
use serde_json::{Value, json};

/// A configuration may name the uid that the provider sends for every such layer. The first one keeps it, so that its
/// plans are empty; contents are kept by it, so a second one does not.
#[test]
fn a_layer_keeps_the_uid_that_a_configuration_may_name() {
    let Some(world) = World::start("a_layer_keeps_the_uid_that_a_configuration_may_name") else { return };
    let mut sdk = world.sdk();
    let mut profile = add_on("named", "1.0.0", &[manifest("one", "kind: A"), manifest("two", "kind: B")]);
    let uid = apply(&mut sdk, &profile);
    let state = assert_plan_is_empty(&mut sdk, &uid, &profile);
    assert_eq!(state["packs"][0]["uid"], "spectro-manifest-pack");
    assert_ne!(state["packs"][1]["uid"], "spectro-manifest-pack");
    profile["spec"]["template"]["packs"][0]["manifests"][0]["content"] = json!("kind: C");
    change(&mut sdk, &uid, &profile, None);
    let after = assert_plan_is_empty(&mut sdk, &uid, &profile);
    for layer in [0, 1] {
        assert_eq!(after["packs"][layer]["uid"], state["packs"][layer]["uid"], "of layer {layer}");
    }
}

fn manifest_uid(sdk: &mut Sdk, uid: &str, layer: usize) -> Value {
    let profile = sdk.call("GetClusterProfile", &[json!(uid)]).ok();
    profile["spec"]["published"]["packs"][layer]["manifests"][0]["uid"].clone()
}

/// The provider looks a manifest's uid up by its name alone, so it sends that of the first layer for all of them.
#[test]
fn manifests_of_one_name_in_two_layers_stay_two() {
    let Some(world) = World::start("manifests_of_one_name_in_two_layers_stay_two") else { return };
    let mut sdk = world.sdk();
    let layer = |name: &str, content: &str, uid: &Value| {
        let mut layer = manifest(name, content);
        layer["manifests"][0]["name"] = json!("same");
        layer["manifests"][0]["uid"] = uid.clone();
        layer
    };
    let profile = |first: &str, second: &str, uid: &Value| {
        add_on("twice", "1.0.0", &[layer("one", first, uid), layer("two", second, uid)])
    };
    let uid = apply(&mut sdk, &profile("kind: A", "kind: B", &Value::Null));
    let before = [manifest_uid(&mut sdk, &uid, 0), manifest_uid(&mut sdk, &uid, 1)];
    let changed = profile("kind: C", "kind: D", &before[0]);
    change(&mut sdk, &uid, &changed, None);
    assert_plan_is_empty(&mut sdk, &uid, &changed);
    assert_eq!([manifest_uid(&mut sdk, &uid, 0), manifest_uid(&mut sdk, &uid, 1)], before);
}
