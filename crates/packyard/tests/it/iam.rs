//! IAM and STS with the real AWS CLI v2.

mod guide_permissions;
mod passwords;

use crate::ecr::botocore;
use crate::http::Client;
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Yard, peer_or_skip};
use serde_json::{Value, json};
use std::path::Path;

/// The AWS CLI of one user.
struct Aws {
    shell: Shell,
}

impl Aws {
    fn root(yard: &Yard, folder: &Path, test: &str) -> Option<Self> {
        let aws = peer_or_skip("aws", test)?;
        let bin = folder.join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        let link = bin.join("aws");
        if !link.exists() {
            std::os::unix::fs::symlink(&aws.path, link).unwrap();
        }
        let shell = Shell::in_folder(folder)
            .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
            .env("ENDPOINT", &yard.url())
            .env("HOST", &yard.host())
            .envs(&yard.aws_env());
        Some(Self { shell })
    }

    fn with_key(&self, key: &Value) -> Self {
        let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let shell = self
            .shell
            .env("AWS_ACCESS_KEY_ID", &text("AccessKeyId"))
            .env("AWS_SECRET_ACCESS_KEY", &text("SecretAccessKey"))
            .env("AWS_SESSION_TOKEN", &text("SessionToken"));
        Self { shell }
    }

    /// A user with this policy and a key.
    fn user(&self, name: &str, policy: &str) -> Self {
        self.ok(&format!("iam create-user --user-name {name}"));
        self.put_policy(name, policy);
        self.with_key(&self.ok(&format!("iam create-access-key --user-name {name}"))["AccessKey"])
    }

    fn put_policy(&self, user: &str, policy: &str) {
        self.ok(&format!("iam put-user-policy --user-name {user} --policy-name own --policy-document '{policy}'"));
    }

    /// The parsed output of a command that must succeed; `null` for one without output.
    #[track_caller]
    fn ok(&self, command: &str) -> Value {
        let out = self.shell.ok(&format!("aws --endpoint-url $ENDPOINT --output json {command}"));
        if out.trim().is_empty() { Value::Null } else { serde_json::from_str(&out).expect(&out) }
    }

    /// Exit status and message of a command that must be refused.
    #[track_caller]
    fn refused(&self, command: &str) -> String {
        let out = self.shell.run(&format!("aws --endpoint-url $ENDPOINT --output json {command}"));
        let error = String::from_utf8_lossy(&out.stderr).trim().to_owned();
        assert_eq!(out.status.code(), Some(254), "{command}: {error}");
        error
    }
}

const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:Describe*","Resource":"*"}]}"#;

#[test]
fn users_and_their_credentials() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(aws) = Aws::root(&yard, folder.path(), "users_and_their_credentials") else { return };

    let made = aws.ok("iam create-user --user-name ada --path /packs/ --tags Key=team,Value='packs & co'");
    let user = &made["User"];
    assert_eq!(user["Arn"], "arn:aws:iam::000000000000:user/packs/ada");
    assert_eq!((&user["Path"], &user["UserName"]), (&json!("/packs/"), &json!("ada")));
    assert_eq!(user["Tags"], json!([{"Key": "team", "Value": "packs & co"}]));
    assert!(user["UserId"].as_str().unwrap().starts_with("AIDA"));
    assert_eq!(aws.ok("iam get-user --user-name ada")["User"], *user);
    let again = aws.refused("iam create-user --user-name ada");
    assert_eq!(
        again,
        "An error occurred (EntityAlreadyExists) when calling the CreateUser operation: User with name ada already exists."
    );
    let listed = aws.ok("iam list-users --query 'Users[].UserName'");
    assert_eq!(listed, json!(["ada", yard.admin_email]));
    assert_eq!(aws.ok("iam list-users --path-prefix /packs/ --query 'Users[].UserName'"), json!(["ada"]));
    assert_eq!(aws.ok("iam list-users --page-size 1 --query 'Users[].UserName'"), listed, "page by page");
    assert_eq!(aws.ok("iam get-user")["User"]["Arn"], "arn:aws:iam::000000000000:root");

    let profile =
        aws.ok("iam create-login-profile --user-name ada --password 'correct horse' --password-reset-required");
    assert_eq!(profile["LoginProfile"]["UserName"], "ada");
    assert_eq!(aws.ok("iam get-login-profile --user-name ada")["LoginProfile"]["PasswordResetRequired"], true);
    aws.ok("iam update-login-profile --user-name ada --password 'another horse' --no-password-reset-required");
    assert_eq!(aws.ok("iam get-login-profile --user-name ada")["LoginProfile"]["PasswordResetRequired"], false);
    assert!(
        aws.refused("iam create-login-profile --user-name ada --password 'correct horse'")
            .contains("(EntityAlreadyExists)")
    );
    assert!(
        aws.refused("iam update-login-profile --user-name ada --password short").contains("(PasswordPolicyViolation)")
    );

    let key = aws.ok("iam create-access-key --user-name ada")["AccessKey"].clone();
    assert_eq!((&key["Status"], &key["UserName"]), (&json!("Active"), &json!("ada")));
    let ada = aws.with_key(&key);
    assert_eq!(ada.ok("sts get-caller-identity")["Arn"], "arn:aws:iam::000000000000:user/packs/ada");
    assert_eq!(ada.ok("sts get-caller-identity")["UserId"], user["UserId"]);
    let id = key["AccessKeyId"].as_str().unwrap();
    aws.ok(&format!("iam update-access-key --user-name ada --access-key-id {id} --status Inactive"));
    let keys = aws.ok("iam list-access-keys --user-name ada")["AccessKeyMetadata"].clone();
    assert_eq!((&keys[0]["AccessKeyId"], &keys[0]["Status"]), (&json!(id), &json!("Inactive")));
    let refused = ada.refused("sts get-caller-identity");
    assert!(
        refused.contains("(InvalidClientTokenId)")
            && refused.contains("The security token included in the request is invalid."),
        "{refused}"
    );

    assert!(aws.refused("iam delete-user --user-name ada").contains("(DeleteConflict)"));
    aws.ok("iam delete-login-profile --user-name ada");
    aws.ok(&format!("iam delete-access-key --user-name ada --access-key-id {id}"));
    aws.ok("iam delete-user --user-name ada");
    let gone = aws.refused("iam get-user --user-name ada");
    assert_eq!(
        gone,
        "An error occurred (NoSuchEntity) when calling the GetUser operation: The user with name ada cannot be found."
    );
}

#[test]
fn policies_inline_and_managed() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(aws) = Aws::root(&yard, folder.path(), "policies_inline_and_managed") else { return };
    let ada = aws.user("ada", READ);
    let got = aws.ok("iam get-user-policy --user-name ada --policy-name own");
    assert_eq!(got["PolicyDocument"], serde_json::from_str::<Value>(READ).unwrap());
    assert_eq!(aws.ok("iam list-user-policies --user-name ada")["PolicyNames"], json!(["own"]));
    let malformed =
        aws.refused("iam put-user-policy --user-name ada --policy-name bad --policy-document '{\"Statement\":{}}'");
    assert!(malformed.contains("(MalformedPolicyDocument)"), "{malformed}");

    let publisher = "arn:aws:iam::aws:policy/PackPublisher";
    aws.ok(&format!("iam attach-user-policy --user-name ada --policy-arn {publisher}"));
    assert_eq!(
        aws.ok("iam list-attached-user-policies --user-name ada")["AttachedPolicies"],
        json!([{"PolicyName": "PackPublisher", "PolicyArn": publisher}])
    );
    let names = aws.ok("iam list-policies --query 'Policies[].PolicyName'").to_string();
    for name in ["PackPublisher", "AmazonEC2ContainerRegistryReadOnly", "PackyardTenantAdmin"] {
        assert!(names.contains(name), "{names}");
    }
    assert_eq!(aws.ok(&format!("iam get-policy --policy-arn {publisher}"))["Policy"]["AttachmentCount"], 1);
    let document = aws.ok(&format!("iam get-policy-version --policy-arn {publisher} --version-id v1"));
    assert!(document["PolicyVersion"]["Document"]["Statement"][0]["Action"].to_string().contains("ecr:PutImage"));
    aws.ok(&format!("iam detach-user-policy --user-name ada --policy-arn {publisher}"));
    // Terraform asks for these before it deletes a user or a role.
    assert_eq!(aws.ok("iam list-groups-for-user --user-name ada")["Groups"], json!([]));
    assert!(aws.refused("iam list-instance-profiles-for-role --role-name ada").contains("(NoSuchEntity)"));
    let absent = aws.refused("iam list-groups");
    assert!(absent.contains("(InvalidAction)") && absent.contains("Packyard does not offer it"), "{absent}");
    aws.ok("iam delete-user-policy --user-name ada --policy-name own");
    assert!(aws.refused("iam get-user-policy --user-name ada --policy-name own").contains("(NoSuchEntity)"));

    let refused = ada.refused("iam create-user --user-name eve");
    assert_eq!(
        refused,
        "An error occurred (AccessDenied) when calling the CreateUser operation: User: arn:aws:iam::000000000000:user/ada \
         is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::000000000000:user/eve because no \
         identity-based policy allows the iam:CreateUser action"
    );
}

#[test]
fn roles_are_assumed_with_their_external_id_only() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(aws) = Aws::root(&yard, folder.path(), "roles_are_assumed_with_their_external_id_only") else { return };
    let vendor = aws.user("vendor", READ);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::000000000000:user/vendor"},
        "Condition":{"StringEquals":{"sts:ExternalId":"packyard-42"}}}]}"#;
    let made = aws.ok(&format!("iam create-role --role-name packs-reader --assume-role-policy-document '{trust}'"));
    assert_eq!(made["Role"]["AssumeRolePolicyDocument"], serde_json::from_str::<Value>(trust).unwrap());
    let arn = made["Role"]["Arn"].as_str().unwrap();
    aws.ok(&format!("iam put-role-policy --role-name packs-reader --policy-name own --policy-document '{READ}'"));
    assert_eq!(aws.ok("iam get-role --role-name packs-reader")["Role"]["Arn"], arn);

    let assume = format!("sts assume-role --role-arn {arn} --role-session-name sync");
    for wrong in ["", " --external-id packyard-43"] {
        let refused = vendor.refused(&format!("{assume}{wrong}"));
        assert_eq!(
            refused,
            format!(
                "An error occurred (AccessDenied) when calling the AssumeRole operation: User: \
                 arn:aws:iam::000000000000:user/vendor is not authorized to perform: sts:AssumeRole on resource: {arn}"
            )
        );
    }
    let assumed = vendor.ok(&format!("{assume} --external-id packyard-42"));
    assert_eq!(assumed["AssumedRoleUser"]["Arn"], "arn:aws:sts::000000000000:assumed-role/packs-reader/sync");
    let session = vendor.with_key(&assumed["Credentials"]);
    let identity = session.ok("sts get-caller-identity");
    assert_eq!(identity["Arn"], "arn:aws:sts::000000000000:assumed-role/packs-reader/sync");
    assert!(identity["UserId"].as_str().unwrap().ends_with(":sync"));
    let refused = session.refused("iam list-users");
    assert!(
        refused.contains("User: arn:aws:sts::000000000000:assumed-role/packs-reader/sync is not authorized"),
        "{refused}"
    );
    aws.ok("iam delete-role-policy --role-name packs-reader --policy-name own");
    aws.ok("iam delete-role --role-name packs-reader");
    assert!(session.refused("sts get-caller-identity").contains("(InvalidClientTokenId)"), "the role is gone");
}

#[test]
fn a_wrong_secret_and_a_wrong_clock_have_awss_codes() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(aws) = Aws::root(&yard, folder.path(), "a_wrong_secret_and_a_wrong_clock_have_awss_codes") else { return };
    let wrong = Aws { shell: aws.shell.env("AWS_SECRET_ACCESS_KEY", "wrong") };
    assert!(wrong.refused("sts get-caller-identity").starts_with(
        "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we \
         calculated does not match the signature you provided."
    ));
    let unknown = Aws { shell: aws.shell.env("AWS_ACCESS_KEY_ID", "AKIANOSUCHKEY") };
    assert!(unknown.refused("iam list-users").contains("(InvalidClientTokenId)"));
    assert!(wrong.refused("ecr describe-repositories").contains("(InvalidSignatureException)"));
    assert!(unknown.refused("ecr describe-repositories").contains("(UnrecognizedClientException)"));
}

/// `boto3`'s `generate_presigned_url`, as tools use it to prove who they are.
#[test]
fn a_presigned_address_says_who_signed_it_and_changes_nothing() {
    let yard = yard();
    let script = r#"
import re, urllib.error
def presign(service, operation, **args):
    client = session.create_client(service, endpoint_url=os.environ['ENDPOINT'], region_name='us-east-1')
    return client.generate_presigned_url(operation, Params=args, HttpMethod='GET')
def fetch(url):
    try:
        reply = urllib.request.urlopen(url)
    except urllib.error.HTTPError as error:
        reply = error
    return reply.status, reply.headers['Content-Type'], reply.read().decode()
url = presign('sts', 'get_caller_identity')
status, kind, text = fetch(url)
assert (status, kind) == (200, 'text/xml') and '<Arn>arn:aws:iam::000000000000:root</Arn>' in text, text
status, kind, text = fetch(url[:-1] + ('0' if url[-1] != '0' else '1'))
assert status == 403 and '<Code>SignatureDoesNotMatch</Code>' in text, text
assert fetch(presign('iam', 'list_users'))[0] == 200
for service, operation, args in [
    ('iam', 'create_user', {'UserName': 'by-link'}),
    ('iam', 'create_access_key', {}),
    ('sts', 'assume_role', {'RoleArn': 'arn:aws:iam::000000000000:role/x', 'RoleSessionName': 'xx'}),
]:
    status, kind, text = fetch(presign(service, operation, **args))
    assert status == 400 and '<Code>InvalidAction</Code>' in text and 'POST' in text, text
assert 'by-link' not in fetch(presign('iam', 'list_users'))[2]
status, kind, text = fetch(os.environ['ENDPOINT'] + '/?Action=GetCallerIdentity&Version=2011-06-15')
assert status == 403 and '<Code>MissingAuthenticationToken</Code>' in text, text
"#;
    botocore("a_presigned_address_says_who_signed_it_and_changes_nothing", &yard, script);
    // Without a call in its query it is the console's start page still.
    let reply = Client::of(&yard).send("GET", "/?theme=dark", "", b"").unwrap();
    assert_eq!((reply.status, reply.header("location")), (303, "/login?next=%2F%3Ftheme%3Ddark"));
}

/// What would take rights away and is not heeded must not be left out silently.
#[test]
fn parameters_that_are_not_heeded_are_refused() {
    let test = "parameters_that_are_not_heeded_are_refused";
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(aws) = Aws::root(&yard, folder.path(), test) else { return };
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/jo"},"Action":"sts:AssumeRole"}]}"#;
    let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#;
    let boundary = "--permissions-boundary arn:aws:iam::aws:policy/PackyardViewer";
    let jo = aws.user("jo", allow);
    let role = format!("iam create-role --role-name reader --assume-role-policy-document '{trust}'");
    for (aws, command, name) in [
        (&aws, format!("iam create-user --user-name eve {boundary}"), "PermissionsBoundary"),
        (&aws, format!("{role} {boundary}"), "PermissionsBoundary"),
    ] {
        let refused = aws.refused(&command);
        assert!(refused.contains("(ValidationError)") && refused.contains(name), "{refused}");
    }
    assert!(aws.refused("iam get-user --user-name eve").contains("(NoSuchEntity)"));
    let made = aws.ok(&format!("{role} --tags Key=team,Value=packs"));
    assert_eq!(made["Role"]["Tags"], json!([{"Key": "team", "Value": "packs"}]));
    assert_eq!(aws.ok("iam get-role --role-name reader")["Role"]["Tags"], made["Role"]["Tags"]);
    let assume = "sts assume-role --role-arn arn:aws:iam::000000000000:role/reader --role-session-name ci";
    for (option, name) in [
        ("--tags Key=a,Value=b", "Tags"),
        ("--tags Key=a,Value=b --transitive-tag-keys a", "Tags"),
        ("--source-identity jo", "SourceIdentity"),
        ("--serial-number arn:aws:iam::000000000000:mfa/jo", "SerialNumber"),
        ("--token-code 123456", "TokenCode"),
    ] {
        let refused = jo.refused(&format!("{assume} {option}"));
        assert!(refused.contains("(ValidationError)") && refused.contains(name), "{option}: {refused}");
    }
    // The role's tags are its sessions'.
    let tagged = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:DescribeRepositories","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"packs"}}}]}"#;
    aws.ok(&format!("iam put-role-policy --role-name reader --policy-name own --policy-document '{tagged}'"));
    let session = aws.with_key(&jo.ok(assume)["Credentials"]);
    session.ok("ecr describe-repositories");

    let junk = aws.refused("iam list-users --starting-token junk");
    let junk = junk + &aws.refused("iam list-roles --no-paginate --marker junk");
    assert!(junk.contains("(ValidationError)") && junk.contains("Invalid Marker"), "{junk}");
}

#[test]
fn a_form_that_is_too_long_is_refused_in_xml() {
    let yard = yard();
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let mut body = b"Action=ListUsers&Version=2010-05-08&PathPrefix=".to_vec();
    body.resize((1 << 20) + 1, b'a');
    let reply = Client::of(&yard).send("POST", "/", kind, &body).unwrap();
    let text = String::from_utf8_lossy(&reply.body);
    assert_eq!((reply.status, reply.header("content-type")), (413, "text/xml"), "{text}");
    assert!(text.contains("<Code>RequestEntityTooLarge</Code>") && text.contains("1048576 bytes"), "{text}");
}

/// The log is read line by line: what a caller may not do is one line of it, with whatever the caller put into the ARN;
/// and a list leaves out what its reader may not see without a word about each.
#[test]
fn a_caller_writes_no_lines_into_the_log() {
    let test = "a_caller_writes_no_lines_into_the_log";
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let Some(aws) = Aws::root(&yard, folder.path(), test) else { return };
    Client::of(&yard).begin("hidden/one");
    let push = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:PutImage","Resource":"*"}]}"#;
    let eve = aws.user("eve", push);
    aws.ok("iam create-login-profile --user-name eve --password 'correct horse'");
    let arn = r#""$(printf 'arn:aws:iam::000000000000:role/x\nERROR forged: all is lost')""#;
    let refused = eve.refused(&format!("sts assume-role --role-session-name eve --role-arn {arn}"));
    assert!(refused.contains("AccessDenied"), "{refused}");
    let listed = Client::with_login(&yard, "eve", "correct horse").expect("GET", "/v2/_catalog", 200);
    assert_eq!(String::from_utf8_lossy(&listed.body), r#"{"repositories":[]}"#);
    let wrong = Client::with_login(&yard, "eve", "another horse").send("GET", "/v2/", "", b"").unwrap();
    assert_eq!(wrong.status, 401);

    let log = yard.log_with("a wrong password");
    assert!(log.contains("role/x\\nERROR forged"), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("ERROR forged")), "{log}");
    assert!(!log.contains("ecr:DescribeRepositories"), "{log}");
    let noted = log.lines().find(|line| line.contains("a wrong password")).unwrap_or_else(|| panic!("{log}"));
    assert!(noted.contains(":user/eve") && noted.contains("127.0.0.1") && !noted.contains("another horse"), "{noted}");
}
