//! Manifests by tag and digest.

use super::world::{World, descriptor, image, noise};
use packyard_oci::{Algorithm, Digest, media};
use packyard_registry::Mutability;

#[tokio::test]
async fn the_bytes_come_back_as_they_were_by_tag_and_by_digest() {
    for world in World::all().await {
        let layer = noise(1, 20_000);
        world.push_blob("a", b"{}").await;
        world.push_blob("a", &layer).await;
        let text = image(&layer, ",\"x-unknown\": [1,  2]");
        let digest = Digest::sha256(text.as_bytes());
        let put = world.put_manifest("a", "v1", media::OCI_MANIFEST, &text).await.expect(201);
        assert_eq!(put.header("location"), format!("/v2/a/manifests/{digest}"));
        for reference in ["v1", digest.as_str()] {
            let path = format!("/v2/a/manifests/{reference}");
            let got = world.call("GET", &path).await.expect(200);
            assert_eq!((&got.body[..], got.header("content-type")), (text.as_bytes(), media::OCI_MANIFEST));
            let head = world.call("HEAD", &path).await.expect(200);
            assert_eq!((head.header("docker-content-digest"), head.body.len()), (digest.as_str(), 0));
            assert_eq!(head.header("content-length"), text.len().to_string());
            let etag = format!("\"{digest}\"");
            world.call_with("GET", &path, &[("if-none-match", &etag)], "").await.expect(304);
        }
        world.put_manifest("a", "v1", media::OCI_MANIFEST, &text).await.expect(201);
        assert_eq!(
            world
                .put_manifest("a", &Digest::sha256(b"").to_string(), media::OCI_MANIFEST, &text)
                .await
                .expect(400)
                .code(),
            "DIGEST_INVALID"
        );
        let long = Digest::of(Algorithm::Sha512, text.as_bytes());
        let put = world.put_manifest("a", long.as_str(), media::OCI_MANIFEST, &text).await.expect(201);
        assert_eq!(put.header("docker-content-digest"), long.as_str());
        assert_eq!(world.call("GET", &format!("/v2/a/manifests/{long}")).await.expect(200).body, text.as_bytes());
    }
}

#[tokio::test]
async fn a_tag_moves_at_once_and_the_old_image_stays() {
    for world in World::all().await {
        let first = world.push_image("a", "latest", b"one").await;
        assert_eq!(world.call("GET", "/v2/a/manifests/latest").await.header("docker-content-digest"), first.as_str());
        let second = world.push_image("a", "latest", b"two").await;
        assert_eq!(world.call("GET", "/v2/a/manifests/latest").await.header("docker-content-digest"), second.as_str());
        world.call("GET", &format!("/v2/a/manifests/{first}")).await.expect(200);
        world.call("DELETE", "/v2/a/manifests/latest").await.expect(202);
        world.call("GET", "/v2/a/manifests/latest").await.expect(404);
        world.call("DELETE", "/v2/a/manifests/latest").await.expect(404);
        world.call("GET", &format!("/v2/a/manifests/{second}")).await.expect(200);
        world.call("DELETE", &format!("/v2/a/manifests/{second}")).await.expect(202);
        world.call("GET", &format!("/v2/a/manifests/{second}")).await.expect(404);
    }
}

#[tokio::test]
async fn what_a_manifest_needs_must_be_there() {
    for world in World::all().await {
        world.push_blob("a", b"{}").await;
        let absent = world.put_manifest("a", "v1", media::OCI_MANIFEST, &image(b"absent", "")).await.expect(404);
        assert_eq!(absent.code(), "MANIFEST_BLOB_UNKNOWN");
        assert!(String::from_utf8_lossy(&absent.body).contains(Digest::sha256(b"absent").as_str()));
        let child = descriptor(media::OCI_MANIFEST, "nowhere");
        let index = format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{child}]}}"#, media::OCI_INDEX);
        world.put_manifest("a", "v1", media::OCI_INDEX, &index).await.expect(404);
        // A subject may come later.
        let subject = format!(",\"subject\":{}", descriptor(media::OCI_MANIFEST, "nowhere"));
        world.push_blob("a", b"layer").await;
        let put = world.put_manifest("a", "v1", media::OCI_MANIFEST, &image(b"layer", &subject)).await.expect(201);
        assert_eq!(put.header("oci-subject"), Digest::sha256(b"nowhere").as_str());
        world.call("GET", "/v2/a/tags/list").await.expect(200);
    }
}

#[tokio::test]
async fn a_manifest_says_the_sizes_that_its_content_has() {
    for world in World::all().await {
        let layer = noise(1, 20_000);
        world.push_blob("a", b"{}").await;
        world.push_blob("a", &layer).await;
        let good = image(&layer, "");
        for (said, lie) in [("\"size\":20000", "\"size\":20001"), ("\"size\":2}", "\"size\":3}")] {
            let text = good.replacen(said, lie, 1);
            assert_ne!(text, good);
            let refused = world.put_manifest("a", "v1", media::OCI_MANIFEST, &text).await.expect(400);
            assert_eq!(refused.code(), "SIZE_INVALID");
            world.call("GET", "/v2/a/manifests/v1").await.expect(404);
        }
        // One digest cannot have two sizes.
        let twice = good.replacen(
            "\"layers\":[",
            &format!("\"layers\":[{},", descriptor(media::OCI_LAYER_TAR, "{}").replace("\"size\":2", "\"size\":4")),
            1,
        );
        assert_ne!(twice, good);
        world.put_manifest("a", "v1", media::OCI_MANIFEST, &twice).await.expect(400);
        world.put_manifest("a", "v1", media::OCI_MANIFEST, &good).await.expect(201);
        let child = descriptor(media::OCI_MANIFEST, &good);
        let index =
            |child: &str| format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{child}]}}"#, media::OCI_INDEX);
        let lie = child.replace(&format!("\"size\":{}", good.len()), "\"size\":1");
        assert_ne!(lie, child);
        let refused = world.put_manifest("a", "i", media::OCI_INDEX, &index(&lie)).await.expect(400);
        assert_eq!(refused.code(), "SIZE_INVALID");
        world.put_manifest("a", "i", media::OCI_INDEX, &index(&child)).await.expect(201);
    }
}

#[tokio::test]
async fn a_child_of_an_index_cannot_be_deleted_before_it() {
    let world = World::one().await;
    let child = world.push_image("a", "child", b"layer").await;
    let text = image(b"layer", "");
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}}"#,
        media::OCI_INDEX,
        descriptor(media::OCI_MANIFEST, &text)
    );
    world.put_manifest("a", "index", media::OCI_INDEX, &index).await.expect(201);
    world.call("DELETE", &format!("/v2/a/manifests/{child}")).await.expect(409);
    let parent = Digest::sha256(index.as_bytes());
    world.call("DELETE", &format!("/v2/a/manifests/{parent}")).await.expect(202);
    world.call("DELETE", &format!("/v2/a/manifests/{child}")).await.expect(202);
}

#[tokio::test]
async fn what_oras_writes_without_files_and_tags_stays_and_lists() {
    for world in World::all().await {
        let repo = "team/spectro-packs/archive";
        world.push_blob(repo, b"{}").await;
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[]}}"#,
            media::OCI_MANIFEST,
            descriptor(media::ORAS_CONFIG, "{}")
        );
        let digest = Digest::sha256(text.as_bytes());
        world.put_manifest(repo, digest.as_str(), media::OCI_MANIFEST, &text).await.expect(201);
        let tags = world.call("GET", &format!("/v2/{repo}/tags/list")).await.expect(200);
        assert_eq!(tags.json(), serde_json::json!({ "name": repo, "tags": [] }));
        let catalog = world.call("GET", "/v2/_catalog").await.expect(200);
        assert_eq!(catalog.json(), serde_json::json!({ "repositories": [repo] }));
    }
}

#[tokio::test]
async fn immutable_tags_take_the_same_image_and_no_other() {
    for world in World::all().await {
        world.push_image("a", "v1", b"one").await;
        let name = "a".parse().unwrap();
        world.registry.set_mutability("test", &name, Mutability::Immutable, &[]).await.unwrap();
        world.push_image("a", "v1", b"one").await;
        world.push_blob("a", b"two").await;
        let other = image(b"two", "");
        let refused = world.put_manifest("a", "v1", media::OCI_MANIFEST, &other).await.expect(400);
        assert_eq!(refused.code(), "TAG_INVALID");
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(text.contains("The image tag 'v1' already exists in the 'a' repository"), "{text}");
        // Neither by a digest with tags in the query.
        let sneaky = format!("{}?tag=v1", Digest::sha256(other.as_bytes()));
        world.put_manifest("a", &sneaky, media::OCI_MANIFEST, &other).await.expect(400);
        world.put_manifest("a", "v2", media::OCI_MANIFEST, &other).await.expect(201);
        let exclude = ["dev-*".to_owned()];
        world.registry.set_mutability("test", &name, Mutability::ImmutableWithExclusion, &exclude).await.unwrap();
        world.put_manifest("a", "dev-1", media::OCI_MANIFEST, &other).await.expect(201);
        world.put_manifest("a", "dev-1", media::OCI_MANIFEST, &image(b"one", "")).await.expect(201);
        world.put_manifest("a", "v2", media::OCI_MANIFEST, &image(b"one", "")).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_first_pushes_to_an_immutable_tag_one_wins() {
    for world in World::all().await {
        let world = std::sync::Arc::new(world);
        let blobs: Vec<Vec<u8>> = (0..4).map(|n| noise(n, 64)).collect();
        world.push_blob("a", b"{}").await;
        for blob in &blobs {
            world.push_blob("a", blob).await;
        }
        world.registry.set_mutability("test", &"a".parse().unwrap(), Mutability::Immutable, &[]).await.unwrap();
        for round in 0..5 {
            let tasks: Vec<_> = blobs
                .iter()
                .map(|blob| {
                    let (world, text) = (world.clone(), image(blob, ""));
                    tokio::spawn(async move {
                        world.put_manifest("a", &format!("v{round}"), media::OCI_MANIFEST, &text).await.status.as_u16()
                    })
                })
                .collect();
            let mut statuses = Vec::new();
            for task in tasks {
                statuses.push(task.await.unwrap());
            }
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 400, 400, 400], "{}", world.engine);
        }
    }
}

#[tokio::test]
async fn several_tags_go_with_one_push_by_digest() {
    let world = World::one().await;
    world.push_image("a", "v1", b"one").await;
    let text = image(b"one", "");
    let digest = Digest::sha256(text.as_bytes());
    let put = world.put_manifest("a", &format!("{digest}?tag=x&tag=y"), media::OCI_MANIFEST, &text).await.expect(201);
    assert_eq!(put.headers.get_all("oci-tag").iter().count(), 2);
    let tags = world.call("GET", "/v2/a/tags/list").await.json();
    assert_eq!(tags["tags"], serde_json::json!(["v1", "x", "y"]));
}
