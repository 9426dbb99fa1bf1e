//! What clients send by mistake or on purpose: each is answered with a status that nobody tries again, and a message
//! that says what is wrong, where, and what to do.

use crate::registry::Remote;
use crate::world::{EMAIL, PASSWORD, World, peer};
use http::{Method, StatusCode, header};
use packyard_access::NewApiKeyRequest;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ABSENT: &str = "5eecc89d0b150045ae661cef";

fn layer() -> Value {
    json!({ "name": "notes", "type": "manifest", "manifests": [{ "name": "m", "content": "kind: Job" }] })
}

fn add_on(name: &str) -> Value {
    json!({ "metadata": { "name": name }, "spec": { "template": { "type": "add-on", "cloudType": "all", "packs": [layer()] } } })
}

fn helm(name: &str) -> Value {
    json!({ "metadata": { "name": name }, "spec": { "endpoint": "https://charts.example.com", "auth": { "type": "noAuth" } } })
}

fn message(body: &Value) -> &str {
    body["message"].as_str().unwrap()
}

/// Path and methods of everything that is documented.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let document = packyard_api::openapi();
    let paths = document["paths"].as_object().unwrap().clone().into_iter();
    paths.map(|(path, item)| (path, item.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect())).collect()
}

async fn raw(world: &World, method: Method, path: &str, kind: &str, body: &str) -> crate::world::Answer {
    let request = http::Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    let request = request.header("ApiKey", &world.key).header(header::CONTENT_TYPE, kind);
    world.send(request.body(axum::body::Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused_with_the_place() {
    let world = World::new().await;
    let uid = world.post("/v1/clusterprofiles", add_on("app")).await.uid();
    let profile = format!("/v1/clusterprofiles/{uid}");
    let json = "application/json";
    for (method, path, body, field, says) in [
        (
            Method::PUT,
            profile.as_str(),
            r#"{"spec":{"template":{"packs":[{"name":"a","tag":5}]}}}"#,
            "spec.template.packs[0].tag",
            "a string",
        ),
        (Method::POST, "/v1/projects", r#"{"metadata":{"name":["x"]}}"#, "metadata.name", "a string"),
        (Method::POST, "/v1/projects", r#"{"metadata":"x"}"#, "metadata", "expected an object"),
        (Method::POST, "/v1/packs/search", r#"{"filter":{"addOnType":"x"}}"#, "filter.addOnType", "expected a list"),
        (Method::POST, "/v1/packs/search", r#"{"sort":[{"field":"nope"}]}"#, "sort[0].field", "expected one of `name`"),
        (Method::DELETE, "/v1/clusterprofiles/bulk", r#"{"uids":["x",5]}"#, "uids[1]", "a string"),
        (
            Method::POST,
            "/v1/clusterprofiles/import",
            r#"{"spec":{"template":{"packs":5}}}"#,
            "spec.template.packs",
            "a list",
        ),
    ] {
        let body = raw(&world, method, path, json, body).await.is_error(400, "InvalidBody");
        assert_eq!(body["details"]["field"], field, "{body}");
        assert!(message(&body).contains(field) && message(&body).contains(says), "{body}");
        assert!(!message(&body).contains("struct"), "no word of ours: {body}");
    }
    for (body, says) in [
        ("<html>", "line 1 column 1"),
        (r#"{"metadata":{"name":"a","#, "EOF"),
        (r#"{"metadata":{"name":"first","name":"second"}}"#, "\"name\" stands twice"),
        (&"[".repeat(100_000), "recursion limit"),
    ] {
        let body = raw(&world, Method::POST, "/v1/projects", json, body).await.is_error(400, "InvalidBody");
        assert!(message(&body).contains(says), "{body}");
    }
    assert_eq!(world.get("/v1/dashboard/projects/metadata").await.json()["items"].as_array().unwrap().len(), 1);
}

/// What a body is, it shows; a label that says otherwise is a slip of many clients.
#[tokio::test]
async fn bodies_are_read_whatever_their_label_says_and_forms_have_to_be_forms() {
    let world = World::new().await;
    for (at, kind) in ["text/plain", "text/html; charset=utf-16", "application/x-www-form-urlencoded", "nonsense"]
        .into_iter()
        .enumerate()
    {
        let body = json!({ "metadata": { "name": format!("p{at}") } }).to_string();
        raw(&world, Method::POST, "/v1/projects", kind, &body).await.uid();
    }
    for kind in ["application/json", "multipart/form-data", "text/plain"] {
        let answer = raw(&world, Method::POST, "/v1/clusterprofiles/import/file", kind, "{}").await;
        let body = answer.is_error(400, "InvalidBody");
        assert!(message(&body).contains("multipart/form-data, in a part named importFile"), "{kind}: {body}");
    }
    let empty = "--x\r\nContent-Disposition: form-data; name=\"importFile\"; filename=\"p\"\r\n\r\n \n\r\n--x--\r\n";
    let path = "/v1/clusterprofiles/import/file";
    let body =
        raw(&world, Method::POST, path, "multipart/form-data; boundary=x", empty).await.is_error(400, "InvalidBody");
    assert!(message(&body).contains("the file is empty"), "{body}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_the_limit() {
    let world = World::new().await;
    let long = "x".repeat(17 << 20);
    let refused = raw(&world, Method::POST, "/v1/projects", "application/json", &format!("{{\"a\":\"{long}\"}}")).await;
    let body = refused.is_error(413, "PayloadTooLarge");
    assert!(message(&body).contains("16 MiB"), "{body}");
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"importFile\"; filename=\"p\"\r\n\r\n{long}\r\n--x--\r\n"
    );
    let path = "/v1/clusterprofiles/import/file";
    let body = raw(&world, Method::POST, path, "multipart/form-data; boundary=x", &form)
        .await
        .is_error(413, "PayloadTooLarge");
    assert!(message(&body).contains("16 MiB"), "{body}");
}

/// Anybody can send it, and as many at once as they like.
#[tokio::test]
async fn of_a_login_little_is_read() {
    let world = World::new().await;
    let login = async |filler: usize| {
        let login =
            serde_json::json!({ "emailId": EMAIL, "password": PASSWORD, "org": "x".repeat(filler) }).to_string();
        raw(&world, Method::POST, "/v1/auth/authenticate", "application/json", &login).await
    };
    login(10_000).await.is(200);
    let body = login(20_000).await.is_error(413, "PayloadTooLarge");
    assert!(message(&body).contains("16 KiB"), "{body}");
}

/// A uid of another kind, one that nobody has, and texts that are none: not there, on every path, and never more.
#[tokio::test]
async fn whatever_stands_for_a_uid_that_is_none_is_not_found_on_every_path() {
    let world = World::new().await;
    let profile = world.post("/v1/clusterprofiles", add_on("app")).await.uid();
    let registry = world.post("/v1/registries/helm", helm("charts")).await.uid();
    let key = world.post("/v1/apiKeys", json!({ "metadata": { "name": "k" } })).await.uid();
    let long = "5".repeat(3000);
    for (path, methods) in documented() {
        if !path.contains('{') || path.starts_with("/v1/auth/refresh") {
            continue;
        }
        let other = match path.split('/').nth(2).unwrap() {
            "clusterprofiles" | "dashboard" => &registry,
            "registries" | "apiKeys" => &profile,
            _ => &key,
        };
        for given in [other.as_str(), ABSENT, "no-hex", "a%2Fb", "..%2f..%2fregistries", "%00", "%ff", "%25", &long] {
            let parts = path.split('/').map(|part| if part.starts_with('{') { given } else { part });
            let at: Vec<&str> = parts.collect();
            for method in &methods {
                let answer = world.call(method.parse().unwrap(), &at.join("/"), None).await;
                let text = String::from_utf8_lossy(&answer.bytes);
                let is_read = matches!(method.as_str(), "GET" | "DELETE");
                let status = answer.status.as_u16();
                // What is written may be missing before anybody looks where it would go.
                let is_text = !matches!(given, "%ff" | "%00");
                let expected: &[u16] = if path.ends_with("/notify") && is_text {
                    &[401]
                } else if path.ends_with("/password/change") && is_text {
                    // Only one's own is changed, and nobody is told who else there is.
                    &[403]
                } else if is_read {
                    &[404]
                } else {
                    &[404, 400]
                };
                assert!(expected.contains(&status), "{method} {path} with {given}: {status} {text}");
                if status == 404 {
                    answer.is_error(404, "ResourceNotFound");
                }
            }
        }
    }
    for (path, status) in [("clusterprofiles", &profile), ("registries/helm", &registry), ("apiKeys", &key)] {
        world.get(&format!("/v1/{path}/{status}")).await.is(200);
    }
}

#[tokio::test]
async fn a_method_that_a_path_has_not_is_405_and_says_which_it_has() {
    let world = World::new().await;
    for (path, methods) in documented() {
        let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let path = path.join("/");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            // A name in the place of a uid may be a path of its own with other methods.
            if methods.contains(method) {
                continue;
            }
            let answer = world.call(method.parse().unwrap(), &path, None).await;
            let body = answer.is_error(405, "MethodNotAllowed");
            assert!(message(&body).contains(method), "{body}");
            let allowed: BTreeSet<&str> =
                answer.headers[header::ALLOW].to_str().unwrap().split(',').map(str::trim).collect();
            assert!(methods.iter().all(|known| allowed.contains(known.as_str())), "{method} {path}: {allowed:?}");
            assert!(!allowed.contains(method), "{method} {path}: {allowed:?}");
        }
    }
    for method in ["GET", "POST", "OPTIONS", "PROPFIND"] {
        let answer = world.call(method.parse().unwrap(), "/v1/spectroclusters/x/kubeconfig", None).await;
        answer.is_error(404, "ResourceNotFound");
    }
}

#[tokio::test]
async fn tokens_of_pages_that_were_tampered_with_are_refused_and_too_large_ones_are_the_end() {
    let world = World::new().await;
    let document = packyard_api::openapi();
    let mut lists = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().unwrap();
            if !parameters.iter().any(|one| one["name"] == "continue") {
                continue;
            }
            lists += 1;
            let call = async |query: &str| {
                let path = format!("{path}?{query}");
                let body = (method == "post").then(|| json!({}));
                world.call(method.to_uppercase().parse().unwrap(), &path, body).await
            };
            for query in [
                "continue=offset.-1",
                "continue=offset.1e3",
                "continue=offset.",
                "continue=b2Zmc2V0LjUw",
                "continue=%00",
                "continue=offset.99999999999999999999",
                "limit=-1",
                "limit=1.5",
                "offset=-1",
            ] {
                let body = call(query).await.is_error(400, "InvalidQuery");
                let says = if query.contains("%00") { "U+0000" } else { "`" };
                assert!(message(&body).contains(says), "{path}: {body}");
            }
            let last = call("continue=offset.18446744073709551615&limit=4294967296").await.is(200).json();
            assert_eq!((&last["items"], &last["listmeta"]["continue"]), (&json!([]), &json!("")), "{path}: {last}");
        }
    }
    assert!(lists >= 4, "{lists}");
}

/// The tenant's profiles are no answer to who asks for those of a project.
#[tokio::test]
async fn a_project_that_is_not_there_is_said_where_the_scope_counts_and_ignored_elsewhere() {
    let world = World::new().await;
    let uid = world.post("/v1/clusterprofiles", add_on("app")).await.uid();
    for gone in [ABSENT, "no-hex", uid.as_str()] {
        let scope = [("ProjectUid", gone)];
        let call =
            async |method: Method, path: &str, body: Option<Value>| world.call_with(method, path, body, &scope).await;
        for (method, path, body) in [
            (Method::GET, "/v1/dashboard/clusterprofiles/metadata", None),
            (Method::POST, "/v1/dashboard/clusterprofiles", Some(json!({}))),
            (Method::GET, "/v1/clusterprofiles/macros", None),
            (Method::POST, "/v1/clusterprofiles", Some(add_on("other"))),
            (Method::POST, "/v1/clusterprofiles/import", Some(add_on("other"))),
            (Method::GET, "/v1/clusterprofiles/validate/name?name=other", None),
        ] {
            let body = call(method, path, body).await.is_error(404, "ResourceNotFound");
            assert_eq!(message(&body), format!("project {gone} was not found"), "{path}");
        }
        // The provider shares one client between scopes: these are the tenant's whatever is sent.
        for path in
            ["/v1/packs", "/v1/registries/metadata", "/v1/dashboard/projects/metadata", "/v1/apiKeys", "/v1/users/info"]
        {
            call(Method::GET, path, None).await.is(200);
        }
        call(Method::GET, &format!("/v1/clusterprofiles/{uid}"), None).await.is(200);
        call(Method::PATCH, &format!("/v1/clusterprofiles/{uid}/publish"), None).await.is(204);
    }
    // An empty header is none.
    world.call_with(Method::GET, "/v1/dashboard/clusterprofiles/metadata", None, &[("ProjectUid", " ")]).await.is(200);
}

/// Go's structs ignore `omitempty` for times, and write lists that nobody filled as null.
#[tokio::test]
async fn times_of_the_year_1_and_null_lists_are_taken_as_what_was_not_said() {
    let world = World::at_work().await;
    let remote = Remote::start().await;
    let meta = |name: &str| {
        let never = "0001-01-01T00:00:00.000Z";
        json!({ "name": name, "uid": "", "labels": null, "annotations": null, "creationTimestamp": never,
            "deletionTimestamp": "0001-01-01T00:00:00Z", "lastModifiedTimestamp": never })
    };
    let auth = json!({ "type": "noAuth", "password": "", "tls": { "enabled": true, "certificate": "", "insecureSkipVerify": false } });
    let basic = json!({ "metadata": meta("basic"), "status": null, "spec": { "endpoint": remote.endpoint(), "providerType": "pack", "auth": auth } });
    let template = json!({ "cloudType": "all", "type": "add-on", "packs": [null, { "name": "notes", "type": "manifest", "layer": null,
        "manifests": [null, { "name": "m", "content": "kind: Job\r\nmetadata: {}\r\n" }], "values": "a: 1\r\nb: 2\r\n" }] });
    let mut made = Vec::new();
    for (path, body) in [
        ("/v1/projects", json!({ "metadata": meta("p"), "spec": null })),
        ("/v1/registries/oci/basic", basic),
        (
            "/v1/registries/helm",
            json!({ "metadata": meta("h"), "spec": { "endpoint": "https://x.example", "auth": auth, "createOption": { "charts": null } } }),
        ),
        (
            "/v1/apiKeys",
            json!({ "metadata": meta("k"), "spec": { "userUid": "", "expiry": "0001-01-01T00:00:00.000Z" } }),
        ),
        (
            "/v1/clusterprofiles",
            json!({ "metadata": meta("line-ends"), "spec": { "template": template, "variables": null, "version": "1.0.0" } }),
        ),
    ] {
        let uid = world.post(path, body).await.uid();
        let read =
            if path.ends_with("basic") { format!("/v1/registries/oci/{uid}/basic") } else { format!("{path}/{uid}") };
        let object = world.get(&read).await.is(200).json();
        let text = object.to_string();
        assert!(!text.contains("0001-01-01") && !text.contains("deletionTimestamp"), "{path}: {text}");
        assert!(object["metadata"]["creationTimestamp"].as_str().unwrap().starts_with("20"), "{path}: {text}");
        made.push(uid);
    }
    let profile = format!("/v1/clusterprofiles/{}", made[4]);
    let pack = world.get(&profile).await.json()["spec"]["draft"]["packs"][0].clone();
    assert_eq!(pack["values"], "a: 1\r\nb: 2\r\n", "line ends are the client's");
    let manifests = world.get(&format!("{profile}/packs/notes/manifests")).await.json();
    assert_eq!(manifests["items"][0]["spec"]["draft"]["content"], "kind: Job\r\nmetadata: {}\r\n");
    world
        .post(
            "/v1/packs/search",
            json!({ "filter": { "addOnType": null, "layer": null, "name": { "eq": "x" } }, "sort": null }),
        )
        .await
        .is(200);
    world.put(&format!("{profile}/variables"), json!({ "variables": null })).await.is(204);
    world
        .patch(&format!("{profile}/metadata"), Some(json!({ "metadata": meta("line-ends"), "spec": null })))
        .await
        .is(204);
    // Through a file, and back.
    let file: Value = serde_json::from_slice(&world.get(&format!("{profile}/export")).await.bytes).unwrap();
    let yaml = world.get(&format!("{profile}/export?format=yaml")).await;
    let yaml = String::from_utf8(yaml.bytes).unwrap().replace("line-ends", "from-yaml");
    assert_eq!(file["spec"]["template"]["packs"][0]["values"], "a: 1\r\nb: 2\r\n");
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"importFile\"; filename=\"p\"\r\n\r\n{yaml}\r\n--x--\r\n"
    );
    let path = "/v1/clusterprofiles/import/file?publish=true";
    let again = raw(&world, Method::POST, path, "multipart/form-data; boundary=x", &form).await.uid();
    let pack = world.get(&format!("/v1/clusterprofiles/{again}")).await.json()["spec"]["published"]["packs"][0].clone();
    assert_eq!(pack["values"], "a: 1\r\nb: 2\r\n", "{yaml}");
}

#[tokio::test]
async fn everything_that_variables_cannot_be_is_said_at_once() {
    let world = World::new().await;
    let mut profile = add_on("app");
    profile["spec"]["variables"] = json!([
        { "name": "zone", "displayName": "Zone", "regex": "([" },
        { "name": "size", "displayName": "Zone", "regex": "(?=look)" },
        { "name": "1st", "displayName": "First" },
        { "name": "count", "displayName": "Count", "format": "number", "regex": r"^\d{1,3}$", "defaultValue": "5" },
    ]);
    let refused = world.post("/v1/clusterprofiles", profile).await.is_error(400, "InvalidField");
    for says in
        ["`zone` has the pattern `([`", "`size` has the pattern", "display name that another", "`1st` has a name"]
    {
        assert!(message(&refused).contains(says), "{says}: {refused}");
    }
    assert!(!message(&refused).contains("`count`"), "{refused}");
}

/// Clients look registries up by the very name, over all kinds.
#[tokio::test]
async fn one_name_is_one_registry_and_comes_back_letter_by_letter() {
    let world = World::new().await;
    let first = world.post("/v1/registries/helm", helm("Charts")).await.uid();
    let refused = world.post("/v1/registries/pack", helm("Charts")).await.is_error(409, "RegistryAlreadyExists");
    assert!(message(&refused).contains("`Charts`") && message(&refused).contains("Choose another name"), "{refused}");
    // Another spelling is another name, and each is found by its own.
    let second = world.post("/v1/registries/pack", helm("charts")).await.uid();
    world.put(&format!("/v1/registries/pack/{second}"), helm("Charts")).await.is_error(409, "RegistryAlreadyExists");
    let list = world.get("/v1/registries/metadata").await.json();
    let found: BTreeMap<&str, &str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["uid"].as_str().unwrap()))
        .collect();
    assert_eq!(found, BTreeMap::from([("Charts", first.as_str()), ("charts", second.as_str())]));
    // Terraform would make one anew whose name came back without its space.
    for name in [" charts", "charts\n", "\t"] {
        let refused = world.post("/v1/registries/helm", helm(name)).await.is_error(400, "InvalidField");
        assert!(message(&refused).contains("name"), "{refused}");
    }
    let (one, other) = tokio::join!(
        world.post("/v1/registries/helm", helm("at-once")),
        world.post("/v1/registries/pack", helm("at-once"))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::CONFLICT]);
}

#[tokio::test]
async fn credentials_that_do_not_count_say_where_the_next_one_comes_from() {
    let world = World::with_access(|config| config.jwt_life_s = 0).await;
    let login = json!({ "emailId": crate::world::EMAIL, "password": crate::world::PASSWORD });
    let ended = world.post("/v1/auth/authenticate", login).await.is(200).json();
    let ended = ended["Authorization"].as_str().unwrap().to_owned();
    let path = "/v1/users/info";
    let token = async |token: &str| world.call_with(Method::GET, path, None, &[("Authorization", token)]).await;
    for answer in [
        token(&ended).await,
        token(&format!("Bearer {ended}")).await,
        world.get(&format!("/v1/auth/refresh/{ended}")).await,
    ] {
        let body = answer.is_error(401, "CredentialsExpired");
        assert!(message(&body).contains("Log in again with POST /v1/auth/authenticate"), "{body}");
    }
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
    for answer in [token(none).await, token("").await, world.get(&format!("/v1/auth/refresh/{none}")).await] {
        let body = answer.is_error(401, "Unauthorized");
        assert!(message(&body).contains("/v1/auth/authenticate"), "{body}");
    }
    let soon = world.store.core.now_ms() + 3_000;
    let request =
        NewApiKeyRequest { name: "ends".to_owned(), expires_at_ms: Some(soon), ..NewApiKeyRequest::default() };
    let ends = world.access.create_api_key(&world.admin, request).await.unwrap();
    while world.access.api_key(ends.secret.expose_secret(), peer()).await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let headers = [("ApiKey", ends.secret.expose_secret())];
    let body = world.call_with(Method::GET, path, None, &headers).await.is_error(401, "CredentialsExpired");
    assert!(message(&body).contains("POST /v1/apiKeys"), "{body}");
    let request = NewApiKeyRequest { name: "short".to_owned(), ..NewApiKeyRequest::default() };
    let made = world.access.create_api_key(&world.admin, request).await.unwrap();
    assert!(world.access.api_key(made.secret.expose_secret(), peer()).await.is_ok());
    let uid = made.key.uid.clone();
    world.delete(&format!("/v1/apiKeys/{uid}")).await.is(204);
    for key in [made.secret.expose_secret(), "0123", "", "é"] {
        let body = world.call_with(Method::GET, path, None, &[("ApiKey", key)]).await.is_error(401, "Unauthorized");
        assert!(message(&body).contains("POST /v1/apiKeys"), "{key}: {body}");
    }
}
