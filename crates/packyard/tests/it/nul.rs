//! U+0000, which PostgreSQL keeps in no text and SQLite would: each door of AWS and OCI clients refuses it in the words of
//! its protocol, the same on both engines. (`/v1` and the console: `bad_input`.)

use crate::http::Client;
use crate::yard_builder;
use packyard_testkit::{Yard, peer_or_skip, postgres_or_skip};
use serde_json::{Value, json};
use std::process::Command;

const NUL: &str = "a\u{0}b";

/// A server on SQLite, and one on PostgreSQL where it is; `None` where there is no curl to sign requests.
fn yards(test: &str) -> Option<Vec<(&'static str, Yard)>> {
    peer_or_skip("curl", test)?;
    let mut yards = vec![("SQLite", yard_builder().start())];
    let url = postgres_or_skip(&format!("{test} (on PostgreSQL)"));
    yards.extend(url.map(|url| ("PostgreSQL", yard_builder().arg("--database-url").arg(url).start())));
    Some(yards)
}

/// Status and body.
fn curl(args: &[&str], address: &str) -> (String, String) {
    let mut command = Command::new("curl");
    command.args(["-sS", "--noproxy", "*", "-w", "\n%{http_code}"]).args(args).arg(address);
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.to_owned(), body.to_owned())
}

/// A signed call of the account root.
fn signed(yard: &Yard, service: &str, headers: &[&str], body: &str) -> (String, String) {
    let (scope, user) = (format!("aws:amz:us-east-1:{service}"), format!("{}:{}", yard.root_key_id, yard.root_secret));
    let mut args = vec!["--aws-sigv4", &scope, "--user", &user, "--data-binary", body];
    args.extend(headers.iter().flat_map(|header| ["-H", header]));
    curl(&args, &format!("{}/", yard.url()))
}

fn ecr(yard: &Yard, operation: &str, input: &Value) -> (String, Value) {
    let target = format!("X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.{operation}");
    let (status, body) =
        signed(yard, "ecr", &[&target, "Content-Type: application/x-amz-json-1.1"], &input.to_string());
    (status, serde_json::from_str(&body).expect(&body))
}

#[test]
fn ecr_refuses_it_as_an_invalid_parameter() {
    let Some(yards) = yards("ecr_refuses_it_as_an_invalid_parameter") else { return };
    for (engine, yard) in &yards {
        let (status, made) = ecr(yard, "CreateRepository", &json!({ "repositoryName": "team/app" }));
        assert_eq!(status, "200", "{engine}: {made}");
        let arn = &made["repository"]["repositoryArn"];
        let tag = |key: &str, value: &str| json!([{ "Key": "fine", "Value": "" }, { "Key": key, "Value": value }]);
        let tagged = |key: &str, value: &str| json!({ "resourceArn": arn, "tags": tag(key, value) });
        for (operation, input, member) in [
            ("TagResource", tagged("k", NUL), "tags.2.member.Value"),
            ("TagResource", tagged(NUL, "v"), "tags.2.member.Key"),
            (
                "CreateRepository",
                json!({ "repositoryName": "team/other", "tags": tag("k", NUL) }),
                "tags.2.member.Value",
            ),
            ("UntagResource", json!({ "resourceArn": arn, "tagKeys": [NUL] }), "tagKeys.1.member"),
            ("ListTagsForResource", json!({ "resourceArn": NUL }), "resourceArn"),
            ("DescribeRepositories", json!({ "repositoryNames": [NUL] }), "repositoryNames.1.member"),
            ("DescribeRepositories", json!({ "nextToken": NUL }), "nextToken"),
            ("SetRepositoryPolicy", json!({ "repositoryName": "team/app", "policyText": NUL }), "policyText"),
            (
                "BatchGetImage",
                json!({ "repositoryName": "team/app", "imageIds": [{ "imageTag": NUL }] }),
                "imageIds.1.member.imageTag",
            ),
            ("PutImage", json!({ "repositoryName": "team/app", "imageManifest": "{}", "imageTag": NUL }), "imageTag"),
        ] {
            let (status, error) = ecr(yard, operation, &input);
            let said = (status.as_str(), error["__type"].as_str().unwrap());
            assert_eq!(said, ("400", "InvalidParameterException"), "{engine}: {operation} {input}: {error}");
            let begin = format!("Invalid parameter at '{member}' failed to satisfy constraint: ");
            assert!(error["message"].as_str().unwrap().starts_with(&begin), "{engine}: {operation}: {error}");
        }
        let (_, kept) = ecr(yard, "ListTagsForResource", &json!({ "resourceArn": arn }));
        assert_eq!(kept["tags"], json!([]), "{engine}: nothing of it is kept");
        let (_, all) = ecr(yard, "DescribeRepositories", &json!({}));
        assert_eq!(all["repositories"].as_array().unwrap().len(), 1, "{engine}: {all}");
    }
}

#[test]
fn iam_and_sts_refuse_it_as_a_validation_error() {
    let Some(yards) = yards("iam_and_sts_refuse_it_as_a_validation_error") else { return };
    let iam = |yard: &Yard, service: &str, fields: &str| {
        let version = if service == "sts" { "2011-06-15" } else { "2010-05-08" };
        let body = format!("Version={version}&{fields}");
        signed(yard, service, &["Content-Type: application/x-www-form-urlencoded; charset=utf-8"], &body)
    };
    for (engine, yard) in &yards {
        let (status, body) = iam(yard, "iam", "Action=CreateUser&UserName=ada");
        assert_eq!(status, "200", "{engine}: {body}");
        for (service, fields, member) in [
            ("iam", "Action=CreateUser&UserName=a%00b", "userName"),
            ("iam", "Action=CreateUser&UserName=bob&Path=/%00/", "path"),
            (
                "iam",
                "Action=CreateUser&UserName=bob&Tags.member.1.Key=k&Tags.member.1.Value=%00",
                "tags.1.member.value",
            ),
            ("iam", "Action=CreateUser&UserName=bob&Tags.member.1.Key=%00&Tags.member.1.Value=v", "tags.1.member.key"),
            ("iam", "Action=GetUser&UserName=%00", "userName"),
            ("iam", "Action=ListUsers&PathPrefix=/%00", "pathPrefix"),
            ("iam", "Action=CreateLoginProfile&UserName=ada&Password=hidden-word%00", "password"),
            ("iam", "Action=UpdateAccessKey&UserName=ada&AccessKeyId=%00&Status=Active", "accessKeyId"),
            ("iam", "Action=PutUserPolicy&UserName=ada&PolicyName=p&PolicyDocument=%00", "policyDocument"),
            ("iam", "Action=PutUserPolicy&UserName=ada&PolicyName=%00&PolicyDocument={}", "policyName"),
            ("iam", "Action=AttachUserPolicy&UserName=ada&PolicyArn=%00", "policyArn"),
            ("iam", "Action=CreateRole&RoleName=r&AssumeRolePolicyDocument={}&Description=%00", "description"),
            ("iam", "Action=CreateRole&RoleName=r&AssumeRolePolicyDocument=%00", "assumeRolePolicyDocument"),
            ("sts", "Action=AssumeRole&RoleArn=arn%00&RoleSessionName=s", "roleArn"),
            ("sts", "Action=AssumeRole&RoleArn=arn&RoleSessionName=%00", "roleSessionName"),
        ] {
            let (status, body) = iam(yard, service, fields);
            assert_eq!(status, "400", "{engine}: {fields}: {body}");
            let at = format!("Value at '{member}' failed to satisfy constraint: Member must not contain");
            assert!(body.contains("<Code>ValidationError</Code>"), "{engine}: {fields}: {body}");
            assert!(body.contains(&at) && !body.contains("hidden-word"), "{engine}: {fields}: {body}");
        }
        let (_, users) = iam(yard, "iam", "Action=ListUsers");
        assert!(users.contains("ada") && !users.contains("bob"), "{engine}: {users}");
        let (status, body) = presigned_by_nobody(yard);
        assert_eq!(status, "403", "{engine}: {body}");
        assert!(body.contains("<Code>InvalidClientTokenId</Code>"), "{engine}: {body}");
    }
}

/// A presigned address whose key has the character in its name: only there can it come so far.
fn presigned_by_nobody(yard: &Yard) -> (String, String) {
    let now = chrono::Utc::now();
    let (day, time) = (now.format("%Y%m%d"), now.format("%Y%m%dT%H%M%SZ"));
    let query = format!(
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%00%2F{day}%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date={time}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
        "0".repeat(64)
    );
    curl(&[], &format!("{}/?{query}", yard.url()))
}

#[test]
fn the_distribution_api_refuses_it_in_parameters_and_in_types() {
    let Some(yards) = yards("the_distribution_api_refuses_it_in_parameters_and_in_types") else { return };
    for (engine, yard) in &yards {
        let client = Client::of(yard);
        let config = client.finish(&client.begin("team/app"), b"{}");
        let says = |reply: &crate::http::Reply| String::from_utf8_lossy(&reply.body).into_owned();
        for path in [
            "_catalog?last=a%00b".to_owned(),
            "team/app/tags/list?last=a%00b".to_owned(),
            format!("team/app/referrers/{config}?artifactType=a%00b"),
        ] {
            let reply = client.expect("GET", &format!("/v2/{path}"), 400);
            assert!(says(&reply).contains("U+0000"), "{engine}: {path}: {}", says(&reply));
        }
        for (method, path) in [
            ("GET", "team/app/manifests/a%00b"),
            ("GET", "team%00/app/manifests/v1"),
            ("GET", "team/app/blobs/uploads/a%00b"),
            ("DELETE", "team/app/blobs/uploads/a%00b"),
            ("POST", "team/app/blobs/uploads/?mount=a%00b&from=a%00b"),
        ] {
            let reply = client.send(method, &format!("/v2/{path}"), "", b"").unwrap();
            assert!((400..500).contains(&reply.status), "{engine}: {method} {path}: {}", says(&reply));
        }
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let content = format!("Content-Type: {kind}\r\n");
        let descriptor = |kind: &str| json!({ "mediaType": kind, "digest": config.to_string(), "size": 2 });
        let plain = "application/vnd.oci.empty.v1+json";
        for (artifact, of_config) in [(NUL, plain), ("", NUL)] {
            let manifest = json!({ "schemaVersion": 2, "mediaType": kind, "artifactType": artifact,
                "config": descriptor(of_config), "layers": [] });
            let body = manifest.to_string();
            let reply = client.send("PUT", "/v2/team/app/manifests/v1", &content, body.as_bytes()).unwrap();
            assert_eq!(reply.status, 400, "{engine}: {}", says(&reply));
            assert!(says(&reply).contains("MANIFEST_INVALID"), "{engine}: {}", says(&reply));
        }
    }
}
