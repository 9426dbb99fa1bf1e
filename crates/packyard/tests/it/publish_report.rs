//! What `packyard publish` says of what it did, to people and to programs.

use crate::pack_shell::said;
use crate::publish::{DockerRegistry, only, publish, shell, write_pack};
use crate::yard;
use packyard_testkit::peer_or_skip;
use serde_json::{Value, json};

#[test]
fn the_reference_of_a_version_with_build_metadata_can_be_pulled() {
    let test = "the_reference_of_a_version_with_build_metadata_can_be_pulled";
    let (Some(aws), Some(oras)) = (peer_or_skip("aws", test), peer_or_skip("oras", test)) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[("aws", &aws), ("oras", &oras)]).envs(&yard.aws_env());
    let pack = folder.path().join("p");
    write_pack(&pack, "hello", "# Hello\n");
    let json = std::fs::read_to_string(pack.join("pack.json")).unwrap().replace("1.0.0", "1.0.0+build.5");
    std::fs::write(pack.join("pack.json"), json).unwrap();
    let (report, good) = publish(&root, &format!("p --to {}/team", yard.host()));
    assert!(good, "{report}");
    let reference = only(&report)["reference"].as_str().unwrap();
    assert!(reference.ends_with("/hello:1.0.0_build.5"), "{reference}");
    assert_eq!(only(&report)["version"], "1.0.0+build.5");
    root.env("E", &yard.url())
        .env("H", &yard.host())
        .env("R", reference)
        .ok("aws --endpoint-url $E ecr get-login-password | oras login --username AWS --password-stdin $H
         mkdir back; cd back; oras pull --plain-http $R; tar -xzf hello-1.0.0+build.5.tar.gz");
}

#[test]
fn created_lists_what_was_new_and_nothing_else() {
    let Some(program) = peer_or_skip("docker-registry", "created_lists_what_was_new_and_nothing_else") else { return };
    let registry = DockerRegistry::start(&program, false);
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    for name in ["one", "two"] {
        write_pack(&folder.path().join(name), name, "# Hello\n");
    }
    let created = |pack: &str| {
        let (report, good) = publish(&shell, &format!("{pack} --to localhost:{}/prod", registry.port));
        assert!(good, "{report}");
        only(&report)["repositoriesCreated"].clone()
    };
    let base = "prod/spectro-packs/archive";
    assert_eq!(created("one"), json!([base, format!("{base}/one")]));
    // The base repository has no tag, and this registry answers 404 to a question for its tags.
    assert_eq!(created("two"), json!([format!("{base}/two")]));
    write_pack(&folder.path().join("one"), "one", "# Hello again\n");
    assert_eq!(created("one --force again"), json!([]));
}

#[test]
fn programs_get_one_document_whatever_goes_wrong() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]).env("H", &yard.host());
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    for (arguments, code, expected) in [
        ("p --to localhost:1/team", 1, "no connection"),
        ("p --to $H/team", 1, "no AWS keys"),
        ("p --to $H/team --auth basic", 1, "no login is stored"),
        ("p --to localhost/x --ca-file none.pem", 1, "none.pem"),
        ("p --to localhost/UPPER", 2, "is not a repository name"),
        ("p --to http://", 2, "http://"),
        ("p --to localhost/x --created yesterday", 2, "yesterday"),
        ("p", 2, "--to"),
        ("p --to localhost/x --no-such-flag", 2, "--no-such-flag"),
    ] {
        for before in [false, true] {
            let script = match before {
                true => format!("packyard --output=json publish {arguments}"),
                false => format!("packyard publish {arguments} --output json"),
            };
            let out = shell.run(&script);
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            let document: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{script}: {e}: `{text}`"));
            let error = format!("{} {}", document["error"], document["because"]);
            assert!(out.status.code() == Some(code) && error.contains(expected), "{script}: {document}");
            assert!(!out.stderr.is_empty(), "people are told too");
        }
    }
    // What was to be published is named.
    let (report, good) = publish(&shell, "p --to localhost:1/team");
    assert!(!good && only(&report)["outcome"] == "failed" && only(&report)["name"] == "hello", "{report}");
    // The other verbs.
    let out = shell.run("packyard --output json pack search --server http://localhost:1 --api-key x");
    let document: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(document["error"].as_str().unwrap().contains("could not reach the server"), "{document}");
}

#[test]
fn a_finding_names_its_folder_also_where_it_has_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    for name in ["fifo", "control"] {
        write_pack(&folder.path().join(name), "hello", "# Hello\n");
    }
    shell.ok("mkfifo fifo/pipe; touch control/a$'\\n'b");
    let said = |pack: &str| {
        let out = shell.run(&format!("packyard publish {pack} --to localhost:1/x --dry-run"));
        assert_eq!(out.status.code(), Some(1));
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let fifo = said("fifo");
    assert!(fifo.contains("fifo: error PACK013: ") && !fifo.contains("fifo/error"), "{fifo}");
    let control = said("control");
    assert!(control.contains("control: error PACK011: ") && control.contains("hint: Rename the file"), "{control}");
    assert!(!control.contains("parent folder"), "{control}");
}

/// A reader that has enough closes its end; that is no error of ours.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    for command in
        ["completion bash", "--help", "pack lint p", "publish p --to localhost:1/x --dry-run", "pack lint none"]
    {
        // Standard output is a pipe whose reader is gone before the command writes.
        let out = shell.run(&format!("set +e; exec 3> >(true); wait $!; packyard {command} >&3; echo \"exit $?\" >&2"));
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(!errors.contains("panicked") && !errors.contains("exit 101"), "{command}: {errors}");
    }
}

/// Bars are for people who watch, lines for logs, and one document for programs.
#[test]
fn progress_is_shown_as_it_can_be_read() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env()).env("H", &yard.host()).env("TERM", "xterm");
    for name in ["one", "two"] {
        write_pack(&folder.path().join("packs").join(name), name, "# Hello\n");
    }
    let errors = |base: &str, flags: &str| {
        let out = root.run(&format!("packyard publish packs --to $H/{base} {flags}"));
        assert!(out.status.success());
        String::from_utf8_lossy(&out.stderr).into_owned()
    };
    let lines = errors("lines", "--jobs 1");
    let uploads: Vec<&str> = lines.lines().filter(|line| line.starts_with("uploading ")).collect();
    assert!(
        uploads.len() == 2 && uploads[0].starts_with("uploading one-1.0.0.tar.gz, ") && uploads[0].ends_with(" bytes")
    );
    assert_eq!(errors("quiet", "--quiet"), "");
    assert!(!errors("json", "--output json").contains("uploading"));
    let on_terminal = |base: &str, flags: &str| {
        let typed = format!(r#"script -qec "packyard publish packs --to $H/{base} {flags}" /dev/null"#);
        root.ok(&typed)
    };
    let bars = on_terminal("bars", "");
    assert!(bars.contains("publishing") && bars.contains("of 2") && bars.contains("2 published"), "{bars}");
    let quiet = on_terminal("quiet-bars", "--quiet");
    assert!(!quiet.contains("publishing") && quiet.contains("2 published"), "{quiet}");
}

/// 2 is for what can never be right, 1 for what did not work.
#[test]
fn exit_codes_are_the_same_for_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]).env("PACKYARD_RETRIES", "0");
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    for verb in [
        "publish p --to HOST/team",
        "pack pull HOST/team/hello:1.0.0",
        "pack list HOST/team",
        "pack copy HOST/team/hello:1.0.0 HOST/other",
    ] {
        for (host, flags, expected) in [
            ("localhost:1", "", 1),
            ("ftp://localhost", "", 2),
            ("https://localhost:1", "--plain-http", 2),
            ("localhost:1", "--retries many", 2),
        ] {
            let script = format!("packyard {} {flags}", verb.replace("HOST", host));
            let (code, text) = said(&shell, &script);
            assert_eq!(code, Some(expected), "{script}: {text}");
        }
    }
    let (code, text) = said(&shell, "echo x | packyard login ftp://localhost -u ann --password-stdin");
    assert_eq!(code, Some(2), "{text}");
}
