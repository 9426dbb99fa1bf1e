use super::world::{ACCOUNT, World};
use packyard_oci::Digest;
use serde_json::{Map, Value, json};

const NAME: &str = "team/app";
const MIB: usize = 1024 * 1024;

async fn upload(world: &World) -> String {
    let answer = world.ok("InitiateLayerUpload", json!({ "repositoryName": NAME })).await;
    assert_eq!(answer["partSize"], 10 * MIB);
    answer["uploadId"].as_str().unwrap().to_owned()
}

fn complete(upload: &str, digest: &Digest) -> Value {
    json!({ "repositoryName": NAME, "uploadId": upload, "layerDigests": [digest] })
}

#[tokio::test]
async fn a_layer_goes_up_in_parts_and_comes_down_by_its_address() {
    for world in World::each().await {
        world.repository(NAME).await;
        let bytes: Vec<u8> = (0..11 * MIB).map(|i| (i % 253) as u8).collect();
        let digest = Digest::sha256(&bytes);
        let check = json!({ "repositoryName": NAME, "layerDigests": [digest, "nonsense"] });
        let before = world.ok("BatchCheckLayerAvailability", check.clone()).await;
        assert_eq!(before["layers"], json!([{ "layerDigest": digest, "layerAvailability": "UNAVAILABLE" }]));
        assert_eq!(before["failures"][0]["failureCode"], "InvalidLayerDigest");

        let id = upload(&world).await;
        let mut at = 0;
        for part in bytes.chunks(5 * MIB) {
            let (first, last) = (at as i64, (at + part.len() - 1) as i64);
            assert_eq!(
                world.part(&id, first, last, part).await.unwrap(),
                json!({ "registryId": ACCOUNT, "repositoryName": NAME, "uploadId": id, "lastByteReceived": last })
            );
            at += part.len();
        }
        assert_eq!(
            world.ok("CompleteLayerUpload", complete(&id, &digest)).await,
            json!({ "registryId": ACCOUNT, "repositoryName": NAME, "uploadId": id, "layerDigest": digest })
        );
        let after = world.ok("BatchCheckLayerAvailability", check).await;
        assert_eq!(
            after["layers"],
            json!([{ "layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": bytes.len() }])
        );
        assert_eq!(world.code("CompleteLayerUpload", complete(&id, &digest)).await, "UploadNotFoundException");

        let ask = json!({ "repositoryName": NAME, "layerDigest": digest });
        assert_eq!(world.code("GetDownloadUrlForLayer", ask.clone()).await, "LayerInaccessibleException");
        let config = world.layer(NAME, b"{}").await;
        let manifest = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "a/b", "digest": config, "size": 2 },
            "layers": [{ "mediaType": "a/b", "digest": digest, "size": bytes.len() }] });
        world.ok("PutImage", json!({ "repositoryName": NAME, "imageManifest": manifest.to_string() })).await;
        let answer = world.ok("GetDownloadUrlForLayer", ask).await;
        assert_eq!(answer["layerDigest"], json!(digest));
        let url = answer["downloadUrl"].as_str().unwrap();
        assert!(url.starts_with("http://localhost:7225/_layers?"), "{url}");
        super::wire::downloads(&world, url, &bytes).await;
    }
}

#[tokio::test]
async fn a_layer_that_is_there_ends_its_upload_with_an_error_that_means_success() {
    let world = World::new().await;
    world.repository(NAME).await;
    let digest = world.layer(NAME, b"layer bytes").await;
    let id = upload(&world).await;
    world.part(&id, 0, 10, b"layer bytes").await.unwrap();
    assert_eq!(world.code("CompleteLayerUpload", complete(&id, &digest)).await, "LayerAlreadyExistsException");
    assert_eq!(world.code("CompleteLayerUpload", complete(&id, &digest)).await, "UploadNotFoundException");
}

#[tokio::test]
async fn parts_must_be_whole_in_order_and_large() {
    let world = World::new().await;
    world.repository(NAME).await;
    let id = upload(&world).await;
    let digest = Digest::sha256(b"");
    assert_eq!(world.code("CompleteLayerUpload", complete(&id, &digest)).await, "EmptyUploadException");

    for (first, last) in [(0, 8), (0, 10), (5, 3), (1, 0)] {
        let error = world.part(&id, first, last, b"ten bytes!").await.unwrap_err();
        assert_eq!(error.code, "InvalidLayerPartException", "{first}-{last}");
    }
    let gap = world.part(&id, 3, 12, b"ten bytes!").await.unwrap_err();
    assert_eq!(gap.code, "InvalidLayerPartException");
    assert!(gap.body().get("lastValidByteReceived").is_none());

    world.part(&id, 0, 9, b"ten bytes!").await.unwrap();
    let again = world.part(&id, 0, 9, b"ten bytes!").await.unwrap_err();
    assert_eq!(again.code, "InvalidLayerPartException");
    let members: Map<String, Value> = again.members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(
        Value::Object(members),
        json!({ "registryId": ACCOUNT, "repositoryName": NAME, "uploadId": id, "lastValidByteReceived": 9 })
    );
    // The first part was small, and is now not the last.
    world.part(&id, 10, 12, b"end").await.unwrap();
    let digest = Digest::sha256(b"ten bytes!end");
    assert_eq!(
        world.refused("CompleteLayerUpload", complete(&id, &digest)).await,
        ("LayerPartTooSmallException".into(), "Layer parts must be at least 5 MiB in size.".into())
    );

    let id = upload(&world).await;
    world.part(&id, 0, 9, b"ten bytes!").await.unwrap();
    let (code, message) = world.refused("CompleteLayerUpload", complete(&id, &digest)).await;
    assert_eq!(code, "InvalidLayerException");
    assert!(message.contains(Digest::sha256(b"ten bytes!").as_str()), "{message}");
}

#[tokio::test]
async fn every_digest_given_has_to_be_the_layers() {
    let world = World::new().await;
    world.repository(NAME).await;
    let id = upload(&world).await;
    world.part(&id, 0, 9, b"ten bytes!").await.unwrap();
    let right = Digest::sha256(b"ten bytes!");
    let several = |digests: Value| json!({ "repositoryName": NAME, "uploadId": id, "layerDigests": digests });
    let wrong = several(json!([right, Digest::sha256(b"other")]));
    let (code, message) = world.refused("CompleteLayerUpload", wrong).await;
    assert!(code == "InvalidLayerException" && message.contains(Digest::sha256(b"other").as_str()), "{message}");
    world.ok("CompleteLayerUpload", several(json!([right, right]))).await;
}

#[tokio::test]
async fn uploads_and_layers_nobody_knows() {
    let world = World::new().await;
    world.repository(NAME).await;
    let nobody = "01234567-89ab-cdef-0123-456789abcdef";
    let error = world.part(nobody, 0, 2, b"abc").await.unwrap_err();
    assert_eq!(error.code, "UploadNotFoundException");
    let digest = Digest::sha256(b"abc");
    assert_eq!(world.code("CompleteLayerUpload", complete(nobody, &digest)).await, "UploadNotFoundException");
    for text in [digest.as_str(), "md5:00"] {
        let ask = json!({ "repositoryName": NAME, "layerDigest": text });
        assert_eq!(world.code("GetDownloadUrlForLayer", ask).await, "LayersNotFoundException");
    }
    // An upload belongs to its repository.
    let id = upload(&world).await;
    world.repository("other").await;
    let mut elsewhere = complete(&id, &digest);
    elsewhere["repositoryName"] = json!("other");
    assert_eq!(world.code("CompleteLayerUpload", elsewhere).await, "UploadNotFoundException");
}
