use super::world::{ACCOUNT, World};
use packyard_oci::Digest;
use serde_json::{Value, json};

const NAME: &str = "team/app";
const MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

#[tokio::test]
async fn an_image_is_put_got_listed_described_and_deleted() {
    for world in World::each().await {
        world.repository(NAME).await;
        let manifest = world.manifest(NAME, "one").await;
        let digest = Digest::sha256(manifest.as_bytes()).to_string();
        let put = json!({ "repositoryName": NAME, "imageManifest": manifest, "imageTag": "1.0" });
        let image = json!({
            "registryId": ACCOUNT,
            "repositoryName": NAME,
            "imageId": { "imageDigest": digest, "imageTag": "1.0" },
            "imageManifest": manifest,
            "imageManifestMediaType": MEDIA_TYPE,
        });
        assert_eq!(world.ok("PutImage", put.clone()).await, json!({ "image": image }));
        assert_eq!(
            world.refused("PutImage", put.clone()).await,
            (
                "ImageAlreadyExistsException".into(),
                format!(
                    "Image with digest '{digest}' and tag '1.0' already exists in the repository with name 'team/app' in registry with id '000000000000'"
                )
            )
        );
        let mut untagged = put.clone();
        untagged["imageTag"] = Value::Null;
        assert_eq!(world.code("PutImage", untagged).await, "ImageAlreadyExistsException");
        let mut again = put;
        again["imageTag"] = json!("latest");
        world.ok("PutImage", again).await;

        let listed = world.ok("ListImages", json!({ "repositoryName": NAME })).await;
        assert_eq!(
            listed,
            json!({ "imageIds": [{ "imageDigest": digest, "imageTag": "1.0" }, { "imageDigest": digest, "imageTag": "latest" }] })
        );
        let got =
            world.ok("BatchGetImage", json!({ "repositoryName": NAME, "imageIds": [{ "imageTag": "1.0" }] })).await;
        assert_eq!(got, json!({ "images": [image], "failures": [] }));

        let described = world.ok("DescribeImages", json!({ "repositoryName": NAME })).await;
        let detail = &described["imageDetails"][0];
        assert!(detail["imagePushedAt"].is_f64());
        let mut expected = json!({
            "registryId": ACCOUNT,
            "repositoryName": NAME,
            "imageDigest": digest,
            "imageTags": ["1.0", "latest"],
            "imageSizeInBytes": 11,
            "imagePushedAt": detail["imagePushedAt"],
            "imageManifestMediaType": MEDIA_TYPE,
            "artifactMediaType": "application/vnd.example.config.v1+json",
            "imageStatus": "ACTIVE",
        });
        if let Some(pulled) = detail.get("lastRecordedPullTime") {
            expected["lastRecordedPullTime"] = pulled.clone();
        }
        assert_eq!(*detail, expected);

        let delete = |id: Value| json!({ "repositoryName": NAME, "imageIds": [id] });
        assert_eq!(
            world.ok("BatchDeleteImage", delete(json!({ "imageTag": "1.0" }))).await,
            json!({ "imageIds": [{ "imageDigest": digest, "imageTag": "1.0" }], "failures": [] })
        );
        // The last tag takes the image with it.
        world.ok("BatchDeleteImage", delete(json!({ "imageTag": "latest" }))).await;
        assert_eq!(world.ok("ListImages", json!({ "repositoryName": NAME })).await, json!({ "imageIds": [] }));
    }
}

#[tokio::test]
async fn what_cannot_be_put_says_why() {
    let world = World::new().await;
    world.repository(NAME).await;
    let manifest = world.manifest(NAME, "").await;
    let absent = Digest::sha256(b"absent");
    let lacking = manifest.replace(Digest::sha256(b"layer bytes").as_str(), absent.as_str());
    let index = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{ "mediaType": MEDIA_TYPE, "digest": absent, "size": 1 }] })
    .to_string();
    let no_type = manifest.replacen(&format!("\"mediaType\":\"{MEDIA_TYPE}\","), "", 1);
    let put = |extra: Value| {
        let mut input = json!({ "repositoryName": NAME, "imageManifest": manifest, "imageTag": "t" });
        for (key, value) in extra.as_object().unwrap() {
            input[key] = value.clone();
        }
        input
    };
    let cases = [
        (json!({ "repositoryName": "nope/nope" }), "RepositoryNotFoundException", ""),
        (
            json!({ "imageManifest": "{" }),
            "InvalidParameterException",
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
        ),
        (json!({ "imageManifest": no_type }), "InvalidParameterException", "mediaType"),
        (
            json!({ "imageManifestMediaType": "text/plain", "imageManifest": no_type }),
            "InvalidParameterException",
            "text/plain",
        ),
        (json!({ "imageDigest": absent }), "ImageDigestDoesNotMatchException", absent.as_str()),
        (json!({ "imageDigest": "nonsense" }), "ImageDigestDoesNotMatchException", "nonsense"),
        (json!({ "imageTag": "a b" }), "InvalidParameterException", "'imageTag'"),
        (json!({ "imageManifest": lacking }), "LayersNotFoundException", absent.as_str()),
        (json!({ "imageManifest": index }), "ReferencedImagesNotFoundException", absent.as_str()),
    ];
    for (extra, code, text) in cases {
        let (found, message) = world.refused("PutImage", put(extra.clone())).await;
        assert_eq!(found, code, "{extra}: {message}");
        assert!(message.contains(text), "{extra}: {message}");
    }
    let lacking = world.refused("PutImage", put(json!({ "imageManifest": lacking }))).await.1;
    assert_eq!(
        lacking,
        format!(
            "Layers with digests '[{absent}]' required for pushing image into repository with name 'team/app' in the registry with id '000000000000' do not exist"
        )
    );
    let right = json!({ "imageDigest": Digest::sha256(manifest.as_bytes()), "imageManifestMediaType": MEDIA_TYPE });
    world.ok("PutImage", put(right)).await;
}

#[tokio::test]
async fn a_tag_moves_unless_it_is_immutable() {
    let world = World::new().await;
    world.repository(NAME).await;
    let first = world.image(NAME, Some("t"), "first").await;
    let second = world.image(NAME, Some("t"), "second").await;
    let digest = |answer: &Value| answer["imageDetails"][0]["imageDigest"].as_str().unwrap().to_owned();
    let by_tag = json!({ "repositoryName": NAME, "imageIds": [{ "imageTag": "t" }] });
    assert_eq!(digest(&world.ok("DescribeImages", by_tag.clone()).await), second);
    // The old image stays, without a tag.
    let untagged = json!({ "repositoryName": NAME, "filter": { "tagStatus": "UNTAGGED" } });
    assert_eq!(world.ok("ListImages", untagged).await, json!({ "imageIds": [{ "imageDigest": first }] }));

    let set = |mutability: &str, filters: Value| json!({ "repositoryName": NAME, "imageTagMutability": mutability, "imageTagMutabilityExclusionFilters": filters });
    let filter = json!([{ "filterType": "WILDCARD", "filter": "dev-*" }]);
    let third = world.manifest(NAME, "third").await;
    let put = |tag: &str| json!({ "repositoryName": NAME, "imageManifest": third, "imageTag": tag });
    world.ok("PutImageTagMutability", set("IMMUTABLE", Value::Null)).await;
    assert_eq!(
        world.refused("PutImage", put("t")).await,
        (
            "ImageTagAlreadyExistsException".into(),
            "The image tag 't' already exists in the 'team/app' repository and cannot be overwritten because the tag is immutable.".into()
        )
    );
    world.ok("PutImageTagMutability", set("MUTABLE_WITH_EXCLUSION", filter.clone())).await;
    world.image(NAME, Some("dev-1"), "fourth").await;
    assert_eq!(world.code("PutImage", put("dev-1")).await, "ImageTagAlreadyExistsException");
    world.ok("PutImage", put("t")).await;
    world.ok("PutImageTagMutability", set("IMMUTABLE_WITH_EXCLUSION", filter)).await;
    world.ok("PutImage", put("dev-1")).await;
}

#[tokio::test]
async fn each_image_of_a_batch_fails_for_itself() {
    let world = World::new().await;
    world.repository(NAME).await;
    let digest = world.image(NAME, Some("t"), "").await;
    let other = Digest::sha256(b"other");
    let ids = json!([
        {}, { "imageDigest": "nonsense" }, { "imageTag": "a b" }, { "imageTag": "absent" }, { "imageDigest": other },
        { "imageDigest": other, "imageTag": "t" }, { "imageDigest": "md5:00" },
    ]);
    let codes = [
        "MissingDigestAndTag",
        "InvalidImageDigest",
        "InvalidImageTag",
        "ImageNotFound",
        "ImageNotFound",
        "ImageTagDoesNotMatchDigest",
        "ImageNotFound",
    ];
    for operation in ["BatchGetImage", "BatchDeleteImage"] {
        let answer = world.ok(operation, json!({ "repositoryName": NAME, "imageIds": ids })).await;
        let mut found: Vec<(Value, Value)> = answer["failures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|failure| (failure["imageId"].clone(), failure["failureCode"].clone()))
            .collect();
        for (id, code) in ids.as_array().unwrap().iter().zip(codes) {
            let at = found.iter().position(|row| *row == (id.clone(), json!(code)));
            found.remove(at.unwrap_or_else(|| panic!("{operation}: no {code} for {id} in {answer}")));
        }
        assert!(found.is_empty(), "{operation}: {found:?}");
    }
    let both = json!({ "repositoryName": NAME, "imageIds": [{ "imageDigest": digest, "imageTag": "t" }] });
    assert_eq!(world.ok("BatchGetImage", both).await["images"].as_array().unwrap().len(), 1);
    let reason =
        world.ok("BatchDeleteImage", json!({ "repositoryName": NAME, "imageIds": [{ "imageDigest": "x" }] })).await;
    assert_eq!(
        reason["failures"][0]["failureReason"],
        "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"
    );
}

#[tokio::test]
async fn one_unknown_image_fails_the_whole_of_describe_images() {
    let world = World::new().await;
    world.repository(NAME).await;
    let digest = world.image(NAME, Some("t"), "").await;
    let ask = |ids: Value| json!({ "repositoryName": NAME, "imageIds": ids });
    assert_eq!(
        world.refused("DescribeImages", ask(json!([{ "imageTag": "t" }, { "imageTag": "absent" }]))).await,
        (
            "ImageNotFoundException".into(),
            "The image with imageId {imageDigest:null, imageTag:'absent'} does not exist within the repository with name 'team/app' in the registry with id '000000000000'".into()
        )
    );
    let twice = world.ok("DescribeImages", ask(json!([{ "imageTag": "t" }, { "imageDigest": digest }]))).await;
    assert_eq!(twice["imageDetails"].as_array().unwrap().len(), 1);
    assert_eq!(world.code("DescribeImages", ask(json!([{}]))).await, "InvalidParameterException");
    let mut paged = ask(json!([{ "imageTag": "t" }]));
    paged["maxResults"] = json!(1);
    assert_eq!(world.code("DescribeImages", paged).await, "InvalidParameterException");
    for (status, count) in [("ANY", 1), ("TAGGED", 1), ("UNTAGGED", 0)] {
        let mut input = ask(json!([{ "imageTag": "t" }]));
        input["filter"] = json!({ "tagStatus": status });
        assert_eq!(world.ok("DescribeImages", input).await["imageDetails"].as_array().unwrap().len(), count);
    }
    let archived = json!({ "repositoryName": NAME, "filter": { "imageStatus": "ARCHIVED" } });
    assert_eq!(world.ok("DescribeImages", archived).await, json!({ "imageDetails": [] }));
}

#[tokio::test]
async fn listings_come_in_pages_that_neither_lose_nor_repeat() {
    for world in World::each().await {
        world.repository(NAME).await;
        let mut expected = Vec::new();
        for note in ["a", "b", "c"] {
            let digest = world.image(NAME, None, note).await;
            let manifest = world.manifest(NAME, note).await;
            if note == "c" {
                expected.push((digest, None));
                continue;
            }
            for number in 0..4 {
                let tag = format!("{note}{number}");
                world
                    .ok("PutImage", json!({ "repositoryName": NAME, "imageManifest": manifest, "imageTag": tag }))
                    .await;
                expected.push((digest.clone(), Some(tag)));
            }
        }
        expected.sort();
        for size in [1, 2, 3, 5, 9, 1000] {
            let (mut rows, mut token) = (Vec::new(), Value::Null);
            loop {
                let page = world
                    .ok("ListImages", json!({ "repositoryName": NAME, "maxResults": size, "nextToken": token }))
                    .await;
                let ids = page["imageIds"].as_array().unwrap();
                assert!(ids.len() <= size);
                rows.extend(ids.iter().map(|id| {
                    (id["imageDigest"].as_str().unwrap().to_owned(), id["imageTag"].as_str().map(str::to_owned))
                }));
                token = page.get("nextToken").cloned().unwrap_or_default();
                if token.is_null() {
                    break;
                }
            }
            assert_eq!(rows, expected, "{} by {size}", world.engine);
        }
        let page = world.ok("DescribeImages", json!({ "repositoryName": NAME, "maxResults": 2 })).await;
        let token = page["nextToken"].clone();
        let rest = world.ok("DescribeImages", json!({ "repositoryName": NAME, "nextToken": token })).await;
        assert_eq!(rest["imageDetails"].as_array().unwrap().len(), 1);
        assert_eq!(
            world.code("ListImages", json!({ "repositoryName": NAME, "nextToken": token })).await,
            "InvalidParameterException"
        );
    }
}

#[tokio::test]
async fn an_image_in_an_index_is_spared_and_the_index_has_the_size_of_its_largest() {
    let world = World::new().await;
    world.repository(NAME).await;
    let child = world.image(NAME, Some("child"), "").await;
    let by_digest = json!({ "repositoryName": NAME, "imageIds": [{ "imageDigest": child }] });
    let size = world.ok("BatchGetImage", by_digest).await["images"][0]["imageManifest"].as_str().unwrap().len();
    let index = |size: usize| {
        let child = json!({ "mediaType": MEDIA_TYPE, "digest": child, "size": size });
        let media_type = "application/vnd.oci.image.index.v1+json";
        json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": [child] }).to_string()
    };
    let lie = json!({ "repositoryName": NAME, "imageManifest": index(1), "imageTag": "index" });
    assert_eq!(world.code("PutImage", lie).await, "InvalidParameterException");
    let index = index(size);
    let put = json!({ "repositoryName": NAME, "imageManifest": index, "imageTag": "index" });
    world.ok("PutImage", put).await;
    let by_tag = json!({ "repositoryName": NAME, "imageIds": [{ "imageTag": "index" }] });
    assert_eq!(world.ok("DescribeImages", by_tag.clone()).await["imageDetails"][0]["imageSizeInBytes"], 11);
    let delete = json!({ "repositoryName": NAME, "imageIds": [{ "imageDigest": child }] });
    let answer = world.ok("BatchDeleteImage", delete.clone()).await;
    assert_eq!(answer["failures"][0]["failureCode"], "ImageReferencedByManifestList");
    world.ok("BatchDeleteImage", by_tag).await;
    assert_eq!(
        world.ok("BatchDeleteImage", delete).await["imageIds"],
        json!([{ "imageDigest": child, "imageTag": "child" }])
    );
}

#[tokio::test]
async fn referrers_are_listed_by_subject_and_type() {
    let world = World::new().await;
    world.repository(NAME).await;
    let subject = world.image(NAME, Some("t"), "").await;
    for (note, kind) in [("sig", "application/vnd.example.sig"), ("sbom", "application/vnd.example.sbom")] {
        let mut manifest: Value = serde_json::from_str(&world.manifest(NAME, note).await).unwrap();
        manifest["artifactType"] = json!(kind);
        manifest["subject"] = json!({ "mediaType": MEDIA_TYPE, "digest": subject, "size": 1 });
        world.ok("PutImage", json!({ "repositoryName": NAME, "imageManifest": manifest.to_string() })).await;
    }
    let ask =
        |filter: Value| json!({ "repositoryName": NAME, "subjectId": { "imageDigest": subject }, "filter": filter });
    let all = world.ok("ListImageReferrers", ask(Value::Null)).await;
    assert_eq!(all["referrers"].as_array().unwrap().len(), 2);
    let one = world.ok("ListImageReferrers", ask(json!({ "artifactTypes": ["application/vnd.example.sig"] }))).await;
    assert_eq!(one["referrers"].as_array().unwrap().len(), 1);
    let row = &one["referrers"][0];
    assert_eq!(row["artifactType"], "application/vnd.example.sig");
    assert_eq!(row["annotations"], json!({ "note": "sig" }));
    assert_eq!(row["artifactStatus"], "ACTIVE");
    let mut small = ask(Value::Null);
    small["maxResults"] = json!(1);
    let page = world.ok("ListImageReferrers", small.clone()).await;
    small["nextToken"] = page["nextToken"].clone();
    let rest = world.ok("ListImageReferrers", small).await;
    assert_ne!(page["referrers"], rest["referrers"]);
    assert_eq!(rest["referrers"].as_array().unwrap().len(), 1);
    let bad = json!({ "repositoryName": NAME, "subjectId": { "imageDigest": "x" } });
    assert_eq!(world.code("ListImageReferrers", bad).await, "InvalidParameterException");
}

#[tokio::test]
async fn the_media_type_given_has_to_be_the_manifests() {
    let world = World::new().await;
    world.repository(NAME).await;
    let manifest = world.manifest(NAME, "one").await;
    let put = |media_type: &str| json!({ "repositoryName": NAME, "imageManifest": manifest, "imageTag": "1.0", "imageManifestMediaType": media_type });
    for other in ["text/plain", "application/json", "application/vnd.oci.image.index.v1+json"] {
        let (code, message) = world.refused("PutImage", put(other)).await;
        assert_eq!(code, "InvalidParameterException", "{other}");
        assert!(message.contains("imageManifestMediaType") && message.contains(other), "{message}");
        assert!(!message.contains("Content-Type"), "{message}");
    }
    world.ok("PutImage", put(MEDIA_TYPE)).await;
}
