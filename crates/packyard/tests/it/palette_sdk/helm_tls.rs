//! `tls_config` of `spectrocloud_registry_helm`, which later versions of the provider have.

use super::provider::text;
use super::sdk::Sdk;
use super::world::World;
use serde_json::{Value, json};

/// What the provider keeps of `tls`: nothing where it says nothing and the configuration has no block.
fn state(sdk: &mut Sdk, uid: &Value) -> Value {
    let read = sdk.call("GetHelmRegistry", std::slice::from_ref(uid)).ok();
    let tls = &read["spec"]["auth"]["tls"];
    let skips = tls["insecureSkipVerify"] == true;
    if ["ca", "certificate", "key"].iter().all(|field| text(&tls[field]).is_empty()) && !skips {
        return Value::Null;
    }
    block(tls["enabled"] == true, [&text(&tls["ca"]), &text(&tls["certificate"]), &text(&tls["key"])], skips)
}

fn block(enabled: bool, [ca, certificate, key]: [&str; 3], skips: bool) -> Value {
    json!({ "enabled": enabled, "ca": ca, "certificate": certificate, "key": key, "insecureSkipVerify": skips })
}

#[test]
fn tls_of_a_helm_repository_comes_back_as_it_was_sent_and_ends_when_it_is_left_out() {
    let test = "tls_of_a_helm_repository_comes_back_as_it_was_sent_and_ends_when_it_is_left_out";
    let Some(world) = World::start(test) else { return };
    let mut sdk = world.sdk();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["client".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let (ca, key) = (std::fs::read_to_string(&world.ca).unwrap(), key.serialize_pem());
    let registry = |tls: Value| {
        json!({ "metadata": { "name": "charts" }, "spec": { "name": "charts", "isPrivate": false,
            "endpoint": "https://charts.invalid/stable", "auth": { "type": "noAuth", "tls": tls } } })
    };
    let mutual = block(true, [&ca, &certificate, &key], false);
    let uid = json!(sdk.call("CreateHelmRegistry", &[registry(mutual.clone())]).text());
    assert_eq!(state(&mut sdk, &uid), mutual, "the plan after apply is not empty");
    // Lists and those who only read are shown no key.
    let listed = sdk.call("GetHelmRegistryByName", &[json!("charts")]).ok();
    assert_eq!(listed["spec"]["auth"]["tls"]["key"], "********");

    for change in [
        block(false, [&ca, &certificate, &key], false),
        block(true, [&ca, "", ""], false),
        block(true, ["", "", ""], true),
        mutual,
    ] {
        sdk.call("UpdateHelmRegistry", &[uid.clone(), registry(change.clone())]).ok();
        assert_eq!(state(&mut sdk, &uid), change, "the plan after the change is not empty");
    }
    sdk.call("UpdateHelmRegistry", &[uid.clone(), registry(Value::Null)]).ok();
    assert_eq!(state(&mut sdk, &uid), Value::Null, "a block that is taken out is gone");
}
