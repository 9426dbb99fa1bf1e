//! `createOption.charts`: a Helm repository is registered only when its index lists the charts that the client names.

use crate::registry::Remote;
use crate::world::World;
use serde_json::{Value, json};

fn spec(endpoint: &str, charts: Value) -> Value {
    json!({ "endpoint": endpoint, "auth": { "type": "noAuth" }, "createOption": { "charts": charts } })
}

#[tokio::test]
async fn a_repository_without_the_wanted_charts_is_not_registered() {
    let (world, remote) = (World::at_work().await, Remote::start().await);
    let names = async || {
        let listed = world.get("/v1/registries/helm").await.is(200).json();
        listed["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].clone()).collect::<Vec<_>>()
    };
    let post = async |name: &str, spec: &Value| {
        world.post("/v1/registries/helm", json!({ "metadata": { "name": name }, "spec": spec })).await
    };
    for (charts, says) in [
        (json!([{ "name": "web" }, { "name": "db", "version": "" }]), "does not list `db`;"),
        (json!([{ "name": "web", "version": "9.9.9" }]), "does not list `web` 9.9.9;"),
        (json!([{ "name": "", "version": "1.0.0" }]), "give each a `name`"),
    ] {
        let spec = spec(&remote.charts(), charts);
        for answer in [post("wanting", &spec).await, world.post("/v1/registries/helm/validate", spec.clone()).await] {
            let error = answer.is_error(400, "InvalidField");
            assert_eq!(error["details"]["field"], "createOption.charts", "{error}");
            assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        }
    }
    let away = spec("http://127.0.0.1:9/charts", json!([{ "name": "web" }]));
    let error = post("away", &away).await.is_error(400, "RegistryValidationFailed");
    assert_eq!(error["details"]["hop"], "tcp", "{error}");
    assert!(names().await.is_empty());

    let good = spec(&remote.charts(), json!([{ "name": "web" }, { "name": "web", "version": "1.0.0" }]));
    world.post("/v1/registries/helm/validate", good.clone()).await.is(204);
    post("stable", &good).await.is(201);
    assert_eq!(names().await, [json!("stable")]);
    // Without any, nobody is asked before.
    let mut unsynced = spec("http://127.0.0.1:9/charts", json!(null));
    unsynced["createOption"]["skipSync"] = json!(true);
    post("unsynced", &unsynced).await.is(201);
}
