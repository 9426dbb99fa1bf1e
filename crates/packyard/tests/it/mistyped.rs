//! What people get wrong when they type: each says what was meant, or what to do.

use crate::management::Management;
use crate::pack_shell::{as_root, json, pack_shell, said};
use crate::{yard, yard_builder};
use packyard_testkit::{PackBuilder, peer_or_skip};

#[test]
fn a_verb_without_its_group_leads_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    for (typed, meant) in [
        ("packyard lint ./x", "'packyard pack lint'"),
        ("packyard pull h/a:1", "'packyard pack pull'"),
        ("packyard list", "'packyard registry list'"),
        ("packyard pack publish ./x", "'packyard publish'"),
        ("packyard push ./x", "'packyard publish'"),
        ("packyard version", "'packyard --version'"),
        ("packyard pack validate ./x", "'packyard pack lint'"),
        ("packyard pack create x", "'packyard pack init'"),
        ("packyard registry delete x", "'packyard registry remove'"),
        ("packyard registry --quiet create x", "'packyard registry add'"),
        ("packyard serv", "'serve'"),
    ] {
        let (code, text) = said(&shell, typed);
        assert!(code == Some(2) && text.contains(meant), "{typed}: {text}");
    }
}

/// What is set in the environment is not to be typed too.
#[test]
fn a_usage_names_what_has_to_be_typed_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[])
        .env("PACKYARD_SERVER", "http://localhost:1")
        .env("PACKYARD_API_KEY", "x")
        .env("AWS_DEFAULT_REGION", "eu-west-1");
    for (typed, usage) in [
        ("registry add", "registry add [OPTIONS] --endpoint <URL> <NAME>"),
        ("registry add x --url http://h", "registry add [OPTIONS] --endpoint <URL> <NAME>"),
        ("--quiet iam create-user", "iam create-user [OPTIONS] --user-name <VALUE>"),
        ("registry lst", "registry [OPTIONS] <COMMAND>"),
        ("nonsense", "[OPTIONS] <COMMAND>"),
    ] {
        let (code, text) = said(&shell, &format!("packyard {typed}"));
        assert!(code == Some(2) && text.contains(&format!("Usage: packyard {usage}\n")), "{typed}: {text}");
    }
}

#[test]
fn a_server_that_is_away_is_told_in_one_line_with_what_says_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[])
        .env("PACKYARD_SERVER", "http://localhost:1")
        .env("PACKYARD_API_KEY", "x")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "x");
    for verb in ["registry list", "api-key list", "pack search", "iam list-users"] {
        let (code, text) = said(&shell, &format!("packyard {verb}"));
        let says =
            "no connection to localhost:1: connection refused; --server or PACKYARD_SERVER says where the server is";
        assert!(code == Some(1) && text.contains(says) && text.lines().count() == 1, "{verb}: {text}");
    }
}

/// An argument is any bytes on Linux.
#[test]
fn arguments_that_are_no_text_are_refused_and_not_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    for (typed, code) in [
        ("packyard $'\\xff'", 2),
        ("packyard --output json $'\\xff'", 2),
        ("packyard pack lint $'a\\xff'", 2),
        ("packyard publish $'a\\xff' --to localhost:1/x --retries 0", 1),
    ] {
        let (exit, text) = said(&shell, typed);
        assert_eq!(exit, Some(code), "{typed}: {text}");
    }
}

/// `> values.yaml` on a full disk must not look done.
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    if !std::path::Path::new("/dev/full").exists() {
        packyard_testkit::skip("a_result_that_cannot_be_written_is_a_failure", "there is no /dev/full");
        return;
    }
    for verb in
        ["packyard pack explain", "packyard pack inspect hello --values", "packyard pack lint hello --output json"]
    {
        let (code, text) = said(&shell, &format!("{verb} > /dev/full"));
        assert!(code == Some(1) && text.contains("could not be written to standard output"), "{verb}: {text}");
        let (code, text) = said(&shell, &format!("set +o pipefail; {verb} | true; exit ${{PIPESTATUS[0]}}"));
        assert_eq!(code, Some(0), "a reader that went away is no failure: {verb}: {text}");
    }
}

#[test]
fn a_path_that_is_not_there_is_not_taken_for_a_registry() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("packs/hello"));
    for verb in ["lint", "inspect"] {
        for typed in ["packs/helo", "packs/hello/no.yaml", "nothing", "packs/helo:1"] {
            let (code, text) = said(&shell, &format!("packyard pack {verb} {typed}"));
            assert!(code == Some(1) && text.contains("there is no file or folder `"), "{verb} {typed}: {text}");
        }
        let (code, text) = said(&shell, &format!("packyard pack {verb} packs/hello/pack.json"));
        assert!(code == Some(1) && text.contains("give the pack's folder, `packs/hello`"), "{verb}: {text}");
        let (_, text) = said(&shell, &format!("cd packs/hello && packyard pack {verb} pack.json"));
        assert!(text.contains("give the pack's folder, `.`"), "{verb}: {text}");
    }
    let (code, text) = said(&shell, "packyard publish packs/hello/pack.json --to localhost:1/x --retries 0");
    assert!(code == Some(1) && text.contains("give the pack's folder, `packs/hello`"), "{text}");
    let (code, text) = said(&shell, "packyard pack inspect localhost:1/base/hello");
    assert!(code == Some(2) && text.contains("names no version"), "{text}");
    let (code, text) = said(&shell, "packyard pack init --manifests nothing --name x --yes");
    assert!(code == Some(1) && text.contains("there is no file or folder `nothing`"), "{text}");
}

#[test]
fn a_base_path_without_its_registry_is_no_host() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    for typed in ["publish hello --to team", "pack list team", "pack copy localhost:1/team/hello:1.0.0 team"] {
        let (code, text) = said(&shell, &format!("packyard {typed}"));
        assert!(code == Some(2) && text.contains("`team` names no registry; expected HOST"), "{typed}: {text}");
    }
}

/// Where the server is, and who is asking.
#[test]
fn an_address_of_the_server_that_does_not_fit_says_how_it_is_written() {
    let test = "an_address_of_the_server_that_does_not_fit_says_how_it_is_written";
    if peer_or_skip("curl", test).is_none() {
        return;
    }
    let yard = yard_builder().arg("--tls-self-signed").start();
    let folder = tempfile::tempdir().unwrap();
    let nobody = pack_shell(folder.path(), &[]).env("H", &yard.host());
    let (code, text) = said(&nobody, "packyard registry list --server http://$H");
    assert!(code == Some(1) && text.contains("API Keys") && text.contains("PACKYARD_API_KEY"), "{text}");
    let shell = nobody.env("PACKYARD_API_KEY", &Management::log_in(&yard).api_key());
    assert!(shell.ok("packyard registry list --server $H").contains("no registries"), "http for this machine");
    let ca = yard.data.join("tls/ca.pem").display().to_string();
    for flag in ["--server-ca", "--ca-file"] {
        shell.ok(&format!("packyard registry list --server https://$H {flag} {ca}"));
    }
    for (server, code, expected) in [
        ("https://$H", 1, "--server-ca"),
        ("http://localhost:1", 1, "connection refused; --server or PACKYARD_SERVER says where"),
        ("localhost:x", 2, "--server: `localhost:x`"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard registry list --server \"{server}\""));
        assert!(exit == Some(code) && text.contains(expected), "{server}: {text}");
        assert!(!text.contains("tcp connect error") && !text.contains("builder error"), "{server}: {text}");
    }
    let plain = self::yard();
    let (code, text) = said(&shell, &format!("packyard registry list --server https://{}", plain.host()));
    assert!(code == Some(1) && text.contains("does not speak TLS on that port; write http://"), "{text}");
    let root = as_root(&shell, &plain);
    let (code, text) = said(&root, "packyard iam list-users --server https://$H");
    assert!(code == Some(1) && text.contains("does not speak TLS on that port; write http://"), "{text}");
}

/// Variables that CI sets to nothing, and names of profiles that nobody has.
#[test]
fn empty_keys_are_none_and_an_unknown_profile_is_no_other_login() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let bare = pack_shell(folder.path(), &[]).env("H", &yard.host()).env("PACKYARD_SERVER", &yard.url());
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    let empty = bare.env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "").env("AWS_SESSION_TOKEN", "");
    for verb in ["packyard publish hello --to $H/team", "packyard iam get-caller-identity"] {
        let (code, text) = said(&empty, verb);
        assert!(code == Some(1) && text.contains("no AWS credentials were found"), "{verb}: {text}");
    }
    // Then what the files have counts.
    let keys = yard.aws_env();
    std::fs::create_dir_all(folder.path().join(".aws")).unwrap();
    let text =
        format!("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n[other]\n", keys[0].1, keys[1].1);
    std::fs::write(folder.path().join(".aws/credentials"), text).unwrap();
    empty.ok("packyard iam get-caller-identity");
    empty.ok("packyard publish hello --to $H/team");

    // A stored login must not stand in for a profile that was named.
    bare.ok("packyard login $H --auth ecr");
    for (shell, flag) in [(&bare.env("AWS_PROFILE", "prdo"), ""), (&bare, "--aws-profile prdo")] {
        let (code, text) = said(shell, &format!("packyard publish hello --to $H/team {flag}"));
        let expected = "no profile `prdo`";
        assert!(
            code == Some(1) && text.contains(expected) && text.contains("there are: default, other"),
            "{flag}: {text}"
        );
    }
    bare.ok("rm -r .aws");
    bare.ok("packyard publish hello --to $H/team");
}

/// Lists of the API come in pages of 50.
#[test]
fn a_search_finds_more_than_one_page_of_packs() {
    if peer_or_skip("curl", "a_search_finds_more_than_one_page_of_packs").is_none() {
        return;
    }
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard)
        .env("PACKYARD_SERVER", &yard.url())
        .env("PACKYARD_API_KEY", &Management::log_in(&yard).api_key());
    for number in 0..53 {
        PackBuilder::new(&format!("pack-{number}"), "1.0.0").write_to(&folder.path().join(format!("packs/{number}")));
    }
    shell.ok("packyard publish packs --to $H/team --jobs 8 --quiet");
    shell.ok("echo $AWS_SECRET_ACCESS_KEY | packyard registry add own --kind ecr --endpoint http://$H --base team --access-key $AWS_ACCESS_KEY_ID --secret-stdin");
    assert_eq!(json(&shell, "packyard pack search --output json").as_array().unwrap().len(), 53);
    let (code, text) = said(&shell, "packyard pack search --layer adon");
    assert!(code == Some(2) && text.contains("one of kernel, os, k8s, cni, csi, addon"), "{text}");
}
