//! `packyard publish` of many packs: what paths mean, how few requests it takes, and what an end in the middle leaves.

use crate::publish::{DockerRegistry, only, publish, shell};
use crate::relay::{Fate, Relay};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{PackBuilder, Yard, peer_or_skip};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) fn outcomes(report: &Value) -> Vec<&str> {
    report["packs"].as_array().unwrap().iter().map(|pack| pack["outcome"].as_str().unwrap()).collect()
}

/// Packs `one` to `six` in the folder `packs`.
pub(crate) fn six_packs(folder: &Path) {
    for name in ["one", "two", "three", "four", "five", "six"] {
        PackBuilder::new(name, "1.0.0").write_to(&folder.join("packs").join(name));
    }
}

/// The account root of a server, which is reached through the relay as `$H`.
pub(crate) fn through(relay: &Relay, folder: &Path, yard: &Yard) -> Shell {
    shell(folder, &[]).envs(&yard.aws_env()).env("H", &relay.host())
}

#[test]
fn folders_of_packs_and_archives_in_the_order_of_the_arguments() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env());
    six_packs(folder.path());
    PackBuilder::new("alone", "2.0.0").write_to(&folder.path().join("alone"));
    PackBuilder::new("packed", "3.0.0").write_to(&folder.path().join("src"));
    root.ok("mkdir empty; echo text >packs/README.md; packyard pack build src --out src.tar.gz");
    let to = format!("--to {}/team --jobs 3", yard.host());
    let (report, good) = publish(&root, &format!("src.tar.gz packs/ alone {to}"));
    assert!(good, "{report}");
    let names: Vec<&str> = report["packs"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["packed", "five", "four", "one", "six", "three", "two", "alone"]);
    // The base is told once, with the first pack, whichever made it.
    let archive = "team/spectro-packs/archive";
    assert_eq!(report["packs"][0]["repositoriesCreated"], json!([archive, format!("{archive}/packed")]));
    assert_eq!(report["packs"][1]["repositoriesCreated"], json!([format!("{archive}/five")]));
    // An archive is sent as it is: the folder that it was built from is the same pack.
    let (report, good) = publish(&root, &format!("src {to}"));
    assert!(good && only(&report)["outcome"] == "unchanged", "{report}");

    for (arguments, why) in [("empty", "there is no pack"), ("packs/README.md", "not a pack"), ("none", "none")] {
        let (report, good) = publish(&root, &format!("alone {arguments} {to}"));
        assert!(!good && outcomes(&report) == ["not tried", "refused"], "{report}");
        let error = report["packs"][1]["error"].as_str().unwrap();
        assert!(error.contains(why), "{error}");
    }
    let (report, _) = publish(&root, &format!("alone packs alone {to}"));
    assert_eq!(outcomes(&report)[7], "refused", "the same pack twice: {report}");
}

/// What asks and what writes, as methods and operations.
fn counted(relay: &Relay) -> (Vec<String>, usize) {
    let lines = relay.take();
    let name = |line: &crate::relay::Line| line.operation().map_or(line.method.clone(), str::to_owned);
    let asked = lines.iter().filter(|line| !line.writes()).map(name).collect();
    (asked, lines.iter().filter(|line| line.writes()).count())
}

#[test]
fn what_is_unchanged_costs_one_request_a_pack() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(yard.port, |_, _| Fate::Pass);
    let root = through(&relay, folder.path(), &yard);
    six_packs(folder.path());
    let (report, good) = publish(&root, "packs --to $H/team");
    assert!(good, "{report}");
    // A repository, two requests for each of two blobs, and a manifest; the base once.
    let writes = relay.take().iter().filter(|line| line.writes()).count();
    assert_eq!(writes, 1 + 6 * 6);

    let (report, good) = publish(&root, "packs --to $H/team");
    assert!(good && outcomes(&report) == ["unchanged"; 6], "{report}");
    let (asked, writes) = counted(&relay);
    let mut expected = vec!["DescribeImages"; 6];
    expected.insert(0, "GET");
    assert_eq!((asked, writes), (expected.iter().map(|name| (*name).to_owned()).collect(), 0), "and no token");

    // A new version goes where the others are: no repository is asked about or made.
    PackBuilder::new("one", "1.1.0").write_to(&folder.path().join("next"));
    let (report, good) = publish(&root, "next --to $H/team");
    assert!(good && only(&report)["repositoriesCreated"] == json!([]), "{report}");
    let created = relay.take().iter().filter(|line| line.operation() == Some("CreateRepository")).count();
    assert_eq!(created, 0);
}

#[test]
fn what_is_unchanged_costs_one_request_a_pack_in_other_registries() {
    let test = "what_is_unchanged_costs_one_request_a_pack_in_other_registries";
    let Some(program) = peer_or_skip("docker-registry", test) else { return };
    let registry = DockerRegistry::start(&program, true);
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(registry.port, |_, _| Fate::Pass);
    let shell = shell(folder.path(), &[]).env("H", &relay.host());
    shell.ok("echo pw | packyard login $H -u ann --password-stdin");
    six_packs(folder.path());
    let (report, good) = publish(&shell, "packs --to $H/team --jobs 6");
    assert!(good, "{report}");
    let mounts = relay.take().iter().filter(|line| line.target.contains("mount=")).count();
    assert_eq!(mounts, 6, "the config is sent once, into the base");
    let (report, good) = publish(&shell, "packs --to $H/team");
    assert!(good && outcomes(&report) == ["unchanged"; 6], "{report}");
    assert_eq!(counted(&relay), (vec!["GET".to_owned(); 8], 0), "a challenge, a login, and one for each pack");
}

/// As Harbor and GHCR: each call needs a token for its repository, and one token may be for many.
#[test]
fn one_token_is_fetched_for_all_repositories() {
    let test = "one_token_is_fetched_for_all_repositories";
    let Some(program) = peer_or_skip("docker-registry", test) else { return };
    let registry = DockerRegistry::start(&program, false);
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(registry.port, |line, _| {
        if line.target.starts_with("/token") {
            let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json".to_owned();
            return Fate::Answer(json, r#"{"token":"t0ken","expires_in":300}"#);
        }
        if line.header("authorization") == Some("Bearer t0ken") {
            return Fate::Pass;
        }
        let realm = format!("http://{}/token", line.header("host").unwrap());
        let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"s\"");
        Fate::Answer(format!("HTTP/1.1 401 Unauthorized\r\n{challenge}"), "")
    });
    let shell = shell(folder.path(), &[]).env("H", &relay.host());
    shell.ok("echo pw | packyard login $H -u ann --password-stdin");
    six_packs(folder.path());
    for outcome in ["published", "unchanged"] {
        relay.take();
        let (report, good) = publish(&shell, "packs --to $H/team");
        assert!(good && outcomes(&report) == [outcome; 6], "{report}");
        let lines = relay.take();
        let tokens: Vec<_> = lines.iter().filter(|line| line.target.starts_with("/token")).collect();
        if outcome == "unchanged" {
            assert_eq!(lines.len(), 2 + tokens.len() + 6, "a challenge, a login, and one for each pack: {lines:?}");
            assert_eq!(tokens.len(), 2, "for the login, and for the packs");
        }
        let widest = tokens.iter().map(|line| line.target.matches("scope=").count()).max();
        assert_eq!(widest, Some(6));
    }
}

/// Starts `packyard publish packs` with a temporary folder of its own.
fn started(shell: &Shell, folder: &Path, host: &str, yard: &Yard) -> Child {
    shell.ok("mkdir -p tmp");
    Command::new(env!("CARGO_BIN_EXE_packyard"))
        .args(["publish", "packs", "--to", &format!("{host}/team"), "--jobs", "2", "--output", "json"])
        .current_dir(folder)
        .env_clear()
        .envs(yard.aws_env())
        .envs([("HOME", folder), ("DOCKER_CONFIG", folder), ("TMPDIR", &folder.join("tmp"))])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A relay that never answers the manifest of `three`, so that a run stays in the middle.
fn stuck_at_three(yard: &Yard) -> Relay {
    Relay::start(yard.port, |line, _| match line.target.ends_with("/three/manifests/1.0.0") {
        true if line.method == "PUT" => Fate::Hold,
        _ => Fate::Pass,
    })
}

/// The others are in their place and were read back, and `three` is under way.
fn in_the_middle(lines: &[crate::relay::Line]) -> bool {
    let asked = lines.iter().filter(|line| line.operation() == Some("DescribeImages")).count();
    let stuck = lines.iter().any(|line| line.method == "PUT" && line.target.contains("/three/manifests/"));
    stuck && asked == 6 + 5
}

#[test]
fn a_run_that_was_killed_is_finished_by_the_next() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]).envs(&yard.aws_env()).env("H", &yard.host());
    six_packs(folder.path());
    let relay = stuck_at_three(&yard);
    let mut child = started(&shell, folder.path(), &relay.host(), &yard);
    relay.wait(in_the_middle);
    child.kill().unwrap();
    child.wait().unwrap();
    let listed: Value = serde_json::from_str(&shell.ok("packyard pack list $H/team --output json")).unwrap();
    let three = listed["packs"].as_array().unwrap().iter().find(|pack| pack["name"] == "three").unwrap();
    assert_eq!(three["versions"], json!([]), "nothing is half there: {listed}");

    let (report, good) = publish(&shell, "packs --to $H/team");
    assert!(good, "{report}");
    assert_eq!(outcomes(&report), ["unchanged", "unchanged", "unchanged", "unchanged", "published", "unchanged"]);
    for name in ["one", "two", "three", "four", "five", "six"] {
        shell.ok(&format!(
            "packyard pack pull $H/team/{name}:1.0.0 --out back && diff -r packs/{name} back/{name}-1.0.0"
        ));
    }
}

#[test]
fn a_run_that_is_interrupted_says_what_is_left_and_cleans_up() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]).envs(&yard.aws_env()).env("H", &yard.host());
    six_packs(folder.path());
    for signal in ["-INT", "-TERM"] {
        let relay = stuck_at_three(&yard);
        let child = started(&shell, folder.path(), &relay.host(), &yard);
        relay.wait(|lines| lines.iter().any(|line| line.method == "PUT" && line.target.contains("/three/manifests/")));
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let out = child.wait_with_output().unwrap();
        let report: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(out.status.code(), Some(1), "{report}");
        assert_eq!(outcomes(&report)[4], "interrupted", "{report}");
        assert!(report["left"].as_array().unwrap().contains(&json!("packs/three")), "{report}");
        assert!(report["next"].as_str().unwrap().starts_with("packyard publish packs --to "), "{report}");
        assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0, "the archives are gone");
    }
}

/// Also where nothing is sent yet: a registry that does not answer is no reason to wait for it.
#[test]
fn a_login_that_hangs_can_be_interrupted() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    six_packs(folder.path());
    for never in ["GET", "POST"] {
        let relay = Relay::start(yard.port, move |line, _| if line.method == never { Fate::Hold } else { Fate::Pass });
        let child = started(&shell, folder.path(), &relay.host(), &yard);
        relay.wait(|lines| lines.iter().any(|line| line.method == never));
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let out = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.code() == Some(1) && text.contains("it was interrupted"), "{never}: {text}");
    }
}
