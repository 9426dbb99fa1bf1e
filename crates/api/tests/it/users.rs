//! Users and roles.

use crate::world::{EMAIL, World};
use packyard_access::iam::{Holder, NewUser};
use serde_json::{Value, json};

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn users_are_listed_with_their_roles_and_found_by_address() {
    let world = World::new().await;
    let iam = world.access.iam(&world.admin);
    let ada = iam.create_user(NewUser::person("ada@packyard.test", "Ada", "Lovelace")).await.unwrap();
    iam.create_user(NewUser::named("robot")).await.unwrap();
    iam.attach_policy(Holder::User(&ada.name), "arn:aws:iam::aws:policy/PackyardViewer").await.unwrap();
    iam.set_user_disabled("robot", true).await.unwrap();

    let all = world.get("/v1/users?limit=0").await.is(200).json();
    let mut found = names(&all);
    found.sort();
    assert_eq!(found.len(), 3, "{all}");
    assert!(found.contains(&"Ada Lovelace".to_owned()) && found.contains(&"robot".to_owned()), "{found:?}");
    assert_eq!(all["listmeta"], json!({ "limit": 0, "offset": 3, "count": 3, "continue": "" }));
    let first = world.get("/v1/users?limit=2").await.json();
    let next = format!("/v1/users?limit=2&continue={}", first["listmeta"]["continue"].as_str().unwrap());
    assert_eq!(names(&world.get(&next).await.json()).len(), 1);

    let path = format!("/v1/users/{}", ada.uid);
    let user = world.get(&path).await.is(200).json();
    assert_eq!(
        (&user["spec"]["emailId"], &user["spec"]["roles"]),
        (&json!("ada@packyard.test"), &json!(["PackyardViewer"]))
    );
    let roles = world.get(&format!("{path}/roles")).await.is(200).json();
    assert_eq!(roles["roles"][0]["name"], "PackyardViewer");
    let role = world.get(&format!("/v1/roles/{}", roles["roles"][0]["uid"].as_str().unwrap())).await.is(200).json();
    let allowed = role["spec"]["permissions"].as_array().unwrap();
    assert!(
        allowed.contains(&json!("packyard:ReadPacks")) && !allowed.contains(&json!("packyard:ReadMacros")),
        "{role}"
    );
    world.get("/v1/users/Ada Lovelace".replace(' ', "%20").as_str()).await.is_error(404, "ResourceNotFound");
    world.get("/v1/roles/none").await.is_error(404, "ResourceNotFound");

    let by_address = json!({ "filter": { "emailId": { "eq": "ADA@packyard.test" } } });
    let found = world.post("/v1/users/summary", by_address).await.is(200).json();
    assert_eq!(
        (names(&found), &found["items"][0]["spec"]["roles"][0]["name"]),
        (vec!["Ada Lovelace".to_owned()], &json!("PackyardViewer"))
    );
    let sorted = json!({ "sort": [{ "field": "name", "order": "desc" }], "filter": null });
    let sorted = world.post("/v1/users/summary", sorted).await.json();
    assert_eq!(names(&sorted)[0], "robot");
    assert_eq!(sorted["items"][0]["status"]["isActive"], false);
    let meta = world.get("/v1/users/meta").await.is(200).json();
    assert!(meta["items"].as_array().unwrap().iter().any(|one| one["emailId"] == EMAIL), "{meta}");
}
