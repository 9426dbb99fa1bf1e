//! Passwords of users: at the registry, and when they have to be changed.

use super::Aws;
use super::guide_permissions::policy_without;
use crate::http::Client;
use crate::yard;
use packyard_testkit::peer_or_skip;

#[test]
fn a_login_profile_logs_in_to_the_registry_and_a_token_ends_with_its_key() {
    let test = "a_login_profile_logs_in_to_the_registry_and_a_token_ends_with_its_key";
    let Some(oras) = peer_or_skip("oras", test) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(root) = Aws::root(&yard, folder.path(), test) else { return };
    std::os::unix::fs::symlink(&oras.path, folder.path().join("bin/oras")).unwrap();
    let ada = root.user("ada", &policy_without(None));
    root.ok("iam create-login-profile --user-name ada --password 'correct horse'");
    let login = |password: &str| {
        root.shell
            .env("PASSWORD", password)
            .succeeds("printf %s \"$PASSWORD\" | oras login --username ada --password-stdin $HOST")
    };
    assert!(login("correct horse") && !login("wrong horse"));
    root.ok("iam update-login-profile --user-name ada --password 'another horse'");
    assert!(!login("correct horse") && login("another horse"));

    let token = ada.shell.ok("aws --endpoint-url $ENDPOINT ecr get-login-password");
    let use_token = || {
        root.shell
            .env("PASSWORD", token.trim())
            .succeeds("printf %s \"$PASSWORD\" | oras login --username AWS --password-stdin $HOST")
    };
    assert!(use_token());
    let id = root.ok("iam list-access-keys --user-name ada --query 'AccessKeyMetadata[0].AccessKeyId'");
    let id = id.as_str().unwrap();
    root.ok(&format!("iam update-access-key --user-name ada --access-key-id {id} --status Inactive"));
    assert!(!use_token(), "the key is off");
    root.ok(&format!("iam update-access-key --user-name ada --access-key-id {id} --status Active"));
    assert!(use_token(), "and on again");
    root.ok(&format!("iam delete-access-key --user-name ada --access-key-id {id}"));
    assert!(!use_token(), "and gone");
}

/// The password is good for choosing another, at the console, and for nothing else.
#[test]
fn a_password_that_has_to_be_changed_opens_no_door_until_it_is() {
    let test = "a_password_that_has_to_be_changed_opens_no_door_until_it_is";
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let Some(aws) = Aws::root(&yard, folder.path(), test) else { return };
    aws.ok("iam create-user --user-name ada");
    aws.ok("iam create-login-profile --user-name ada --password 'correct horse' --password-reset-required");
    let status = |password: &str| {
        let client = Client::with_login(&yard, "ada", password);
        let body = format!(r#"{{"emailId":"ada","password":"{password}"}}"#);
        let token = client.send("POST", "/v1/auth/authenticate", "Content-Type: application/json\r\n", body.as_bytes());
        let (v2, v1) = (client.send("GET", "/v2/", "", b"").unwrap(), token.unwrap());
        let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
        (v2.status, text(&v2.body), v1.status, text(&v1.body))
    };
    let (v2, v2_text, v1, v1_text) = status("correct horse");
    assert_eq!((v2, v1), (401, 401), "{v2_text} {v1_text}");
    for text in [&v2_text, &v1_text] {
        assert!(text.contains("must be changed first"), "{text}");
    }
    let (_, text, _, _) = status("wrong password");
    assert!(!text.contains("must be changed"), "told only to who knows the password: {text}");

    let form = |fields: &str| {
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        Client::of(&yard).send("POST", "/login", kind, format!("email=ada&next=%2F&{fields}").as_bytes()).unwrap()
    };
    let page = form("password=correct+horse");
    let text = String::from_utf8_lossy(&page.body).into_owned();
    assert!(page.status == 401 && text.contains("name=\"new-password\""), "{text}");
    for (fields, says) in [
        ("password=correct+horse&new-password=short", "minimum length of 8"),
        ("password=correct+horse&new-password=correct+horse", "is the old one"),
        ("password=wrong&new-password=another+horse", "do not belong together"),
    ] {
        let page = form(fields);
        let text = String::from_utf8_lossy(&page.body).into_owned();
        assert!(page.status == 401 && text.contains(says), "{fields}: {text}");
    }
    let done = form("password=correct+horse&new-password=another+horse");
    assert!(done.status == 303 && done.header("set-cookie").contains("session"), "{:?}", done.status);
    assert_eq!(aws.ok("iam get-login-profile --user-name ada")["LoginProfile"]["PasswordResetRequired"], false);
    let (v2, v2_text, v1, v1_text) = status("another horse");
    assert_eq!((v2, v1), (200, 200), "{v2_text} {v1_text}");

    // Asked for again, it ends what the password opened.
    aws.ok("iam update-login-profile --user-name ada --password-reset-required");
    let (v2, _, v1, _) = status("another horse");
    assert_eq!((v2, v1), (401, 401));
}
