//! Real packs, by hand with tar and ORAS and by `packyard publish`: pushed, synced, and found in the API as their folders
//! have them.

use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Yard, note, peer_or_skip, real_packs, skip_without_shared};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What a folder says of itself.
struct Folder {
    path: PathBuf,
    name: String,
    version: String,
}

fn folders(test: &str) -> Option<Vec<Folder>> {
    let Some(paths) = real_packs() else {
        skip_without_shared(test, "../shared/packs (PACKYARD_TEST_PACKS names another place)");
        return None;
    };
    let folder = |path: PathBuf| {
        let text = std::fs::read_to_string(path.join("pack.json")).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let text = |key: &str| json[key].as_str().unwrap().to_owned();
        Folder { name: text("name"), version: text("version"), path: path.canonicalize().unwrap() }
    };
    Some(paths.into_iter().map(folder).collect())
}

/// Steps 3 to 8 of the guide for every pack, as one script.
fn by_hand(folders: &[Folder]) -> String {
    let mut script = String::from(
        "mkdir hand && cd hand
         aws --endpoint-url $ENDPOINT ecr get-login-password | oras login --username AWS --password-stdin $HOST >/dev/null
         aws --endpoint-url $ENDPOINT ecr create-repository --repository-name hand/spectro-packs/archive >/dev/null\n",
    );
    for Folder { path, name, version } in folders {
        let (parent, leaf) = (path.parent().unwrap().display(), path.file_name().unwrap().to_str().unwrap());
        writeln!(
            script,
            "aws --endpoint-url $ENDPOINT ecr create-repository --repository-name hand/spectro-packs/archive/{name} >/dev/null
             tar -C '{parent}' -czf '{name}-{version}.tar.gz' '{leaf}'
             oras push $HOST/hand/spectro-packs/archive/{name}:{version} '{name}-{version}.tar.gz' >/dev/null"
        )
        .unwrap();
    }
    script
}

/// The management API, spoken with curl.
struct Api {
    shell: Shell,
    url: String,
}

impl Api {
    fn new(yard: &Yard, shell: &Shell) -> Self {
        let api = Self { shell: shell.clone(), url: yard.url() };
        let login = json!({"emailId": yard.admin_email, "password": yard.admin_password});
        let answer = api.send("POST", "/v1/auth/authenticate", &login);
        let token = answer["Authorization"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        Self { shell: api.shell.env("TOKEN", &token), url: api.url }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let out = self.shell.env("BODY", &body.to_string()).ok(&format!(
            "curl -sS --globoff -X {method} -H 'Content-Type: application/json' -H \"Authorization: $TOKEN\" --data \"$BODY\" '{}{path}'",
            self.url
        ));
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{method} {path}: {out}"))
    }

    fn get(&self, path: &str) -> Value {
        let out = self.shell.ok(&format!("curl -sS --globoff -H \"Authorization: $TOKEN\" '{}{path}'", self.url));
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{path}: {out}"))
    }

    /// Registers this server's own base path with the account's key; the first sync runs inside.
    fn register(&self, yard: &Yard, base: &str) -> String {
        let body = json!({"metadata": {"name": base}, "spec": {
            "endpoint": yard.url(), "providerType": "pack", "isPrivate": true, "isSyncSupported": true,
            "baseContentPath": base, "defaultRegion": "us-east-1",
            "credentials": {"credentialType": "secret", "accessKey": yard.root_key_id, "secretKey": yard.root_secret},
        }});
        let answer = self.send("POST", "/v1/registries/oci/ecr", &body);
        answer["uid"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The packs of a registry by name and version.
    fn packs(&self, registry: &str) -> BTreeMap<(String, String), Value> {
        let list = self.get(&format!("/v1/packs?filters=spec.registryUid={registry}&limit=50"));
        let items = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
        let key = |spec: &Value| {
            let text = |key: &str| spec[key].as_str().unwrap_or_default().to_owned();
            (text("name"), text("version"))
        };
        items.iter().map(|item| (key(&item["spec"]), item.clone())).collect()
    }
}

fn shell(folder: &Path, peers: &[&packyard_testkit::Peer], yard: &Yard) -> Shell {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    for (name, peer) in ["aws", "oras", "curl"].into_iter().zip(peers) {
        std::os::unix::fs::symlink(&peer.path, bin.join(name)).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_packyard"), bin.join("packyard")).unwrap();
    Shell::in_folder(folder)
        .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
        .envs(&yard.aws_env())
        .env("ENDPOINT", &yard.url())
        .env("HOST", &yard.host())
}

#[test]
fn every_real_pack_by_tar_and_oras_and_by_publish() {
    let test = "every_real_pack_by_tar_and_oras_and_by_publish";
    let Some(folders) = folders(test) else { return };
    let (Some(aws), Some(oras), Some(curl)) =
        (peer_or_skip("aws", test), peer_or_skip("oras", test), peer_or_skip("curl", test))
    else {
        return;
    };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[&aws, &oras, &curl], &yard);
    shell.ok(&by_hand(&folders));
    let paths: Vec<String> = folders.iter().map(|folder| format!("'{}'", folder.path.display())).collect();
    let publish = format!("packyard publish {} --to $HOST/publish --output json", paths.join(" "));
    let report: Value = serde_json::from_str(&shell.ok(&publish)).unwrap();
    let again: Value = serde_json::from_str(&shell.ok(&publish)).unwrap();
    let outcomes = |report: &Value, outcome: &str| {
        report["packs"].as_array().unwrap().iter().filter(|pack| pack["outcome"] == outcome).count()
    };
    assert_eq!(outcomes(&report, "published"), folders.len(), "{report}");
    assert_eq!(outcomes(&again, "unchanged"), folders.len(), "{again}");

    let api = Api::new(&yard, &shell);
    for base in ["hand", "publish"] {
        let registry = api.register(&yard, base);
        let packs = api.packs(&registry);
        for Folder { path, name, version } in &folders {
            let pack = packs.get(&(name.clone(), version.clone()));
            let pack = pack.unwrap_or_else(|| panic!("{base}: {name} {version} is not in {:?}", packs.keys()));
            let values = std::fs::read_to_string(path.join("values.yaml")).unwrap();
            let uid = pack["metadata"]["uid"].as_str().unwrap();
            let entity = api.get(&format!("/v1/packs/{uid}"));
            assert_eq!(entity["packValues"][0]["values"].as_str().unwrap_or_default(), values, "{base}: {name}");
            let readme = std::fs::read_to_string(path.join("README.md")).unwrap_or_default();
            if !readme.is_empty() {
                assert_eq!(entity["packValues"][0]["readme"].as_str(), Some(readme.as_str()), "{base}: {name}");
            }
        }
        assert_eq!(packs.len(), folders.len(), "{base}");
        let status = api.get(&format!("/v1/registries/oci/{registry}/ecr/sync/status"));
        assert_eq!(status["status"], "Success", "{status}");
    }
    findings_in_the_console(&yard, &shell, &api, &report);
    let warnings = |pack: &Value| pack["warnings"].as_u64().unwrap_or_default();
    let odd: Vec<_> = report["packs"].as_array().unwrap().iter().filter(|pack| warnings(pack) > 0).collect();
    note(&format!(
        "{} packs by {} and by publish, all in the API; {} have {} warnings together",
        folders.len(),
        oras.label,
        odd.len(),
        odd.iter().map(|pack| warnings(pack)).sum::<u64>()
    ));
}

/// The console shows as many findings of each pack as publish printed.
fn findings_in_the_console(yard: &Yard, shell: &Shell, api: &Api, report: &Value) {
    let shell = shell.env("EMAIL", &yard.admin_email).env("PASSWORD", &yard.admin_password);
    shell.ok("curl -sS -f -o /dev/null -c jar -H \"Origin: $ENDPOINT\" --data-urlencode \"email=$EMAIL\" \\
         --data-urlencode \"password=$PASSWORD\" \"$ENDPOINT/login\"");
    let list = api.get("/v1/packs?limit=50");
    for pack in list["items"].as_array().unwrap() {
        let (spec, uid) = (&pack["spec"], pack["metadata"]["uid"].as_str().unwrap());
        let printed = report["packs"].as_array().unwrap().iter();
        let printed = printed.filter(|p| p["name"] == spec["name"]).find(|p| p["version"] == spec["version"]).unwrap();
        let page = shell.ok(&format!("curl -sS -f -b jar \"$ENDPOINT/packs/{uid}/findings\""));
        let shown = page.matches("<li class=\"finding ").count() as u64;
        assert_eq!(Some(shown), printed["warnings"].as_u64(), "{}: {page}", spec["name"]);
    }
}

#[test]
fn a_published_archive_is_what_oras_and_tar_give_back() {
    let test = "a_published_archive_is_what_oras_and_tar_give_back";
    let Some(folders) = folders(test) else { return };
    let (Some(aws), Some(oras), Some(curl)) =
        (peer_or_skip("aws", test), peer_or_skip("oras", test), peer_or_skip("curl", test))
    else {
        return;
    };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[&aws, &oras, &curl], &yard);
    let paths: Vec<String> = folders.iter().map(|folder| format!("'{}'", folder.path.display())).collect();
    let mut script = format!(
        "packyard publish {} --to $HOST/publish >/dev/null
         aws --endpoint-url $ENDPOINT ecr get-login-password | oras login --username AWS --password-stdin $HOST >/dev/null\n",
        paths.join(" ")
    );
    for Folder { path, name, version } in &folders {
        writeln!(
            script,
            "mkdir '{name}' && cd '{name}'
             oras pull $HOST/publish/spectro-packs/archive/{name}:{version} >/dev/null
             tar -xzf '{name}-{version}.tar.gz'
             diff -r --exclude='*.orig' '{}' '{name}-{version}'
             cd ..",
            path.display()
        )
        .unwrap();
    }
    shell.ok(&script);
    note(&format!("{} packs came back with {} and GNU tar", folders.len(), oras.label));
}
