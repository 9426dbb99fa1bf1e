//! `packyard api-key`: the first key comes from a password, the next ones from a key.

use crate::pack_shell::{json, pack_shell, said};
use crate::shell::Shell;
use crate::{yard, yard_builder};
use packyard_testkit::Yard;
use serde_json::{Value, json};
use std::path::Path;

/// Knows the server and the administrator as `$WHO` and `$WORD`, and has no key.
fn keyless(yard: &Yard, folder: &Path) -> Shell {
    pack_shell(folder, &[])
        .env("PACKYARD_SERVER", &yard.url())
        .env("WHO", &yard.admin_email)
        .env("WORD", &yard.admin_password)
}

const LOG_IN: &str = "--username $WHO --password-stdin";

#[test]
fn a_password_makes_a_key_and_the_key_makes_others() {
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let shell = keyless(&yard, folder.path());
    let (code, text) = said(&shell, "packyard registry list");
    assert!(code == Some(1) && text.contains("`packyard api-key create NAME` makes one"), "{text}");

    let out = shell.run(&format!("echo $WORD | packyard api-key create laptop {LOG_IN} -vv"));
    let (first, log) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{log}");
    let first = first.strip_suffix('\n').unwrap();
    assert!(!first.is_empty() && first.bytes().all(|b| b.is_ascii_hexdigit()), "the key and nothing else: {first}");
    assert!(log.contains("this key is not shown again; it works until 2"), "{log}");
    assert!(!log.contains(first) && !log.contains(&yard.admin_password), "a secret is in the log");

    let shell = shell.env("PACKYARD_API_KEY", first);
    shell.ok("packyard registry list");
    let made =
        json(&shell, "packyard api-key create terraform --expires 2099-12-31 --description nightly --output json");
    assert_eq!((&made["name"], &made["expiresAt"]), (&json!("terraform"), &json!("2100-01-01T00:00:00Z")), "{made}");
    let second = made["apiKey"].as_str().unwrap();
    shell.env("PACKYARD_API_KEY", second).ok("packyard registry list");

    let listed = json(&shell, "packyard api-key list --output json");
    let names: Vec<&Value> = listed.as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert_eq!(names, ["laptop", "terraform"]);
    let (laptop, terraform) = (&listed[0], &listed[1]);
    assert_eq!((&terraform["state"], &terraform["description"]), (&json!("active"), &json!("nightly")));
    let day = |time: &Value| chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
    let term = day(&laptop["expiresAt"]) - day(&laptop["createdAt"]);
    assert_eq!((term + chrono::TimeDelta::hours(1)).num_days(), 90, "{laptop}");
    assert!(!listed.to_string().contains(second) && !listed.to_string().contains(first), "{listed}");

    shell.ok("packyard api-key delete terraform");
    let (code, text) = said(&shell.env("PACKYARD_API_KEY", second), "packyard registry list");
    assert!(
        code == Some(1) && text.contains("Make one in the console under API Keys, with `packyard api-key"),
        "{text}"
    );
    let table = shell.ok("packyard api-key list");
    assert!(table.starts_with("NAME    STATE   EXPIRES") && table.lines().count() == 2, "{table}");
}

#[test]
fn a_name_that_several_keys_have_is_not_guessed_at() {
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let shell = keyless(&yard, folder.path());
    let key = shell.ok(&format!("echo $WORD | packyard api-key create first {LOG_IN} --quiet"));
    let shell = shell.env("PACKYARD_API_KEY", key.trim());
    let never = json(&shell, "packyard api-key create twin --expires never --output json");
    assert_eq!(never["expiresAt"], Value::Null);
    let other = json(&shell, "packyard api-key create twin --output json");
    let uids = [&never["uid"], &other["uid"]].map(|uid| uid.as_str().unwrap());
    let (code, text) = said(&shell, "packyard api-key delete twin");
    assert!(code == Some(1) && uids.iter().all(|uid| text.contains(uid)), "{text}");
    assert_eq!(
        json(&shell, &format!("packyard api-key delete {} --output json", uids[0])),
        json!({ "uid": uids[0], "name": "twin", "done": "deleted" })
    );
    shell.ok("packyard api-key delete twin");
    let (code, text) = said(&shell, "packyard api-key delete twin");
    assert!(code == Some(1) && text.contains("there is no API key `twin`; there are: first"), "{text}");
}

#[test]
fn who_is_not_known_and_a_time_that_is_none_are_refused() {
    let (yard, folder) = (yard_builder().start(), tempfile::tempdir().unwrap());
    let shell = keyless(&yard, folder.path());
    for (typed, code, part) in [
        ("packyard api-key list </dev/null", 1, "give --username EMAIL and --password-stdin, or set PACKYARD_API_KEY"),
        ("echo wrong | packyard api-key create x --username $WHO --password-stdin", 1, "do not belong together"),
        ("packyard api-key create x --password-stdin", 2, "--username"),
        ("echo $WORD | packyard api-key create '' --username $WHO --password-stdin", 1, "needs a name"),
        ("packyard api-key create x --expires tomorrow", 2, "90d, a day such as"),
        (
            "echo $WORD | packyard api-key create x --expires 2001-01-01 --username $WHO --password-stdin",
            1,
            "in the past",
        ),
        ("packyard apikey create x", 2, "'packyard api-key'"),
        ("packyard api-key revoke x", 2, "'packyard api-key delete'"),
    ] {
        let (exit, text) = said(&shell, typed);
        assert!(exit == Some(code) && text.contains(part), "{typed}: {exit:?}: {text}");
    }
}
