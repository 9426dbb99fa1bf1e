use crate::world::{EMAIL, PASSWORD, World, peer};
use axum::body::Body;
use flate2::read::GzDecoder;
use http::{Method, Request, header};
use packyard_access::NewApiKeyRequest;
use packyard_access::iam::{Holder, NewUser};
use secrecy::ExposeSecret;
use serde_json::json;
use std::io::Read;

#[tokio::test]
async fn whatever_is_not_there_is_a_resource_not_found_in_json() {
    let world = World::new().await;
    for (method, path) in [
        (Method::GET, "/v1"),
        (Method::GET, "/v1/"),
        (Method::GET, "/v1/nothing/here"),
        (Method::POST, "/v1/cloudaccounts/aws"),
        (Method::DELETE, "/v1/spectroclusters/5eecc89d0b150045ae661cef"),
        (Method::GET, "/v1/packs/5eecc89d0b150045ae661cef"),
        (Method::GET, "/v1/packs/some%20name%20of%20an%20import"),
        (Method::GET, "/v1/packs/hello/registries/5eecc89d0b150045ae661cef"),
        (Method::GET, "/v1/clusterprofiles/a%20name"),
        (Method::GET, "/v1/packs/%ff"),
        (Method::GET, "/v1/packs/%ff/registries/x"),
        (Method::DELETE, "/v1/registries/oci/%ff/basic"),
        (Method::PUT, "/v1/clusterprofiles/%c3%28"),
        (Method::DELETE, "/v1/clusterprofiles/5eecc89d0b150045ae661cef"),
        (Method::GET, "/v1/registries/oci/5eecc89d0b150045ae661cef/ecr"),
        (Method::GET, "/v1/registries/pack/5eecc89d0b150045ae661cef/sync/status"),
        (Method::POST, "/v1/registries/oci/5eecc89d0b150045ae661cef/basic/sync"),
        (Method::GET, "/v1/projects/5eecc89d0b150045ae661cef"),
        (Method::DELETE, "/v1/apiKeys/5eecc89d0b150045ae661cef"),
    ] {
        let answer = world.call(method.clone(), path, None).await;
        let body = answer.is_error(404, "ResourceNotFound");
        assert!(body["details"].is_null(), "{method} {path}: {body}");
    }
    world.put("/v1/packs/search", json!({})).await.is_error(405, "MethodNotAllowed");
}

#[tokio::test]
async fn other_hosts_are_misdirected() {
    let world = World::new().await;
    for (host, status) in [
        ("localhost:7225", 200),
        ("127.0.0.1", 200),
        ("[::1]:7225", 200),
        ("packs.example.com", 200),
        ("evil.example", 421),
        ("packs.example.com.evil.example", 421),
    ] {
        for path in ["/v1/auth/orgs", "/api/openapi.json"] {
            let request = Request::builder().uri(path).header(header::HOST, host).body(Body::empty()).unwrap();
            let answer = world.send(request).await;
            if status == 421 {
                answer.is_error(421, "MisdirectedRequest");
            } else {
                answer.is(status);
            }
        }
    }
}

#[tokio::test]
async fn a_key_or_a_token_is_a_credential_and_a_cookie_is_none() {
    let world = World::new().await;
    let path = "/v1/users/info";
    let login = json!({ "emailId": EMAIL, "password": PASSWORD, "org": "" });
    let reply = world.post("/v1/auth/authenticate?setCookie=true", login).await.is(200).json();
    let token = reply["Authorization"].as_str().expect("a token").to_owned();
    assert_eq!(reply["isMfa"], false);
    let bearer = format!("Bearer {token}");
    for headers in [[("ApiKey", world.key.as_str())], [("Authorization", token.as_str())], [("Authorization", &bearer)]]
    {
        let info = world.call_with(Method::GET, path, None, &headers).await.is(200).json();
        assert_eq!(info["userUid"], world.admin.principal.uid.as_str());
        assert_eq!(info["tenantUid"].as_str().expect("a uid").len(), 24);
    }
    let refreshed = world.get(&format!("/v1/auth/refresh/{token}")).await.is(200).json();
    let fresh = refreshed["Authorization"].as_str().expect("a token").to_owned();
    world.call_with(Method::GET, path, None, &[("Authorization", &fresh)]).await.is(200);

    let session = world.access.login(EMAIL, PASSWORD, peer()).await.unwrap();
    let request = |headers: &[(&str, &str)]| {
        let mut request = Request::builder().uri(path).header(header::HOST, "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    };
    let cookie = format!("session={}; packyard_session={0}", session.token.expose_secret());
    for headers in [
        vec![],
        vec![("Cookie", cookie.as_str()), ("X-CSRF-Token", session.csrf.as_str())],
        vec![("Authorization", session.token.expose_secret())],
        vec![("ApiKey", "0123456789abcdef")],
        vec![("Authorization", "Basic dXNlcjpwYXNz")],
    ] {
        world.send(request(&headers)).await.is_error(401, "Unauthorized");
    }
    let wrong = json!({ "emailId": EMAIL, "password": "wrong" });
    world.post("/v1/auth/authenticate", wrong).await.is_error(401, "Unauthorized");
}

#[tokio::test]
async fn rights_are_asked_for_every_operation() {
    let world = World::new().await;
    let iam = world.access.iam(&world.admin);
    let viewer = iam.create_user(NewUser::named("viewer")).await.unwrap();
    let nobody = iam.create_user(NewUser::named("nobody")).await.unwrap();
    iam.attach_policy(Holder::User("viewer"), "arn:aws:iam::aws:policy/PackyardViewer").await.unwrap();
    let key_of = async |uid: String| {
        let request = NewApiKeyRequest { name: "k".to_owned(), user_uid: Some(uid), ..NewApiKeyRequest::default() };
        world.access.create_api_key(&world.admin, request).await.unwrap().secret.expose_secret().to_owned()
    };
    let (viewer, nobody) = (key_of(viewer.uid).await, key_of(nobody.uid).await);
    let call =
        async |key: &str, method: Method, path: &str| world.call_with(method, path, None, &[("ApiKey", key)]).await;
    for path in [
        "/v1/packs",
        "/v1/registries/metadata",
        "/v1/dashboard/clusterprofiles/metadata",
        "/v1/dashboard/projects/metadata",
    ] {
        call(&viewer, Method::GET, path).await.is(200);
        let body = call(&nobody, Method::GET, path).await.is_error(403, "Forbidden");
        assert!(body["message"].as_str().unwrap().contains("is not authorized to perform: packyard:Read"), "{body}");
    }
    for (method, path) in [
        (Method::POST, "/v1/clusterprofiles"),
        (Method::POST, "/v1/registries/oci/basic"),
        (Method::POST, "/v1/registries/oci/ecr/validate"),
        (Method::POST, "/v1/projects"),
        (Method::DELETE, "/v1/registries/5eecc89d0b150045ae661cef"),
        (Method::POST, "/v1/clusterprofiles/import"),
        (Method::POST, "/v1/clusterprofiles/5eecc89d0b150045ae661cef/clone"),
        (Method::DELETE, "/v1/clusterprofiles/bulk"),
        (Method::GET, "/v1/clusterprofiles/macros"),
        (Method::POST, "/v1/projects/5eecc89d0b150045ae661cef/macros"),
        (Method::GET, "/v1/users"),
    ] {
        call(&viewer, method, path).await.is_error(403, "Forbidden");
    }
    // Who may not set the secret of a Helm registry does not see it either.
    let auth = json!({ "type": "token", "username": "me", "token": "charts-secret" });
    let spec = json!({ "endpoint": "https://example.com", "createOption": { "skipSync": true }, "auth": auth });
    let helm = json!({ "metadata": { "name": "charts" }, "spec": spec });
    let path = format!("/v1/registries/helm/{}", world.post("/v1/registries/helm", helm).await.uid());
    assert_eq!(world.get(&path).await.json()["spec"]["auth"]["token"], "charts-secret");
    assert_eq!(call(&viewer, Method::GET, &path).await.is(200).json()["spec"]["auth"]["token"], "********");
}

#[tokio::test]
async fn replies_are_compressed_for_who_asks_and_carry_the_request_id() {
    let world = World::new().await;
    let plain = world.get("/api/openapi.json").await;
    let headers = [("Accept-Encoding", "gzip"), ("X-Request-Id", "abc-123")];
    let small = world.call_with(Method::GET, "/api/openapi.json", None, &headers).await;
    assert_eq!(small.headers.get(header::CONTENT_ENCODING).expect("an encoding"), "gzip");
    assert!(small.bytes.len() * 3 < plain.bytes.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(small.bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.bytes);
    assert_eq!(small.headers.get("x-request-id").unwrap(), "abc-123");
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_known_ones_are_read_strictly() {
    let world = World::new().await;
    world.get("/v1/packs?limit=50&offset=0&scope=all&whatever=1").await.is(200);
    world.get("/v1/packs?filters=spec.name%3Dx%41NDspec.cloudTypes_in_aws%2Call").await.is(200);
    let body = world.get("/v1/packs?filters=spec.colour%3Dred").await.is_error(400, "InvalidFilter");
    assert!(body["message"].as_str().unwrap().contains("spec.colour"));
    world.get("/v1/packs?orderBy=spec.colour%3D1").await.is_error(400, "InvalidOrder");
    world.get("/v1/packs?limit=many").await.is_error(400, "InvalidQuery");
    world.post("/v1/packs/search", json!({ "filter": { "isFips": true } })).await.is_error(400, "InvalidFilter");
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/packs/search")
        .header(header::HOST, "localhost")
        .header("ApiKey", &world.key)
        .body(Body::from("<html>"))
        .unwrap();
    world.send(request).await.is_error(400, "InvalidBody");
}
