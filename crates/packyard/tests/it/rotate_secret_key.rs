//! `packyard admin rotate-secret-key`: through the real binary, on both engines, and killed at every step.

use crate::management::Management;
use crate::{ended, yard, yard_builder};
use packyard_testkit::{Yard, YardBuilder, peer_or_skip, postgres_or_skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const KEY_A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const KEY_B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const MACRO: &str = "the value of a macro";
const DEFAULT: &str = "the default of a masked variable";
const BINARY: &str = env!("CARGO_BIN_EXE_packyard");

/// An installation whose secrets are to be sealed anew, and a registry that it reads with credentials.
struct Installation {
    folder: tempfile::TempDir,
    data: PathBuf,
    url: Option<String>,
    peer: Yard,
}

impl Installation {
    /// On SQLite, and on PostgreSQL where it is; with an access key, a registry with credentials and a macro.
    fn all(test: &str, key: Option<&str>) -> Vec<Self> {
        let postgres = postgres_or_skip(&format!("{test} (on PostgreSQL)"));
        [None].into_iter().chain(postgres.map(Some)).map(|url| Self::make(url, key)).collect()
    }

    fn make(url: Option<String>, key: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Self { data: folder.path().join("data"), folder, url, peer: yard() };
        let mut yard = made.server(key).start();
        let management = Management::log_in(&yard);
        let spec = json!({
            "endpoint": made.peer.url(), "baseContentPath": "team", "isPrivate": true,
            "credentials": { "credentialType": "secret", "accessKey": made.peer.root_key_id, "secretKey": made.peer.root_secret },
        });
        management.register("ecr", "peer", &spec);
        let body = json!({ "macros": [{ "name": "token", "value": MACRO }] });
        assert_eq!(management.call("POST", &macros(&management), &body).status, 204);
        let variable = json!({ "name": "token", "isSensitive": true, "defaultValue": DEFAULT });
        let template = json!({ "type": "add-on", "cloudType": "all", "packs": [] });
        let body = json!({ "metadata": { "name": "app" }, "spec": { "version": "1.0.0", "template": template,
            "variables": [variable] } });
        let reply = management.call("POST", "/v1/clusterprofiles", &body);
        assert_eq!(reply.status, 201, "{}", reply.body);
        yard.terminate();
        made
    }

    fn server(&self, key: Option<&str>) -> YardBuilder {
        let builder = yard_builder().data(&self.data);
        self.envs(key).into_iter().fold(builder, |builder, (name, value)| builder.env(name, value))
    }

    fn envs<'a>(&'a self, key: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
        let key = key.map(|key| ("PACKYARD_SECRET_KEY", key));
        key.into_iter().chain(self.url.as_deref().map(|url| ("PACKYARD_DATABASE_URL", url))).collect()
    }

    fn rotate(&self, key: Option<&str>, args: &[&str]) -> Said {
        self.said(Command::new(BINARY), key, args, &[])
    }

    fn said(&self, mut command: Command, key: Option<&str>, args: &[&str], envs: &[(&str, &str)]) -> Said {
        command.args(["admin", "rotate-secret-key", "--output", "json", "--data"]).arg(&self.data).args(args);
        command.envs(self.envs(key)).envs(envs.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (code, stderr) = ended(child);
        let out = std::io::read_to_string(stdout).unwrap();
        Said { code, report: serde_json::from_str(&out).unwrap_or_default(), stderr }
    }

    fn key_file(&self) -> PathBuf {
        self.data.join("secret.key")
    }

    fn key(&self) -> String {
        std::fs::read_to_string(self.key_file()).unwrap()
    }

    /// A server starts, and the secrets of an access key, of the registry, of the macro and of the profile are what they
    /// were.
    fn works(&self, key: Option<&str>) {
        let mut yard = self.server(key).start();
        let packyard = |args: &[&str], envs: &[(&str, String)]| {
            let mut command = Command::new(BINARY);
            let out = command.args(args).args(["--server", &yard.url()]).envs(envs.iter().cloned()).output().unwrap();
            assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        };
        packyard(&["iam", "get-caller-identity"], &yard.aws_env());
        let management = Management::log_in(&yard);
        packyard(&["registry", "sync", "peer"], &[("PACKYARD_API_KEY", management.api_key())]);
        let macros = management.get(&macros(&management)).body;
        assert_eq!(macros["macros"][0]["value"], MACRO, "{macros}");
        let found = management.call("POST", "/v1/dashboard/clusterprofiles", &json!({})).body;
        let uid = found["items"][0]["metadata"]["uid"].as_str().expect("a profile").to_owned();
        let variables = management.get(&format!("/v1/clusterprofiles/{uid}/variables")).body;
        assert_eq!(variables["variables"][0]["defaultValue"], DEFAULT, "{variables}");
        yard.terminate();
    }
}

/// The address of the tenant's macros.
fn macros(management: &Management) -> String {
    let info = management.get("/v1/users/info").body;
    format!("/v1/tenants/{}/macros", info["tenantUid"].as_str().unwrap())
}

struct Said {
    code: Option<i32>,
    report: Value,
    stderr: String,
}

impl Said {
    fn ok(self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.report
    }

    fn fails(self, code: i32, part: &str) {
        assert!(self.code == Some(code) && self.stderr.contains(part), "{:?} {}", self.code, self.stderr);
        assert!(!self.stderr.contains(KEY_A) && !self.stderr.contains(KEY_B), "a key is shown: {}", self.stderr);
    }
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

#[test]
fn every_secret_is_sealed_anew_and_the_old_key_opens_nothing() {
    for installation in Installation::all("every_secret_is_sealed_anew_and_the_old_key_opens_nothing", None) {
        let old = installation.key();
        let would = installation.rotate(None, &["--dry-run"]).ok();
        assert_eq!(
            would["secrets"],
            json!({ "access_keys": 1, "registry_secrets": 1, "macros": 1, "profile_secrets": 2 }),
            "{would}"
        );
        assert_eq!(installation.key(), old, "a dry run changes nothing");

        let kept = installation.folder.path().join("old.key");
        let done = installation.rotate(None, &["--keep-old-key", &kept.display().to_string()]).ok();
        assert_eq!((&done["secrets"], &done["was_begun"]), (&would["secrets"], &json!(false)), "{done}");
        assert_ne!(installation.key(), old);
        assert_eq!((mode(&installation.key_file()), mode(&kept)), (0o600, 0o600));
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), old);
        installation.works(None);

        // Nothing is kept that nobody asked for.
        let second = installation.key();
        installation.rotate(None, &[]).ok();
        let holds = |key: &str| {
            let files = std::fs::read_dir(&installation.data).unwrap().map(|entry| entry.unwrap().path());
            files.filter(|path| path.is_file()).any(|path| std::fs::read(path).unwrap().starts_with(key.as_bytes()))
        };
        assert!(!holds(&second) && !holds(&old) && holds(&installation.key()));
        installation.rotate(None, &["--keep-old-key", &kept.display().to_string()]).fails(1, "is there already");

        let new = installation.key();
        std::fs::write(installation.key_file(), &second).unwrap();
        installation.rotate(None, &[]).fails(1, "this database was sealed with another key");
        assert_eq!(installation.key(), second, "a refused change leaves the key file as it is");
        assert!(!installation.data.join("secret.key.next").exists());
        std::fs::write(installation.key_file(), new).unwrap();
        installation.works(None);
    }
}

#[test]
fn a_key_in_the_environment_is_changed_by_giving_the_new_one() {
    for installation in Installation::all("a_key_in_the_environment_is_changed_by_giving_the_new_one", Some(KEY_A)) {
        let rotate = |key: &str, new: Option<&str>| {
            let envs: Vec<_> = new.map(|new| ("PACKYARD_NEW_SECRET_KEY", new)).into_iter().collect();
            installation.said(Command::new(BINARY), Some(key), &[], &envs)
        };
        rotate(KEY_A, None).fails(2, "set PACKYARD_NEW_SECRET_KEY");
        rotate(KEY_A, Some(KEY_A)).fails(2, "is the one in use");
        rotate(KEY_A, Some("abc")).fails(1, "PACKYARD_NEW_SECRET_KEY is wrong");
        rotate(&"c".repeat(64), Some(KEY_B)).fails(1, "sealed with another key");
        installation.works(Some(KEY_A));
        let done = rotate(KEY_A, Some(KEY_B)).ok();
        assert_eq!((&done["was_begun"], &done["key_file"]), (&json!(false), &Value::Null), "{done}");
        assert!(!installation.key_file().exists(), "a given key is not stored");
        // Somebody who saw nothing of the end of it runs it again.
        assert_eq!(rotate(KEY_A, Some(KEY_B)).ok()["was_begun"], true);
        installation.works(Some(KEY_B));
    }
}

#[test]
fn a_running_server_is_not_left_with_an_old_key() {
    for installation in Installation::all("a_running_server_is_not_left_with_an_old_key", Some(KEY_A)) {
        let elsewhere = installation.folder.path().join("elsewhere");
        // On PostgreSQL the server may have its data folder on another machine.
        let (data, part) = match installation.url {
            Some(_) => (&elsewhere, "in use by another packyard, perhaps on another machine"),
            None => (&installation.data, "in use by another packyard (process"),
        };
        let mut running = installation.server(Some(KEY_A)).data(data).start();
        for args in [&["--dry-run"][..], &[]] {
            let new = [("PACKYARD_NEW_SECRET_KEY", KEY_B)];
            installation.said(Command::new(BINARY), Some(KEY_A), args, &new).fails(1, part);
        }
        running.terminate();
        installation.works(Some(KEY_A));
    }
}

#[test]
fn the_two_moments_of_an_interruption_are_both_mended_by_a_start() {
    for installation in Installation::all("the_two_moments_of_an_interruption_are_both_mended_by_a_start", None) {
        let next = installation.data.join("secret.key.next");
        let old = installation.key();
        // Before the secrets were sealed anew.
        std::fs::write(&next, KEY_B).unwrap();
        installation.works(None);
        assert_eq!(installation.key(), old);
        // After that.
        installation.rotate(None, &[]).ok();
        assert!(!next.exists(), "an earlier attempt leaves nothing");
        let new = installation.key();
        let back = || {
            std::fs::rename(installation.key_file(), &next).unwrap();
            std::fs::write(installation.key_file(), &old).unwrap();
        };
        back();
        assert_eq!(installation.rotate(None, &["--dry-run"]).ok()["was_begun"], true);
        assert_eq!(installation.key(), old, "a dry run changes nothing");
        assert_eq!(installation.rotate(None, &[]).ok()["was_begun"], true);
        assert_eq!(installation.key(), new, "the key of the run that was interrupted");
        back();
        installation.works(None);
        assert!(installation.key() == new && !next.exists());
    }
}

/// Killed at the first, second, ... of its calls of each kind that write to the disk or to the database, until it gets
/// through. Calls are counted for each thread, so the kinds are met one by one.
#[test]
fn killed_at_any_step_every_secret_still_opens() {
    const TEST: &str = "killed_at_any_step_every_secret_still_opens";
    let Some(strace) = peer_or_skip("strace", TEST) else { return };
    for installation in Installation::all(TEST, None) {
        let (first, mut kills, mut begun) = (installation.key(), 0, 0);
        for calls in ["rename", "fsync", "pwrite64,fdatasync", "sendto"] {
            for at in 1.. {
                assert!(at < 100, "it never gets through {calls}");
                let mut command = Command::new(&strace.path);
                command.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={calls}"));
                command.arg("-e").arg(format!("inject={calls}:signal=KILL:when={at}")).arg(BINARY);
                let said = installation.said(command, None, &[], &[]);
                // One that only ended what the one before had begun has not met all calls.
                if said.code == Some(0) && said.report["was_begun"] == false {
                    break;
                }
                kills += usize::from(said.code != Some(0));
                let seen = installation.rotate(None, &["--dry-run"]).ok();
                let secrets = &seen["secrets"];
                let counts = (&secrets["registry_secrets"], &secrets["profile_secrets"]);
                assert_eq!(counts, (&json!(1), &json!(2)), "killed at {calls} {at}: {seen}");
                begun += usize::from(seen["was_begun"] == true);
            }
        }
        assert!(kills > 5, "{kills} calls are too few to have been those that were meant");
        assert!(begun > 0, "no kill came between the database and the key file");
        assert_ne!(installation.key(), first);
        installation.works(None);
    }
}
