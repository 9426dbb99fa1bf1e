//! Every change leaves a record: who, what, before and after, and no secret.

use crate::world::World;
use serde_json::{Value, json};

const SECRET: &str = "hunter2-of-the-tests";

/// The records of an action, newest first: actor, object, detail.
async fn records(world: &World, action: &str) -> Vec<(String, String, Value)> {
    let rows = world.store.journal().audit_page(i64::MAX, 1000).await.unwrap();
    let of = rows.into_iter().filter(|row| row.action == action);
    of.map(|row| (row.actor, row.object, serde_json::from_str(&row.detail).expect("JSON"))).collect()
}

async fn the_one(world: &World, action: &str, object: &str) -> Value {
    let found = records(world, action).await;
    assert_eq!(found.len(), 1, "{action}: {found:?}");
    let (actor, of, detail) = found.into_iter().next().unwrap();
    assert_eq!((actor.as_str(), of.as_str()), (world.admin.arn(), object), "{action}");
    detail
}

#[tokio::test]
async fn profiles_and_projects_leave_what_they_were_and_became() {
    let world = World::new().await;
    let layer = |content: &str| json!({ "name": "m", "type": "manifest", "values": content, "manifests": [{ "name": "m", "content": content }] });
    let body = |content: &str| {
        json!({ "metadata": { "name": "app" }, "spec": { "template": { "type": "add-on", "packs": [layer(content)] },
            "variables": [{ "name": "token", "isSensitive": true, "defaultValue": content }] } })
    };
    let uid = world.post("/v1/clusterprofiles", body(SECRET)).await.uid();
    let path = format!("/v1/clusterprofiles/{uid}");
    world.put(&path, body("other")).await.is(204);
    world.patch(&format!("{path}/publish"), None).await.is(204);
    world.patch(&format!("{path}/metadata"), Some(json!({ "metadata": { "name": "renamed" } }))).await.is(204);
    let copy = world.post(&format!("{path}/clone"), json!({ "metadata": { "name": "copy" } })).await.uid();
    world.delete(&path).await.is(204);

    let made = the_one(&world, "packyard:CreateProfile", &uid).await;
    assert_eq!((&made["before"], &made["after"]["variables"]), (&Value::Null, &json!(["token"])), "{made}");
    let changed = the_one(&world, "packyard:UpdateProfile", &uid).await;
    let values = |side: &str| changed[side]["draft"][0]["values"].as_str().unwrap().to_owned();
    assert!(values("before").starts_with("sha256:") && values("before") != values("after"), "{changed}");
    let published = the_one(&world, "packyard:PublishProfile", &uid).await;
    assert_eq!((&published["before"]["published"], &published["after"]["draft"]), (&Value::Null, &Value::Null));
    let renamed = the_one(&world, "packyard:UpdateProfileMetadata", &uid).await;
    assert_eq!((&renamed["before"]["name"], &renamed["after"]["name"]), (&json!("app"), &json!("renamed")));
    assert_eq!(the_one(&world, "packyard:CloneProfile", &copy).await["from"], uid.as_str());
    assert_eq!(the_one(&world, "packyard:DeleteProfile", &uid).await["before"]["name"], "renamed");

    let project = world.post("/v1/projects", json!({ "metadata": { "name": "a" } })).await.uid();
    world.put(&format!("/v1/projects/{project}"), json!({ "metadata": { "name": "b" } })).await.is(204);
    let changed = the_one(&world, "packyard:UpdateProject", &project).await;
    assert_eq!((&changed["before"]["name"], &changed["after"]["name"]), (&json!("a"), &json!("b")));
    no_secret(&world).await;
}

#[tokio::test]
async fn macros_and_registries_leave_no_secrets_behind() {
    let world = World::new().await;
    let tenant = world.get("/v1/users/info").await.json()["tenantUid"].as_str().unwrap().to_owned();
    let path = format!("/v1/tenants/{tenant}/macros");
    let value = |value: &str| json!({ "macros": [{ "name": "token", "value": value }] });
    world.post(&path, value(SECRET)).await.is(204);
    world.patch(&path, Some(value(&format!("{SECRET}-2")))).await.is(204);
    let made = the_one(&world, "packyard:CreateMacros", "tenant").await;
    assert_eq!((&made["before"], &made["after"]), (&json!([]), &json!(["token"])));
    assert_eq!(the_one(&world, "packyard:UpdateMacros", "tenant").await["newValues"], json!(["token"]));

    let helm = |endpoint: &str| json!({ "metadata": { "name": "charts" }, "spec": { "endpoint": endpoint, "createOption": { "skipSync": true }, "auth": { "type": "basic", "username": "me", "password": SECRET } } });
    let uid = world.post("/v1/registries/helm", helm("https://a.example.com")).await.uid();
    world.put(&format!("/v1/registries/helm/{uid}"), helm("https://b.example.com")).await.is(204);
    let changed = the_one(&world, "UpdateRegistry", "charts").await;
    let ends = |side: &str| changed[side]["endpoint"].as_str().unwrap().to_owned();
    assert_eq!(
        (ends("before"), ends("after")),
        ("https://a.example.com".to_owned(), "https://b.example.com".to_owned())
    );
    world.delete(&format!("/v1/registries/helm/{uid}")).await.is(204);
    assert_eq!(the_one(&world, "DeleteRegistry", "charts").await["after"], Value::Null);
    no_secret(&world).await;
}

async fn no_secret(world: &World) {
    let rows = world.store.journal().audit_page(i64::MAX, 1000).await.unwrap();
    let all: String = rows.iter().map(|row| row.detail.as_str()).collect();
    assert!(!all.contains(SECRET), "{all}");
}
