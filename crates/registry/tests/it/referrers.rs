//! referrers/<digest>.

use super::world::{World, descriptor, image};
use packyard_oci::{Digest, media};

#[tokio::test]
async fn referrers_are_listed_filtered_and_paged() {
    for world in World::all().await {
        let subject = world.push_image("a", "v1", b"layer").await;
        let about = descriptor(media::OCI_MANIFEST, &image(b"layer", ""));
        let mut digests = Vec::new();
        for n in 0..5 {
            let kind = if n % 2 == 0 { "application/vnd.even+json" } else { "application/vnd.odd+json" };
            let more = format!(r#","artifactType":"{kind}","subject":{about},"annotations":{{"n":"{n}"}}"#);
            let text = image(b"layer", &more);
            let digest = Digest::sha256(text.as_bytes()).to_string();
            let put = world.put_manifest("a", &digest, media::OCI_MANIFEST, &text).await.expect(201);
            assert_eq!(put.header("oci-subject"), subject.as_str());
            digests.push(digest);
        }
        let path = format!("/v2/a/referrers/{subject}");
        let all = world.call("GET", &path).await.expect(200);
        assert_eq!(all.header("content-type"), media::OCI_INDEX);
        assert_eq!(all.json()["manifests"].as_array().unwrap().len(), 5);
        let even = world.call("GET", &format!("{path}?artifactType=application/vnd.even%2Bjson")).await.expect(200);
        assert_eq!(even.header("oci-filters-applied"), "artifactType");
        let listed = even.json();
        let listed = listed["manifests"].as_array().unwrap();
        assert_eq!(listed.len(), 3);
        assert_eq!(listed[0]["artifactType"], "application/vnd.even+json");
        assert!(listed[0]["annotations"]["n"].is_string() && listed[0]["size"].is_u64());
        let mut next = format!("{path}?n=2&artifactType=application/vnd.even%2Bjson");
        let mut count = 0;
        while !next.is_empty() {
            let page = world.call("GET", &next).await.expect(200);
            count += page.json()["manifests"].as_array().unwrap().len();
            next = page.header("link").split(['<', '>']).nth(1).unwrap_or("").to_owned();
        }
        assert_eq!(count, 3);
        world.call("DELETE", &format!("/v2/a/manifests/{}", digests[0])).await.expect(202);
        assert_eq!(world.call("GET", &path).await.json()["manifests"].as_array().unwrap().len(), 4);
        world.call("DELETE", &format!("/v2/a/manifests/{subject}")).await.expect(202);
        assert_eq!(world.call("GET", &path).await.expect(200).json()["manifests"].as_array().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn what_nobody_knows_has_none() {
    let world = World::one().await;
    let reply = world.call("GET", &format!("/v2/nowhere/referrers/{}", Digest::sha256(b"x"))).await.expect(200);
    let empty = serde_json::json!({ "schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": [] });
    assert_eq!(reply.json(), empty);
    world.call("GET", "/v2/a/referrers/sha256:short").await.expect(400);
}

#[tokio::test]
async fn large_descriptors_come_in_small_pages() {
    let world = World::one().await;
    world.push_image("a", "v1", b"layer").await;
    let about = descriptor(media::OCI_MANIFEST, &image(b"layer", ""));
    for n in 0..4 {
        let more = format!(r#","subject":{about},"annotations":{{"n":"{n}","big":"{}"}}"#, "x".repeat(2_000_000));
        let text = image(b"layer", &more);
        let digest = Digest::sha256(text.as_bytes()).to_string();
        world.put_manifest("a", &digest, media::OCI_MANIFEST, &text).await.expect(201);
    }
    let subject = Digest::sha256(image(b"layer", "").as_bytes());
    let page = world.call("GET", &format!("/v2/a/referrers/{subject}")).await.expect(200);
    assert!(page.body.len() < 4 * 1024 * 1024, "{}", page.body.len());
    assert!(!page.header("link").is_empty());
}
