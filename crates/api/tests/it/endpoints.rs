//! Every endpoint that Palette's clients need or may use, with the one success status that they take. A row that is
//! missing here, in the router or in the document is an SDK that tries again for an hour.

use crate::registry::Remote;
use crate::world::{EMAIL, PASSWORD, World};
use http::Method;
use serde_json::{Value, json};

/// What the paths of the table name.
struct Objects {
    world: World,
    basic: String,
    ecr: String,
    helm: String,
    pack_registry: String,
    project: String,
    profile: String,
    pack: String,
    key: String,
    tenant: String,
    token: String,
    basic_body: Value,
    ecr_body: Value,
    kept_body: Value,
}

fn add_on(name: &str) -> Value {
    let layer = json!({ "name": "notes", "type": "manifest", "manifests": [{ "name": "m", "content": "kind: Job" }] });
    json!({ "metadata": { "name": name }, "spec": { "version": "1.0.0", "template": { "type": "add-on", "packs": [layer] } } })
}

impl Objects {
    async fn make() -> Self {
        let remote = Remote::start().await;
        remote.publish("team", "hello", "1.0.0", "app services");
        let world = World::at_work().await;
        let basic_body = json!({ "metadata": { "name": "basic" }, "spec": {
            "endpoint": remote.endpoint(), "providerType": "pack", "baseContentPath": "team", "auth": { "type": "noAuth" } } });
        let ecr_body = json!({ "metadata": { "name": "ecr" }, "spec": {
            "endpoint": remote.endpoint(), "providerType": "pack", "baseContentPath": "team", "isPrivate": false } });
        let kept_body = json!({ "metadata": { "name": "kept" }, "spec": { "endpoint": remote.charts(), "auth": { "type": "noAuth" } } });
        let named = |body: &Value, name: &str| {
            let mut body = body.clone();
            body["metadata"]["name"] = json!(name);
            body
        };
        let basic = world.post("/v1/registries/oci/basic", basic_body.clone()).await.uid();
        let found = world.get("/v1/packs").await.json();
        let token = world.post("/v1/auth/authenticate", json!({ "emailId": EMAIL, "password": PASSWORD })).await.json();
        Self {
            ecr: world.post("/v1/registries/oci/ecr", ecr_body.clone()).await.uid(),
            helm: world.post("/v1/registries/helm", named(&kept_body, "helm")).await.uid(),
            pack_registry: world.post("/v1/registries/pack", named(&kept_body, "legacy")).await.uid(),
            project: world.post("/v1/projects", json!({ "metadata": { "name": "team" } })).await.uid(),
            profile: world.post("/v1/clusterprofiles", add_on("app")).await.uid(),
            key: world.post("/v1/apiKeys", json!({ "metadata": { "name": "k" } })).await.uid(),
            tenant: world.get("/v1/users/info").await.json()["tenantUid"].as_str().unwrap().to_owned(),
            pack: found["items"][0]["metadata"]["uid"].as_str().expect("a pack").to_owned(),
            token: token["Authorization"].as_str().unwrap().to_owned(),
            basic,
            world,
            basic_body,
            ecr_body,
            kept_body,
        }
    }

    /// Method, path as in the document, what stands for its parameters, body, status.
    async fn rows(&self, rows: &[(&str, &str, &[&str], Value, u16)]) {
        let document = packyard_api::openapi();
        for (method, template, parameters, body, status) in rows {
            let known = &document["paths"][template.split('?').next().unwrap()][method.to_lowercase()];
            assert!(known.is_object(), "{method} {template} is not in the document");
            assert!(known["responses"][status.to_string()].is_object(), "{method} {template} says another status");
            let mut path = (*template).to_owned();
            for parameter in *parameters {
                let (open, close) = (path.find('{').unwrap(), path.find('}').unwrap());
                path.replace_range(open..=close, parameter);
            }
            let body = (!body.is_null()).then(|| body.clone());
            let answer = self.world.call(method.parse::<Method>().unwrap(), &path, body).await;
            let text = String::from_utf8_lossy(&answer.bytes);
            assert_eq!(answer.status.as_u16(), *status, "{method} {path}: {text}");
            assert_eq!(answer.bytes.is_empty(), matches!(status, 202 | 204), "{method} {path}: {text}");
            if *status == 201 {
                assert_eq!(answer.json()["uid"].as_str().map(str::len), Some(24), "{method} {path}: {text}");
            }
        }
    }
}

const NONE: Value = Value::Null;

#[tokio::test]
async fn every_endpoint_that_the_provider_needs_answers_with_its_one_status() {
    let o = Objects::make().await;
    let mut renamed = o.basic_body.clone();
    renamed["metadata"]["name"] = json!("second");
    let mut ecr = o.ecr_body.clone();
    ecr["metadata"]["name"] = json!("third");
    let profile = add_on("app");
    let variable = json!({ "variables": [{ "name": "zone", "displayName": "Zone" }] });
    let (basic, cloud, uid) = (o.basic.as_str(), o.ecr.as_str(), o.profile.as_str());
    o.rows(&[
        ("GET", "/v1/dashboard/projects/metadata", &[], NONE, 200),
        ("POST", "/v1/projects", &[], json!({ "metadata": { "name": "new" } }), 201),
        ("GET", "/v1/projects/{uid}", &[&o.project], NONE, 200),
        ("PUT", "/v1/projects/{uid}", &[&o.project], json!({ "metadata": { "name": "changed" } }), 204),
        ("POST", "/v1/registries/oci/basic/validate", &[], o.basic_body["spec"].clone(), 204),
        ("POST", "/v1/registries/oci/ecr/validate", &[], o.ecr_body["spec"].clone(), 204),
        ("POST", "/v1/registries/oci/basic", &[], renamed, 201),
        ("POST", "/v1/registries/oci/ecr", &[], ecr, 201),
        ("GET", "/v1/registries/oci/{uid}/basic", &[basic], NONE, 200),
        ("GET", "/v1/registries/oci/{uid}/ecr", &[cloud], NONE, 200),
        ("PUT", "/v1/registries/oci/{uid}/basic", &[basic], o.basic_body.clone(), 204),
        ("PUT", "/v1/registries/oci/{uid}/ecr", &[cloud], o.ecr_body.clone(), 204),
        ("GET", "/v1/registries/oci/{uid}/basic/sync/status", &[basic], NONE, 200),
        ("GET", "/v1/registries/oci/{uid}/ecr/sync/status", &[cloud], NONE, 200),
        ("GET", "/v1/registries/pack/{uid}/sync/status", &[basic], NONE, 200),
        ("GET", "/v1/registries/helm/{uid}/sync/status", &[&o.helm], NONE, 200),
        ("GET", "/v1/registries/metadata", &[], NONE, 200),
        ("GET", "/v1/registries/oci/summary", &[], NONE, 200),
        ("GET", "/v1/registries/helm", &[], NONE, 200),
        ("GET", "/v1/registries/pack", &[], NONE, 200),
        ("GET", "/v1/registries/helm/{uid}", &[&o.helm], NONE, 200),
        ("GET", "/v1/packs", &[], NONE, 200),
        ("POST", "/v1/packs/search", &[], json!({ "filter": {}, "sort": null }), 200),
        ("GET", "/v1/packs/{uid}/registries/{registryUid}", &["hello", basic], NONE, 200),
        ("GET", "/v1/packs/{uid}/registries/", &["hello"], NONE, 200),
        ("GET", "/v1/packs/{uid}", &[&o.pack], NONE, 200),
        ("POST", "/v1/clusterprofiles", &[], add_on("other"), 201),
        ("GET", "/v1/clusterprofiles/{uid}", &[uid], NONE, 200),
        ("PUT", "/v1/clusterprofiles/{uid}", &[uid], profile.clone(), 204),
        ("PATCH", "/v1/clusterprofiles/{uid}/metadata", &[uid], json!({ "metadata": { "name": "app" } }), 204),
        ("PATCH", "/v1/clusterprofiles/{uid}/publish", &[uid], NONE, 204),
        ("GET", "/v1/clusterprofiles/{uid}/variables", &[uid], NONE, 200),
        ("PUT", "/v1/clusterprofiles/{uid}/variables", &[uid], variable.clone(), 204),
        ("PATCH", "/v1/clusterprofiles/{uid}/variables", &[uid], variable, 204),
        ("DELETE", "/v1/clusterprofiles/{uid}/variables", &[uid], json!({ "variables": ["zone"] }), 204),
        ("GET", "/v1/clusterprofiles/{uid}/packs/{packName}/manifests", &[uid, "notes"], NONE, 200),
        ("GET", "/v1/dashboard/clusterprofiles/metadata", &[], NONE, 200),
        ("POST", "/v1/clusterprofiles/{uid}/clone", &[uid], json!({ "metadata": { "name": "copy" } }), 201),
        ("DELETE", "/v1/clusterprofiles/{uid}", &[uid], NONE, 204),
        ("DELETE", "/v1/registries/oci/{uid}/basic", &[basic], NONE, 204),
        ("DELETE", "/v1/registries/oci/{uid}/ecr", &[cloud], NONE, 204),
        ("DELETE", "/v1/projects/{uid}", &[&o.project], NONE, 204),
    ])
    .await;
}

#[tokio::test]
async fn every_endpoint_that_clients_may_use_answers_with_its_one_status() {
    let o = Objects::make().await;
    let (basic, uid) = (o.basic.as_str(), o.profile.as_str());
    let login = json!({ "emailId": EMAIL, "password": PASSWORD, "org": "" });
    let one = |name: &str| json!({ "macros": [{ "name": name, "value": "1" }] });
    let mut kept = o.kept_body.clone();
    kept["metadata"]["name"] = json!("new-helm");
    let mut legacy = o.kept_body.clone();
    legacy["metadata"]["name"] = json!("new-legacy");
    let file = o.world.get(&format!("/v1/clusterprofiles/{uid}/export?format=json")).await;
    let mut file: Value = serde_json::from_slice(&file.bytes).unwrap();
    file["metadata"]["name"] = json!("imported");
    o.rows(&[
        ("POST", "/v1/auth/authenticate", &[], login, 200),
        ("GET", "/v1/auth/refresh/{token}", &[&o.token], NONE, 200),
        ("GET", "/v1/auth/org", &[], NONE, 200),
        ("GET", "/v1/auth/orgs", &[], NONE, 200),
        ("GET", "/v1/users/info", &[], NONE, 200),
        ("GET", "/v1/users", &[], NONE, 200),
        ("POST", "/v1/users/summary", &[], json!({ "filter": { "emailId": { "eq": EMAIL } } }), 200),
        ("GET", "/v1/apiKeys", &[], NONE, 200),
        ("POST", "/v1/apiKeys", &[], json!({ "metadata": { "name": "n" } }), 201),
        ("PUT", "/v1/apiKeys/{uid}", &[&o.key], json!({ "metadata": { "name": "m" } }), 204),
        ("PATCH", "/v1/apiKeys/{uid}", &[&o.key], json!({ "isActive": true }), 204),
        ("PUT", "/v1/apiKeys/{uid}/state", &[&o.key], json!({ "isActive": true }), 204),
        ("DELETE", "/v1/apiKeys/{uid}", &[&o.key], NONE, 204),
        ("POST", "/v1/registries/helm", &[], kept.clone(), 201),
        ("POST", "/v1/registries/helm/validate", &[], kept["spec"].clone(), 204),
        ("GET", "/v1/registries/helm/summary", &[], NONE, 200),
        ("PUT", "/v1/registries/helm/{uid}", &[&o.helm], o.kept_body.clone(), 204),
        ("POST", "/v1/registries/pack", &[], legacy.clone(), 201),
        ("POST", "/v1/registries/pack/validate", &[], legacy["spec"].clone(), 204),
        ("GET", "/v1/registries/pack/summary", &[], NONE, 200),
        ("GET", "/v1/registries/pack/{uid}", &[&o.pack_registry], NONE, 200),
        ("PUT", "/v1/registries/pack/{uid}", &[&o.pack_registry], legacy_named("legacy"), 204),
        ("POST", "/v1/registries/oci/{uid}/basic/sync", &[basic], NONE, 202),
        ("POST", "/v1/registries/oci/{uid}/ecr/sync", &[&o.ecr], NONE, 202),
        // The path of every kind does it for a registry of any kind; for those that cannot be read it says so.
        ("POST", "/v1/registries/pack/{uid}/sync", &[basic], NONE, 202),
        ("POST", "/v1/registries/helm/{uid}/sync", &[basic], NONE, 202),
        ("POST", "/v1/registries/helm/{uid}/sync", &[&o.helm], NONE, 202),
        ("GET", "/v1/registries/oci/{uid}", &[basic], NONE, 200),
        ("GET", "/v1/packs/{uid}/readme", &[&o.pack], NONE, 200),
        ("GET", "/v1/packs/{uid}/logo", &[&o.pack], NONE, 200),
        ("POST", "/v1/clusterprofiles/import", &[], file.clone(), 201),
        ("POST", "/v1/clusterprofiles/import/validate", &[], file, 200),
        ("GET", "/v1/clusterprofiles/{uid}/export", &[uid], NONE, 200),
        ("GET", "/v1/clusterprofiles/{uid}/export/terraform", &[uid], NONE, 200),
        ("GET", "/v1/clusterprofiles/{uid}/packs", &[uid], NONE, 200),
        ("GET", "/v1/dashboard/clusterprofiles/{uid}", &[uid], NONE, 200),
        ("POST", "/v1/dashboard/clusterprofiles", &[], json!({}), 200),
        ("POST", "/v1/clusterprofiles/validate/packs", &[], json!({ "type": "add-on", "packs": null }), 200),
        ("POST", "/v1/clusterprofiles/{uid}/validate/packs", &[uid], json!({ "packs": [] }), 200),
        ("GET", "/v1/clusterprofiles/validate/name?name=free", &[], NONE, 204),
        ("GET", "/v1/clusterprofiles/macros", &[], NONE, 200),
        ("DELETE", "/v1/clusterprofiles/bulk", &[], json!({ "uids": [uid] }), 200),
    ])
    .await;
    for (path, scope) in [("/v1/projects/{uid}/macros", &o.project), ("/v1/tenants/{tenantUid}/macros", &o.tenant)] {
        o.rows(&[
            ("GET", path, &[scope], NONE, 200),
            ("POST", path, &[scope], one("a"), 204),
            ("PUT", path, &[scope], one("b"), 204),
            ("PATCH", path, &[scope], one("b"), 204),
            ("DELETE", path, &[scope], one("b"), 204),
        ])
        .await;
    }
    o.rows(&[
        ("DELETE", "/v1/registries/helm/{uid}", &[&o.helm], NONE, 204),
        ("DELETE", "/v1/registries/pack/{uid}", &[&o.pack_registry], NONE, 204),
        ("DELETE", "/v1/registries/{uid}", &[basic], NONE, 204),
    ])
    .await;
}

fn legacy_named(name: &str) -> Value {
    json!({ "metadata": { "name": name }, "spec": { "endpoint": "https://example.com", "auth": null } })
}
