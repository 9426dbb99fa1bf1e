//! Reading blobs.

use super::world::{World, noise};
use packyard_oci::{Algorithm, Digest};

#[tokio::test]
async fn a_large_blob_comes_back_whole_and_in_parts() {
    for world in World::all().await {
        let content = noise(1, 3_000_000);
        let digest = world.push_blob("a/b", &content).await;
        let path = format!("/v2/a/b/blobs/{digest}");
        let whole = world.call("GET", &path).await.expect(200);
        assert_eq!(whole.body, content, "{}", world.engine);
        assert_eq!(whole.header("content-length"), "3000000");
        assert_eq!(whole.header("docker-content-digest"), digest.as_str());
        let part = world.call_with("GET", &path, &[("range", "bytes=1048570-2097160")], "").await.expect(206);
        assert_eq!(part.body, content[1_048_570..=2_097_160]);
        assert_eq!(part.header("content-range"), "bytes 1048570-2097160/3000000");
        let none = world.call_with("GET", &path, &[("range", "bytes=3000000-")], "").await.expect(416);
        assert_eq!(none.header("content-range"), "bytes */3000000");
        let head = world.call("HEAD", &path).await.expect(200);
        assert_eq!((head.header("content-length"), head.body.len()), ("3000000", 0));
    }
}

#[tokio::test]
async fn a_known_entity_is_not_sent_again() {
    let world = World::one().await;
    let digest = world.push_blob("a", b"small").await;
    let (path, etag) = (format!("/v2/a/blobs/{digest}"), format!("\"{digest}\""));
    assert!(world.call_with("GET", &path, &[("if-none-match", &etag)], "").await.expect(304).body.is_empty());
    world.call_with("GET", &path, &[("if-none-match", "\"other\"")], "").await.expect(200);
    // A range of another version than the client has is the whole.
    world.call_with("GET", &path, &[("range", "bytes=0-1"), ("if-range", "\"other\"")], "").await.expect(200);
    world.call_with("GET", &path, &[("range", "bytes=0-1"), ("if-range", &etag)], "").await.expect(206);
}

#[tokio::test]
async fn content_of_users_is_never_a_page_of_this_origin() {
    let world = World::one().await;
    let digest = world.push_blob("a", b"<script>").await;
    let reply = world.call("GET", &format!("/v2/a/blobs/{digest}")).await.expect(200);
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(reply.header("content-type"), "application/octet-stream");
}

#[tokio::test]
async fn both_algorithms_are_verified_each_by_itself() {
    for world in World::all().await {
        let content = noise(7, 100_000);
        let (short, long) = (Digest::of(Algorithm::Sha256, &content), Digest::of(Algorithm::Sha512, &content));
        world.push_blob("a", &content).await;
        world.call("GET", &format!("/v2/a/blobs/{long}")).await.expect(404);
        // The session began without saying that the digest would be a sha512.
        let begun = world.call("POST", "/v2/a/blobs/uploads/").await.expect(202);
        let there = begun.header("location").to_owned();
        world.call_with("PATCH", &there, &[], content.clone()).await.expect(202);
        world.call("PUT", &format!("{there}?digest={long}")).await.expect(201);
        for digest in [&short, &long] {
            let reply = world.call("GET", &format!("/v2/a/blobs/{digest}")).await.expect(200);
            assert_eq!((reply.header("docker-content-digest"), &reply.body[..]), (digest.as_str(), &content[..]));
        }
    }
}

#[tokio::test]
async fn a_lost_object_is_an_error_and_the_next_push_mends_it() {
    for world in World::all().await {
        let content = noise(3, 600_000);
        let digest = world.push_blob("a", &content).await;
        let path = format!("/v2/a/blobs/{digest}");
        for folder in std::fs::read_dir(world.folder().join("blobs")).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                std::fs::remove_file(file.unwrap().path()).unwrap();
            }
        }
        world.call("GET", &path).await.expect(500);
        world.call("HEAD", &path).await.expect(404);
        world.push_blob("a", &content).await;
        assert_eq!(world.call("GET", &path).await.expect(200).body, content);
    }
}

#[tokio::test]
async fn a_cut_object_never_looks_whole() {
    let world = World::one().await;
    let content = noise(3, 1_500_000);
    let digest = world.push_blob("a", &content).await;
    for folder in std::fs::read_dir(world.folder().join("blobs")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            std::fs::OpenOptions::new().write(true).open(file.unwrap().path()).unwrap().set_len(1_000_000).unwrap();
        }
    }
    let reply = world.call("GET", &format!("/v2/a/blobs/{digest}")).await;
    assert!(reply.body.len() < content.len(), "{}", reply.body.len());
}

#[tokio::test]
async fn deleting_a_blob_hides_it_unless_a_manifest_needs_it() {
    for world in World::all().await {
        world.push_image("a", "v1", b"layer").await;
        let loose = world.push_blob("a", b"loose").await;
        world.call("DELETE", &format!("/v2/a/blobs/{loose}")).await.expect(202);
        world.call("GET", &format!("/v2/a/blobs/{loose}")).await.expect(404);
        world.call("DELETE", &format!("/v2/a/blobs/{loose}")).await.expect(404);
        let used = Digest::sha256(b"layer");
        world.call("DELETE", &format!("/v2/a/blobs/{used}")).await.expect(405);
        world.call("GET", &format!("/v2/a/blobs/{used}")).await.expect(200);
    }
}
