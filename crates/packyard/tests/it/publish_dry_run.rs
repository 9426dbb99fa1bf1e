//! `packyard publish --dry-run`: changes nothing, and lists exactly the requests with which a run then does.

use crate::publish::{DockerRegistry, only, publish, shell};
use crate::publish_many::{outcomes, six_packs, through};
use crate::relay::{Fate, Line, Relay};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::peer_or_skip;
use serde_json::Value;

/// The listed requests: method, path, and the repository of a CreateRepository.
fn listed(report: &Value) -> Vec<String> {
    let requests = report["packs"].as_array().unwrap().iter().flat_map(|pack| pack["requests"].as_array().unwrap());
    let text = |request: &Value| {
        let path = request["url"].as_str().unwrap().splitn(4, '/').nth(3).unwrap();
        let what = request["what"].as_str().map(|what| format!(" {}", what.split(' ').next().unwrap()));
        format!("{} /{path}{}", request["method"].as_str().unwrap(), what.unwrap_or_default())
    };
    let mut listed: Vec<String> = requests.map(text).collect();
    listed.sort();
    listed
}

/// The changing requests that were made, in the same words.
fn made(lines: Vec<Line>) -> Vec<String> {
    let text = |line: &Line| {
        let (method, target) = (&line.method, line.target.replace("%3A", ":"));
        match (line.operation(), target.split_once("/uploads/")) {
            (Some(operation), _) => format!("{method} {target} {operation}"),
            // What the registry calls an upload, and what it adds to its address, is its own.
            (None, Some((path, rest))) if method == "PUT" => {
                format!("PUT {path}/uploads/SESSION?digest={}", rest.split_once("digest=").unwrap().1)
            }
            (None, _) => format!("{method} {target}"),
        }
    };
    let mut made: Vec<String> = lines.iter().filter(|line| line.writes()).map(text).collect();
    made.sort();
    made
}

/// Dry runs and runs in turn: from nothing, with all there, and with one new version and one changed pack.
fn says_what_is_done(shell: &Shell, relay: &Relay) {
    let dry_and_real = |arguments: &str| {
        relay.take();
        let (dry, good) = publish(shell, &format!("{arguments} --dry-run"));
        let writes = relay.take().into_iter().filter(Line::writes).count();
        assert!(good && writes == 0 && dry["dryRun"] == true, "{writes} writes: {dry:#}");
        assert!(outcomes(&dry).iter().all(|outcome| *outcome == "checked"), "{dry:#}");
        let (report, good) = publish(shell, arguments);
        assert!(good, "{report:#}");
        let would: Vec<&Value> = dry["packs"].as_array().unwrap().iter().map(|pack| &pack["wouldBe"]).collect();
        assert_eq!(would, outcomes(&report), "what would be, and what became of it");
        let expected = listed(&dry);
        assert_eq!(made(relay.take()), expected);
        expected.len()
    };
    assert!(dry_and_real("packs --to $H/team") > 6 * 4);
    assert_eq!(dry_and_real("packs --to $H/team"), 0);
    shell.ok("cp -r packs/one next && sed -i 's/1.0.0/1.1.0/' next/pack.json && echo changed >>packs/two/README.md");
    assert_eq!(dry_and_real("packs next --to $H/team --force typo"), 6, "two archives and two manifests");
}

#[test]
fn on_ecr() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(yard.port, |_, _| Fate::Pass);
    six_packs(folder.path());
    says_what_is_done(&through(&relay, folder.path(), &yard), &relay);
}

#[test]
fn on_another_registry() {
    let Some(program) = peer_or_skip("docker-registry", "on_another_registry") else { return };
    let registry = DockerRegistry::start(&program, true);
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(registry.port, |_, _| Fate::Pass);
    let shell = shell(folder.path(), &[]).env("H", &relay.host());
    shell.ok("echo pw | packyard login $H -u ann --password-stdin");
    six_packs(folder.path());
    says_what_is_done(&shell, &relay);
}

#[test]
fn a_refusal_is_foreseen() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env()).env("H", &yard.host());
    six_packs(folder.path());
    publish(&root, "packs/one --to $H/team");
    root.ok("echo changed >>packs/one/README.md");
    let (report, good) = publish(&root, "packs/one packs/two --to $H/team --dry-run");
    assert!(!good && outcomes(&report) == ["refused", "checked"], "{report}");
}

#[test]
fn without_an_answer_or_credentials_all_is_listed() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]).env("H", &yard.host());
    six_packs(folder.path());
    let ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team --aws-profile none";
    for (to, why, requests) in [
        ("localhost:1/team --retries 0", "no connection", 3 + 1 + 2 + 1),
        ("$H/team", "no AWS keys", 3 + 1 + 2 + 1),
        (ecr, "no AWS keys", 1 + 1 + 2 + 2 + 1),
    ] {
        let (report, good) = publish(&shell, &format!("packs/one --to {to} --dry-run"));
        assert!(good && only(&report)["outcome"] == "checked", "{report}");
        assert!(report["notAsked"].as_str().unwrap().contains(why), "{report}");
        assert_eq!(only(&report)["requests"].as_array().unwrap().len(), requests, "{report:#}");
    }
    let text = shell.ok("packyard publish packs/one --to localhost:1/team --retries 0 --dry-run");
    for expected in [
        "would be   published",
        "request    PUT http://localhost:1/v2/team/spectro-packs/archive/one/manifests/1.0.0",
        "the registry was not asked",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}
