//! Limits are settings: from the command line, the environment and the file, and each is obeyed.

use crate::publish::{only, publish, shell, write_pack};
use crate::yard_builder;
use packyard_testkit::peer_or_skip;
use std::process::Command;

#[test]
fn a_server_obeys_limits_from_the_flag_the_variable_and_the_file() {
    let test = "a_server_obeys_limits_from_the_flag_the_variable_and_the_file";
    let Some(curl) = peer_or_skip("curl", test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("settings.toml");
    let text = "[limits]\nuploads_per_principal = 1\npage = 77\npack.entries = 3\nmanifest_bytes = \"1KiB\"\n";
    std::fs::write(&config, text).unwrap();
    let yard = yard_builder()
        .arg("--config")
        .arg(config.display().to_string())
        .env("PACKYARD_LIMITS", "page=66, blob_bytes=1MiB")
        .arg("--limit")
        .arg("page=1")
        .arg("--log-format")
        .arg("json")
        .start();
    let get = |args: &[&str]| {
        let out = Command::new(&curl.path)
            .args(["-sS", "-i", "--noproxy", "*", "-u", &format!("{}:{}", yard.admin_email, yard.admin_password)])
            .args(args)
            .output()
            .unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let root = shell(folder.path(), &[]).envs(&yard.aws_env());
    for version in ["1.0.0", "2.0.0"] {
        write_pack(&folder.path().join("p"), "hello", "# Hello\n");
        let json = std::fs::read_to_string(folder.path().join("p/pack.json")).unwrap().replace("1.0.0", version);
        std::fs::write(folder.path().join("p/pack.json"), json).unwrap();
        let (report, good) = publish(&root, &format!("p --to {}/team", yard.host()));
        assert!(good, "{report}");
    }
    let repository = format!("{}/v2/team/spectro-packs/archive/hello", yard.url());
    // The flag wins over the variable, which wins over the file.
    let page = get(&[&format!("{repository}/tags/list")]);
    assert!(page.contains("[\"1.0.0\"]") && page.to_ascii_lowercase().contains("\nlink: "), "{page}");
    // The variable.
    std::fs::write(folder.path().join("large"), vec![7; (1 << 20) + 1]).unwrap();
    let body = format!("@{}", folder.path().join("large").display());
    let url = format!("{repository}/blobs/uploads/?digest=sha256:{}", "0".repeat(64));
    let refused = get(&["-X", "POST", "-H", "Content-Type: application/octet-stream", "--data-binary", &body, &url]);
    assert!(refused.contains(" 413 ") && refused.contains("SIZE_INVALID"), "{refused}");
    // The file.
    std::fs::write(folder.path().join("manifest"), vec![b' '; 1025]).unwrap();
    let body = format!("@{}", folder.path().join("manifest").display());
    let refused = get(&["-X", "PUT", "--data-binary", &body, &format!("{repository}/manifests/x")]);
    assert!(refused.contains(" 413 "), "{refused}");
    let begin = || get(&["-X", "POST", "-H", "Content-Length: 0", &format!("{repository}/blobs/uploads/")]);
    assert!(begin().contains(" 202 "));
    let refused = begin();
    assert!(refused.contains(" 429 "), "{refused}");
    // The log has all that is set.
    let log = yard.log();
    for (limit, value) in [("page", 1), ("blob_bytes", 1 << 20), ("pack.entries", 3), ("manifest_bytes", 1024)] {
        assert!(log.contains(&format!("\"limit\":\"{limit}\",\"value\":{value}")), "{limit}: {log}");
    }
}

#[test]
fn a_limit_that_is_none_is_refused_with_the_names_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |args: &[&str], variable: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_packyard"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data", "d"])
            .args(args)
            .env("PACKYARD_LIMITS", variable)
            .current_dir(folder.path())
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    for (args, variable) in [(&["--limit", "blob_size=1GiB"][..], ""), (&[], "blob_size=1GiB")] {
        let (code, text) = serve(args, variable);
        assert!(code == Some(2) && text.contains("blob_size") && text.contains("pack.archive_bytes"), "{text}");
    }
    let (code, text) = serve(&["--limit", "blob_bytes=1GB"], "");
    assert!(code == Some(2) && text.contains("a size such as"), "{text}");
    std::fs::write(folder.path().join("packyard.toml"), "[limits]\nblob_size = 1\n").unwrap();
    let (code, text) = serve(&[], "");
    assert!(code == Some(1) && text.contains("blob_size") && text.contains("packyard.toml"), "{text}");
    assert!(!folder.path().join("d").exists(), "nothing was started");
    let help = Command::new(env!("CARGO_BIN_EXE_packyard")).args(["serve", "--help"]).output().unwrap().stdout;
    assert!(String::from_utf8_lossy(&help).contains("docs/operations.md"));
}

#[test]
fn publish_and_lint_take_the_limits_of_packs() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    let dry = "p --to localhost:1/x --dry-run";
    let (report, good) = publish(&shell, &format!("{dry} --limit pack.entries=2"));
    let text = only(&report)["findings"].to_string();
    assert!(!good && text.contains("PACK010") && text.contains("pack.entries = 2"), "{report}");
    // The archive is what readers limit first.
    for verb in [format!("packyard publish {dry}"), "packyard pack build p --out a.tar.gz".to_owned()] {
        let out = shell.run(&format!("{verb} --limit pack.archive_bytes=100 2>&1"));
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(
            out.status.code() == Some(1) && text.contains("over the limit pack.archive_bytes = 100"),
            "{verb}: {text}"
        );
        assert!(text.contains(".packignore"), "what to do: {verb}: {text}");
    }
    // A variable of the server's may have other limits too.
    let server = shell.env("PACKYARD_LIMITS", "page=5,pack.text_bytes=10");
    let out = server.run("packyard pack lint p");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(!out.status.success() && text.contains("pack.json"), "{text}");
    assert!(server.succeeds("packyard pack lint p --limit pack.text_bytes=1MiB"));
    let out = shell.run("packyard pack lint p --limit page=5");
    assert!(out.status.code() == Some(2) && String::from_utf8_lossy(&out.stderr).contains("no limit of this verb"));
}
