//! Every way in for a blob, and what stays of an upload that goes wrong.

use super::world::{World, noise};
use axum::body::Body;
use bytes::Bytes;
use packyard_oci::Digest;

async fn begin(world: &World, repo: &str) -> String {
    world.call("POST", &format!("/v2/{repo}/blobs/uploads/")).await.expect(202).header("location").to_owned()
}

#[tokio::test]
async fn chunks_out_of_order_are_416_and_keep_the_session() {
    for world in World::all().await {
        let content = noise(5, 50_000);
        let digest = Digest::sha256(&content);
        let there = begin(&world, "a").await;
        let chunk = |range: std::ops::Range<usize>| content[range].to_vec();
        let first =
            world.call_with("PATCH", &there, &[("content-range", "0-19999")], chunk(0..20_000)).await.expect(202);
        assert_eq!(first.header("range"), "0-19999");
        for (range, bytes) in [("0-19999", 0..20_000), ("20001-30000", 20_001..30_001)] {
            let refused = world.call_with("PATCH", &there, &[("content-range", range)], chunk(bytes)).await.expect(416);
            assert_eq!(refused.header("range"), "0-19999");
            assert_eq!(refused.header("location"), there);
        }
        let put = format!("{there}?digest={digest}");
        world.call_with("PUT", &put, &[("content-range", "0-29999")], chunk(0..30_000)).await.expect(416);
        let status = world.call("GET", &there).await.expect(204);
        assert_eq!((status.header("range"), status.header("location")), ("0-19999", there.as_str()));
        world.call_with("PUT", &put, &[("content-range", "20000-49999")], chunk(20_000..50_000)).await.expect(201);
        assert_eq!(world.call("GET", &format!("/v2/a/blobs/{digest}")).await.expect(200).body, content);
        world.call("GET", &there).await.expect(404);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_what_had_arrived() {
    let world = World::one().await;
    let content = noise(6, 40_000);
    let there = begin(&world, "a").await;
    let pieces = vec![Ok(Bytes::copy_from_slice(&content[..30_000])), Err(std::io::Error::other("gone"))];
    let broken = Body::from_stream(futures_util::stream::iter(pieces));
    world.call_with("PATCH", &there, &[], broken).await.expect(400);
    assert_eq!(world.call("GET", &there).await.expect(204).header("range"), "0-29999");
    world.call_with("PATCH", &there, &[("content-range", "30000-39999")], content[30_000..].to_vec()).await.expect(202);
    world.call("PUT", &format!("{there}?digest={}", Digest::sha256(&content))).await.expect(201);
}

#[tokio::test]
async fn wrong_bytes_are_refused_on_every_route_and_leave_nothing() {
    for world in World::all().await {
        let content = noise(8, 70_000);
        let wrong = Digest::sha256(b"something else");
        world.push_blob("a", b"makes the repository").await;
        let path = "/v2/a/blobs/uploads/";
        world.call_with("POST", &format!("{path}?digest={wrong}"), &[], content.clone()).await.expect(400);
        let there = begin(&world, "a").await;
        let reply = world.call_with("PUT", &format!("{there}?digest={wrong}"), &[], content.clone()).await.expect(400);
        assert_eq!(reply.code(), "DIGEST_INVALID");
        world.call("GET", &there).await.expect(404);
        let there = begin(&world, "a").await;
        world.call_with("PATCH", &there, &[], content.clone()).await.expect(202);
        world.call("PUT", &format!("{there}?digest={wrong}")).await.expect(400);
        world.call("GET", &format!("/v2/a/blobs/{wrong}")).await.expect(404);
        let files: usize = std::fs::read_dir(world.folder().join("blobs"))
            .unwrap()
            .map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count())
            .sum();
        assert_eq!(files, 0, "{}", world.engine);
    }
}

#[tokio::test]
async fn empty_blobs_come_in_by_every_route() {
    let world = World::one().await;
    let empty = Digest::sha256(b"");
    let reply = world.call("POST", &format!("/v2/a/blobs/uploads/?digest={empty}")).await.expect(201);
    assert_eq!(world.call("GET", reply.header("location")).await.expect(200).header("content-length"), "0");
    let there = begin(&world, "b").await;
    world.call("PUT", &format!("{there}?digest={empty}")).await.expect(201);
    let there = begin(&world, "c").await;
    world.call("PATCH", &there).await.expect(202);
    world.call("PUT", &format!("{there}?digest={empty}")).await.expect(201);
}

#[tokio::test]
async fn a_session_is_its_openers_and_its_repositorys() {
    let mut world = World::one().await;
    let there = begin(&world, "a").await;
    world.push_blob("b", b"x").await;
    let elsewhere = there.replace("/v2/a/", "/v2/b/");
    world.call("GET", &elsewhere).await.expect(404);
    world.user("other", r#"{"Effect":"Allow","Action":"ecr:*","Resource":"*"}"#).await;
    world.asked_by("other", super::world::PASSWORD);
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(world.call(method, &there).await.expect(404).status, 404);
    }
    world.call("PUT", &format!("{there}?digest={}", Digest::sha256(b""))).await.expect(404);
}

#[tokio::test]
async fn sessions_are_few_and_end_when_nobody_writes() {
    let world = World::one_with(|config| config.limits.uploads_per_principal = 3).await;
    let first = begin(&world, "a").await;
    world.call_with("PATCH", &first, &[], noise(1, 100_000)).await.expect(202);
    begin(&world, "a").await;
    begin(&world, "a").await;
    let refused = world.call("POST", "/v2/a/blobs/uploads/").await.expect(429);
    assert!(String::from_utf8_lossy(&refused.body).contains("uploads_per_principal"));
    world.call("DELETE", &first).await.expect(204);
    begin(&world, "a").await;
}

#[tokio::test]
async fn a_mount_needs_the_right_to_read_there() {
    for mut world in World::all().await {
        let digest = world.push_blob("secret/source", &noise(2, 40_000)).await;
        world.push_blob("mine/target", b"x").await;
        let from = format!("/v2/mine/target/blobs/uploads/?mount={digest}&from=secret/source");
        let anywhere = format!("/v2/mine/target/blobs/uploads/?mount={digest}");
        let mine = r#"{"Effect":"Allow","Action":"ecr:*","Resource":"arn:aws:ecr:*:*:repository/mine/*"}"#;
        world.user("mine", mine).await;
        world.asked_by("mine", super::world::PASSWORD);
        for path in [&from, &anywhere] {
            world.call("POST", path).await.expect(202);
        }
        for method in ["GET", "HEAD"] {
            world.call(method, &format!("/v2/mine/target/blobs/{digest}")).await.expect(404);
        }
        world.asked_by(super::world::ADMIN, super::world::PASSWORD);
        let absent = Digest::sha256(b"nowhere");
        world.call("POST", &from.replace(digest.as_str(), absent.as_str())).await.expect(202);
        let mounted = world.call("POST", &from).await.expect(201);
        world.call("GET", mounted.header("location")).await.expect(200);
        world.call("POST", &anywhere.replace("mine/target", "mine/third")).await.expect(201);
    }
}
