use super::world::{ACCOUNT, World};
use serde_json::{Value, json};

const NAME: &str = "team/app";

#[tokio::test]
async fn a_repository_is_made_described_and_deleted_with_all_its_members() {
    for world in World::each().await {
        let made = world.repository(NAME).await;
        let created_at = made["createdAt"].as_f64().unwrap();
        assert!((created_at * 1000.0 - world.registry.now_ms() as f64).abs() < 60_000.0);
        assert_eq!(
            made,
            json!({
                "repositoryArn": "arn:aws:ecr:us-east-1:000000000000:repository/team/app",
                "registryId": ACCOUNT,
                "repositoryName": NAME,
                "repositoryUri": "localhost:7225/team/app",
                "createdAt": created_at,
                "imageTagMutability": "MUTABLE",
                "imageScanningConfiguration": { "scanOnPush": false },
                "encryptionConfiguration": { "encryptionType": "AES256" },
            })
        );
        let input = json!({ "repositoryName": NAME });
        assert_eq!(
            world.refused("CreateRepository", input.clone()).await,
            (
                "RepositoryAlreadyExistsException".into(),
                "The repository with name 'team/app' already exists in the registry with id '000000000000'".into()
            )
        );
        assert_eq!(
            world.ok("DescribeRepositories", json!({ "repositoryNames": [NAME] })).await["repositories"][0],
            made
        );
        assert_eq!(world.ok("DeleteRepository", input.clone()).await, json!({ "repository": made }));
        assert_eq!(
            world.refused("DeleteRepository", input).await,
            (
                "RepositoryNotFoundException".into(),
                "The repository with name 'team/app' does not exist in the registry with id '000000000000'".into()
            )
        );
    }
}

#[tokio::test]
async fn only_force_deletes_a_repository_with_images() {
    let world = World::new().await;
    world.repository(NAME).await;
    world.image(NAME, Some("1.0"), "").await;
    assert_eq!(
        world.refused("DeleteRepository", json!({ "repositoryName": NAME })).await,
        (
            "RepositoryNotEmptyException".into(),
            "The repository with name 'team/app' in registry with id '000000000000' cannot be deleted because it still contains images".into()
        )
    );
    world.ok("DeleteRepository", json!({ "repositoryName": NAME, "force": true })).await;
    world.repository(NAME).await;
    assert_eq!(world.ok("ListImages", json!({ "repositoryName": NAME })).await, json!({ "imageIds": [] }));
}

#[tokio::test]
async fn repositories_come_in_pages_by_name() {
    let world = World::new().await;
    for name in ["bb", "aa/x", "aa", "cc"] {
        world.repository(name).await;
    }
    let mut names = Vec::new();
    let mut token = Value::Null;
    loop {
        let page = world.ok("DescribeRepositories", json!({ "maxResults": 3, "nextToken": token })).await;
        let rows = page["repositories"].as_array().unwrap();
        assert!(rows.len() <= 3);
        names.extend(rows.iter().map(|row| row["repositoryName"].as_str().unwrap().to_owned()));
        token = page.get("nextToken").cloned().unwrap_or_default();
        if token.is_null() {
            assert!(page.get("nextToken").is_none(), "an empty token would loop some clients for ever");
            break;
        }
    }
    assert_eq!(names, ["aa", "aa/x", "bb", "cc"]);
    assert_eq!(
        world.refused("DescribeRepositories", json!({ "nextToken": "nonsense" })).await.1,
        "Invalid parameter at 'NextToken' failed to satisfy constraint: 'Invalid next token provided'"
    );
    for extra in [json!({ "maxResults": 1 }), json!({ "nextToken": "x" })] {
        let mut input = extra;
        input["repositoryNames"] = json!(["aa"]);
        assert_eq!(world.code("DescribeRepositories", input).await, "InvalidParameterException");
    }
    let unknown = json!({ "repositoryNames": ["aa", "zz"] });
    assert_eq!(world.code("DescribeRepositories", unknown).await, "RepositoryNotFoundException");
}

#[tokio::test]
async fn another_account_is_another_registry() {
    let world = World::new().await;
    world.repository(NAME).await;
    let (code, message) =
        world.refused("ListImages", json!({ "repositoryName": NAME, "registryId": "111111111111" })).await;
    assert_eq!(code, "RepositoryNotFoundException");
    assert!(message.ends_with("in the registry with id '111111111111'"), "{message}");
    world.ok("ListImages", json!({ "repositoryName": NAME, "registryId": ACCOUNT })).await;
    let all = json!({ "registryId": "111111111111" });
    assert_eq!(world.code("DescribeRepositories", all).await, "InvalidParameterException");
}

#[tokio::test]
async fn settings_that_do_not_go_together_are_refused() {
    let world = World::new().await;
    let filters = |texts: &[&str]| -> Value {
        texts.iter().map(|text| json!({ "filterType": "WILDCARD", "filter": text })).collect()
    };
    for bad in [
        json!({ "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION" }),
        json!({ "imageTagMutability": "IMMUTABLE", "imageTagMutabilityExclusionFilters": filters(&["v*"]) }),
        json!({ "imageTagMutabilityExclusionFilters": filters(&["v*"]) }),
        json!({ "imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": filters(&["*a*b*"]) }),
        json!({ "encryptionConfiguration": { "encryptionType": "AES256", "kmsKey": "k" } }),
    ] {
        let mut input = bad.clone();
        input["repositoryName"] = json!(NAME);
        assert_eq!(world.code("CreateRepository", input).await, "InvalidParameterException", "{bad}");
    }
    let made = world
        .ok(
            "CreateRepository",
            json!({
                "repositoryName": NAME,
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": filters(&["dev-*", "latest"]),
                "imageScanningConfiguration": { "scanOnPush": true },
                "encryptionConfiguration": { "encryptionType": "KMS" },
            }),
        )
        .await["repository"]
        .clone();
    assert_eq!(made["imageTagMutabilityExclusionFilters"], filters(&["dev-*", "latest"]));
    assert_eq!(made["imageScanningConfiguration"], json!({ "scanOnPush": true }));
    assert_eq!(
        made["encryptionConfiguration"],
        json!({ "encryptionType": "KMS", "kmsKey": "arn:aws:kms:us-east-1:000000000000:alias/aws/ecr" })
    );
    let set = json!({ "repositoryName": NAME, "imageTagMutability": "IMMUTABLE" });
    assert_eq!(
        world.ok("PutImageTagMutability", set).await,
        json!({ "registryId": ACCOUNT, "repositoryName": NAME, "imageTagMutability": "IMMUTABLE" })
    );
    let off = json!({ "repositoryName": NAME, "imageScanningConfiguration": { "scanOnPush": false } });
    assert_eq!(
        world.ok("PutImageScanningConfiguration", off).await["imageScanningConfiguration"],
        json!({ "scanOnPush": false })
    );
}

#[tokio::test]
async fn the_text_of_a_policy_is_kept_and_one_that_locks_its_author_out_needs_force() {
    let world = World::new().await;
    world.repository(NAME).await;
    let here = json!({ "repositoryName": NAME });
    let none = (
        "RepositoryPolicyNotFoundException".to_owned(),
        "Repository policy does not exist for the repository with name 'team/app' in the registry with id '000000000000'".to_owned(),
    );
    assert_eq!(world.refused("GetRepositoryPolicy", here.clone()).await, none);
    assert_eq!(world.refused("DeleteRepositoryPolicy", here.clone()).await, none);
    for bad in [
        "",
        "{}",
        "[]",
        "nonsense",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Principal":"*","Action":"ecr:*"}]}"#,
    ] {
        assert_eq!(
            world.refused("SetRepositoryPolicy", json!({ "repositoryName": NAME, "policyText": bad })).await.1,
            "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
            "{bad}"
        );
    }
    let text = "{ \"Version\": \"2008-10-17\",\n \"Statement\": {\"Sid\":\"x\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"ecr:ListImages\"]} }";
    let set = json!({ "repositoryName": NAME, "policyText": text });
    let shown = json!({ "registryId": ACCOUNT, "repositoryName": NAME, "policyText": text });
    assert_eq!(world.ok("SetRepositoryPolicy", set).await, shown);
    assert_eq!(world.ok("GetRepositoryPolicy", here.clone()).await, shown);
    assert_eq!(world.ok("DeleteRepositoryPolicy", here.clone()).await, shown);
    let locked = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:SetRepositoryPolicy"}]}"#;
    let (code, message) =
        world.refused("SetRepositoryPolicy", json!({ "repositoryName": NAME, "policyText": locked })).await;
    assert_eq!(code, "InvalidParameterException");
    assert!(message.contains("use force"), "{message}");
    world.ok("SetRepositoryPolicy", json!({ "repositoryName": NAME, "policyText": locked, "force": true })).await;
    assert_eq!(
        world.code("SetRepositoryPolicy", json!({ "repositoryName": NAME, "policyText": text })).await,
        "AccessDeniedException"
    );
}

#[tokio::test]
async fn tags_are_set_merged_listed_and_removed() {
    let world = World::new().await;
    let tags = |pairs: &[(&str, &str)]| -> Value {
        pairs.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    };
    let made = world
        .ok("CreateRepository", json!({ "repositoryName": NAME, "tags": tags(&[("team", "core"), ("env", "test")]) }))
        .await;
    let arn = made["repository"]["repositoryArn"].clone();
    let of = json!({ "resourceArn": arn });
    assert_eq!(
        world.ok("ListTagsForResource", of.clone()).await,
        json!({ "tags": tags(&[("team", "core"), ("env", "test")]) })
    );
    let more = json!({ "resourceArn": arn, "tags": tags(&[("env", "prod"), ("x", "")]) });
    assert_eq!(world.ok("TagResource", more).await, json!({}));
    let less = json!({ "resourceArn": arn, "tagKeys": ["team", "unknown"] });
    assert_eq!(world.ok("UntagResource", less).await, json!({}));
    assert_eq!(world.ok("ListTagsForResource", of).await, json!({ "tags": tags(&[("env", "prod"), ("x", "")]) }));
    for bad in [
        "",
        "team/app",
        "arn:aws:s3:us-east-1:000000000000:repository/a",
        "arn:aws:ecr:us-east-1:000000000000:repository/A",
    ] {
        assert_eq!(
            world.refused("ListTagsForResource", json!({ "resourceArn": bad })).await.1,
            "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'"
        );
    }
    for elsewhere in
        ["arn:aws:ecr:us-east-1:000000000000:repository/nope", "arn:aws:ecr:us-east-1:111111111111:repository/team/app"]
    {
        assert_eq!(
            world.code("ListTagsForResource", json!({ "resourceArn": elsewhere })).await,
            "RepositoryNotFoundException"
        );
    }
    let bad = json!({ "resourceArn": arn, "tags": tags(&[("aws:x", "")]) });
    assert_eq!(world.code("TagResource", bad).await, "InvalidTagParameterException");
    let many: Vec<Value> = (0..51).map(|n| json!({ "Key": format!("k{n}"), "Value": "" })).collect();
    assert_eq!(world.code("TagResource", json!({ "resourceArn": arn, "tags": many })).await, "TooManyTagsException");
    let named = json!({ "repositoryName": "other", "tags": many });
    assert_eq!(world.code("CreateRepository", named).await, "TooManyTagsException");
}

#[tokio::test]
async fn tags_set_at_the_same_time_are_all_kept() {
    for world in World::each().await {
        let arn = world.repository(NAME).await["repositoryArn"].clone();
        let calls = (0..20).map(|n| {
            let tag = json!({ "Key": format!("k{n:02}"), "Value": "" });
            world.ok("TagResource", json!({ "resourceArn": arn, "tags": [tag] }))
        });
        futures_util::future::join_all(calls).await;
        let listed = world.ok("ListTagsForResource", json!({ "resourceArn": arn })).await;
        assert_eq!(listed["tags"].as_array().map(Vec::len), Some(20), "{}: {listed}", world.engine);
    }
}

#[tokio::test]
async fn the_registry_describes_itself() {
    let world = World::new().await;
    assert_eq!(
        world.ok("DescribeRegistry", json!({})).await,
        json!({ "registryId": ACCOUNT, "replicationConfiguration": { "rules": [] } })
    );
}
