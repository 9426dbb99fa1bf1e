//! `/v1` of the real binary: a pack published with the command line, registered, found, put into a profile, and all of
//! it still there after the server was killed.

use crate::{yard, yard_builder};
use packyard_testkit::{PackBuilder, Yard};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

struct Api {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl Api {
    /// With an API key that the administrator makes by password.
    async fn login(yard: &Yard) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let login = json!({ "emailId": yard.admin_email, "password": yard.admin_password });
        let reply = http.post(format!("{}/v1/auth/authenticate", yard.url())).json(&login).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        let token = reply.json::<Value>().await.unwrap()["Authorization"].as_str().unwrap().to_owned();
        let body = json!({ "metadata": { "name": "e2e" } });
        let reply = http
            .post(format!("{}/v1/apiKeys", yard.url()))
            .header("Authorization", token)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 201);
        let key = reply.json::<Value>().await.unwrap()["apiKey"].as_str().unwrap().to_owned();
        Self { http, base: yard.url(), key }
    }

    async fn call(&self, method: Method, path: &str, body: Value, status: u16) -> Value {
        let request = self.http.request(method.clone(), format!("{}{path}", self.base)).header("ApiKey", &self.key);
        let request = request.header("Content-Type", "application/json");
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        let reply = request.send().await.unwrap();
        let got = reply.status().as_u16();
        let text = reply.text().await.unwrap();
        assert_eq!(got, status, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, Value::Null, 200).await
    }

    /// The pack once it is in the catalogue, and how long that took.
    async fn pack(&self, name: &str, version: &str) -> (Value, Duration) {
        let start = Instant::now();
        loop {
            let list = self.get(&format!("/v1/packs?filters=spec.name={name}ANDspec.version={version}")).await;
            if let Some(pack) = list["items"].get(0) {
                return (pack.clone(), start.elapsed());
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{name} {version} never came");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn publish(yard: &Yard, name: &str, version: &str) {
    let folder = PackBuilder::new(name, version).folder();
    let out = Command::new(env!("CARGO_BIN_EXE_packyard"))
        .args(["publish", "--to", &format!("{}/team", yard.host())])
        .arg(folder.path())
        .envs(yard.aws_env())
        .env("AWS_ENDPOINT_URL_ECR", yard.url())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn ecr(yard: &Yard) -> Value {
    json!({
        "metadata": { "name": "own", "creationTimestamp": "0001-01-01T00:00:00.000Z" },
        "spec": {
            "endpoint": yard.host(), "isPrivate": true, "baseContentPath": "team", "providerType": "pack", "isSyncSupported": true,
            "tls": { "enabled": true, "certificate": "", "insecureSkipVerify": false },
            "credentials": { "credentialType": "secret", "accessKey": yard.root_key_id, "secretKey": yard.root_secret },
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_pack_is_found_put_into_a_profile_and_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let yard = yard_builder().data(&data).start();
    publish(&yard, "hello-api", "1.0.0");
    let api = Api::login(&yard).await;

    api.call(Method::POST, "/v1/registries/oci/ecr/validate", ecr(&yard)["spec"].clone(), 204).await;
    let registry = api.call(Method::POST, "/v1/registries/oci/ecr?skipPackSync=false", ecr(&yard), 201).await;
    let registry = registry["uid"].as_str().unwrap().to_owned();
    let found = api.get("/v1/packs?filters=spec.name=hello-api").await;
    assert_eq!(found["items"][0]["spec"]["version"], "1.0.0", "there when the POST returns: {found}");

    publish(&yard, "hello-api", "1.1.0");
    let (pack, took) = api.pack("hello-api", "1.1.0").await;
    packyard_testkit::note(&format!("a push was in the catalogue after {took:?}"));
    assert_eq!(pack["spec"]["registryUid"], registry.as_str());

    let profile = json!({
        "metadata": { "name": "hello", "labels": {}, "annotations": { "description": "" } },
        "spec": { "version": "1.0.0", "variables": null, "template": { "type": "add-on", "cloudType": "all", "packs": [{
            "name": "hello-api", "registryUid": registry, "tag": "1.1.0", "type": "oci", "uid": pack["metadata"]["uid"],
            "values": pack["spec"]["values"], "manifests": [] }] } },
    });
    let uid = api.call(Method::POST, "/v1/clusterprofiles", profile, 201).await["uid"].as_str().unwrap().to_owned();
    api.call(Method::PATCH, &format!("/v1/clusterprofiles/{uid}/publish"), Value::Null, 204).await;
    let before = api.get(&format!("/v1/clusterprofiles/{uid}")).await;
    assert_eq!(before["spec"]["published"]["packs"][0]["values"], pack["spec"]["values"]);

    yard.kill();
    let yard = yard_builder().data(&data).start();
    let api = Api { base: yard.url(), ..api };
    let after = api.get(&format!("/v1/clusterprofiles/{uid}")).await;
    assert_eq!(before, after);
    assert_eq!(api.get("/v1/registries/metadata").await["items"][0]["uid"], registry.as_str());
    api.call(Method::DELETE, &format!("/v1/clusterprofiles/{uid}"), Value::Null, 204).await;
    api.call(Method::DELETE, &format!("/v1/registries/oci/{registry}/ecr"), Value::Null, 204).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_and_foreign_hosts_are_not() {
    let yard = yard();
    let api = Api::login(&yard).await;
    let document = api.get("/api/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    let missing = api.call(Method::POST, "/v1/cloudaccounts/aws", json!({}), 404).await;
    assert_eq!(missing["code"], "ResourceNotFound");
    let foreign =
        api.http.get(format!("{}/v1/packs", yard.url())).header("Host", "evil.example").header("ApiKey", &api.key);
    assert_eq!(foreign.send().await.unwrap().status(), 421);
    let without = api.http.get(format!("{}/v1/packs", yard.url())).send().await.unwrap();
    assert_eq!(without.status(), 401);
}
