//! `packyard registry`, the verbs that are about other registries.

use crate::management::Management;
use crate::pack_shell::{json, said};
use crate::publish::{publish, shell, write_pack};
use crate::registry_syncs::with_a_pack;
use crate::yard;
use packyard_testkit::peer_or_skip;
use serde_json::{Value, json};

#[test]
fn validate_says_that_a_path_is_empty_and_what_nearly_fits() {
    if peer_or_skip("curl", "validate_says_that_a_path_is_empty_and_what_nearly_fits").is_none() {
        return;
    }
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[])
        .envs(&yard.aws_env())
        .env("PACKYARD_SERVER", &yard.url())
        .env("PACKYARD_API_KEY", &Management::log_in(&yard).api_key());
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    let (report, good) = publish(&root, &format!("p --to {}/other", yard.host()));
    assert!(good, "{report}");
    let validate = |base: &str, more: &str| {
        root.ok(&format!(
            "echo $AWS_SECRET_ACCESS_KEY | packyard registry validate --kind ecr --endpoint {} --base {base} --access-key $AWS_ACCESS_KEY_ID --secret-stdin {more}",
            yard.url()
        ))
    };
    let empty = validate("team", "");
    assert!(empty.starts_with("the registry can be reached and read\n"), "{empty}");
    assert!(empty.contains("no packs under `team/spectro-packs/archive/` yet"), "{empty}");
    assert!(
        empty.contains("other/spectro-packs/archive looks nearly like one: `other` holds 1 pack. Put `other`"),
        "{empty}"
    );
    let document: Value = serde_json::from_str(&validate("team", "--output json")).unwrap();
    assert!(document["valid"] == true && document["notes"].as_array().unwrap().len() >= 2, "{document}");
    let document: Value = serde_json::from_str(&validate("other", "--output json")).unwrap();
    assert_eq!(document, json!({ "valid": true, "notes": [] }));
}

/// When, how, and what there is: for people and for programs.
#[test]
fn the_list_says_what_registries_hold_and_how_their_last_sync_went() {
    if peer_or_skip("curl", "the_list_says_what_registries_hold_and_how_their_last_sync_went").is_none() {
        return;
    }
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let root = with_a_pack(&yard, folder.path());
    let listed = json(&root, "packyard registry list --output json");
    let own = &listed[0];
    let facts = [&own["name"], &own["status"], &own["isSyncSupported"], &own["packs"], &own["versions"]];
    assert_eq!(facts, [&json!("own"), &json!("Success"), &json!(true), &json!(1), &json!(1)], "{listed}");
    let ran = own["lastRunTime"].as_str().unwrap();
    assert!(ran.starts_with("20") && own["lastSyncedTime"].is_string(), "{listed}");
    let second = format!("{}Z", ran.split('.').next().unwrap());
    for verb in ["list", "status own", "sync own"] {
        let table = root.ok(&format!("packyard registry {verb}"));
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        let named = ["NAME", "STATUS", "PACKS", "VERSIONS", "LAST", "SYNC", "KIND", "ENDPOINT"];
        assert_eq!(lines[0], named, "{table}");
        assert_eq!(lines[1][..4], ["own", "Success", "1", "1"], "{table}");
        assert_eq!(lines[1][5..], ["ecr", &yard.url()], "{table}");
        assert!(verb != "list" || lines[1][4] == second, "{second}: {table}");
    }
    // The packs of a registry that cannot be read stay, and it is said from when they are.
    let elsewhere = "packyard registry update own --endpoint http://localhost:1 --secret-stdin";
    root.ok(&format!("echo $AWS_SECRET_ACCESS_KEY | {elsewhere}"));
    let (code, text) = said(&root, "packyard registry sync own");
    assert!(code == Some(1) && text.contains("Failed") && text.contains("Its packs are those of 20"), "{text}");
    assert_eq!(json(&root, "packyard registry list --output json")[0]["packs"], 1);

    let stdin = "packyard registry add zarf --endpoint";
    let (_, text) = said(&root, &format!("{stdin} http://localhost:1 --username ann </dev/null"));
    assert!(text.contains("--username needs its secret: pipe it in, with --secret-stdin"), "{text}");
    let removed = json(&root, "packyard registry remove own --output json");
    assert_eq!((&removed["name"], &removed["done"]), (&json!("own"), &json!("removed")), "{removed}");
    assert_eq!(json(&root, "packyard registry list --output json"), json!([]));
}

/// The server's words are for everybody; the flag is the command line's.
#[test]
fn what_is_wrong_with_settings_is_said_with_the_flag_that_sets_it() {
    if peer_or_skip("curl", "what_is_wrong_with_settings_is_said_with_the_flag_that_sets_it").is_none() {
        return;
    }
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let root = shell(folder.path(), &[])
        .envs(&yard.aws_env())
        .env("PACKYARD_SERVER", &yard.url())
        .env("PACKYARD_API_KEY", &Management::log_in(&yard).api_key());
    let without = "(--username with --secret-stdin; for ECR --kind ecr --access-key with --secret-stdin)";
    let key = "--kind ecr --access-key $AWS_ACCESS_KEY_ID --secret-stdin";
    for (stdin, flags, part) in [
        ("", "", without),
        ("", "--kind ecr", "or for ECR an access key. (--access-key with --secret-stdin)"),
        ("wrong", key, "Enter the secret access key again. (--secret-stdin)"),
        ("wrong", "--kind ecr --access-key AKIAIOSFODNN7EXAMPLE --secret-stdin", "(--access-key)"),
        ("wrong", "--username ann --secret-stdin", "Check user name and password.\n"),
        ("", "--base 'No Path'", "(--base)"),
        ("", "--kind helm", "(--endpoint; for charts in an OCI registry --provider helm instead of --kind helm)"),
    ] {
        for verb in ["validate", "add other"] {
            let typed = format!("echo {stdin} | packyard registry {verb} --endpoint {} {flags}", yard.url());
            let (code, text) = said(&root, &typed);
            assert!(code == Some(1) && text.contains(part) && !text.contains("Choose"), "{typed}: {text}");
        }
    }
}
