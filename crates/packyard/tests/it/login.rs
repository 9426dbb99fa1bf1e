//! `packyard login` and `packyard logout`: the file and the helpers of docker, shared with ORAS; AWS keys and roles.

use crate::docker_registry::{DockerRegistry, PASSWORD, USER};
use crate::pack_shell::{as_root, json, pack_shell, said};
use crate::secrets::bearer_registry;
use crate::shell::Shell;
use crate::{yard, yard_builder};
use packyard_testkit::{PackBuilder, peer_or_skip};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const LOGIN: &str = "printf %s $PASSWORD | packyard login $D --username $U --password-stdin";

/// docker-registry with a password as `$D`; `None` where it is not installed.
fn with_registry(test: &str, folder: &Path, data: &Path) -> Option<(DockerRegistry, Shell)> {
    let (program, oras) = (peer_or_skip("docker-registry", test)?, peer_or_skip("oras", test)?);
    let registry = DockerRegistry::start(&program, data);
    let shell =
        pack_shell(folder, &[("oras", &oras)]).env("D", &registry.host).env("PASSWORD", PASSWORD).env("U", USER);
    Some((registry, shell))
}

#[test]
fn one_login_for_packyard_and_oras() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some((registry, shell)) = with_registry("one_login_for_packyard_and_oras", folder.path(), data.path()) else {
        return;
    };
    let before = "{\n\t\"auths\": {\n\t\t\"other.example.com\": { \"auth\": \"eDp5\" }\n\t},\n\t\"psFormat\": \"table\" , \"plugins\": {}\n}\n";
    std::fs::write(folder.path().join("config.json"), before).unwrap();
    let document = json(&shell, &format!("{LOGIN} --output json"));
    assert_eq!(document["host"].as_str(), Some(registry.host.as_str()));
    let stored = shell.ok("cat config.json");
    let entry = format!("\n\t\t\"{}\": {{", registry.host);
    assert!(stored.starts_with(before.split_once("\n\t},").unwrap().0) && stored.contains(&entry), "{stored}");
    shell.ok("echo x >f && oras push $D/team/a:1 f:text/plain");
    let out = shell.ok("packyard logout $D");
    assert!(out.starts_with(&format!("logged out of {}; removed from ", registry.host)), "{out}");
    assert_eq!(shell.ok("cat config.json"), before, "not a byte is left behind or lost");
    assert!(!shell.succeeds("oras push $D/team/a:2 f:text/plain"));
    assert_eq!(json(&shell, "packyard logout $D --output json")["removedFrom"], Value::Array(Vec::new()));

    shell.ok("printf %s $PASSWORD | oras login $D --username $U --password-stdin");
    shell.ok("packyard pack list $D/team && packyard logout http://$D");
    let (code, text) = said(&shell, "packyard pack list $D/team");
    assert!(code == Some(1) && text.contains("no login is stored for"), "{text}");
}

#[test]
fn wrong_logins_are_refused_and_not_stored() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some((_registry, shell)) = with_registry("wrong_logins_are_refused_and_not_stored", folder.path(), data.path())
    else {
        return;
    };
    let yard = yard();
    let shell = shell.env("H", &yard.host());
    for (script, code, expected) in [
        ("echo not-it | packyard login $D -u $U --password-stdin", 1, "check user name and password"),
        ("echo not-it | packyard login $H -u admin --password-stdin", 1, "check user name and password"),
        ("echo x | packyard login localhost:1 -u $U --password-stdin", 1, "no connection to localhost:1"),
        ("echo x | packyard login http://$H/ui -u a:b --password-stdin", 2, "contain a colon"),
        ("printf '' | packyard login $D -u $U --password-stdin", 1, "the password is empty"),
        ("packyard login $D -u $U </dev/null", 1, "--password-stdin"),
        ("echo x | packyard login $D --auth anonymous --password-stdin", 2, "nothing to store"),
        ("packyard login 'u:hidden-word@host' -u x --password-stdin </dev/null", 2, "credentials do not belong"),
        ("packyard login $H --auth ecr", 1, "no AWS credentials were found"),
        ("packyard login $H --auth ecr --aws-profile nobody", 1, "no profile `nobody`"),
        ("packyard logout", 2, "HOST"),
    ] {
        let (exit, text) = said(&shell, script);
        assert_eq!(exit, Some(code), "{script}: {text}");
        assert!(text.contains(expected) && !text.contains("hidden-word"), "{script}: {text}");
    }
    assert!(!folder.path().join("config.json").exists(), "nothing was stored");
}

/// A helper that keeps its logins in files, as the protocol of docker-credential-helpers says.
const HELPER: &str = r#"#!/bin/bash
at() { printf '%s/kept-%s' "$HOME" "$(printf %s "$1" | tr -c 'a-zA-Z0-9' _)"; }
echo "$1" >>"$HOME/helper.log"
case $1 in
    store) input=$(cat); host=$(sed -E 's/.*"ServerURL":"([^"]*)".*/\1/' <<<"$input"); printf %s "$input" >"$(at "$host")" ;;
    get) f=$(at "$(cat)"); [ -e "$f" ] && cat "$f" || { echo "credentials not found in native keychain"; exit 1; } ;;
    erase) rm "$(at "$(cat)")" ;;
esac
"#;

#[test]
fn helpers_store_find_and_erase() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some((registry, shell)) = with_registry("helpers_store_find_and_erase", folder.path(), data.path()) else {
        return;
    };
    let helper = folder.path().join("bin/docker-credential-box");
    std::fs::write(&helper, HELPER).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let encoded = "dGVhbTpmb3Jlc3QtZ3JlZW4tNw==";
    for (setting, name) in [
        (r#""credsStore": "box""#.to_owned(), "credsStore"),
        (format!(r#""credHelpers": {{ "{}": "box" }}"#, registry.host), "credHelpers"),
    ] {
        // A password that lay in the file before goes when the helper has it.
        let config = format!("{{ \"auths\": {{ \"{}\": {{\"auth\":\"{encoded}\"}} }}, {setting} }}", registry.host);
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let out = shell.ok(LOGIN);
        assert!(out.contains("stored in docker-credential-box"), "{name}: {out}");
        assert!(!shell.ok("cat config.json").contains(encoded), "{name}");
        shell.ok("packyard pack list $D/team; echo x >f && oras push $D/team/a:1 f:text/plain");
        assert!(shell.ok("packyard logout $D").ends_with("removed from docker-credential-box\n"), "{name}");
        assert_eq!(shell.ok("cat config.json"), format!("{{ \"auths\": {{}}, {setting} }}"), "{name}");
        assert!(!shell.succeeds("oras push $D/team/a:1 f:text/plain"), "{name}");
        assert!(shell.ok("packyard logout $D").starts_with("no login was stored"), "{name}");
    }
    assert_eq!(shell.ok("sort -u helper.log"), "erase\nget\nstore\n");
    std::fs::remove_file(helper).unwrap();
    let (code, text) = said(&shell, LOGIN);
    assert!(code == Some(1) && text.contains("docker-credential-box cannot be run"), "{text}");
}

#[test]
fn many_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard_builder().listen("0.0.0.0:0").arg("--public-url").arg("http://localhost:7225").start();
    let shell = pack_shell(folder.path(), &[])
        .env("PORT", &yard.port.to_string())
        .env("WHO", &yard.admin_email)
        .env("WORD", &yard.admin_password);
    // Every address is a host of its own. Half of the logins were there before, and end while the others are made.
    let login = "printf %s $WORD | packyard login 127.0.0.$n:$PORT -u $WHO --password-stdin";
    shell.ok(&format!(
        "for n in 1 2 3 4 5 6; do {login} -q & jobs+=($!); done; for job in ${{jobs[@]}}; do wait $job; done"
    ));
    shell.ok(&format!(
        "for n in 1 2 3 4 5 6; do packyard logout 127.0.0.$n:$PORT & jobs+=($!); done
         for n in 11 12 13 14 15 16; do {login} -q & jobs+=($!); done
         for job in ${{jobs[@]}}; do wait $job; done"
    ));
    let config: Value = serde_json::from_str(&shell.ok("cat config.json")).unwrap();
    let mut hosts: Vec<&str> =
        config["auths"].as_object().unwrap().keys().map(|key| key.split(':').next().unwrap()).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14", "127.0.0.15", "127.0.0.16"]);
    assert_eq!(shell.ok("ls -A | sort"), "bin\nconfig.json\n", "no temporary file is left");
}

#[test]
fn aws_keys_become_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let bare = pack_shell(folder.path(), &[]).env("H", &yard.host());
    let root = as_root(&bare, &yard);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    root.ok("packyard publish hello --to $H/team");
    assert!(!bare.succeeds("packyard pack list $H/team --name hello"));
    let login = json(&root, "packyard login $H --auth ecr --output json");
    assert_eq!(login["username"], "AWS");
    assert!(login["expiresAt"].as_str().is_some_and(|end| end.ends_with('Z')), "{login}");
    bare.ok("packyard pack pull $H/team/hello:1.0.0 && diff -r hello hello-1.0.0");
    bare.ok("packyard logout $H");
    assert!(!bare.succeeds("packyard pack pull $H/team/hello:1.0.0 --force"));
}

#[test]
fn a_profile_may_name_a_role() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let bare = pack_shell(folder.path(), &[]).env("PACKYARD_SERVER", &yard.url()).env("H", &yard.host());
    let root = as_root(&bare, &yard);
    let account = json(&root, "packyard iam get-caller-identity --output json")["Account"].as_str().unwrap().to_owned();
    root.env("A", &account).ok(
        r#"packyard iam create-user --user-name ann >/dev/null
        trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::'$A':root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x-1"}}}]}'
        packyard iam create-role --role-name deploy --assume-role-policy-document "$trust" >/dev/null
        packyard iam attach-role-policy --role-name deploy --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess
        packyard iam put-user-policy --user-name ann --policy-name assume --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}'"#,
    );
    let key = json(&root, "packyard iam create-access-key --user-name ann --output json");
    let text = |name: &str| key["AccessKey"][name].as_str().unwrap().to_owned();
    std::fs::create_dir_all(folder.path().join(".aws")).unwrap();
    let keys = format!(
        "[base]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        text("AccessKeyId"),
        text("SecretAccessKey")
    );
    std::fs::write(folder.path().join(".aws/credentials"), keys).unwrap();
    let role = format!("role_arn = arn:aws:iam::{account}:role/deploy\nexternal_id = x-1\n");
    let config = format!(
        "[profile base]\nregion = us-east-1\n[profile deploy]\n{role}source_profile = base\n[profile env]\n{role}credential_source = Environment\n[profile round]\n{role}source_profile = about\n[profile about]\n{role}source_profile = round\n"
    );
    std::fs::write(folder.path().join(".aws/config"), config).unwrap();

    let who = |shell: &Shell, flags: &str| {
        json(shell, &format!("packyard iam get-caller-identity --output json {flags}"))["Arn"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let assumed = format!("arn:aws:sts::{account}:assumed-role/deploy/packyard");
    assert_eq!(who(&bare.env("AWS_PROFILE", "deploy"), ""), assumed);
    assert_eq!(
        who(&root, "--profile deploy"),
        assumed,
        "a profile that is asked for comes before keys in the environment"
    );
    assert_eq!(who(&root.env("AWS_PROFILE", "deploy"), ""), format!("arn:aws:iam::{account}:root"));
    assert_eq!(who(&bare, "--profile base"), format!("arn:aws:iam::{account}:user/ann"));
    let by_env =
        bare.env("AWS_ACCESS_KEY_ID", &text("AccessKeyId")).env("AWS_SECRET_ACCESS_KEY", &text("SecretAccessKey"));
    assert_eq!(who(&by_env, "--profile env"), assumed);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    bare.ok("packyard publish hello --to $H/team --aws-profile deploy");
    for (profile, expected) in
        [("round", "more than 5 roles"), ("env", "no keys to assume it"), ("none", "no profile `none`")]
    {
        let (code, text) = said(&bare, &format!("packyard iam get-caller-identity --profile {profile}"));
        assert!(code == Some(1) && text.contains(expected), "{profile}: {text}");
    }
}

#[test]
fn a_registry_that_gives_tokens_to_anybody_is_read_without_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let at = |port: u16| format!("localhost:{port}");
    let shell = pack_shell(folder.path(), &[])
        .env("OPEN", &at(bearer_registry(true)))
        .env("CLOSED", &at(bearer_registry(false)));
    assert!(shell.ok("packyard pack list $OPEN/x --name y").contains("1.0.0"));
    let (code, text) = said(&shell, "packyard pack list $CLOSED/x --name y");
    assert!(
        code == Some(1) && text.contains("no login was given; give a user name and password; `packyard login`"),
        "{text}"
    );
}
