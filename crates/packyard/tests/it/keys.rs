//! The key that seals stored secrets: given or made, and a wrong or missing one refuses to start, on both engines.

use crate::{ANY_PORT, refused, yard_builder};
use packyard_testkit::{Yard, YardBuilder, postgres_or_skip};
use std::process::Command;

const KEY_A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const KEY_B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// SQLite, and PostgreSQL where it is.
fn databases(test: &str) -> Vec<Option<String>> {
    let postgres = postgres_or_skip(&format!("{test} (on PostgreSQL)"));
    [None].into_iter().chain(postgres.map(Some)).collect()
}

fn envs<'a>(key: Option<&'a str>, url: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let key = key.map(|key| ("PACKYARD_SECRET_KEY", key));
    key.into_iter().chain(url.map(|url| ("PACKYARD_DATABASE_URL", url))).collect()
}

fn builder(key: Option<&str>, url: Option<&str>) -> YardBuilder {
    envs(key, url).into_iter().fold(yard_builder(), |builder, (name, value)| builder.env(name, value))
}

/// A call whose signature needs the stored secret.
fn signed_call(yard: &Yard) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_packyard"));
    command.args(["iam", "get-caller-identity", "--server", &yard.url()]).envs(yard.aws_env());
    command.output().unwrap().status.success()
}

#[test]
fn a_given_key_is_needed_again_and_no_other_will_do() {
    for url in databases("a_given_key_is_needed_again_and_no_other_will_do") {
        let url = url.as_deref();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let start = || builder(Some(KEY_A), url).data(&data).start();
        start().terminate();
        assert!(!data.join("secret.key").exists(), "a given key is not stored");
        let text = refused(&data, &ANY_PORT, &envs(Some(KEY_B), url));
        assert!(text.contains("sealed with another key; set PACKYARD_SECRET_KEY"), "{text}");
        let text = refused(&data, &ANY_PORT, &envs(None, url));
        assert!(text.contains("is missing; set PACKYARD_SECRET_KEY") && text.contains("secret.key"), "{text}");
        assert!(!data.join("secret.key").exists(), "no key is made up for a database that has secrets");
        assert!(signed_call(&start()), "{url:?}");
        let text = refused(&data, &ANY_PORT, &envs(Some("abc"), url));
        assert!(text.contains("PACKYARD_SECRET_KEY is wrong") && text.contains("64 hex digits"), "{text}");
    }
}

#[test]
fn a_key_file_that_is_gone_or_another_one_refuses_to_start() {
    for url in databases("a_key_file_that_is_gone_or_another_one_refuses_to_start") {
        let url = url.as_deref();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        builder(None, url).data(&data).start().terminate();
        let file = data.join("secret.key");
        let key = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let text = refused(&data, &ANY_PORT, &envs(None, url));
        assert!(text.contains("is missing") && !file.exists(), "{text}");
        std::fs::write(&file, KEY_B).unwrap();
        let text = refused(&data, &ANY_PORT, &envs(None, url));
        assert!(text.contains("sealed with another key"), "{text}");
        std::fs::write(&file, key).unwrap();
        assert!(signed_call(&builder(None, url).data(&data).start()), "{url:?}");
    }
}

#[test]
fn two_servers_on_one_postgresql_need_one_key() {
    let Some(url) = postgres_or_skip("two_servers_on_one_postgresql_need_one_key") else { return };
    let folder = tempfile::tempdir().unwrap();
    let first = builder(Some(KEY_A), Some(&url)).start();
    let data = folder.path().join("second");
    for key in [None, Some(KEY_B)] {
        let text = refused(&data, &ANY_PORT, &envs(key, Some(&url)));
        assert!(text.contains("set PACKYARD_SECRET_KEY"), "{text}");
        assert!(!data.exists(), "a refused start leaves no folder");
    }
    let second = builder(Some(KEY_A), Some(&url)).data(&data).start();
    assert!(signed_call(&first) && signed_call(&second));
}
