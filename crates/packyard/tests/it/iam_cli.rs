//! `packyard iam` beside `aws iam`: the same verbs, the same answers.

use crate::shell::Shell;
use crate::yard;
use packyard_testkit::peer_or_skip;
use serde_json::{Value, json};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/jo"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"secret-id"}}}]}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:ListImages","sts:AssumeRole"],"Resource":"*"}]}"#;

/// Both tools write times in ISO 8601, one with `Z`, one with an offset.
fn plain(text: &str) -> Value {
    serde_json::from_str(&text.replace("+00:00\"", "Z\"")).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn users_keys_policies_and_roles_as_aws_iam_shows_them() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let packyard = format!("{} iam --server {}", env!("CARGO_BIN_EXE_packyard"), yard.url());
    let sh = Shell::in_folder(folder.path())
        .envs(&yard.aws_env())
        .env("P", &packyard)
        .env("TRUST", TRUST)
        .env("POLICY", POLICY);

    assert!(sh.ok("$P get-caller-identity").contains("arn:aws:iam::000000000000:root"));
    let made = plain(&sh.ok("$P create-user --user-name jo --output json"));
    assert_eq!(made["User"]["Arn"], "arn:aws:iam::000000000000:user/jo");
    let tagged = plain(&sh.ok("$P create-user --user-name tag --tags Key=team,Value=packs Key=empty --output json"));
    let tags = json!([{ "Key": "team", "Value": "packs" }, { "Key": "empty", "Value": "" }]);
    assert_eq!(tagged["User"]["Tags"], tags);
    assert_eq!(plain(&sh.ok("$P get-user --user-name tag --output json"))["User"]["Tags"].as_array().unwrap().len(), 2);
    assert_eq!(sh.ok("echo a-long-enough-password-1 | $P create-login-profile --user-name jo --password file:///dev/stdin --output json | grep -c '\"UserName\": \"jo\"'").trim(), "1");
    sh.ok("echo \"$POLICY\" > p.json; $P put-user-policy --user-name jo --policy-name own --policy-document file://p.json");
    sh.ok("$P attach-user-policy --user-name jo --policy-arn arn:aws:iam::aws:policy/PackPublisher");
    sh.ok("$P create-role --role-name reader --assume-role-policy-document \"$TRUST\" >/dev/null");
    sh.ok("$P put-role-policy --role-name reader --policy-name own --policy-document \"$POLICY\"");
    let key = plain(&sh.ok("$P create-access-key --user-name jo --output json"));
    let key = &key["AccessKey"];
    let text = |member: &str| key[member].as_str().unwrap().to_owned();
    let jo = sh.env("AWS_ACCESS_KEY_ID", &text("AccessKeyId")).env("AWS_SECRET_ACCESS_KEY", &text("SecretAccessKey"));
    assert_eq!(plain(&jo.ok("$P get-caller-identity --output json"))["Arn"], "arn:aws:iam::000000000000:user/jo");
    let assume = "$P assume-role --role-arn arn:aws:iam::000000000000:role/reader --role-session-name ci --output json";
    let refused = jo.run(assume);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("is not authorized to perform: sts:AssumeRole"), "{said}");
    let session = plain(&jo.ok(&format!("{assume} --external-id secret-id")));
    assert!(session["Credentials"]["AccessKeyId"].as_str().unwrap().starts_with("ASIA"), "{session}");

    if let Some(aws) = peer_or_skip("aws", "users_keys_policies_and_roles_as_aws_iam_shows_them") {
        let sh = sh.env("A", &format!("{} --endpoint-url {} iam", aws.path.display(), yard.url()));
        for call in [
            "list-users",
            "get-user --user-name jo",
            "get-login-profile --user-name jo",
            "list-access-keys --user-name jo",
            "list-user-policies --user-name jo",
            "get-user-policy --user-name jo --policy-name own",
            "list-attached-user-policies --user-name jo",
            "list-attached-role-policies --role-name reader",
            "list-roles",
            "get-role --role-name reader",
            "get-role-policy --role-name reader --policy-name own",
        ] {
            let ours = plain(&sh.ok(&format!("$P {call} --output json")));
            let theirs = plain(&sh.ok(&format!("$A {call} --output json")));
            assert_eq!(ours, theirs, "{call}");
        }
    }

    sh.ok(&format!("$P update-access-key --user-name jo --access-key-id {} --status Inactive", text("AccessKeyId")));
    assert!(!jo.succeeds("$P get-caller-identity"));
    for call in [
        format!("delete-access-key --user-name jo --access-key-id {}", text("AccessKeyId")),
        "detach-user-policy --user-name jo --policy-arn arn:aws:iam::aws:policy/PackPublisher".to_owned(),
        "delete-user-policy --user-name jo --policy-name own".to_owned(),
        "delete-login-profile --user-name jo".to_owned(),
        "delete-user --user-name jo".to_owned(),
        "delete-role-policy --role-name reader --policy-name own".to_owned(),
        "delete-role --role-name reader".to_owned(),
    ] {
        assert_eq!(sh.ok(&format!("$P {call}")), "", "{call} has no output");
    }
    assert_eq!(plain(&sh.ok("$P list-roles --output json")), json!({ "Roles": [] }));
    let gone = sh.run("$P get-user --user-name jo");
    assert!(String::from_utf8_lossy(&gone.stderr).contains("NoSuchEntity"), "{gone:?}");
}
