//! `packyard pack build`: what it writes is what publish pushes.

use crate::shell::Shell;
use crate::yard;
use packyard_testkit::PackBuilder;
use serde_json::{Value, json};
use std::path::Path;

fn shell(folder: &Path) -> Shell {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_packyard"), bin.join("packyard")).unwrap();
    Shell::in_folder(folder)
        .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

#[test]
fn the_archive_is_the_one_that_publish_pushes() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = shell(folder.path()).envs(&yard.aws_env()).env("H", &yard.host());
    let values = "pack:\n  namespace: hello\ncharts:\n  web:\n    replicas: 1\n";
    PackBuilder::new("hello", "1.2.3").chart("web", "0.1.0").values(values).write_to(&folder.path().join("src"));
    let report: Value = serde_json::from_str(&shell.ok("packyard pack build src --output json")).unwrap();
    let built = &report["packs"][0];
    assert_eq!((built["outcome"].as_str(), built["path"].as_str()), (Some("built"), Some("./hello-1.2.3.tar.gz")));
    let sum = shell.ok("sha256sum hello-1.2.3.tar.gz && stat -c '%s %a' hello-1.2.3.tar.gz");
    let words: Vec<&str> = sum.split_whitespace().collect();
    assert_eq!((built["sha256"].as_str(), words[3]), (Some(words[0]), "644"), "{sum}");
    assert_eq!(built["bytes"].to_string(), words[2]);
    let pushed: Value = serde_json::from_str(&shell.ok("packyard publish src --to $H/team --output json")).unwrap();
    assert_eq!(pushed["packs"][0]["archiveDigest"], json!(format!("sha256:{}", words[0])));
    assert_eq!(shell.ok("ls -A"), "bin\nhello-1.2.3.tar.gz\nsrc\n", "nothing is left over");

    // The text has the same: path, size and digest.
    let text = shell.ok("packyard pack build src");
    assert_eq!(
        text,
        format!(
            "unchanged  ./hello-1.2.3.tar.gz\nsize       {} bytes, 0 warnings\nsha256     {}\n",
            words[2], words[0]
        )
    );
}

#[test]
fn a_folder_of_packs_stands_for_the_packs_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path());
    for (pack, version) in [("b", "1.0.0"), ("a", "2.0.0")] {
        PackBuilder::new("hello", version).write_to(&folder.path().join("packs").join(pack));
    }
    shell.ok("mkdir packs/none && packyard pack build packs --out archives/");
    assert_eq!(shell.ok("ls archives"), "hello-1.0.0.tar.gz\nhello-2.0.0.tar.gz\n");
    let none = shell.run("packyard pack build packs/a packs/none --out others/");
    let text = String::from_utf8_lossy(&none.stdout).into_owned();
    assert_eq!(none.status.code(), Some(1), "{text}");
    assert!(text.contains("refused    packs/none\nbecause    there is no pack: neither it nor"), "{text}");
    assert_eq!(shell.ok("ls others"), "");
}

#[test]
fn a_file_is_overwritten_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path());
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("src"));
    shell.ok("packyard pack build src --out out.tgz && echo precious >hello-1.0.0.tar.gz");
    let refused = shell.run("packyard pack build src");
    let text = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("./hello-1.0.0.tar.gz is there with other content; --force overwrites it"), "{text}");
    assert_eq!(shell.ok("cat hello-1.0.0.tar.gz; ls -A | wc -l"), "precious\n4\n");
    shell.ok("packyard pack build src --force && cmp out.tgz hello-1.0.0.tar.gz");
    // A folder in the way is no file to overwrite.
    let folder_there = shell.run("mkdir -p d/hello-1.0.0.tar.gz && packyard pack build src --out d --force");
    assert!(String::from_utf8_lossy(&folder_there.stdout).contains("is not a plain file"));
}

#[test]
fn nothing_is_written_into_the_pack_itself() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path());
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("src"));
    let before = shell.ok("cd src && find . | sort");
    for script in [
        "cd src && packyard pack build .",
        "packyard pack build src --out src/new/",
        "packyard pack build src --out src/a.tar.gz",
        "ln -sfn src link && packyard pack build src --out link/x/y/",
        "cd src/manifests && packyard pack build ..",
    ] {
        let out = shell.run(script);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.code() == Some(1) && text.contains("lies in the pack itself"), "{script}: {text}");
        assert!(text.contains("--out .."), "{text}");
    }
    assert_eq!(shell.ok("cd src && find . | sort"), before);
    shell.ok("cd src && packyard pack build . --out .. && cd .. && test -f hello-1.0.0.tar.gz");
}

#[test]
fn findings_are_said_and_errors_stop_all() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path());
    PackBuilder::new("good", "1.5").write_to(&folder.path().join("good"));
    PackBuilder::new("bad", "1.0.0").values("a: [1\n").write_to(&folder.path().join("bad"));
    let out = shell.run("packyard pack build good bad --out archives");
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(1), "{stdout}{stderr}");
    assert!(stderr.contains("good/pack.json:4:3: warning PACK102") && stderr.contains("hint: "), "{stderr}");
    assert!(stderr.contains("bad/values.yaml:") && stderr.contains(": error PACK007: "), "{stderr}");
    assert!(stdout.contains("nothing was written because another pack is refused"), "{stdout}");
    assert!(shell.succeeds("test -z \"$(ls -A archives)\""), "no archive, no temporary file");
    shell.ok("packyard pack build good --out archives && test -f archives/good-1.5.tar.gz");
    let denied = shell.run("packyard pack build good --out denied/ --deny warnings --output json");
    let report: Value = serde_json::from_slice(&denied.stdout).unwrap();
    assert_eq!((denied.status.code(), report["packs"][0]["outcome"].as_str()), (Some(1), Some("refused")));
    let twice = shell.run("cp -r good again && packyard pack build good again --out archives");
    assert!(String::from_utf8_lossy(&twice.stdout).contains("good would be written to archives/good-1.5.tar.gz too"));
    let missing = shell.run("packyard pack build nowhere");
    let text = String::from_utf8_lossy(&missing.stdout).into_owned();
    assert!(missing.status.code() == Some(1) && text.contains("nowhere"), "{text}");
    assert_eq!(shell.run("packyard pack build").status.code(), Some(2));
}
