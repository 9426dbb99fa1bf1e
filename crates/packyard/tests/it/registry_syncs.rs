//! `packyard registry` about syncs: follow, history, cancel, interval, notifications; on the real server.

use crate::management::Management;
use crate::publish::{publish, shell, write_pack};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Yard, peer_or_skip};
use serde_json::Value;
use std::path::Path;

fn at(yard: &Yard, folder: &Path) -> Shell {
    shell(folder, &[])
        .envs(&yard.aws_env())
        .env("PACKYARD_SERVER", &yard.url())
        .env("PACKYARD_API_KEY", &Management::log_in(yard).api_key())
}

/// A server that is registered with itself, with one pack.
pub(crate) fn with_a_pack(yard: &Yard, folder: &Path) -> Shell {
    let root = at(yard, folder);
    write_pack(&folder.join("p"), "hello", "# Hello\n");
    let (report, good) = publish(&root, &format!("p --to {}/team", yard.host()));
    assert!(good, "{report}");
    root.ok(&format!(
        "echo $AWS_SECRET_ACCESS_KEY | packyard registry add own --kind ecr --endpoint {} --base team --access-key $AWS_ACCESS_KEY_ID --secret-stdin --interval 15m",
        yard.url()
    ));
    root
}

#[test]
fn a_followed_sync_ends_with_what_became_of_each_tag() {
    if peer_or_skip("curl", "a_followed_sync_ends_with_what_became_of_each_tag").is_none() {
        return;
    }
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = with_a_pack(&yard, folder.path());
    let text = root.ok("packyard registry sync own --follow");
    assert!(text.contains("success") && text.contains("1 repository, 1 tag: 1 unchanged"), "{text}");

    let told: Value = serde_json::from_str(&root.ok("packyard registry sync own --follow --output json")).unwrap();
    assert_eq!((&told["state"], &told["trigger"]), (&"success".into(), &"demand".into()), "{told}");
    assert!(told["counts"]["requests"].as_u64().unwrap() > 0 && told["tags"].is_array(), "{told}");

    let history: Value = serde_json::from_str(&root.ok("packyard registry history own --output json")).unwrap();
    assert!(history.as_array().unwrap().len() >= 3, "{history}");
    assert!(history.as_array().unwrap().iter().any(|run| run["trigger"] == "first"), "{history}");
    let first = history.as_array().unwrap().iter().find(|run| run["trigger"] == "first").unwrap();
    let id = first["id"].as_str().unwrap();
    let text = root.ok(&format!("packyard registry history own --run {id}"));
    assert!(text.contains("added      team/spectro-packs/archive/hello:1.0.0"), "{text}");
    root.ok("packyard registry history own --run last --problems");

    let text = root.ok("packyard registry interval own");
    assert!(text.contains("own is synchronised every 15m; next at 20"), "{text}");
    let text = root.ok("packyard registry interval own server");
    assert!(text.contains("every 1d (the server's setting)"), "{text}");
    let refused = root.run("packyard registry sync own --cancel");
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("no sync of this registry is under way"), "{said}");
}

#[test]
fn a_followed_sync_that_fails_is_a_failed_command() {
    if peer_or_skip("curl", "a_followed_sync_that_fails_is_a_failed_command").is_none() {
        return;
    }
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = at(&yard, folder.path());
    // Nobody who asks for any port is given this one.
    let closed = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let spec = serde_json::json!({
        "endpoint": format!("http://{closed}"), "baseContentPath": "team", "auth": { "type": "noAuth" },
    });
    Management::log_in(&yard).register("basic", "dead", &spec);
    let out = root.run("packyard registry sync dead --follow");
    let (text, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(1), "{text}\n{said}");
    assert!(text.contains("failed") && text.contains(&closed.to_string()), "{text}\n{said}");
}

#[test]
fn a_notification_with_the_secret_of_the_command_line_has_the_pack_read() {
    if peer_or_skip("curl", "a_notification_with_the_secret_of_the_command_line_has_the_pack_read").is_none() {
        return;
    }
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = with_a_pack(&yard, folder.path());
    let url = root.ok("packyard registry notifications own").trim().to_owned();
    assert!(url.starts_with(&yard.url()) && url.ends_with("/notify"), "{url}");
    let made: Value =
        serde_json::from_str(&root.ok("packyard registry notifications own --new-secret --output json")).unwrap();
    let send = |secret: &str| {
        root.ok(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' {url} -H 'Authorization: {secret}' -d '{{\"detail\":{{\"repository-name\":\"team/spectro-packs/archive/hello\"}}}}'"
        ))
    };
    assert_eq!(send(made["secret"].as_str().unwrap()), "202");
    assert_eq!(send("guess"), "401");
    root.ok("packyard registry notifications own --off");
    assert_eq!(send(made["secret"].as_str().unwrap()), "401");
}
