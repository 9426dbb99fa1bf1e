//! Users as administrators manage them: made, changed, switched off, deleted; and who stays in charge.

use crate::world::{Answer, EMAIL, PASSWORD, World, peer};
use http::Method;
use packyard_access::NewApiKeyRequest;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// Somebody with a key of their own.
pub(crate) struct Person {
    pub(crate) uid: String,
    key: String,
}

impl Person {
    /// A user with these roles in the tenant.
    pub(crate) async fn new(world: &World, email: &str, roles: &[&str]) -> Self {
        let body = json!({ "spec": { "emailId": email, "roles": roles } });
        let uid = world.post("/v1/users", body).await.uid();
        let request =
            NewApiKeyRequest { name: "tests".to_owned(), user_uid: Some(uid.clone()), ..NewApiKeyRequest::default() };
        let issued = world.access.create_api_key(&world.admin, request).await.unwrap();
        Self { uid, key: issued.secret.expose_secret().to_owned() }
    }

    pub(crate) async fn call(&self, world: &World, method: Method, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then_some(body);
        world.call_with(method, path, body, &[("ApiKey", &self.key)]).await
    }

    /// In a project.
    pub(crate) async fn call_in(
        &self,
        world: &World,
        method: Method,
        path: &str,
        body: Value,
        project: &str,
    ) -> Answer {
        world.call_with(method, path, Some(body), &[("ApiKey", &self.key), ("ProjectUid", project)]).await
    }
}

#[tokio::test]
async fn a_new_user_logs_in_once_with_a_password_that_has_to_be_changed() {
    let world = World::new().await;
    let body = json!({ "spec": { "emailId": "ada@packyard.test", "firstName": "Ada", "lastName": "Lovelace",
        "roles": ["PackyardViewer"], "teams": null, "loginMode": "all" } });
    let made = world.post("/v1/users", body.clone()).await;
    let (uid, password) = (made.uid(), made.json()["oneTimePassword"].as_str().unwrap().to_owned());
    world.post("/v1/users", body).await.is_error(409, "UserAlreadyExists");

    let path = format!("/v1/users/{uid}");
    let user = world.get(&path).await.is(200).json();
    assert_eq!(user["metadata"]["name"], "Ada Lovelace");
    assert_eq!(user["spec"]["roles"], json!(["PackyardViewer"]));
    assert!(!user.to_string().contains(&password), "{user}");

    let login = json!({ "emailId": "ada@packyard.test", "password": password });
    world.post("/v1/auth/authenticate", login).await.is_error(401, "PasswordResetRequired");
    let short = "short".to_owned().into();
    let refused = world.access.change_password("ada@packyard.test", &password, &short, peer()).await.unwrap_err();
    assert!(refused.to_string().contains("minimum length of 8"), "{refused}");
    let chosen = "a password of her own".to_owned().into();
    world.access.change_password("ada@packyard.test", &password, &chosen, peer()).await.unwrap();
    let login = json!({ "emailId": "ada@packyard.test", "password": "a password of her own" });
    let token = world.post("/v1/auth/authenticate", login).await.is(200).json();
    let headers = [("Authorization", token["Authorization"].as_str().unwrap())];
    world.call_with(Method::GET, "/v1/packs", None, &headers).await.is(200);

    // The one who forgot it gets another, and what was made with the old one ends.
    let reset = world.patch(&format!("{path}/password/reset"), None).await.is(200).json();
    world.call_with(Method::GET, "/v1/packs", None, &headers).await.is_error(401, "CredentialsExpired");
    let login = json!({ "emailId": "ada@packyard.test", "password": reset["oneTimePassword"] });
    world.post("/v1/auth/authenticate", login).await.is_error(401, "PasswordResetRequired");

    let log = world.store.journal().audit_page(i64::MAX, 1000).await.unwrap();
    let told = format!("{log:?}");
    assert!(told.contains("packyard:ResetPassword") && told.contains("iam:CreateUser"), "{told}");
    for secret in [password.as_str(), reset["oneTimePassword"].as_str().unwrap(), "a password of her own"] {
        assert!(!told.contains(secret), "a password is in the audit log");
    }
}

#[tokio::test]
async fn a_user_is_renamed_given_roles_switched_off_and_deleted() {
    let world = World::new().await;
    let bob = Person::new(&world, "bob@packyard.test", &["PackyardViewer"]).await;
    let path = format!("/v1/users/{}", bob.uid);
    let name =
        json!({ "spec": { "emailId": "Bob@packyard.test", "firstName": "Bob", "lastName": "Stone", "roles": null } });
    world.put(&path, name).await.is(204);
    let user = world.get(&path).await.json();
    assert_eq!((&user["metadata"]["name"], &user["spec"]["roles"]), (&json!("Bob Stone"), &json!(["PackyardViewer"])));
    let other = json!({ "spec": { "emailId": "robert@packyard.test" } });
    let refused = world.put(&path, other).await.is_error(400, "InvalidField");
    assert!(refused["message"].as_str().unwrap().contains("cannot be changed"), "{refused}");

    bob.call(&world, Method::GET, "/v1/packs", Value::Null).await.is(200);
    bob.call(&world, Method::POST, "/v1/projects", json!({ "metadata": { "name": "x" } }))
        .await
        .is_error(403, "Forbidden");
    world.put(&format!("{path}/roles"), json!({ "roles": ["PackyardProjectAdmin"] })).await.is(204);
    bob.call(&world, Method::POST, "/v1/projects", json!({ "metadata": { "name": "x" } })).await.uid();
    world.put(&format!("{path}/roles"), json!({ "roles": ["Cook"] })).await.is_error(400, "InvalidField");

    world.put(&format!("{path}/state"), json!({ "isActive": false })).await.is(204);
    bob.call(&world, Method::GET, "/v1/packs", Value::Null).await.is_error(401, "CredentialsDisabled");
    assert_eq!(world.get(&path).await.json()["status"]["isActive"], false);
    world.put(&format!("{path}/state"), json!({ "isActive": true })).await.is(204);
    bob.call(&world, Method::GET, "/v1/packs", Value::Null).await.is(200);

    world.delete(&path).await.is(204);
    world.get(&path).await.is_error(404, "ResourceNotFound");
    world.delete(&path).await.is_error(404, "ResourceNotFound");
    bob.call(&world, Method::GET, "/v1/packs", Value::Null).await.is_error(401, "Unauthorized");
}

#[tokio::test]
async fn what_cannot_be_a_user_is_named() {
    let world = World::new().await;
    for (spec, word) in [
        (json!({}), "email address"),
        (json!({ "emailId": "nobody" }), "nobody"),
        (json!({ "emailId": "a b@c" }), "a b@c"),
        (json!({ "emailId": "a@b", "firstName": "x".repeat(65) }), "first name"),
        (json!({ "emailId": "a@b", "roles": ["Cook"] }), "Cook"),
        (json!({ "emailId": "a@b", "teams": ["t"] }), "teams"),
    ] {
        let refused = world.post("/v1/users", json!({ "spec": spec })).await.is_error(400, "InvalidField");
        assert!(refused["message"].as_str().unwrap().contains(word), "{refused}");
    }
}

#[tokio::test]
async fn somebody_stays_in_charge() {
    let world = World::new().await;
    let me = world.admin.principal.uid.clone();
    let own = format!("/v1/users/{me}");
    // By mistake, of oneself.
    world.put(&format!("{own}/roles"), json!({ "roles": [] })).await.is_error(409, "Conflict");
    world.put(&own, json!({ "spec": { "roles": ["PackyardViewer"] } })).await.is_error(409, "Conflict");
    world.put(&format!("{own}/state"), json!({ "isActive": false })).await.is_error(409, "Conflict");
    world.delete(&own).await.is_error(409, "Conflict");
    world.patch(&format!("{own}/password/reset"), None).await.is_error(409, "Conflict");

    // By another administrator, who was not meant to be the last.
    let eve = Person::new(&world, "eve@packyard.test", &["PackyardTenantAdmin"]).await;
    world.put(&format!("/v1/users/{}/state", eve.uid), json!({ "isActive": false })).await.is(204);
    world.put(&format!("/v1/users/{}/state", eve.uid), json!({ "isActive": true })).await.is(204);
    let robot = Person::new(&world, "robot@packyard.test", &[]).await;
    eve.call(&world, Method::PUT, &format!("{own}/roles"), json!({ "roles": ["PackyardViewer"] })).await.is(204);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let holder = packyard_access::iam::Holder::User("robot@packyard.test");
    let by = world.access.api_key(&eve.key, peer()).await.unwrap();
    world.access.iam(&by).put_policy(holder, "all", policy).await.unwrap();
    let last = format!("/v1/users/{}", eve.uid);
    for (method, path, body) in [
        (Method::DELETE, last.clone(), Value::Null),
        (Method::PUT, format!("{last}/state"), json!({ "isActive": false })),
        (Method::PUT, format!("{last}/roles"), json!({ "roles": ["PackyardViewer"] })),
    ] {
        let refused = robot.call(&world, method, &path, body).await.is_error(409, "Conflict");
        assert!(refused["message"].as_str().unwrap().contains("last active user"), "{refused}");
    }
    assert_eq!(world.get("/v1/users").await.status, 403, "no administrator any more");
}

#[tokio::test]
async fn a_password_is_changed_by_its_owner_who_knows_the_old_one() {
    let world = World::new().await;
    let path = format!("/v1/users/{}/password/change", world.admin.principal.uid);
    let change = |old: &str, new: &str| Some(json!({ "currentPassword": old, "newPassword": new }));
    world.patch(&path, change("wrong", "another password")).await.is_error(403, "Forbidden");
    world.patch(&path, change(PASSWORD, "short")).await.is_error(400, "InvalidField");
    world.patch(&path, change(PASSWORD, "another password")).await.is(204);
    world.access.login(EMAIL, "another password", peer()).await.unwrap();
    let bob = Person::new(&world, "bob@packyard.test", &["PackyardViewer"]).await;
    let other = json!({ "currentPassword": "another password", "newPassword": "taken over" });
    bob.call(&world, Method::PATCH, &path, other).await.is_error(403, "Forbidden");
}

#[tokio::test]
async fn only_administrators_manage_users() {
    let world = World::new().await;
    for roles in [&["PackyardViewer"][..], &["PackyardProjectEditor"], &["PackyardProjectAdmin"]] {
        let email = format!("{}@packyard.test", roles[0].to_lowercase());
        let person = Person::new(&world, &email, roles).await;
        let own = format!("/v1/users/{}", person.uid);
        for (method, path, body) in [
            (Method::POST, "/v1/users".to_owned(), json!({ "spec": { "emailId": "new@packyard.test" } })),
            (Method::PUT, format!("{own}/roles"), json!({ "roles": ["PackyardTenantAdmin"] })),
            (Method::PUT, own.clone(), json!({ "spec": { "firstName": "x" } })),
            (Method::PUT, format!("{own}/state"), json!({ "isActive": true })),
            (Method::PATCH, format!("{own}/password/reset"), Value::Null),
            (Method::DELETE, own.clone(), Value::Null),
        ] {
            person.call(&world, method, &path, body).await.is_error(403, "Forbidden");
        }
    }
}
