use crate::world::World;
use serde_json::json;

#[tokio::test]
async fn the_default_project_is_always_there() {
    let world = World::new().await;
    let list = world.get("/v1/dashboard/projects/metadata").await.is(200).json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["metadata"]["name"], "Default");
    let uid = items[0]["metadata"]["uid"].as_str().unwrap();
    assert_eq!(uid.len(), 24);
    world.delete(&format!("/v1/projects/{uid}")).await.is_error(409, "Conflict");
    assert_eq!(world.get("/v1/dashboard/projects/metadata?name=Other").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_project_is_made_read_changed_and_deleted() {
    let world = World::new().await;
    let body = json!({ "metadata": { "name": "team a", "labels": { "x": "spectro__tag" }, "annotations": { "description": "first" } }, "spec": null });
    let uid = world.post("/v1/projects", body.clone()).await.uid();
    world.post("/v1/projects", body).await.is_error(409, "ProjectAlreadyExists");
    let path = format!("/v1/projects/{uid}");
    let project = world.get(&path).await.is(200).json();
    assert_eq!(project["metadata"]["name"], "team a");
    assert_eq!(project["metadata"]["labels"], json!({ "x": "spectro__tag" }));
    assert_eq!(project["metadata"]["annotations"]["description"], "first");

    world.put(&path, json!({ "metadata": { "name": "team b", "labels": {} } })).await.is(204);
    let project = world.get(&path).await.json();
    assert_eq!((project["metadata"]["name"].as_str(), &project["metadata"]["labels"]), (Some("team b"), &json!({})));
    world.put(&path, json!({ "metadata": { "name": "Default" } })).await.is_error(409, "ProjectAlreadyExists");
    world.put(&path, json!({ "metadata": { "name": " " } })).await.is_error(400, "InvalidField");

    let profile = json!({ "metadata": { "name": "p" }, "spec": { "template": { "type": "add-on" } } });
    let headers = [("ProjectUid", uid.as_str())];
    let created = world.call_with(http::Method::POST, "/v1/clusterprofiles", Some(profile), &headers).await.uid();
    let refused = world.delete(&path).await.is_error(409, "Conflict");
    assert!(refused["message"].as_str().unwrap().contains("1 cluster profile"), "{refused}");
    world.delete(&format!("{path}?cleanupProjectResources=true")).await.is(204);
    world.get(&path).await.is_error(404, "ResourceNotFound");
    world.get(&format!("/v1/clusterprofiles/{created}")).await.is_error(404, "ResourceNotFound");
}
