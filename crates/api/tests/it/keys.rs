use crate::world::World;
use http::Method;
use serde_json::json;

#[tokio::test]
async fn a_key_works_until_it_is_switched_off_or_deleted() {
    let world = World::new().await;
    let tenant = world.get("/v1/users/info").await.json()["tenantUid"].as_str().unwrap().to_owned();
    // As Palette's SDK sends it: the tenant's uid for the user's, and times of the year 1.
    let body = json!({
        "metadata": { "name": "ci", "annotations": { "description": "of the build" }, "creationTimestamp": "0001-01-01T00:00:00.000Z" },
        "spec": { "userUid": tenant, "expiry": "0001-01-01T00:00:00.000Z" },
    });
    let answer = world.post("/v1/apiKeys", body).await;
    let uid = answer.uid();
    let secret = answer.json()["apiKey"].as_str().unwrap().to_owned();
    let try_it = async || world.call_with(Method::GET, "/v1/users/info", None, &[("ApiKey", &secret)]).await;
    try_it().await.is(200);

    let key = world.get(&format!("/v1/apiKeys/{uid}")).await.is(200).json();
    assert_eq!((key["metadata"]["name"].as_str(), key["status"]["isActive"].as_bool()), (Some("ci"), Some(true)));
    assert_eq!(key["metadata"]["annotations"]["description"], "of the build");
    assert_eq!(key["spec"]["user"]["uid"], world.admin.principal.uid.as_str());
    assert!(key["spec"].get("expiry").is_none() && key["spec"].get("key").is_none());
    let list = world.get("/v1/apiKeys").await.is(200).json();
    assert!(list["items"].as_array().unwrap().iter().any(|item| item["metadata"]["uid"] == uid.as_str()));
    assert!(!list.to_string().contains(&secret));

    world.put(&format!("/v1/apiKeys/{uid}/state"), json!({ "isActive": false })).await.is(204);
    try_it().await.is_error(401, "CredentialsDisabled");
    world.patch(&format!("/v1/apiKeys/{uid}"), Some(json!({ "isActive": true }))).await.is(204);
    try_it().await.is(200);
    // Palette's SDK leaves out what is false.
    world.put(&format!("/v1/apiKeys/{uid}/state"), json!({})).await.is(204);
    try_it().await.is_error(401, "CredentialsDisabled");
    world.put(&format!("/v1/apiKeys/{uid}/state"), json!({ "isActive": true })).await.is(204);
    let change = json!({ "metadata": { "name": "ci-2" }, "spec": { "expiry": "2999-01-01T00:00:00Z" } });
    world.put(&format!("/v1/apiKeys/{uid}"), change).await.is(204);
    let key = world.get(&format!("/v1/apiKeys/{uid}")).await.json();
    assert_eq!(
        (key["metadata"]["name"].as_str(), key["spec"]["expiry"].as_str()),
        (Some("ci-2"), Some("2999-01-01T00:00:00.000Z"))
    );

    world.delete(&format!("/v1/apiKeys/{uid}")).await.is(204);
    try_it().await.is_error(401, "Unauthorized");
    world.get(&format!("/v1/apiKeys/{uid}")).await.is_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_key_needs_a_name_and_a_time_that_is_one() {
    let world = World::new().await;
    world.post("/v1/apiKeys", json!({})).await.is_error(400, "InvalidField");
    let body = json!({ "metadata": { "name": "x" }, "spec": { "expiry": "tomorrow" } });
    world.post("/v1/apiKeys", body).await.is_error(400, "InvalidField");
    let body = json!({ "metadata": { "name": "x" }, "spec": { "expiry": "2001-01-01T00:00:00Z" } });
    world.post("/v1/apiKeys", body).await.is_error(400, "InvalidField");
}
