//! Roles in projects: what a member may do there, what nowhere else, what nobody is told, and who may give them.

use crate::people::Person;
use crate::world::World;
use http::Method;
use serde_json::{Value, json};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;

async fn project(world: &World, name: &str) -> String {
    world.post("/v1/projects", json!({ "metadata": { "name": name } })).await.uid()
}

async fn join(world: &World, person: &Person, project: &str, roles: &[&str]) {
    let body = json!({ "projects": [{ "projectUid": project, "roles": roles }] });
    world.put(&format!("/v1/users/{}/projects", person.uid), body).await.is(204);
}

fn profile(name: &str) -> Value {
    json!({ "metadata": { "name": name }, "spec": { "template": { "type": "add-on" } } })
}

async fn profile_in(world: &World, project: Option<&str>, name: &str) -> String {
    let headers: Vec<_> = project.iter().map(|uid| ("ProjectUid", *uid)).collect();
    world.call_with(POST, "/v1/clusterprofiles", Some(profile(name)), &headers).await.uid()
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_member_works_in_the_project_and_nowhere_else() {
    let world = World::new().await;
    let (ours, theirs) = (project(&world, "ours").await, project(&world, "theirs").await);
    let tenants = profile_in(&world, None, "tenants").await;
    profile_in(&world, Some(&theirs), "foreign").await;
    let ed = Person::new(&world, "ed@packyard.test", &[]).await;
    ed.call(&world, GET, "/v1/packs", Value::Null).await.is_error(403, "Forbidden");
    ed.call(&world, GET, "/v1/dashboard/clusterprofiles/metadata", Value::Null).await.is_error(403, "Forbidden");
    join(&world, &ed, &ours, &["PackyardProjectEditor"]).await;

    ed.call(&world, GET, "/v1/packs", Value::Null).await.is(200);
    let projects = ed.call(&world, GET, "/v1/dashboard/projects/metadata", Value::Null).await.is(200).json();
    assert_eq!(names(&projects), ["ours"]);
    let made = ed.call_in(&world, POST, "/v1/clusterprofiles", profile("app"), &ours).await.uid();
    let path = format!("/v1/clusterprofiles/{made}");
    ed.call(&world, Method::PATCH, &format!("{path}/publish"), Value::Null).await.is(204);
    let seen = ed.call(&world, GET, "/v1/dashboard/clusterprofiles/metadata", Value::Null).await.is(200).json();
    assert_eq!(names(&seen), ["app", "tenants"], "the tenant's are lent, those of another project are not shown");
    ed.call(&world, GET, &format!("/v1/clusterprofiles/{tenants}"), Value::Null).await.is(200);
    ed.call(
        &world,
        POST,
        &format!("/v1/clusterprofiles/{tenants}/clone"),
        json!({ "metadata": { "name": "mine",
        "target": { "scope": "project", "projectUid": ours } } }),
    )
    .await
    .uid();

    for (method, path, body) in [
        (POST, "/v1/clusterprofiles".to_owned(), profile("in-the-tenant")),
        (DELETE, format!("/v1/clusterprofiles/{tenants}"), Value::Null),
        (Method::PATCH, format!("/v1/clusterprofiles/{tenants}/publish"), Value::Null),
        (GET, format!("/v1/projects/{theirs}"), Value::Null),
        (PUT, format!("/v1/projects/{ours}"), json!({ "metadata": { "name": "mine" } })),
        (PUT, format!("/v1/projects/{ours}/users"), json!({ "users": [] })),
        (PUT, format!("/v1/projects/{theirs}/macros"), json!({ "macros": [] })),
        (POST, "/v1/registries/oci/basic".to_owned(), json!({})),
    ] {
        ed.call(&world, method.clone(), &path, body).await.is_error(403, "Forbidden");
    }
    ed.call_in(&world, POST, "/v1/clusterprofiles", profile("x"), &theirs).await.is_error(403, "Forbidden");
    ed.call(&world, DELETE, &path, Value::Null).await.is(204);

    join(&world, &ed, &ours, &[]).await;
    ed.call(&world, GET, "/v1/packs", Value::Null).await.is_error(403, "Forbidden");
}

/// A profile of another project, asked for by its uid, is one that is not there; and no form of asking tells its name.
#[tokio::test]
async fn nothing_is_told_of_another_project() {
    let world = World::new().await;
    let (ours, theirs) = (project(&world, "ours").await, project(&world, "theirs").await);
    let (foreign, nowhere) = (profile_in(&world, Some(&theirs), "foreign").await, "0".repeat(24));
    let macros = json!({ "macros": [{ "name": "their_macro", "value": "x" }] });
    world.post(&format!("/v1/projects/{theirs}/macros"), macros).await.is(204);
    let ed = Person::new(&world, "ed@packyard.test", &[]).await;
    join(&world, &ed, &ours, &["PackyardProjectEditor"]).await;

    let here = json!({ "scope": "project", "projectUid": ours });
    for (method, rest, body) in [
        (GET, "", Value::Null),
        (DELETE, "", Value::Null),
        (Method::PATCH, "/publish", Value::Null),
        (Method::PATCH, "/metadata", json!({ "metadata": { "name": "mine" } })),
        (GET, "/variables", Value::Null),
        (GET, "/packs", Value::Null),
        (GET, "/export", Value::Null),
        (GET, "/export/terraform", Value::Null),
        (POST, "/clone", json!({ "metadata": { "name": "mine", "target": here.clone() } })),
        (POST, "/clone/validate", json!({ "name": "mine", "version": "1.0.0", "target": here })),
    ] {
        let path = format!("/v1/clusterprofiles/{foreign}{rest}");
        let said = ed.call(&world, method, &path, body).await.is_error(404, "ResourceNotFound");
        assert!(!said.to_string().contains(&theirs), "{path}: {said}");
    }

    let bulk = json!({ "uids": [&foreign, &nowhere] });
    let left = ed.call(&world, DELETE, "/v1/clusterprofiles/bulk", bulk).await.is(200).json();
    let said = left["failures"].as_array().unwrap().iter().zip([&foreign, &nowhere]);
    for (failure, uid) in said {
        let expected = json!({ "uid": uid, "name": "", "errMsg": format!("cluster profile {uid} was not found") });
        assert_eq!(*failure, expected);
    }
    world.get(&format!("/v1/clusterprofiles/{foreign}")).await.is(200);

    // Refused whatever the file: else a missing macro would be named, and one that is there would not.
    for name in ["their_macro", "no_macro"] {
        let values = format!("a: '{{{{.spectro.macro.{name}}}}}'\n");
        let pack = json!({ "name": "m", "type": "manifest", "layer": "addon", "values": values });
        let file =
            json!({ "metadata": { "name": "x" }, "spec": { "template": { "type": "add-on", "packs": [pack] } } });
        ed.call_in(&world, POST, "/v1/clusterprofiles/import", file, &theirs).await.is_error(403, "Forbidden");
    }
    for project in [&theirs, &nowhere] {
        let list = ed.call_in(&world, POST, "/v1/dashboard/clusterprofiles", json!({}), project).await;
        list.is_error(403, "Forbidden");
        let list = ed.call_in(&world, GET, "/v1/dashboard/clusterprofiles/metadata", Value::Null, project).await;
        list.is_error(403, "Forbidden");
    }
}

#[tokio::test]
async fn a_viewer_of_a_project_changes_nothing_in_it() {
    let world = World::new().await;
    let ours = project(&world, "ours").await;
    let app = profile_in(&world, Some(&ours), "app").await;
    let vi = Person::new(&world, "vi@packyard.test", &[]).await;
    join(&world, &vi, &ours, &["PackyardViewer"]).await;
    vi.call(&world, GET, &format!("/v1/clusterprofiles/{app}"), Value::Null).await.is(200);
    vi.call_in(&world, POST, "/v1/clusterprofiles", profile("x"), &ours).await.is_error(403, "Forbidden");
    vi.call(&world, DELETE, &format!("/v1/clusterprofiles/{app}"), Value::Null).await.is_error(403, "Forbidden");
    vi.call(&world, PUT, &format!("/v1/projects/{ours}"), json!({ "metadata": { "name": "x" } }))
        .await
        .is_error(403, "Forbidden");
}

#[tokio::test]
async fn an_administrator_of_a_project_manages_its_members_and_no_others() {
    let world = World::new().await;
    let (ours, theirs) = (project(&world, "ours").await, project(&world, "theirs").await);
    let pat = Person::new(&world, "pat@packyard.test", &[]).await;
    let vi = Person::new(&world, "vi@packyard.test", &[]).await;
    join(&world, &pat, &ours, &["PackyardProjectAdmin"]).await;

    pat.call(&world, GET, "/v1/users", Value::Null).await.is(200);
    let body = |project: &str, role: &str| json!({ "projects": [{ "projectUid": project, "roles": [role] }] });
    let of_vi = format!("/v1/users/{}/projects", vi.uid);
    pat.call(&world, PUT, &of_vi, body(&ours, "PackyardProjectEditor")).await.is(204);
    vi.call_in(&world, POST, "/v1/clusterprofiles", profile("app"), &ours).await.uid();
    pat.call(&world, PUT, &of_vi, body(&theirs, "PackyardViewer")).await.is_error(403, "Forbidden");
    let refused = pat.call(&world, PUT, &of_vi, body(&ours, "PackyardTenantAdmin")).await.is_error(400, "InvalidField");
    assert!(refused["message"].as_str().unwrap().contains("whole tenant"), "{refused}");
    let own = format!("/v1/users/{}/projects", pat.uid);
    pat.call(&world, PUT, &own, body(&ours, "PackyardViewer")).await.is_error(409, "Conflict");
    let only_vi = json!({ "users": [{ "userId": vi.uid, "roles": ["PackyardViewer"] }] });
    pat.call(&world, PUT, &format!("/v1/projects/{ours}/users"), only_vi.clone()).await.is_error(409, "Conflict");

    pat.call(&world, PUT, &format!("/v1/projects/{ours}"), json!({ "metadata": { "name": "renamed" } })).await.is(204);
    pat.call(&world, DELETE, &format!("/v1/projects/{ours}"), Value::Null).await.is_error(403, "Forbidden");
    pat.call(&world, POST, "/v1/projects", json!({ "metadata": { "name": "x" } })).await.is_error(403, "Forbidden");

    let shown = world.get(&of_vi).await.is(200).json();
    assert_eq!(
        (&shown["projects"][0]["name"], &shown["projects"][0]["roles"][0]["name"]),
        (&json!("renamed"), &json!("PackyardProjectEditor"))
    );
    let filter = json!({ "filter": { "emailId": { "eq": "vi@packyard.test" } } });
    let summary = world.post("/v1/users/summary", filter).await.json();
    assert_eq!(summary["items"][0]["spec"]["projects"][0]["uid"], ours.as_str());
    world.put(&format!("/v1/projects/{ours}/users"), only_vi).await.is(204);
    let members = world.get(&format!("/v1/projects/{ours}")).await.json();
    assert_eq!(members["spec"]["users"], json!([{ "userId": vi.uid, "roles": ["ANPAPACKYARDVIEWER000"] }]));
    pat.call(&world, GET, &format!("/v1/projects/{ours}"), Value::Null).await.is_error(403, "Forbidden");

    let log = format!("{:?}", world.store.journal().audit_page(i64::MAX, 1000).await.unwrap());
    assert!(log.contains("packyard:SetProjectRoles") && log.contains(&ours), "{log}");
}

#[tokio::test]
async fn a_project_with_members_is_not_deleted_by_mistake() {
    let world = World::new().await;
    let ours = project(&world, "ours").await;
    let vi = Person::new(&world, "vi@packyard.test", &[]).await;
    join(&world, &vi, &ours, &["PackyardViewer"]).await;
    let path = format!("/v1/projects/{ours}");
    let refused = world.delete(&path).await.is_error(409, "Conflict");
    assert!(
        refused["message"].as_str().unwrap().contains("ours cannot be deleted: it still holds 1 member"),
        "{refused}"
    );
    world.delete(&format!("{path}?cleanupProjectResources=true")).await.is(204);
    let left = world.get(&format!("/v1/users/{}/projects", vi.uid)).await.is(200).json();
    assert_eq!(left["projects"], json!([]));
    let gone = json!({ "projects": [{ "projectUid": ours, "roles": ["PackyardViewer"] }] });
    world.put(&format!("/v1/users/{}/projects", vi.uid), gone).await.is_error(404, "ResourceNotFound");
}
