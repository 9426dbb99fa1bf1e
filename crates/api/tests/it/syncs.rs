//! Ours beside Palette's: run records, cancel, interval, notifications.

use crate::world::World;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};

async fn registered(world: &World) -> String {
    let body = json!({
        "metadata": { "name": "harbor" },
        "spec": { "endpoint": "http://127.0.0.1:9", "baseContentPath": "team", "providerType": "pack",
                  "auth": { "type": "noAuth" } },
    });
    world.call(Method::POST, "/v1/registries/oci/basic?skipPackSync=true", Some(body)).await.uid()
}

async fn get(world: &World, path: &str) -> Value {
    let answer = world.call(Method::GET, path, None).await;
    answer.is(200).json()
}

#[tokio::test]
async fn the_interval_is_no_part_of_what_terraform_reads() {
    let world = World::new().await;
    let uid = registered(&world).await;
    let before = get(&world, &format!("/v1/registries/oci/{uid}/basic")).await;
    let path = format!("/v1/registries/oci/{uid}/sync/settings");
    let settings = get(&world, &path).await;
    assert_eq!((settings.get("intervalSeconds"), &settings["serverIntervalSeconds"]), (None, &json!(86_400)));
    for seconds in [900, 0] {
        world.call(Method::PUT, &path, Some(json!({ "intervalSeconds": seconds }))).await.is(204);
        assert_eq!(get(&world, &path).await["intervalSeconds"], seconds);
    }
    assert_eq!(get(&world, &format!("/v1/registries/oci/{uid}/basic")).await, before);
    // A client of Palette that writes the registry anew leaves it as it is.
    let body = json!({ "metadata": { "name": "harbor" }, "spec": before["spec"] });
    world.call(Method::PUT, &format!("/v1/registries/oci/{uid}/basic?skipPackSync=true"), Some(body)).await.is(204);
    assert_eq!(get(&world, &path).await["intervalSeconds"], 0);
    for wrong in [json!(5), json!(-1), json!("1h")] {
        let answer = world.call(Method::PUT, &path, Some(json!({ "intervalSeconds": wrong }))).await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
    world.call(Method::PUT, &path, Some(json!({}))).await.is(204);
    assert_eq!(get(&world, &path).await.get("intervalSeconds"), None);
}

#[tokio::test]
async fn a_run_that_is_not_there_is_not_found_and_nothing_under_way_cannot_be_cancelled() {
    let world = World::new().await;
    let uid = registered(&world).await;
    assert_eq!(get(&world, &format!("/v1/registries/oci/{uid}/sync/runs")).await, json!({ "items": [] }));
    for run in ["1", "x", "99999999999999999999"] {
        let path = format!("/v1/registries/oci/{uid}/sync/runs/{run}");
        world.call(Method::GET, &path, None).await.is_error(404, "ResourceNotFound");
        world.call(Method::GET, &format!("{path}/tags"), None).await.is_error(404, "ResourceNotFound");
    }
    let strange = "/v1/registries/oci/0123456789abcdef01234567/sync/runs";
    world.call(Method::GET, strange, None).await.is_error(404, "ResourceNotFound");
    // Nobody runs syncs in this process: one that is asked for waits.
    let cancel = format!("/v1/registries/oci/{uid}/sync/cancel");
    world.call(Method::POST, &format!("/v1/registries/oci/{uid}/basic/sync"), None).await.is(202);
    world.call(Method::POST, &cancel, None).await.is(204);
    world.call(Method::POST, &cancel, None).await.is_error(409, "NoSyncUnderWay");
}

#[tokio::test]
async fn notifications_come_in_with_the_secret_and_say_nothing_without_it() {
    let world = World::new().await;
    let uid = registered(&world).await;
    let settings = format!("/v1/registries/oci/{uid}/notifications");
    assert_eq!(get(&world, &settings).await["isEnabled"], false);
    let made = world.call(Method::POST, &format!("{settings}/secret"), None).await.is(200).json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/v1/registries/oci/{uid}/notify")), "{made}");
    let known = get(&world, &settings).await;
    assert!(known["isEnabled"] == true && !known.to_string().contains(&secret), "{known}");

    let send = async |uid: &str, header: header::HeaderName, value: &str, body: Vec<u8>| {
        let request = Request::builder().method("POST").uri(format!("/v1/registries/oci/{uid}/notify"));
        let request = request.header(header::HOST, "localhost").header(header, value);
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    let own = || header::HeaderName::from_static("packyard-notification-secret");
    let event = || br#"{"detail":{"repository-name":"team/spectro-packs/archive/nginx"}}"#.to_vec();
    send(&uid, own(), &secret, event()).await.is(202);
    send(&uid, header::AUTHORIZATION, &secret, event()).await.is(202);
    send(&uid, header::AUTHORIZATION, &format!("Bearer {secret}"), event()).await.is(202);
    send(&uid, own(), &secret, b"<html>".to_vec()).await.is_error(400, "InvalidBody");
    send(&uid, own(), &secret, vec![b' '; 300 * 1024]).await.is_error(413, "PayloadTooLarge");
    assert!(get(&world, &settings).await["lastReceivedTime"].is_string());

    // Another secret and another registry read alike; and an API key is none.
    let refused = |answer: crate::world::Answer| {
        let mut body = answer.is_error(401, "Unauthorized");
        body["ref"] = json!(null);
        body
    };
    let wrong = refused(send(&uid, own(), "wrong", event()).await);
    assert_eq!(wrong, refused(send("0123456789abcdef01234567", own(), &secret, event()).await));
    assert_eq!(wrong, refused(send(&uid, header::AUTHORIZATION, &world.key, event()).await));
    world.call(Method::DELETE, &settings, None).await.is(204);
    assert_eq!(wrong, refused(send(&uid, own(), &secret, event()).await));
}
