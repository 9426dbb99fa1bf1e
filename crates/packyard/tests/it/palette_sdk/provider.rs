//! What the Terraform provider does with a cluster profile: which functions of the SDK it calls, in which order, and
//! what it keeps of the answers. A plan is empty when what it keeps is what it sent.

use super::sdk::Sdk;
use super::world::World;
use packyard_testkit::PackBuilder;
use serde_json::{Value, json};

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The tenant's add-on profile of the tests.
pub(super) fn add_on(name: &str, version: &str, packs: &[Value]) -> Value {
    json!({
        "metadata": { "name": name, "annotations": { "description": "made by a plan" }, "labels": { "team": "a", "x": "spectro__tag" } },
        "spec": { "template": { "cloudType": "all", "type": "add-on", "packs": packs }, "version": version },
    })
}

/// Create and publish, as an apply does.
pub(super) fn apply(sdk: &mut Sdk, profile: &Value) -> String {
    let uid = sdk.call("CreateClusterProfile", std::slice::from_ref(profile)).text();
    sdk.call("PublishClusterProfile", &[json!(uid)]).ok();
    uid
}

/// Everything that a refresh reads, and what it keeps of it.
pub(super) fn refresh(sdk: &mut Sdk, uid: &str) -> Value {
    let profile = sdk.call("GetClusterProfile", &[json!(uid)]).ok();
    let published = &profile["spec"]["published"];
    assert!(published.is_object(), "the provider looks into it without asking: {profile}");
    let mut packs = Vec::new();
    for pack in published["packs"].as_array().cloned().unwrap_or_default() {
        packs.push(refresh_pack(sdk, uid, &pack));
    }
    let variables = sdk.call("GetProfileVariables", &[json!(uid)]).ok();
    let variables = variables.as_array().map(Vec::as_slice).unwrap_or_default();
    json!({
        "name": profile["metadata"]["name"], "version": published["profileVersion"],
        "description": text(&profile["metadata"]["annotations"]["description"]),
        "labels": profile["metadata"]["labels"], "cloud": published["cloudType"], "type": published["type"],
        "packs": packs, "variables": variables.iter().map(variable).collect::<Vec<_>>(),
    })
}

/// What a plan compares of a variable; the SDK leaves out what is empty or false.
fn variable(variable: &Value) -> Value {
    let is = |key: &str| variable[key] == true;
    json!({
        "name": variable["name"], "displayName": variable["displayName"], "description": text(&variable["description"]),
        "format": variable["format"], "defaultValue": text(&variable["defaultValue"]), "regex": text(&variable["regex"]),
        "required": is("required"), "immutable": is("immutable"), "hidden": is("hidden"), "isSensitive": is("isSensitive"),
    })
}

fn refresh_pack(sdk: &mut Sdk, uid: &str, pack: &Value) -> Value {
    let mut manifests = Vec::new();
    if pack["manifests"].as_array().is_some_and(|list| !list.is_empty()) {
        let found = sdk.call("GetClusterProfileManifestPack", &[json!(uid), pack["name"].clone()]).ok();
        for manifest in found.as_array().cloned().unwrap_or_default() {
            let published = &manifest["spec"]["published"];
            assert!(published.is_object(), "the provider looks into it without asking: {manifest}");
            manifests.push(json!({ "name": manifest["metadata"]["name"], "content": text(&published["content"]) }));
        }
    }
    let kind = text(&pack["type"]);
    let registry = sdk.call("GetPackRegistry", &[pack["packUid"].clone(), json!(kind)]).text();
    json!({
        "name": pack["name"], "tag": text(&pack["tag"]), "uid": text(&pack["packUid"]), "type": kind,
        "values": text(&pack["values"]), "registryUid": registry, "manifests": manifests,
    })
}

/// What a refresh keeps when nothing is different from what was sent. A manifest layer has a uid of its own, which the
/// provider takes over, and no registry.
pub(super) fn planned(profile: &Value, state: &Value) -> Value {
    let spec = &profile["spec"];
    let sent = spec["template"]["packs"].as_array().cloned().unwrap_or_default();
    let kept = state["packs"].as_array().cloned().unwrap_or_default();
    let packs = sent.iter().enumerate().map(|(place, pack)| {
        let is_manifest = pack["type"] == "manifest";
        let manifests = pack["manifests"].as_array().cloned().unwrap_or_default();
        let manifests = manifests.iter().map(|one| json!({ "name": one["name"], "content": one["content"] }));
        json!({
            "name": pack["name"], "tag": text(&pack["tag"]), "type": pack["type"], "values": text(&pack["values"]),
            "uid": if is_manifest { kept[place]["uid"].clone() } else { pack["uid"].clone() },
            "registryUid": if is_manifest { json!("") } else { pack["registryUid"].clone() },
            "manifests": manifests.collect::<Vec<_>>(),
        })
    });
    json!({
        "name": profile["metadata"]["name"], "version": spec["version"],
        "description": text(&profile["metadata"]["annotations"]["description"]),
        "labels": profile["metadata"]["labels"], "cloud": spec["template"]["cloudType"], "type": spec["template"]["type"],
        "packs": packs.collect::<Vec<_>>(),
        "variables": spec["variables"].as_array().into_iter().flatten().map(variable).collect::<Vec<_>>(),
    })
}

/// The plan after an apply shows no difference.
pub(super) fn assert_plan_is_empty(sdk: &mut Sdk, uid: &str, profile: &Value) -> Value {
    let state = refresh(sdk, uid);
    assert_eq!(state, planned(profile, &state), "the plan is not empty");
    state
}

/// An apply of a change: variables first where there are some, then the draft, then what stands beside it.
pub(super) fn change(sdk: &mut Sdk, uid: &str, profile: &Value, variables: Option<&Value>) {
    if let Some(variables) = variables {
        sdk.call("UpdateProfileVariables", &[json!({ "variables": variables }), json!(uid)]).ok();
    }
    sdk.call("GetClusterProfile", &[json!(uid)]).ok();
    let meta = &profile["metadata"];
    let update = json!({
        "metadata": { "name": meta["name"], "uid": uid },
        "spec": { "template": { "type": profile["spec"]["template"]["type"], "packs": profile["spec"]["template"]["packs"] },
            "version": profile["spec"]["version"] },
    });
    let beside = json!({
        "metadata": { "name": meta["name"], "labels": meta["labels"], "annotations": meta["annotations"] },
        "spec": { "version": profile["spec"]["version"] },
    });
    sdk.call("UpdateClusterProfile", std::slice::from_ref(&update)).ok();
    sdk.call("PatchClusterProfile", &[update, beside]).ok();
    sdk.call("PublishClusterProfile", &[json!(uid)]).ok();
}

/// `data "spectrocloud_pack"`: one pack, or the message that people see.
pub(super) fn data_pack(sdk: &mut Sdk, filters: &[String], registry: &str) -> Result<Value, String> {
    let found = sdk.call("GetPacks", &[json!(filters), json!(registry)]).ok();
    match found.as_array().map(Vec::as_slice).unwrap_or_default() {
        [one] => Ok(one.clone()),
        [] => Err("no matching packs".to_owned()),
        several => Err(format!("multiple packs returned: {}", several.len())),
    }
}

/// What the provider asks for when no version is given: of every kind and layer, and the list of types that it knows.
pub(super) fn latest(sdk: &mut Sdk, name: &str, registry: &str) -> Option<String> {
    let filter = json!({
        "name": { "eq": name }, "type": ["spectro", "helm", "manifest", "oci"],
        "layer": ["kernel", "os", "k8s", "cni", "csi", "addon"], "environment": ["all"],
        "addOnType": ["load balancer", "ingress", "logging", "monitoring", "security", "authentication", "servicemesh",
            "system app", "app services", "registry", "csi", "cni", "integration", ""],
        "registryUid": [registry],
    });
    let found = sdk.call("SearchPacks", &[filter, Value::Null]).ok();
    let found = found.as_array().cloned().unwrap_or_default();
    assert!(found.len() <= 1, "the provider takes none of several: {found:?}");
    let registries = found.first()?["spec"]["registries"].as_array().cloned().unwrap_or_default();
    let version = registries.iter().find(|one| one["uid"] == registry)?["latestVersion"].as_str()?;
    Some(version.to_owned())
}

/// Values of a layer, with no line end at their end: the provider trims it.
pub(super) const VALUES: &str = "pack:\n  namespace: \"hello\"\nport: 80";

pub(super) fn oci(name: &str, uid: &Value, registry: &str, version: &str) -> Value {
    json!({
        "name": name, "uid": uid, "registryUid": registry, "tag": version, "type": "oci", "values": VALUES,
        "manifests": [],
    })
}

pub(super) fn manifest(name: &str, content: &str) -> Value {
    json!({
        "name": name, "uid": "spectro-manifest-pack", "type": "manifest", "values": "",
        "manifests": [{ "name": format!("{name}-file"), "content": content }],
    })
}

/// A registry with two versions of `hello`, and the uid of the newer one.
pub(super) fn with_packs(world: &World, sdk: &mut Sdk) -> (String, Value) {
    world.publish(PackBuilder::new("hello", "1.0.0"));
    world.publish(PackBuilder::new("hello", "1.1.0"));
    let registry = sdk.call("CreateOciBasicRegistry", &[world.basic("team-packs")]).text();
    let filters = ["spec.name=hello".to_owned(), "spec.version=1.1.0".to_owned()];
    let pack = data_pack(sdk, &filters, &registry).expect("the pack, milliseconds after its registry");
    (registry, pack["metadata"]["uid"].clone())
}
