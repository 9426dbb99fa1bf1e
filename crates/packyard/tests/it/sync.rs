//! This server registered with itself, as an ECR registry: Validate, first sync, pushes.

use crate::management::Management;
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Peer, Yard, peer_or_skip};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The guide's list of permissions and GetAuthorizationToken: enough to publish, not to be read from.
const GUIDE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":[
    "ecr:CreateRepository","ecr:InitiateLayerUpload","ecr:CompleteLayerUpload","ecr:PutImage","ecr:UploadLayerPart",
    "ecr:BatchCheckLayerAvailability","ecr:ListImages","ecr:DescribeImages","ecr:BatchDeleteImage","ecr:DeleteRepository",
    "ecr:GetAuthorizationToken"]}]}"#;
const READ_ONLY: &str = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";

fn shell(aws: &Peer, yard: &Yard, folder: &Path) -> Shell {
    let path = format!("{}:/usr/bin:/bin", aws.path.parent().unwrap().display());
    Shell::in_folder(folder)
        .env("PATH", &path)
        .envs(&yard.aws_env())
        .env("ENDPOINT", &yard.url())
        .env("HOST", &yard.host())
}

/// An IAM user with the guide's policy, and its key.
fn guide_user(root: &Shell) -> (String, String) {
    let out = root.env("POLICY", GUIDE).ok(r#"iam="aws --endpoint-url $ENDPOINT iam"
           $iam create-user --user-name author >/dev/null
           $iam put-user-policy --user-name author --policy-name guide --policy-document "$POLICY"
           $iam create-access-key --user-name author --query AccessKey.[AccessKeyId,SecretAccessKey] --output text"#);
    let mut words = out.split_whitespace();
    (words.next().expect(&out).to_owned(), words.next().expect(&out).to_owned())
}

fn ecr_spec(yard: &Yard, key: &(String, String)) -> Value {
    json!({
        "endpoint": yard.host(), "isPrivate": true, "providerType": "pack", "baseContentPath": "team",
        "isSyncSupported": true,
        "credentials": { "credentialType": "secret", "accessKey": key.0, "secretKey": key.1 },
    })
}

#[test]
fn validate_names_what_the_guides_own_key_lacks_and_passes_once_it_may_read() {
    let test = "validate_names_what_the_guides_own_key_lacks_and_passes_once_it_may_read";
    let Some(aws) = peer_or_skip("aws", test) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(&aws, &yard, folder.path());
    let key = guide_user(&root);
    let management = Management::log_in(&yard);
    let validate = |spec: &Value| management.call("POST", "/v1/registries/oci/ecr/validate", spec);

    let refused = validate(&ecr_spec(&yard, &key));
    let message = refused.body["message"].as_str().unwrap_or_default().to_owned();
    assert!((400..500).contains(&refused.status), "{}", refused.body);
    for action in ["ecr:DescribeRepositories", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] {
        assert!(message.contains(action), "{action}: {message}");
    }
    for held in ["ecr:GetAuthorizationToken", "ecr:ListImages", "ecr:PutImage"] {
        assert!(!message.contains(held), "{held}: {message}");
    }
    // The statement is one that IAM takes, and it is enough.
    let statement = &message[message.find('{').expect("a statement")..];
    root.env("POLICY", statement).ok(
        r#"aws --endpoint-url $ENDPOINT iam put-user-policy --user-name author --policy-name more --policy-document "$POLICY""#,
    );
    let passed = validate(&ecr_spec(&yard, &key));
    assert_eq!(passed.status, 204, "{}", passed.body);
    root.ok("aws --endpoint-url $ENDPOINT iam delete-user-policy --user-name author --policy-name more");
    assert_ne!(validate(&ecr_spec(&yard, &key)).status, 204);

    root.env("READ_ONLY", READ_ONLY)
        .ok("aws --endpoint-url $ENDPOINT iam attach-user-policy --user-name author --policy-arn $READ_ONLY");
    assert_eq!(validate(&ecr_spec(&yard, &key)).status, 204);
    let wrong = validate(&ecr_spec(&yard, &(key.0.clone(), "not-the-secret".to_owned())));
    assert!(wrong.body["message"].as_str().unwrap_or_default().contains("Credentials"), "{}", wrong.body);
}

#[test]
fn a_push_is_in_the_catalogue_within_a_second_and_a_delete_takes_it_out() {
    let test = "a_push_is_in_the_catalogue_within_a_second_and_a_delete_takes_it_out";
    let (Some(aws), Some(oras)) = (peer_or_skip("aws", test), peer_or_skip("oras", test)) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(&aws, &yard, folder.path()).env("ORAS", oras.path.to_str().unwrap());
    let key = guide_user(&root);
    root.env("READ_ONLY", READ_ONLY).ok(
        r#"aws --endpoint-url $ENDPOINT iam attach-user-policy --user-name author --policy-arn $READ_ONLY
           aws --endpoint-url $ENDPOINT ecr create-repository --repository-name team/spectro-packs/archive >/dev/null
           aws --endpoint-url $ENDPOINT ecr create-repository --repository-name team/spectro-packs/archive/hello >/dev/null
           aws --endpoint-url $ENDPOINT ecr get-login-password | $ORAS login --username AWS --password-stdin $HOST"#,
    );
    let management = Management::log_in(&yard);
    let uid = management.register("ecr", "own-ecr", &ecr_spec(&yard, &key));
    let status = management.get(&format!("/v1/registries/oci/{uid}/ecr/sync/status"));
    assert_eq!(status.body["status"], "Success", "{}", status.body);
    assert!(management.packs().is_empty());

    // Registered while there was nothing; the status is to be true after the push too.
    assert!(status.body["message"].as_str().unwrap().contains("No packs under"), "{}", status.body);
    let synced_before = status.body["lastSyncedTime"].clone();
    let mut times = Vec::new();
    for n in 0..10 {
        let version = format!("1.{n}.0");
        std::fs::create_dir_all(folder.path().join("pack")).unwrap();
        let json = json!({"name": "hello", "displayName": "Hello", "version": version, "layer": "addon", "cloudTypes": ["all"]});
        std::fs::write(folder.path().join("pack/pack.json"), json.to_string()).unwrap();
        std::fs::write(folder.path().join("pack/values.yaml"), "pack:\n  namespace: hello\n").unwrap();
        root.env("V", &version).ok(
            "tar -czf hello-$V.tar.gz pack && $ORAS push $HOST/team/spectro-packs/archive/hello:$V hello-$V.tar.gz",
        );
        let shown = format!("hello {version}");
        times.push(management.until(Duration::from_secs(60), |packs| packs.contains(&shown)));
    }
    times.sort_unstable();
    // The promise is the release binary's, and some of the pushes must hold it also on a machine that does other things;
    // a debug one among other tests is given more.
    let limit = if std::env::var_os("PACKYARD_BIN").is_some() { 1 } else { 5 };
    assert!(times[2] < Duration::from_secs(limit) && times[5] < Duration::from_secs(5), "{times:?}");
    let status = (0..1200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let status = management.get(&format!("/v1/registries/oci/{uid}/ecr/sync/status")).body;
        (status["message"].as_str().unwrap_or_default().is_empty()).then_some(status)
    });
    let status = status.expect("the message of the empty registry goes with the first push");
    assert_eq!(status["status"], "Success", "{status}");
    assert_ne!(status["lastSyncedTime"], synced_before, "{status}");

    root.ok("aws --endpoint-url $ENDPOINT ecr batch-delete-image --repository-name team/spectro-packs/archive/hello --image-ids imageTag=1.1.0");
    let left = |packs: &[String]| packs.len() == 9 && !packs.contains(&"hello 1.1.0".to_owned());
    management.until(Duration::from_secs(60), left);
    // With the rights of the registered key, also here: once it may not read, the sync says so and loses nothing.
    root.env("READ_ONLY", READ_ONLY)
        .ok("aws --endpoint-url $ENDPOINT iam detach-user-policy --user-name author --policy-arn $READ_ONLY");
    assert_eq!(management.call("POST", &format!("/v1/registries/oci/{uid}/ecr/sync"), &Value::Null).status, 202);
    let failed = (0..1200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let status = management.get(&format!("/v1/registries/oci/{uid}/ecr/sync/status")).body;
        (status["status"] == "Failed").then_some(status)
    });
    let message = failed.expect("the sync fails")["message"].to_string();
    assert!(message.contains("ecr:DescribeRepositories"), "{message}");
    assert!(left(&management.packs()), "{:?}", management.packs());
}

#[test]
fn a_role_is_assumed_with_its_external_id_and_not_without() {
    let test = "a_role_is_assumed_with_its_external_id_and_not_without";
    let Some(aws) = peer_or_skip("aws", test) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(&aws, &yard, folder.path());
    let key = guide_user(&root);
    let role = root
        .env("TRUST", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/author"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"packs-42"}}}]}"#)
        .env("MAY_READ", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["ecr:GetAuthorizationToken","ecr:DescribeRepositories","ecr:ListImages","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}"#)
        .env("MAY_ASSUME", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":"sts:AssumeRole"}]}"#)
        .ok(
            r#"iam="aws --endpoint-url $ENDPOINT iam"
               $iam put-user-policy --user-name author --policy-name assume --policy-document "$MAY_ASSUME"
               $iam create-role --role-name reader --assume-role-policy-document "$TRUST" --query Role.Arn --output text
               $iam put-role-policy --role-name reader --policy-name read --policy-document "$MAY_READ""#,
        );
    let management = Management::log_in(&yard);
    let spec = |external_id: &str| {
        let mut spec = ecr_spec(&yard, &key);
        spec["credentials"]["credentialType"] = "sts".into();
        spec["credentials"]["sts"] = json!({ "arn": role.trim(), "externalId": external_id });
        spec
    };
    let validate = |spec: &Value| management.call("POST", "/v1/registries/oci/ecr/validate", spec);
    let passed = validate(&spec("packs-42"));
    assert_eq!(passed.status, 204, "{}", passed.body);
    let refused = validate(&spec("another"));
    let message = refused.body["message"].as_str().unwrap_or_default();
    assert!(message.contains("sts:AssumeRole"), "{}", refused.body);
}
