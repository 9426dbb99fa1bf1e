//! An OCI registry without authentication on a loopback port, holding packs, beside the index of a Helm repository; and what its clients may not see change.

use crate::world::World;
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use packyard_access::sha256_hex;
use packyard_pack::archive;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Tags = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Clone, Default)]
pub(crate) struct Remote {
    /// repository -> tag -> manifest digest
    tags: Arc<Mutex<Tags>>,
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    port: u16,
}

impl Remote {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let remote = Self { port: listener.local_addr().unwrap().port(), ..Self::default() };
        let router = Router::new()
            .route("/v2/", get(|| async { "{}" }))
            .route("/v2/{*rest}", get(answer))
            .route("/charts/index.yaml", get(|| async { INDEX }))
            .with_state(remote.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        remote
    }

    /// Of the Helm repository.
    pub(crate) fn charts(&self) -> String {
        format!("{}/charts", self.endpoint())
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Publishes a pack below `base`, as ORAS 1.0.0 would.
    pub(crate) fn publish(&self, base: &str, name: &str, version: &str, addon_type: &str) {
        let folder = tempfile::tempdir().unwrap();
        let metadata = json!({
            "name": name, "displayName": format!("The {name}"), "version": version, "layer": "addon",
            "addonType": addon_type, "cloudTypes": ["all"], "kubeManifests": ["manifests/a.yaml"],
            "annotations": { "source": "community" },
        });
        std::fs::write(folder.path().join("pack.json"), metadata.to_string()).unwrap();
        std::fs::write(folder.path().join("values.yaml"), values(version)).unwrap();
        std::fs::write(folder.path().join("README.md"), format!("# {name}\n")).unwrap();
        std::fs::write(folder.path().join("logo.png"), LOGO).unwrap();
        std::fs::create_dir(folder.path().join("manifests")).unwrap();
        std::fs::write(folder.path().join("manifests/a.yaml"), "kind: ConfigMap\n").unwrap();
        let mut layer = Vec::new();
        archive::write(folder.path(), &mut layer, &packyard_pack::WriteOptions::default()).unwrap();
        let describe =
            |media: &str, bytes: &[u8]| json!({ "mediaType": media, "digest": self.put(bytes), "size": bytes.len() });
        let manifest = json!({
            "schemaVersion": 2,
            "config": describe("application/vnd.unknown.config.v1+json", b"{}"),
            "layers": [describe("application/vnd.oci.image.layer.v1.tar", &layer)],
        });
        let digest = self.put(manifest.to_string().as_bytes());
        let mut tags = self.tags.lock().unwrap();
        tags.entry(format!("{base}/spectro-packs/archive/{name}")).or_default().insert(version.to_owned(), digest);
    }

    pub(crate) fn remove(&self, base: &str, name: &str, version: &str) {
        let mut tags = self.tags.lock().unwrap();
        tags.get_mut(&format!("{base}/spectro-packs/archive/{name}")).unwrap().remove(version).unwrap();
    }

    fn put(&self, bytes: &[u8]) -> String {
        let digest = format!("sha256:{}", sha256_hex(bytes));
        self.objects.lock().unwrap().insert(digest.clone(), bytes.to_vec());
        digest
    }
}

/// Of a Helm repository.
const INDEX: &str = "apiVersion: v1\nentries:\n  web:\n  - {version: 1.0.0, urls: [web-1.0.0.tgz]}\ngenerated: now\n";

/// The smallest PNG.
const LOGO: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1,
    0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

pub(crate) fn values(version: &str) -> String {
    format!("# of {version}\npack:\n  namespace: hello\nmanifests:\n  a:\n    replicas: 1   # kept\n")
}

async fn answer(State(remote): State<Remote>, UrlPath(rest): UrlPath<String>) -> Response {
    let tags = remote.tags.lock().unwrap().clone();
    if rest == "_catalog" {
        return axum::Json(json!({ "repositories": tags.keys().collect::<Vec<_>>() })).into_response();
    }
    if let Some(repository) = rest.strip_suffix("/tags/list") {
        return match tags.get(repository) {
            Some(known) => {
                axum::Json(json!({ "name": repository, "tags": known.keys().collect::<Vec<_>>() })).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let digest = match rest.split_once("/manifests/") {
        Some((repository, reference)) if !reference.starts_with("sha256:") => {
            tags.get(repository).and_then(|known| known.get(reference)).cloned()
        }
        _ => rest.rsplit_once('/').map(|(_, digest)| digest.to_owned()),
    };
    let found =
        digest.and_then(|digest| remote.objects.lock().unwrap().get(&digest).cloned().map(|bytes| (digest, bytes)));
    let Some((digest, bytes)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let media = if rest.contains("/manifests/") {
        "application/vnd.oci.image.manifest.v1+json"
    } else {
        "application/octet-stream"
    };
    ([("content-type", media), ("docker-content-digest", digest.as_str())], bytes).into_response()
}

/// The body that the Terraform provider sends for `spectrocloud_registry_oci` with basic authentication.
pub(crate) fn basic(name: &str, endpoint: &str) -> Value {
    json!({
        "metadata": { "name": name, "creationTimestamp": "0001-01-01T00:00:00.000Z", "labels": null },
        "spec": {
            "endpoint": endpoint, "basePath": "", "baseContentPath": "base", "providerType": "pack", "isSyncSupported": true,
            "auth": { "type": "basic", "username": "robot", "password": "s3cret", "tls": { "enabled": true, "certificate": "", "insecureSkipVerify": false } },
        },
    })
}

#[tokio::test]
async fn settings_come_back_byte_for_byte_and_secrets_masked() {
    let world = World::new().await;
    let remote = Remote::start().await;
    let endpoint = format!("{}/", remote.endpoint());
    let uid = world.post("/v1/registries/oci/basic?skipPackSync=true", basic("team-packs", &endpoint)).await.uid();
    let path = format!("/v1/registries/oci/{uid}/basic");
    let reply = world.get(&path).await.is(200).json();
    assert_eq!(reply["metadata"]["name"], "team-packs");
    let sent = basic("team-packs", &endpoint);
    for field in ["endpoint", "basePath", "baseContentPath", "providerType", "isSyncSupported"] {
        assert_eq!(reply["spec"][field], sent["spec"][field], "{field}");
    }
    assert_eq!(
        (&reply["spec"]["auth"]["type"], &reply["spec"]["auth"]["username"]),
        (&json!("basic"), &json!("robot"))
    );
    assert_eq!(reply["spec"]["auth"]["password"], "********");
    assert_eq!(reply["spec"]["auth"]["tls"]["insecureSkipVerify"], false);
    assert_eq!(reply["status"]["syncStatus"]["isSyncSupported"], true);
    assert_eq!(reply["status"]["syncStatus"]["status"], "Pending");
    world.get(&format!("/v1/registries/oci/{uid}/ecr")).await.is_error(404, "ResourceNotFound");
    world.delete(&format!("/v1/registries/oci/{uid}/ecr")).await.is_error(404, "ResourceNotFound");

    // The mask sent back keeps the stored secret; a name is taken once over all kinds.
    let mut update = basic("team-packs-2", &endpoint);
    update["spec"]["auth"]["password"] = json!("********");
    world.put(&path, update).await.is(204);
    assert_eq!(world.get(&path).await.json()["spec"]["auth"]["password"], "********");
    // So it does when the same address is written in another way, and not for another one.
    let bare = remote.endpoint().replace("http://", "");
    for (endpoint, status) in [
        (remote.endpoint(), 204),
        (bare.clone(), 204),
        (format!("HTTP://{bare}/"), 204),
        (format!("{endpoint}v2/"), 204),
        (format!("https://{bare}"), 400),
        ("http://127.0.0.1:1".to_owned(), 400),
        (endpoint.clone(), 204),
    ] {
        let mut update = basic("team-packs-2", &endpoint);
        update["spec"]["auth"]["password"] = json!("********");
        world.put(&format!("{path}?skipPackSync=true"), update).await.is(status);
    }
    world
        .post("/v1/registries/oci/basic?skipPackSync=true", basic("team-packs-2", &endpoint))
        .await
        .is_error(409, "RegistryAlreadyExists");

    let names = world.get("/v1/registries/metadata?scope=all").await.is(200).json();
    assert_eq!(
        names["items"],
        json!([{ "uid": uid, "name": "team-packs-2", "kind": "oci", "scope": "tenant", "isPrivate": true, "isDefault": false }])
    );
    let summary = world.get("/v1/registries/oci/summary").await.is(200).json()["items"][0].clone();
    assert_eq!((&summary["spec"]["registryType"], &summary["spec"]["endpoint"]), (&json!("basic"), &json!(endpoint)));
    assert_eq!(summary["status"]["sync"]["isSyncSupported"], true);
    for path in ["oci/{uid}/basic", "oci/{uid}/ecr", "pack/{uid}", "helm/{uid}"] {
        let path = format!("/v1/registries/{}/sync/status", path.replace("{uid}", &uid));
        assert_eq!(world.get(&path).await.is(200).json()["isSyncSupported"], true, "{path}");
    }
    assert_eq!(world.get(&format!("/v1/registries/oci/{uid}")).await.is(200).json()["type"], "basic");
    world.delete(&path).await.is(204);
    world.get(&path).await.is_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn an_ecr_registry_shows_tls_only_when_it_says_something() {
    let world = World::new().await;
    let body = |tls: Value| {
        json!({
            "metadata": { "name": "ecr" },
            "spec": {
                "endpoint": "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "isPrivate": true, "baseContentPath": "production",
                "providerType": "pack", "isSyncSupported": true, "tls": tls,
                "credentials": { "credentialType": "secret", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "wJalrXUtnFEMI" },
            },
        })
    };
    let empty = json!({ "enabled": true, "certificate": "", "insecureSkipVerify": false });
    let uid = world.post("/v1/registries/oci/ecr?skipPackSync=true", body(empty)).await.uid();
    let path = format!("/v1/registries/oci/{uid}/ecr");
    let reply = world.get(&path).await.is(200).json();
    assert!(reply["spec"].get("tls").is_none(), "{reply}");
    assert_eq!(reply["spec"]["endpoint"], "123456789012.dkr.ecr.eu-west-1.amazonaws.com");
    assert_eq!(reply["spec"]["isPrivate"], true);
    assert_eq!(
        reply["spec"]["credentials"],
        json!({ "credentialType": "secret", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "********" })
    );
    world.get(&format!("/v1/registries/oci/{uid}/basic")).await.is_error(404, "ResourceNotFound");

    let mut sts = body(json!({ "enabled": true, "insecureSkipVerify": true }));
    sts["spec"]["credentials"] = json!({ "credentialType": "sts", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "wJalrXUtnFEMI", "sts": { "arn": "arn:aws:iam::123456789012:role/packs", "externalId": "x-1" } });
    world.put(&path, sts).await.is(204);
    let reply = world.get(&path).await.json();
    assert_eq!(reply["spec"]["tls"]["insecureSkipVerify"], true);
    assert_eq!(reply["spec"]["credentials"]["credentialType"], "sts");
    assert_eq!(
        reply["spec"]["credentials"]["sts"],
        json!({ "arn": "arn:aws:iam::123456789012:role/packs", "externalId": "x-1" })
    );
    let mut pod = body(Value::Null);
    pod["spec"]["credentials"] = json!({ "credentialType": "pod-identity" });
    world.put(&path, pod).await.is_error(400, "InvalidField");
    world.delete(&format!("/v1/registries/{uid}")).await.is(204);
}

#[tokio::test]
async fn validate_is_204_or_says_which_hop_failed() {
    let world = World::new().await;
    let remote = Remote::start().await;
    let spec = |endpoint: &str| {
        let mut spec = basic("x", endpoint)["spec"].clone();
        spec["auth"] = json!({ "type": "noAuth" });
        spec
    };
    let path = "/v1/registries/oci/basic/validate";
    world.post(path, spec(&remote.endpoint())).await.is(204);
    let closed = world.post(path, spec("http://127.0.0.1:1")).await.is_error(400, "RegistryValidationFailed");
    assert_eq!(closed["details"]["hop"], "tcp", "{closed}");
    assert!(closed["message"].as_str().unwrap().contains("127.0.0.1"), "{closed}");
    world.post(path, json!({ "endpoint": "" })).await.is(400);
    let mut nobody = basic("x", &remote.endpoint());
    nobody["spec"]["auth"] = json!({ "type": "basic", "username": "", "password": "" });
    let refused = world.post("/v1/registries/oci/basic", nobody).await.is_error(400, "InvalidField");
    assert!(refused["message"].as_str().unwrap().contains("choose no authentication"), "{refused}");
    world.post(path, json!({ "endpoint": "h", "providerType": "zarf", "auth": { "type": "noAuth" } })).await.is(400);
    world.post(path, json!({ "endpoint": "h", "auth": { "type": "kerberos" } })).await.is_error(400, "InvalidField");
}
