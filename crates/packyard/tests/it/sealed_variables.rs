//! Defaults of masked profile variables: clear for `/v1`, which Palette's clients compare, and nowhere in the files.

use crate::management::Management;
use crate::{yard, yard_builder};
use packyard_testkit::{Yard, skip};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const FIRST: &str = "needle-of-the-first-version";
const SECOND: &str = "needle-of-the-second-version";

/// Which files of the data folder hold one of the secrets.
fn shown_in(data: &Path) -> Vec<String> {
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let holds = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        [FIRST, SECOND].iter().any(|secret| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
    };
    files.filter(holds).map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn masked(default: &str) -> Value {
    json!([{ "name": "token", "displayName": "Token", "format": "string", "isSensitive": true, "defaultValue": default }])
}

/// A profile whose masked default was changed, published, cloned and restored.
fn worked_on(api: &Management) -> String {
    let template = json!({ "type": "add-on", "cloudType": "all", "packs": [] });
    let spec = json!({ "version": "1.0.0", "template": template, "variables": masked(FIRST) });
    let made = api.call("POST", "/v1/clusterprofiles", &json!({ "metadata": { "name": "app" }, "spec": spec }));
    assert_eq!(made.status, 201, "{}", made.body);
    let uid = made.body["uid"].as_str().unwrap().to_owned();
    let path = format!("/v1/clusterprofiles/{uid}");
    for (method, path, body) in [
        ("PUT", format!("{path}/variables"), json!({ "variables": masked(SECOND) })),
        ("PATCH", format!("{path}/metadata"), json!({ "metadata": { "name": "renamed" } })),
        ("POST", format!("{path}/clone"), json!({ "metadata": { "name": "copy" } })),
    ] {
        let reply = api.call(method, &path, &body);
        assert!(matches!(reply.status, 201 | 204), "{method} {path}: {}", reply.body);
    }
    uid
}

#[track_caller]
fn reads(yard: &Yard, uid: &str) {
    let read = Management::log_in(yard).get(&format!("/v1/clusterprofiles/{uid}/variables"));
    assert_eq!(read.body["variables"][0]["defaultValue"], SECOND, "{}", read.body);
}

#[test]
fn a_masked_default_is_in_no_file_of_the_server_and_in_no_log() {
    let mut yard = yard();
    let uid = worked_on(&Management::log_in(&yard));
    reads(&yard, &uid);
    assert_eq!(shown_in(&yard.data), [""; 0], "while it runs, with the write-ahead log");
    assert!(!yard.log().contains(SECOND), "{}", yard.log());
    let data = yard.data.clone();
    yard.terminate();
    assert_eq!(shown_in(&data), [""; 0], "after it has stopped");
}

/// Puts the defaults back into the clear, as versions before 0013 of the schema kept them.
const AS_BEFORE: &str = r#"
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
for table, default in (("profile", sys.argv[3]), ("profile_state", sys.argv[2])):
    c.execute(f"update {table} set secrets = null, variables = replace(variables, '\"defaultValue\":\"\"', '\"defaultValue\":\"' || ? || '\"')", (default,))
    assert c.total_changes > 0
c.commit()
"#;

#[test]
fn what_an_earlier_version_left_in_clear_is_sealed_by_the_next_start() {
    let test = "what_an_earlier_version_left_in_clear_is_sealed_by_the_next_start";
    const PYTHON: &str = "/usr/bin/python3";
    if !Path::new(PYTHON).exists() {
        return skip(test, "python3 is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut yard = yard_builder().data(&data).start();
    let uid = worked_on(&Management::log_in(&yard));
    yard.terminate();
    let database = data.join("packyard.db");
    let mut script = Command::new(PYTHON);
    let out = script.args(["-c", AS_BEFORE]).arg(&database).args([FIRST, SECOND]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(shown_in(&data), ["packyard.db"], "as before");

    let yard = yard_builder().data(&data).start();
    assert_eq!(shown_in(&data), [""; 0], "before anything else was done");
    reads(&yard, &uid);
    assert!(yard.log().contains("sealed the defaults of masked profile variables"), "{}", yard.log());
    yard.kill();
    let yard = yard_builder().data(&data).start();
    reads(&yard, &uid);
    assert!(!yard.log().contains("sealed the defaults"), "there was nothing left to do: {}", yard.log());
}
