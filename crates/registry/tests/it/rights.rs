//! Who may do what at `/v2`.

use super::world::{PASSWORD, World, basic, image};
use axum::body::Body;
use http::header::AUTHORIZATION;
use packyard_oci::{Digest, media};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn without_credentials_there_is_a_challenge_that_names_this_server() {
    let world = World::one().await;
    let request = http::Request::get("/v2/").body(Body::empty()).unwrap();
    let reply = world.send(request).await.expect(401);
    assert_eq!(reply.header("www-authenticate"), r#"Basic realm="http://localhost:7225/",service="ecr.amazonaws.com""#);
    assert_eq!(reply.header("packyard-instance"), "instance-1");
    assert_eq!(reply.code(), "UNAUTHORIZED");
    assert!(reply.headers.get("packyard-instance-proof").is_none());
    // Asked with a random text, it proves which installation it is; a short one gives nothing away.
    for (challenge, answers) in [("0123456789abcdef0123456789abcdef", true), ("0123", false)] {
        let request = http::Request::get("/v2/").header("packyard-instance-challenge", challenge);
        let reply = world.send(request.body(Body::empty()).unwrap()).await.expect(401);
        let proof = reply.headers.get("packyard-instance-proof").map(|value| value.to_str().unwrap());
        assert_eq!(proof.is_some(), answers, "{challenge}");
        assert!(proof.is_none_or(|proof| world.store.core.is_instance_proof(challenge, proof)));
        assert!(
            proof.is_none_or(|proof| !world.store.core.is_instance_proof("another challenge of 32 letters.", proof))
        );
    }
    assert_eq!(world.call("GET", "/v2/").await.expect(200).header("docker-distribution-api-version"), "registry/2.0");
}

#[tokio::test]
async fn wrong_credentials_of_every_kind_are_401() {
    let world = World::one().await;
    let token = ["Bearer abc", "Basic", "Basic !!!", "Basic YQ==", "Digest x"];
    let logins = [("nobody", "x"), ("AWS", "not-a-token"), (super::world::ADMIN, "wrong"), ("", "")];
    for text in token.map(str::to_owned).into_iter().chain(logins.map(|(user, password)| basic(user, password))) {
        let request = http::Request::get("/v2/").header(AUTHORIZATION, &text).body(Body::empty()).unwrap();
        let reply = world.send(request).await.expect(401);
        assert!(reply.header("www-authenticate").starts_with("Basic "), "{text}");
    }
}

#[tokio::test]
async fn wrong_passwords_without_end_are_429() {
    let world = World::one().await;
    let mut last = 0;
    for _ in 0..30 {
        let login = basic(super::world::ADMIN, "wrong");
        let request = http::Request::get("/v2/").header(AUTHORIZATION, login).body(Body::empty()).unwrap();
        let reply = world.send(request).await;
        last = reply.status.as_u16();
        if last == 429 {
            assert!(!reply.header("retry-after").is_empty());
            break;
        }
    }
    assert_eq!(last, 429);
}

/// Each action of the table, by the one request that needs it.
#[tokio::test]
async fn each_action_opens_its_requests_and_no_others() {
    let mut world = World::one().await;
    world.push_image("team/app", "v1", b"layer").await;
    let layer = Digest::sha256(b"layer");
    let manifest = Digest::sha256(image(b"layer", "").as_bytes());
    let needs: [(&str, &str, String); 9] = [
        ("ecr:BatchCheckLayerAvailability", "HEAD", format!("/v2/team/app/blobs/{layer}")),
        ("ecr:GetDownloadUrlForLayer", "GET", format!("/v2/team/app/blobs/{layer}")),
        ("ecr:InitiateLayerUpload", "POST", "/v2/team/app/blobs/uploads/".into()),
        ("ecr:PutImage", "PUT", "/v2/team/app/manifests/v2".into()),
        ("ecr:BatchGetImage", "GET", "/v2/team/app/manifests/v1".into()),
        ("ecr:BatchGetImage", "GET", format!("/v2/team/app/referrers/{manifest}")),
        ("ecr:ListImages", "GET", "/v2/team/app/tags/list".into()),
        ("ecr:BatchDeleteImage", "DELETE", format!("/v2/team/app/blobs/{layer}")),
        ("ecr:BatchDeleteImage", "DELETE", "/v2/team/app/manifests/absent".into()),
    ];
    let actions: std::collections::BTreeSet<&str> = needs.iter().map(|(action, ..)| *action).collect();
    for (n, missing) in actions.iter().enumerate() {
        let user = format!("lacks-{n}");
        let others: Vec<String> = actions.iter().filter(|a| *a != missing).map(|a| format!("\"{a}\"")).collect();
        let statement = format!(r#"{{"Effect":"Allow","Action":[{}],"Resource":"*"}}"#, others.join(","));
        world.user(&user, &statement).await;
        world.asked_by(&user, PASSWORD);
        for (action, method, path) in &needs {
            let body = if *method == "PUT" { image(b"layer", "") } else { String::new() };
            let reply = world.call_with(method, path, &[("content-type", media::OCI_MANIFEST)], body).await;
            assert_eq!(reply.status == 403, action == missing, "{method} {path} without {missing}: {}", reply.status);
            if reply.status == 403 && *method != "HEAD" {
                let text = String::from_utf8_lossy(&reply.body).into_owned();
                let arn = format!("arn:aws:iam::000000000000:user/{user}");
                let expected = format!(
                    "User: {arn} is not authorized to perform: {missing} on resource: arn:aws:ecr:us-east-1:000000000000:repository/team/app because no identity-based policy allows the {missing} action"
                );
                assert!(text.contains(&expected), "{text}");
                assert_eq!(reply.code(), "DENIED");
            }
        }
        world.asked_by(super::world::ADMIN, PASSWORD);
    }
}

#[tokio::test]
async fn a_head_of_a_manifest_takes_any_of_three_actions() {
    let mut world = World::one().await;
    world.push_image("a", "v1", b"layer").await;
    for (n, (action, status)) in
        [("ecr:BatchGetImage", 200), ("ecr:DescribeImages", 200), ("ecr:PutImage", 200), ("ecr:ListImages", 403)]
            .into_iter()
            .enumerate()
    {
        let user = format!("head-{n}");
        world.user(&user, &format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#)).await;
        world.asked_by(&user, PASSWORD);
        assert!(world.call("HEAD", "/v2/a/manifests/v1").await.expect(status).body.is_empty(), "{action}");
        world.asked_by(super::world::ADMIN, PASSWORD);
    }
}

#[tokio::test]
async fn a_missing_repository_is_made_for_logins_that_may_and_refused_to_tokens() {
    for mut world in World::all().await {
        let admin = world.admin().await;
        let token = world.access.ecr_token(&admin).await;
        let password = token.password.expose_secret().to_owned();
        world.asked_by("AWS", &password);
        let refused = world.call("POST", "/v2/new/one/blobs/uploads/").await.expect(404);
        assert_eq!(refused.code(), "NAME_UNKNOWN");
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        let expected = "The repository with name 'new/one' does not exist in the registry with id '000000000000'";
        assert!(text.contains(expected), "{text}");
        world.asked_by(super::world::ADMIN, PASSWORD);
        world.user("pusher", r#"{"Effect":"Allow","Action":["ecr:InitiateLayerUpload"],"Resource":"*"}"#).await;
        world.asked_by("pusher", PASSWORD);
        world.call("POST", "/v2/new/one/blobs/uploads/").await.expect(404);
        world.asked_by(super::world::ADMIN, PASSWORD);
        world.call("POST", "/v2/new/one/blobs/uploads/").await.expect(202);
        world.asked_by("AWS", &password);
        world.call("POST", "/v2/new/one/blobs/uploads/").await.expect(202);
    }
}

#[tokio::test]
async fn what_may_not_be_seen_and_what_is_not_there_are_told_apart_only_to_those_who_may() {
    let mut world = World::one().await;
    world.push_image("there", "v1", b"layer").await;
    world.user("stranger", r#"{"Effect":"Allow","Action":"ecr:*","Resource":"arn:aws:ecr:*:*:repository/mine"}"#).await;
    world.asked_by("stranger", PASSWORD);
    for repo in ["there", "not-there"] {
        assert_eq!(world.call("GET", &format!("/v2/{repo}/manifests/v1")).await.status, 403, "{repo}");
        assert_eq!(world.call("GET", &format!("/v2/{repo}/tags/list")).await.status, 403, "{repo}");
    }
}
