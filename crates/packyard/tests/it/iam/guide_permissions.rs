//! What each of the guide's permissions is for.

use super::Aws;
use crate::yard;
use packyard_testkit::{Yard, peer_or_skip};
use serde_json::json;

/// The guide's permissions, and GetAuthorizationToken.
const PERMISSIONS: [&str; 11] = [
    "CreateRepository",
    "GetAuthorizationToken",
    "BatchCheckLayerAvailability",
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
    "PutImage",
    "DescribeImages",
    "ListImages",
    "BatchDeleteImage",
    "DeleteRepository",
];

pub(super) fn policy_without(missing: Option<&str>) -> String {
    let held: Vec<String> =
        PERMISSIONS.iter().filter(|held| Some(**held) != missing).map(|held| format!("ecr:{held}")).collect();
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": held, "Resource": "*"}]}).to_string()
}

/// The commands of a pack author, by name. `$N` is the row, `$DOCKER_CONFIG` holds a registry login made while the user
/// had all rights: the login is the identity, rights are asked at each request.
const COMMANDS: [(&str, &str); 8] = [
    ("create-repository", "aws --endpoint-url $ENDPOINT ecr create-repository --repository-name row$N/made"),
    ("get-login-password", "aws --endpoint-url $ENDPOINT ecr get-login-password"),
    ("oras push", "oras push $HOST/row$N/images:v1 new$N.txt"),
    (
        "describe-images",
        "aws --endpoint-url $ENDPOINT ecr describe-images --repository-name row$N/images --image-ids imageTag=v0",
    ),
    ("list-images", "aws --endpoint-url $ENDPOINT ecr list-images --repository-name row$N/images"),
    ("tags/list", "oras repo tags $HOST/row$N/images"),
    (
        "batch-delete-image",
        "aws --endpoint-url $ENDPOINT ecr batch-delete-image --repository-name row$N/images --image-ids imageTag=v0",
    ),
    ("delete-repository", "aws --endpoint-url $ENDPOINT ecr delete-repository --repository-name row$N/gone"),
];

/// Which commands must fail without the permission; all others must pass.
fn needs(permission: &str) -> &'static [&'static str] {
    match permission {
        "CreateRepository" => &["create-repository"],
        "GetAuthorizationToken" => &["get-login-password"],
        "DescribeImages" => &["describe-images"],
        "ListImages" => &["list-images", "tags/list"],
        "BatchDeleteImage" => &["batch-delete-image"],
        "DeleteRepository" => &["delete-repository"],
        _ => &["oras push"],
    }
}

#[test]
fn each_permission_of_the_guide_is_needed_by_its_command_and_by_no_other() {
    let test = "each_permission_of_the_guide_is_needed_by_its_command_and_by_no_other";
    let Some(oras) = peer_or_skip("oras", test) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(root) = Aws::root(&yard, folder.path(), test) else { return };
    std::os::unix::fs::symlink(&oras.path, folder.path().join("bin/oras")).unwrap();
    let author = root.user("author", &policy_without(None));
    let login =
        "aws --endpoint-url $ENDPOINT ecr get-login-password | oras login --username AWS --password-stdin $HOST";
    let user = author.shell.env("DOCKER_CONFIG", folder.path().join("author").to_str().unwrap());
    user.ok(login);
    root.shell.ok(login);

    let rows = [None].into_iter().chain(PERMISSIONS.into_iter().map(Some));
    for (n, missing) in rows.enumerate() {
        root.shell.env("N", &n.to_string()).ok(
            "for name in images gone; do aws --endpoint-url $ENDPOINT ecr create-repository --repository-name row$N/$name >/dev/null; done
             echo old $N >old$N.txt; echo new $N >new$N.txt; oras push $HOST/row$N/images:v0 old$N.txt >/dev/null",
        );
        root.put_policy("author", &policy_without(missing));
        let user = user.env("N", &n.to_string());
        for (command, script) in COMMANDS {
            let must_fail = missing.is_some_and(|permission| needs(permission).contains(&command));
            let out = user.run(script);
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert_eq!(out.status.success(), !must_fail, "without {missing:?}: {command}\n{said}");
            if let (true, Some(permission)) = (must_fail, missing) {
                check_refusal(&yard, permission, command, &said);
            }
        }
    }
}

/// AWS's sentence, in the reply where it has a body, else in the log.
fn check_refusal(yard: &Yard, permission: &str, command: &str, said: &str) {
    let sentence = format!(
        "User: arn:aws:iam::000000000000:user/author is not authorized to perform: ecr:{permission} on resource: "
    );
    let because = format!(" because no identity-based policy allows the ecr:{permission} action");
    if permission == "BatchCheckLayerAvailability" {
        assert!(said.contains("403"), "{command}: {said}");
        assert!(yard.log().contains(&sentence), "the log has no sentence for the HEAD:\n{}", yard.log());
    } else {
        assert!(said.contains(&sentence) && said.contains(&because), "{command} without {permission}: {said}");
    }
}
