//! Hostile input: names, digests, manifests, bodies. What one of these may do is be refused, in bounded memory.

use super::world::{World, image, noise};
use packyard_oci::{Digest, media};

#[tokio::test]
async fn hostile_names_and_tags_are_refused() {
    let world = World::one().await;
    let long = "a".repeat(300);
    for name in
        ["..", "a/../b", "%2e%2e", "%2e%2e/x", "a/%2e%2e%2fb", "_catalog/x", "Upper", "a//b", "a%00b", "a%0ab", &long]
    {
        let reply = world.call("POST", &format!("/v2/{name}/blobs/uploads/")).await.expect(400);
        assert_eq!(reply.code(), "NAME_INVALID", "{name}");
        world.call("GET", &format!("/v2/{name}/tags/list")).await.expect(400);
    }
    world.push_image("a", "v1", b"layer").await;
    let long = "t".repeat(129);
    for tag in ["a%2fb", "a/b", "a/b/c", ".x", "-x", "1.0+up", "%20", &long] {
        let reply = world.put_manifest("a", tag, media::OCI_MANIFEST, &image(b"layer", "")).await.expect(400);
        assert_eq!(reply.code(), "TAG_INVALID", "{tag}");
    }
    let files: Vec<_> = std::fs::read_dir(world.folder()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(files.iter().all(|name| name == "blobs" || name.to_string_lossy().starts_with("packyard.db")), "{files:?}");
}

#[tokio::test]
async fn hostile_digests_are_refused_before_anything_is_opened() {
    let world = World::one().await;
    world.push_blob("a", b"x").await;
    let hex = Digest::sha256(b"x").hex().to_owned();
    let bad = [
        "sha256:..%2f..%2fetc%2fpasswd".to_owned(),
        format!("sha256:{}", hex.to_uppercase()),
        format!("SHA256:{hex}"),
        format!("md5:{}", &hex[..32]),
        format!("sha512:{hex}"),
        format!("sha256:{hex}%00"),
        "sha256:".into(),
    ];
    for digest in &bad {
        for (method, path) in [
            ("GET", format!("/v2/a/blobs/{digest}")),
            ("HEAD", format!("/v2/a/blobs/{digest}")),
            ("DELETE", format!("/v2/a/blobs/{digest}")),
            ("GET", format!("/v2/a/manifests/{digest}")),
            ("GET", format!("/v2/a/referrers/{digest}")),
            ("POST", format!("/v2/a/blobs/uploads/?digest={digest}")),
            ("POST", format!("/v2/a/blobs/uploads/?mount={digest}&from=a")),
        ] {
            assert_eq!(world.call(method, &path).await.status, 400, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn manifests_that_mislead_are_refused() {
    let world = World::one().await;
    world.push_image("a", "v1", b"layer").await;
    let good = image(b"layer", "");
    let deep = format!(r#"{{"schemaVersion":2,"x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let layers = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"x","digest":"{0}","size":2}},"layers":[{1}]}}"#,
        Digest::sha256(b"{}"),
        (0..20_000)
            .map(|n| format!(r#"{{"mediaType":"x","digest":"sha256:{n:064x}","size":1}}"#))
            .collect::<Vec<_>>()
            .join(",")
    );
    let cases: [(&str, &str, String); 8] = [
        ("both layers and manifests", media::OCI_MANIFEST, good.replacen('{', r#"{"manifests":[],"#, 1)),
        ("another Content-Type", media::OCI_INDEX, good.clone()),
        ("a key twice", media::OCI_MANIFEST, good.replacen('{', r#"{"schemaVersion":2,"#, 1)),
        ("NaN", media::OCI_MANIFEST, good.replacen('{', r#"{"x":NaN,"#, 1)),
        ("depth", media::OCI_MANIFEST, deep),
        ("20,000 layers", media::OCI_MANIFEST, layers),
        ("no JSON", media::OCI_MANIFEST, "hello".into()),
        ("HTML", "text/html", "<html>".into()),
    ];
    for (what, media_type, text) in cases {
        let reply = world.put_manifest("a", "bad", media_type, &text).await;
        assert!(matches!(reply.status.as_u16(), 400 | 413), "{what}: {}", reply.status);
        assert_eq!(world.call("GET", "/v2/a/manifests/bad").await.status, 404, "{what}");
    }
    let headers = [("content-type", media::OCI_MANIFEST)];
    let mut bytes = good.clone().into_bytes();
    bytes.splice(1..1, b"\"x\":\"\xff\xfe\",".iter().copied());
    world.call_with("PUT", "/v2/a/manifests/bad", &headers, bytes).await.expect(400);
    let fits = format!("{good}{}", " ".repeat(4 * 1024 * 1024 - good.len()));
    world.put_manifest("a", "large", media::OCI_MANIFEST, &fits).await.expect(201);
    world.put_manifest("a", "bad", media::OCI_MANIFEST, &format!("{fits} ")).await.expect(413);
}

#[tokio::test]
async fn a_blob_over_the_limit_is_refused_while_it_comes() {
    let world = World::one_with(|config| config.limits.blob_bytes = 100_000).await;
    let content = noise(1, 100_001);
    let digest = Digest::sha256(&content);
    world.call_with("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), &[], content.clone()).await.expect(413);
    let begun = world.call("POST", "/v2/a/blobs/uploads/").await.expect(202);
    world.call_with("PATCH", begun.header("location"), &[], content).await.expect(413);
    world.call("GET", begun.header("location")).await.expect(404);
}

#[tokio::test]
async fn a_range_without_end_is_one_that_was_not_sent() {
    let world = World::one().await;
    let begun = world.call("POST", "/v2/a/blobs/uploads/").await.expect(202);
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"abc"))]);
    // Without a Content-Length, so that only the bytes that came can tell.
    let body = axum::body::Body::from_stream(pieces);
    let range = format!("0-{}", u64::MAX);
    let reply =
        world.call_with("PATCH", begun.header("location"), &[("content-range", &range)], body).await.expect(400);
    assert_eq!(reply.code(), "SIZE_INVALID");
    let message = reply.json()["errors"][0]["message"].to_string();
    assert!(message.contains(&u64::MAX.to_string()) && message.contains("sent 3"), "{message}");
}

#[tokio::test]
async fn two_writers_of_one_session_do_not_mix() {
    let world = World::one().await;
    let begun = world.call("POST", "/v2/a/blobs/uploads/").await.expect(202);
    let there = begun.header("location").to_owned();
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<bytes::Bytes, std::io::Error>>(1);
    let slow = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    });
    let slow = axum::body::Body::from_stream(slow);
    let first = world.call_with("PATCH", &there, &[], slow);
    let second = async {
        sender.send(Ok("first".into())).await.unwrap();
        // There is room again once the first writer has taken its piece, and so the session.
        drop(sender.reserve().await.unwrap());
        let refused = world.call_with("PATCH", &there, &[], "second").await.expect(409);
        drop(sender);
        refused
    };
    let (first, _) = tokio::join!(first, second);
    assert_eq!(first.expect(202).header("range"), "0-4");
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() {
    let world = World::one_with(|config| config.limits.body_idle = std::time::Duration::from_millis(50)).await;
    let begun = world.call("POST", "/v2/a/blobs/uploads/").await.expect(202);
    let still = axum::body::Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let reply = world.call_with("PATCH", begun.header("location"), &[], still).await.expect(400);
    assert!(String::from_utf8_lossy(&reply.body).contains("body_idle"));
}

#[tokio::test]
async fn other_methods_and_paths_are_told_what_there_is() {
    let world = World::one().await;
    assert_eq!(world.call("POST", "/v2/a/tags/list").await.expect(405).header("allow"), "GET");
    assert_eq!(world.call("PATCH", "/v2/a/manifests/x").await.expect(405).code(), "UNSUPPORTED");
    world.call("GET", "/v2/a/nothing").await.expect(404);
    world.call("GET", "/v2/a/blobs/uploads/not-an-upload").await.expect(404);
}
