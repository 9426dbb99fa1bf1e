//! What Palette has and we have not: where clients read it of what we have, it is empty; elsewhere they are told.

use crate::world::World;
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn roles_that_there_are_none_of_are_empty_lists_of_every_user_who_is_there() {
    let world = World::new().await;
    let uid = &world.admin.principal.uid;
    let resources = world.get(&format!("/v1/users/{uid}/resourceRoles")).await.is(200).json();
    assert_eq!(resources, json!({ "resourceRoles": [] }));
    let workspaces = world.get(&format!("/v1/workspaces/users/{uid}/roles")).await.is(200).json();
    assert_eq!(workspaces, json!({ "projects": [] }));
    for path in ["/v1/users/nobody/resourceRoles", "/v1/workspaces/users/nobody/roles"] {
        world.get(path).await.is_error(404, "ResourceNotFound");
    }
}

#[tokio::test]
async fn who_asks_for_what_is_not_here_hears_what_to_do_instead() {
    let world = World::new().await;
    for (method, path, status, says) in [
        (Method::POST, "/v1/teams", 404, "give each user its roles"),
        (Method::GET, "/v1/teams/x/projects", 404, "give each user its roles"),
        (Method::POST, "/v1/roles", 405, "GET /v1/roles"),
        (Method::PUT, "/v1/roles/x", 405, "GET /v1/roles"),
        (Method::POST, "/v1/users/x/resourceRoles", 405, "not by resource"),
        (Method::GET, "/v1/tenants/x/password/policy", 404, "only its macros"),
        (Method::GET, "/v1/spectroclusters/x", 404, "manages no clusters"),
    ] {
        let code = if status == 404 { "ResourceNotFound" } else { "MethodNotAllowed" };
        let body = (method != Method::GET).then(|| json!({ "metadata": { "name": "x" } }));
        let refused = world.call(method.clone(), path, body).await.is_error(status, code);
        assert!(refused["message"].as_str().unwrap().contains(says), "{method} {path}: {refused}");
    }
    let plain = world.call(Method::GET, "/v1/nonsense", None::<Value>).await.is_error(404, "ResourceNotFound");
    assert_eq!(plain["message"], "there is no endpoint GET /v1/nonsense");
}
