//! `packyard admin`: on a data folder whose server is stopped, and only on one that is there.

use crate::http::Client;
use crate::{ended, yard_builder};
use packyard_testkit::{Yard, postgres_or_skip};
use std::path::Path;
use std::process::{Command, Stdio};

/// Exit code, standard output, standard error.
fn admin(data: &Path, args: &[&str], envs: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_packyard"));
    let mut child = command
        .arg("admin")
        .args(args)
        .arg("--data")
        .arg(data)
        .envs(envs.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let (code, stderr) = ended(child);
    (code, std::io::read_to_string(stdout).unwrap(), stderr)
}

fn logs_in(yard: &Yard, password: &str) -> u16 {
    let body = format!(r#"{{"emailId":"{}","password":"{password}"}}"#, yard.admin_email);
    let headers = "Content-Type: application/json\r\n";
    Client::of(yard).send("POST", "/v1/auth/authenticate", headers, body.as_bytes()).unwrap().status
}

#[test]
fn reset_password_makes_a_new_one_that_works_instead_of_the_old() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut yard = yard_builder().data(&data).start();
    assert_eq!(logs_in(&yard, &yard.admin_password), 200);
    yard.terminate();
    let email = yard.admin_email.clone();
    let (code, out, said) = admin(&data, &["reset-password", "--email", &email, "--output", "json"], &[]);
    assert_eq!(code, Some(0), "{said}");
    let new: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(new["email"], email);
    let (code, _, said) = admin(&data, &["reset-password", "--email", "nobody@example.com"], &[]);
    let known = format!("there is no user 'nobody@example.com'; the tenant's administrators are: {email}");
    assert!(code == Some(1) && said.contains(&known), "{said}");
    // The address was chosen on the first start, and need not be known to get in again; nor need the settings still name
    // somebody who is there.
    let gone = [("PACKYARD_ADMIN_EMAIL", "gone@example.com")];
    let (code, out, said) = admin(&data, &["reset-password", "--output", "json"], &gone);
    assert_eq!(code, Some(0), "{said}");
    let new: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(new["email"], email);
    let yard = yard_builder().data(&data).start();
    assert_eq!(logs_in(&yard, new["password"].as_str().unwrap()), 200);
    assert_eq!(logs_in(&yard, &yard.admin_password), 401);
}

#[test]
fn rotate_root_key_makes_a_new_one_that_works_instead_of_the_old() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut yard = yard_builder().data(&data).start();
    yard.terminate();
    let (code, out, said) = admin(&data, &["rotate-root-key", "--output", "json"], &[]);
    assert_eq!(code, Some(0), "{said}");
    let new: serde_json::Value = serde_json::from_str(&out).unwrap();
    // Given again in the environment, the old key would be the root's again.
    let yard = yard_builder().data(&data).without_credentials().start();
    let who = |id: &str, secret: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packyard"));
        command.args(["iam", "get-caller-identity", "--server", &yard.url()]);
        command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
        command.output().unwrap().status.success()
    };
    assert!(who(new["access_key_id"].as_str().unwrap(), new["secret_access_key"].as_str().unwrap()));
    assert!(!who(&yard.root_key_id, &yard.root_secret));
}

/// The last administrator's password and the root's key are taken away, and `packyard iam` says how both come back.
#[test]
fn whoever_locked_everybody_out_is_told_the_way_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut yard = yard_builder().data(&data).start();
    let iam = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packyard"));
        command.arg("iam").args(words).args(["--server", &yard.url()]).envs(yard.aws_env());
        let out = command.output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success() && out.stdout.is_empty(), "{words:?}: {said}");
        said
    };
    let email = yard.admin_email.clone();
    let said = iam(&["delete-login-profile", "--user-name", &email]);
    assert!(said.contains(&format!("`packyard admin reset-password --email {email}`")), "{said}");
    assert_eq!(logs_in(&yard, &yard.admin_password), 401);
    let said = iam(&["update-access-key", "--access-key-id", &yard.root_key_id, "--status", "Inactive"]);
    assert!(said.contains("`packyard admin rotate-root-key`"), "{said}");
    yard.terminate();

    let new = |args: &[&str]| {
        let (code, out, said) = admin(&data, args, &[]);
        assert_eq!(code, Some(0), "{said}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    let password = new(&["reset-password", "--email", &email, "--output", "json"]);
    let key = new(&["rotate-root-key", "--output", "json"]);
    let yard = yard_builder().data(&data).without_credentials().start();
    assert_eq!(logs_in(&yard, password["password"].as_str().unwrap()), 200);
    let mut command = Command::new(env!("CARGO_BIN_EXE_packyard"));
    command.args(["iam", "get-login-profile", "--user-name", &email, "--server", &yard.url()]);
    command.env("AWS_ACCESS_KEY_ID", key["access_key_id"].as_str().unwrap());
    command.env("AWS_SECRET_ACCESS_KEY", key["secret_access_key"].as_str().unwrap());
    assert!(command.output().unwrap().status.success());
}

#[test]
fn an_empty_or_mistyped_folder_is_refused_and_nothing_is_made_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, typo) = (folder.path().join("empty"), folder.path().join("typo"));
    std::fs::create_dir(&empty).unwrap();
    let url = postgres_or_skip("an_empty_or_mistyped_folder_is_refused (on PostgreSQL)");
    for verb in ["reset-password", "rotate-root-key"] {
        for data in [&empty, &typo] {
            let (code, out, said) = admin(data, &[verb], &[]);
            assert!(code == Some(1) && out.is_empty(), "{out} {said}");
            assert!(said.contains(&format!("no Packyard data in {}", data.display())), "{said}");
        }
        assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
        assert!(!typo.exists());
        if let Some(url) = &url {
            let (code, out, said) = admin(&empty, &[verb], &[("PACKYARD_DATABASE_URL", url)]);
            assert!(code == Some(1) && out.is_empty() && said.contains("no Packyard data in"), "{out} {said}");
            std::fs::remove_file(empty.join("lock")).unwrap();
        }
    }
}
