//! The protocol around the operations: targets, signatures that are missing, rights, and presigned addresses.

use super::super::{Operation, handle};
use super::world::{ACCOUNT, World, peer};
use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

async fn post(world: &World, target: &str, body: &str) -> Response {
    let mut request = Request::post("/").header("x-amz-target", target).body(()).unwrap();
    request.extensions_mut().insert(peer());
    handle(&world.registry, request.into_parts().0, Body::from(body.to_owned())).await
}

async fn json_of(response: Response) -> Value {
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
    serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
}

#[tokio::test]
async fn an_unknown_operation_is_a_clients_mistake_in_json() {
    let world = World::new().await;
    for target in [
        "",
        "AmazonEC2ContainerRegistry_V20150921.",
        "AmazonEC2ContainerRegistry_V20150921.StartImageScan",
        "Other.PutImage",
    ] {
        let response = post(&world, target, "{}").await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()["x-amzn-errortype"], "UnknownOperationException");
        assert_eq!(json_of(response).await["__type"], "UnknownOperationException", "{target}");
    }
}

#[tokio::test]
async fn a_call_without_a_signature_does_nothing() {
    let world = World::new().await;
    for operation in Operation::ALL {
        let response = post(&world, &format!("AmazonEC2ContainerRegistry_V20150921.{}", operation.name()), "{}").await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(json_of(response).await["__type"], "MissingAuthenticationTokenException", "{operation:?}");
    }
}

/// Each operation and the least input that gets past its table.
fn inputs() -> Vec<(&'static str, Value)> {
    let repository = || json!({ "repositoryName": "team/app" });
    let with = |extra: Value| {
        let mut input = repository();
        for (key, value) in extra.as_object().unwrap() {
            input[key] = value.clone();
        }
        input
    };
    let arn = format!("arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/app");
    let upload = "01234567-89ab-cdef-0123-456789abcdef";
    vec![
        ("CreateRepository", json!({ "repositoryName": "team/new" })),
        ("DescribeRepositories", json!({ "repositoryNames": ["team/app"] })),
        ("DescribeRepositories", json!({})),
        ("DeleteRepository", repository()),
        ("GetAuthorizationToken", json!({})),
        ("BatchCheckLayerAvailability", with(json!({ "layerDigests": ["sha256:00"] }))),
        ("InitiateLayerUpload", repository()),
        (
            "UploadLayerPart",
            with(json!({ "uploadId": upload, "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": "" })),
        ),
        ("CompleteLayerUpload", with(json!({ "uploadId": upload, "layerDigests": ["sha256:00"] }))),
        ("PutImage", with(json!({ "imageManifest": "{}" }))),
        ("BatchGetImage", with(json!({ "imageIds": [{ "imageTag": "t" }] }))),
        ("GetDownloadUrlForLayer", with(json!({ "layerDigest": "sha256:00" }))),
        ("ListImages", repository()),
        ("DescribeImages", repository()),
        ("BatchDeleteImage", with(json!({ "imageIds": [{ "imageTag": "t" }] }))),
        ("DescribeRegistry", json!({})),
        ("SetRepositoryPolicy", with(json!({ "policyText": "{}" }))),
        ("GetRepositoryPolicy", repository()),
        ("DeleteRepositoryPolicy", repository()),
        ("TagResource", json!({ "resourceArn": arn, "tags": [] })),
        ("UntagResource", json!({ "resourceArn": arn, "tagKeys": [] })),
        ("ListTagsForResource", json!({ "resourceArn": arn })),
        ("PutImageTagMutability", with(json!({ "imageTagMutability": "MUTABLE" }))),
        ("PutImageScanningConfiguration", with(json!({ "imageScanningConfiguration": {} }))),
        ("ListImageReferrers", with(json!({ "subjectId": { "imageDigest": format!("sha256:{}", "0".repeat(64)) } }))),
    ]
}

#[tokio::test]
async fn every_operation_asks_for_its_own_action_on_its_own_resource() {
    let world = World::new().await;
    world.repository("team/app").await;
    let nobody =
        world.user("nobody", json!([{ "Effect": "Allow", "Action": "ecr:StartImageScan", "Resource": "*" }])).await;
    let inputs = inputs();
    for operation in Operation::ALL {
        assert!(inputs.iter().any(|(name, _)| *name == operation.name()), "{operation:?} is not tried");
    }
    for (name, input) in inputs {
        let error = world.call_as(&nobody, name, input.clone()).await.unwrap_err();
        assert_eq!(error.code, "AccessDeniedException", "{name}");
        let resource = match (name, input.get("repositoryName").or(input.get("resourceArn"))) {
            ("DescribeRepositories", _) if input.get("repositoryNames").is_none() => {
                format!("arn:aws:ecr:us-east-1:{ACCOUNT}:repository/*")
            }
            ("GetAuthorizationToken" | "DescribeRegistry", _) => "*".to_owned(),
            ("CreateRepository", _) => format!("arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/new"),
            _ => format!("arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/app"),
        };
        let action = Operation::named(name).unwrap().action();
        assert_eq!(
            error.message,
            format!(
                "User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
            )
        );
    }
    // Nobody learns from a refusal whether a repository is there.
    let absent = world.call_as(&nobody, "ListImages", json!({ "repositoryName": "absent" })).await.unwrap_err();
    assert_eq!(absent.code, "AccessDeniedException");
}

#[tokio::test]
async fn a_repository_policy_is_enough_and_its_deny_is_final() {
    let world = World::new().await;
    world.repository("team/app").await;
    let reader =
        world.user("reader", json!([{ "Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": "*" }])).await;
    let list = json!({ "repositoryName": "team/app" });
    let policy = |effect: &str, action: &str| {
        let text = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": effect, "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:user/reader") }, "Action": action }] });
        json!({ "repositoryName": "team/app", "policyText": text.to_string() })
    };
    assert!(world.call_as(&reader, "ListImages", list.clone()).await.is_err());
    world.ok("SetRepositoryPolicy", policy("Allow", "ecr:ListImages")).await;
    world.call_as(&reader, "ListImages", list).await.unwrap();
    world.ok("SetRepositoryPolicy", policy("Deny", "ecr:BatchGetImage")).await;
    let get = json!({ "repositoryName": "team/app", "imageIds": [{ "imageTag": "t" }] });
    let denied = world.call_as(&reader, "BatchGetImage", get).await.unwrap_err();
    assert!(denied.message.ends_with("with an explicit deny in a resource-based policy"), "{}", denied.message);
}

#[tokio::test]
async fn tags_on_create_need_the_right_to_tag() {
    let world = World::new().await;
    let creator =
        world.user("creator", json!([{ "Effect": "Allow", "Action": "ecr:CreateRepository", "Resource": "*" }])).await;
    let tagged = json!({ "repositoryName": "team/new", "tags": [{ "Key": "a", "Value": "b" }] });
    let error = world.call_as(&creator, "CreateRepository", tagged).await.unwrap_err();
    assert!(error.message.contains("ecr:TagResource"), "{}", error.message);
    world.call_as(&creator, "CreateRepository", json!({ "repositoryName": "team/new" })).await.unwrap();
}

#[tokio::test]
async fn the_token_is_a_password_of_the_caller() {
    let world = World::new().await;
    let answer = world.ok("GetAuthorizationToken", json!({ "registryIds": [ACCOUNT, "111111111111"] })).await;
    let data = answer["authorizationData"].as_array().unwrap();
    assert_eq!(data.len(), 2);
    assert_eq!(data[0]["proxyEndpoint"], "http://localhost:7225");
    let life = data[0]["expiresAt"].as_f64().unwrap() - world.registry.now_ms() as f64 / 1000.0;
    assert!((life - 12.0 * 3600.0).abs() < 60.0, "{life}");
    let token = data[0]["authorizationToken"].as_str().unwrap();
    use base64::Engine as _;
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(token).unwrap()).unwrap();
    let (user, password) = text.split_once(':').unwrap();
    let caller = world.registry.access().registry_login(user, password, peer()).await.unwrap();
    assert_eq!(caller.arn(), world.admin.arn());
}

/// The address serves the layer without other credentials, whole and in part; a changed one serves nothing.
pub(super) async fn downloads(world: &World, url: &str, bytes: &[u8]) {
    let path = url.strip_prefix("http://localhost:7225").unwrap();
    let get = |path: String, range: Option<&'static str>| {
        let mut request = Request::get(path);
        if let Some(range) = range {
            request = request.header("range", range);
        }
        crate::router(&world.registry).oneshot(request.body(Body::empty()).unwrap())
    };
    let whole = get(path.to_owned(), None).await.unwrap();
    assert_eq!(whole.status(), StatusCode::OK);
    assert!(to_bytes(whole.into_body(), usize::MAX).await.unwrap() == bytes);
    let part = get(path.to_owned(), Some("bytes=10-19")).await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(&to_bytes(part.into_body(), 100).await.unwrap()[..], &bytes[10..20]);
    for forged in [path.replace("app", "bpp"), path.replace("expires=1", "expires=2"), "/_layers".to_owned()] {
        let refused = get(forged.clone(), None).await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{forged}");
    }
}
